/**
 * maxPool, minPool, avgPool, sumPool and lpPool in one, two and three dimensions: one reduction over the elements of each
 * window x[n, c, p * stride + k * dilation - padding] (crates/core/src/instructions/pool.rs).
 *
 * params: reduction, rank, kernel.., stride.., dilation.., padding (mode, before and after..), rule, returnIndices,
 * countIncludePad, divisor (0: none), p.
 * @category Pooling
 */
import { checkOptions, integer, real } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { wrongValue } from '../base/errors.ts';
import { emitExtremumGradient, emitPool, emitPoolGradient, pooled } from '../instructions/emitPooling.ts';
import type { PoolProblem } from '../instructions/pool.ts';
import { POOL, RULE } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, type Layered, operator, type Params, type Resolved, type Types } from './operator.ts';
import {
  flag,
  type Padding,
  paddingParams,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
  taking,
  windowsOf,
  withPadding,
} from './options.ts';
import { poolable } from './types.ts';

/** The options of `sumPool1d`, `2d` and `3d`, and what all pooling has. */
export interface PoolOptions {
  /** How far the window moves. Default: the kernel size. */
  stride?: Size | undefined;
  /**
   * Elements around x, which never win and which means count as zeros; at most half the kernel where it is a
   * number. Default 0.
   */
  padding?: Padding | undefined;
  /** How far apart the window's elements lie. Default 1. */
  dilation?: Size | undefined;
  /** Let a last, partial window begin inside the input. Default false. */
  ceilMode?: boolean | undefined;
}

/** The options of `maxPool1d`, `2d`, `3d` and `minPool1d`, `2d`, `3d`. */
export interface MaxPoolOptions<I extends boolean = boolean> extends PoolOptions {
  /** Give `[values, indices]`, the indices being positions in the input's own plane. Default false. */
  returnIndices?: I | undefined;
}

/** The options of `avgPool1d`, `2d` and `3d`. */
export interface AvgPoolOptions extends PoolOptions {
  /** Divide by the part of the window inside the padded input rather than inside the input. Default true. */
  countIncludePad?: boolean | undefined;
  /** Divide by this instead. */
  divisorOverride?: number | null | undefined;
}

/** The options of `lpPool1d`, `2d` and `3d`. */
export interface LpPoolOptions extends PoolOptions {
  /** ONNX's sum of |x|^p instead of PyTorch's mean of x^p times the kernel's size. Default false. */
  absolute?: boolean | undefined;
}

const WINDOW_OPTIONS: readonly string[] = ['stride', 'padding', 'dilation', 'ceilMode'];
/** The options that each kind of pool has. */
const POOL_OPTIONS: Record<'extremum' | 'average' | 'sum' | 'power', readonly string[]> = {
  extremum: /*#__PURE__*/ WINDOW_OPTIONS.concat('returnIndices'),
  average: /*#__PURE__*/ WINDOW_OPTIONS.concat('countIncludePad', 'divisorOverride'),
  sum: WINDOW_OPTIONS,
  power: /*#__PURE__*/ WINDOW_OPTIONS.concat('absolute'),
};
const PADDINGS = ['same', 'same-lower', 'valid'];

/** What max and min pooling give: the values, or `[values, indices]` with `returnIndices: true`. */
export type Extremum<I extends boolean, D extends DType = 'float32'> = I extends true
  ? [Tensor<D>, Tensor<'int32'>]
  : Tensor<D>;

/** What params hold besides the window. */
interface Reducing {
  readonly reduction: number;
  readonly returnIndices?: boolean;
  readonly countIncludePad?: boolean;
  readonly divisor?: number;
  readonly p?: number;
}

function poolParams(
  name: string,
  rank: number,
  kernelSize: Size,
  options: PoolOptions,
  how: Reducing,
): number[] {
  const kernel = sizes(name, 'kernelSize', kernelSize, rank);
  const { stride = kernel, padding = 0, dilation = 1, ceilMode = false } = options;
  const { reduction, returnIndices = false, countIncludePad = true, divisor = 0, p = 0 } = how;
  const pairs = Array.isArray(padding) && padding.some(Array.isArray);
  const limited = !pairs && typeof padding !== 'string';
  return [
    reduction,
    rank,
    ...kernel,
    ...sizes(name, 'stride', stride, rank),
    ...sizes(name, 'dilation', dilation, rank),
    ...paddingParams(name, padding, rank, PADDINGS),
    (flag(name, 'ceilMode', ceilMode) ? RULE.ceil : 0) | (limited ? RULE.pooling : 0),
    flag(name, 'returnIndices', returnIndices),
    flag(name, 'countIncludePad', countIncludePad),
    divisor,
    p,
  ];
}

