/**
 * Pooling. ONNX's operators where they mean the same; sums, and averages whose divisors are others, are convolutions by ones;
 * adaptive averages are products with the windows' shares, axis by axis.
 */
import type { Axes, Axis } from '../../instructions/axes.ts';
import type { PoolProblem } from '../../instructions/pool.ts';
import { POOL } from '../../instructions/table.ts';
import { own, padded, summed, windowOf } from './convolution.ts';
import { type Call, type Form, type Forms, inputOf, shapeOf, sizeOf } from './form.ts';
import type { Writer } from './writer.ts';

type Regular = PoolProblem & { readonly axes: Axes };

/** The windows with so much padding behind that all outputs have one: a partial last window is padded. */
function widened(axes: readonly Axis[], outputs: readonly number[]): Axis[] {
  return axes.map((axis, i) => {
    const { input, kernel, stride, dilation, lo, hi } = axis;
    return {
      ...axis,
      hi: Math.max(hi, (outputs[i]! - 1) * stride + dilation * (kernel - 1) + 1 - input - lo),
    };
  });
}

/** How many elements of a window count: those in the padded input, or in the input. */
function countsOf(axes: readonly Axis[], outputs: readonly number[], includePad: boolean): number[] {
  return axes.reduce<number[]>(
    (all, { input, kernel, stride, dilation, lo, hi }, i) => {
      const along = Array.from({ length: outputs[i]! }, (_, o) => {
        const [first, end] = includePad ? [-lo, input + hi] : [0, input];
        const places = Array.from({ length: kernel }, (_, k) => o * stride - lo + k * dilation);
        return places.filter((at) => at >= first && at < end).length;
      });
      return all.flatMap((count) => along.map((one) => count * one));
    },
    [1],
  );
}

/** Integers are turned round by what their largest and least add up to. */
function turned(to: Writer, x: string, dtype: string): string {
  if (dtype === 'float32') return to.op('Neg', [x]);
  const sum = to.scalar(dtype === 'uint8' ? 255 : -1, 'int32');
  return to.cast(to.op('Sub', [sum, to.cast(x, 'int32')]), dtype as 'uint8');
}

function extremum(to: Writer, call: Call, axes: readonly Axis[], isMinimum: boolean): string[] {
  const { dtype } = call.outputs[0]!;
  const from = isMinimum ? turned(to, inputOf(call), dtype) : inputOf(call);
  const back = (y: string) => (isMinimum ? turned(to, y, dtype) : y);
  const count = call.outputs.length;
  const deep = axes.some(({ kernel, lo, hi }) => lo >= kernel || hi >= kernel);
  if (deep && (count > 1 || dtype !== 'float32'))
    to.fail('padding is as large as the kernel, which ONNX refuses');
  const widths = axes.flatMap(({ lo, hi }) => [lo, hi]);
  const x = deep ? padded(to, from, 'constant', widths, to.scalar(Number.NEGATIVE_INFINITY)) : from;
  const window = windowOf(deep ? axes.map((axis) => ({ ...axis, lo: 0, hi: 0 })) : axes);
  const [values = '', places = ''] = to.ops('MaxPool', [x], window, { outputs: count });
  if (count === 1) return [back(values)];
  // ONNX counts places through the whole input.
  const [n = 0, channels = 0, ...spatial] = shapeOf(call);
  const starts = Array.from({ length: n * channels }, (_, plane) => plane * sizeOf(spatial));
  const first = to.integers(starts, [n, channels, ...spatial.map(() => 1)]);
  return [back(values), to.cast(to.op('Sub', [places, first]), 'int32')];
}

/** A sum over each window, times a factor for each. */
function weighted(
  to: Writer,
  call: Call,
  x: string,
  axes: readonly Axis[],
  factors: readonly number[],
): string {
  const sum = summed(to, x, shapeOf(call)[1] ?? 0, axes);
  const [first = 1] = factors;
  if (factors.every((one) => one === 1)) return sum;
  if (factors.every((one) => one === first)) return to.op('Mul', [sum, to.scalar(first)]);
  return to.op('Mul', [sum, to.floats(factors, [1, 1, ...call.outputs[0]!.shape.slice(2)])]);
}

function average(
  to: Writer,
  call: Call,
  given: readonly Axis[],
  axes: readonly Axis[],
  problem: Regular,
): string {
  const { countIncludePad = true, divisor = 0 } = problem;
  const outputs = call.outputs[0]!.shape.slice(2);
  const plain =
    divisor === 0 &&
    given.every(
      ({ hi, kernel, lo, dilation }, i) => hi === axes[i]!.hi && lo < kernel && hi < kernel && dilation === 1,
    );
  if (plain) {
    const { dilations: _, ...window } = windowOf(axes);
    return to.op('AveragePool', [inputOf(call)], { ...window, count_include_pad: countIncludePad ? 1 : 0 });
  }
  const counts = countsOf(given, outputs, countIncludePad);
  return weighted(
    to,
    call,
    inputOf(call),
    axes,
    counts.map((count) => (divisor || count) && 1 / (divisor || count)),
  );
}

/** The p-th root of sums of powers. */
function power(
  to: Writer,
  call: Call,
  given: readonly Axis[],
  axes: readonly Axis[],
  problem: Regular,
): string {
  const { p = 2, reduction } = problem;
  const isAbsolute = reduction === POOL.lpAbsolute;
  const x = isAbsolute ? to.op('Abs', call.inputs) : inputOf(call);
  const outputs = call.outputs[0]!.shape.slice(2);
  const whole = sizeOf(given.map(({ kernel }) => kernel));
  const factors = countsOf(given, outputs, true).map((count) => (isAbsolute ? 1 : whole / count));
  const powers = p === 1 ? x : to.op('Pow', [x, to.scalar(p)]);
  const sums = weighted(to, call, powers, axes, factors);
  return p === 1 ? sums : to.op('Pow', [sums, to.scalar(1 / p)]);
}

