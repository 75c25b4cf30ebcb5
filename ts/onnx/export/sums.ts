/** Products, reductions, normalisation and recurrent cells. */
import { ACTIVATION } from '../../instructions/table.ts';
import { padded } from './convolution.ts';
import { type Call, type Form, type Forms, inputOf, shapeOf, sizeOf } from './form.ts';
import type { Writer } from './writer.ts';

function linear(to: Writer, call: Call): string {
  const [x = '', weight = '', bias = ''] = call.inputs;
  const transposed = call.params[0] === 1;
  if (shapeOf(call).length === 2) return to.op('Gemm', [x, weight, bias], { transB: transposed ? 0 : 1 });
  const right = transposed ? weight : to.op('Transpose', [weight], { perm: [1, 0] });
  const y = to.op('MatMul', [x, right]);
  return bias === '' ? y : to.op('Add', [y, bias]);
}

function along(operator: string): Form {
  return (to, call) => {
    const shape = shapeOf(call);
    // A scalar has no axis.
    const x = to.reshape(inputOf(call), shape, shape.length === 0 ? [1] : shape);
    return to.reshape(
      to.op(operator, [x], { axis: call.params[0]! }),
      shape.length === 0 ? [1] : shape,
      shape,
    );
  };
}

/** Axes and whether they are kept, of a reduction's params. */
const axesOf = ([keep = 0, ...axes]: readonly number[]) => ({ keep: keep === 1, axes });

/** 8 bits are reduced as int32. */
function reduction(operator: string, since: number): Form {
  return (to, call) => {
    const { keep, axes } = axesOf(call.params);
    if (axes.length === 0) return to.op('Identity', call.inputs);
    const [from, into] = [call.types[0]!.dtype, call.outputs[0]!.dtype];
    const small = from === 'uint8' || from === 'int8';
    const x = small ? to.cast(inputOf(call), 'int32') : inputOf(call);
    const y = to.reduce(operator, x, axes, keep, since);
    return into === (small ? 'int32' : from) ? y : to.cast(y, into);
  };
}

/** The place of the first of the largest, along an axis or in all. */
function place(operator: string): Form {
  return (to, call) => {
    const { keep, axes } = axesOf(call.params);
    const shape = shapeOf(call);
    if (shape.length === 0) return to.scalar(0, 'int32');
    const attributes = { axis: axes[0]!, keepdims: keep ? 1 : 0 };
    if (axes.length === 1) return to.cast(to.op(operator, call.inputs, attributes), 'int32');
    // Several axes as the last one.
    const others = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const order = [...others, ...axes];
    const moved = order.map((axis) => shape[axis] as number);
    const kept = moved.slice(0, others.length);
    const whole = to.reshape(to.op('Transpose', call.inputs, { perm: order }), moved, [
      ...kept,
      sizeOf(moved.slice(others.length)),
    ]);
    const found = to.op(operator, [whole], { axis: others.length, keepdims: 0 });
    return to.reshape(to.cast(found, 'int32'), kept, call.outputs[0]!.shape);
  };
}

function spread(to: Writer, call: Call): string {
  const { keep, axes } = axesOf(call.params.slice(0, -1));
  const shape = shapeOf(call);
  const count = sizeOf(axes.map((axis) => shape[axis] as number));
  const divisor = Math.max(0, count - (call.params.at(-1) as number));
  const x = inputOf(call);
  const centred =
    axes.length === 0 ? to.op('Sub', [x, x]) : to.op('Sub', [x, to.reduce('ReduceMean', x, axes, true)]);
  const squares = to.op('Mul', [centred, centred]);
  const sum = axes.length === 0 ? squares : to.reduce('ReduceSum', squares, axes, keep, 13);
  return to.op('Div', [sum, to.scalar(divisor)]);
}

/** Weight or bias per channel, or what stands for it. */
const perChannel = (to: Writer, given: string | undefined, channels: number, otherwise: number): string =>
  given || to.floats(new Array<number>(channels).fill(otherwise));

function batchNorm(to: Writer, call: Call): string {
  const [training, , eps = 0] = call.params;
  if (training === 1)
    to.fail('it goes by the statistics of the batch and writes running ones: export the module in eval mode');
  const [x = '', mean = '', variance = '', weight, bias] = call.inputs;
  const channels = shapeOf(call)[1] ?? 0;
  const inputs = [x, perChannel(to, weight, channels, 1), perChannel(to, bias, channels, 0), mean, variance];
  return to.op('BatchNormalization', inputs, { epsilon: { float: eps } });
}

function instanceNorm(to: Writer, call: Call): string {
  const [x = '', weight, bias, running] = call.inputs;
  if (running) to.fail('ONNX has no running statistics of it');
  const channels = shapeOf(call)[1] ?? 0;
  const inputs = [x, perChannel(to, weight, channels, 1), perChannel(to, bias, channels, 0)];
  return to.op('InstanceNormalization', inputs, { epsilon: { float: call.params[0]! } });
}

/** Groups as channels of their own; then each channel's weight and bias. */
function groupNorm(to: Writer, call: Call): string {
  const [eps = 0, groups = 1] = call.params;
  const shape = shapeOf(call);
  const [n = 0, channels = 0, ...spatial] = shape;
  const grouped = [n, groups, sizeOf(shape.slice(1)) / groups];
  const x = to.reshape(inputOf(call), shape, grouped);
  const plain = [x, perChannel(to, '', groups, 1), perChannel(to, '', groups, 0)];
  const normed =
    grouped[2] === 1
      ? normalised(to, x, [2], eps)
      : to.op('InstanceNormalization', plain, { epsilon: { float: eps } });
  const y = to.reshape(normed, grouped, shape);
  const along = [channels, ...spatial.map(() => 1)];
  const [, weight, bias] = call.inputs;
  const scaled = weight ? to.op('Mul', [y, to.reshape(weight, [channels], along)]) : y;
  return bias ? to.op('Add', [scaled, to.reshape(bias, [channels], along)]) : scaled;
}

