/** The axes of a window as instructions have them: always three, depth, height and width. */

/** Tap `k` of output `o` reads input `o * stride - lo + k * dilation`; outside of it lies padding. */
export interface Axis {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and after. */
  readonly lo: number;
  readonly hi: number;
}

export type Axes = readonly [Axis, Axis, Axis];

/** The axis of a problem that lacks it: one element. */
export const UNIT: Axis = { input: 1, kernel: 1, stride: 1, dilation: 1, lo: 0, hi: 0 };

/** Three axes of one element each. */
export const PIXEL: Axes = [UNIT, UNIT, UNIT];

/** Something of each axis. */
export function perAxis<T>(axes: Axes, of: (axis: Axis, index: number) => T): [T, T, T] {
  return axes.map(of) as [T, T, T];
}

/** The kernel's sizes. */
export const kernelOf = ([depth, height, width]: Axes): [number, number, number] => [
  depth.kernel,
  height.kernel,
  width.kernel,
];

/** The input's sizes. */
export const inputOf = (axes: Axes): [number, number, number] => perAxis(axes, ({ input }) => input);

/** Six words for each axis. */
export function axisWords(axes: Axes): number[] {
  const words: number[] = [];
  for (const axis of axes) words.push(axis.input, axis.kernel, axis.stride, axis.dilation, axis.lo, axis.hi);
  return words;
}
