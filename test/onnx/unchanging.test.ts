/** What a loop's body computes alike at each turn: values that are carried as they are, and products that are made once. */
import { expect, test } from 'vitest';
import { checkGraph } from '../../ts/onnx/graph.ts';
import { handlerTable } from '../../ts/onnx/handlers/all.ts';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { halvesOf, unchangedFrom } from '../../ts/onnx/unchanging.ts';
import { floats, Graph, int64s, model, type NodeSpec, rawTensor, TYPE } from './encode.ts';
import { run } from './run.ts';

const go = rawTensor('go', TYPE.bool, [], Uint8Array.of(1));
const goesOn: NodeSpec = { op: 'Identity', in: ['c'], out: ['d'] };
const turns = { i: [[], TYPE.int64], c: [[], TYPE.bool] } as const;

/** s + relu(x w), where x is carried through an Identity and w lies around. */
const adding = new Graph({
  nodes: [
    { op: 'Abs', in: ['v'], out: ['a'] },
    { op: 'MatMul', in: ['a', 'w'], out: ['p'] },
    { op: 'Relu', in: ['p'], out: ['r'] },
    { op: 'Add', in: ['s', 'r'], out: ['t'] },
    { op: 'Identity', in: ['v'], out: ['v1'] },
    { op: 'Identity', in: ['v1'], out: ['v2'] },
    goesOn,
  ],
  inputs: { ...turns, s: [[1, 1]], v: [[1, 'n']] },
  outputs: ['d', 't', 'v2'],
});
const looping = (count: string): NodeSpec[] => [
  { op: 'Neg', in: ['x'], out: ['n'] },
  {
    op: 'Loop',
    name: 'loop',
    in: [count, 'go', 'start', 'n'],
    out: ['y', 'z'],
    attributes: { body: adding },
  },
];
const weights = (count: number) => [
  int64s('count', [count], []),
  go,
  floats('start', [1, 1], [0.5]),
  floats('w', [2, 1], [2, 10]),
];

test('a value of the run is carried as it is', async () => {
  const body = new Graph({
    nodes: [{ op: 'Relu', in: ['w'], out: ['r'] }, { op: 'Add', in: ['s', 'r'], out: ['t'] }, goesOn],
    inputs: { ...turns, s: [[2]], w: [[2]] },
    outputs: ['d', 't', 'w'],
  });
  const nodes: NodeSpec[] = [
    { op: 'Neg', in: ['x'], out: ['n'] },
    { op: 'Loop', in: ['count', 'go', 'x', 'n'], out: ['y', 'z'], attributes: { body } },
  ];
  const given = { shape: [2], values: [1, -2], weights: [int64s('count', [3], []), go], outputs: ['y', 'z'] };
  expect(await run(nodes, given)).toEqual([
    { shape: [2], data: [1, 4] },
    { shape: [2], data: [-1, 2] },
  ]);
});

test.each([1, 4])('a product of such values, %d turns', async (count) => {
  const given = { shape: [1, 2], values: [1, -2], weights: weights(count), outputs: ['y', 'z'] };
  expect(await run(looping('count'), given)).toEqual([
    { shape: [1, 1], data: [0.5 + count * 22] },
    { shape: [1, 2], data: [-1, 2] },
  ]);
});

test('a loop that does not go round does not compute it, also where it would be refused', async () => {
  const given = { shape: [1, 3], values: [1, 2, 3], weights: weights(0), outputs: ['y'] };
  expect(await run(looping('count'), given)).toEqual([{ shape: [1, 1], data: [0.5] }]);
  await expect(run(looping('count'), { ...given, weights: weights(1) })).rejects.toThrow(
    /in body of 'loop' \(MatMul/,
  );
});

test('what leaves a value as it is: Identity, axes that come and go, the addition of nothing', () => {
  const chain = (zero: number, more: NodeSpec[] = [], axes = 'zeroth'): string => {
    const nodes: NodeSpec[] = [
      { op: 'Constant', in: [], out: ['zeroth'], attributes: { value: int64s('', [0]) } },
      { op: 'Constant', in: [], out: ['first'], attributes: { value: int64s('', [1]) } },
      { op: 'Constant', in: [], out: ['nothing'], attributes: { value: floats('', [1], [zero]) } },
      { op: 'Unsqueeze', in: ['x', 'zeroth'], out: ['u'] },
      { op: 'Add', in: ['nothing', 'u'], out: ['v'] },
      { op: 'Squeeze', in: ['v', axes], out: ['w'] },
      ...more,
      { op: 'Identity', in: [more.at(-1)?.out?.[0] ?? 'w'], out: ['y'] },
    ];
    const bytes = model({ nodes, inputs: { x: [[1, 'n']] }, outputs: ['y'] });
    return unchangedFrom(checkGraph(readModel(bytes, 'm'), handlerTable()).makers, 'y');
  };
  expect(chain(0)).toBe('x');
  expect(chain(1)).toBe('w');
  expect(chain(0, [], 'first')).toBe('w');
  expect(chain(0, [{ op: 'Neg', in: ['w'], out: ['z'] }])).toBe('z');
  expect(chain(0, [{ op: 'Add', in: ['w', 'nothing'], out: ['z'] }])).toBe('z');
});

test('products and what they need run once, the others at each turn', () => {
  const bytes = model({
    nodes: looping('count'),
    weights: weights(1),
    inputs: { x: [[1, 2]] },
    outputs: ['y'],
  });
  const { nodes } = checkGraph(readModel(bytes, 'm'), handlerTable());
  const body = nodes.at(-1)!.bodies.get('body')!;
  const operators = ({ nodes }: typeof body) => nodes.map(({ node }) => node.operator);
  const { once, each } = halvesOf(body, new Map([['v', 'n']]), (name) => name === 'w');
  expect(operators(once!)).toEqual(['Abs', 'MatMul']);
  expect(once!.proto.outputs.map(({ name }) => name)).toEqual(['p']);
  expect(operators(each)).toEqual(['Abs', 'Relu', 'Add', 'Identity', 'Identity', 'Identity']);
  expect(each.outer).toContain('p');
  const all = halvesOf(body, new Map(), (name) => name === 'w');
  expect(all).toEqual({ once: null, each: body });
});
