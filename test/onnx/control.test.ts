/** If, Loop and Scan: with conditions and counts that are known on loading, while planning, and at a run only. */
import { init, memory, scope, type Tensor, tensor } from 'striate';
import { loadModel, ModelError, type ModelOptions } from 'striate/onnx';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { floats, Graph, int64s, type ModelSpec, model, type NodeSpec, rawTensor, TYPE } from './encode.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

type Feed = [values: number[], shape: number[], dtype?: 'float32' | 'int32' | 'uint8'];

/** Runs a model for each set of inputs; the values of its outputs, shape before values. */
async function runAll(spec: ModelSpec, feeds: Record<string, Feed>[], options: ModelOptions = {}) {
  const loaded = await loadModel(model(spec), options);
  try {
    return feeds.map((given) =>
      scope(() => {
        const inputs = Object.entries(given).map(([name, [values, shape, dtype = 'float32']]) => [
          name,
          tensor(values, shape, { dtype }),
        ]);
        const results = loaded.run(Object.fromEntries(inputs)) as Record<string, Tensor>;
        return Object.values(results).map((y) => [y.shape.join('x'), ...y.data]);
      }),
    );
  } finally {
    loaded.dispose();
  }
}

const branch = (op: string, from = 'x', out = 'b') =>
  new Graph({ nodes: [{ op, in: [from], out: [out] }], outputs: [out] });
const choice = (cond: string, more: Partial<NodeSpec> = {}): NodeSpec => ({
  op: 'If',
  name: 'choice',
  in: [cond],
  out: ['y'],
  attributes: { then_branch: branch('Neg'), else_branch: branch('Abs') },
  ...more,
});
const bool = (name: string, value: number) => rawTensor(name, TYPE.bool, [], Uint8Array.of(value));
const x2: Record<string, Feed> = { x: [[1, -2], [2]] };

