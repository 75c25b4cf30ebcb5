/**
 * Operators on small integers: ONNX's, and what onnxruntime's quantisation writes besides. Sums are exact integers
 * (integers.ts); what is no sum is computed on the floats that the integers stand for.
 */
import type { DType } from '../../base/dtype.ts';
import { counted } from '../../base/errors.ts';
import { leakyRelu, sigmoid } from '../../ops/activation.ts';
import { globalAvgPool } from '../../ops/adaptivePooling.ts';
import { add, div, mul } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import { concat } from '../../ops/concat.ts';
import { convParams } from '../../ops/convolutionStep.ts';
import { avgPool1d, avgPool2d, avgPool3d } from '../../ops/pooling.ts';
import { convolveBytes, dequantized, fitsBytes, quantized as quantized_ } from '../../ops/quantized.ts';
import { flatten, reshape } from '../../ops/reshape.ts';
import { softmax } from '../../ops/softmax.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { centered, type Integers, integerConvolution, integerProduct } from '../integers.ts';
import { float, int, only, optional, required, variadic } from '../row.ts';
import { spatialAxes, WINDOW_ATTRIBUTES, windowOptions, windowPadding } from './convolution.ts';
import { alongAxis, dequantize, dynamicQuantize, onBytes, quantize, saturated } from './quantization.ts';

const CONV_ATTRIBUTES = { ...WINDOW_ATTRIBUTES, group: int(1) };
/** A quantised tensor's inputs. */
const tensorOf = (name: string) => [name, `${name}_scale`, optional(`${name}_zero_point`)];
const scaleOf = (name: string) => [`${name}_scale`, optional(`${name}_zero_point`)];

export const quantized: Handlers = /*#__PURE__*/ onBytes({
  ConvInteger: {
    since: 10,
    inputs: ['x', 'w', optional('x_zero_point'), optional('w_zero_point')],
    attributes: CONV_ATTRIBUTES,
    build: (call) => convolve(call, { x: 0, xZero: 2, w: 1, wZero: 3 }),
  },
  QLinearConv: {
    since: 10,
    inputs: [...tensorOf('x'), ...tensorOf('w'), 'y_scale', 'y_zero_point', optional('B')],
    attributes: CONV_ATTRIBUTES,
    build: buildQLinearConv,
  },
  MatMulInteger: {
    since: 10,
    inputs: ['A', 'B', optional('a_zero_point'), optional('b_zero_point')],
    build: (call) => multiply(call, { x: 0, xZero: 2, w: 1, wZero: 3 }),
  },
  QLinearMatMul: {
    since: 10,
    inputs: [...tensorOf('a'), ...tensorOf('b'), 'y_scale', 'y_zero_point'],
    build: buildQLinearMatMul,
  },
  'com.microsoft.MatMulIntegerToFloat': {
    inputs: [
      ...['A', 'B', 'a_scale', 'b_scale'],
      ...[optional('a_zero_point'), optional('b_zero_point'), optional('bias')],
    ],
    build(call) {
      const sums = multiply(call, { x: 0, xZero: 4, w: 1, wZero: 5 });
      return asFloats(call, sums, mul(scaleAt(call, 2, sums, -2), scaleAt(call, 3, sums, -1)), 6);
    },
  },
  'com.microsoft.DynamicQuantizeMatMul': {
    inputs: ['A', 'B', 'b_scale', optional('b_zero_point'), optional('bias')],
    build: buildDynamicMatMul,
  },
  'com.microsoft.QLinearAdd': onFloats([...tensorOf('A'), ...tensorOf('B'), ...scaleOf('C')], 6, (call) =>
    add(floatsAt(call, 0), floatsAt(call, 3)),
  ),
  'com.microsoft.QLinearMul': onFloats([...tensorOf('A'), ...tensorOf('B'), ...scaleOf('C')], 6, (call) =>
    mul(floatsAt(call, 0), floatsAt(call, 3)),
  ),
  'com.microsoft.QLinearSigmoid': onFloats([...tensorOf('X'), ...scaleOf('Y')], 3, (call) =>
    sigmoid(floatsAt(call, 0)),
  ),
  'com.microsoft.QLinearLeakyRelu': onFloats(
    [...tensorOf('X'), ...scaleOf('Y')],
    3,
    (call) => leakyRelu(floatsAt(call, 0), { negativeSlope: call.float('alpha') }),
    { alpha: float(0.01) },
  ),
  'com.microsoft.QLinearSoftmax': onFloats([...tensorOf('X'), ...scaleOf('Y')], 3, buildSoftmax, {
    axis: int(-1),
    opset: required(int()),
  }),
  'com.microsoft.QLinearGlobalAveragePool': onFloats(
    [...tensorOf('X'), ...scaleOf('Y')],
    3,
    (call) => globalAvgPool(floatsAt(call, 0)),
    { channels_last: only(0) },
  ),
  'com.microsoft.QLinearAveragePool': onFloats([...tensorOf('X'), ...scaleOf('Y')], 3, average, {
    ...WINDOW_ATTRIBUTES,
    kernel_shape: required(WINDOW_ATTRIBUTES.kernel_shape),
    ceil_mode: int(0),
    count_include_pad: int(0),
    channels_last: only(0),
  }),
  'com.microsoft.QLinearConcat': {
    inputs: ['Y_scale', 'Y_zero_point', variadic('inputs')],
    attributes: { axis: required(int()) },
    build: buildConcat,
  },
});

