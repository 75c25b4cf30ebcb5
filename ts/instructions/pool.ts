/** Instructions of pooling and of its gradients (crates/core/src/instructions/pool.rs and scatter.rs). */
import { DTYPE } from '../base/boundary.ts';
import { type DType, dtypeId } from '../base/dtype.ts';
import { GRADIENTS, SELECTION } from '../engine/side.ts';
import { type Axes, axisWords } from './axes.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import { OP, PLACING, type WRITING } from './table.ts';

/** An axis whose windows, floor(i * input / output) .. ceil((i + 1) * input / output), follow from its sizes. */
interface AdaptiveAxis {
  readonly input: number;
  readonly output: number;
}

/** An axis whose windows begin where sample `sample` of each plane's `samples` says. */
export interface FractionalAxis extends AdaptiveAxis {
  readonly kernel: number;
  readonly sample: number;
  readonly samples: number;
}

export type Three<T> = readonly [T, T, T];

/** Three axes, and how windows lie along them. */
export type Windows =
  | { readonly placing?: 'regular'; readonly axes: Axes }
  | { readonly placing: 'adaptive'; readonly axes: Three<AdaptiveAxis> }
  | { readonly placing: 'fractional'; readonly axes: Three<FractionalAxis> };

/** One pooling, forward or backward. */
export type PoolProblem = Windows & {
  readonly planes: number;
  /** POOL. */
  readonly reduction: number;
  readonly dtype: DType;
  /** A last, partial window may begin inside the input. */
  readonly ceil?: boolean;
  readonly countIncludePad?: boolean;
  /** 0: none. */
  readonly divisor?: number;
  readonly p?: number;
};

function windowWords(windows: Windows): number[] {
  switch (windows.placing) {
    case 'adaptive':
      return windows.axes.flatMap(({ input, output }) => [input, 1, output, 0, 0, 0]);
    case 'fractional':
      return windows.axes.flatMap(({ input, kernel, output, sample, samples }) => [
        ...[input, kernel, output, sample, samples, 0],
      ]);
    default:
      return axisWords(windows.axes);
  }
}

function poolWords(problem: PoolProblem): number[] {
  const { planes, reduction, dtype, placing = 'regular' } = problem;
  const { ceil = false, countIncludePad = true, divisor = 0, p = 0 } = problem;
  const flags = [ceil ? 1 : 0, countIncludePad ? 1 : 0];
  return [
    ...[dtypeId(dtype), planes, ...windowWords(problem), reduction],
    ...[...flags, divisor, bits(p), PLACING[placing]],
  ];
}

/** y = pool(x), and for maxima where they are. */
export function writePool(
  to: Builder,
  { x, samples = null, y, indices = null }: OperandsOf<'pool'>,
  problem: PoolProblem,
): void {
  to.step(OP.pool, [x, samples], [y, indices], poolWords(problem));
}

/** dx of a mean, a sum or a norm; norms read x and y. */
export function writePoolGradient(
  to: Builder,
  { dy, x = null, y = null, dx }: OperandsOf<'poolGradient'>,
  problem: PoolProblem,
): void {
  to.needs(GRADIENTS);
  to.step(OP.poolGradient, [dy, x, y], [dx], poolWords(problem));
}

/** Planes of values, of which some have indices into the others. */
export interface IndexedPlanes {
  readonly planes: number;
  /** Elements of a plane that has indices. */
  readonly indexed: number;
  /** Elements of a plane that indices point into. */
  readonly size: number;
}

const planeWords = ({ planes, indexed, size }: IndexedPlanes): number[] => [
  ...[DTYPE.float32, planes, indexed, size],
];

interface ScatterOptions extends IndexedPlanes {
  /** WRITING. */
  readonly writing: (typeof WRITING)[keyof typeof WRITING];
}

/** y[plane, indices[plane, i]] = or += x[plane, i]. */
export function writeScatter(
  to: Builder,
  { x, indices, y }: OperandsOf<'scatter'>,
  { writing, ...planes }: ScatterOptions,
): void {
  to.needs(SELECTION);
  to.step(OP.scatter, [x, indices], [y], [...planeWords(planes), writing]);
}

/** y[plane, i] = x[plane, indices[plane, i]]. */
export function writeGather(
  to: Builder,
  { x, indices, y }: OperandsOf<'gather'>,
  planes: IndexedPlanes,
): void {
  to.needs(SELECTION);
  to.step(OP.gather, [x, indices], [y], planeWords(planes));
}
