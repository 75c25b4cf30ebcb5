/** When names are known: from weights, from shapes, or at a run; and graphs in attributes, whose names count as read. */
import { describe, expect, test } from 'vitest';
import { ModelError } from '../../ts/base/errors.ts';
import { checkGraph } from '../../ts/onnx/graph.ts';
import type { Handler } from '../../ts/onnx/handler.ts';
import { handlerTable } from '../../ts/onnx/handlers/all.ts';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { timesOf } from '../../ts/onnx/times.ts';
import { type Field, floats, graph, int64s, type ModelSpec, message, model, TYPE } from './encode.ts';

const build: Handler['build'] = (call) => call.tensor(0);
/** An operator that draws, and one that makes as many values as it finds. */
const table = new Map([
  ...handlerTable(),
  ['RandomLike', [{ inputs: ['input'], random: true, build } as Handler]],
  ['Found', [{ inputs: ['input'], between: true, build } as Handler]],
]);

const check = (bytes: Uint8Array) => checkGraph(readModel(bytes, 'm.onnx'), table);

/** The time of each node by its name, with its stage where that is not the first, and the inputs that are planned. */
function times(spec: ModelSpec, large: readonly string[] = []) {
  const inputs = Object.keys(spec.inputs ?? { x: [] });
  const few = new Set(inputs.filter((name) => !large.includes(name)));
  const { of, planned } = timesOf(check(model(spec)), inputs, few);
  const places = [...of].map(([{ name }, { how, stage }]) => [name, stage === 0 ? how : `${how} ${stage}`]);
  return { ...Object.fromEntries(places), planned: [...planned] };
}

describe('times', () => {
  test('weights, shapes, and the rest', () => {
    expect(
      times({
        nodes: [
          { op: 'Constant', in: [], out: ['c'], attributes: { value_ints: [2] } },
          { op: 'Neg', in: ['w'], out: ['v'] },
          { op: 'Shape', in: ['v'], out: ['t'] },
          { op: 'Relu', out: ['r'] },
          { op: 'Shape', in: ['r'], out: ['s'] },
          { op: 'Concat', in: ['s', 'c'], out: ['u'], attributes: { axis: 0 } },
          { op: 'Reshape', in: ['x', 'u'] },
        ],
        weights: [floats('w', [1], [1])],
      }),
    ).toEqual({
      c: 'static',
      v: 'static',
      t: 'static',
      r: 'run',
      s: 'planned',
      u: 'planned',
      y: 'run',
      planned: [],
    });
  });
  test('inputs from whose values a shape is computed, and what follows from them', () => {
    expect(
      times({
        nodes: [
          { op: 'Shape', in: ['x'], out: ['s'] },
          { op: 'Mul', in: ['s', 'factor'], out: ['t'] },
          { op: 'Reshape', in: ['x', 't'], out: ['r'] },
          { op: 'Add', in: ['r', 'bias'] },
        ],
        inputs: { x: [[1]], factor: [[1], TYPE.int64], bias: [[1]] },
      }),
    ).toEqual({ s: 'planned', t: 'planned', r: 'run', y: 'run', planned: ['factor'] });
  });
  test('only the shape of something that shapes are computed from', () => {
    const nodes = [
      { op: 'Mul', in: ['x', 'z'], out: ['p'] },
      { op: 'Shape', in: ['p'], out: ['s'] },
      { op: 'Reshape', in: ['x', 's'] },
    ];
    expect(times({ nodes, inputs: { x: [[1]], z: [[1]] } }).planned).toEqual([]);
  });
  test('what is random is there at a run; a shape cannot be', () => {
    const drawn = { op: 'RandomLike', name: 'draw', in: ['w'], out: ['d'] };
    const weights = [floats('w', [1], [1])];
    expect(times({ nodes: [drawn, { op: 'Relu', in: ['d'] }], weights })).toEqual({
      draw: 'run',
      y: 'run',
      planned: [],
    });
    expect(
      times({
        nodes: [drawn, { op: 'Shape', in: ['d'], out: ['s'] }, { op: 'Reshape', in: ['x', 's'] }],
        weights,
      }),
    ).toMatchObject({ s: 'planned' });
    expect(times({ nodes: [drawn, { op: 'Reshape', name: 'r', in: ['x', 'd'] }], weights })).toMatchObject({
      draw: 'run',
      r: 'run 1',
    });
  });
  test('a value of many inputs is known when the stage before has run', () => {
    const nodes = [
      { op: 'Relu', out: ['r'] },
      { op: 'ReduceMax', in: ['r'], out: ['m'] },
      { op: 'Reshape', in: ['r', 'm'] },
      { op: 'Neg', in: ['r'], out: ['n'] },
    ];
    expect(times({ nodes, outputs: ['y', 'n'] })).toMatchObject({ m: 'planned', planned: ['x'] });
    expect(times({ nodes, outputs: ['y', 'n'] }, ['x'])).toEqual({
      r: 'run',
      m: 'run',
      y: 'run 1',
      n: 'run',
      planned: [],
    });
  });
  test('what makes as many values as it finds runs between programs', () => {
    const nodes = [
      { op: 'Relu', out: ['r'] },
      { op: 'Found', in: ['r'], out: ['f'] },
      { op: 'Found', in: ['f'], out: ['g'] },
      { op: 'Shape', in: ['g'], out: ['s'] },
      { op: 'Reshape', in: ['x', 's'], out: ['t'] },
      { op: 'Found', in: ['s'], out: ['h'] },
      { op: 'Add', in: ['h', 't'] },
    ];
    expect(times({ nodes })).toEqual({
      r: 'run',
      f: 'between 1',
      g: 'between 1',
      s: 'planned 1',
      t: 'run 1',
      h: 'planned 1',
      y: 'run 1',
      planned: [],
    });
  });
});

