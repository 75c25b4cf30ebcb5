/**
 * Operators that give values another shape or place. Most appear twice in models: on images, and on shapes that are
 * computed while running; the latter fold on the host.
 */
import type { DType } from '../../dtype.ts';
import { shapeText } from '../../errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Call, type Flow, type Handlers, HOST_LIMIT, Host, hostOf } from '../call.ts';
import { concat, permute, reshape, slice, split } from '../operators.ts';
import { allKnown } from './broadcast.ts';

/** Gives input 0 another shape, wherever its values are. */
function reshaped(call: Call, shape: readonly number[]): Flow {
  const flow = call.flow(0);
  const [before, after] = [product(flow.shape), product(shape)];
  if (before !== after) {
    call.fail(
      `the input is ${shapeText(flow.shape)} (${before} values), which [${shape.join(', ')}] (${after}) does not hold`,
    );
  }
  if (flow instanceof Host) return new Host(flow.values, shape, flow.dtype);
  return reshape(flow, shape);
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export const shapes: Handlers = {
  Identity: { inputs: [1, 1], build: (call) => call.flow(0) },
  Shape: {
    inputs: [1, 1],
    attributes: { start: 'int', end: 'int' },
    shapeOnly: true,
    build(call) {
      const { length } = call.shape(0);
      const bound = (name: string, otherwise: number) => {
        const value = call.integer(name, otherwise);
        return Math.max(0, Math.min(length, value < 0 ? value + length : value));
      };
      return new Host(call.shape(0).slice(bound('start', 0), bound('end', length)));
    },
  },
  Size: { inputs: [1, 1], shapeOnly: true, build: (call) => new Host([product(call.shape(0))], []) },
  Reshape: { inputs: [2, 2], attributes: { allowzero: 'int' }, host: [1], build: buildReshape },
  Flatten: {
    inputs: [1, 1],
    attributes: { axis: 'int' },
    build(call) {
      const shape = call.shape(0);
      const axis = call.integer('axis', 1);
      const at = axis === shape.length ? axis : call.axis(axis, shape.length);
      return reshaped(call, [product(shape.slice(0, at)), product(shape.slice(at))]);
    },
  },
  Squeeze: {
    inputs: [1, 2],
    attributes: { axes: 'ints' },
    host: [1],
    build(call) {
      const shape = call.shape(0);
      const axes = axesOf(call)?.map((axis) => call.axis(axis, shape.length)) ?? null;
      for (const axis of axes ?? []) {
        if (shape[axis] !== 1)
          call.fail(`axis ${axis} of the input ${shapeText(shape)} is ${shape[axis]}, must be 1`);
      }
      return reshaped(
        call,
        shape.filter((size, axis) => (axes === null ? size !== 1 : !axes.includes(axis))),
      );
    },
  },
  Unsqueeze: {
    inputs: [1, 2],
    attributes: { axes: 'ints' },
    host: [1],
    build(call) {
      const shape = [...call.shape(0)];
      const given = axesOf(call) ?? call.fail('axes are missing');
      const rank = shape.length + given.length;
      const axes = given.map((axis) => call.axis(axis, rank)).sort((a, b) => a - b);
      if (new Set(axes).size !== axes.length) call.fail(`axes are [${given.join(', ')}], must be different`);
      for (const axis of axes) shape.splice(axis, 0, 1);
      return reshaped(call, shape);
    },
  },
  Transpose: {
    inputs: [1, 1],
    attributes: { perm: 'ints' },
    build(call) {
      const x = call.tensor(0);
      const reverse = x.shape.map((_, axis) => x.shape.length - 1 - axis);
      return permute(x, [...(call.integers('perm') ?? reverse)]);
    },
  },
  Concat: {
    inputs: [1, Number.POSITIVE_INFINITY],
    attributes: { axis: 'int' },
    fold: foldConcat,
    build: buildConcat,
  },
  Slice: {
    inputs: [1, 5],
    attributes: { starts: 'ints', ends: 'ints', axes: 'ints' },
    host: [1, 2, 3, 4],
    build: buildSlice,
  },
  Split: {
    inputs: [1, 2],
    outputs: Number.POSITIVE_INFINITY,
    attributes: { axis: 'int', split: 'ints' },
    host: [1],
    build: buildSplit,
  },
  Gather: { inputs: [2, 2], attributes: { axis: 'int' }, host: [1], build: buildGather },
};

/** The axes of Squeeze and Unsqueeze: an attribute up to opset 12, then an input. */
function axesOf(call: Call): readonly number[] | undefined {
  if (call.opset < 13) {
    if (call.has(1)) call.fail(`it has 2 inputs, which operator set ${call.opset} does not know`);
    return call.integers('axes');
  }
  return call.has(1) ? call.numbers(1, 'axes') : undefined;
}

/** 0 keeps an axis (unless allowzero), -1 takes what is left. */
function buildReshape(call: Call): Flow {
  const from = call.shape(0);
  const asked = call.numbers(1, 'the shape');
  const keep = call.integer('allowzero', 0) === 0;
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

/** Values of a list, which has one axis; an axis of more dimensions is not what shapes are made of. */
function foldConcat(call: Call): Host | undefined {
  const hosts = allKnown(call);
  const first = hosts?.[0];
  if (first === undefined || hosts?.some((host) => host.shape.length !== 1 || host.dtype !== first.dtype))
    return undefined;
  if (![0, -1].includes(call.integer('axis', 0))) return undefined;
  return new Host(
    hosts!.flatMap((host) => host.values),
    undefined,
    first.dtype,
  );
}

function buildConcat(call: Call): Tensor<DType> {
  const xs = call.inputs.map((_, i) => call.tensor(i));
  return concat(xs, call.axis(call.integer('axis', 1), xs[0]?.shape.length ?? 0));
}

interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Bounds as ONNX has them: counted from the end when negative, clamped to the axis; from opset 10 on they are inputs. */
function cutsOf(call: Call): Cut[] {
  const shape = call.shape(0);
  const old = call.opset < 10;
  const list = (index: number, name: string): readonly number[] | undefined => {
    if (old) return call.integers(name);
    return call.has(index) ? call.numbers(index, name) : undefined;
  };
  const starts = list(1, 'starts') ?? call.fail('starts are missing');
  const ends = list(2, 'ends') ?? call.fail('ends are missing');
  const axes = list(3, 'axes') ?? starts.map((_, i) => i);
  const steps = (old ? undefined : list(4, 'steps')) ?? starts.map(() => 1);
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

function buildSlice(call: Call): Flow {
  const flow = call.flow(0);
  const cuts = cutsOf(call);
  if (flow instanceof Host && flow.shape.length === 1) {
    let { values } = flow;
    for (const { start, end, step } of cuts) {
      const picked: number[] = [];
      for (let at = start; step > 0 ? at < end : at > end; at += step) picked.push(values[at] as number);
      values = picked;
    }
    return new Host(values, undefined, flow.dtype);
  }
  const x = call.tensor(0);
  const starts = x.shape.map(() => 0);
  const ends = [...x.shape];
  const steps = x.shape.map(() => 1);
  for (const { axis, start, end, step } of cuts) {
    // An empty range, as one that the operator has: an end of -1 would be counted from the end.
    const empty = step > 0 ? end <= start : end >= start;
    starts[axis] = empty ? 0 : start;
    ends[axis] = empty ? 0 : end < 0 ? -(x.shape[axis] as number) - 1 : end;
    steps[axis] = empty ? 1 : step;
  }
  return slice(x, starts, ends, { steps });
}

function buildSplit(call: Call): Flow[] {
  const x = call.tensor(0);
  const axis = call.axis(call.integer('axis', 0), x.shape.length);
  const size = x.shape[axis] as number;
  const count = call.outputCount;
  const given = call.opset < 13 ? call.integers('split') : call.has(1) ? call.numbers(1, 'split') : undefined;
  if (given === undefined && size % count !== 0) {
    call.fail(`axis ${axis} of the input ${shapeText(x.shape)} does not split into ${count} equal parts`);
  }
  if (given !== undefined && given.length !== count) {
    call.fail(`split has ${given.length} sizes, but there are ${count} outputs`);
  }
  return split(x, [...(given ?? new Array<number>(count).fill(size / count))], axis);
}

/** Picks along an axis by numbers that are known: each run of neighbours is one slice. */
function buildGather(call: Call): Flow {
  const shape = call.shape(0);
  const axis = call.axis(call.integer('axis', 0), shape.length);
  const size = shape[axis] as number;
  const picks = call.numbers(1, 'the indices').map((pick, i) => {
    if (pick < -size || pick >= size)
      call.fail(`indices[${i}] is ${pick}, must be from ${-size} to ${size - 1}`);
    return pick < 0 ? pick + size : pick;
  });
  const result = [...shape.slice(0, axis), ...call.shape(1), ...shape.slice(axis + 1)];
  const host = shape.length === 1 && size <= HOST_LIMIT ? hostOf(call.flow(0)) : undefined;
  if (host !== undefined)
    return new Host(
      picks.map((pick) => host.values[pick] as number),
      result,
      host.dtype,
    );
  const x = call.tensor(0);
  const runs = runsOf(picks).map(([start, end]) => {
    const bounds = (at: number, whole: readonly number[]) =>
      whole.map((value, i) => (i === axis ? at : value));
    return slice(
      x,
      bounds(
        start,
        shape.map(() => 0),
      ),
      bounds(end, shape),
    );
  });
  const [only] = runs;
  return reshape(only !== undefined && runs.length === 1 ? only : concat(runs, axis), result);
}

/** Neighbouring indices as [first, after the last]. An empty list is one empty run. */
function runsOf(picks: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const pick of picks) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last[1] === pick) last[1] += 1;
    else runs.push([pick, pick + 1]);
  }
  return runs.length > 0 ? runs : [[0, 0]];
}
