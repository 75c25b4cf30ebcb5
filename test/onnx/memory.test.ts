/** What a loaded model keeps: each weight once, what programs make of it once for all shapes, and nothing afterwards. */
import { disposeRuntime, init, memory, type Tensor } from 'striate';
import { loadModel, type Model } from 'striate/onnx';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type Attribute,
  Float,
  floats,
  int64s,
  type ModelSpec,
  model,
  type NodeSpec,
  some,
} from './encode.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

const CHANNELS = 128;

function run(loaded: Model, shape: readonly number[]): void {
  const size = shape.reduce((a, b) => a * b, 1);
  const x = new Float32Array(size).fill(1);
  for (const y of Object.values(loaded.run({ x }))) y.dispose();
}

interface Case {
  readonly nodes: NodeSpec[];
  readonly weights: Uint8Array[];
  /** Of the first weight. */
  readonly shape: number[];
  readonly input: (size: number) => number[];
}

const node = (op: string, more: string[], attributes: Record<string, Attribute> = {}): NodeSpec => ({
  op,
  in: ['x', ...more],
  attributes,
});
const rows = (size: number) => [size, CHANNELS];
const image = (size: number) => [1, CHANNELS, size, 12];
const square = [CHANNELS, CHANNELS];
const kernel = [CHANNELS, CHANNELS, 3, 3];
const vector = [CHANNELS];
const matrix = (attributes: Record<string, Attribute>): Case => ({
  nodes: [node('Gemm', ['w', 'b'], attributes)],
  weights: [some('w', square), some('b', vector)],
  shape: square,
  input: rows,
});

const cases: Record<string, Case> = {
  MatMul: { nodes: [node('MatMul', ['w'])], weights: [some('w', square)], shape: square, input: rows },
  Gemm: matrix({}),
  'Gemm, transposed': matrix({ transB: 1 }),
  'Gemm with factors': matrix({ alpha: new Float(2), beta: new Float(3) }),
  'MatMul, the weight on the left': {
    nodes: [{ op: 'MatMul', in: ['w', 'x'] }],
    weights: [some('w', square)],
    shape: square,
    input: (size) => [CHANNELS, size],
  },
  Conv: {
    nodes: [node('Conv', ['w', 'b'], { pads: [1, 1, 1, 1] })],
    weights: [some('w', kernel), some('b', vector)],
    shape: kernel,
    input: image,
  },
  ConvTranspose: {
    nodes: [node('ConvTranspose', ['w', 'b'], { strides: [2, 2] })],
    weights: [some('w', kernel), some('b', vector)],
    shape: kernel,
    input: image,
  },
  'Conv, then BatchNormalization': {
    nodes: [
      { ...node('Conv', ['w', 'b'], { pads: [1, 1, 1, 1] }), out: ['c'] },
      { op: 'BatchNormalization', in: ['c', 'b', 'b', 'b', 'v'] },
    ],
    weights: [some('w', kernel), some('b', vector), floats('v', vector, new Array(CHANNELS).fill(1))],
    shape: kernel,
    input: image,
  },
  'PRelu with a slope of one axis too many': {
    nodes: [node('PRelu', ['s'])],
    weights: [some('s', [CHANNELS * 64, 1, 1])],
    shape: [CHANNELS * 64],
    input: (size) => [1, CHANNELS * 64, 1, size - 11],
  },
  'a weight that was made of others': {
    nodes: [
      { op: 'Transpose', in: ['w'], out: ['t'] },
      { op: 'Mul', in: ['t', 'b'], out: ['u'] },
      { op: 'MatMul', in: ['x', 'u'] },
    ],
    weights: [some('w', square), some('b', vector)],
    shape: square,
    input: rows,
  },
};

const spec = ({ nodes, weights, input }: Case): ModelSpec => ({
  nodes,
  weights,
  // A free axis stands where the size is.
  inputs: { x: [input(12).map((size, axis) => (size === input(13)[axis] ? size : 'n'))] },
});

