/**
 * Trains the net that reads digits, in pieces of 30 ms, so that pause and stop are heard in between. Everything follows from the seed:
 * first weights, the order of the digits, and at which steps the test digits are asked.
 */
import { crossEntropy, manualSeed, scope, type Tensor } from 'striate';
import { pictureGrid } from 'striate/analyze';
import { writeSafetensors } from 'striate/files';
import { Adam, AdamW, type Optimizer, RMSprop, SGD, type TrainStep, trainStep } from 'striate/train';
import { digitNet, SIDE } from '../digits/net.ts';
import { asPicture, type DigitNet, type Picture } from './digits.ts';
import { batchOf, type Digits, loadDigits } from './digitsFile.ts';
import { tell } from './index.ts';
import { numbersFrom } from './random.ts';

export interface Settings {
  readonly rate: number;
  readonly batch: number;
  readonly optimizer: 'sgd' | 'adam' | 'adamw' | 'rmsprop';
  readonly seed: number;
}

/** What has happened since the last news. */
export interface News {
  readonly step: number;
  readonly epoch: number;
  readonly losses: readonly (readonly [step: number, loss: number])[];
  readonly tests: readonly (readonly [step: number, loss: number, accuracy: number])[];
  readonly kernels: Picture;
  readonly seconds: number;
  /** Of the test digits: how many of each class were taken for each, row by row. */
  readonly confusion: readonly number[] | null;
  /** The step at which the loss was no number. */
  readonly fault: number | null;
}

const PIECE = 30;
const TELL = 100;
const EVERY = 40;
const SAMPLE = 500;

let run: Run | null = null;

function optimizerOf({ optimizer, rate: lr }: Settings, net: DigitNet): Optimizer {
  const parameters = net.parameters();
  switch (optimizer) {
    case 'sgd':
      return new SGD(parameters, { lr, momentum: 0.9 });
    case 'adam':
      return new Adam(parameters, { lr });
    case 'adamw':
      return new AdamW(parameters, { lr });
    case 'rmsprop':
      return new RMSprop(parameters, { lr });
  }
}

class Run {
  readonly net: DigitNet;
  readonly digits: Digits;
  readonly #settings: Settings;
  readonly #optimizer: Optimizer;
  readonly #step: TrainStep<readonly [Tensor, Tensor<'int32'>]>;
  readonly #random: () => number;
  #order: Uint32Array = new Uint32Array(0);
  #at = 0;
  #steps = 0;
  #epoch = 0;
  #seconds = 0;
  #losses: [number, number][] = [];
  #tests: [number, number, number][] = [];
  #confusion: number[] | null = null;
  #behind: number[][] = [];
  #fault: number | null = null;
  isRunning = false;
  /** Until it pauses. */
  going: Promise<void> | null = null;