/** What poolParams wrote. */
function readParams([reduction = 0, rank = 0, ...rest]: Params) {
  const take = taking(rest);
  const [kernel, stride, dilation, padding] = [take(rank), take(rank), take(rank), take(1 + 2 * rank)];
  const [rule = 0, returnIndices, countIncludePad, divisor = 0, p = 0] = take(5);
  return {
    ...{ reduction, divisor, p },
    window: { rank, kernel, stride, dilation, padding, rule },
    ceil: (rule & RULE.ceil) !== 0,
    returnIndices: returnIndices === 1,
    countIncludePad: countIncludePad === 1,
  };
}

function resolve(name: string, [x]: Types, params: Params): Resolved<PoolProblem> {
  const { window, returnIndices, ...how } = readParams(params);
  const { shape, dtype } = x!;
  const extremum = how.reduction === POOL.max || how.reduction === POOL.min;
  poolable(name, x!, extremum);
  requireRank(name, 'x', shape, window.rank + 2);
  const resolved = resolveWindow(name, shape.slice(2), window);
  const [n, channels] = shape as [number, number];
  return {
    ...pooled({ shape: [n, channels, ...resolved.output], dtype }, extremum, returnIndices),
    problem: { ...how, planes: n * channels, axes: resolved.axes, dtype },
    window: windowsOf(resolved),
  };
}

/**
 * The params with more padding around x: of maxima what is smaller than all, and of averages and sums zeros, which count. Other
 * padding, indices, and windows that begin outside of x, would tell one from the other.
 */
function wider(params: Params, value: number, widths: readonly number[]): Params | null {
  const { reduction, window, ceil, returnIndices, countIncludePad } = readParams(params);
  const { rank, padding } = window;
  const isMaximum = reduction === POOL.max;
  const counts = countIncludePad || padding.every((width) => width === 0);
  const isNothing = isMaximum ? value === -Infinity : value === 0 && reduction !== POOL.min && counts;
  if (ceil || returnIndices || !isNothing) return null;
  const at = 2 + 3 * rank;
  const rule = at + 1 + 2 * rank;
  // No limit by the kernel's size, and padding counts.
  return (
    withPadding(params, at, widths)?.map((own, i) =>
      i === rule ? 0 : i === rule + 2 && !isMaximum ? 1 : own,
    ) ?? null
  );
}

/** The layer: MaxPool2d of maxPool2d, LPPool2d of lpPool2d. */
const layered = (name: string): Layered => ({
  layer: name.replace(/^(lp|.)/, (start) => start.toUpperCase()),
});

function entry(
  name: string,
  torch: string,
  onnx: readonly string[],
  gradient: NonNullable<Entry<PoolProblem>['gradient']>,
  own: Pick<Entry<PoolProblem>, 'reads' | 'traits'> = {},
): Entry<PoolProblem> {
  return {
    name,
    torch,
    onnx,
    args: ['x'],
    resolve: (types, params) => resolve(name, types, params),
    lower: emitPool,
    gradient,
    ...own,
    traits: { pads: wider, ...own.traits },
  };
}

/** maxPool and minPool: the values, and where they are. */
function extremum(kind: 'max' | 'min', rank: number, torch: string, onnx: readonly string[]) {
  const name = `${kind}Pool${rank}d`;
  return operator(
    entry(name, torch, onnx, emitExtremumGradient, {
      reads: { inputs: [], outputs: [1] },
      traits: { picks: true },
    }),
    (invoke) => {
      function pool<D extends DType>(
        x: Tensor<D>,
        kernelSize: Size,
        options?: MaxPoolOptions<false>,
      ): Tensor<D>;
      function pool<D extends DType>(
        x: Tensor<D>,
        kernelSize: Size,
        options: MaxPoolOptions<true>,
      ): [Tensor<D>, Tensor<'int32'>];
      function pool(
        x: Tensor<DType>,
        kernelSize: Size,
        options: MaxPoolOptions = {},
      ): Tensor<DType> | Tensor<DType>[] {
        checkOptions(name, options, POOL_OPTIONS.extremum);
        const { returnIndices = false } = options;
        const how = { reduction: POOL[kind], returnIndices };
        const outputs = invoke([x], poolParams(name, rank, kernelSize, options, how));
        return outputs.length === 1 ? (outputs[0] as Tensor<DType>) : outputs;
      }
      return pool;
    },
    layered(name),
  );
}

