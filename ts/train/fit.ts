/** fit: the loop of training: epochs of batches, validation between them, schedules, checkpoints, and when to stop. */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { describe, wrongKind } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { type AnyModule, Module } from '../layers/module.ts';
import { flag } from '../ops/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireLimit } from './clip.ts';
import { explain, isBatch } from './fitStep.ts';
import { DataLoader } from './loader.ts';
import { Optimizer } from './optimizer.ts';
import { Pauses } from './pause.ts';
import { Progress } from './progress.ts';
import { Scheduler } from './scheduler.ts';
import { type TrainStep, trainStep } from './trainStep.ts';

/** Batches of one epoch: a DataLoader, or anything that can be iterated, with or without await. */
export type Batches<X, Y> = Iterable<readonly [x: X, y: Y]> | AsyncIterable<readonly [x: X, y: Y]>;

/** Figures over the validation set: the loss and every metric, by name. */
export interface Figures {
  /** The mean of the losses, by samples. */
  readonly loss: number;
  /** The mean of a metric, by samples. */
  readonly [metric: string]: number;
}

/** An epoch of the history that `fit` gives. */
export interface Epoch {
  /** Its number, from 0. */
  readonly epoch: number;
  /** The mean of the losses of its batches, by samples, each before its step. */
  readonly loss: number;
  /** How long it took, with validation. */
  readonly seconds: number;
  /** The first group's learning rate in its last step. */
  readonly lr: number;
  /** The validation's figures; only where there is validation. */
  readonly validation?: Figures;
}

/** What `onStep` is told. */
export interface StepInfo {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The step, from 0, counted through all epochs. */
  readonly step: number;
  /** The loss before the step. */
  readonly loss: number;
  /** The first group's learning rate in this step. */
  readonly lr: number;
}

/** What an AbortSignal is, as far as it is looked at. */
export interface Abortable {
  /** Whether the run is to end. */
  readonly aborted: boolean;
}

/** The option `earlyStop` of `fit`. */
export interface EarlyStopOptions {
  /** Epochs without anything better that are borne; the next one ends the run. Default 0. */
  patience?: number | undefined;
  /** 'loss' or a metric's name, of the validation; without validation the loss of training. Default 'loss'. */
  metric?: string | undefined;
  /** Whether it is better when it is smaller or greater. Default 'min' for the loss, 'max' for a metric. */
  mode?: 'min' | 'max' | undefined;
  /** By how much better counts. Default 0. */
  minDelta?: number | undefined;
}

/** The options of `fit`. */
export interface FitOptions<X, Y, Out> {
  /**
   * The batches `[x, y]` to learn from: a DataLoader, an iterable that can be iterated again, or a function that gives one for each
   * epoch. `fit` disposes of the batches, but for those in an array that is given as it is: these are the caller's, and used in
   * every epoch.
   */
  data: Batches<X, Y> | ((epoch: number) => Batches<X, Y>);
  /** The loss of a batch: one float32 of the net's output and y, such as crossEntropy. */
  loss: (output: Out, y: Y) => Tensor;
  /** Updates the parameters that it has been given; others stay as they are. */
  optimizer: Optimizer;
  /** How many epochs there are in all: a loader whose state was loaded goes on in the epoch where it stood. */
  epochs: number;
  /** Makes a step after each batch or epoch, as its `interval` says. */
  schedule?: Scheduler | undefined;
  /** The batches `[x, y]` that are looked at after each epoch, in eval mode; as `data`. */
  validation?: Batches<X, Y> | ((epoch: number) => Batches<X, Y>) | undefined;
  /** Numbers of the net's output and y, such as accuracy, by name: averaged over the validation set, by samples. */
  metrics?: Readonly<Record<string, (output: Out, y: Y) => number>> | undefined;
  /** The norm of all gradients together is made at most this, as by `clipGradNorm`. */
  clipNorm?: number | undefined;
  /** Parameters are updated after so many batches, by the mean of their gradients. Default 1. */
  accumulate?: number | undefined;
  /** Ends the run when nothing has become better for a while. */
  earlyStop?: EarlyStopOptions | undefined;
  /** A loss that is no finite number: 'throw' ends the run, 'skip' leaves the batch out. Default 'throw'. */
  onNonFinite?: 'throw' | 'skip' | undefined;
  /** Called after each step. A Promise is awaited. */
  onStep?: ((info: StepInfo) => unknown) | undefined;
  /** Called after each epoch with its row of the history. A Promise is awaited. */
  onEpoch?: ((info: Epoch) => unknown) | undefined;
  /** An AbortSignal: the run ends after the step that is being made, and gives the history so far. */
  signal?: Abortable | undefined;
  /** Shows a bar on a terminal, in files and pipes a line an epoch (both on standard error). Default false: prints nothing. */
  progress?: boolean | undefined;
}