describe('ten shapes', () => {
  test.each(Object.entries(cases))('%s', async (_, each) => {
    const bytes = model(spec(each));
    const weightBytes = 4 * each.shape.reduce((a, b) => a * b, 1);
    const kept: number[] = [];
    for (let round = 0; round < 2; round++) {
      const loaded = await loadModel(bytes);
      const live = memory.stats().liveBytes;
      expect(live).toBeGreaterThanOrEqual(weightBytes);
      expect(live).toBeLessThan(1.1 * weightBytes + 8192);
      // The largest first: what runs share has grown as far as it will.
      run(loaded, each.input(21));
      const first = memory.stats();
      for (let size = 20; size > 11; size--) run(loaded, each.input(size));
      const last = memory.stats();
      expect(last.liveBytes - first.liveBytes).toBeLessThan(weightBytes / 2);
      expect(last.cacheBytes - first.cacheBytes).toBeLessThan(weightBytes / 2);
      loaded.dispose();
      expect(memory.stats().liveBytes).toBe(0);
      kept.push(memory.stats().cacheBytes);
    }
    expect(kept[1]).toBe(kept[0]);
  });
});

const values = (results: Record<string, Tensor>): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(results).map(([name, one]) => {
      const data = Array.from(one.data);
      one.dispose();
      return [name, data];
    }),
  );

describe('the linear memory', () => {
  const side = 512;
  const layers = 8;
  const deep = () =>
    model({
      nodes: Array.from({ length: layers }, (_, i) => ({
        op: 'MatMul',
        in: [i === 0 ? 'x' : `h${i}`, `w${i}`],
        out: [i === layers - 1 ? 'y' : `h${i + 1}`],
      })),
      weights: Array.from({ length: layers }, (_, i) => some(`w${i}`, [side, side])),
      inputs: { x: [['n', side]] },
    });

  test('holds each weight once after a run, though not the file nor what was packed of it', async () => {
    const bytes = deep();
    disposeRuntime();
    await init();
    const before = memory.stats().memoryBytes;
    const loaded = await loadModel(bytes);
    // Nothing of the weights is in it before a run.
    expect(memory.stats().memoryBytes - before).toBeLessThan(1 << 18);
    expect(memory.stats().liveBytes).toBeGreaterThanOrEqual(4 * layers * side * side);
    run(loaded, [2, side]);
    expect(memory.stats().memoryBytes - before).toBeLessThan(1.35 * 4 * layers * side * side);
    loaded.dispose();
  });
  test('gets what programs read from a copy of the bytes', async () => {
    const bytes = deep();
    const [one, other] = [await loadModel(bytes), await loadModel(bytes)];
    const x = new Float32Array(side).map((_, i) => i % 3);
    const expected = values(one.run({ x }) as never);
    bytes.fill(0);
    expect(values(other.run({ x }) as never)).toEqual(expected);
    one.dispose();
    other.dispose();
  });
  test('gets what is computed of a weight from outside again, after it has left', async () => {
    const big = 1 << 12;
    const loaded = await loadModel(
      model({
        nodes: [
          { op: 'Neg', in: ['w'], out: ['n'] },
          { op: 'Abs', in: ['n'], out: ['a'] },
          { op: 'Add', in: ['n', 'a'], out: ['s'] },
          { op: 'Mul', in: ['x', 's'] },
        ],
        weights: [some('w', [big])],
        inputs: { x: [['n']] },
      }),
    );
    expect(memory.stats().liveBytes).toBe(4 * big);
    const { y } = values(loaded.run({ x: new Float32Array(big).fill(1) }) as never);
    const w = Array.from({ length: 9 }, (_, i) => ((7 * i) % 11) / 8 - 0.5);
    expect(y?.slice(0, 9)).toEqual(w.map((one) => Math.abs(one) - one));
    loaded.dispose();
  });
});