/** An operator that computes on floats what its integers stand for, and has the scale of its result at `y`. */
function onFloats(
  inputs: Handler['inputs'],
  y: number,
  compute: (call: Call) => Tensor,
  attributes: NonNullable<Handler['attributes']> = {},
): Handler {
  return { inputs, attributes, build: (call) => quantizedAt(call, compute(call), y) };
}

/** What the integers at `x` stand for, with their scale behind them, and behind that their zero point. */
function floatsAt(call: Call, x: number): Tensor {
  const zero = call.has(x + 2) ? call.tensor(x + 2) : null;
  if (isOneByte(call.tensor(x).dtype, call.float32(x + 1), zero))
    return dequantized(call.tensor(x), call.float32(x + 1), zero);
  return dequantize(call.tensor(x), one(call, x + 1), call.has(x + 2) ? call.reshaped(x + 2, []) : null);
}

/** Whether bytes of a dtype have one step and one zero point of their own dtype. */
function isOneByte(dtype: DType, step: Tensor, zero: Tensor<DType> | null): boolean {
  if (dtype !== 'uint8' && dtype !== 'int8') return false;
  return (
    step.size === 1 &&
    step.dtype === 'float32' &&
    (zero === null || (zero.size === 1 && zero.dtype === dtype))
  );
}

/** Floats as integers with the scale at `scale`, and the zero point behind it, whose dtype they get. */
function quantizedAt(call: Call, y: Tensor, scale: number): Tensor<DType> {
  const own = call.has(scale + 1) ? call.tensor(scale + 1) : null;
  const dtype = own?.dtype ?? call.tensor(0).dtype;
  if (isOneByte(dtype, call.float32(scale), own)) return quantized_(y, call.float32(scale), own, dtype);
  if (!call.has(scale + 1)) return quantize(y, one(call, scale), null, call.tensor(0).dtype);
  const zero = call.reshaped(scale + 1, []);
  return quantize(y, one(call, scale), cast(zero, 'float32'), zero.dtype);
}

/** An input of one value. */
const one = (call: Call, index: number): Tensor => call.reshaped(index, []) as unknown as Tensor;

/** Sums of integers as those of a result, whose scale is at `scale`; `step` is what 1 in the sums stands for. */
function requantized(call: Call, sums: Tensor<'int32'>, step: Tensor, scale: number): Tensor<DType> {
  const zero = call.reshaped(scale + 1, []);
  const steps = mul(cast(sums, 'float32'), div(step, one(call, scale)));
  return saturated(steps, cast(zero, 'float32'), zero.dtype);
}

/** 8-bit integers at `index` less the zero point at `zero`: one, or one per place along an axis. */
function integersAt(call: Call, index: number, zero: number, axis: number): Integers {
  const q = call.tensor(index);
  if (q.dtype !== 'uint8' && q.dtype !== 'int8')
    call.fail(`input ${index} is ${q.dtype}, must be uint8 or int8`);
  const given = call.inputs[index] as Tensor<DType>;
  const integers = given.symbol === null ? given : null;
  if (!call.has(zero)) return centered(q, null, undefined, integers);
  return centered(q, alongAxis(call, zero, q.shape, axis), call.known(zero), integers);
}

/** Where the inputs of a sum of products are. */
interface Places {
  readonly x: number;
  readonly xZero: number;
  readonly w: number;
  readonly wZero: number;
}

function convolve(call: Call, { x, xZero, w, wZero }: Places): Tensor<'int32'> {
  const axes = spatialAxes(call);
  const options = {
    ...windowOptions(call, axes, call.float32(w)),
    padding: windowPadding(call, axes),
  };
  return integerConvolution(integersAt(call, x, xZero, 1), integersAt(call, w, wZero, 0), options);
}

/** Zero points are one per row of the first matrix, and one per column of the second. */
function multiply(call: Call, { x, xZero, w, wZero }: Places): Tensor<'int32'> {
  return integerProduct(integersAt(call, x, xZero, -2), integersAt(call, w, wZero, -1));
}