const where = 'fit';
const NAMES = [
  ...[
    'data',
    'loss',
    'optimizer',
    'epochs',
    'schedule',
    'validation',
    'metrics',
    'clipNorm',
    'accumulate',
    'earlyStop',
  ],
  ...['onNonFinite', 'onStep', 'onEpoch', 'signal', 'progress'],
];

type Source<X, Y> = FitOptions<X, Y, unknown>['data'];

function check<X, Y, Out>(net: Module<[X], Out>, options: FitOptions<X, Y, Out>): void {
  if (!((net as unknown) instanceof Module)) throw wrongKind(where, 'net', net, 'a Module');
  if (options === undefined) throw wrongKind(where, 'options', options, 'an object');
  checkOptions(where, options, NAMES);
  const { data, validation, loss, optimizer, schedule, signal, onNonFinite = 'throw' } = options;
  requireBatches('data', data);
  if (validation !== undefined) requireBatches('validation', validation);
  if (!(optimizer instanceof Optimizer)) {
    throw wrongKind(where, 'optimizer', optimizer, 'an optimizer such as new SGD(params, { lr: 0.1 })');
  }
  if (schedule !== undefined && !(schedule instanceof Scheduler)) {
    throw wrongKind(
      where,
      'schedule',
      schedule,
      'a scheduler such as new StepLR(optimizer, { stepSize: 1 })',
    );
  }
  if (schedule !== undefined && schedule.optimizer !== optimizer) {
    throw new RangeError(`${where}: schedule is of another optimizer, must be of the same`);
  }
  integer(where, 'epochs', options.epochs, 0);
  if (options.clipNorm !== undefined) requireLimit(where, 'clipNorm', options.clipNorm);
  integer(where, 'accumulate', options.accumulate ?? 1, 1);
  oneOf(where, 'onNonFinite', onNonFinite, ['throw', 'skip']);
  flag(where, 'progress', options.progress ?? false);
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw wrongKind(where, 'signal', signal, 'an AbortSignal');
  }
  const functions = { loss, onStep: options.onStep, onEpoch: options.onEpoch, ...options.metrics };
  for (const [name, value] of Object.entries(functions)) {
    const isLeftOut = value === undefined && name.startsWith('on');
    if (!isLeftOut && typeof value !== 'function') throw wrongKind(where, name, value, 'a function');
  }
}

function requireBatches(name: string, value: unknown): void {
  const given = value as { [Symbol.iterator]?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined;
  const isIterable = given?.[Symbol.iterator] !== undefined || given?.[Symbol.asyncIterator] !== undefined;
  if (typeof value === 'function' || (isIterable && typeof value !== 'string')) return;
  throw wrongKind(where, name, value, 'a DataLoader, an iterable of [x, y], or a function that gives one');
}

/** Calls `each` with the batches of an epoch, and disposes of them, until it gives false. */
async function forEachBatch<X, Y>(
  name: string,
  source: Source<X, Y>,
  epoch: number,
  each: (x: X, y: Y, samples: number) => Promise<boolean>,
): Promise<void> {
  const batches = typeof source === 'function' ? source(epoch) : source;
  requireBatches(name, batches);
  for await (const batch of batches) {
    if (!isBatch(batch)) {
      throw new TypeError(`${where}: ${name} gave ${describe(batch)}, must give batches [x, y] of tensors`);
    }
    let goesOn: boolean;
    try {
      const [x, y] = batch as readonly Tensor<DType>[];
      goesOn = await each(x as X, y as Y, (x as Tensor<DType>).shape[0] ?? 1);
    } finally {
      if (!Array.isArray(source)) for (const one of batch as readonly Tensor<DType>[]) one.dispose();
    }
    if (!goesOn) return;
  }
}

/** Means by samples, by name. */
class Means {
  readonly #sums = new Map<string, number>();
  samples = 0;

  add(figures: Readonly<Record<string, number>>, samples: number): void {
    for (const [name, value] of Object.entries(figures)) {
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + value * samples);
    }
    this.samples += samples;
  }

  get figures(): Figures {
    return Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / this.samples])) as never;
  }
}

