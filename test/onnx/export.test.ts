/** What exportOnnx writes, read again: every operator with an ONNX form, by the lines of its family, gives the same values. */
import { readFileSync } from 'node:fs';
import {
  add,
  allClose,
  BatchNorm2d,
  batchNorm,
  Conv2d,
  dropout,
  expand,
  flatten,
  fractionalMaxPool2d,
  globalAvgPool,
  init,
  Linear,
  Module,
  memory,
  mul,
  ones,
  ReLU,
  rand,
  randn,
  relu,
  Sequential,
  scope,
  sum,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { exportOnnx, loadModel } from 'striate/onnx';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { formTable } from '../../ts/onnx/export/index.ts';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { argumentsWith, type Call } from '../support/calls.ts';
import { place, publicFunction } from '../support/checks.ts';
import { difference } from '../support/compare.ts';
import { calls } from '../support/families.ts';
import { checked, digestOf, isKept, keepCase } from './exported.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

const forms = formTable();

const run = (call: Call, tensors: readonly unknown[]): Tensor[] =>
  [publicFunction(call.op)(...argumentsWith(call, tensors))].flat() as Tensor[];

/** The files of each operator, by their digests. */
const made = new Map([...new Set(calls.map(({ op }) => op))].map((op) => [op, new Set<string>()]));

/** Null where a file of the call gives what the call gives, else what is wrong. */
async function roundTrip(call: Call, opset: number): Promise<string | null> {
  const bytes = scope(() =>
    exportOnnx((...xs: Tensor[]) => run(call, xs), {
      inputs: call.tensors.map(({ shape, dtype }) => ({ shape, dtype })),
      opset,
    }),
  );
  const model = await loadModel(bytes);
  made.get(call.op)?.add(digestOf(bytes));
  let wrong: string | null = null;
  try {
    scope(() => {
      const xs = call.tensors.map(place) as unknown as Tensor[];
      const expected = run(call, xs);
      keepCase(`${call.op}: ${call.name} (${opset})`, bytes, xs, expected);
      const results = model.run(Object.fromEntries(model.inputs.map(({ name }, i) => [name, xs[i]!])));
      model.outputs.forEach(({ name }, i) => {
        const [is, must] = [results[name] as Tensor, expected[i] as Tensor];
        const types = [is, must].map(({ dtype, shape }) => `${dtype} [${shape}]`);
        if (types[0] !== types[1]) wrong ??= `${name} is ${types[0]}, must be ${types[1]}`;
        else wrong ??= difference(is.data, must.data, must.dtype === 'float32' ? 2e-5 : 0);
      });
    });
  } finally {
    model.dispose();
  }
  return wrong;
}

/** Calls that a file cannot have, by what is said of them; each must come up. */
const REFUSED: readonly RegExp[] = [
  /^(adaptiveMaxPool\dd): ONNX gives no places of maxima in windows of several sizes$/,
  /^batchNorm: it goes by the statistics of the batch and writes running ones: export the module in eval mode$/,
  /^bitwise(Left|Right)Shift: ONNX shifts unsigned integers only, x is int32$/,
  /^dropout\dd: ONNX drops single elements only$/,
  /^instanceNorm: ONNX has no running statistics of it$/,
  /^interpolate: ONNX has no such positions for this size$/,
  /^lstm: its cells have functions with numbers of their own$/,
  /^rnn: its cells have functions with numbers of their own$/,
  /^(max|min)Pool2d: padding is as large as the kernel, which ONNX refuses$/,
  /^unfold: it is a convolution in ONNX, of float32, x is uint8$/,
  /^bitwise(And|Or|Xor): ONNX has Bitwise(And|Or|Xor) since operator set 18, opset is 17$/,
  /^deformConv2d: ONNX has DeformConv since operator set 19, opset is 17$/,
  /^fold: ONNX has Col2Im since operator set 18, opset is 17$/,
  /^gridSample: ONNX has GridSample since operator set 20, opset is 17$/,
  /^interpolate: ONNX has antialias since operator set 18, opset is 17$/,
  /^pad2d: ONNX has circular padding that crops since operator set 19, opset is 17$/,
  /^scatter: ONNX has ScatterElements since operator set 18, opset is 17$/,
];

/** What is drawn is other numbers in each run, and importers refuse Resize and DeformConv of nothing. */
const isLeftOut = ({ op, args, tensors }: Call): boolean => {
  const drawn = op.startsWith('dropout') && JSON.stringify(args).includes('"seed"');
  const empty =
    ['interpolate', 'deformConv2d'].includes(op) && tensors.some(({ shape }) => shape.includes(0));
  return drawn || empty;
};

describe('by the lines of the families', () => {
  const used = new Set<RegExp>();
  const refusal = (message: string): RegExp | undefined => {
    const reason = message.replace(/^exportOnnx: /, '');
    return REFUSED.find((one) => one.test(reason));
  };
  for (const op of new Set(calls.map((call) => call.op))) {
    if (!forms.has(op)) continue;
    test(op, async () => {
      const wrong: string[] = [];
      for (const call of calls.filter((one) => one.op === op && !isLeftOut(one))) {
        for (const opset of [17, 22]) {
          try {
            const found = await roundTrip(call, opset);
            if (found !== null) wrong.push(`${call.name} (${opset}): ${found}`);
          } catch (error) {
            const { message } = error as Error;
            const known = refusal(message);
            if (known === undefined) wrong.push(`${call.name} (${opset}): ${message}`);
            else used.add(known);
          }
        }
      }
      expect(wrong).toEqual([]);
      // Those that onnx's checker and onnxruntime have seen are written as they were then; python3 test/onnx/exported.py sees them again.
      if (isKept) return;
      const seen = checked.files[op] ?? [];
      expect(seen.length > 0).toBe(made.get(op)!.size > 0);
      expect(seen.filter((digest) => !made.get(op)!.has(digest))).toEqual([]);
    });
  }
  test('what is refused is refused', () => {
    expect(REFUSED.filter((one) => !used.has(one))).toEqual([]);
  });
});

/** Operators that ONNX has no nodes for, and losses, of which its own are two. */
const WITHOUT = /^(fractionalMaxPool\dd|\w*Loss|\w*Entropy\w*|klDiv)$/;

test('every operator has a form, but those that ONNX lacks', () => {
  const lacking = [...new Set(calls.map(({ op }) => op))].filter((op) => !forms.has(op));
  expect(lacking.filter((op) => !WITHOUT.test(op))).toEqual([]);
  expect(lacking).toContain('fractionalMaxPool2d');
});

/** A file's graph, as it is read. */
const graphOf = (bytes: Uint8Array) => readModel(bytes, 'model').graph;

class Net extends Module {
  features = new Sequential(
    new Conv2d(2, 4, 3, { padding: 1, bias: false, seed: 1 }),
    new BatchNorm2d(4),
    new ReLU(),
  );
  head = new Linear(4, 3, { seed: 2 });
  forward(x: Tensor): Tensor {
    return this.head.forward(flatten(globalAvgPool(this.features.forward(x)), 1));
  }
}

describe('modules', () => {
  test('weights have their names, in eval mode, and the module its own mode afterwards', async () => {
    const net = new Net();
    const bytes = exportOnnx(net, { inputs: [[2, 2, 5, 6]] });
    expect(net.training).toBe(true);
    const { initializers, inputs, outputs, nodes } = graphOf(bytes);
    expect(initializers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.keys(net.stateDict())),
    );
    expect(inputs).toMatchObject([{ name: 'input', type: 1, shape: [2, 2, 5, 6] }]);
    expect(outputs).toMatchObject([{ name: 'output', type: 1, shape: [2, 3] }]);
    expect(nodes.map(({ name }) => name)).toContain('features.0/Conv');
    const model = await loadModel(bytes);
    scope(() => {
      const x = randn([2, 2, 5, 6], { seed: 3 });
      const { output } = model.run({ input: x }) as { output: Tensor };
      expect(allClose(output, net.eval().forward(x), { atol: 1e-6 })).toBe(true);
      const back = model.toModule();
      back.loadStateDict(net.stateDict(), { strict: false });
      expect(allClose(back.forward(x), output, { atol: 1e-6 })).toBe(true);
    });
    model.dispose();
    net.dispose();
  });
  test('axes are free on demand', async () => {
    const net = new Net();
    const bytes = exportOnnx(net, {
      inputs: [{ shape: ['batch', 2, 'height', 'width'], name: 'image' }],
      names: { outputs: ['scores'] },
      opset: 13,
    });
    expect(graphOf(bytes).inputs[0]).toMatchObject({ name: 'image', shape: ['batch', 2, 'height', 'width'] });
    expect(graphOf(bytes).outputs[0]).toMatchObject({ name: 'scores', shape: ['batch', 3] });
    const model = await loadModel(bytes);
    scope(() => {
      for (const shape of [
        [1, 2, 9, 7],
        [5, 2, 4, 4],
      ]) {
        const x = randn(shape, { seed: 4 });
        const { scores } = model.run({ image: x }) as { scores: Tensor };
        expect(allClose(scores, net.eval().forward(x), { atol: 1e-6 })).toBe(true);
      }
    });
    model.dispose();
    net.dispose();
  });
  test('functions of several tensors and dtypes, results by name, constants and numbers', async () => {
    const weight = tensor([1, 2, 3]);
    const f = (a: Tensor, b: Tensor<'int32'>) => ({
      sum: add(mul(a, weight), 2),
      places: [add(b, 1)],
    });
    const inputs = [[3], { shape: [2], dtype: 'int32', name: 'b' }] as const;
    const bytes = exportOnnx(f, { inputs });
    expect(graphOf(bytes).inputs.map(({ name }) => name)).toEqual(['input0', 'b']);
    expect(graphOf(bytes).outputs.map(({ name }) => name)).toEqual(['sum', 'places.0']);
    const model = await loadModel(bytes);
    scope(() => {
      const y = model.run({ input0: tensor([1, 1, 1]), b: tensor(Int32Array.of(4, 5)) });
      expect(y.sum!.toArray()).toEqual([3, 4, 5]);
      expect(y['places.0']!.toArray()).toEqual([5, 6]);
      expect(y['places.0']!.dtype).toBe('int32');
    });
    model.dispose();
    weight.dispose();
  });
  test('random numbers are drawn at each run', async () => {
    const bytes = exportOnnx((x: Tensor) => add(x, dropout(rand([100]), { p: 0.5 })), { inputs: [[100]] });
    const model = await loadModel(bytes);
    scope(() => {
      const [first, second] = [0, 1].map(() => model.run(zeros([100])).output!.toArray());
      expect(first).not.toEqual(second);
    });
    model.dispose();
  });
  test('both BlazeFace models, there and back: names, weights and values', async () => {
    const { models } = fetchData({ log: () => {} });
    for (const file of [models.front, models.back]) {
      const model = await loadModel(new Uint8Array(readFileSync(file)));
      const net = model.toModule<Record<string, Tensor>>();
      const shape = model.inputs[0]!.shape!.map((size) => (typeof size === 'number' ? size : 1));
      const bytes = exportOnnx(net, { inputs: [shape] });
      const back = await loadModel(bytes);
      expect(back.inputs.map(({ name }) => name)).toEqual(model.inputs.map(({ name }) => name));
      expect(back.outputs.map(({ name }) => name)).toEqual(model.outputs.map(({ name }) => name));
      const weights = new Set(graphOf(bytes).initializers.map(({ name }) => name));
      expect(net.namedParameters().every(([name]) => weights.has(name))).toBe(true);
      scope(() => {
        const x = randn(shape, { seed: 6 });
        const [is, must] = [back.run(x), model.run(x)];
        for (const { name } of model.outputs)
          expect(allClose(is[name] as Tensor, must[name] as Tensor, { rtol: 1e-3, atol: 1e-4 })).toBe(true);
        keepCase(`blazeface: ${shape}`, bytes, [x], Object.values(must));
        if (!isKept) expect(checked.files.blazeface).toContain(digestOf(bytes));
      });
      for (const one of [net, back, model]) one.dispose();
    }
  });
});

