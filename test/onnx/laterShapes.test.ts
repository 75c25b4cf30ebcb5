/** Programs of a model for later shapes: what a model that is new would have made, byte for byte. */
import { init, memory, type Tensor, tensor } from 'striate';
import { loadModel, type Model } from 'striate/onnx';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { Choices } from '../support/random.ts';
import { floats, int64s, type ModelSpec, model, type NodeSpec, some } from './encode.ts';

beforeAll(() => init());
afterEach(() => expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 }));

const node = (
  op: string,
  inputs: string[],
  out: string,
  attributes: NodeSpec['attributes'] = {},
): NodeSpec => ({
  ...{ op, in: inputs, out: [out], attributes },
});

/** Lines of text as recognisers read them: convolutions, a gate, rows of a width that shapes tell, products. */
const READER: ModelSpec = {
  nodes: [
    node('Conv', ['x', 'w'], 'a', { strides: [2, 2], pads: [1, 1, 1, 1] }),
    node('BatchNormalization', ['a', 'scale', 'shift', 'mean', 'variance'], 'b'),
    node('Add', ['b', 'three'], 'c'),
    node('Clip', ['c', 'zero', 'six'], 'd'),
    node('Mul', ['b', 'd'], 'e'),
    node('Div', ['e', 'six'], 'f'),
    node('GlobalAveragePool', ['f'], 'g'),
    node('Conv', ['g', 'one'], 'h'),
    node('Sigmoid', ['h'], 'i'),
    node('Mul', ['f', 'i'], 'j'),
    node('Pad', ['j', 'around'], 'k'),
    node('AveragePool', ['k'], 'l', { kernel_shape: [2, 2], strides: [2, 1] }),
    node('Shape', ['l'], 'm'),
    node('Slice', ['m', 'from', 'to'], 'n'),
    node('Concat', ['rows', 'n'], 'o', { axis: 0 }),
    node('Reshape', ['l', 'o'], 'p'),
    node('Transpose', ['p'], 'q', { perm: [0, 2, 1] }),
    node('MatMul', ['q', 'last'], 'r'),
    node('Softmax', ['r'], 'y', { axis: 2 }),
  ],
  weights: [
    ...[some('w', [8, 3, 3, 3]), some('one', [8, 8, 1, 1]), some('last', [16, 5])],
    ...['scale', 'shift', 'mean'].map((name) => some(name, [8])),
    floats('variance', [8], [1, 2, 3, 4, 5, 6, 7, 8]),
    ...[floats('zero', [], [0]), floats('three', [], [3]), floats('six', [], [6])],
    ...[int64s('around', [0, 0, 0, 1, 0, 0, 0, 0]), int64s('from', [3]), int64s('to', [4])],
    int64s('rows', [1, 16]),
  ],
  inputs: { x: [[1, 3, 8, 'width'], 1] },
  outputs: ['y'],
  opset: 13,
};

/** Handlers that look at sizes: of x, and of what they made of it. */
const SIZES: ModelSpec = {
  nodes: [
    node('Flatten', ['x'], 'a', { axis: 2 }),
    node('Softmax', ['x'], 'b', { axis: 1 }),
    node('Split', ['x'], 'c', { axis: 3 }),
    node('Resize', ['x', '', 'scales'], 'd', { mode: 'linear' }),
    node('Gemm', ['a', 'a'], 'e', { transB: 1 }),
    node('Expand', ['e', 'shape'], 'f'),
  ].map((one) => (one.op === 'Split' ? { ...one, out: ['c', 'cc'] } : one)),
  weights: [floats('scales', [4], [1, 1, 2, 1.5]), int64s('shape', [2, 1, 1])],
  inputs: { x: [['n', 3, 4, 'width'], 1] },
  outputs: ['b', 'c', 'cc', 'd', 'f'],
  opset: 11,
};

/** What a program consists of, apart from names that differ from model to model. */
function textOf(loaded: Model): string {
  const { executable } = loaded.resources.shared.routines[0]!.programs.at(-1)!.resources.loaded!;
  const { main, bindings, outputs, rows } = executable;
  const made = bindings
    .filter(({ kind }) => kind !== 'capture')
    .map((binding) => (binding.kind === 'made' ? binding.bytes : binding));
  return JSON.stringify({ main, made, outputs, rows });
}

/** The values of a run, and the text of its program. */
function planned(loaded: Model, shape: readonly number[]): { values: number[][]; text: string } {
  const size = shape.reduce((a, b) => a * b, 1);
  const x = tensor(
    Array.from({ length: size }, (_, i) => Math.sin(i)),
    shape,
  );
  try {
    const results = Object.values(loaded.run({ x })) as Tensor[];
    const values = results.map(({ data }) => Array.from(data));
    for (const one of results) one.dispose();
    return { values, text: textOf(loaded) };
  } finally {
    x.dispose();
  }
}

test.each([
  ['widths alone', READER, (random: Choices) => [1, 3, 8, random.integer(4, 44)]],
  ['widths and batches', SIZES, (random: Choices) => [random.integer(1, 3), 3, 4, 2 * random.integer(1, 20)]],
] as const)('the programs of %s are those of a new model', async (_, spec, shapeOf) => {
  const bytes = model(spec);
  const kept = await loadModel(bytes);
  const random = new Choices(7);
  for (let i = 0; i < 24; i++) {
    const shape = shapeOf(random);
    const fresh = await loadModel(bytes);
    expect(planned(kept, shape), shape.join()).toEqual(planned(fresh, shape));
    fresh.dispose();
  }
  kept.dispose();
});

test('a shape that does not fit names the node after others did', async () => {
  const bytes = model({
    nodes: [
      { ...node('Reshape', ['x', 'shape'], 'a'), name: 'rows' },
      { ...node('Concat', ['x', 'w'], 'y', { axis: 0 }), name: 'joined' },
    ],
    weights: [int64s('shape', [-1]), some('w', [1, 4])],
    inputs: { x: [['n', 'm'], 1] },
    outputs: ['y'],
  });
  const loaded = await loadModel(bytes);
  for (const rows of [1, 2, 3]) planned(loaded, [rows, 4]);
  expect(() => planned(loaded, [2, 5])).toThrow(/node 'joined' \(Concat\)/);
  planned(loaded, [4, 4]);
  loaded.dispose();
});
