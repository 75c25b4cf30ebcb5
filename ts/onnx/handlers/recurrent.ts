/**
 * RNN, GRU and LSTM: our operators have ONNX's gates; the other layout (batch first) is a permutation around them. Of
 * DynamicQuantizeLSTM the weights and x are what their integers stand for, while what it carries from step to step stays float32.
 */
import { counted, shapeText } from '../../base/errors.ts';
import { permute } from '../../ops/permute.ts';
import { type CellActivation, gru, lstm, rnn } from '../../ops/recurrent.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { choice, float, floats, int, only, optional, required, strings } from '../row.ts';
import { dequantize, dynamicQuantize } from './quantization.ts';

const ATTRIBUTES = {
  activations: strings,
  activation_alpha: floats,
  activation_beta: floats,
  clip: float(),
  direction: choice('forward', 'reverse', 'bidirectional'),
  hidden_size: required(int()),
} as const;

/** A cell's row; batch may come first from operator set 14 on. */
function rows(row: Pick<Handler, 'inputs' | 'outputs' | 'attributes' | 'build'>): Handler[] {
  return [
    { ...row, since: 7, attributes: { ...ATTRIBUTES, ...row.attributes, output_sequence: only(0) } },
    { ...row, since: 14, attributes: { ...ATTRIBUTES, ...row.attributes, layout: int(0) } },
  ];
}

const INPUTS = ['X', 'W', 'R', optional('B'), optional('sequence_lens'), optional('initial_h')];

export const recurrent: Handlers = {
  RNN: rows({
    inputs: INPUTS,
    outputs: 2,
    build: (call) => given(call, rnn(x(call), weights(call), common(call, 1))),
  }),
  GRU: rows({
    inputs: INPUTS,
    outputs: 2,
    attributes: { linear_before_reset: int(0) },
    build: (call) =>
      given(
        call,
        gru(x(call), weights(call), {
          ...common(call, 2),
          linearBeforeReset: call.int('linear_before_reset') !== 0,
        }),
      ),
  }),
  LSTM: rows({
    inputs: [...INPUTS, optional('initial_c'), optional('P')],
    outputs: 3,
    attributes: { input_forget: int(0) },
    build: (call) => buildLstm(call, x(call), weights(call)),
  }),
  'com.microsoft.DynamicQuantizeLSTM': {
    inputs: [
      ...[...INPUTS, optional('initial_c'), optional('P')],
      ...['W_scale', 'W_zero_point', 'R_scale', 'R_zero_point'],
    ],
    outputs: 3,
    attributes: { ...ATTRIBUTES, input_forget: int(0) },
    build: (call) =>
      buildLstm(call, dequantize(...dynamicQuantize(call.float32(0))), {
        input: dequantized(call, 1, 8),
        hidden: dequantized(call, 2, 10),
        bias: call.optional(3),
      }),
  },
};

interface Weights {
  readonly input: Tensor;
  readonly hidden: Tensor;
  readonly bias: Tensor | null;
}

function buildLstm(call: Call, x: Tensor, weights: Weights): Tensor[] {
  const results = lstm(
    x,
    { ...weights, peephole: call.optional(7) },
    { ...common(call, 3), initialCell: states(call, 6), inputForget: call.int('input_forget') !== 0 },
  );
  return given(call, results);
}

/** Weights of small integers, stored [directions, inputs, gates]; scale and zero point are one per direction, or per gate too. */
function dequantized(call: Call, weight: number, scale: number): Tensor {
  const q = call.tensor(weight);
  const [directions, , gates] = q.shape;
  if (q.shape.length !== 3) call.fail(`input ${weight} is ${shapeText(q.shape)}, must have three axes`);
  const spread = (index: number) => {
    const size = call.shape(index).reduce((product, one) => product * one, 1);
    if (size !== 1 && size !== directions && size !== directions! * gates!)
      call.fail(`input ${index} is ${shapeText(call.shape(index))}, must be one value per direction or gate`);
    if (size === 1) return call.reshaped(index, []);
    return call.reshaped(index, [directions!, 1, size / directions!]);
  };
  return permute(dequantize(q, spread(scale) as unknown as Tensor, spread(scale + 1)), [0, 2, 1]);
}

/** Whether the batch is the first axis. */
const batchFirst = (call: Call) => call.given('layout') && call.int('layout') !== 0;
const x = (call: Call) => (batchFirst(call) ? permute(call.float32(0), [1, 0, 2]) : call.float32(0));
const weights = (call: Call) => ({ input: call.float32(1), hidden: call.float32(2), bias: call.optional(3) });

function states(call: Call, index: number): Tensor | null {
  const state = call.optional(index);
  return state !== null && batchFirst(call) ? permute(state, [1, 0, 2]) : state;
}

function common(call: Call, count: number) {
  const direction = call.string('direction') as 'forward' | 'reverse' | 'bidirectional';
  const lengths = call.has(4) ? (call.tensor(4) as unknown as Tensor<'int32'>) : null;
  const directions = direction === 'bidirectional' ? 2 : 1;
  return {
    direction,
    lengths,
    initialHidden: states(call, 5),
    clip: call.given('clip') ? call.float('clip') : undefined,
    activations: call.given('activations') ? activations(call, count * directions) : undefined,
  };
}

const NAMES: ReadonlyMap<string, Exclude<CellActivation, object>> = new Map([
  ['sigmoid', 'sigmoid'],
  ['tanh', 'tanh'],
  ['relu', 'relu'],
  ['leakyrelu', 'leakyRelu'],
  ['elu', 'elu'],
  ['hardsigmoid', 'hardSigmoid'],
  ['softplus', 'softplus'],
]);

/** Alphas and betas stand in the order of the functions that have them. */
function activations(call: Call, count: number): CellActivation[] {
  const names = call.texts('activations');
  if (names.length !== count)
    call.fail(`activations has ${counted(names.length, 'entry', 'entries')}, must have ${count}`);
  const alphas = [...(call.list('activation_alpha') ?? [])];
  const betas = [...(call.list('activation_beta') ?? [])];
  return names.map((given) => {
    const name = NAMES.get(given.toLowerCase());
    if (name === undefined)
      return call.fail(
        `activation '${given}' is not supported; these are: ${[...NAMES.values()].join(', ')}`,
      );
    const alpha = ['leakyRelu', 'elu', 'hardSigmoid'].includes(name) ? alphas.shift() : undefined;
    const beta = name === 'hardSigmoid' ? betas.shift() : undefined;
    return { name, alpha, beta };
  });
}

/** The outputs in the layout of the node: y [steps, directions, batch, units] or [batch, steps, directions, units]. */
function given(call: Call, [y, ...last]: readonly Tensor[]): Tensor[] {
  if (!batchFirst(call)) return [y as Tensor, ...last];
  return [permute(y as Tensor, [2, 0, 1, 3]), ...last.map((one) => permute(one, [1, 0, 2]))];
}
