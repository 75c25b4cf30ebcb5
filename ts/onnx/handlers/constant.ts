/** Constants, casts, and padding. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { cast } from '../../ops/cast.ts';
import { full, tensor } from '../../ops/create.ts';
import { type PadOptions, pad1d, pad2d, pad3d } from '../../ops/padding.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import {
  choice,
  float,
  floats,
  int,
  ints,
  optional,
  required,
  shapeOnly,
  tensorValue,
  value,
} from '../row.ts';
import { dtypeOf, saturate, typeName } from '../weights.ts';
import { padPairs } from './convolution.ts';

const PAD_MODE = choice('constant', 'reflect', 'edge', 'wrap');

export const constants: Handlers = {
  Constant: {
    inputs: [],
    attributes: {
      value: tensorValue,
      sparse_value: tensorValue,
      value_float: float(),
      value_floats: floats,
      value_int: int(),
      value_ints: ints,
      value_string: { kind: 'string' },
      value_strings: { kind: 'strings' },
    },
    build: buildConstant,
  },
  ConstantOfShape: {
    since: 9,
    inputs: [value('input')],
    attributes: { value: tensorValue },
    build: buildConstantOfShape,
  },
  Cast: [
    { inputs: ['input'], attributes: { to: required(int()) }, build: buildCast },
    // What saturates is a cast to 8-bit floats, which are refused.
    {
      since: 19,
      inputs: ['input'],
      attributes: { saturate: int(1), to: required(int()) },
      build: buildCast,
    },
  ],
  CastLike: [
    { since: 15, inputs: ['input', shapeOnly('target_type')], build: buildCastLike },
    {
      since: 19,
      inputs: ['input', shapeOnly('target_type')],
      attributes: { saturate: int(1) },
      build: buildCastLike,
    },
  ],
  Pad: [
    {
      inputs: ['data'],
      attributes: { mode: PAD_MODE, pads: required(ints), value: float(0) },
      build: (call) => buildPad(call, call.float('value')),
    },
    {
      since: 11,
      inputs: ['data', value('pads'), optional(value('constant_value'))],
      attributes: { mode: PAD_MODE },
      build: (call) => buildPad(call, call.list('constant_value')?.[0] ?? 0),
    },
    {
      since: 18,
      inputs: ['data', value('pads'), optional(value('constant_value')), optional(value('axes'))],
      attributes: { mode: PAD_MODE },
      build: (call) => buildPad(call, call.list('constant_value')?.[0] ?? 0),
    },
  ],
};

function buildConstant(call: Call): Tensor<DType> {
  for (const name of ['value', 'sparse_value']) if (call.given(name)) return call.tensorAttribute(name);
  const list = call.list('value_floats');
  if (list !== undefined) return tensor([...list]);
  const integers = call.list('value_ints');
  if (integers !== undefined) return tensor(integers.map(saturate), null, { dtype: 'int32' });
  if (call.given('value_float')) return tensor(call.float('value_float'));
  if (call.given('value_int')) return tensor(saturate(call.int('value_int')), null, { dtype: 'int32' });
  if (call.given('value_string') || call.given('value_strings'))
    call.fail('its value is text, which is not supported');
  return call.fail('it has no value');
}

function buildConstantOfShape(call: Call): Tensor<DType> {
  const shape = call.numbers('input');
  if (shape.some((size) => size < 0))
    call.fail(`the shape is [${shape.join(', ')}], a size must not be negative`);
  if (!call.given('value')) return full(shape, 0);
  const one = call.tensorAttribute('value');
  if (one.size !== 1) call.fail(`attribute value has ${one.size} values, must have 1`);
  return full(shape, one.data[0] as number, { dtype: one.dtype });
}

/** Casts to bool are in comparison.ts. */
function buildCast(call: Call): Tensor<DType> {
  const type = call.int('to');
  const dtype = dtypeOf(type) ?? call.fail(`a cast to ${typeName(type)} is not supported`);
  const x = call.tensor(0);
  return x.dtype === dtype ? x : cast(x, dtype);
}

/** What was bool is uint8 here, as a target too. */
function buildCastLike(call: Call): Tensor<DType> {
  const { dtype } = call.inputs[1] as Tensor<DType>;
  const x = call.tensor(0);
  return x.dtype === dtype ? x : cast(x, dtype);
}

const MODES = { constant: 'constant', reflect: 'reflect', edge: 'replicate', wrap: 'circular' } as const;

/** Pads may be on any axis, the batch and channels included; from set 18 on for some axes only. */
function buildPad(call: Call, fill: number): Tensor<DType> {
  const x = call.tensor(0);
  const axes = call.list('axes')?.map((axis) => call.axis(axis, x.shape.length, 'an axis'));
  const given = padPairs(call, call.numbers('pads'), axes?.length ?? x.shape.length);
  const pairs = axes === undefined ? given : x.shape.map((): [number, number] => [0, 0]);
  axes?.forEach((axis, i) => {
    pairs[axis] = given[i]!;
  });
  pairs.forEach(([before, after], axis) => {
    const size = x.shape[axis] as number;
    if (size + before + after < 0) {
      call.fail(
        `pads take ${-before - after} from axis ${axis} of the input ${shapeText(x.shape)}, must leave at least 0`,
      );
    }
  });
  return padAxes(x, pairs, { mode: MODES[call.string('mode') as keyof typeof MODES], value: fill });
}

/** Pads spatial axes as such; other axes as if they were spatial, in a batch of one: up to three neighbours at once. */
export function padAxes(
  x: Tensor<DType>,
  pairs: readonly (readonly [number, number])[],
  options: PadOptions,
): Tensor<DType> {
  const wide = pairs.map(([before, after]) => before !== 0 || after !== 0);
  const [first, last] = [wide.indexOf(true), wide.lastIndexOf(true)];
  if (first < 0) return x;
  const { shape } = x;
  if (first >= 2 && shape.length <= 5) return PADS[shape.length - 3]!(x, pairs.slice(2), options);
  const sizeFrom = (axis: number) => shape.slice(axis).reduce((a, b) => a * b, 1);
  const fits = last + 1 - first + (sizeFrom(last + 1) === 1 ? 0 : 1) <= 3;
  const until = fits ? last + 1 : first + 1;
  const behind = sizeFrom(until);
  const spatial = [...shape.slice(first, until), ...(behind === 1 ? [] : [behind])];
  const widths = [...pairs.slice(first, until), ...(behind === 1 ? [] : [[0, 0] as [number, number]])];
  const before = shape.slice(0, first).reduce((a, b) => a * b, 1);
  const padded = PADS[spatial.length - 1]!(reshape(x, [1, before, ...spatial]), widths, options);
  const done = (axis: number) => axis >= first && axis < until;
  const result = reshape(
    padded,
    shape.map((size, axis) => (done(axis) ? size + pairs[axis]![0] + pairs[axis]![1] : size)),
  );
  return padAxes(
    result,
    pairs.map((pair, axis) => (done(axis) ? [0, 0] : pair)),
    options,
  );
}

const PADS = [pad1d, pad2d, pad3d] as const;
