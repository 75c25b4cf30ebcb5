/** Sequences: put together and taken apart while a program is planned, and across stages. */
import { describe, expect, test } from 'vitest';
import { Graph, int64s, type NodeSpec, rawTensor, TYPE } from './encode.ts';
import { list, run } from './run.ts';

const x5 = (weights: Uint8Array[] = []) => list([1, 2, 3, 4, 5], { opset: 13, weights });
const at = (index: number) => int64s(`at${index}`, [index], []);
const values = async (nodes: NodeSpec[], weights: Uint8Array[] = []) => (await run(nodes, x5(weights)))[0];

describe('sequences', () => {
  test('of pieces, by size, sizes, and ones', async () => {
    const joined = (more: string[], attributes = {}): NodeSpec[] => [
      { op: 'SplitToSequence', in: ['x', ...more], out: ['s'], attributes },
      { op: 'SequenceAt', in: ['s', 'at-1'], out: ['y'] },
    ];
    expect(await values(joined(['two']), [at(-1), int64s('two', [2], [])])).toEqual({
      shape: [1],
      data: [5],
    });
    expect(await values(joined(['sizes']), [at(-1), int64s('sizes', [1, 4])])).toEqual({
      shape: [4],
      data: [2, 3, 4, 5],
    });
    expect(await values(joined([]), [at(-1)])).toEqual({ shape: [1], data: [5] });
    expect(await values(joined([], { keepdims: 0 }), [at(-1)])).toEqual({ shape: [], data: [5] });
  });
  test('inserted, erased, counted, joined', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Neg', out: ['n'] },
      { op: 'Abs', out: ['a'] },
      { op: 'SequenceConstruct', in: ['x', 'n'], out: ['s'] },
      { op: 'SequenceInsert', in: ['s', 'a', 'at0'], out: ['t'] },
      { op: 'SequenceInsert', in: ['t', 'x'], out: ['u'] },
      { op: 'SequenceErase', in: ['u', 'at1'], out: ['v'] },
      { op: 'SequenceErase', in: ['v'], out: ['w'] },
      { op: 'Identity', in: ['w'], out: ['w2'] },
      { op: 'SequenceLength', in: ['w2'], out: ['l'] },
      { op: 'ConcatFromSequence', in: ['w2'], out: ['c'], attributes: { axis: -1, new_axis: 1 } },
      { op: 'ConcatFromSequence', in: ['w2'], out: ['d'], attributes: { axis: 0 } },
    ];
    const found = await run(nodes, {
      ...list([1, -2], { opset: 13, weights: [at(0), at(1)] }),
      outputs: ['l', 'c', 'd'],
    });
    expect(found).toEqual([
      { shape: [], data: [2] },
      { shape: [2, 2], data: [1, -1, 2, 2] },
      { shape: [4], data: [1, 2, -1, 2] },
    ]);
  });
  test('that a loop fills, and a later stage joins', async () => {
    const body = new Graph({
      nodes: [
        { op: 'Cast', in: ['i'], out: ['f'], attributes: { to: TYPE.float } },
        { op: 'Add', in: ['x', 'f'], out: ['e'] },
        { op: 'SequenceInsert', in: ['s', 'e'], out: ['t'] },
        { op: 'Identity', in: ['c'], out: ['d'] },
      ],
      inputs: { i: [[], TYPE.int64], c: [[], TYPE.bool], s: [[]] },
      outputs: ['d', 't'],
    });
    const nodes: NodeSpec[] = [
      { op: 'SequenceEmpty', in: [], out: ['none'] },
      { op: 'Loop', name: 'loop', in: ['three', 'go', 'none'], out: ['all'], attributes: { body } },
      { op: 'SequenceLength', in: ['all'], out: ['l'] },
      { op: 'ConcatFromSequence', in: ['all'], out: ['y'], attributes: { axis: 0 } },
    ];
    const weights = [int64s('three', [3], []), rawTensor('go', TYPE.bool, [], Uint8Array.of(1))];
    const found = await run(nodes, { ...list([1, 2], { opset: 13, weights }), outputs: ['y', 'l'] });
    expect(found).toEqual([
      { shape: [6], data: [1, 2, 2, 3, 3, 4] },
      { shape: [], data: [3] },
    ]);
  });
  const summing = new Graph({
    nodes: [
      { op: 'Add', in: ['a', 'b'], out: ['sum'] },
      { op: 'Mul', in: ['sum', 'x'], out: ['scaled'] },
    ],
    inputs: { a: [['n']], b: [['m']] },
    outputs: ['sum', 'scaled'],
  });
  test('mapped, beside another and with a tensor for all; an empty one is empty', async () => {
    const nodes: NodeSpec[] = [
      { op: 'Neg', out: ['n'] },
      { op: 'SequenceConstruct', in: ['x', 'n'], out: ['s'] },
      { op: 'SequenceConstruct', in: ['n', 'n'], out: ['t'] },
      { op: 'SequenceEmpty', in: [], out: ['none'] },
      { op: 'SequenceMap', in: ['s', 't'], out: ['u', 'v'], attributes: { body: summing } },
      { op: 'SequenceMap', in: ['s', 'x'], out: ['w'], attributes: { body: summing } },
      { op: 'SequenceMap', in: ['none', 'x'], out: ['no'], attributes: { body: summing } },
      ...['u', 'v', 'w'].map((name) => ({
        op: 'ConcatFromSequence',
        in: [name],
        out: [`${name}s`],
        attributes: { axis: 0 },
      })),
      { op: 'SequenceLength', in: ['no'], out: ['l'] },
    ];
    const found = await run(nodes, { ...list([1, 3], { opset: 17 }), outputs: ['us', 'vs', 'ws', 'l'] });
    expect(found).toEqual([
      { shape: [4], data: [0, 0, -2, -6] },
      { shape: [4], data: [0, 0, -2, -18] },
      { shape: [4], data: [2, 6, 0, 0] },
      { shape: [], data: [0] },
    ]);
  });
  test('a map that is wrong', async () => {
    const construct = (of: string[], out: string): NodeSpec => ({
      op: 'SequenceConstruct',
      in: of,
      out: [out],
    });
    const map = (from: string[], out: string[], body = summing) =>
      run(
        [
          construct(['x', 'x'], 's'),
          construct(['x'], 't'),
          { op: 'SequenceMap', name: 'n', in: from, out, attributes: { body } },
          { op: 'SequenceLength', in: [out[0] as string], out: ['l'] },
        ],
        { ...list([1], { opset: 17 }), outputs: ['l'] },
      );
    await expect(map(['s'], ['u'])).rejects.toThrow(
      "model: node 'n' (SequenceMap): body has 2 inputs, must have 1 as the node",
    );
    await expect(map(['s', 'x'], ['u', 'v', 'w'])).rejects.toThrow(
      "model: node 'n' (SequenceMap): body has 2 outputs, must have at least 3",
    );
    await expect(map(['s', 't'], ['u'])).rejects.toThrow(
      "model: node 'n' (SequenceMap): input 1 has 1 tensor, must have 2 as input_sequence, or be a tensor",
    );
    const listing = new Graph({
      nodes: [{ op: 'SequenceConstruct', in: ['a'], out: ['all'] }],
      inputs: { a: [['n']] },
      outputs: ['all'],
    });
    await expect(map(['s'], ['u'], listing)).rejects.toThrow(
      "model: node 'n' (SequenceMap): its body gives a sequence, must give tensors",
    );
  });
});

