/** ReduceLROnPlateau: a smaller rate when a metric has not become better for a while. */
import { checkOptions, integer, oneOf, real } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { type Scheduled, Scheduler, type SchedulerState } from './scheduler.ts';
import { within } from './schedules.ts';

/** The options of ReduceLROnPlateau. */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric is better when it is smaller, or greater. Default 'min'. */
  mode?: 'min' | 'max' | undefined;
  /** What the rate is multiplied by, below 1. Default 0.1. */
  factor?: number | undefined;
  /** Steps without anything better that are borne; the next one reduces. Default 10. */
  patience?: number | undefined;
  /** By how much better counts. Default 1e-4. */
  threshold?: number | undefined;
  /** Whether the threshold is a share of the best, or a difference. Default 'rel'. */
  thresholdMode?: 'rel' | 'abs' | undefined;
  /** Steps after a reduction that do not count. Default 0. */
  cooldown?: number | undefined;
  /** The lowest rate. Default 0. */
  minLr?: number | undefined;
  /** Smaller changes than this are not made. Default 1e-8. */
  eps?: number | undefined;
}

const where = 'ReduceLROnPlateau';
const NAMES = [...['mode', 'factor', 'patience', 'threshold', 'thresholdMode', 'cooldown', 'minLr', 'eps']];

/**
 * Multiplies the rate by `factor` when the metric that `step` is given has not become better in more than `patience` steps. As
 * PyTorch's. `fit` gives it the validation's loss, without validation the training's.
 * @example
 * ```ts
 * const optimizer = { groups: [{ lr: 0.1 }] }; // mostly new SGD(...) or the like
 * const schedule = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 0 });
 * schedule.step(2);
 * schedule.step(2);
 * schedule.lastLr; // [0.05]
 * ```
 */
export class ReduceLROnPlateau extends Scheduler {
  readonly #options: Required<{
    [K in keyof ReduceLROnPlateauOptions]: NonNullable<ReduceLROnPlateauOptions[K]>;
  }>;
  #best: number;
  #bad = 0;
  #cooling = 0;

  /**
   * A schedule of `optimizer`, whose rates it leaves as they are.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: ReduceLROnPlateauOptions = {}) {
    super(where, optimizer);
    checkOptions(where, options, NAMES);
    const { mode = 'min', thresholdMode = 'rel' } = options;
    oneOf(where, 'mode', mode, ['min', 'max']);
    oneOf(where, 'thresholdMode', thresholdMode, ['rel', 'abs']);
    const factor = within(where, 'factor', options.factor ?? 0.1, 0);
    if (factor >= 1) throw new RangeError(`${where}: factor is ${factor}, must be below 1`);
    this.#options = {
      mode,
      factor,
      patience: integer(where, 'patience', options.patience ?? 10, 0),
      threshold: within(where, 'threshold', options.threshold ?? 1e-4, 0),
      thresholdMode,
      cooldown: integer(where, 'cooldown', options.cooldown ?? 0, 0),
      minLr: within(where, 'minLr', options.minLr ?? 0, 0),
      eps: within(where, 'eps', options.eps ?? 1e-8, 0),
    };
    this.#best = mode === 'min' ? Infinity : -Infinity;
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const best = this.#best;
    const bound = thresholdMode === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === 'min' ? metric < bound : metric > bound;
  }

  /**
   * One step.
   * @param metric what is to become better; NaN is no better
   * @throws TypeError for what is no number
   */
  override step(metric?: number): void {
    if (typeof metric !== 'number') throw wrongKind(where, 'metric', metric, 'a number');
    if (this.#isBetter(metric)) [this.#best, this.#bad] = [metric, 0];
    else this.#bad += 1;
    if (this.#cooling > 0) [this.#cooling, this.#bad] = [this.#cooling - 1, 0];
    super.step();
  }

  /** @internal */
  protected override update(): void {
    const { patience, cooldown } = this.#options;
    if (this.#bad <= patience) return;
    super.update();
    [this.#cooling, this.#bad] = [cooldown, 0];
  }

  /** @internal */
  protected override next(lr: number): number {
    const { factor, minLr, eps } = this.#options;
    const reduced = Math.max(lr * factor, minLr);
    return lr - reduced > eps ? reduced : lr;
  }

  /** @internal */
  override restart(): void {
    super.restart();
    this.#best = this.#options.mode === 'min' ? Infinity : -Infinity;
    [this.#bad, this.#cooling] = [0, 0];
  }

  override stateDict(): SchedulerState {
    // JSON has no infinity.
    const best = Number.isFinite(this.#best) ? this.#best : null;
    return { ...super.stateDict(), best, bad: this.#bad, cooling: this.#cooling };
  }

  override loadStateDict(state: SchedulerState): void {
    super.loadStateDict(state);
    const name = 'loadStateDict';
    const { best, bad, cooling } = state as { best?: unknown; bad?: unknown; cooling?: unknown };
    const bads = integer(name, 'state.bad', bad, 0);
    const coolings = integer(name, 'state.cooling', cooling, 0);
    const worst = this.#options.mode === 'min' ? Infinity : -Infinity;
    this.#best = best === null ? worst : real(name, 'state.best', best);
    [this.#bad, this.#cooling] = [bads, coolings];
  }
}
