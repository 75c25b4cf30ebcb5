/**
 * adaptiveAvgPool and adaptiveMaxPool: pooling whose windows, floor(i * in / out) .. ceil((i + 1) * in / out) along each axis,
 * give an output of the size that is asked for; globalAvgPool and globalMaxPool: one window, the whole plane. The
 * windows are worked out in crates/core/src/instructions/pool/problem.rs.
 *
 * params: reduction, rank, returnIndices, output size.. (0: the input's).
 * @category Pooling
 */
import { checkOptions, perAxis } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted } from '../base/errors.ts';
import { axisName } from '../base/faults.ts';
import { countOf } from '../instructions/emit.ts';
import { emitExtremumGradient, emitPool, emitPoolGradient, pooled } from '../instructions/emitPooling.ts';
import type { PoolProblem } from '../instructions/pool.ts';
import { POOL } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Window } from './operator.ts';
import { flag, requireRank, type Size } from './options.ts';
import { poolable } from './types.ts';

/** One number for all axes or one per axis; null keeps an axis as it is. */
export type AdaptiveSize = Size | readonly (number | null)[] | null;

/** The options of `adaptiveMaxPool1d`, `2d` and `3d`. */
export interface AdaptiveMaxPoolOptions<I extends boolean = boolean> {
  /** Give `[values, indices]`, the indices being positions in the input's own plane. Default false. */
  returnIndices?: I | undefined;
}

/** A window over nothing has no value. */
function requireElements(name: string, shape: readonly number[]): void {
  const axis = shape.indexOf(0, 2);
  if (axis < 0) return;
  throw new RangeError(`${name}: ${axisName(shape.length - 2, axis - 2)} of x is 0, must be at least 1`);
}

/** The reduction of planes of the size `from` to planes of the size `into`, of at most three axes each. */
function problemOf(
  { shape, dtype }: TensorType,
  reduction: number,
  from: readonly number[],
  into: readonly number[],
): PoolProblem {
  const axisOf = (i: number) => {
    const axis = i - 3 + from.length;
    return { input: from[axis] ?? 1, output: into[axis] ?? 1 };
  };
  const axes = [axisOf(0), axisOf(1), axisOf(2)] as const;
  return { placing: 'adaptive', axes, planes: countOf(shape.slice(0, 2)), reduction, dtype };
}

/** How an output of this size sees its input along each axis. */
function windowOf(from: readonly number[], into: readonly number[]): Window[] {
  return from.map((input, axis) => ({ kind: 'adaptive', input, output: into[axis] as number }));
}

function adaptiveEntry(name: string, kind: 'max' | 'avg', rank: number): Entry<PoolProblem> {
  const maximum = kind === 'max';
  return {
    name,
    torch: `torch.nn.functional.adaptive_${kind}_pool${rank}d`,
    onnx: [],
    args: ['x'],
    resolve([x], [reduction, , returnIndices, ...sizes]) {
      const { shape, dtype } = x!;
      poolable(name, x!, maximum);
      requireRank(name, 'x', shape, rank + 2);
      requireElements(name, shape);
      const from = shape.slice(2);
      const into = sizes.map((size, axis) => size || (from[axis] as number));
      return {
        ...pooled({ shape: [...shape.slice(0, 2), ...into], dtype }, maximum, returnIndices === 1),
        problem: problemOf(x!, reduction as number, from, into),
        window: windowOf(from, into),
      };
    },
    lower: emitPool,
    gradient: maximum ? emitExtremumGradient : emitPoolGradient,
    reads: { inputs: [], outputs: [1] },
  };
}

function sizeParams(name: string, outputSize: AdaptiveSize, rank: number): number[] {
  const some = (size: unknown) => (size === null ? 1 : size);
  const list = Array.isArray(outputSize);
  const given = list ? outputSize.map(some) : some(outputSize);
  const kept = (axis: number) => (list ? outputSize[axis] === null : outputSize === null);
  return perAxis(name, 'outputSize', given, rank, 1).map((size, axis) => (kept(axis) ? 0 : size));
}

function adaptiveAverage(rank: number) {
  const name = `adaptiveAvgPool${rank}d`;
  return operator(
    adaptiveEntry(name, 'avg', rank),
    (invoke) => {
      function pool(x: Tensor, outputSize: AdaptiveSize): Tensor {
        const params = [POOL.average, rank, 0, ...sizeParams(name, outputSize, rank)];
        return invoke([x], params)[0] as unknown as Tensor;
      }
      return pool;
    },
    { layer: `AdaptiveAvgPool${rank}d` },
  );
}

function adaptiveMaximum(rank: number) {
  const name = `adaptiveMaxPool${rank}d`;
  return operator(
    adaptiveEntry(name, 'max', rank),
    (invoke) => {
      function pool<D extends DType>(
        x: Tensor<D>,
        outputSize: AdaptiveSize,
        options?: AdaptiveMaxPoolOptions<false>,
      ): Tensor<D>;
      function pool<D extends DType>(
        x: Tensor<D>,
        outputSize: AdaptiveSize,
        options: AdaptiveMaxPoolOptions<true>,
      ): [Tensor<D>, Tensor<'int32'>];
      function pool(
        x: Tensor<DType>,
        outputSize: AdaptiveSize,
        options: AdaptiveMaxPoolOptions = {},
      ): Tensor<DType> | Tensor<DType>[] {
        checkOptions(name, options, ['returnIndices']);
        const indexed = flag(name, 'returnIndices', options.returnIndices ?? false);
        const outputs = invoke([x], [POOL.max, rank, indexed, ...sizeParams(name, outputSize, rank)]);
        return outputs.length === 1 ? (outputs[0] as Tensor<DType>) : outputs;
      }
      return pool;
    },
    { layer: `AdaptiveMaxPool${rank}d` },
  );
}

