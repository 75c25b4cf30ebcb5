/**
 * Numbers as small integers and back: x is about (q - zero) * scale. Scale and zero point are one for all values, one per
 * place along an axis, or one per block of places along it. Rounding is half to even; what lies beyond is the nearest end.
 */
import type { DType } from '../../base/dtype.ts';
import { counted, shapeText } from '../../base/errors.ts';
import { add, div, maximum, minimum, mul, sub } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import { equal, where } from '../../ops/comparison.ts';
import { slice } from '../../ops/concat.ts';
import { round } from '../../ops/elementary.ts';
import { expand } from '../../ops/expand.ts';
import { dequantized, quantized } from '../../ops/quantized.ts';
import { max, min } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { QUANTIZED as passes } from '../../transforms/passes/quantized.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { type AttributeSpec, int, optional } from '../row.ts';
import { dtypeOf } from '../weights.ts';

const [UINT8, INT8] = [2, 3];

const QUANTIZE_INPUTS = ['x', 'y_scale', optional('y_zero_point')];
const DEQUANTIZE_INPUTS = ['x', 'x_scale', optional('x_zero_point')];
const AXIS = { axis: int(1) };
const OUTPUT_DTYPE: AttributeSpec = { kind: 'int', allowed: [0, UINT8, INT8], otherwise: 0 };
const BLOCKED = { ...AXIS, block_size: int(0) };

/** Rows of nodes that compute on bytes where their neighbours let them. */
export function onBytes(handlers: Handlers): Handlers {
  const row = (one: Handler): Handler => ({ ...one, passes });
  return Object.fromEntries(
    Object.entries(handlers).map(([name, one]) => [name, 'build' in one ? row(one) : one.map(row)]),
  );
}

export const quantization: Handlers = /*#__PURE__*/ onBytes({
  QuantizeLinear: [
    { since: 10, inputs: QUANTIZE_INPUTS, build: (call) => buildQuantize(call, 1, 0) },
    {
      since: 13,
      inputs: QUANTIZE_INPUTS,
      attributes: AXIS,
      build: (call) => buildQuantize(call, call.int('axis'), 0),
    },
    {
      since: 19,
      inputs: QUANTIZE_INPUTS,
      // saturate is of 8-bit floats, which there are not.
      attributes: { ...AXIS, saturate: int(1) },
      build: (call) => buildQuantize(call, call.int('axis'), 0),
    },
    {
      since: 21,
      inputs: QUANTIZE_INPUTS,
      attributes: { ...BLOCKED, saturate: int(1), output_dtype: OUTPUT_DTYPE },
      build: (call) => buildQuantize(call, call.int('axis'), call.int('block_size')),
    },
  ],
  DequantizeLinear: [
    { since: 10, inputs: DEQUANTIZE_INPUTS, stays: true, build: (call) => buildDequantize(call, 1, 0) },
    {
      since: 13,
      inputs: DEQUANTIZE_INPUTS,
      stays: true,
      attributes: AXIS,
      build: (call) => buildDequantize(call, call.int('axis'), 0),
    },
    {
      since: 21,
      inputs: DEQUANTIZE_INPUTS,
      stays: true,
      attributes: BLOCKED,
      build: (call) => buildDequantize(call, call.int('axis'), call.int('block_size')),
    },
  ],
  DynamicQuantizeLinear: {
    since: 11,
    inputs: ['x'],
    outputs: 3,
    build: (call) => dynamicQuantize(call.float32(0)),
  },
});

function buildQuantize(call: Call, axis: number, block: number): Tensor<DType> {
  const asked = call.given('output_dtype') ? dtypeOf(call.int('output_dtype')) : null;
  const dtype = call.has(2) ? call.tensor(2).dtype : (asked ?? 'uint8');
  const given = call.tensor(0);
  const x = given.dtype === 'float32' ? call.float32(0) : cast(given, 'float32');
  const along = channelsAxis(call, axis, block, dtype);
  if (along !== null) return quantized(x, call.float32(1), zeroAt(call, 2), dtype, along);
  const parameter = (index: number) => spread(call, index, axis, block);
  const zero = call.has(2) ? cast(parameter(2), 'float32') : null;
  return quantize(x, parameter(1) as unknown as Tensor, zero, dtype);
}

const zeroAt = (call: Call, index: number) => (call.has(index) ? call.tensor(index) : null);