/** The gradient of a sum is the same wherever it is taken. */
const READS_NOTHING = { reads: { inputs: [], outputs: [] } };

function average(rank: number) {
  const name = `avgPool${rank}d`;
  return operator(
    entry(name, `torch.nn.functional.avg_pool${rank}d`, ['AveragePool'], emitPoolGradient, READS_NOTHING),
    (invoke) =>
      (x: Tensor, kernelSize: Size, options: AvgPoolOptions = {}): Tensor => {
        checkOptions(name, options, POOL_OPTIONS.average);
        const { countIncludePad = true, divisorOverride = null } = options;
        const divisor = divisorOverride === null ? 0 : integer(name, 'divisorOverride', divisorOverride, 1);
        const how = { reduction: POOL.average, countIncludePad, divisor };
        return invoke([x], poolParams(name, rank, kernelSize, options, how))[0] as unknown as Tensor;
      },
    layered(name),
  );
}

function total(rank: number) {
  const name = `sumPool${rank}d`;
  return operator(
    entry(
      name,
      `torch.nn.functional.avg_pool${rank}d(divisor_override=1)`,
      [],
      emitPoolGradient,
      READS_NOTHING,
    ),
    (invoke) =>
      (x: Tensor, kernelSize: Size, options: PoolOptions = {}): Tensor => {
        checkOptions(name, options, POOL_OPTIONS.sum);
        const how = { reduction: POOL.sum };
        return invoke([x], poolParams(name, rank, kernelSize, options, how))[0] as unknown as Tensor;
      },
    layered(name),
  );
}

function powerMean(rank: number) {
  const name = `lpPool${rank}d`;
  return operator(
    entry(name, `torch.nn.functional.lp_pool${rank}d`, ['LpPool'], emitPoolGradient),
    (invoke) => {
      function pool(x: Tensor, normType: number, kernelSize: Size, options: LpPoolOptions = {}): Tensor {
        checkOptions(name, options, POOL_OPTIONS.power);
        const p = real(name, 'normType', normType);
        if (p <= 0) throw wrongValue(name, 'normType', normType, 'above 0');
        const absolute = flag(name, 'absolute', options.absolute ?? false) === 1;
        const how = { reduction: absolute ? POOL.lpAbsolute : POOL.lp, p };
        return invoke([x], poolParams(name, rank, kernelSize, options, how))[0] as unknown as Tensor;
      }
      return pool;
    },
    layered(name),
  );
}

/**
 * The largest element of each window of x; NaN wins, the first of equals counts. As PyTorch's max_pool1d and ONNX's
 * MaxPool.
 * @param x [N, C, L] of float32, uint8 or int8, which the result keeps
 * @param kernelSize the window's size: one number, or [length]
 * @returns [N, C, Lo], Lo = floor((L + padding - dilation * (kernelSize - 1) - 1) / stride) + 1 with the padding of
 * both sides; with `returnIndices` also where each element was
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const maxPool1d = /*#__PURE__*/ extremum('max', 1, 'torch.nn.functional.max_pool1d', ['MaxPool']);
/**
 * The largest element of each window of x; NaN wins, the first of equals counts. As PyTorch's max_pool2d and ONNX's MaxPool.
 * @param x [N, C, H, W] of float32, uint8 or int8, which the result keeps
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C, Ho, Wo], Ho = floor((H + padding - dilation * (kernelSize - 1) - 1) / stride) + 1 with the padding of both
 * sides; with `returnIndices` also where each element was
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 * @example
 * ```ts
 * const y = maxPool2d(x, 2); // half as high and wide
 * const [values, indices] = maxPool2d(x, 3, { stride: 2, padding: 1, returnIndices: true });
 * ```
 */
