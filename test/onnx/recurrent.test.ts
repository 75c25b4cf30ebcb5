/** RNN, GRU and LSTM as nodes; the values are onnxruntime's. */
import { describe, expect, test } from 'vitest';
import { Float, floats, type NodeSpec, rawTensor, TYPE } from './encode.ts';
import { run } from './run.ts';

const wave = (size: number, seed: number) =>
  Array.from({ length: size }, (_, i) => Math.fround(((i * 7 + seed * 3) % 11) / 10 - 0.5));
const weight = (name: string, shape: number[], seed: number) =>
  floats(
    name,
    shape,
    wave(
      shape.reduce((a, b) => a * b),
      seed,
    ),
  );
const weightsOf = (directions: number, gates: number, more: Uint8Array[] = []) => [
  weight('w', [directions, gates * 2, 3], 1),
  weight('r', [directions, gates * 2, 2], 2),
  weight('b', [directions, gates * 4], 3),
  ...more,
];
const given = (weights: Uint8Array[], outputs: string[]) => ({
  shape: [3, 2, 3],
  values: wave(18, 4),
  weights,
  outputs,
  opset: 14,
});
const digits = (found: { shape: number[]; data: number[] }[]) =>
  found.map(({ shape, data }) => [shape.join('x'), ...data.map((value) => Math.round(value * 1e4) / 1e4)]);

const LSTM_VALUES = [
  [
    '3x2x2x2',
    0.0921,
    -0.1595,
    0.1412,
    -0.1676,
    0.0709,
    0.0831,
    0.1355,
    0.024,
    0.1335,
    -0.1418,
    0.1484,
    -0.1621,
    -0.0104,
    0.1899,
    0.0919,
    0.0872,
    0,
    0,
    0.1122,
    -0.0193,
    0,
    0,
    0.0748,
    -0.0919,
  ],
  ['2x2x2', 0.1335, -0.1418, 0.1122, -0.0193, 0.0709, 0.0831, 0.1355, 0.024],
  ['2x2x2', 0.5989, -0.2311, 0.5055, -0.0309, 0.1812, 0.1528, 0.3916, 0.0442],
];
const GRU_VALUES = [
  ['1x2x2', -0.12, 0.138, -0.2552, -0.1223],
  ['1x2x2', -0.0064, -0.0024, -0.1472, -0.2592],
];
const RNN_VALUES = [
  ['3x1x2x2', 0.4314, 0.6035, 0.4192, 0.5992, 0.346, 0.4992, 0.3349, 0.4988, 0.352, 0.451, 0.373, 0.448],
];