function globalEntry(name: string, kind: 'max' | 'avg'): Entry<PoolProblem> {
  const maximum = kind === 'max';
  return {
    name,
    torch: `torch.nn.functional.adaptive_${kind}_pool2d(x, 1)`,
    onnx: [maximum ? 'GlobalMaxPool' : 'GlobalAveragePool'],
    args: ['x'],
    resolve([x]) {
      const { shape, dtype } = x!;
      poolable(name, x!, maximum);
      if (shape.length < 3) {
        throw new RangeError(`${name}: x has ${counted(shape.length, 'axis', 'axes')}, must have at least 3`);
      }
      requireElements(name, shape);
      const [from, into] = [shape.slice(2), shape.slice(2).fill(1)];
      // A plane is contiguous, whatever its rank: its rows are those of the last axis.
      const plane = [countOf(from.slice(0, -1)), from.at(-1)!];
      return {
        ...pooled({ shape: [...shape.slice(0, 2), ...into], dtype }, maximum, false),
        problem: problemOf(x!, POOL[maximum ? 'max' : 'average'], plane, [1, 1]),
        window: windowOf(from, into),
      };
    },
    lower: emitPool,
    gradient: maximum ? emitExtremumGradient : emitPoolGradient,
    reads: { inputs: [], outputs: [1] },
  };
}

/**
 * The mean of each window of x, the windows being such that the output has `outputSize`: floor(i * in / out) to
 * ceil((i + 1) * in / out). As PyTorch's adaptive_avg_pool1d.
 * @param x [N, C, L] of float32
 * @param outputSize the output's size: one number, or [length]; an axis of null keeps its size
 * @returns [N, C, Lo] of that size
 * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
 */
export const adaptiveAvgPool1d = /*#__PURE__*/ adaptiveAverage(1);
/**
 * The mean of each window of x, the windows being such that the output has `outputSize`: floor(i * in / out) to
 * ceil((i + 1) * in / out). As PyTorch's adaptive_avg_pool2d.
 * @param x [N, C, H, W] of float32
 * @param outputSize the output's size: one number, or [height, width]; an axis of null keeps its size
 * @returns [N, C, Ho, Wo] of that size
 * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
 */
export const adaptiveAvgPool2d = /*#__PURE__*/ adaptiveAverage(2);
/**
 * The mean of each window of x, the windows being such that the output has `outputSize`: floor(i * in / out) to
 * ceil((i + 1) * in / out). As PyTorch's adaptive_avg_pool3d.
 * @param x [N, C, D, H, W] of float32
 * @param outputSize the output's size: one number, or [depth, height, width]; an axis of null keeps its size
 * @returns [N, C, Do, Ho, Wo] of that size
 * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
 */
export const adaptiveAvgPool3d = /*#__PURE__*/ adaptiveAverage(3);
/**
 * The largest element of each window of x, the windows being those of `adaptiveAvgPool1d`. NaN wins, the first of
 * equals counts.
 * @param x [N, C, L] of float32, uint8 or int8, which the result keeps
 * @param outputSize the output's size: one number, or [length]; an axis of null keeps its size
 * @returns [N, C, Lo] of that size; with `returnIndices` also where each element was
 * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
 */
export const adaptiveMaxPool1d = /*#__PURE__*/ adaptiveMaximum(1);
/**
 * The largest element of each window of x, the windows being those of `adaptiveAvgPool2d`. NaN wins, the first of
 * equals counts.
 * @param x [N, C, H, W] of float32, uint8 or int8, which the result keeps
 * @param outputSize the output's size: one number, or [height, width]; an axis of null keeps its size
 * @returns [N, C, Ho, Wo] of that size; with `returnIndices` also where each element was
 * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
 */
export const adaptiveMaxPool2d = /*#__PURE__*/ adaptiveMaximum(2);
/**
 * The largest element of each window of x, the windows being those of `adaptiveAvgPool3d`. NaN wins, the first of
 * equals counts.
 * @param x [N, C, D, H, W] of float32, uint8 or int8, which the result keeps
 * @param outputSize the output's size: one number, or [depth, height, width]; an axis of null keeps its size
 * @returns [N, C, Do, Ho, Wo] of that size; with `returnIndices` also where each element was
 * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
 */
export const adaptiveMaxPool3d = /*#__PURE__*/ adaptiveMaximum(3);

/**
 * The mean of each plane of x. As ONNX's GlobalAveragePool.
 * @param x [N, C, spatial...] of float32, with any number of spatial axes
 * @returns [N, C, 1...]
 * @throws RangeError for fewer than 3 axes, and an axis without elements; TypeError for a wrong kind
 */
export const globalAvgPool = /*#__PURE__*/ operator(
  /*#__PURE__*/ globalEntry('globalAvgPool', 'avg'),
  (invoke) =>
    (x: Tensor): Tensor =>
      invoke([x], [])[0] as unknown as Tensor,
  { layer: 'GlobalAvgPool' },
);

/**
 * The largest element of each plane of x. As ONNX's GlobalMaxPool.
 * @param x [N, C, spatial...] of float32, uint8 or int8, which the result keeps, with any number of spatial axes
 * @returns [N, C, 1...]
 * @throws RangeError for fewer than 3 axes, and an axis without elements; TypeError for a wrong kind
 */
export const globalMaxPool = /*#__PURE__*/ operator(
  /*#__PURE__*/ globalEntry('globalMaxPool', 'max'),
  (invoke) =>
    <D extends DType>(x: Tensor<D>): Tensor<D> =>
      invoke([x], [])[0] as unknown as Tensor<D>,
  { layer: 'GlobalMaxPool' },
);
