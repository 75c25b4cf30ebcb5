/** Schedules against PyTorch's rates (test/train/schedules.py), and resumed. */
import * as train from 'striate/train';
import {
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  ReduceLROnPlateau,
  type ScheduledGroup,
  type Scheduler,
  SequentialLR,
  StepLR,
} from 'striate/train';
import { describe, expect, test } from 'vitest';
import { any, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';
import cases from './schedules.json' with { type: 'json' };

type Case = (typeof cases)[number];
type Optimizer = { groups: ScheduledGroup[] };

const optimizerOf = ({ groups }: Case): Optimizer => ({
  groups: groups.map((group) => ('betas' in group ? { ...any(group) } : { momentum: 0.9, ...group })),
});

function made(optimizer: Optimizer, [name, options]: readonly unknown[]): Scheduler {
  const given = { ...(options as Record<string, unknown>) };
  if (Array.isArray(given.schedulers)) {
    given.schedulers = given.schedulers.map((spec) => made(optimizer, spec));
  }
  return new (any(train)[name as string])(optimizer, given);
}

/** Makes the steps from the count `from`; the rates and momenta that it sees must be PyTorch's. */
function run(one: Case, optimizer: Optimizer, chain: readonly Scheduler[], from: number, to: number): void {
  for (let count = from; count < to; count++) {
    optimizer.groups.forEach((group, i) => {
      const [rate, momentum] = [one.rates[count]![i]!, one.momenta[count]![i]!];
      expect(Math.abs(group.lr - rate), `rate at ${count}: ${group.lr}, ${rate}`).toBeLessThanOrEqual(
        1e-12 * rate + 1e-17,
      );
      expect(group.betas?.[0] ?? group.momentum, `momentum at ${count}`).toBeCloseTo(momentum, 12);
    });
    for (const schedule of chain) schedule.step(one.metrics?.[count]);
  }
}

describe("PyTorch's rates", () => {
  test.each(cases)('$name', (one) => {
    const optimizer = optimizerOf(one);
    run(
      one,
      optimizer,
      one.schedules.map((spec) => made(optimizer, spec)),
      0,
      one.rates.length,
    );
  });
});

describe('resumed after 7 steps, the rates are the same', () => {
  test.each(cases)('$name', (one) => {
    const optimizer = optimizerOf(one);
    const chain = one.schedules.map((spec) => made(optimizer, spec));
    run(one, optimizer, chain, 0, 7);
    const kept = JSON.parse(
      JSON.stringify({ groups: optimizer.groups, states: chain.map((s) => s.stateDict()) }),
    );
    const other = optimizerOf(one);
    const resumed = one.schedules.map((spec) => made(other, spec));
    for (const [i, schedule] of resumed.entries()) schedule.loadStateDict(kept.states[i]);
    for (const [i, group] of other.groups.entries()) Object.assign(group, kept.groups[i]); // as its own state
    run(one, other, resumed, 7, one.rates.length);
  });
});

test('after each batch or each epoch: what fit takes where nothing is said', () => {
  const optimizer = { groups: [{ lr: 1, momentum: 0 }] };
  const cycle = () => new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5 });
  const linear = new LinearLR(optimizer);
  expect([linear.interval, cycle().interval]).toEqual(['epoch', 'step']);
  expect(new SequentialLR(optimizer, { schedulers: [linear, cycle()], milestones: [2] }).interval).toBe(
    'step',
  );
  expect(linear.lastLr).toEqual([1 / 3]);
});

