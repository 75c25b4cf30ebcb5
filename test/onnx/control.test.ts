/** If, Loop and Scan: with conditions and counts that are known on loading, while planning, and at a run only. */
import { init, memory, scope, type Tensor, tensor } from 'striate';
import { loadModel, ModelError, type ModelOptions } from 'striate/onnx';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type Attribute,
  floats,
  Graph,
  int64s,
  type ModelSpec,
  model,
  type NodeSpec,
  rawTensor,
  TYPE,
} from './encode.ts';

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

describe('Scan', () => {
  /** s + x each turn, which is the state and what is given. */
  const sums = new Graph({
    nodes: [
      { op: 'Add', in: ['s', 'e'], out: ['t'] },
      { op: 'Identity', in: ['t'], out: ['u'] },
    ],
    inputs: { s: [['k']], e: [['k']] },
    outputs: ['t', 'u'],
  });
  const scan = (more: Record<string, number[]> = {}): ModelSpec => ({
    nodes: [
      { op: 'Relu', out: ['r'] },
      {
        op: 'Scan',
        name: 'scan',
        in: ['start', 'r'],
        out: ['last', 'y'],
        attributes: { body: sums, num_scan_inputs: 1, ...more },
      },
    ],
    weights: [floats('start', [2], [0, 0])],
    inputs: { x: [['n', 'm']] },
    outputs: ['last', 'y'],
  });
  const x: Feed = [
    [1, 2, 3, 4, 5, 6],
    [3, 2],
  ];
  test('rows', async () => {
    expect(await runAll(scan(), [{ x }])).toEqual([
      [
        ['2', 9, 12],
        ['3x2', 1, 2, 4, 6, 9, 12],
      ],
    ]);
  });
  test('columns, backward, to columns', async () => {
    const spec = scan({
      scan_input_axes: [-1],
      scan_input_directions: [1],
      scan_output_axes: [1],
      scan_output_directions: [1],
    });
    expect(
      await runAll(spec, [
        {
          x: [
            [1, 2, 3, 4, 5, 6],
            [2, 3],
          ],
        },
      ]),
    ).toEqual([
      [
        ['2', 6, 15],
        ['2x3', 6, 5, 3, 15, 11, 6],
      ],
    ]);
  });
});

describe('stages', () => {
  const spec: ModelSpec = {
    nodes: [
      { op: 'Relu', name: 'first', out: ['r'] },
      { op: 'ReduceSum', in: ['r'], out: ['s'], attributes: { keepdims: 0 } },
      { op: 'Greater', in: ['s', 'two'], out: ['c'] },
      choice('c', { attributes: { then_branch: branch('Neg', 'r'), else_branch: branch('Exp', 'r') } }),
    ],
    weights: [floats('two', [], [2])],
    inputs: { x: [[1, 2]] },
    outputs: ['y', 'x', 'two'],
  };
  test('results are new tensors, and may be written into others', async () => {
    const loaded = await loadModel(model({ ...spec, outputs: ['y', 'x'] }));
    scope(() => {
      const x = tensor([[1, 4]]);
      const found = loaded.run({ x });
      x.assign([[5, 6]]);
      expect(found.x?.toArray()).toEqual([[1, 4]]);
      const into = { y: tensor([[0, 0]]), x: tensor([[0, 0]]) };
      expect(loaded.run({ x }, { into }).y).toBe(into.y);
      expect(into.y.toArray()).toEqual([[-5, -6]]);
      expect(() => loaded.run({ x }, { into: { x: into.x, y: tensor([1]) as Tensor } })).toThrow(
        'Model.run: into.y has shape 1, must be 1x2',
      );
      expect(loaded.run({ x }, { outputs: ['c', 'two'] }).c?.toArray()).toBe(1);
    });
    loaded.dispose();
  });
  test('profile and summary', async () => {
    const loaded = await loadModel(model(spec));
    expect(() => loaded.summary()).toThrow(
      'Model.summary: the model runs in stages, planned with what those before gave: run the model first',
    );
    const x = tensor([[1, 4]]);
    expect(loaded.profile({ x }, { runs: 1 }).map(({ operator }) => operator)).toContain('neg');
    expect(loaded.summary()).toMatch(/relu[\s\S]*neg/);
    x.dispose();
    loaded.dispose();
  });
});