/** Tells when nothing has become better for a while. */
class Patience {
  readonly #patience: number;
  readonly #metric: string;
  readonly #sign: number;
  readonly #minDelta: number;
  #best = Number.POSITIVE_INFINITY;
  #worse = 0;

  constructor(options: EarlyStopOptions) {
    const name = `${where}: earlyStop`;
    checkOptions(name, options, ['patience', 'metric', 'mode', 'minDelta']);
    const { patience = 0, metric = 'loss', mode = metric === 'loss' ? 'min' : 'max', minDelta = 0 } = options;
    oneOf(name, 'mode', mode, ['min', 'max']);
    this.#patience = integer(name, 'patience', patience, 0);
    this.#metric = metric;
    this.#sign = mode === 'min' ? 1 : -1;
    this.#minDelta = minDelta;
  }

  isOver(figures: Figures): boolean {
    const value = figures[this.#metric];
    if (value === undefined) {
      const names = Object.keys(figures).map((one) => `'${one}'`);
      throw new RangeError(`${where}: earlyStop.metric is '${this.#metric}', must be ${names.join(' or ')}`);
    }
    if (this.#sign * value < this.#best - this.#minDelta) [this.#best, this.#worse] = [this.#sign * value, 0];
    else this.#worse += 1;
    return this.#worse > this.#patience;
  }
}

/** One run: what its epochs share. */
class Run<X extends Tensor<DType>, Y extends Tensor<DType>, Out> {
  readonly #net: Module<[X], Out>;
  readonly #options: FitOptions<X, Y, Out>;
  readonly #pauses = new Pauses();
  readonly #progress: Progress;
  readonly #train: TrainStep<readonly [X, Y]>;
  #step: number;

  constructor(net: Module<[X], Out>, options: FitOptions<X, Y, Out>, step: number) {
    const { loss, optimizer, clipNorm, accumulate } = options;
    this.#net = net;
    this.#options = options;
    const given = { clipNorm, accumulate, model: net as AnyModule };
    this.#train = trainStep((x: X, y: Y) => loss(net.forward(x), y), optimizer, given);
    this.#progress = new Progress(options.progress ?? false);
    this.#step = step;
  }

  get isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** The row of an epoch; null where none of its batches was used. What is left of one that is resumed may be none. */
  async epoch(epoch: number, isResumed: boolean): Promise<Epoch | null> {
    const { data, validation, optimizer, schedule } = this.#options;
    const begun = performance.now();
    const means = new Means();
    let lr = optimizer.lr;
    let given = 0;
    this.#progress.begin();
    this.#net.train();
    await forEachBatch('data', data, epoch, async (x, y, samples) => {
      if (this.isAborted) return false;
      lr = optimizer.lr;
      given += 1;
      const loss = this.#learn(x, y, epoch);
      if (loss !== null) means.add({ loss }, samples);
      if (schedule?.interval === 'step') schedule.step();
      const step = this.#step++;
      const batches = data instanceof DataLoader ? data.length : null;
      const { epochs } = this.#options;
      this.#progress.step({
        epoch,
        epochs,
        batch: given,
        batches,
        loss: loss ?? Number.NaN,
        lr,
        samples: means.samples,
      });
      await this.#options.onStep?.({ epoch, step, loss: loss ?? Number.NaN, lr });
      await this.#pauses.maybe();
      return !this.isAborted;
    });
    if (means.samples === 0 && (!isResumed || this.isAborted)) return null;
    const loss = means.samples === 0 ? Number.NaN : means.figures.loss;
    const figures =
      validation === undefined || this.isAborted ? null : await this.#validate(validation, epoch);
    if (schedule?.interval === 'epoch' && !this.isAborted) schedule.step(figures?.loss ?? loss);
    if (means.samples === 0) return null;
    const seconds = (performance.now() - begun) / 1000;
    const row = { epoch, loss, seconds, lr };
    const shown = Object.entries(figures ?? {}).map(([name, value]) => [`validation ${name}`, value]);
    this.#progress.end(epoch, this.#options.epochs, { loss, ...Object.fromEntries(shown), seconds });
    return figures === null ? row : { ...row, validation: figures };
  }