  constructor(found: Digits, settings: Settings) {
    this.digits = found;
    this.#settings = settings;
    manualSeed(settings.seed);
    this.net = digitNet(settings.seed);
    this.#optimizer = optimizerOf(settings, this.net);
    this.#step = trainStep(
      (x: Tensor, y: Tensor<'int32'>) => crossEntropy(this.net.forward(x), y),
      this.#optimizer,
    );
    this.#random = numbersFrom(settings.seed);
  }

  #next(): Uint32Array {
    const { length } = this.digits.train.classes;
    if (this.#at + this.#settings.batch > this.#order.length) {
      if (this.#order.length > 0) this.#epoch++;
      this.#order = Uint32Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = Math.floor(this.#random() * (i + 1));
        [this.#order[i], this.#order[j]] = [this.#order[j] as number, this.#order[i] as number];
      }
      this.#at = 0;
    }
    const batch = this.#order.subarray(this.#at, this.#at + this.#settings.batch);
    this.#at += this.#settings.batch;
    return batch;
  }

  /** One step; whether the loss was a number. */
  one(): boolean {
    if (this.#fault !== null) return false;
    const started = performance.now();
    const [x, y] = batchOf(this.digits.train, this.#next());
    const loss = this.#step(x, y) as number;
    x.dispose();
    y.dispose();
    this.#seconds += (performance.now() - started) / 1000;
    this.#steps++;
    if (!Number.isFinite(loss)) {
      this.#fault = this.#steps;
      return false;
    }
    this.#losses.push([this.#steps, loss]);
    if (this.#steps % EVERY === 0) this.#test(SAMPLE);
    return true;
  }

  /** Loss and accuracy on every so many of the test digits; the matrix where it is all of them. */
  #test(most: number): void {
    const { classes } = this.digits.test;
    const stride = Math.max(1, Math.floor(classes.length / most));
    const chosen = Array.from({ length: Math.floor(classes.length / stride) }, (_, i) => i * stride);
    const counts = new Array<number>(100).fill(0);
    const behind = Array.from({ length: 100 }, (): number[] => []);
    let [sum, right] = [0, 0];
    for (let from = 0; from < chosen.length; from += 250) {
      const part = chosen.slice(from, from + 250);
      scope(() => {
        const [x, y] = batchOf(this.digits.test, part);
        const scores = this.net.forward(x);
        sum += crossEntropy(scores, y, { reduction: 'sum' }).item();
        const { data } = scores;
        for (const [i, index] of part.entries()) {
          let best = 0;
          for (let c = 1; c < 10; c++)
            if ((data[i * 10 + c] as number) > (data[i * 10 + best] as number)) best = c;
          const truth = classes[index] as number;
          if (best === truth) right++;
          counts[truth * 10 + best]!++;
          behind[truth * 10 + best]!.push(index);
        }
      });
    }
    this.#tests.push([this.#steps, sum / chosen.length, right / chosen.length]);
    this.#confusion = counts;
    this.#behind = behind;
  }

  testAll(): void {
    this.#test(this.digits.test.classes.length);
  }

  indices(cell: number): readonly number[] {
    return this.#behind[cell] ?? [];
  }

  news(): News {
    const [losses, tests, confusion] = [this.#losses, this.#tests, this.#confusion];
    [this.#losses, this.#tests, this.#confusion] = [[], [], null];
    const kernels = scope(() =>
      asPicture(
        pictureGrid(this.net.parameters()[0] as Tensor, {
          colormap: 'coolwarm',
          columns: 8,
          scale: 8,
          gap: 4,
        }),
      ),
    );
    return {
      ...{ step: this.#steps, epoch: this.#epoch, losses, tests, kernels, confusion },
      ...{ seconds: this.#seconds, fault: this.#fault },
    };
  }

  dispose(): void {
    this.isRunning = false;
    this.#step.dispose();
    this.#optimizer.dispose();
    this.net.dispose();
  }
}

/** Until the messages that wait have been heard. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

async function go(one: Run): Promise<void> {
  let told = performance.now();
  while (one.isRunning) {
    const until = performance.now() + PIECE;
    do {
      if (!one.one()) one.isRunning = false;
    } while (one.isRunning && performance.now() < until);
    if (one.isRunning && performance.now() - told > TELL) {
      tell('train', one.news());
      told = performance.now();
    }
    await pause();
  }
}

/** Begins, or goes on where it was paused. Training ends by `halt`. */
export async function start(address: string, settings: Settings): Promise<void> {
  const one = await made(address, settings);
  one.isRunning = true;
  // A pause that is over before it has been heard was none.
  one.going ??= go(one).then(() => {
    one.going = null;
    if (run !== one) return;
    one.testAll();
    tell('train', one.news());
  });
}

async function made(address: string, settings: Settings): Promise<Run> {
  const digits = await loadDigits(address);
  run ??= new Run(digits, settings);
  return run;
}

export async function step(address: string, settings: Settings): Promise<News> {
  const one = await made(address, settings);
  one.one();
  return one.news();
}

/** Pauses: the state stays. */
export function halt(): void {
  if (run !== null) run.isRunning = false;
}

/** Ends: the next start begins anew. */
export function end(): void {
  run?.dispose();
  run = null;
}

/** The test digits behind a cell of the matrix, at most sixty of them. */
export function pictures(cell: number): Picture | null {
  const indices = run?.indices(cell).slice(0, 60) ?? [];
  if (indices.length === 0 || run === null) return null;
  const { test } = run.digits;
  return scope(() => {
    const [x] = batchOf(test, indices);
    const planes = x.reshape([1, indices.length, SIDE, SIDE]);
    return asPicture(pictureGrid(planes, { columns: 10, scale: 2, gap: 4, normalize: 'all' }));
  });
}

export function weights(): Uint8Array | null {
  return run === null ? null : writeSafetensors(run.net.stateDict(), { metadata: { format: 'pt' } });
}