describe('recurrent', () => {
  test('LSTM in both directions, with states, lengths and peepholes', async () => {
    const node: NodeSpec = {
      op: 'LSTM',
      in: ['x', 'w', 'r', 'b', 'lengths', 'h', 'c', 'p'],
      out: ['y', 'yh', 'yc'],
      attributes: { hidden_size: 2, direction: 'bidirectional' },
    };
    const more = [
      rawTensor('lengths', TYPE.int32, [2], Int32Array.of(2, 3)),
      weight('h', [2, 2, 2], 5),
      weight('c', [2, 2, 2], 6),
      weight('p', [2, 6], 7),
    ];
    expect(digits(await run([node], given(weightsOf(2, 4, more), ['y', 'yh', 'yc'])))).toEqual(LSTM_VALUES);
  });
  test('GRU, before and after the product', async () => {
    const node: NodeSpec = {
      op: 'GRU',
      in: ['x', 'w', 'r', 'b'],
      out: ['', 'y'],
      attributes: { hidden_size: 2 },
    };
    const after = { ...node, out: ['', 'z'], attributes: { hidden_size: 2, linear_before_reset: 1 } };
    expect(digits(await run([node, after], given(weightsOf(1, 3), ['y', 'z'])))).toEqual(GRU_VALUES);
  });
  test('LSTM with weights of small integers: within what onnxruntime loses where it quantises states', async () => {
    const small = (size: number, seed: number) =>
      Int8Array.from({ length: size }, (_, i) => ((i * 37 + seed * 11) % 200) - 100);
    const [zero, more] = [Int8Array.of(0, 0), floats('b', [2, 16], wave(32, 3))];
    const scales = (of: string, shape: number[], values: number[]) => [
      floats(`${of}s`, shape, values),
      rawTensor(`${of}z`, TYPE.int8, [2], zero),
    ];
    const weights = (width = 8, scale = [2]) => [
      rawTensor('w', TYPE.int8, [2, 3, width], small(6 * width, 1)),
      rawTensor('r', TYPE.int8, [2, 2, 8], small(32, 2)),
      ...[more, ...scales('r', [2], [0.015, 0.005])],
      ...scales('w', scale, [0.01, 0.02, 0.03].slice(0, scale[0])),
    ];
    const node: NodeSpec = {
      op: 'DynamicQuantizeLSTM',
      domain: 'com.microsoft',
      in: ['x', 'w', 'r', 'b', '', '', '', '', 'ws', 'wz', 'rs', 'rz'],
      out: ['y', 'yh', 'yc'],
      attributes: { hidden_size: 2, direction: 'bidirectional' },
    };
    const [, hidden, cell] = await run([node], given(weights(), ['y', 'yh', 'yc']));
    const near = (found: readonly number[], wanted: readonly number[]) =>
      wanted.forEach((value, i) => {
        expect(Math.abs(found[i]! - value)).toBeLessThan(5e-4);
      });
    near(hidden!.data, [0.1507, -0.1629, 0.0559, -0.2222, 0.0755, -0.1189, 0.0705, -0.0836]);
    near(cell!.data, [0.5522, -0.2298, 0.2371, -0.2999, 0.331, -0.167, 0.3556, -0.1077]);
    await expect(run([node], given(weights(8, [3]), ['y']))).rejects.toThrow(
      'input 8 is 3, must be one value per direction or gate',
    );
    const flat = [rawTensor('w', TYPE.int8, [6, 8], small(48, 1)), ...weights().slice(1)];
    await expect(run([node], given(flat, ['y']))).rejects.toThrow('input 1 is 6x8, must have three axes');
  });
  test('RNN with functions of its own, from the end', async () => {
    const attributes = {
      hidden_size: 2,
      direction: 'reverse',
      activations: ['HardSigmoid'],
      activation_alpha: [new Float(0.3)],
      activation_beta: [new Float(0.4)],
    };
    const node: NodeSpec = { op: 'RNN', in: ['x', 'w', 'r', 'b'], out: ['y'], attributes };
    expect(digits(await run([node], given(weightsOf(1, 1), ['y'])))).toEqual(RNN_VALUES);
  });
  test('the batch in front is the same with axes exchanged', async () => {
    const node = (layout: number, input: string, h: string, out: string[]): NodeSpec => ({
      op: 'LSTM',
      in: [input, 'w', 'r', 'b', '', h],
      out,
      attributes: { hidden_size: 2, layout },
    });
    const nodes: NodeSpec[] = [
      { op: 'Transpose', in: ['x'], out: ['u'], attributes: { perm: [1, 0, 2] } },
      { op: 'Transpose', in: ['h'], out: ['g'], attributes: { perm: [1, 0, 2] } },
      node(0, 'x', 'h', ['y', 'yh']),
      node(1, 'u', 'g', ['v', 'vh']),
      { op: 'Transpose', in: ['v'], out: ['v2'], attributes: { perm: [1, 2, 0, 3] } },
      { op: 'Transpose', in: ['vh'], out: ['vh2'], attributes: { perm: [1, 0, 2] } },
    ];
    const [y, v, h, vh] = await run(
      nodes,
      given(weightsOf(1, 4, [weight('h', [1, 2, 2], 5)]), ['y', 'v2', 'yh', 'vh2']),
    );
    expect(v).toEqual(y);
    expect(vh).toEqual(h);
  });
  test('functions that there are not', async () => {
    const rnn = (activations: string[]): NodeSpec => ({
      op: 'RNN',
      name: 'n',
      in: ['x', 'w', 'r'],
      attributes: { hidden_size: 2, activations },
    });
    await expect(run([rnn(['Affine'])], given(weightsOf(1, 1), ['y']))).rejects.toThrow(
      "model: node 'n' (RNN): activation 'Affine' is not supported; these are: sigmoid, tanh, relu, leakyRelu, elu, hardSigmoid, softplus",
    );
    await expect(run([rnn(['Tanh', 'Tanh'])], given(weightsOf(1, 1), ['y']))).rejects.toThrow(
      "model: node 'n' (RNN): activations has 2 entries, must have 1",
    );
  });
});
