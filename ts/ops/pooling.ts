/**
 * maxPool, minPool, avgPool, sumPool and lpPool in one, two and three dimensions: one reduction over the elements of each
 * window x[n, c, p * stride + k * dilation - padding] (crates/core/src/instructions/pool.rs).
 *
 * params: reduction, rank, kernel.., stride.., dilation.., padding (mode, before and after..), rule, returnIndices,
 * countIncludePad, divisor (0: none), p.
 * @category Pooling
 */
import type { DType, TensorType } from '../dtype.ts';
import { checkOptions, integer, real, wrongValue } from '../errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { emitExtremumGradient, emitPoolGradient, indicesSaved } from '../instructions/emitPooling.ts';
import { type PoolProblem, writePool } from '../instructions/pool.ts';
import { POOL, RULE } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Entry, type Layered, type Lowered, operator, type Params } from './operator.ts';
import {
  flag,
  type Padding,
  paddingParams,
  type ResolvedWindow,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
  windowFields,
} from './options.ts';
import { poolable } from './types.ts';

export interface PoolOptions {
  /** Default: the kernel size. */
  stride?: Size;
  /** At most half the kernel where it is a number. Default 0. */
  padding?: Padding;
  /** Default 1. */
  dilation?: Size;
  /** Let a last, partial window begin inside the input. Default false. */
  ceilMode?: boolean;
}

export interface MaxPoolOptions<I extends boolean = boolean> extends PoolOptions {
  /** Give `[values, indices]`, the indices being positions in the input's own plane. Default false. */
  returnIndices?: I;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Divide by the part of the window inside the padded input rather than inside the input. Default true. */
  countIncludePad?: boolean;
  /** Divide by this instead. */
  divisorOverride?: number | null;
}

