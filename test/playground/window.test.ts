/** The sliding window's steps, sizes and addresses, against striate. */
import { expect, test } from 'vitest';
import { codeOf } from '../../playground/src/window/code.ts';
import {
  type Config,
  changed,
  configOf,
  MODES,
  OPERATIONS,
  POOL_KINDS,
  paddingNames,
  parametersOf,
} from '../../playground/src/window/config.ts';
import { EXAMPLES } from '../../playground/src/window/examples.ts';
import { equation, sizeFormula } from '../../playground/src/window/formula.ts';
import { planOf } from '../../playground/src/window/geometry.ts';
import { scatteredUpTo, stepCount, windowStep } from '../../playground/src/window/steps.ts';
import { words } from '../../playground/src/window/words.ts';
import { compute } from '../../playground/src/worker/window.ts';
import { Choices } from '../support/random.ts';
import { withRuntime } from '../support/runtime.ts';

const of = (address: string): Config => {
  const { config, problems } = configOf(new URLSearchParams(address));
  expect(problems).toEqual([]);
  return config;
};

/** What the steps of the animation give, in their order. */
function stepped(config: Config): number[] | null {
  const plan = planOf(config);
  if ('fault' in plan) return null;
  const count = stepCount(config, plan.axes);
  if (config.operation === 'transposed' && config.view === 'scatter')
    return scatteredUpTo(config, plan.axes, count - 1).flat();
  return Array.from({ length: count }, (_, i) => windowStep(config, plan.axes, i).result);
}

const rows = (text: string): number[] => text.split(/[\s/]+/).map(Number);

const random = new Choices(15);
const whole = (least: number, most: number) => random.integer(least, most);
const one = <T>(list: readonly T[]): T => random.of(list);

/** A config that may or may not fit. */
function drawn(): Config {
  const operation = one(OPERATIONS);
  const rank = one([1, 2] as const);
  const per = (least: number, most: number) => Array.from({ length: rank }, () => whole(least, most));
  const groups = one([1, 1, 1, 2, 3]);
  const isPool = operation === 'pool';
  const channels = isPool ? whole(1, 3) : groups * whole(1, 2);
  const base = changed(of(`op=${operation}&d=${rank}&i=2&k=1`), {
    size: per(1, 8),
    kernel: per(1, 4),
    stride: per(1, 3),
    dilation: per(1, 3),
    padding: one([0, 1, 2])
      ? Array.from({ length: rank }, () => [whole(0, 3), whole(0, 3)] as const)
      : one(paddingNames(operation)),
    groups: isPool ? 1 : groups,
    channels,
    outputs: isPool ? channels : groups * whole(1, 2),
    mode: one(MODES),
    flip: whole(0, 1) === 1,
    pool: one(POOL_KINDS),
    power: whole(1, 4),
    ceil: whole(0, 1) === 1,
    includePad: whole(0, 1) === 1,
    outputPadding: operation === 'transposed' ? per(0, 2) : per(0, 0),
    view: one(['scatter', 'zeros'] as const),
  });
  const least = isPool && base.pool === 'lp' ? 0 : -9;
  const numbers = (planes: Config['x']) => planes.map((plane) => plane.map(() => whole(least, 9)));
  return { ...base, x: numbers(base.x), w: numbers(base.w) };
}