function buildQLinearConv(call: Call): Tensor<DType> {
  const bytes = convolvedBytes(call);
  if (bytes !== null) return bytes;
  const sums = convolve(call, { x: 0, xZero: 2, w: 3, wZero: 5 });
  const channels = sums.shape.map((size, axis) => (axis === 1 ? size : 1));
  const total = call.has(8) ? add(sums, call.reshaped(8, channels) as unknown as Tensor<'int32'>) : sums;
  const weightScale = alongAxis(call, 4, sums.shape, 1) as unknown as Tensor;
  return requantized(call, total, mul(one(call, 1), weightScale), 6);
}

/** The one number of an input that is known. */
function numberAt(call: Call, index: number): number | null {
  const [number, ...more] = call.known(index) ?? [];
  return number !== undefined && more.length === 0 ? number : null;
}

/** A convolution on the bytes themselves, where its weights are known and symmetric. */
function convolvedBytes(call: Call): Tensor<DType> | null {
  const [x, weight, zero] = [call.tensor(0), call.tensor(3), call.tensor(7)];
  const numbers = [1, 2, 6, 7].map((index) => numberAt(call, index));
  const middle = weight.dtype === 'int8' ? 0 : 128;
  const isSymmetric = call.known(5)?.every((one) => one === middle) === true;
  const isEight = [x, weight, zero].every(({ dtype }) => dtype === 'int8' || dtype === 'uint8');
  if (!isSymmetric || !isEight || numbers.includes(null) || x.shape.length < 3) return null;
  const options = {
    ...windowOptions(call, spatialAxes(call), call.float32(3)),
    padding: windowPadding(call, spatialAxes(call)),
  };
  const groups = options.groups ?? 1;
  if (call.tensor(2).dtype !== x.dtype || !fitsBytes(weight.shape, groups)) return null;
  const step = call.float32(4);
  if (step.size !== 1 && step.size !== weight.shape[0]) return null;
  const [xStep, xZero, yStep, yZero] = numbers as [number, number, number, number];
  const unsigned = (value: number, dtype: DType) => (dtype === 'int8' ? value + 128 : value);
  return convolveBytes(x, {
    ...{ weight, step, bias: call.has(8) ? call.tensor(8) : null },
    x: { zero: unsigned(xZero, x.dtype), step: xStep },
    y: { zero: unsigned(yZero, zero.dtype), step: yStep },
    dtype: zero.dtype,
    params: convParams('QLinearConv', x.shape.length - 2, options),
  });
}

function buildQLinearMatMul(call: Call): Tensor<DType> {
  const sums = multiply(call, { x: 0, xZero: 2, w: 3, wZero: 5 });
  return requantized(call, sums, mul(scaleAt(call, 1, sums, -2), scaleAt(call, 4, sums, -1)), 6);
}

/** A scale of rows or columns of a product. */
const scaleAt = (call: Call, index: number, { shape }: { readonly shape: readonly number[] }, axis: number) =>
  alongAxis(call, index, shape, axis) as unknown as Tensor;

/** Sums as floats, by the step that 1 in them stands for, and the bias at `bias`. */
function asFloats(call: Call, sums: Tensor<'int32'>, step: Tensor, bias: number): Tensor {
  const y = mul(cast(sums, 'float32'), step);
  return call.has(bias) ? add(y, call.float32(bias)) : y;
}

function buildDynamicMatMul(call: Call): Tensor {
  const [q, scale, zero] = dynamicQuantize(call.float32(0));
  const sums = integerProduct(centered(q, zero, undefined), integersAt(call, 1, 3, -1));
  return asFloats(call, sums, mul(scale, scaleAt(call, 2, sums, -1)), 4);
}

function average(call: Call): Tensor {
  const axes = spatialAxes(call);
  return [avgPool1d, avgPool2d, avgPool3d][axes - 1]!(
    floatsAt(call, 0),
    call.perAxis('kernel_shape', axes, 1) as [number],
    {
      stride: call.perAxis('strides', axes, 1) as [number],
      dilation: call.perAxis('dilations', axes, 1) as [number],
      padding: windowPadding(call, axes),
      ceilMode: call.int('ceil_mode') !== 0,
      countIncludePad: call.int('count_include_pad') !== 0,
    },
  );
}

/** Before operator set 13 the axes from `axis` on count as one. */
function buildSoftmax(call: Call): Tensor {
  const x = floatsAt(call, 0);
  const dim = call.axis(call.int('axis'), x.shape.length);
  if (call.int('opset') >= 13) return softmax(x, { dim });
  return reshape(softmax(flatten(reshape(x, [1, ...x.shape]), dim + 1), { dim: -1 }), x.shape);
}

function buildConcat(call: Call): Tensor<DType> {
  const count = call.inputs.length - 2;
  if (count % 3 !== 0 || count === 0)
    call.fail(`it has ${counted(count, 'input')} behind the zero point, must have three for each tensor`);
  const tensors = Array.from({ length: count / 3 }, (_, i) => floatsAt(call, 2 + 3 * i));
  const dim = call.axis(call.int('axis'), tensors[0]!.shape.length);
  return quantizedAt(call, concat(tensors, dim), 0);
}