describe('what is wrong', () => {
  // biome-ignore lint/suspicious/noExplicitAny: the calls are wrong on purpose.
  const any = (value: unknown): any => value;
  const inputs = [[2]];
  // biome-ignore format: a call a line.
  test.each<[title: string, call: () => unknown, sentence: string]>([
    ['no function', () => exportOnnx(any(3), { inputs }), 'exportOnnx: the first argument is 3, must be a Module or a function'],
    ['no inputs', () => exportOnnx(relu, any({})), 'exportOnnx: inputs is undefined, must be an array of shapes'],
    ['an option that there is not', () => exportOnnx(relu, any({ inputs, set: 17 })), "exportOnnx: there is no option 'set'; options are inputs, opset, names"],
    ['an operator set that there is not', () => exportOnnx(relu, { inputs, opset: 12 }), 'exportOnnx: opset is 12, must be an integer, from 13 to 22'],
    ['names that are none', () => exportOnnx(relu, { inputs, names: any({ inputs: 'x' }) }), "exportOnnx: names.inputs is 'x', must be an array of names"],
    ['an input that is none', () => exportOnnx(relu, { inputs: [any(3)] }), 'exportOnnx: inputs[0] is 3, must be a shape or { shape, dtype, name }'],
    ['an operator that ONNX lacks', () => exportOnnx((x: Tensor) => fractionalMaxPool2d(x, 2, { outputSize: 2, seed: 1 }), { inputs: [[1, 1, 5, 5]] }), 'exportOnnx: fractionalMaxPool2d: ONNX has no operator for it'],
    ['what writes', () => exportOnnx((x: Tensor) => tensor([1, 2]).assign(x), { inputs }), 'exportOnnx: assign: ONNX has no operator for it'],
    ['a layer in training', () => exportOnnx((x: Tensor) => batchNorm(x, zeros([2]), ones([2]), null, null, { training: true }), { inputs: [[3, 2]] }), 'exportOnnx: batchNorm: it goes by the statistics of the batch and writes running ones: export the module in eval mode'],
    ['a shape that depends on a free axis', () => exportOnnx((x: Tensor) => expand(sum(x), [x.shape[0]!, 3]), { inputs: [['n', 4]] }), "exportOnnx: Expand 'Expand' depends on the size of a free axis ('n'): give its size"],
    ['a number of nodes that depends on a free axis', () => exportOnnx((x: Tensor) => (x.shape[0] === 2 ? relu(x) : relu(relu(x))), { inputs: [['n', 4]] }), "exportOnnx: Identity 'output/Identity' depends on the size of a free axis ('n'): give its size"],
  ])('%s', (_, call, sentence) => {
    scope(() => {
      let message = 'nothing';
      try {
        call();
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toBe(sentence);
    });
  });
  test('it names the module', () => {
    class Pool extends Module {
      forward(x: Tensor): Tensor {
        return fractionalMaxPool2d(x, 2, { outputSize: 2, seed: 1 });
      }
    }
    const net = new Sequential(new ReLU(), new Pool());
    expect(() => exportOnnx(net, { inputs: [[1, 1, 5, 5]] })).toThrow(
      "exportOnnx: fractionalMaxPool2d (in '1'): ONNX has no operator for it",
    );
  });
});