/** The axis of the channels, where steps and zero points of this dtype are as many as these, or one; else null. */
function channelsAxis(call: Call, axis: number, block: number, dtype: DType): number | null {
  if (block !== 0 || (dtype !== 'uint8' && dtype !== 'int8' && dtype !== 'int32')) return null;
  const step = alongAxis(call, 1, call.shape(0), axis);
  const fits = !call.has(2) || (call.tensor(2).dtype === dtype && call.tensor(2).size === step.size);
  if (step.dtype !== 'float32' || !fits) return null;
  return step.size === 1 ? 0 : call.axis(axis, call.shape(0).length);
}

function buildDequantize(call: Call, axis: number, block: number): Tensor {
  const q = call.tensor(0);
  const along = channelsAxis(call, axis, block, q.dtype);
  if (along !== null) return dequantized(q, call.float32(1), zeroAt(call, 2), along);
  const parameter = (index: number) => spread(call, index, axis, block);
  const zero = call.has(2) ? parameter(2) : null;
  return dequantize(q, parameter(1) as unknown as Tensor, zero);
}

/** The integers for x; scale and zero point broadcast. */
export function quantize(x: Tensor, scale: Tensor, zero: Tensor | null, dtype: DType): Tensor<DType> {
  return saturated(div(x, scale), zero, dtype);
}

/** The nearest integers from a zero point on; a cast of what lies beyond gives the nearest end. */
export function saturated(steps: Tensor, zero: Tensor | null, dtype: DType): Tensor<DType> {
  const whole = round(steps);
  return cast(zero === null ? whole : add(whole, zero), dtype);
}

/** What the integers stand for. The difference of 32-bit integers is taken before they are rounded to floats. */
export function dequantize(q: Tensor<DType>, scale: Tensor, zero: Tensor<DType> | null): Tensor {
  const wide = q.dtype === 'int32' ? 'int32' : 'float32';
  const apart = zero === null ? q : sub(cast(q, wide), cast(zero, wide) as unknown as Tensor);
  return mul(cast(apart as Tensor<DType>, 'float32'), scale);
}

/** As uint8, with scale and zero point of x's own range, which always holds 0. */
export function dynamicQuantize(x: Tensor): [Tensor<DType>, Tensor, Tensor<DType>] {
  const [low, high] = [minimum(min(x), 0), maximum(max(x), 0)];
  const range = sub(high, low);
  const scale = where(equal(range, 0), 1, div(range, 255)) as Tensor;
  const zero = cast(round(div(sub(0, low), scale)), 'uint8');
  return [quantized(x, scale, zero, 'uint8'), scale, zero];
}

/** Scale or zero point in a shape that broadcasts to x's. */
function spread(call: Call, index: number, axis: number, block: number): Tensor<DType> {
  const shape = call.shape(0);
  if (block !== 0) return blocked(call, index, call.axis(axis, shape.length), block);
  return alongAxis(call, index, shape, axis);
}

/** One value, or one per place along an axis of `shape`. */
export function alongAxis(call: Call, index: number, shape: readonly number[], axis: number): Tensor<DType> {
  const own = call.shape(index);
  const size = own.reduce((product, one) => product * one, 1);
  if (size === 1) return call.reshaped(index, []);
  const place = call.axis(axis, shape.length);
  if (own.length !== 1 || size !== shape[place]) {
    call.fail(
      `input ${index} is ${shapeText(own)}, must be one value, or ${shape[place]} along axis ${place} of ${shapeText(shape)}`,
    );
  }
  return call.reshaped(
    index,
    shape.map((_, i) => (i === place ? size : 1)),
  );
}

/** One value for each `block` places along an axis; the last block may be of fewer. */
function blocked(call: Call, index: number, axis: number, block: number): Tensor<DType> {
  const [own, shape] = [call.shape(index), call.shape(0)];
  const size = shape[axis] as number;
  const wanted = shape.map((one, i) => (i === axis ? Math.ceil(one / block) : one));
  if (block < 0 || shapeText(own) !== shapeText(wanted)) {
    call.fail(
      `input ${index} is ${shapeText(own)}, must be ${shapeText(wanted)}: a value for each ${counted(block, 'place')} along axis ${axis}`,
    );
  }
  const [before, behind] = [own.slice(0, axis), own.slice(axis + 1)];
  const blocks = own[axis] as number;
  const one = call.reshaped(index, [...before, blocks, 1, ...behind]);
  const each = expand(one, [...before, blocks, block, ...behind]);
  const whole = reshape(each, [...before, blocks * block, ...behind]);
  return slice(whole, [...before.map(() => 0), 0], [...before, size]);
}
