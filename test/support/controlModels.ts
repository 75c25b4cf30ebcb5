/** Models with graphs within their nodes, for mutations: a branch, a loop and a scan. */
import { floats, Graph, int64s, model, rawTensor, TYPE } from '../onnx/encode.ts';

const bool = (name: string) => rawTensor(name, TYPE.bool, [], Uint8Array.of(1));

/** A branch whose condition comes with each run. */
const branch = model({
  nodes: [
    { op: 'ReduceSum', in: ['x'], out: ['sum'], attributes: { keepdims: 0 } },
    { op: 'Greater', in: ['sum', 'zero'], out: ['condition'] },
    {
      op: 'If',
      in: ['condition'],
      attributes: {
        then_branch: new Graph({ nodes: [{ op: 'Relu', in: ['x'], out: ['a'] }], outputs: ['a'] }),
        else_branch: new Graph({ nodes: [{ op: 'Add', in: ['x', 'zero'], out: ['b'] }], outputs: ['b'] }),
      },
    },
  ],
  weights: [floats('zero', [], [0])],
  inputs: { x: [[2, 3]] },
});

/** A loop that goes round four times and keeps what it adds up. */
const loop = model({
  nodes: [
    {
      op: 'Loop',
      in: ['count', 'go', 'x'],
      out: ['y', 'all'],
      attributes: {
        body: new Graph({
          nodes: [
            { op: 'Add', in: ['so', 'one'], out: ['next'] },
            { op: 'Identity', in: ['again'], out: ['on'] },
            { op: 'Identity', in: ['next'], out: ['kept'] },
          ],
          inputs: { i: [[], TYPE.int64], again: [[], TYPE.bool], so: [[2]] },
          outputs: ['on', 'next', 'kept'],
        }),
      },
    },
  ],
  weights: [int64s('count', [4], []), bool('go'), floats('one', [], [1])],
  inputs: { x: [[2]] },
  outputs: ['y', 'all'],
});

/** Sums of the rows so far. */
const scan = model({
  nodes: [
    {
      op: 'Scan',
      in: ['start', 'x'],
      out: ['last', 'y'],
      attributes: {
        num_scan_inputs: 1,
        body: new Graph({
          nodes: [
            { op: 'Add', in: ['so', 'row'], out: ['next'] },
            { op: 'Identity', in: ['next'], out: ['kept'] },
          ],
          inputs: { so: [[3]], row: [[3]] },
          outputs: ['next', 'kept'],
        }),
      },
    },
  ],
  weights: [floats('start', [3], [0, 0, 0])],
  inputs: { x: [[4, 3]] },
  outputs: ['last', 'y'],
});

export const controlModels: readonly Uint8Array[] = [branch, loop, scan];
