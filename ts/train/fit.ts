/** fit: the loop of training: epochs of batches, validation between them, schedules, checkpoints, and when to stop. */
import type { DType } from '../base/dtype.ts';
import { describe } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import type { AnyModule, Module } from '../layers/module.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  check,
  type Epoch,
  type Figures,
  type FitOptions,
  requireBatches,
  type Source,
} from './fitOptions.ts';
import { explain, isBatch } from './fitStep.ts';
import { Checkpoints, Patience } from './fitWatch.ts';
import { DataLoader } from './loader.ts';
import { Pauses } from './pause.ts';
import { Progress } from './progress.ts';
import { type TrainStep, trainStep } from './trainStep.ts';

const where = 'fit';

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

/** One run: what its epochs share. */
class Run<X extends Tensor<DType>, Y extends Tensor<DType>, Out> {
  readonly #net: Module<[X], Out>;
  readonly #options: FitOptions<X, Y, Out>;
  readonly #pauses = new Pauses();
  readonly #progress: Progress;
  readonly #train: TrainStep<readonly [X, Y]>;
  readonly #checkpoints: Checkpoints<X, Y, Out> | null;
  #step: number;

  constructor(net: Module<[X], Out>, options: FitOptions<X, Y, Out>, step: number) {
    const { loss, optimizer, clipNorm, accumulate } = options;
    const { checkpoint } = options;
    this.#checkpoints = checkpoint === undefined ? null : new Checkpoints(net, checkpoint, options);
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
      await this.#checkpoints?.afterStep(epoch, this.#step);
      await this.#pauses.maybe();
      return !this.isAborted;
    });
    if (means.samples === 0 && (!isResumed || this.isAborted)) return null;
    const loss = means.samples === 0 ? Number.NaN : means.figures.loss;
    const figures =
      validation === undefined || this.isAborted ? null : await this.#validate(validation, epoch);
    if (schedule?.interval === 'epoch' && !this.isAborted) schedule.step(figures?.loss ?? loss);
    if (!this.isAborted) await this.#checkpoints?.afterEpoch(epoch, this.#step, figures ?? { loss });
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
