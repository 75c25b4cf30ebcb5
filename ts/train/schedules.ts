/**
 * Schedules that follow from the count of steps, by PyTorch's recursive formulas: lr is the rate that the group has, b its initial
 * one, t the count.
 *
 *   StepLR             lr gamma                            every stepSize steps
 *   MultiStepLR        lr gamma                            at each milestone
 *   ExponentialLR      lr gamma
 *   CosineAnnealingLR  e + (lr - e) (1 + cos(pi t / T)) / (1 + cos(pi (t - 1) / T)),  e = etaMin, T = tMax
 *   LinearLR           from b startFactor to b endFactor   in totalIters steps
 *   SequentialLR       one schedule behind the other
 */
import { checkOptions, integer, integers, real } from '../base/checks.ts';
import { counted, wrongKind } from '../base/errors.ts';
import { type Scheduled, Scheduler, type SchedulerState } from './scheduler.ts';

/** A number of a range. @throws TypeError, RangeError that say what it is instead */
export function within(where: string, name: string, value: unknown, low: number, high = Infinity): number {
  const number = real(where, name, value);
  if (number >= low && number <= high) return number;
  const range = high === Infinity ? `at least ${low}` : `from ${low} to ${high}`;
  throw new RangeError(`${where}: ${name} is ${number}, must be ${range}`);
}

/** The options of StepLR. */
export interface StepLROptions {
  /** Steps between two changes. */
  stepSize: number;
  /** What the rate is multiplied by. Default 0.1. */
  gamma?: number | undefined;
}

/**
 * Multiplies the rate by `gamma` every `stepSize` steps, as PyTorch's.
 * @example
 * ```ts
 * const optimizer = { groups: [{ lr: 0.1 }] }; // mostly new SGD(...) or the like
 * const schedule = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
 * schedule.step();
 * schedule.step();
 * schedule.lastLr; // [0.05]
 * ```
 */
export class StepLR extends Scheduler {
  readonly #stepSize: number;
  readonly #gamma: number;

  /**
   * A schedule of `optimizer`, whose rates it leaves as they are.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: StepLROptions) {
    super('StepLR', optimizer);
    checkOptions('StepLR', options, ['stepSize', 'gamma']);
    this.#stepSize = integer('StepLR', 'stepSize', options?.stepSize, 1);
    this.#gamma = within('StepLR', 'gamma', options.gamma ?? 0.1, 0);
  }

  /** @internal */
  protected override next(lr: number): number {
    return this.count % this.#stepSize === 0 ? lr * this.#gamma : lr;
  }
}

/** The options of MultiStepLR. */
export interface MultiStepLROptions {
  /** The counts at which the rate changes; one that stands twice changes it twice. */
  milestones: readonly number[];
  /** What the rate is multiplied by. Default 0.1. */
  gamma?: number | undefined;
}

/** Multiplies the rate by `gamma` at each of the milestones, as PyTorch's. */
export class MultiStepLR extends Scheduler {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  /**
   * A schedule of `optimizer`, whose rates it leaves as they are.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: MultiStepLROptions) {
    super('MultiStepLR', optimizer);
    checkOptions('MultiStepLR', options, ['milestones', 'gamma']);
    this.#milestones = integers('MultiStepLR', 'milestones', options?.milestones, 1);
    this.#gamma = within('MultiStepLR', 'gamma', options.gamma ?? 0.1, 0);
  }

  /** @internal */
  protected override next(lr: number): number {
    return lr * this.#gamma ** this.#milestones.filter((one) => one === this.count).length;
  }
}

/** The options of ExponentialLR. */
export interface ExponentialLROptions {
  /** What the rate is multiplied by. */
  gamma: number;
}

/** Multiplies the rate by `gamma` at every step, as PyTorch's. */
export class ExponentialLR extends Scheduler {
  readonly #gamma: number;

  /**
   * A schedule of `optimizer`, whose rates it leaves as they are.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: ExponentialLROptions) {
    super('ExponentialLR', optimizer);
    checkOptions('ExponentialLR', options, ['gamma']);
    this.#gamma = within('ExponentialLR', 'gamma', options?.gamma, 0);
  }

  /** @internal */
  protected override next(lr: number): number {
    return lr * this.#gamma;
  }
}

/** The options of CosineAnnealingLR. */
export interface CosineAnnealingLROptions {
  /** Steps from the initial rate to the lowest; as many lead back. */
  tMax: number;
  /** The lowest rate. Default 0. */
  etaMin?: number | undefined;
}

/** The rate along a cosine, from the initial one to `etaMin` in `tMax` steps and back (Loshchilov and Hutter, 2017), as PyTorch's. */
export class CosineAnnealingLR extends Scheduler {
  readonly #tMax: number;
  readonly #etaMin: number;