describe('weights', () => {
  test('that only others are made of are given back', async () => {
    const big = 1 << 16;
    const loaded = await loadModel(
      model({
        nodes: [
          { op: 'Add', in: ['w', 'v'], out: ['s'] },
          { op: 'Identity', in: ['s'], out: ['t'] },
          { op: 'Mul', in: ['x', 't'] },
        ],
        weights: [some('w', [big]), some('v', [big])],
        inputs: { x: [['n']] },
      }),
    );
    expect(memory.stats().liveBytes).toBe(4 * big);
    expect(memory.stats().liveTensors).toBe(1);
    expect(() => loaded.run({ x: new Float32Array(big) }, { outputs: ['w'] })).toThrow(
      new RangeError(
        "Model.run: outputs names 'w', of which other constants were made on loading: it is not kept",
      ),
    );
    const found = values(loaded.run({ x: new Float32Array(big).fill(2) }, { outputs: ['y', 't'] }) as never);
    expect(found.y?.slice(0, 3)).toEqual(found.t?.slice(0, 3).map((one) => 2 * one));
    loaded.dispose();
  });
  test('of which more than they are, above a MiB, is made in programs', async () => {
    const grown = (attributes: Record<string, Attribute>, more: NodeSpec[] = []) =>
      loadModel(
        model({
          nodes: [
            { op: 'Pad', in: ['w', 'pads'], out: ['p'], attributes },
            ...more,
            { op: 'Add', in: ['x', 'p'] },
          ],
          weights: [some('w', [8, 8]), int64s('pads', [0, 0, 504, 1016])],
          inputs: { x: [['n', 1024]] },
        }),
      );
    const loaded = await grown({});
    expect(memory.stats().liveBytes).toBeLessThan(8192);
    const result = values(loaded.run({ x: new Float32Array(512 * 1024).fill(2) }) as never);
    expect(result.y?.slice(0, 9)).toEqual([1.5, 2.375, 1.875, 2.75, 2.25, 1.75, 2.625, 2.125, 2]);
    loaded.dispose();
    // A planned node needs the values.
    const planned = await grown({}, [
      { op: 'Shape', in: ['x'], out: ['s'] },
      { op: 'Reshape', in: ['p', 's'], out: ['q'] },
    ]);
    expect(memory.stats().liveBytes).toBe(512 * 1024 * 4);
    planned.dispose();
  });
  test('a constant and what has no elements to read are kept', async () => {
    const loaded = await loadModel(
      model({
        nodes: [
          { op: 'ConstantOfShape', in: ['s'], out: ['c'], attributes: { value: floats('', [1], [3]) } },
          { op: 'Add', in: ['x', 'c'] },
        ],
        weights: [int64s('s', [1 << 19])],
        inputs: { x: [['n']] },
      }),
    );
    expect(memory.stats().liveBytes).toBe(4 << 19);
    const { y } = values(loaded.run({ x: new Float32Array(1 << 19).fill(2) }) as never);
    expect(y?.[1000]).toBe(5);
    loaded.dispose();
  });
  test('under another shape are no step of a program, and fuse as they did', async () => {
    const fused = async (nodes: NodeSpec[], weights: Uint8Array[], shape: number[]) => {
      const loaded = await loadModel(model({ nodes, weights, inputs: { x: [shape] } }));
      const rows = loaded.profile({ x: new Float32Array(shape.reduce((a, b) => a * b, 1)) }, { runs: 1 });
      loaded.dispose();
      return rows.map(({ operator }) => operator);
    };
    const sloped = [
      { op: 'Conv', in: ['x', 'w'], out: ['c'] },
      { op: 'PRelu', in: ['c', 's'] },
    ];
    const ofConv = [some('w', [2, 2, 1, 1]), some('s', [2, 1, 1])];
    expect(await fused(sloped, ofConv, [1, 2, 3, 3])).toEqual(['conv2d + prelu']);
    const normed = [
      { op: 'Gemm', in: ['x', 'w', 'b'], out: ['c'] },
      { op: 'BatchNormalization', in: ['c', 'v', 'v', 'v', 'v'], out: ['d'] },
      { op: 'Relu', in: ['d'] },
    ];
    const ofGemm = [some('w', [4, 3]), some('b', [1, 3]), floats('v', [3], [1, 2, 3])];
    expect(await fused(normed, ofGemm, [2, 4])).toEqual(['linear + batchNorm + relu']);
  });
});
