/** What `fit` does when figures become better, or do not: it keeps the best, and ends early. */
import { checkOptions, integer, oneOf, real } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import type { AnyModule, Module } from '../layers/module.ts';
import { saveCheckpoint } from './checkpoint.ts';
import type {
  CheckpointInfo,
  CheckpointOptions,
  EarlyStopOptions,
  Figures,
  FitOptions,
} from './fitOptions.ts';
import { DataLoader } from './loader.ts';

const where = 'fit';

/** Tells whether a figure, the loss or a metric, is the best so far. */
class Best {
  readonly #option: string;
  readonly #metric: string;
  readonly #sign: number;
  readonly #minDelta: number;
  #best = Number.POSITIVE_INFINITY;

  constructor(option: string, metric: string, mode = metric === 'loss' ? 'min' : 'max', minDelta = 0) {
    oneOf(`${where}: earlyStop`, 'mode', mode, ['min', 'max']);
    this.#option = option;
    this.#metric = metric;
    this.#sign = mode === 'min' ? 1 : -1;
    this.#minDelta = real(`${where}: earlyStop`, 'minDelta', minDelta);
  }

  /** Whether these figures are, which then are what others must be better than. */
  isBest(figures: Figures): boolean {
    const value = figures[this.#metric];
    if (value === undefined) {
      const names = Object.keys(figures).map((one) => `'${one}'`);
      throw new RangeError(`${where}: ${this.#option} is '${this.#metric}', must be ${names.join(' or ')}`);
    }
    const isBest = this.#sign * value < this.#best - this.#minDelta;
    if (isBest) this.#best = this.#sign * value;
    return isBest;
  }
}

/** Tells when nothing has become better for a while. */
export class Patience {
  readonly #patience: number;
  readonly #best: Best;
  #worse = 0;

  constructor(options: EarlyStopOptions) {
    const name = `${where}: earlyStop`;
    checkOptions(name, options, ['patience', 'metric', 'mode', 'minDelta']);
    this.#patience = integer(name, 'patience', options.patience ?? 0, 0);
    this.#best = new Best('earlyStop.metric', options.metric ?? 'loss', options.mode, options.minDelta);
  }

  isOver(figures: Figures): boolean {
    this.#worse = this.#best.isBest(figures) ? 0 : this.#worse + 1;
    return this.#worse > this.#patience;
  }
}

/** Saves checkpoints by the count of steps, and of the best epoch. */
export class Checkpoints<X, Y, Out> {
  readonly #options: CheckpointOptions;
  readonly #best: Best | null;
  readonly #save: (info: CheckpointInfo) => unknown;

  constructor(net: Module<[X], Out>, options: CheckpointOptions, run: FitOptions<X, Y, Out>) {
    const name = `${where}: checkpoint`;
    checkOptions(name, options, ['save', 'every', 'best']);
    const { save, every, best } = options;
    if (typeof save !== 'function') throw wrongKind(name, 'save', save, 'a function');
    if (every !== undefined) integer(name, 'every', every, 1);
    if (best !== undefined && typeof best !== 'string') throw wrongKind(name, 'best', best, 'a name');
    this.#options = options;
    this.#best = best === undefined ? null : new Best('checkpoint.best', best);
    const { data, optimizer, schedule } = run;
    const loader = data instanceof DataLoader ? data : undefined;
    this.#save = (info) => {
      const metadata = { epoch: info.epoch, steps: info.steps };
      const model = net as AnyModule;
      return save(saveCheckpoint({ model, optimizer, scheduler: schedule, loader, metadata }), info);
    };
  }

  async afterStep(epoch: number, steps: number): Promise<void> {
    const { every } = this.#options;
    if (every !== undefined && steps % every === 0) await this.#save({ epoch, steps, isBest: false });
  }

  async afterEpoch(epoch: number, steps: number, figures: Figures): Promise<void> {
    if (this.#best?.isBest(figures)) await this.#save({ epoch, steps, isBest: true });
  }
}