  /** A step; gives its loss, null where the batch was left out. @throws RangeError for a loss that is not finite */
  #learn(x: X, y: Y, epoch: number): number | null {
    const loss = this.#train(x, y);
    if (Number.isFinite(loss)) return loss;
    if (this.#options.onNonFinite === 'skip') return null;
    throw new RangeError(
      `${where}: the loss is ${loss} at step ${this.#step} (epoch ${epoch}), at a learning rate of ${this.#options.optimizer.lr}: ${explain(this.#net, this.#options.loss, x, y)}`,
    );
  }

  async #validate(validation: Source<X, Y>, epoch: number): Promise<Figures> {
    const net = this.#net;
    const { loss } = this.#options;
    const metrics = Object.entries(this.#options.metrics ?? {});
    const means = new Means();
    net.eval();
    await forEachBatch('validation', validation, epoch, async (x, y, samples) => {
      const figures = scope(() => {
        const output = net.forward(x);
        const own = metrics.map(([name, metric]) => [name, metric(output, y)] as const);
        return { loss: loss(output, y).item(), ...Object.fromEntries(own) };
      });
      means.add(figures, samples);
      await this.#pauses.maybe();
      return !this.isAborted;
    });
    if (means.samples === 0) throw new RangeError(`${where}: validation gave no batches, must give some`);
    return means.figures;
  }

  end(): void {
    this.#pauses.end();
    this.#train.dispose();
  }
}

/**
 * Trains a net: for each epoch, a step for each batch, then the validation. The net is in train mode during steps and in eval mode during
 * validation; afterwards its modes are as they were. Between steps the event loop gets its turns, so that a page stays alive.
 *
 * When the signal aborts, the run ends behind the step that is being made, and gives the history so far: net, optimiser, schedule
 * and loader stand where that step left them, so their states, loaded into others, go on with the same numbers.
 * @returns a row for each epoch, the last one also where it was broken off
 * @throws RangeError for a loss that is not finite, with the step, the first layer whose output is not finite, and the
 * largest gradient's name (nothing has been updated by that step), and for data without batches; TypeError for wrong kinds
 * @example
 * ```ts
 * const head = new Linear(4, 2);
 * const samples = tensorDataset(rand([100, 4]), rand([100, 2]));
 * const history = await fit(head, {
 *   data: new DataLoader(samples, { batchSize: 10, shuffle: true }),
 *   loss: (output, y) => mean(pow(sub(output, y), 2)),
 *   optimizer: new SGD(head.parameters(), { lr: 0.1 }),
 *   epochs: 3,
 * });
 * history.map(({ loss }) => loss);
 * ```
 */
export async function fit<X extends Tensor<DType>, Y extends Tensor<DType>, Out>(
  net: Module<[X], Out>,
  options: FitOptions<X, Y, Out>,
): Promise<Epoch[]> {
  check(net, options);
  const { data, epochs, earlyStop, onEpoch } = options;
  const patience = earlyStop === undefined ? null : new Patience(earlyStop);
  const loader = data instanceof DataLoader && data.resumed ? data : null;
  const first = loader?.epoch ?? 0;
  const run = new Run(net, options, loader === null ? 0 : first * loader.length + loader.stateDict().batch);
  const modules = net.modules();
  const modes = modules.map(({ training }) => training);
  const history: Epoch[] = [];
  try {
    for (let epoch = first; epoch < epochs && !run.isAborted; epoch++) {
      const isResumed = loader !== null && epoch === first;
      const row = await run.epoch(epoch, isResumed);
      if (row === null) {
        if (run.isAborted || isResumed) continue;
        throw new RangeError(`${where}: data gave no batches in epoch ${epoch}, must give some`);
      }
      history.push(row);
      await onEpoch?.(row);
      if (patience?.isOver(row.validation ?? { loss: row.loss })) break;
    }
  } finally {
    run.end();
    for (const [i, module] of modules.entries()) module.setTraining(modes[i] as boolean);
  }
  return history;
}