describe('what is wrong', () => {
  const construct: NodeSpec = { op: 'SequenceConstruct', in: ['x', 'x'], out: ['s'] };
  const cases: [string, NodeSpec[], string][] = [
    [
      'a place that there is not',
      [construct, { op: 'SequenceAt', name: 'n', in: ['s', 'at2'] }],
      "model: node 'n' (SequenceAt): position is 2, but the sequence has 2 tensors",
    ],
    [
      'nothing to join',
      [
        { op: 'SequenceEmpty', in: [], out: ['s'] },
        { op: 'ConcatFromSequence', name: 'n', in: ['s'], attributes: { axis: 0 } },
      ],
      "model: node 'n' (ConcatFromSequence): the sequence is empty, must hold at least one tensor",
    ],
    [
      'pieces of nothing',
      [
        { op: 'SplitToSequence', name: 'n', in: ['x', 'at0'], out: ['s'] },
        { op: 'SequenceAt', in: ['s', 'at0'] },
      ],
      "model: node 'n' (SplitToSequence): split is 0, must be at least 1",
    ],
    [
      'a tensor in its place',
      [{ op: 'SequenceAt', name: 'n', in: ['x', 'at0'] }],
      "model: node 'n' (SequenceAt): input_sequence is a tensor, must be a sequence of tensors",
    ],
    [
      "a sequence in a tensor's place",
      [construct, { op: 'Relu', name: 'n', in: ['s'] }],
      "model: node 'n' (Relu): X is a sequence of tensors, must be a tensor",
    ],
  ];
  test.each(cases)('%s', async (_, nodes, sentence) => {
    await expect(run(nodes, x5([at(0), at(2)]))).rejects.toThrow(sentence);
  });
});
