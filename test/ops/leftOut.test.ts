/** An option that is given as undefined is as one left out: of every operator and layer, and of what takes options besides. */
import * as striate from 'striate';
import {
  arange,
  Conv2d,
  compile,
  conv2d,
  full,
  init,
  Module,
  manualSeed,
  ones,
  outputShape,
  rand,
  randn,
  scope,
  Tensor,
  tensor,
  zeros,
} from 'striate';
import { loadModel } from 'striate/onnx';
import { expect, test } from 'vitest';
import { adder } from '../onnx/adder.ts';
import { argumentsWith, isGiven } from '../support/calls.ts';
import { place, publicFunction } from '../support/checks.ts';
import { calls } from '../support/families.ts';
import { withRuntime } from '../support/runtime.ts';
import { any } from '../support/wrong.ts';

type Options = Record<string, unknown>;

/** What tensors, objects and lists of them hold, as plain data. */
function plain(value: unknown): unknown {
  if (value instanceof Tensor) return [value.dtype, value.shape, Array.from(value.data)];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, part]) => [key, plain(part)]);
}

/** What a call gives or throws, with the generator at its start. */
function outcome(call: () => unknown): unknown {
  manualSeed(1);
  try {
    return scope(() => plain(call()));
  } catch (error) {
    return String(error);
  }
}

/** The names of the options that a call takes, from its refusal of one that there is not; none where it refuses otherwise. */
function optionsOf(call: (options: Options) => unknown): string[] {
  const said = outcome(() => call({ nothing: 1 }));
  const list = typeof said === 'string' ? /there is no option 'nothing'; options are (.*)$/.exec(said) : null;
  return list?.[1]?.split(', ') ?? [];
}

/** Each of the options undefined, and each left out: the same; `call` is given the options. */
function expectLeftOut(
  names: readonly string[],
  options: Options,
  call: (options: Options) => unknown,
): void {
  for (const name of names) {
    const { [name]: _, ...without } = options;
    const expected = outcome(() => call(without));
    expect(
      outcome(() => call({ ...without, [name]: undefined })),
      name,
    ).toEqual(expected);
  }
}

withRuntime('operators', () => {
  const last = (args: readonly unknown[]) => args.at(-1);
  const isOptions = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isGiven(value);
  const withOptions = calls.filter(({ args }) => isOptions(last(args)));
  const names = [...new Set(withOptions.map(({ op }) => op))];

  test('most have lines with options', () => {
    expect(names.length).toBeGreaterThan(50);
  });

  test.each(names)('%s', (op) => {
    for (const call of withOptions.filter((one) => one.op === op).slice(0, 4)) {
      const run = (options: Options) => {
        const given = { ...call, args: [...call.args.slice(0, -1), options] };
        return publicFunction(op)(...argumentsWith(given, call.tensors.map(place)));
      };
      const known = optionsOf(run);
      expect(known.length, call.line).toBeGreaterThan(0);
      expectLeftOut(known, last(call.args) as Options, run);
    }
  });
});

withRuntime('layers', () => {
  type Class = new (...args: unknown[]) => Module<unknown[], unknown>;
  const all = Object.entries(striate as unknown as Record<string, Class>).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof Module,
  );
  /** Arguments, one of which fits each constructor, and shapes, one of which fits most layers. */
  const args = ['', '2, 2', '2', '4, 4', '4, 4, 3', '4, 1', '[[1, 1]], 1', '[[1, 1], [1, 1]], 1'].map(
    (text): unknown[] => JSON.parse(`[${text}]`),
  );
  const shapes = [
    '1x4x6',
    '1x4x6x6',
    '1x4x6x6x6',
    '1x2x6',
    '1x2x6x6',
    '1x2x6x6x6',
    '1x4x1',
    '3x4',
    '3x2',
  ].map((text) => text.split('x').map(Number));
  const [without, idle]: [string[], string[]] = [[], []];

  test.each(all)('%s', (name, Made) => {
    const some = args.find((given) => optionsOf((options) => new Made(...given, options)).length > 0);
    if (some === undefined) {
      without.push(name);
      return;
    }
    const make = (options: Options) => new Made(...some, options);
    let ran = false;
    expectLeftOut(optionsOf(make), {}, (options) => {
      const layer = make(options);
      const results = shapes.map((shape) => outcome(() => layer.forward(randn(shape, { seed: 1 }))));
      ran ||= results.some((result) => typeof result !== 'string');
      return [layer.stateDict(), results];
    });
    if (!ran) idle.push(name);
  });

  test('most take some, and were run', () => {
    expect(all.length - without.length).toBeGreaterThan(50);
    // They need other tensors, or an option.
    const needing = /^(DeformConv2d|FractionalMaxPool\dd|MaxUnpool\dd|Upsample)$/;
    expect(idle.filter((name) => !needing.test(name))).toEqual([]);
  });
});

withRuntime('what else takes options', () => {
  const same = (names: readonly string[], call: (options: Options) => unknown) =>
    expectLeftOut(names, {}, call);

  test('making tensors', () => {
    const dtyped = [zeros, ones, arange, any(full), any(tensor)] as ((...args: unknown[]) => unknown)[];
    const first = [[[2]], [[2]], [2], [[2], 1], [[1, 2], [2]]];
    for (const [i, make] of dtyped.entries()) same(['dtype'], (options) => make(...first[i]!, options));
    for (const make of [rand, randn]) same(['seed', 'dtype'], (options) => make([3], options));
  });

  test('programs and modules', () => {
    const input = (options: Options) => [{ shape: [1, 1, 3, 3], ...options }];
    const net = () => new Conv2d(1, 1, 2, { seed: 1 });
    const x = () => full([1, 1, 3, 3], 2);
    same(['dtype', 'name'], (options) => compile(net(), { inputs: input(options) }).run(x()));
    const known = ['mode', 'outputs', 'accuracy', 'algorithm'];
    same(known, (options) => compile(net(), { inputs: input({}), ...options }).run(x()));
    const program = () => compile(net(), { inputs: input({}) });
    same(['into'], (options) => program().run(x(), any(options)));
    same(['runs'], (options) => program().profile(x(), options).length);
    same(['strict'], (options) => net().loadStateDict(net().stateDict(), options));
    const shapes = [
      [1, 1, 3, 3],
      [1, 1, 2, 2],
    ];
    same(['stride', 'padding'], (options) => outputShape(conv2d, shapes, options));
  });

  test('models', async () => {
    const given = { inputShapes: undefined, accuracy: undefined };
    const model = await loadModel(adder, given);
    same(['into', 'outputs'], (options) => model.run({ x: tensor([1, 2], [1, 2]) }, options));
    same(['runs'], (options) => model.profile({ x: tensor([1, 2], [1, 2]) }, options).length);
    same(['inputShapes'], (options) => model.summary(options));
    model.dispose();
  });

  test('init', async () => {
    const known = ['variant', 'threads', 'maxMemoryBytes', 'accuracy', 'wasm', 'workerUrl'];
    const running = await init();
    expect(await init(Object.fromEntries(known.map((name) => [name, undefined])))).toBe(running);
  });
});
