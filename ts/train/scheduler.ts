/**
 * What schedules share: a count of steps, the rates that groups began with, and one rule that makes each group's next rate of the one
 * that it has. As in PyTorch, several schedules may change the same optimiser, and each goes on from what the others left.
 */
import { real } from '../base/checks.ts';
import { counted, wrongKind } from '../base/errors.ts';

/** What a schedule changes of a group of parameters. */
export interface ScheduledGroup {
  /** The learning rate. */
  lr: number;
  /** Changed by OneCycleLR, where there is one. */
  momentum?: number | undefined;
  /** The first is changed by OneCycleLR, where there are any. */
  betas?: readonly [number, number] | undefined;
}

/** What has learning rates: an optimiser. */
export interface Scheduled {
  /** Groups of parameters, each with a rate of its own. */
  readonly groups: readonly ScheduledGroup[];
}

/** Where a schedule stands, as JSON: what `stateDict` gives. */
export interface SchedulerState {
  /** Steps made. */
  readonly count: number;
  /** What else the schedule remembers. */
  readonly [name: string]: unknown;
}

/** The rate that a group had when its first schedule was made: what PyTorch keeps as `initial_lr`. */
const initial = /*#__PURE__*/ new WeakMap<ScheduledGroup, number>();

/** @throws TypeError for what is no optimiser */
export function groupsOf(where: string, optimizer: Scheduled): readonly ScheduledGroup[] {
  const groups = (optimizer as Partial<Scheduled> | null | undefined)?.groups;
  if (Array.isArray(groups) && groups.every((one) => typeof one?.lr === 'number')) return groups;
  throw wrongKind(where, 'optimizer', optimizer, 'an optimizer such as new SGD(params, { lr: 0.1 })');
}

/** The base class of learning rate schedules. @hidden */
export abstract class Scheduler {
  /** When `fit` makes a step of the schedule, where nothing else is said: after each batch, or each epoch. */
  readonly interval: 'step' | 'epoch' = 'epoch';
  /** The optimiser whose rates it changes. */
  readonly optimizer: Scheduled;
  #count = 0;
  #bases: number[];

  /** @internal */
  constructor(where: string, optimizer: Scheduled, initialRates?: readonly number[]) {
    this.optimizer = optimizer;
    this.#bases = groupsOf(where, optimizer).map((group, i) => {
      const rate = initialRates?.[i] ?? initial.get(group) ?? group.lr;
      initial.set(group, rate);
      return rate;
    });
  }

  /** Steps made since it was made. */
  get count(): number {
    return this.#count;
  }

  /** The groups' learning rates as they are. */
  get lastLr(): number[] {
    return this.optimizer.groups.map(({ lr }) => lr);
  }

  /** A group's rate at this count, from the rate that it has; `base` is its initial one. @internal */
  protected abstract next(lr: number, base: number, group: number): number;

  /** A group's rate at the count 0, whatever it has. @internal */
  protected first(base: number, _group: number): number {
    return base;
  }

  /** Sets the rates at this count. @internal */
  protected update(): void {
    const { groups } = this.optimizer;
    const rates = groups.map(({ lr }, i) => this.next(lr, this.#bases[i] as number, i));
    rates.forEach((lr, i) => {
      (groups[i] as ScheduledGroup).lr = lr;
    });
  }

  /** One step: sets every group's next rate. Only ReduceLROnPlateau looks at the metric. */
  step(_metric?: number): void {
    this.#count += 1;
    this.update();
  }

  /** Begins at the count 0, whatever rates there are. @internal */
  restart(): void {
    this.#count = 0;
    this.optimizer.groups.forEach((group, i) => {
      group.lr = this.first(this.#bases[i] as number, i);
    });
  }

  /** Where it stands; the rates themselves are in the optimiser's state. */
  stateDict(): SchedulerState {
    return { count: this.#count, bases: [...this.#bases] };
  }

  /**
   * Goes on where another schedule of the same class and options stood.
   * @throws TypeError, RangeError for what is no such state
   */
  loadStateDict(state: SchedulerState): void {
    const where = 'loadStateDict';
    const bases = (state as Partial<SchedulerState> | null | undefined)?.bases;
    if (!Array.isArray(bases) || !Number.isInteger(state.count) || state.count < 0) {
      throw wrongKind(where, 'state', state, "an object that a scheduler's stateDict gave");
    }
    if (bases.length !== this.#bases.length) {
      throw new RangeError(
        `${where}: state is of ${counted(bases.length, 'group')} of parameters, must be of ${this.#bases.length}`,
      );
    }
    this.#bases = bases.map((base, i) => real(where, `state.bases[${i}]`, base));
    this.#count = state.count;
  }
}