/** An AttributeProto with a graph. */
const graphAttribute = (name: string, inner: Uint8Array): Field => [
  5,
  message([
    [1, name],
    [6, inner],
    [20, 5],
  ]),
];
/** A model whose node `choice` has the same graph for either case, beside others. */
function branching(inner: Uint8Array, more: readonly Uint8Array[] = []): Uint8Array {
  const choice = message([
    [1, 'flag'],
    [2, 'y'],
    [3, 'choice'],
    [4, 'If'],
    graphAttribute('then_branch', inner),
    graphAttribute('else_branch', inner),
  ]);
  const port = (name: string, type: number) =>
    message([
      [1, name],
      [2, message([[1, message([[1, type]])]])],
    ]);
  const outer = message([
    [1, choice],
    ...more.map((one): Field => [1, one]),
    [11, port('x', 1)],
    [11, port('flag', TYPE.bool)],
    [12, message([[1, 'y']])],
  ]);
  return message([
    [7, outer],
    [8, message([[2, 13]])],
  ]);
}

describe('graphs in attributes', () => {
  const negated = message([
    [1, 'x'],
    [2, 'n'],
    [4, 'Neg'],
  ]);
  const inner = graph({
    nodes: [
      { op: 'Relu', in: ['n'], out: ['a'] },
      { op: 'Add', in: ['a', 'w'], out: ['b'] },
    ],
    weights: [floats('w', [1], [1])],
    inputs: {},
    outputs: ['b'],
  });

  test('are read like the graph around them', () => {
    const { graph } = readModel(branching(inner, [negated]), 'm.onnx');
    const branch = graph.nodes[0]?.attributes.get('then_branch');
    expect(branch?.kind).toBe('graph');
    expect(branch?.graph?.nodes.map(({ operator }) => operator)).toEqual(['Relu', 'Add']);
    expect(branch?.graph?.initializers.map(({ name }) => name)).toEqual(['w']);
    expect(branch?.graph?.outputs.map(({ name }) => name)).toEqual(['b']);
  });
  test('what they read from outside counts as read by their node', () => {
    const { nodes } = check(branching(inner, [negated]));
    expect(nodes.map(({ name }) => name)).toEqual(['n', 'choice']);
    expect(nodes[1]?.reads).toEqual(['flag', 'n']);
    expect(() => check(branching(inner))).toThrow(
      "m.onnx: node 0 in then_branch of 'choice' (Relu, makes 'a'): input 0 is 'n', which no node, input or initializer makes",
    );
  });
  test('a condition is planned, and with it what the branches read', () => {
    const found = timesOf(check(branching(inner, [negated])), ['x', 'flag'], new Set(['flag']));
    expect([...found.planned]).toEqual(['flag']);
    expect([...found.of.values()].map(({ how }) => how)).toEqual(['run', 'run']);
    expect(found.isWhole).toBe(true);
  });
  test('graphs within graphs, to a depth', () => {
    const nested = (depth: number): Uint8Array => {
      let bytes = inner;
      for (let i = 1; i < depth; i++) {
        const node = message([
          [1, 'flag'],
          [2, 'o'],
          [4, 'If'],
          graphAttribute('then_branch', bytes),
          graphAttribute('else_branch', inner),
        ]);
        bytes = message([
          [1, node],
          [12, message([[1, 'o']])],
        ]);
      }
      return branching(bytes, [negated]);
    };
    expect(new Set(check(nested(32)).nodes[1]?.reads)).toEqual(new Set(['flag', 'n']));
    expect(() => check(nested(33))).toThrow(
      new ModelError("m.onnx: graphs lie more than 32 deep in each other's attributes"),
    );
    expect(() => check(nested(1000))).toThrow(ModelError);
  });
  test('an attribute that has no graph', () => {
    const bytes = model({
      nodes: [{ op: 'If', name: 'i', in: ['w'], attributes: { then_branch: 1 } }],
      weights: [int64s('w', [1])],
    });
    expect(() => check(bytes)).toThrow(/attribute then_branch is of type int, must be graph/);
  });
});