withRuntime('the sliding window', () => {
  test('five hundred windows: each step gives what striate gives, and what does not fit throws there too', () => {
    let fitting = 0;
    const odd: string[] = [];
    for (let i = 0; i < 500; i++) {
      const config = drawn();
      const found = stepped(config);
      let expected: readonly number[] | null = null;
      try {
        expected = [...compute(config).data];
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      if (found !== null) fitting++;
      const integers = config.operation !== 'pool' || ['max', 'min', 'sum'].includes(config.pool);
      const agree =
        found === null || expected === null
          ? found === expected
          : found.length === expected.length &&
            found.every((value, j) => {
              const other = expected![j] as number;
              return integers
                ? value === other
                : Math.abs(value - other) <= 1e-5 * Math.max(1, Math.abs(value));
            });
      if (!agree)
        odd.push(`${codeOf(config)} of ${config.size} by ${config.kernel}: ${found} not ${expected}`);
    }
    expect(odd.slice(0, 5)).toEqual([]);
    expect(fitting).toBeGreaterThan(200);
  });

  test('both ways of showing a transposed convolution end with the same numbers', () => {
    for (const address of [
      'op=transposed&i=3&k=3&s=2&p=1&q=1',
      'op=transposed&i=2,3&k=2&dl=2&c=2&o=3',
      'op=transposed&i=5&k=3&p=3',
    ]) {
      const zeros = stepped(of(`${address}&v=zeros`));
      expect(zeros).toEqual(stepped(of(address)));
      expect(zeros).toEqual([...compute(of(address)).data]);
    }
  });

  test.each(EXAMPLES)('the example $group, $name.en', ({ address }) => {
    const config = of(address);
    expect(stepped(config)!.length).toBeGreaterThan(0);
    const isFraction = config.operation === 'pool' && config.pool === 'avg';
    const { data } = compute(config);
    if (isFraction)
      for (const [i, value] of stepped(config)!.entries()) expect(value).toBeCloseTo(data[i]!, 5);
    else expect(stepped(config)).toEqual([...data]);
  });

  test.each(EXAMPLES)('the address of $group, $name.en comes back', ({ address }) => {
    const config = of(address);
    const entries = Object.entries(parametersOf(config)).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value]],
    );
    expect(configOf(new URLSearchParams(entries))).toEqual({ config, problems: [] });
  });
});

const GUIDE = 'x=3,3,2,1,0;0,0,1,3,1;3,1,2,2,3;2,0,0,2,2;2,0,0,0,1';
const ONES = 'w=1,1,1;1,1,1;1,1,1&p=1';

test.each([
  ['', '19 25 / 37 43'],
  ['f=1', '5 11 / 23 29'],
  ['p=1', '0 3 8 4 / 9 19 25 10 / 21 37 43 16 / 6 7 8 0'],
  ['p=1&s=3,2', '0 8 / 6 8'],
  ['c=2', '56 72 / 104 120'],
  ['c=2&o=3', '56 72 / 104 120 / 76 100 / 148 172 / 96 128 / 192 224'],
  [`${GUIDE}&w=0,1,2;2,2,0;0,1,2`, '12 12 17 / 10 17 19 / 9 6 14'],
  [`${GUIDE}&w=0,1,2;2,2,0;0,1,2&p=1&s=2`, '6 17 3 / 8 17 13 / 6 4 4'],
  [`op=pool&k=3&s=1&${GUIDE}`, '3 3 3 / 3 3 3 / 3 2 3'],
  [ONES, '8 15 12 / 21 36 27 / 20 33 24'],
  [`${ONES}&m=reflect`, '24 27 30 / 33 36 39 / 42 45 48'],
  [`${ONES}&m=replicate`, '12 18 24 / 30 36 42 / 48 54 60'],
  [`${ONES}&m=circular`, '36 36 36 / 36 36 36 / 36 36 36'],
  ['op=pool&i=3&k=2&s=1', '4 5 / 7 8'],
  ['op=pool&i=3&k=2&s=1&pool=avg', '2 3 / 5 6'],
  ['op=pool&i=4&k=3', '10'],
  ['op=pool&i=4&k=3&p=1&s=2', '5 7 / 13 15'],
  ['op=transposed&i=2', '0 0 1 / 0 4 6 / 4 12 9'],
  ['op=transposed&i=2&p=1', '4'],
  ['op=transposed&i=2&s=2', '0 0 0 1 / 0 0 2 3 / 0 2 0 3 / 4 6 6 9'],
])('the textbook: %s', (address, expected) => {
  expect(stepped(of(address))).toEqual(rows(expected));
});