describe('what is wrong', () => {
  const inputs = { x: [[2]] } as const;
  const refused = (spec: ModelSpec) =>
    runAll({ inputs, ...spec }, [x2]).then(
      () => 'nothing',
      ({ message }) => message,
    );
  const looped = (bodySpec: Partial<ModelSpec>, out = ['y'], ins = ['', '', 'x']) =>
    refused({ nodes: [loop(ins, { ...adding(9), ...bodySpec }, out)] });
  const branches = (then_branch: Graph, else_branch: Graph) =>
    refused({ nodes: [choice('c', { attributes: { then_branch, else_branch } })], weights: [bool('c', 1)] });
  const cases: [string, () => Promise<string>, string][] = [
    [
      'a condition of two values',
      () => refused({ nodes: [choice('c')], weights: [rawTensor('c', TYPE.bool, [2], Uint8Array.of(0, 1))] }),
      "model: node 'choice' (If): its condition has 2 values, must have 1",
    ],
    [
      'a branch with an input',
      () =>
        branches(
          new Graph({ nodes: [{ op: 'Neg', out: ['b'] }], inputs: { q: [[1]] }, outputs: ['b'] }),
          branch('Abs'),
        ),
      "model: node 'choice' (If): then_branch has 1 input, must have none",
    ],
    [
      'a branch with another number of outputs',
      () => branches(branch('Neg'), new Graph({ nodes: [{ op: 'Neg', out: ['b'] }], outputs: ['b', 'x'] })),
      "model: node 'choice' (If): else_branch has 2 outputs, must have 1 as the node",
    ],
    [
      'branches of different types',
      () =>
        branches(
          new Graph({ nodes: [{ op: 'Neg', out: ['b'] }], outputs: { b: [[1]] } }),
          new Graph({ nodes: [{ op: 'Shape', out: ['b'] }], outputs: { b: [[1], TYPE.int64] } }),
        ),
      "model: node 'choice' (If): its branches disagree: 'b' is of float, 'b' of int64",
    ],
    [
      'a branch that reads what nothing makes',
      () => branches(branch('Neg', 'nowhere'), branch('Abs')),
      "model: node 0 in then_branch of 'choice' (Neg, makes 'b'): input 0 is 'nowhere', which no node, input or initializer makes",
    ],
    [
      'a cycle in a branch',
      () =>
        branches(
          new Graph({
            nodes: [
              { op: 'Add', name: 'a', in: ['x', 'q'], out: ['p'] },
              { op: 'Neg', name: 'n', in: ['p'], out: ['q'] },
            ],
            outputs: ['q'],
          }),
          branch('Abs'),
        ),
      "model in then_branch of 'choice': nodes wait for each other's outputs in a cycle: 'a', 'n'",
    ],
    [
      'a branch that reads what its node makes',
      () => branches(branch('Neg', 'y'), branch('Abs')),
      "model: nodes wait for each other's outputs in a cycle: 'choice'",
    ],
    [
      'a branch without an output',
      () => branches(new Graph({ nodes: [{ op: 'Neg', out: ['b'] }], outputs: [] }), branch('Abs')),
      "model: the graph in then_branch of 'choice' has no outputs",
    ],
    [
      'an attribute without its graph',
      () =>
        refused({
          nodes: [choice('c', { attributes: { then_branch: new Graph(null), else_branch: branch('Abs') } })],
        }),
      "model: node 'choice' (If): attribute then_branch holds no graph",
    ],
    [
      'a body with too few inputs',
      () =>
        looped({
          inputs: { i: [[], TYPE.int64], v: [[2]] },
          weights: [bool('c', 1), floats('limit', [], [9])],
        }),
      "model: node 'loop' (Loop): body has 2 inputs, must have 3: the iteration, the condition, and what the loop carries",
    ],
    [
      'a body with too few outputs',
      () => looped({ outputs: ['d'] }),
      "model: node 'loop' (Loop): body has 1 output, must have at least 2: the condition, and what the loop carries",
    ],
    [
      'more outputs than the body gives',
      () => looped({}, ['y', 'z', 'q']),
      "model: node 'loop' (Loop): it has 3 outputs, must have at most 2, as its body gives",
    ],
    [
      'an input that is left out',
      () => looped({}, ['y'], ['', '', '']),
      "model: node 'loop' (Loop): input 2 is left out, but the operator needs it",
    ],
    [
      'a value that changes its dtype',
      () =>
        looped({
          nodes: [...adding(9).nodes, { op: 'Cast', in: ['w'], out: ['w2'], attributes: { to: TYPE.int64 } }],
          outputs: ['d', 'w2'],
        }),
      "model: node 'loop' (Loop): value 0 that it carries is float32 before a turn and int32 after it, must stay what it is",
    ],
    [
      'turns that give different shapes',
      () =>
        looped({
          nodes: [
            { op: 'Concat', in: ['v', 'v'], out: ['w'], attributes: { axis: 0 } },
            { op: 'Less', in: ['i', 'one'], out: ['d'] },
            { op: 'Neg', in: ['w'], out: ['t'] },
          ],
          weights: [int64s('one', [1], [])],
        }),
      "model: node 'loop' (Loop): turn 1 gives float32 8 to an output, must give float32 4 as turn 0",
    ],
    [
      'a sequence as an output',
      () =>
        refused({
          nodes: [{ op: 'SequenceConstruct', in: ['x', 'x'] }, loop(['one', '', 'x'], adding(9), ['z', 't'])],
          weights: [int64s('one', [1], [])],
          outputs: ['y', 'z'],
        }),
      "model: 'y' is a sequence of tensors, which a model's output must not be",
    ],
  ];
  test.each(cases)('%s', async (_, call, sentence) => {
    expect(await call()).toBe(sentence);
  });

  const scanned = (
    more: Record<string, Attribute>,
    bodySpec: Partial<ModelSpec> = {},
    ins = ['x', 'x'],
    shape = [2],
  ) => {
    const body = new Graph({
      nodes: [{ op: 'Add', in: ['a', 'b'], out: ['o'] }],
      inputs: { a: [[]], b: [[]] },
      outputs: ['o'],
      ...bodySpec,
    });
    const attributes = { body, num_scan_inputs: 2, ...more };
    const nodes = [{ op: 'Scan', name: 'scan', in: ins, out: ['y'], attributes }];
    const weights = [floats('three', [3], [1, 2, 3]), floats('scalar', [], [1])];
    return runAll({ nodes, weights, inputs: { x: [shape] } }, [
      { x: [shape[0] === 0 ? [] : [1, 2], shape] },
    ]).then(
      () => 'nothing',
      ({ message }) => message,
    );
  };
  const scans: [string, () => Promise<string>, string][] = [
    [
      'more scanned than given',
      () => scanned({ num_scan_inputs: 3 }),
      "model: node 'scan' (Scan): num_scan_inputs is 3, must be from 1 to 2, the number of its inputs",
    ],
    [
      'a body with another number of inputs',
      () => scanned({}, { inputs: { a: [[]] }, weights: [floats('b', [], [1])] }),
      "model: node 'scan' (Scan): body has 1 input, must have 2 as the node",
    ],
    [
      'too few outputs',
      () => scanned({ num_scan_inputs: 1 }, {}, ['x', 'x', 'x']),
      "model: node 'scan' (Scan): body has 2 inputs, must have 3 as the node",
    ],
    [
      'slices that differ in number',
      () => scanned({}, {}, ['x', 'three']),
      "model: node 'scan' (Scan): its inputs have 2 and 3 slices, must have as many",
    ],
    [
      'no slices',
      () => scanned({}, {}, ['x', 'x'], [0]),
      "model: node 'scan' (Scan): its inputs have no slices, must have at least 1",
    ],
    [
      'a scalar',
      () => scanned({}, {}, ['x', 'scalar']),
      "model: node 'scan' (Scan): a scanned input must be a tensor with at least one axis",
    ],
  ];
  test.each(scans)('%s of a scan', async (_, call, sentence) => {
    expect(await call()).toBe(sentence);
  });
});
