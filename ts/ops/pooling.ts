/**
 * maxPool1d, maxPool2d, maxPool3d: y[n, c, p] = max over k of x[n, c, p * stride + k * dilation - padding], padded
 * with minus infinity; with `returnIndices` also each maximum's position in its own plane.
 *
 * params: rank, kernel.., stride.., dilation.., padding (mode, before and after..), ceilMode, returnIndices.
 */
import { type DType, dtypeId, type TensorType } from '../dtype.ts';
import { checkOptions } from '../errors.ts';
import { type Lowering, OP } from '../graph/lowering.ts';
import type { Tensor } from '../tensor.ts';
import { windowFields } from './convolution.ts';
import { type Entry, type Lowered, operator, type Params } from './operator.ts';
import {
  flag,
  type Padding,
  paddingParams,
  type ResolvedWindow,
  RULE,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
} from './options.ts';

export interface MaxPoolOptions<I extends boolean = boolean> {
  /** Default: the kernel size. */
  stride?: Size;
  /** At most half the kernel where it is a number. Default 0. */
  padding?: Padding;
  /** Default 1. */
  dilation?: Size;
  /** Let a last, partial window begin inside the input. Default false. */
  ceilMode?: boolean;
  /** Give `[values, indices]`. Default false. */
  returnIndices?: I;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices'];
const PADDINGS = ['same', 'same-lower', 'valid'];

function poolParams(name: string, rank: number, kernelSize: Size, options: MaxPoolOptions = {}): number[] {
  checkOptions(name, options, OPTIONS);
  const kernel = sizes(name, 'kernelSize', kernelSize, rank);
  const { stride = kernel, padding = 0, dilation = 1, ceilMode = false, returnIndices = false } = options;
  const pairs = Array.isArray(padding) && padding.some(Array.isArray);
  return [
    rank,
    ...kernel,
    ...sizes(name, 'stride', stride, rank),
    ...sizes(name, 'dilation', dilation, rank),
    ...paddingParams(name, padding, rank, PADDINGS),
    (flag(name, 'ceilMode', ceilMode) ? RULE.ceil : 0) |
      (pairs || typeof padding === 'string' ? 0 : RULE.pooling),
    flag(name, 'returnIndices', returnIndices),
  ];
}

function windowOf(name: string, x: TensorType, params: Params): ResolvedWindow {
  const rank = params[0] as number;
  return resolveWindow(name, x.shape.slice(2), {
    rank,
    kernel: params.slice(1, 1 + rank),
    stride: params.slice(1 + rank, 1 + 2 * rank),
    dilation: params.slice(1 + 2 * rank, 1 + 3 * rank),
    padding: params.slice(1 + 3 * rank, 2 + 5 * rank),
    rule: params[2 + 5 * rank] as number,
  });
}

function infer(name: string, inputs: readonly (TensorType | null)[], params: Params): TensorType[] {
  const x = inputs[0] as TensorType;
  const rank = params[0] as number;
  if (x.dtype === 'int32') throw new TypeError(`${name}: x is int32, must be float32, uint8 or int8`);
  requireRank(name, 'x', x.shape, rank + 2);
  const shape = [...x.shape.slice(0, 2), ...windowOf(name, x, params).output];
  const values: TensorType = { shape, dtype: x.dtype };
  return params[3 + 5 * rank] === 1 ? [values, { shape, dtype: 'int32' }] : [values];
}

const MAX = 0;

function lower(name: string, to: Lowering, { types, params, inputs, outputs }: Lowered): void {
  const x = types[0] as TensorType;
  const rank = params[0] as number;
  const planes = (x.shape[0] as number) * (x.shape[1] as number);
  const ceil = (params[2 + 5 * rank] as number) & RULE.ceil;
  const words = [planes, ...windowOf(name, x, params).axes, MAX, dtypeId(x.dtype), ceil, 1, 0, 0];
  to.step(OP.pool, [inputs[0]!], [outputs[0]!, outputs[1] ?? null], words);
}

function entry(rank: number): Entry {
  const name = `maxPool${rank}d`;
  return {
    name,
    torch: `torch.nn.functional.max_pool${rank}d`,
    onnx: ['MaxPool'],
    args: ['x'],
    infer: (inputs, params) => infer(name, inputs, params),
    lower: (to, node) => lower(name, to, node),
    field: ([x], params) => windowFields(windowOf(name, x!, params), rank),
  };
}

function maxPool(rank: number) {
  const name = `maxPool${rank}d`;
  return operator(entry(rank), (invoke) => {
    /**
     * The maximum over each window of x [N, C, spatial...]; NaN wins. Takes float32, uint8 and int8.
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
      options?: MaxPoolOptions,
    ): Tensor<DType> | Tensor<DType>[] {
      const outputs = invoke([x], poolParams(name, rank, kernelSize, options));
      return outputs.length === 1 ? (outputs[0] as Tensor<DType>) : outputs;
    }
    return pool;
  });
}

export const maxPool1d = /*#__PURE__*/ maxPool(1);
export const maxPool2d = /*#__PURE__*/ maxPool(2);
export const maxPool3d = /*#__PURE__*/ maxPool(3);
