/** fit: the loop of training: epochs of batches, validation between them, schedules, checkpoints, and when to stop. */
import type { DType } from '../base/dtype.ts';
import { Pauses } from '../base/pause.ts';
import { scope } from '../engine/memory.ts';
import type { AnyModule, Module } from '../layers/module.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { forEachBatch, type Source } from './batches.ts';
import { saveCheckpoint } from './checkpoint.ts';
import { Suspicions } from './fitData.ts';
import { check, type Epoch, type Figures, type FitOptions } from './fitOptions.ts';
import { type Begin, beginOf, NOTHING, type PartState, type RunState } from './fitState.ts';
import { explain } from './fitStep.ts';
import { Checkpoints, Patience } from './fitWatch.ts';
import { DataLoader } from './loader.ts';
import { Progress } from './progress.ts';
import { type TrainStep, type TrainStepState, trainStep } from './trainStep.ts';

const where = 'fit';

/** Means by samples, by name. */
class Means {
  readonly #sums = new Map<string, number>();
  samples: number;

  constructor({ loss, samples } = NOTHING) {
    this.samples = samples;
    if (samples > 0) this.#sums.set('loss', loss);
  }

  add(figures: Readonly<Record<string, number>>, samples: number): void {
    for (const [name, value] of Object.entries(figures)) {
      this.#sums.set(name, this.sum(name) + value * samples);
    }
    this.samples += samples;
  }