/** With mean 0 and variance 1 over axes. */
function normalised(to: Writer, x: string, axes: readonly number[], eps: number): string {
  const centred = to.op('Sub', [x, to.reduce('ReduceMean', x, axes, true)]);
  const variance = to.reduce('ReduceMean', to.op('Mul', [centred, centred]), axes, true);
  return to.op('Div', [centred, to.op('Sqrt', [to.op('Add', [variance, to.scalar(eps)])])]);
}

function layerNorm(to: Writer, call: Call): string {
  const [eps = 0, ...last] = call.params;
  const [x = '', weight = '', bias = ''] = call.inputs;
  if (to.opset >= 17) {
    const scale = weight || to.floats(new Array<number>(sizeOf(last)).fill(1), last);
    return to.op('LayerNormalization', [x, scale, bias], { axis: -last.length, epsilon: { float: eps } });
  }
  const rank = shapeOf(call).length;
  const axes = last.map((_, i) => rank - last.length + i);
  const y = normalised(to, x, axes, eps);
  const scaled = weight === '' ? y : to.op('Mul', [y, weight]);
  return bias === '' ? scaled : to.op('Add', [scaled, bias]);
}

/** Runtimes have it for images and odd sizes; with an even one the mean is an average pool along the channels. */
function localResponseNorm(to: Writer, call: Call): string {
  const [size = 1, alpha = 0, beta = 0, k = 0, oddAfter] = call.params;
  const [x, shape] = [inputOf(call), shapeOf(call)];
  const [n = 0, channels = 0, ...spatial] = shape;
  if (size % 2 === 1) {
    const image = spatial.length === 2 ? shape : [n, channels, 1, sizeOf(spatial)];
    const attributes = { alpha: { float: alpha }, beta: { float: beta }, bias: { float: k }, size };
    return to.reshape(to.op('LRN', [to.reshape(x, shape, image)], attributes), image, shape);
  }
  const plane = [n, 1, channels, sizeOf(spatial)];
  const squares = to.reshape(to.op('Mul', [x, x]), shape, plane);
  const before = size / 2 - (oddAfter === 1 ? 1 : 0);
  const wide = padded(to, squares, 'constant', [before, size - 1 - before, 0, 0]);
  const mean = to.op('AveragePool', [wide], { kernel_shape: [size, 1] });
  const scaled = to.op('Mul', [to.reshape(mean, plane, shape), to.scalar(alpha)]);
  const norm = to.op('Pow', [to.op('Add', [scaled, to.scalar(k)]), to.scalar(beta)]);
  return to.op('Div', [x, norm]);
}

const DIRECTIONS = ['forward', 'reverse', 'bidirectional'];
/** The functions of cells that have no numbers of their own. */
const FUNCTIONS = { sigmoid: 'Sigmoid', tanh: 'Tanh', relu: 'Relu' } as const;

/** A recurrent cell of so many functions, whose gates and weights lie as ONNX has them. */
function cell(operator: string, functions: number): Form {
  return (to, call) => {
    const [direction = 0, after = 0, coupled = 0, clip = 0] = call.params;
    const [
      x = '',
      weight = '',
      hidden = '',
      bias = '',
      initial = '',
      lengths = '',
      start = '',
      peephole = '',
    ] = call.inputs;
    const { activations } = call.problem as { readonly activations: readonly { readonly act: number }[] };
    const names = activations.flatMap(({ act }, i) => {
      if (i % 3 >= functions) return [];
      const name = (Object.keys(FUNCTIONS) as (keyof typeof FUNCTIONS)[]).find(
        (one) => ACTIVATION[one] === act,
      );
      return [
        name === undefined ? to.fail('its cells have functions with numbers of their own') : FUNCTIONS[name],
      ];
    });
    const inputs = [x, weight, hidden, bias, lengths, initial, start, peephole];
    const attributes = {
      hidden_size: shapeOf(call, 2)[2] ?? 0,
      direction: DIRECTIONS[direction]!,
      activations: names,
      ...(Number.isFinite(clip) && clip > 0 && { clip: { float: clip } }),
      ...(operator === 'GRU' && { linear_before_reset: after }),
      ...(operator === 'LSTM' && { input_forget: coupled }),
    };
    return to.ops(operator, inputs, attributes, { outputs: call.outputs.length });
  };
}

export const sums = (): Forms => ({
  linear,
  matmul: (to, { inputs }) => to.op('MatMul', inputs),
  sum: reduction('ReduceSum', 13),
  mean: reduction('ReduceMean', 18),
  max: reduction('ReduceMax', 18),
  min: reduction('ReduceMin', 18),
  argMax: place('ArgMax'),
  argMin: place('ArgMin'),
  variance: spread,
  std: (to, call) => to.op('Sqrt', [spread(to, call)]),
  cumSum: (to, call) => {
    const [dim = 0, exclusive = 0, reverse = 0] = call.params;
    return to.op('CumSum', [inputOf(call), to.integers([dim], [])], { exclusive, reverse }, { since: 14 });
  },
  softmax: along('Softmax'),
  logSoftmax: along('LogSoftmax'),
  rnn: cell('RNN', 1),
  gru: cell('GRU', 2),
  lstm: cell('LSTM', 3),
  batchNorm,
  instanceNorm,
  groupNorm,
  layerNorm,
  localResponseNorm,
});