const pool: Form = (to, call) => {
  const problem = call.problem as Regular;
  const rank = shapeOf(call).length - 2;
  const given = own(problem.axes, rank);
  const axes = widened(given, call.outputs[0]!.shape.slice(2));
  switch (problem.reduction) {
    case POOL.max:
    case POOL.min:
      return extremum(to, call, axes, problem.reduction === POOL.min);
    case POOL.average:
      return average(to, call, given, axes, problem);
    case POOL.sum:
      return weighted(to, call, inputOf(call), axes, [1]);
    default:
      return power(to, call, given, axes, problem);
  }
};

/** Where the window of each output along an axis begins and ends. */
function bounds(input: number, output: number): [number, number][] {
  return Array.from({ length: output }, (_, o) => [
    Math.floor((o * input) / output),
    Math.ceil(((o + 1) * input) / output),
  ]);
}

const adaptive =
  (isMaximum: boolean): Form =>
  (to, call) => {
    const [from, into] = [shapeOf(call).slice(2), call.outputs[0]!.shape.slice(2)];
    if (from.every((size, axis) => size % into[axis]! === 0)) {
      const axes = from.map((input, axis): Axis => {
        const kernel = input / into[axis]!;
        return { input, kernel, stride: kernel, dilation: 1, lo: 0, hi: 0 };
      });
      if (isMaximum) return extremum(to, call, axes, false);
      const { dilations: _, ...window } = windowOf(axes);
      return to.op('AveragePool', call.inputs, window);
    }
    if (call.outputs.length > 1) to.fail('ONNX gives no places of maxima in windows of several sizes');
    return isMaximum ? largestOf(to, call, from, into) : meansOf(to, call, from, into);
  };

/** Of each axis the largest in one window after the other. */
function largestOf(to: Writer, call: Call, from: readonly number[], into: readonly number[]): string {
  return from.reduce((x, input, i) => {
    if (input === into[i]) return x;
    const axis = [i + 2];
    const pieces = bounds(input, into[i]!).map(([start, end]) => {
      const piece = to.op('Slice', [x, to.integers([start]), to.integers([end]), to.integers(axis)]);
      return to.reduce('ReduceMax', piece, axis, true);
    });
    return to.op('Concat', pieces, { axis: i + 2 });
  }, inputOf(call));
}

/** Each axis as the last one, times the shares that its elements have in each output. */
function meansOf(to: Writer, call: Call, from: readonly number[], into: readonly number[]): string {
  const rank = from.length + 2;
  return from.reduce((x, input, i) => {
    if (input === into[i]) return x;
    const shares = new Array<number>(input * into[i]!).fill(0);
    bounds(input, into[i]!).forEach(([start, end], o) => {
      for (let at = start; at < end; at++) shares[at * into[i]! + o] = 1 / (end - start);
    });
    const matrix = to.floats(shares, [input, into[i]!]);
    const order = Array.from({ length: rank }, (_, axis) => axis);
    [order[i + 2], order[rank - 1]] = [rank - 1, i + 2];
    const isLast = i + 2 === rank - 1;
    const swapped = (one: string) => (isLast ? one : to.op('Transpose', [one], { perm: order }));
    return swapped(to.op('MatMul', [swapped(x), matrix]));
  }, inputOf(call));
}

const global =
  (operator: string, reduction: string): Form =>
  (to, call) => {
    // Runtimes have it for up to three axes of floats.
    const isUsual = call.outputs[0]!.dtype === 'float32' && shapeOf(call).length <= 5;
    if (isUsual) return to.op(operator, call.inputs);
    const axes = shapeOf(call)
      .slice(2)
      .map((_, axis) => axis + 2);
    return to.reduce(reduction, inputOf(call), axes, true);
  };

/** Values are put where their places say, among zeros. */
function unpool(to: Writer, call: Call): string {
  const [x, places] = call.inputs as readonly [string, string];
  const [n = 0, channels = 0, ...spatial] = call.outputs[0]!.shape;
  const [shape, flat] = [shapeOf(call), [n, channels, sizeOf(spatial)]];
  const list = [n, channels, sizeOf(shape.slice(2))];
  const zeros = to.op('Expand', [to.scalar(0), to.integers(flat)]);
  const put = [zeros, to.reshape(places, shape, list), to.reshape(x, shape, list)];
  return to.reshape(to.op('ScatterElements', put, { axis: 2 }), flat, [n, channels, ...spatial]);
}

const ranks = (name: string, form: Form): Forms =>
  Object.fromEntries([1, 2, 3].map((rank) => [`${name}${rank}d`, form]));

export const pools = (): Forms => ({
  ...ranks('maxPool', pool),
  ...ranks('minPool', pool),
  ...ranks('avgPool', pool),
  ...ranks('sumPool', pool),
  ...ranks('lpPool', pool),
  ...ranks('adaptiveAvgPool', adaptive(false)),
  ...ranks('adaptiveMaxPool', adaptive(true)),
  ...ranks('maxUnpool', unpool),
  globalAvgPool: global('GlobalAveragePool', 'ReduceMean'),
  globalMaxPool: global('GlobalMaxPool', 'ReduceMax'),
});
