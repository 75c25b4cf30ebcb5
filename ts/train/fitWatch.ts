/** What `fit` does when figures become better, or do not: it keeps the best, and ends early. */
import { checkOptions, integer, oneOf, real } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { flag } from '../ops/options.ts';
import type { CheckpointOptions, EarlyStopOptions, Figures } from './fitOptions.ts';
import { metadataOf, type RunState } from './fitState.ts';

const where = 'fit';

/** Tells whether a figure, the loss or a metric, is the best so far. */
class Best {
  readonly #metric: string;
  readonly #sign: number;
  readonly #minDelta: number;
  #best = Number.POSITIVE_INFINITY;

  constructor(metric: string, mode = metric === 'loss' ? 'min' : 'max', minDelta = 0) {
    oneOf(`${where}: earlyStop`, 'mode', mode, ['min', 'max']);
    this.#metric = metric;
    this.#sign = mode === 'min' ? 1 : -1;
    this.#minDelta = real(`${where}: earlyStop`, 'minDelta', minDelta);
  }

  /** Whether these figures are, which then are what others must be better than. */
  isBest(figures: Figures): boolean {
    const value = figures[this.#metric] ?? Number.NaN; // of a resumed run without it
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
    this.#best = new Best(options.metric ?? 'loss', options.mode, options.minDelta);
  }

  isOver(figures: Figures): boolean {
    this.#worse = this.#best.isBest(figures) ? 0 : this.#worse + 1;
    return this.#worse > this.#patience;
  }
}

/** Saves checkpoints by the count of steps, of the best epoch, and where the run was aborted. */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #best: Best | null;
  readonly #bytesOf: (metadata: Readonly<Record<string, unknown>>) => Uint8Array;

  constructor(
    options: CheckpointOptions,
    bytesOf: (metadata: Readonly<Record<string, unknown>>) => Uint8Array,
  ) {
    const name = `${where}: checkpoint`;
    checkOptions(name, options, ['save', 'every', 'best', 'onAbort']);
    const { save, every, best, onAbort } = options;
    if (typeof save !== 'function') throw wrongKind(name, 'save', save, 'a function');
    if (every !== undefined) integer(name, 'every', every, 1);
    if (best !== undefined && typeof best !== 'string') throw wrongKind(name, 'best', best, 'a name');
    flag(name, 'onAbort', onAbort ?? false);
    this.#options = options;
    this.#best = best === undefined ? null : new Best(best);
    this.#bytesOf = bytesOf;
  }

  /** Whether an epoch is the best so far, which then is what others must be better than. */
  isBest(figures: Figures): boolean {
    return this.#best?.isBest(figures) === true;
  }

  async #save(state: RunState, isBest: boolean): Promise<void> {
    const { epoch, steps } = state;
    await this.#options.save(this.#bytesOf(metadataOf(state)), { epoch, steps, isBest });
  }

  async afterStep(state: RunState): Promise<void> {
    const { every } = this.#options;
    if (every !== undefined && state.steps % every === 0) await this.#save(state, false);
  }

  async afterEpoch(figures: Figures, state: RunState): Promise<void> {
    if (this.isBest(figures)) await this.#save(state, true);
  }

  async afterAbort(state: RunState): Promise<void> {
    if (this.#options.onAbort === true) await this.#save(state, false);
  }
}
