/** Convolution, transposed and separable convolution by their definitions. */
import type { Plain, Reference } from './types.ts';

type Size = number | number[];
interface Options {
  stride?: Size;
  padding?: Size | [number, number][] | 'same' | 'same-lower' | 'valid' | 'full';
  paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
  dilation?: Size;
  groups?: number;
  flipKernel?: boolean;
}
interface TransposeOptions extends Options {
  outputPadding?: Size;
  outputSize?: Size;
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
const perAxis = (size: Size, rank: number) =>
  typeof size === 'number' ? new Array<number>(rank).fill(size) : size;

/** Every index of a shape, in row-major order. */
function indices(shape: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const size of shape)
    all = all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i]));
  return all;
}

const offset = (shape: readonly number[], index: readonly number[]) =>
  shape.reduce((sum, size, axis) => sum * size + (index[axis] as number), 0);

/** An axis of a window. */
interface Axis {
  stride: number;
  dilation: number;
  lo: number;
  hi: number;
  extent: number;
}

/** The axes of a convolution of `sizes`; `same` gives the padding of an axis under 'same'. */
function axesOf(
  kernel: readonly number[],
  { stride = 1, padding = 0, dilation = 1 }: Options,
  same: (axis: Axis, i: number) => number,
): Axis[] {
  const rank = kernel.length;
  return kernel.map((size, i) => {
    const [s, d] = [perAxis(stride, rank)[i] as number, perAxis(dilation, rank)[i] as number];
    const axis = { stride: s, dilation: d, lo: 0, hi: 0, extent: d * (size - 1) + 1 };
    if (padding === 'same' || padding === 'same-lower') {
      const both = Math.max(0, same(axis, i));
      const less = Math.floor(both / 2);
      [axis.lo, axis.hi] = padding === 'same' ? [less, both - less] : [both - less, less];
    } else if (padding === 'full') axis.lo = axis.hi = axis.extent - 1;
    else if (padding !== 'valid') {
      const pair = Array.isArray(padding) ? padding[i] : padding;
      [axis.lo, axis.hi] = Array.isArray(pair) ? pair : ([pair, pair] as [number, number]);
    }
    return axis;
  });
}

/** Where padding of a mode reads its value; null for a zero. */
function source(mode: Options['paddingMode'], i: number, size: number): number | null {
  if (i >= 0 && i < size) return i;
  if (mode === 'replicate') return i < 0 ? 0 : size - 1;
  if (mode === 'circular') return (i + size) % size;
  if (mode === 'reflect') return i < 0 ? -i : 2 * (size - 1) - i;
  return null;
}