describe('If', () => {
  test('on a weight', async () => {
    const spec = { nodes: [choice('c')], weights: [bool('c', 1)], inputs: { x: [['n']] } } as ModelSpec;
    expect(await runAll(spec, [x2])).toEqual([[['2', -1, 2]]]);
  });
  test('on a weight, of weights: computed on loading', async () => {
    const attributes = { then_branch: branch('Neg', 'w'), else_branch: branch('Abs', 'w') };
    const spec: ModelSpec = {
      nodes: [choice('c', { attributes, out: ['v'] }), { op: 'Add', in: ['x', 'v'] }],
      weights: [bool('c', 0), floats('w', [2], [-3, 4])],
      inputs: { x: [['n']] },
    };
    expect(await runAll(spec, [x2])).toEqual([[['2', 4, 2]]]);
  });
  test('on an input: a program for each of its values', async () => {
    const spec: ModelSpec = { nodes: [choice('c')], inputs: { x: [['n']], c: [[], TYPE.bool] } };
    const on = (c: number) => ({ ...x2, c: [[c], [], 'uint8'] as Feed });
    expect(await runAll(spec, [on(1), on(0), on(1)])).toEqual([
      [['2', -1, 2]],
      [['2', 1, 2]],
      [['2', -1, 2]],
    ]);
  });
  test('on a shape', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Size', out: ['s'] },
      { op: 'Equal', in: ['s', 'two'], out: ['c'] },
      choice('c'),
    ];
    const spec: ModelSpec = { nodes, weights: [int64s('two', [2], [])], inputs: { x: [['n']] } };
    expect(await runAll(spec, [x2, { x: [[-1, -2, 3], [3]] }])).toEqual([[['2', -1, 2]], [['3', 1, 2, 3]]]);
  });
  test('on what is computed at the run', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Relu', out: ['r'] },
      { op: 'ReduceSum', in: ['r'], out: ['s'], attributes: { keepdims: 0 } },
      { op: 'Greater', in: ['s', 'two'], out: ['c'] },
      choice('c', { attributes: { then_branch: branch('Neg', 'r'), else_branch: branch('Exp', 'r') } }),
      { op: 'Add', in: ['y', 's'], out: ['z'] },
    ];
    const spec: ModelSpec = {
      nodes,
      weights: [floats('two', [], [2])],
      inputs: { x: [[1, 2]] },
      outputs: ['y', 'z', 'r'],
    };
    expect(
      await runAll(spec, [
        {
          x: [
            [1, 4],
            [1, 2],
          ],
        },
        {
          x: [
            [0, -4],
            [1, 2],
          ],
        },
      ]),
    ).toEqual([
      [
        ['1x2', -1, -4],
        ['1x2', 4, 1],
        ['1x2', 1, 4],
      ],
      [
        ['1x2', 1, 1],
        ['1x2', 1, 1],
        ['1x2', 0, 0],
      ],
    ]);
  });
  test('branches of different shapes, within branches, with names that hide those around', async () => {
    const inner = new Graph({
      nodes: [
        { op: 'Relu', in: ['x'], out: ['v'] },
        choice('d', {
          name: 'inner',
          out: ['b'],
          attributes: { then_branch: branch('Neg', 'v', 'q'), else_branch: branch('Exp', 'v', 'q') },
        }),
      ],
      outputs: ['b'],
    });
    const other = new Graph({
      nodes: [{ op: 'Unsqueeze', in: ['v', 'axes'], out: ['b'] }],
      weights: [int64s('axes', [0])],
      outputs: ['b'],
    });
    const spec: ModelSpec = {
      nodes: [
        { op: 'Abs', out: ['v'] },
        choice('c', { attributes: { then_branch: inner, else_branch: other } }),
      ],
      inputs: { x: [[2]], c: [[], TYPE.bool], d: [[], TYPE.bool] },
    };
    const on = (c: number, d: number): Record<string, Feed> => ({
      ...x2,
      c: [[c], [], 'uint8'],
      d: [[d], [], 'uint8'],
    });
    expect(await runAll(spec, [on(1, 1), on(1, 0), on(0, 0)])).toEqual([
      [['2', -1, -0]],
      [['2', expect.closeTo(Math.E), 1]],
      [['1x2', 1, 2]],
    ]);
  });
  test('a branch that needs values of the run', async () => {
    const reshaped = new Graph({
      nodes: [
        { op: 'ReduceMax', in: ['r'], out: ['m'], attributes: { keepdims: 0 } },
        { op: 'Cast', in: ['m'], out: ['i'], attributes: { to: TYPE.int64 } },
        { op: 'Unsqueeze', in: ['i', 'zero'], out: ['n'] },
        { op: 'Expand', in: ['w', 'n'], out: ['b'] },
      ],
      weights: [int64s('zero', [0]), floats('w', [1], [7])],
      outputs: ['b'],
    });
    const nodes: NodeSpec[] = [
      { op: 'Relu', out: ['r'] },
      choice('c', { attributes: { then_branch: reshaped, else_branch: branch('Neg', 'r') } }),
    ];
    const spec: ModelSpec = { nodes, inputs: { x: [[2000, 'n']], c: [[], TYPE.bool] } };
    const x: Feed = [Array.from({ length: 2000 }, (_, i) => (i === 5 ? 3 : 0)), [2000, 1]];
    const [first, second] = await runAll(spec, [
      { x, c: [[1], [], 'uint8'] },
      { x, c: [[0], [], 'uint8'] },
    ]);
    expect(first).toEqual([['3', 7, 7, 7]]);
    expect(second?.[0]?.[6]).toBe(-3);
  });
});

/** A loop that carries v and gives `more` of each turn. */
const loop = (inputs: string[], bodySpec: ModelSpec, out: string[]): NodeSpec => ({
  op: 'Loop',
  name: 'loop',
  in: inputs,
  out,
  attributes: { body: new Graph(bodySpec) },
});
const LOOP_INPUTS = { i: [[], TYPE.int64], c: [[], TYPE.bool], v: [['k']] } as const;
/** v + x each turn, which is also given; while the sum of v stays below `limit`. */
const adding = (limit: number): ModelSpec => ({
  nodes: [
    { op: 'Add', in: ['v', 'x'], out: ['w'] },
    { op: 'ReduceSum', in: ['w'], out: ['s'], attributes: { keepdims: 0 } },
    { op: 'Less', in: ['s', 'limit'], out: ['d'] },
    { op: 'Cast', in: ['i'], out: ['f'], attributes: { to: TYPE.float } },
    { op: 'Mul', in: ['w', 'f'], out: ['t'] },
  ],
  weights: [floats('limit', [], [limit])],
  inputs: LOOP_INPUTS,
  outputs: ['d', 'w', 't'],
});

