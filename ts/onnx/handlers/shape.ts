/**
 * Operators that give values another shape or place, and those that tell shapes. Most appear twice in models: on images,
 * and on small tensors from which shapes are computed.
 */
import type { DType } from '../../base/dtype.ts';
import { counted, shapeText } from '../../base/errors.ts';
import { concat, slice, split } from '../../ops/concat.ts';
import { tensor } from '../../ops/create.ts';
import { permute } from '../../ops/permute.ts';
import { Tensor } from '../../tensor/tensor.ts';
import type { Call, Value } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { any, int, ints, optional, required, shapeOnly, value, variadic } from '../row.ts';

/** Gives input 0 another shape. */
function reshaped(call: Call, shape: readonly number[]): Tensor<DType> {
  const from = call.shape(0);
  const [before, after] = [product(from), product(shape)];
  if (before !== after) {
    call.fail(
      `the input is ${shapeText(from)} (${before} values), which [${shape.join(', ')}] (${after}) does not hold`,
    );
  }
  return call.reshaped(0, shape);
}

/** The sizes that `num_outputs` says. */
function unequal(call: Call, size: number): number[] | undefined {
  if (!call.given('num_outputs')) return undefined;
  const parts = call.int('num_outputs');
  if (parts !== call.outputCount)
    call.fail(`attribute num_outputs is ${parts}, but the node has ${counted(call.outputCount, 'output')}`);
  const whole = Math.ceil(size / parts);
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(whole, size - i * whole)));
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export const shapes: Handlers = {
  Identity: {
    inputs: [any('input')],
    build: (call) => (call.value(0) instanceof Tensor ? call.tensor(0) : [call.value(0) as Value]),
  },
  Shape: {
    inputs: [shapeOnly('data')],
    attributes: { start: int(0), end: int(0x7fffffff) },
    build(call) {
      const { length } = call.shape(0);
      const bound = (at: number) => Math.max(0, Math.min(length, at < 0 ? at + length : at));
      const sizes = call.shape(0).slice(bound(call.int('start')), bound(call.int('end')));
      return tensor(sizes, [sizes.length], { dtype: 'int32' });
    },
  },
  Size: {
    inputs: [shapeOnly('data')],
    build: (call) => tensor(product(call.shape(0)), [], { dtype: 'int32' }),
  },
  Reshape: { inputs: ['data', value('shape')], attributes: { allowzero: int(0) }, build: buildReshape },
  Flatten: {
    inputs: ['input'],
    attributes: { axis: int(1) },
    build(call) {
      const shape = call.shape(0);
      const axis = call.int('axis');
      const at = axis === shape.length ? axis : call.axis(axis, shape.length);
      return reshaped(call, [product(shape.slice(0, at)), product(shape.slice(at))]);
    },
  },
  Squeeze: [
    { inputs: ['data'], attributes: { axes: ints }, build: buildSqueeze },
    { since: 13, inputs: ['data', optional(value('axes'))], build: buildSqueeze },
  ],
  Unsqueeze: [
    { inputs: ['data'], attributes: { axes: required(ints) }, build: buildUnsqueeze },
    { since: 13, inputs: ['data', value('axes')], build: buildUnsqueeze },
  ],
  Transpose: {
    inputs: ['data'],
    attributes: { perm: ints },
    build(call) {
      const x = call.tensor(0);
      const reverse = x.shape.map((_, axis) => x.shape.length - 1 - axis);
      return permute(x, [...(call.list('perm') ?? reverse)]);
    },
  },
  Concat: {
    inputs: [variadic('inputs')],
    attributes: { axis: required(int()) },
    build(call) {
      const xs = call.inputs.map((_, i) => call.tensor(i));
      return concat(xs, call.axis(call.int('axis'), xs[0]?.shape.length ?? 0));
    },
  },
  Slice: [
    {
      inputs: ['data'],
      attributes: { starts: required(ints), ends: required(ints), axes: ints },
      build: buildSlice,
    },
    {
      since: 10,
      inputs: ['data', value('starts'), value('ends'), optional(value('axes')), optional(value('steps'))],
      build: buildSlice,
    },
  ],
  Split: [
    {
      inputs: ['input'],
      outputs: Number.POSITIVE_INFINITY,
      attributes: { axis: int(0), split: ints },
      build: buildSplit,
    },
    {
      since: 13,
      inputs: ['input', optional(value('split'))],
      outputs: Number.POSITIVE_INFINITY,
      attributes: { axis: int(0) },
      build: buildSplit,
    },
    {
      since: 18,
      inputs: ['input', optional(value('split'))],
      outputs: Number.POSITIVE_INFINITY,
      attributes: { axis: int(0), num_outputs: int() },
      build: buildSplit,
    },
  ],
};

