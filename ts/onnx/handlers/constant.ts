/** Constants, casts, and padding. */

import type { DType } from '../../dtype.ts';
import { shapeText } from '../../errors.ts';
import { full } from '../../ops/create.ts';
import type { PadOptions } from '../../ops/padding.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Call, type Flow, type Handlers, HOST_LIMIT, Host, hostOf } from '../call.ts';
import { cast, minimum, pad1d, pad2d, pad3d, reshape } from '../operators.ts';
import { BOOL, dtypeOf, saturate, typeName } from '../weights.ts';
import { padPairs } from './convolution.ts';

export const constants: Handlers = {
  Constant: {
    inputs: [0, 0],
    attributes: {
      value: 'tensor',
      value_float: 'float',
      value_floats: 'floats',
      value_int: 'int',
      value_ints: 'ints',
    },
    build: buildConstant,
  },
  ConstantOfShape: {
    inputs: [1, 1],
    attributes: { value: 'tensor' },
    host: [0],
    build: buildConstantOfShape,
  },
  Cast: { inputs: [1, 1], attributes: { to: 'int' }, build: buildCast },
  Pad: {
    inputs: [1, 3],
    attributes: { mode: 'string', pads: 'ints', value: 'float' },
    host: [1, 2],
    build: buildPad,
  },
};

function buildConstant(call: Call): Flow {
  const tensor = call.tensorAttribute('value');
  if (tensor !== undefined) return tensor;
  const floats = call.floats('value_floats');
  if (floats !== undefined) return new Host(floats, undefined, 'float32');
  const integers = call.integers('value_ints');
  if (integers !== undefined) return new Host(integers.map(saturate));
  const float = call.float('value_float', Number.NaN);
  if (!Number.isNaN(float)) return new Host([float], [], 'float32');
  const integer = call.integer('value_int', Number.NaN);
  if (!Number.isNaN(integer)) return new Host([saturate(integer)], []);
  return call.fail('it has no value');
}

function buildConstantOfShape(call: Call): Flow {
  const shape = call.numbers(0, 'the shape');
  if (shape.some((size) => size < 0))
    call.fail(`the shape is [${shape.join(', ')}], a size must not be negative`);
  const tensor = call.tensorAttribute('value');
  if (tensor !== undefined && tensor.size !== 1)
    call.fail(`attribute value has ${tensor.size} values, must have 1`);
  const [value, dtype] = [tensor?.data[0] ?? 0, tensor?.dtype ?? 'float32'] as const;
  const size = shape.reduce((a, b) => a * b, 1);
  if (size <= HOST_LIMIT) return new Host(new Array<number>(size).fill(value), shape, dtype);
  return full(shape, value, { dtype });
}

function buildCast(call: Call): Flow {
  const type = call.integer('to', 0);
  const dtype = dtypeOf(type) ?? call.fail(`a cast to ${typeName(type)} is not supported`);
  const flow = call.flow(0);
  const host = hostOf(flow);
  if (host !== undefined && (dtype === 'int32' || dtype === 'float32' || type === BOOL)) {
    const to = (value: number): number => {
      if (type === BOOL) return value === 0 ? 0 : 1;
      return dtype === 'int32' ? saturate(Math.trunc(value) || 0) : Math.fround(value);
    };
    return new Host(host.values.map(to), host.shape, dtype);
  }
  const x = call.tensor(0);
  if (type === BOOL) {
    if (x.dtype !== 'uint8') call.fail(`a cast of ${x.dtype} to bool is supported for known values only`);
    return minimum(x, 1);
  }
  return x.dtype === dtype ? x : cast(x, dtype);
}

const MODES = { constant: 'constant', reflect: 'reflect', edge: 'replicate', wrap: 'circular' } as const;

/** Pads are an attribute up to opset 10, then an input; they may be on any axis, the batch and channels included. */
function buildPad(call: Call): Flow {
  const mode = MODES[call.choice('mode', ['constant', 'reflect', 'edge', 'wrap'])];
  const x = call.tensor(0);
  const old = call.opset < 11;
  const pads = old ? (call.integers('pads') ?? call.fail('pads are missing')) : call.numbers(1, 'pads');
  const value = old
    ? call.float('value', 0)
    : call.has(2)
      ? (call.numbers(2, 'the constant value')[0] ?? 0)
      : 0;
  const pairs = padPairs(call, pads, x.shape.length);
  pairs.forEach(([before, after], axis) => {
    const size = x.shape[axis] as number;
    if (size + before + after < 0) {
      call.fail(
        `pads take ${-before - after} from axis ${axis} of the input ${shapeText(x.shape)}, must leave at least 0`,
      );
    }
  });
  return padAxes(x, pairs, { mode, value });
}

/** Pads spatial axes as such; other axes as if they were spatial, in a batch of one: up to three neighbours at once. */
function padAxes(
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