  sum(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  get figures(): Figures {
    return Object.fromEntries([...this.#sums].map(([name, sum]) => [name, sum / this.samples])) as never;
  }
}

/** One run: what its epochs share. */
class Run<X extends Tensor<DType>, Y extends Tensor<DType>, Out> {
  /** Of the epochs that are over. */
  readonly history: Epoch[] = [];
  readonly #net: Module<[X], Out>;
  readonly #options: FitOptions<X, Y, Out>;
  readonly #pauses = new Pauses();
  readonly #progress: Progress;
  readonly #train: TrainStep<readonly [X, Y]>;
  readonly #checkpoints: Checkpoints | null;
  readonly #suspicions: Suspicions;
  #step: number;
  /** What the epoch that is not over has seen, before this run too. */
  #part: PartState;

  constructor(net: Module<[X], Out>, options: FitOptions<X, Y, Out>, begin: Begin) {
    const { data, loss, optimizer, schedule, clipNorm, accumulate, checkpoint } = options;
    this.#net = net;
    this.#options = options;
    const model = net as AnyModule;
    const loader = data instanceof DataLoader ? data : undefined;
    const save = (metadata: Readonly<Record<string, unknown>>) => {
      const step = (accumulate ?? 1) > 1 ? this.#train : undefined;
      return saveCheckpoint({ model, optimizer, scheduler: schedule, loader, step, metadata });
    };
    this.#checkpoints = checkpoint === undefined ? null : new Checkpoints(checkpoint, save);
    const given = { clipNorm, accumulate, model };
    this.#suspicions = new Suspicions(options);
    const body = (x: X, y: Y): Tensor => {
      const value = loss(net.forward(x), y);
      this.#suspicions.ofLabels(y);
      return value;
    };
    this.#train = trainStep(body, optimizer, given);
    this.history.push(...begin.history);
    for (const row of begin.history) this.#checkpoints?.isBest(row.validation ?? { loss: row.loss });
    this.#progress = new Progress(options.progress ?? false);
    this.#step = begin.steps;
    this.#part = begin.part;
  }

  /** Says what is suspicious in the samples. */
  begin(): void {
    this.#suspicions.ofSamples();
  }

  /** Takes over gradients that wait for an update. */
  loadPending(pending: TrainStepState): void {
    this.#train.loadStateDict(pending);
  }

  get isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** The row of an epoch, which is over unless the run was aborted; null where it gave no batches. */
  async epoch(epoch: number): Promise<Epoch | null> {
    const { data, validation, optimizer, schedule, epochs } = this.#options;
    const loader = data instanceof DataLoader ? data : null;
    const before = this.#part.seconds;
    const begun = performance.now();
    const elapsed = () => before + (performance.now() - begun) / 1000;
    const means = new Means(this.#part);
    let lr = this.#part.lr ?? optimizer.lr;
    let given = loader?.resumed ? loader.stateDict().batch : 0;
    this.#progress.begin(given);
    this.#net.train();
    await forEachBatch(where, 'data', data, epoch, async (x, y, samples) => {
      if (this.isAborted) return false;
      lr = optimizer.lr;
      given += 1;
      const loss = this.#learn(x, y, epoch);
      if (loss !== null) means.add({ loss }, samples);
      if (schedule?.interval === 'step') schedule.step();
      const step = this.#step++;
      const shown = loss ?? Number.NaN;
      const batches = loader?.length ?? null;
      this.#progress.step({ epoch, epochs, batch: given, batches, loss: shown, lr, samples });
      this.#part = { loss: means.sum('loss'), samples: means.samples, seconds: elapsed(), lr };
      await this.#options.onStep?.({ epoch, step, loss: shown, lr });
      await this.#checkpoints?.afterStep(this.#state(epoch));
      await this.#pauses.maybe();
      return !this.isAborted;
    });
    const loss = means.samples === 0 ? Number.NaN : means.figures.loss;
    const row = (): Epoch => ({ epoch, loss, seconds: elapsed(), lr });
    if (given === 0) return null;
    if (this.isAborted) return row();
    const figures = validation === undefined ? null : await this.#validate(validation, epoch);
    if (this.isAborted) {
      // The epoch is not over: whoever goes on begins with its validation.
      loader?.loadStateDict({ ...loader.stateDict(), epoch, batch: loader.length });
      return row();
    }
    if (schedule?.interval === 'epoch') schedule.step(figures?.loss ?? loss);
    const done = figures === null ? row() : { ...row(), validation: figures };
    this.history.push(done);
    this.#part = NOTHING;
    await this.#checkpoints?.afterEpoch(figures ?? { loss }, this.#state(epoch));
    const shown = Object.entries(figures ?? {}).map(([name, value]) => [`validation ${name}`, value]);
    this.#progress.end(epoch, epochs, { loss, ...Object.fromEntries(shown), seconds: done.seconds });
    return done;
  }

  /** Where the run stands, in this epoch or behind it. */
  #state(epoch: number): RunState {
    return { epoch, steps: this.#step, history: this.history, part: this.#part };
  }

  async saveAborted(epoch: number): Promise<void> {
    await this.#checkpoints?.afterAbort(this.#state(epoch));
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
    await forEachBatch(where, 'validation', validation, epoch, async (x, y, samples) => {
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
 * and loader stand where that step left them. `checkpoint` saves them; loaded by `loadCheckpoint`, and what that gives named as
 * `resume`, the same call goes on with the same bits, and ends where it would have ended.
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
  const { epochs, earlyStop, onEpoch } = options;
  const patience = earlyStop === undefined ? null : new Patience(earlyStop);
  const begin = beginOf(options);
  const run = new Run(net, options, begin);
  const isOver = (row: Epoch): boolean => patience?.isOver(row.validation ?? { loss: row.loss }) === true;
  const wasOver = begin.history.map(isOver).includes(true);
  const modules = net.modules();
  const modes = modules.map(({ training }) => training);
  const history = [...begin.history];
  let epoch = begin.epoch;
  try {
    if (begin.pending !== null) run.loadPending(begin.pending);
    if (epoch < epochs && !run.isAborted && !wasOver) run.begin();
    for (; epoch < epochs && !run.isAborted && !wasOver; epoch++) {
      const row = await run.epoch(epoch);
      if (row === null) {
        if (run.isAborted) break;
        throw new RangeError(`${where}: data gave no batches in epoch ${epoch}, must give some`);
      }
      history.push(row);
      await onEpoch?.(row);
      if (run.isAborted || isOver(row)) break;
    }
    if (run.isAborted) await run.saveAborted(Math.min(epoch, epochs - 1));
  } finally {
    run.end();
    for (const [i, module] of modules.entries()) module.setTraining(modes[i] as boolean);
  }
  return history;
}