describe('rows', () => {
  const refused = (spec: ModelSpec) => () => check(model(spec));
  test('an operator that is gone', () => {
    const weights = [floats('s', [1], [1])];
    expect(refused({ nodes: [{ op: 'Upsample', name: 'u', in: ['x', 's'] }], weights })).toThrow(
      "m.onnx: node 'u' (Upsample): the operator ends with operator set 9, the model's is 13",
    );
  });
  test('an attribute that became an input', () => {
    const squeeze = { op: 'Squeeze', name: 's', attributes: { axes: [0] } };
    expect(refused({ nodes: [squeeze] })).toThrow(
      "m.onnx: node 's' (Squeeze): attribute 'axes' is not known in operator set 13; known here: none",
    );
    check(model({ nodes: [squeeze], opset: 12 }));
    const clip = { op: 'Clip', name: 'c', in: ['x', 'w'] };
    expect(refused({ nodes: [clip], weights: [floats('w', [], [1])], opset: 10 })).toThrow(
      "node 'c' (Clip): it has 2 inputs, must have 1 in operator set 10",
    );
  });
  test('what must be there', () => {
    expect(refused({ nodes: [{ op: 'Concat', name: 'c' }] })).toThrow(
      "node 'c' (Concat): attribute axis is missing",
    );
    expect(refused({ nodes: [{ op: 'Sum', name: 's', in: ['x', ''] }] })).toThrow(
      "node 's' (Sum): input 1 is left out, but the operator needs data",
    );
    expect(refused({ nodes: [{ op: 'Sum', name: 's', in: [] }] })).toThrow(
      /it has 0 inputs, must have at least 1 in operator set 13/,
    );
    expect(refused({ nodes: [{ op: 'Relu', name: 'r', out: [''] }], outputs: ['x'] })).toThrow(
      /'r' \(Relu\): it has no output/,
    );
  });
});