describe('what is wrong is said', () => {
  const sgd = () => ({
    groups: [
      { lr: 0.1, momentum: 0.9 },
      { lr: 0.2, momentum: 0.9 },
    ],
  });
  const cycle = (options: object) => new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 3, ...options });
  const sequence = (count: number, milestones: unknown, of = sgd()) =>
    new SequentialLR(of, {
      schedulers: Array.from({ length: count }, () => new LinearLR(of)),
      milestones: any(milestones),
    });
  const other = () => {
    const of = sgd();
    return new SequentialLR(of, { schedulers: [new LinearLR(of), new LinearLR(sgd())], milestones: [1] });
  };
  const ended = () => {
    const schedule = cycle({});
    for (let i = 0; i < 4; i++) schedule.step();
  };
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['no optimiser', () => new StepLR(any(undefined), { stepSize: 1 }), TypeError, 'StepLR: optimizer is undefined, must be an optimizer such as new SGD(params, { lr: 0.1 })'],
    ['no options', () => new StepLR(sgd(), any(undefined)), TypeError, 'StepLR: stepSize is undefined, must be an integer'],
    ['a step size by position', () => new StepLR(sgd(), any(3)), TypeError, 'StepLR: options is 3, must be an object: write { stepSize: 3 }'],
    ['steps of no size', () => new StepLR(sgd(), { stepSize: 0 }), RangeError, 'StepLR: stepSize is 0, must be an integer, at least 1'],
    ['a negative factor', () => new ExponentialLR(sgd(), { gamma: -1 }), RangeError, 'ExponentialLR: gamma is -1, must be at least 0'],
    ['a factor that is NaN', () => new ExponentialLR(sgd(), { gamma: Number.NaN }), RangeError, 'ExponentialLR: gamma is NaN, must be a number'],
    ['a milestone that is a number', () => new MultiStepLR(sgd(), any({ milestones: 3 })), TypeError, 'MultiStepLR: milestones is 3, must be an array of integers: write [3]'],
    ["PyTorch's name", () => new CosineAnnealingLR(sgd(), any({ T_max: 3 })), TypeError, "CosineAnnealingLR: there is no option 'T_max'; options are tMax, etaMin"],
    ['a start at nothing', () => new LinearLR(sgd(), { startFactor: 0 }), RangeError, 'LinearLR: startFactor is 0, must be above 0'],
    ['an end above the rate', () => new LinearLR(sgd(), { endFactor: 2 }), RangeError, 'LinearLR: endFactor is 2, must be from 0 to 1'],
    ['no cycle', () => new OneCycleLR(sgd(), any(undefined)), TypeError, 'OneCycleLR: totalSteps is undefined, must be an integer, or epochs and stepsPerEpoch be given'],
    ['a cycle to no rate', () => cycle({ maxLr: undefined }), TypeError, 'OneCycleLR: maxLr is undefined, must be a number'],
    ['a cycle of no length', () => cycle({ totalSteps: undefined, epochs: 3 }), TypeError, 'OneCycleLR: totalSteps is undefined, must be an integer, or epochs and stepsPerEpoch be given'],
    ['a rate for another number of groups', () => cycle({ maxLr: [1] }), RangeError, 'OneCycleLR: maxLr has 1 entry, must have 2'],
    ['a strategy that there is not', () => cycle({ annealStrategy: 'exp' }), RangeError, "OneCycleLR: annealStrategy is 'exp', must be 'cos' or 'linear'"],
    ['momentum of an optimiser without', () => new OneCycleLR({ groups: [{ lr: 1 }] }, { maxLr: 1, totalSteps: 2 }), RangeError, 'OneCycleLR: groups[0] of the optimizer has neither momentum nor betas, must have one: write { cycleMomentum: false }'],
    ['a step beyond the cycle', ended, RangeError, 'OneCycleLR: the cycle has 3 steps, and all have been made'],
    ['no schedules', () => new SequentialLR(sgd(), any({ milestones: [] })), TypeError, 'SequentialLR: schedulers is undefined, must be an array of schedulers'],
    ['schedules of another optimiser', other, RangeError, 'SequentialLR: schedulers[1] is of another optimizer, must be of the same'],
    ['too few milestones', () => sequence(3, [1]), RangeError, 'SequentialLR: there are 3 schedulers, must be 2 for 1 milestone'],
    ['milestones that fall', () => sequence(3, [4, 2]), RangeError, 'SequentialLR: milestones[1] is 2, must be above 4'],
    ['a plateau of another kind', () => new ReduceLROnPlateau(sgd(), { mode: any('least') }), RangeError, "ReduceLROnPlateau: mode is 'least', must be 'min' or 'max'"],
    ['a factor that is none', () => new ReduceLROnPlateau(sgd(), { factor: 1 }), RangeError, 'ReduceLROnPlateau: factor is 1, must be below 1'],
    ['a plateau of nothing', () => new ReduceLROnPlateau(sgd()).step(), TypeError, 'ReduceLROnPlateau: metric is undefined, must be a number'],
    ['no state', () => new LinearLR(sgd()).loadStateDict(any(null)), TypeError, "loadStateDict: state is null, must be an object that a scheduler's stateDict gave"],
    ['a state of other groups', () => new LinearLR(sgd()).loadStateDict({ count: 1, bases: [1] }), RangeError, 'loadStateDict: state is of 1 group of parameters, must be of 2'],
    ['a state of no sequence', () => sequence(2, [1]).loadStateDict(any({ count: 1, bases: [1, 1] })), TypeError, 'loadStateDict: state.schedulers is undefined, must be an array of 2 states'],
  ];
  refused(calls);
});