export const maxPool2d = /*#__PURE__*/ extremum('max', 2, 'torch.nn.functional.max_pool2d', ['MaxPool']);
/**
 * The largest element of each window of x; NaN wins, the first of equals counts. As PyTorch's max_pool3d and ONNX's
 * MaxPool.
 * @param x [N, C, D, H, W] of float32, uint8 or int8, which the result keeps
 * @param kernelSize the window's size: one number, or [depth, height, width]
 * @returns [N, C, Do, Ho, Wo], Ho = floor((H + padding - dilation * (kernelSize - 1) - 1) / stride) + 1 with the
 * padding of both sides; with `returnIndices` also where each element was
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const maxPool3d = /*#__PURE__*/ extremum('max', 3, 'torch.nn.functional.max_pool3d', ['MaxPool']);
/**
 * The smallest element of each window of x: `maxPool1d` of -x, negated; NaN wins, the first of equals counts.
 * @param x [N, C, L] of float32, uint8 or int8, which the result keeps
 * @param kernelSize the window's size: one number, or [length]
 * @returns [N, C, Lo], of the size that `maxPool1d` gives; with `returnIndices` also where each element was
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const minPool1d = /*#__PURE__*/ extremum('min', 1, 'torch.nn.functional.max_pool1d(-x)', []);
/**
 * The smallest element of each window of x: `maxPool2d` of -x, negated; NaN wins, the first of equals counts.
 * @param x [N, C, H, W] of float32, uint8 or int8, which the result keeps
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives; with `returnIndices` also where each element was
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const minPool2d = /*#__PURE__*/ extremum('min', 2, 'torch.nn.functional.max_pool2d(-x)', []);
/**
 * The smallest element of each window of x: `maxPool3d` of -x, negated; NaN wins, the first of equals counts.
 * @param x [N, C, D, H, W] of float32, uint8 or int8, which the result keeps
 * @param kernelSize the window's size: one number, or [depth, height, width]
 * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives; with `returnIndices` also where each element was
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const minPool3d = /*#__PURE__*/ extremum('min', 3, 'torch.nn.functional.max_pool3d(-x)', []);
/**
 * The mean of each window of x, padding being zero. As PyTorch's avg_pool1d and ONNX's AveragePool.
 * @param x [N, C, L] of float32
 * @param kernelSize the window's size: one number, or [length]
 * @returns [N, C, Lo], of the size that `maxPool1d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const avgPool1d = /*#__PURE__*/ average(1);
/**
 * The mean of each window of x, padding being zero. As PyTorch's avg_pool2d and ONNX's AveragePool.
 * @param x [N, C, H, W] of float32
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const avgPool2d = /*#__PURE__*/ average(2);
/**
 * The mean of each window of x, padding being zero. As PyTorch's avg_pool3d and ONNX's AveragePool.
 * @param x [N, C, D, H, W] of float32
 * @param kernelSize the window's size: one number, or [depth, height, width]
 * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const avgPool3d = /*#__PURE__*/ average(3);
/**
 * The sum of each window of x.
 * @param x [N, C, L] of float32
 * @param kernelSize the window's size: one number, or [length]
 * @returns [N, C, Lo], of the size that `maxPool1d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const sumPool1d = /*#__PURE__*/ total(1);
/**
 * The sum of each window of x.
 * @param x [N, C, H, W] of float32
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const sumPool2d = /*#__PURE__*/ total(2);
/**
 * The sum of each window of x.
 * @param x [N, C, D, H, W] of float32
 * @param kernelSize the window's size: one number, or [depth, height, width]
 * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const sumPool3d = /*#__PURE__*/ total(3);
/**
 * (mean of x^p over each window's part inside the padded input, times the kernel's size)^(1/p), p being `normType`,
 * as PyTorch's lp_pool1d; with `absolute` the sum of |x|^p instead, as ONNX's LpPool.
 * @param x [N, C, L] of float32
 * @param normType p
 * @param kernelSize the window's size: one number, or [length]
 * @returns [N, C, Lo], of the size that `maxPool1d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const lpPool1d = /*#__PURE__*/ powerMean(1);
/**
 * (mean of x^p over each window's part inside the padded input, times the kernel's size)^(1/p), p being `normType`,
 * as PyTorch's lp_pool2d; with `absolute` the sum of |x|^p instead, as ONNX's LpPool.
 * @param x [N, C, H, W] of float32
 * @param normType p
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const lpPool2d = /*#__PURE__*/ powerMean(2);
/**
 * (mean of x^p over each window's part inside the padded input, times the kernel's size)^(1/p), p being `normType`,
 * as PyTorch's lp_pool3d; with `absolute` the sum of |x|^p instead, as ONNX's LpPool.
 * @param x [N, C, D, H, W] of float32
 * @param normType p
 * @param kernelSize the window's size: one number, or [depth, height, width]
 * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives
 * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
 */
export const lpPool3d = /*#__PURE__*/ powerMean(3);