/** Without axes, all of size 1. */
function buildSqueeze(call: Call): Tensor<DType> {
  const shape = call.shape(0);
  const axes = call.list('axes')?.map((axis) => call.axis(axis, shape.length)) ?? null;
  for (const axis of axes ?? []) {
    if (shape[axis] !== 1)
      call.fail(`axis ${axis} of the input ${shapeText(shape)} is ${shape[axis]}, must be 1`);
  }
  return reshaped(
    call,
    shape.filter((size, axis) => (axes === null ? size !== 1 : !axes.includes(axis))),
  );
}

function buildUnsqueeze(call: Call): Tensor<DType> {
  const shape = [...call.shape(0)];
  const given = call.numbers('axes');
  const rank = shape.length + given.length;
  const axes = given.map((axis) => call.axis(axis, rank)).sort((a, b) => a - b);
  if (new Set(axes).size !== axes.length) call.fail(`axes are [${given.join(', ')}], must be different`);
  for (const axis of axes) shape.splice(axis, 0, 1);
  return reshaped(call, shape);
}

/** 0 keeps an axis (unless allowzero), -1 takes what is left. */
function buildReshape(call: Call): Tensor<DType> {
  const from = call.shape(0);
  const asked = call.numbers('shape');
  const keep = call.int('allowzero') === 0;
  const shape = asked.map((size, axis) => {
    if (size < -1) call.fail(`the shape is [${asked.join(', ')}], a size must be at least -1`);
    return size === 0 && keep
      ? (from[axis] ?? call.fail(`the shape is [${asked.join(', ')}], the input has no axis ${axis}`))
      : size;
  });
  const open = shape.indexOf(-1);
  if (open !== shape.lastIndexOf(-1))
    call.fail(`the shape is [${asked.join(', ')}], must have at most one -1`);
  if (open >= 0) {
    const others = product(shape.filter((_, axis) => axis !== open));
    const rest = others === 0 ? 0 : product(from) / others;
    if (!Number.isInteger(rest)) {
      call.fail(
        `the input is ${shapeText(from)} (${product(from)} values), which [${asked.join(', ')}] does not divide`,
      );
    }
    shape[open] = rest;
  }
  return reshaped(call, shape);
}

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Bounds as ONNX has them: counted from the end when negative, clamped to the axis. */
function cutsOf(call: Call): Cut[] {
  const shape = call.shape(0);
  const [starts, ends] = [call.numbers('starts'), call.numbers('ends')];
  const axes = call.list('axes') ?? starts.map((_, i) => i);
  const steps = call.list('steps') ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    call.fail(
      `there are ${starts.length} starts, ${ends.length} ends, ${axes.length} axes and ${steps.length} steps, must be as many of each`,
    );
  }
  return starts.map((from, i) => {
    const axis = call.axis(axes[i] as number, shape.length, `axes[${i}]`);
    const [size, step] = [shape[axis] as number, steps[i] as number];
    if (step === 0) call.fail(`steps[${i}] is 0, must not be 0`);
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (at: number) => Math.max(low, Math.min(high, at < 0 ? at + size : at));
    return { axis, start: clamp(from), end: clamp(ends[i] as number), step };
  });
}

function buildSlice(call: Call): Tensor<DType> {
  const x = call.tensor(0);
  const starts = x.shape.map(() => 0);
  const ends = [...x.shape];
  const steps = x.shape.map(() => 1);
  for (const { axis, start, end, step } of cutsOf(call)) {
    // An empty range, as one that the operator has: an end of -1 would be counted from the end.
    const empty = step > 0 ? end <= start : end >= start;
    starts[axis] = empty ? 0 : start;
    ends[axis] = empty ? 0 : end < 0 ? -(x.shape[axis] as number) - 1 : end;
    steps[axis] = empty ? 1 : step;
  }
  return slice(x, starts, ends, { steps });
}

/** Into given sizes; into equal parts; or, from set 18 on, into `num_outputs` of which the last may be smaller. */
function buildSplit(call: Call): Tensor<DType>[] {
  const x = call.tensor(0);
  const axis = call.axis(call.int('axis'), x.shape.length);
  const size = x.shape[axis] as number;
  const count = call.outputCount;
  const given = call.list('split') ?? unequal(call, size);
  if (given === undefined && size % count !== 0) {
    call.fail(`axis ${axis} of the input ${shapeText(x.shape)} does not split into ${count} equal parts`);
  }
  if (given !== undefined && given.length !== count) {
    call.fail(`split has ${counted(given.length, 'size')}, must have ${count}, one for each output`);
  }
  return split(x, [...(given ?? new Array<number>(count).fill(size / count))], axis);
}
