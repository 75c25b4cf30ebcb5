/** Models of operator sets below 13 as set 13 has them: the same values. */
import { type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { expect, test } from 'vitest';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { made } from '../../ts/quantize/source.ts';
import { upgraded } from '../../ts/quantize/upgrade.ts';
import { Float, floats, int64s, model as modelBytes, type NodeSpec } from '../onnx/encode.ts';
import { withRuntime } from '../support/runtime.ts';

interface Case {
  readonly node: NodeSpec;
  readonly opset?: number;
  readonly weights?: Uint8Array[];
}

const scales = [floats('s', [4], [1, 1, 2, 1.5])];
const CASES: Record<string, Case> = {
  'Clip of attributes': { node: { op: 'Clip', attributes: { min: new Float(-1), max: new Float(2) } } },
  'Clip without bounds': { node: { op: 'Clip' } },
  'Clip of inputs': {
    node: { op: 'Clip', in: ['x', 'low'] },
    opset: 11,
    weights: [floats('low', [], [0])],
  },
  Pad: { node: { op: 'Pad', attributes: { pads: [0, 0, 1, 2, 0, 0, 0, 1], value: new Float(3) } } },
  'Pad of inputs': {
    node: { op: 'Pad', in: ['x', 'p'] },
    opset: 11,
    weights: [int64s('p', [0, 0, 1, 2, 0, 0, 0, 1])],
  },
  Slice: { node: { op: 'Slice', attributes: { starts: [1, 0], ends: [3, 2], axes: [2, 3] } } },
  'Slice of inputs': {
    node: { op: 'Slice', in: ['x', 'from', 'to'] },
    opset: 10,
    weights: [int64s('from', [0, 1, 0, 1]), int64s('to', [1, 2, 3, 3])],
  },
  TopK: { node: { op: 'TopK', out: ['y', 'at'], attributes: { k: 2, axis: 2 } } },
  'TopK of an input': {
    node: { op: 'TopK', in: ['x', 'k'], out: ['y', 'at'] },
    opset: 10,
    weights: [int64s('k', [2])],
  },
  Squeeze: { node: { op: 'Squeeze', attributes: { axes: [0] } } },
  'Squeeze of all': { node: { op: 'Squeeze' } },
  Unsqueeze: { node: { op: 'Unsqueeze', attributes: { axes: [1, 5] } } },
  ReduceSum: { node: { op: 'ReduceSum', attributes: { axes: [1, 3], keepdims: 0 } } },
  Split: { node: { op: 'Split', out: ['y', 'rest'], attributes: { axis: 2, split: [1, 3] } } },
  Softmax: { node: { op: 'Softmax' } },
  'LogSoftmax of the last axes': { node: { op: 'LogSoftmax', attributes: { axis: 2 } } },
  Hardmax: { node: { op: 'Hardmax', attributes: { axis: 3 } } },
  'Upsample of attributes': {
    node: { op: 'Upsample', attributes: { scales: [1, 1, 2, 3].map((one) => new Float(one)) } },
  },
  'Upsample of an input': {
    node: { op: 'Upsample', in: ['x', 's'], attributes: { mode: 'linear' } },
    opset: 9,
    weights: scales,
  },
  Resize: { node: { op: 'Resize', in: ['x', 's'] }, opset: 10, weights: scales },
  'Resize of roi, scales and sizes': {
    node: { op: 'Resize', in: ['x', '', 's'], attributes: { mode: 'linear' } },
    opset: 11,
    weights: scales,
  },
  Scatter: {
    node: { op: 'Scatter', in: ['x', 'i', 'u'], attributes: { axis: 2 } },
    opset: 9,
    weights: [int64s('i', [1, 0, 2], [1, 1, 1, 3]), floats('u', [1, 1, 1, 3], [9, 8, 7])],
  },
  Dropout: { node: { op: 'Dropout', attributes: { ratio: new Float(0.3) } } },
  BatchNormalization: {
    node: {
      op: 'BatchNormalization',
      in: ['x', 'a', 'a', 'a', 'b'],
      attributes: { epsilon: new Float(0.1) },
    },
    weights: [floats('a', [2], [1, 2]), floats('b', [2], [3, 4])],
  },
  'what is as it was': { node: { op: 'MaxPool', attributes: { kernel_shape: [2, 2], strides: [2, 1] } } },
};

withRuntime('operator set 13', () => {
  test.each(Object.entries(CASES))('%s', async (_, { node, opset = 7, weights = [] }) => {
    const bytes = modelBytes({
      nodes: [node],
      weights,
      inputs: { x: [[1, 2, 4, 3]] },
      outputs: ['y'],
      opset,
    });
    const proto = upgraded(readModel(bytes, 'old.onnx'));
    expect(proto.opsets.get('')).toBe(13);
    const [before, after] = [await loadModel(bytes), made(proto)];
    const x = tensor(
      Array.from({ length: 24 }, (_, i) => Math.sin(7 * i) * 4),
      [1, 2, 4, 3],
    );
    const [expected, found] = [before.run(x).y as Tensor, after.run(x).y as Tensor];
    expect(found.shape).toEqual(expected.shape);
    expect([...found.data]).toEqual([...expected.data]);
    for (const one of [before, after, x, expected, found]) one.dispose();
  });

  test('later ones stay what they are', () => {
    const proto = readModel(
      modelBytes({ nodes: [{ op: 'Relu' }], inputs: { x: [[1]] }, opset: 17 }),
      'new.onnx',
    );
    expect(upgraded(proto)).toBe(proto);
  });
});