  /**
   * A schedule of `optimizer`, whose rates it leaves as they are.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: CosineAnnealingLROptions) {
    super('CosineAnnealingLR', optimizer);
    checkOptions('CosineAnnealingLR', options, ['tMax', 'etaMin']);
    this.#tMax = integer('CosineAnnealingLR', 'tMax', options?.tMax, 1);
    this.#etaMin = within('CosineAnnealingLR', 'etaMin', options.etaMin ?? 0, 0);
  }

  /** @internal */
  protected override next(lr: number, base: number): number {
    const [t, tMax, etaMin] = [this.count, this.#tMax, this.#etaMin];
    // From the lowest rate no factor leads back.
    if ((t - 1 - tMax) % (2 * tMax) === 0) {
      return lr + ((base - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    }
    const share = (1 + Math.cos((Math.PI * t) / tMax)) / (1 + Math.cos((Math.PI * (t - 1)) / tMax));
    return share * (lr - etaMin) + etaMin;
  }
}

/** The options of LinearLR. */
export interface LinearLROptions {
  /** The first rate as a share of the initial one, above 0 up to 1. Default 1/3. */
  startFactor?: number | undefined;
  /** The last rate as a share of the initial one, 0 to 1. Default 1. */
  endFactor?: number | undefined;
  /** Steps from the one to the other. Default 5. */
  totalIters?: number | undefined;
}

/** The rate on a line from a share of the initial one to another, for warming up, as PyTorch's. */
export class LinearLR extends Scheduler {
  readonly #start: number;
  readonly #end: number;
  readonly #total: number;

  /**
   * A schedule of `optimizer`, whose rates are multiplied by `startFactor` at once.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: LinearLROptions = {}) {
    const where = 'LinearLR';
    super(where, optimizer);
    checkOptions(where, options, ['startFactor', 'endFactor', 'totalIters']);
    this.#start = within(where, 'startFactor', options.startFactor ?? 1 / 3, 0, 1);
    if (this.#start === 0) throw new RangeError(`${where}: startFactor is 0, must be above 0`);
    this.#end = within(where, 'endFactor', options.endFactor ?? 1, 0, 1);
    this.#total = integer(where, 'totalIters', options.totalIters ?? 5, 1);
    this.update();
  }

  /** @internal */
  protected override next(lr: number): number {
    const [t, total, start] = [this.count, this.#total, this.#start];
    if (t === 0) return lr * start;
    if (t > total) return lr;
    const rise = this.#end - start;
    return lr * (1 + rise / (total * start + (t - 1) * rise));
  }

  /** @internal */
  protected override first(base: number): number {
    return base * this.#start;
  }
}

/** The options of SequentialLR. */
export interface SequentialLROptions {
  /** The schedules in their order, all of the same optimiser. */
  schedulers: readonly Scheduler[];
  /** The counts at which the next one begins, one fewer than schedules, ascending. */
  milestones: readonly number[];
}

/**
 * One schedule behind the other: each begins, at its milestone, with the initial rates. As PyTorch's.
 * @example
 * ```ts
 * const optimizer = { groups: [{ lr: 0.1 }] }; // mostly new SGD(...) or the like
 * const schedulers = [new LinearLR(optimizer), new CosineAnnealingLR(optimizer, { tMax: 20 })];
 * const schedule = new SequentialLR(optimizer, { schedulers, milestones: [5] });
 * ```
 */
export class SequentialLR extends Scheduler {
  override readonly interval: 'step' | 'epoch';
  readonly #schedulers: readonly Scheduler[];
  readonly #milestones: readonly number[];

  /**
   * A schedule of `optimizer`, whose rates are those with which the first of the schedules begins.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: SequentialLROptions) {
    const where = 'SequentialLR';
    super(where, optimizer);
    checkOptions(where, options, ['schedulers', 'milestones']);
    const { schedulers, milestones } = options ?? {};
    if (!Array.isArray(schedulers) || schedulers.some((one) => !(one instanceof Scheduler))) {
      throw wrongKind(where, 'schedulers', schedulers, 'an array of schedulers');
    }
    const other = schedulers.findIndex((one) => one.optimizer !== optimizer);
    if (other >= 0) {
      throw new RangeError(`${where}: schedulers[${other}] is of another optimizer, must be of the same`);
    }
    integers(where, 'milestones', milestones, 1);
    if (schedulers.length !== milestones.length + 1) {
      throw new RangeError(
        `${where}: there are ${counted(schedulers.length, 'scheduler')}, must be ${milestones.length + 1} for ${counted(milestones.length, 'milestone')}`,
      );
    }
    const late = milestones.findIndex((one, i) => i > 0 && one <= (milestones[i - 1] as number));
    if (late >= 0) {
      throw new RangeError(
        `${where}: milestones[${late}] is ${milestones[late]}, must be above ${milestones[late - 1]}`,
      );
    }
    this.#schedulers = [...schedulers];
    this.#milestones = [...milestones];
    this.interval = schedulers.some(({ interval }) => interval === 'step') ? 'step' : 'epoch';
    (this.#schedulers[0] as Scheduler).restart();
  }

  /** @internal */
  protected override next(lr: number): number {
    return lr;
  }

  override step(metric?: number): void {
    super.step();
    const begun = this.#milestones.filter((one) => one <= this.count).length;
    const scheduler = this.#schedulers[begun] as Scheduler;
    if (begun > 0 && this.#milestones[begun - 1] === this.count) scheduler.restart();
    else scheduler.step(metric);
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), schedulers: this.#schedulers.map((one) => one.stateDict()) };
  }

  override loadStateDict(state: SchedulerState): void {
    const where = 'loadStateDict';
    const states = (state as Partial<SchedulerState> | null | undefined)?.schedulers;
    if (!Array.isArray(states) || states.length !== this.#schedulers.length) {
      throw wrongKind(where, 'state.schedulers', states, `an array of ${this.#schedulers.length} states`);
    }
    super.loadStateDict(state);
    for (const [i, one] of this.#schedulers.entries()) one.loadStateDict(states[i]);
  }
}