export interface LpPoolOptions extends PoolOptions {
  /** ONNX's sum of |x|^p instead of PyTorch's mean of x^p times the kernel's size. Default false. */
  absolute?: boolean;
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

/** What max and min pooling give: `[values, indices]` with `returnIndices: true`. */
export type Extremum<I extends boolean> = I extends true ? [Tensor, Tensor<'int32'>] : Tensor;

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

function windowOf(name: string, x: TensorType, params: Params): ResolvedWindow {
  const rank = params[1] as number;
  const part = (index: number) => params.slice(2 + index * rank, 2 + (index + 1) * rank);
  const padding = params.slice(2 + 3 * rank, 3 + 5 * rank);
  const rule = params[3 + 5 * rank] as number;
  const window = { rank, kernel: part(0), stride: part(1), dilation: part(2), padding, rule };
  return resolveWindow(name, x.shape.slice(2), window);
}

function infer(name: string, inputs: readonly (TensorType | null)[], params: Params): TensorType[] {
  const x = inputs[0] as TensorType;
  const [reduction, rank] = params as [number, number];
  poolable(name, x, reduction === POOL.max || reduction === POOL.min);
  requireRank(name, 'x', x.shape, rank + 2);
  const shape = [...x.shape.slice(0, 2), ...windowOf(name, x, params).output];
  const values: TensorType = { shape, dtype: x.dtype };
  return params[4 + 5 * rank] === 1 ? [values, { shape, dtype: 'int32' }] : [values];
}

/** What the instructions compute. */
function problemOf(name: string, x: TensorType, params: Params): PoolProblem {
  const rank = params[1] as number;
  const [rule, , countIncludePad, divisor, p] = params.slice(3 + 5 * rank);
  return {
    planes: (x.shape[0] as number) * (x.shape[1] as number),
    axes: windowOf(name, x, params).axes,
    reduction: params[0] as number,
    dtype: x.dtype,
    ceil: ((rule as number) & RULE.ceil) !== 0,
    countIncludePad: countIncludePad === 1,
    divisor: divisor as number,
    p: p as number,
  };
}

function lower(name: string, to: Builder, { types: [x], params, inputs, outputs, saved }: Lowered): void {
  const operands = { x: inputs[0]!, y: outputs[0]!, indices: outputs[1] ?? saved?.[0] };
  writePool(to, operands, problemOf(name, x!, params));
}

/** The layer: MaxPool2d of maxPool2d, LPPool2d of lpPool2d. */
const layered = (name: string): Layered => ({
  layer: name.replace(/^(lp|.)/, (start) => start.toUpperCase()),
});

function entry(name: string, rank: number, torch: string, onnx: readonly string[]): Entry {
  return {
    name,
    torch,
    onnx,
    args: ['x'],
    infer: (inputs, params) => infer(name, inputs, params),
    lower: (to, node) => lower(name, to, node),
    field: ([x], params) => windowFields(windowOf(name, x!, params), rank),
  };
}

/** The entry of a reduction of sums: the adjoint spreads what flows back over the windows. */
function sumEntry(name: string, rank: number, torch: string, onnx: readonly string[]): Entry {
  return {
    ...entry(name, rank, torch, onnx),
    gradient: (to, { types: [x], params, inputs: [from], outputs: [y], gradients }) => [
      emitPoolGradient(to, problemOf(name, x!, params), x!, gradients[0]!, from!, y!),
    ],
  };
}

/** maxPool and minPool: the values, and where they are. */
function extremum(kind: 'max' | 'min', rank: number, torch: string, onnx: readonly string[]) {
  const name = `${kind}Pool${rank}d`;
  const positions: Pick<Entry, 'saves' | 'gradient'> = {
    saves: (inputs, params) => indicesSaved(infer(name, inputs, params)),
    gradient: (to: Builder, node: Backward): readonly Buffer[] => [emitExtremumGradient(to, node)],
  };
  return operator(
    { ...entry(name, rank, torch, onnx), ...positions },
    (invoke) => {
      /**
       * The largest (or smallest) element of each window of x [N, C, spatial...]; NaN wins, the first of equals counts. Takes
       * float32, uint8 and int8.
       * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
       */
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

function average(rank: number) {
  const name = `avgPool${rank}d`;
  return operator(
    sumEntry(name, rank, `torch.nn.functional.avg_pool${rank}d`, ['AveragePool']),
    (invoke) =>
      /**
       * The mean of each window of x [N, C, spatial...], padding being zero.
       * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
       */
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
    sumEntry(name, rank, `torch.nn.functional.avg_pool${rank}d(divisor_override=1)`, []),
    (invoke) =>
      /**
       * The sum of each window of x [N, C, spatial...].
       * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
       */
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
    sumEntry(name, rank, `torch.nn.functional.lp_pool${rank}d`, ['LpPool']),
    (invoke) => {
      /**
       * (mean of x^p over each window's part inside the padded input, times the kernel's size)^(1/p), p being `normType`; with
       * `absolute` the sum of |x|^p instead.
       * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
       */
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

export const maxPool1d = /*#__PURE__*/ extremum('max', 1, 'torch.nn.functional.max_pool1d', ['MaxPool']);
export const maxPool2d = /*#__PURE__*/ extremum('max', 2, 'torch.nn.functional.max_pool2d', ['MaxPool']);
export const maxPool3d = /*#__PURE__*/ extremum('max', 3, 'torch.nn.functional.max_pool3d', ['MaxPool']);
export const minPool1d = /*#__PURE__*/ extremum('min', 1, 'torch.nn.functional.max_pool1d(-x)', []);
export const minPool2d = /*#__PURE__*/ extremum('min', 2, 'torch.nn.functional.max_pool2d(-x)', []);
export const minPool3d = /*#__PURE__*/ extremum('min', 3, 'torch.nn.functional.max_pool3d(-x)', []);
export const avgPool1d = /*#__PURE__*/ average(1);
export const avgPool2d = /*#__PURE__*/ average(2);
export const avgPool3d = /*#__PURE__*/ average(3);
export const sumPool1d = /*#__PURE__*/ total(1);
export const sumPool2d = /*#__PURE__*/ total(2);
export const sumPool3d = /*#__PURE__*/ total(3);
export const lpPool1d = /*#__PURE__*/ powerMean(1);
export const lpPool2d = /*#__PURE__*/ powerMean(2);
export const lpPool3d = /*#__PURE__*/ powerMean(3);