describe('Loop', () => {
  const counted: ModelSpec = {
    nodes: [loop(['count', '', 'x'], adding(1e9), ['y', 't'])],
    inputs: { x: [['n']], count: [[], TYPE.int64] },
    outputs: ['y', 't'],
  };
  test('so many turns as an input says, also none', async () => {
    const on = (count: number) => ({ ...x2, count: [[count], [], 'int32'] as Feed });
    expect(await runAll(counted, [on(2), on(0), on(3)])).toEqual([
      [
        ['2', 3, -6],
        ['2x2', 0, -0, 3, -6],
      ],
      [['2', 1, -2], ['0']],
      [
        ['2', 4, -8],
        ['3x2', 0, -0, 3, -6, 8, -16],
      ],
    ]);
  });
  test('until a condition of the run fails', async () => {
    const spec: ModelSpec = {
      nodes: [
        { op: 'Relu', out: ['r'] },
        loop(['', 'go', 'r'], adding(10), ['y', 't']),
        { op: 'Neg', in: ['y'], out: ['z'] },
      ],
      weights: [bool('go', 1)],
      inputs: { x: [['n']] },
      outputs: ['z', 'y'],
    };
    expect(await runAll(spec, [{ x: [[2, 1], [2]] }, { x: [[20], [1]] }])).toEqual([
      [
        ['2', -8, -4],
        ['2', 8, 4],
      ],
      [
        ['1', -40],
        ['1', 40],
      ],
    ]);
  });
  test('of weights alone: on loading', async () => {
    const spec: ModelSpec = {
      nodes: [
        loop(
          ['three', '', 'w'],
          {
            ...adding(1e9),
            nodes: adding(1e9).nodes.map((one) => ({
              ...one,
              in: (one.in ?? []).map((name) => (name === 'x' ? 'w0' : name)),
            })),
          },
          ['u', 't'],
        ),
        { op: 'Add', in: ['x', 'u'] },
      ],
      weights: [int64s('three', [3], []), floats('w', [2], [1, 2]), floats('w0', [2], [1, 1])],
      inputs: { x: [['n']] },
    };
    expect(await runAll(spec, [x2])).toEqual([[['2', 5, 3]]]);
  });
  test('slices by the turn, weights that it carries unchanged, and growing values', async () => {
    const body: ModelSpec = {
      nodes: [
        { op: 'Unsqueeze', in: ['i', 'zero'], out: ['from'] },
        { op: 'Add', in: ['from', 'one'], out: ['to'] },
        { op: 'Slice', in: ['x', 'from', 'to'], out: ['part'] },
        { op: 'MatMul', in: ['part', 'u'], out: ['q'] },
        { op: 'Concat', in: ['v', 'q'], out: ['w'], attributes: { axis: 0 } },
        { op: 'Identity', in: ['c'], out: ['d'] },
      ],
      weights: [int64s('zero', [0]), int64s('one', [1])],
      inputs: { i: [[], TYPE.int64], c: [[], TYPE.bool], u: [[2, 2]], v: [['k', 2]] },
      outputs: ['d', 'u', 'w'],
    };
    const spec: ModelSpec = {
      nodes: [
        { op: 'Shape', out: ['s'] },
        { op: 'Gather', in: ['s', 'first'], out: ['n'] },
        loop(['n', 'go', 'weight', 'start'], body, ['u2', 'y']),
      ],
      weights: [
        bool('go', 1),
        int64s('first', [0], []),
        floats('weight', [2, 2], [0, 1, 2, 0]),
        floats('start', [1, 2], [9, 9]),
      ],
      inputs: { x: [['n', 2]] },
      outputs: ['y', 'u2'],
    };
    const x: Feed = [
      [1, 2, 3, 4, 5, 6],
      [3, 2],
    ];
    const once = [
      ['4x2', 9, 9, 4, 1, 8, 3, 12, 5],
      ['2x2', 0, 1, 2, 0],
    ];
    expect(await runAll(spec, [{ x }, { x }])).toEqual([once, once]);
  });
  test('without an end', async () => {
    const spec: ModelSpec = {
      nodes: [loop(['', '', 'x'], adding(1e9), ['y', 't'])],
      inputs: { x: [[1]] },
    };
    await expect(runAll(spec, [{ x: [[0], [1]] }], { maxIterations: 50 })).rejects.toThrow(
      new ModelError(
        "model: node 'loop' (Loop): the loops of this run went round 50 times, loadModel's maxIterations, without an end",
      ),
    );
  });
});
