/** OneCycleLR: up to the greatest rate and down far below the first, in phases, with momentum the other way round. */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import { counted } from '../base/errors.ts';
import { flag } from '../ops/options.ts';
import { groupsOf, type Scheduled, type ScheduledGroup, Scheduler } from './scheduler.ts';
import { within } from './schedules.ts';

/** The options of OneCycleLR. */
export interface OneCycleLROptions {
  /** The greatest rate, or one for each group. */
  maxLr: number | readonly number[];
  /** Steps of the cycle; or give `epochs` and `stepsPerEpoch`. */
  totalSteps?: number | undefined;
  /** With `stepsPerEpoch`: the cycle is their product. */
  epochs?: number | undefined;
  /** With `epochs`: batches of an epoch. */
  stepsPerEpoch?: number | undefined;
  /** The rising part of the cycle, 0 to 1. Default 0.3. */
  pctStart?: number | undefined;
  /** How rates change within a phase. Default 'cos'. */
  annealStrategy?: 'cos' | 'linear' | undefined;
  /** Whether momentum (of Adam, the first beta) falls while the rate rises. Default true. */
  cycleMomentum?: boolean | undefined;
  /** The lowest momentum, or one for each group. Default 0.85. */
  baseMomentum?: number | readonly number[] | undefined;
  /** The greatest momentum, or one for each group. Default 0.95. */
  maxMomentum?: number | readonly number[] | undefined;
  /** The first rate is maxLr / divFactor. Default 25. */
  divFactor?: number | undefined;
  /** The last rate is the first / finalDivFactor. Default 1e4. */
  finalDivFactor?: number | undefined;
  /** Falls as fast as it rose, then far down. Default false: falls all the way at once. */
  threePhase?: boolean | undefined;
}

/** Names of the options, in PyTorch's order. */
const NAMES = [
  ...['maxLr', 'totalSteps', 'epochs', 'stepsPerEpoch', 'pctStart', 'annealStrategy', 'cycleMomentum'],
  ...['baseMomentum', 'maxMomentum', 'divFactor', 'finalDivFactor', 'threePhase'],
];

type Level = 'first' | 'most' | 'last';

/** A part of the cycle: the count at which it ends, and the rates at its ends; momentum is lowest where the rate is greatest. */
interface Phase {
  readonly end: number;
  readonly from: Level;
  readonly to: Level;
}

const where = 'OneCycleLR';

/** One number for all groups, or a list of one for each. */
function perGroup(name: string, value: unknown, groups: number, low: number, high?: number): number[] {
  if (!Array.isArray(value)) return new Array(groups).fill(within(where, name, value, low, high));
  if (value.length !== groups) {
    throw new RangeError(
      `${where}: ${name} has ${counted(value.length, 'entry', 'entries')}, must have ${groups}`,
    );
  }
  return value.map((one, i) => within(where, `${name}[${i}]`, one, low, high));
}

function totalOf({ totalSteps, epochs, stepsPerEpoch }: Partial<OneCycleLROptions>): number {
  if (totalSteps !== undefined) return integer(where, 'totalSteps', totalSteps, 1);
  if (epochs === undefined || stepsPerEpoch === undefined) {
    throw new TypeError(
      `${where}: totalSteps is undefined, must be an integer, or epochs and stepsPerEpoch be given`,
    );
  }
  return integer(where, 'epochs', epochs, 1) * integer(where, 'stepsPerEpoch', stepsPerEpoch, 1);
}

/**
 * One cycle (Smith and Topin, 2017): the rate rises from maxLr / divFactor to maxLr and falls to maxLr / divFactor /
 * finalDivFactor, while momentum falls and rises. As PyTorch's. A step is made after each batch.
 * @example
 * ```ts
 * const optimizer = { groups: [{ lr: 0.1, momentum: 0.9 }] }; // mostly new SGD(...) or the like
 * const schedule = new OneCycleLR(optimizer, { maxLr: 0.1, epochs: 5, stepsPerEpoch: 125 });
 * ```
 */
export class OneCycleLR extends Scheduler {
  override readonly interval = 'step';
  readonly #total: number;
  readonly #phases: readonly Phase[];
  readonly #isCosine: boolean;
  readonly #rates: readonly Readonly<Record<Level, number>>[];
  /** Of each group; null where momentum stays. */
  readonly #momenta: readonly Readonly<Record<Level, number>>[] | null;