function conv(x: Plain, weight: Plain, bias: Plain | null = null, options: Options = {}): Plain {
  const { groups = 1, flipKernel = false, paddingMode = 'zeros' } = options;
  const [n, , ...input] = x.shape as [number, number, ...number[]];
  const [outputs, perGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  const axes = axesOf(
    kernel,
    options,
    ({ stride, extent }, i) => (Math.ceil(input[i]! / stride) - 1) * stride + extent - input[i]!,
  );
  const output = axes.map(
    ({ stride, lo, hi, extent }, i) => Math.floor((lo + input[i]! + hi - extent) / stride) + 1,
  );
  const shape = [n, outputs, ...output];
  const data: number[] = [];
  const taps = indices([perGroup, ...kernel]) as [number, ...number[]][];
  for (const [image, o, ...place] of indices(shape) as [number, number, ...number[]][]) {
    let sum = bias === null ? 0 : bias.data[o]!;
    for (const [c, ...tap] of taps) {
      const at = axes.map(({ stride, dilation, lo }, i) =>
        source(paddingMode, place[i]! * stride - lo + tap[i]! * dilation, input[i]!),
      );
      if (at.includes(null)) continue;
      const channel = Math.floor(o / (outputs / groups)) * perGroup + c;
      const weightTap = flipKernel ? tap.map((k, i) => kernel[i]! - 1 - k) : tap;
      const value = x.data[offset(x.shape, [image, channel, ...(at as number[])])]!;
      sum += value * weight.data[offset(weight.shape, [o, c, ...weightTap])]!;
    }
    data.push(sum);
  }
  return { shape, data, dtype: 'float32' };
}

/** Each input element adds the kernel, times its value, to the output. */
function convTranspose(
  x: Plain,
  weight: Plain,
  bias: Plain | null = null,
  options: TransposeOptions = {},
): Plain {
  const { groups = 1, outputPadding = 0, outputSize, padding } = options;
  const [n, channels, ...input] = x.shape as [number, number, ...number[]];
  const [, perGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  const rank = kernel.length;
  const same = padding === 'same' || padding === 'same-lower';
  const wanted = outputSize === undefined ? null : perAxis(outputSize, rank);
  const axes = axesOf(
    kernel,
    options,
    ({ stride, extent }, i) => (input[i]! - 1) * stride + extent - (wanted?.[i] ?? input[i]! * stride),
  );
  const output = axes.map(({ stride, lo, hi, extent }, i) => {
    if (wanted !== null) return wanted[i]!;
    if (same) return input[i]! * stride;
    return (input[i]! - 1) * stride + extent - lo - hi + perAxis(outputPadding, rank)[i]!;
  });
  const shape = [n, perGroup * groups, ...output];
  const data = Array.from({ length: product(shape) }, (_, i) => {
    if (bias === null) return 0;
    return bias.data[Math.floor(i / product(output)) % shape[1]!]!;
  });
  const taps = indices([perGroup, ...kernel]) as [number, ...number[]][];
  for (const [image, c, ...place] of indices(x.shape) as [number, number, ...number[]][]) {
    const value = x.data[offset(x.shape, [image, c, ...place])]!;
    for (const [o, ...tap] of taps) {
      const at = axes.map(({ stride, dilation, lo }, i) => place[i]! * stride - lo + tap[i]! * dilation);
      if (at.some((i, axis) => i < 0 || i >= output[axis]!)) continue;
      const to = offset(shape, [image, Math.floor(c / (channels / groups)) * perGroup + o, ...at]);
      data[to] = data[to]! + value * weight.data[offset(weight.shape, [c, o, ...tap])]!;
    }
  }
  return { shape, data, dtype: 'float32' };
}

const groupsOf = (x: Plain) => ({ groups: x.shape[1]! });

function separable(
  x: Plain,
  depthwise: Plain,
  pointwise: Plain,
  bias: Plain | null = null,
  options: Options = {},
) {
  return conv(conv(x, depthwise, null, { ...options, ...groupsOf(x) }), pointwise, bias);
}

/** The convolution by the product of column and row. */
function spatialSeparable(
  x: Plain,
  column: Plain,
  row: Plain,
  bias: Plain | null = null,
  options: Options = {},
) {
  const [channels, , height] = column.shape as [number, number, number];
  const width = row.shape[3]!;
  const shape = [channels, 1, height, width];
  const data = indices(shape).map(
    ([c, , i, j]) => column.data[c! * height + i!]! * row.data[c! * width + j!]!,
  );
  return conv(x, { shape, data, dtype: 'float32' }, bias, { ...options, ...groupsOf(x) });
}

const convReference: Reference = { run: conv, tolerance: 0, linear: 'all' };
const transposeReference: Reference = { run: convTranspose, tolerance: 0, linear: 'all' };

export const references: Record<string, Reference> = {
  conv1d: convReference,
  conv2d: convReference,
  conv3d: convReference,
  convTranspose1d: transposeReference,
  convTranspose2d: transposeReference,
  convTranspose3d: transposeReference,
  separableConv1d: { run: separable, tolerance: 0, linear: 'all' },
  separableConv2d: { run: separable, tolerance: 0, linear: 'all' },
  separableConv3d: { run: separable, tolerance: 0, linear: 'all' },
  spatialSeparableConv2d: { run: spatialSeparable, tolerance: 0, linear: 'all' },
};