test.each([
  ['i=4&k=3', 2],
  ['i=5&k=4&p=2', 6],
  ['i=5&k=3&p=1', 5],
  ['i=5&k=3&p=2', 7],
  ['i=5&k=3&s=2', 2],
  ['i=5&k=3&s=2&p=1', 3],
  ['i=6&k=3&s=2&p=1', 3],
  ['i=7&k=3&dl=2', 3],
  ['op=transposed&i=2&k=3', 4],
  ['op=transposed&i=6&k=4&p=2', 5],
  ['op=transposed&i=5&k=3&p=1', 5],
  ['op=transposed&i=7&k=3&p=2', 5],
  ['op=transposed&i=2&k=3&s=2', 5],
  ['op=transposed&i=3&k=3&s=2&p=1', 5],
  ['op=transposed&i=3&k=3&s=2&p=1&q=1', 6],
])("the guide's animation %s gives %i", (address, size) => {
  const config = of(address);
  const plan = planOf(config);
  if ('fault' in plan) throw new Error('must fit');
  expect(plan.axes.map(({ output }) => output)).toEqual([size, size]);
  // The formula with numbers is what it says.
  for (const axis of plan.axes) {
    const { numbers } = sizeFormula(config, axis);
    const [term, result] = numbers.replaceAll('·', '*').replaceAll('−', '-').split(' = ') as [string, string];
    const code = term
      .replaceAll('⌊', 'Math.floor(')
      .replaceAll('⌋', ')')
      .replaceAll('⌈', 'Math.ceil(')
      .replaceAll('⌉', ')');
    expect(new Function(`return ${code}`)()).toBe(Number(result));
    expect(Number(result)).toBe(size);
  }
});

test('the equation of a step is what it adds up to', () => {
  const config = of('');
  const plan = planOf(config) as { axes: never };
  expect(equation(config, windowStep(config, plan.axes, 0))).toEqual({
    lines: ['0×0 + 1×1 + 3×2 + 4×3'],
    total: '19',
  });
});

test.each([
  ['i=2&k=3', 'kernel', 'along the rows the kernel spans 3, but the input with its padding has only 2'],
  [
    'i=5,3&k=3&dl=1,2',
    'kernel',
    'along the columns the kernel spans 5, but the input with its padding has only 3',
  ],
  [
    'i=3&k=3&p=3&m=reflect',
    'reflect',
    'along the rows padding is 3, but an input of 3 can be reflected by at most 2',
  ],
  [
    'i=3&k=3&p=4&m=circular',
    'circular',
    'along the rows padding is 4, but an input of 3 can go around only once',
  ],
  [
    'op=pool&i=5&k=2&p=2',
    'pool',
    'along the rows padding is 2, but pooling takes at most half of its kernel of 2',
  ],
  ['op=transposed&i=2&k=2&q=1', 'outputPadding', 'along the rows output padding is 1, but must be at most 0'],
  ['op=transposed&i=1&k=3&p=2', 'noOutput', 'along the rows the output would have -1 places'],
  ['c=3&o=2&g=2', 'groups', '2 groups do not divide 3 input channels and 2 output channels'],
])('%s does not fit, and the page says why', (address, kind, sentence) => {
  const plan = planOf(of(address));
  if (!('fault' in plan)) throw new Error('must not fit');
  const { fault } = plan;
  expect(fault.kind).toBe(kind);
  const { kind: _, at: __, axis, ...values } = fault as unknown as Record<string, unknown>;
  for (const language of ['en', 'zh'] as const) {
    const say = words[language];
    const name = say.axes[axis as keyof typeof say.axes];
    const said = say.faults[fault.kind] as (...given: unknown[]) => string;
    const text = said(...(axis === undefined ? [] : [name]), ...Object.values(values));
    if (language === 'en') expect(text).toContain(sentence);
    else expect(text).toMatch(/[一-鿿]/);
  }
});

test.each([
  'i=99',
  'k=0',
  's=1,2,3',
  'op=konv',
  'x=1,2;3',
  'x=1,a',
  'w=1,2|3',
  'p=-1',
  'p=1:x',
  'p=half',
  'm=zero',
  'g=7',
])('a link with %s has its problem named and everything else kept', (address) => {
  const { config, problems } = configOf(new URLSearchParams(`${address}&dl=2`));
  expect(problems.length).toBe(1);
  expect(problems[0]!.name).toBe(address.split('=')[0]);
  expect(config.dilation).toEqual([2, 2]);
});

test('numbers that were typed stay when sizes change', () => {
  const config = of('x=5,1;2,3&w=9');
  const wider = changed(config, { size: [3, 3] });
  expect(wider.x).toEqual([[5, 1, 2, 2, 3, 5, 6, 7, 8]]);
  expect(changed(wider, { size: [2, 2] }).x).toEqual(config.x);
});