  /**
   * A schedule of `optimizer`, whose rates and momenta are set to the first of the cycle.
   * @throws TypeError, RangeError for wrong options
   */
  constructor(optimizer: Scheduled, options: OneCycleLROptions) {
    checkOptions(where, options, NAMES);
    const {
      pctStart = 0.3,
      annealStrategy = 'cos',
      cycleMomentum = true,
      threePhase = false,
    } = options ?? {};
    const groups = groupsOf(where, optimizer);
    const total = totalOf(options ?? {});
    within(where, 'pctStart', pctStart, 0, 1);
    oneOf(where, 'annealStrategy', annealStrategy, ['cos', 'linear']);
    const divFactor = within(where, 'divFactor', options.divFactor ?? 25, 1);
    const final = within(where, 'finalDivFactor', options.finalDivFactor ?? 1e4, 1);
    const rates = perGroup('maxLr', options.maxLr, groups.length, 0).map((most) => {
      const first = most / divFactor;
      return { first, most, last: first / final };
    });
    const momenta = flag(where, 'cycleMomentum', cycleMomentum) ? momentaOf(groups, options) : null;
    super(
      where,
      optimizer,
      rates.map(({ first }) => first),
    );
    const rise: Phase = { end: pctStart * total - 1, from: 'first', to: 'most' };
    const fall: Phase = { end: 2 * pctStart * total - 2, from: 'most', to: 'first' };
    this.#phases = flag(where, 'threePhase', threePhase)
      ? [rise, fall, { end: total - 1, from: 'first', to: 'last' }]
      : [rise, { end: total - 1, from: 'most', to: 'last' }];
    this.#total = total;
    this.#isCosine = annealStrategy === 'cos';
    this.#rates = rates;
    this.#momenta = momenta;
    this.update();
  }

  #at(levels: Readonly<Record<Level, number>>): number {
    let begin = 0;
    let at = 0;
    while (at < this.#phases.length - 1 && this.count > (this.#phases[at] as Phase).end) {
      begin = (this.#phases[at] as Phase).end;
      at += 1;
    }
    const { end, from, to } = this.#phases[at] as Phase;
    const share = (this.count - begin) / (end - begin);
    const [a, b] = [levels[from], levels[to]];
    return this.#isCosine ? b + ((a - b) / 2) * (Math.cos(Math.PI * share) + 1) : (b - a) * share + a;
  }

  /** @throws RangeError beyond the end of the cycle */
  override step(): void {
    if (this.count >= this.#total) {
      throw new RangeError(`${where}: the cycle has ${counted(this.#total, 'step')}, and all have been made`);
    }
    super.step();
  }

  /** @internal */
  protected override next(_lr: number, _base: number, group: number): number {
    return this.#at(this.#rates[group] as Record<Level, number>);
  }

  /** @internal */
  protected override first(_base: number, group: number): number {
    return this.next(0, 0, group);
  }

  /** @internal */
  protected override update(): void {
    super.update();
    this.#setMomenta();
  }

  /** @internal */
  override restart(): void {
    super.restart();
    this.#setMomenta();
  }

  #setMomenta(): void {
    this.optimizer.groups.forEach((group, i) => {
      const levels = this.#momenta?.[i];
      if (levels === undefined) return;
      if (group.betas === undefined) group.momentum = this.#at(levels);
      else group.betas = [this.#at(levels), group.betas[1]];
    });
  }
}

/** @throws RangeError for groups that have none */
function momentaOf(groups: readonly ScheduledGroup[], options: OneCycleLROptions) {
  const without = groups.findIndex(({ momentum, betas }) => momentum === undefined && betas === undefined);
  if (without >= 0) {
    throw new RangeError(
      `${where}: groups[${without}] of the optimizer has neither momentum nor betas, must have one: write { cycleMomentum: false }`,
    );
  }
  const least = perGroup('baseMomentum', options.baseMomentum ?? 0.85, groups.length, 0, 1);
  const most = perGroup('maxMomentum', options.maxMomentum ?? 0.95, groups.length, 0, 1);
  return groups.map((_, i) => {
    const [high, low] = [most[i] as number, least[i] as number];
    return { first: high, most: low, last: high };
  });
}
