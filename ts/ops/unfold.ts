/**
 * unfold: each window of x [N, C, H, W] as a column, [N, C * kh * kw, windows]; fold: its adjoint, columns summed to where
 * they came from. Per tap of the kernel one strided copy, or accumulation, of what lies inside x. Each is the other's
 * gradient.
 *
 * params: kernel.., stride.., dilation.., padding (mode, before and after..); of fold also the output's height and width.
 * @category Convolution
 */
import { bytesPer, type DType, type TensorType } from '../dtype.ts';
import { checkOptions, elementCount, perAxis, shapeText } from '../errors.ts';
import type { Axis } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeAccumulate, writeCopy, writeFill } from '../instructions/copy.ts';
import { emitFill, newBlock } from '../instructions/emit.ts';
import { stridesOf } from '../instructions/walk.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operator, type Params } from './operator.ts';
import {
  type Padding,
  paddingParams,
  type ResolvedWindow,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
} from './options.ts';
import { float32 } from './types.ts';

export interface UnfoldOptions {
  /** Default 1. */
  dilation?: Size;
  /** Zeros around x. Default 0. */
  padding?: Padding;
  /** Default 1. */
  stride?: Size;
}

const UNFOLD_OPTIONS: readonly string[] = ['dilation', 'padding', 'stride'];
const PADDINGS = ['same', 'same-lower', 'valid', 'full'];

function unfoldParams(name: string, kernelSize: Size, options: UnfoldOptions = {}): number[] {
  checkOptions(name, options, UNFOLD_OPTIONS);
  const { stride = 1, dilation = 1, padding = 0 } = options;
  return [
    ...sizes(name, 'kernelSize', kernelSize, 2),
    ...sizes(name, 'stride', stride, 2),
    ...sizes(name, 'dilation', dilation, 2),
    ...paddingParams(name, padding, 2, PADDINGS),
  ];
}

function windowOf(name: string, spatial: readonly number[], params: Params): ResolvedWindow {
  return resolveWindow(name, spatial, {
    rank: 2,
    kernel: params.slice(0, 2),
    stride: params.slice(2, 4),
    dilation: params.slice(4, 6),
    padding: params.slice(6, 11),
    rule: 0,
  });
}

/** The windows along an axis whose tap lies inside the input: the first of them, how many, and where it reads. */
function inside({ input, stride, dilation, lo }: Axis, tap: number, windows: number) {
  const shift = tap * dilation - lo;
  const first = Math.max(0, Math.ceil(-shift / stride));
  const until = Math.min(windows, Math.floor((input - 1 - shift) / stride) + 1);
  return { first, count: Math.max(0, until - first), start: first * stride + shift, stride };
}

/** Per tap the walk of its values through x, and that through the columns. */
function tapsOf(x: readonly number[], { output, axes }: ResolvedWindow) {
  const [n, channels, height, width] = x as [number, number, number, number];
  const [, rows, columns] = axes;
  const [kh, kw] = [rows.kernel, columns.kernel];
  const [windowsDown, windowsAcross] = output as [number, number];
  const own = stridesOf([n, channels, height, width]);
  const strides = stridesOf([n, channels, kh, kw, windowsDown, windowsAcross]);
  const taps = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const [down, across] = [inside(rows, i, windowsDown), inside(columns, j, windowsAcross)];
      taps.push({
        shape: [n, channels, down.count, across.count],
        x: {
          strides: [own[0]!, own[1]!, down.stride * width, across.stride],
          offset: down.start * width + across.start,
        },
        columns: {
          strides: [strides[0]!, strides[1]!, strides[4]!, 1],
          offset: i * strides[2]! + j * strides[3]! + down.first * windowsAcross + across.first,
        },
      });
    }
  }
  return taps;
}

/** The columns of x, of this type, whose window was validated. */
function emitUnfold(
  to: Builder,
  x: Buffer,
  { shape, dtype }: TensorType,
  into: Buffer,
  window: ResolvedWindow,
): void {
  const taps = tapsOf(shape, window);
  const unfolded = [shape[0]!, shape[1]!, taps.length, ...window.output];
  const count = elementCount('unfold', unfolded, bytesPer(dtype));
  const padded = taps.some((tap) => tap.shape[2] !== window.output[0] || tap.shape[3] !== window.output[1]);
  if (padded) writeFill(to, { y: into }, { dtype, count });
  for (const { shape, x: source, columns: target } of taps)
    writeCopy(to, { x, y: into }, { dtype, shape, source, target });
}

/** Adds columns to an x of zeros, of this shape. */
function emitFold(
  to: Builder,
  columns: Buffer,
  shape: readonly number[],
  into: Buffer,
  window: ResolvedWindow,
): void {
  for (const tap of tapsOf(shape, window)) {
    const walks = { shape: tap.shape, source: tap.columns, target: tap.x };
    writeAccumulate(to, { x: columns, y: into }, walks);
  }
}

export const unfold = /*#__PURE__*/ operator(
  {
    name: 'unfold',
    torch: 'torch.nn.functional.unfold',
    onnx: [],
    args: ['x'],
    infer([x], params) {
      requireRank('unfold', 'x', x!.shape, 4);
      const [n, channels, ...spatial] = x!.shape as [number, number, number, number];
      const [down, across] = windowOf('unfold', spatial, params).output as [number, number];
      const shape = [n, channels * params[0]! * params[1]!, down * across];
      elementCount('unfold', shape, bytesPer(x!.dtype));
      return [{ shape, dtype: x!.dtype }];
    },
    lower: (to, { types: [x], params, inputs, outputs }) =>
      emitUnfold(to, inputs[0]!, x!, outputs[0]!, windowOf('unfold', x!.shape.slice(2), params)),
    gradient(to, { types: [x], params, gradients: [dy] }) {
      const { buffer } = emitFill(to, x!.shape, 0);
      emitFold(to, dy!, x!.shape, buffer, windowOf('unfold', x!.shape.slice(2), params));
      return [buffer];
    },
  },
  (invoke) =>
    /**
     * x [N, C, H, W] as [N, C * kh * kw, windows]: each window a column, channels outermost; windows in the order of rows.
     * @throws RangeError when the kernel does not fit in the padded x
     */
    <D extends DType>(x: Tensor<D>, kernelSize: Size, options?: UnfoldOptions): Tensor<D> =>
      invoke([x as Tensor<DType>], unfoldParams('unfold', kernelSize, options))[0] as unknown as Tensor<D>,
  { layer: { name: 'Unfold', dtypes: 'any' } },
);

/** The shape that columns fold to. @throws RangeError when they are not as many as there are windows */
function foldedShape({ shape }: TensorType, params: Params, window: ResolvedWindow): number[] {
  const taps = params[0]! * params[1]!;
  const [n, rows, columns] = shape as [number, number, number];
  if (rows % taps !== 0) {
    throw new RangeError(
      `fold: x has shape ${shapeText(shape)}, axis 1 must be a multiple of ${taps}, the kernel's elements`,
    );
  }
  const [down, across] = window.output as [number, number];
  if (columns !== down * across) {
    throw new RangeError(
      `fold: x has shape ${shapeText(shape)}, axis 2 must be ${down * across}, the ${down} x ${across} windows of the output`,
    );
  }
  return [n, rows / taps, ...params.slice(11)];
}

export const fold = /*#__PURE__*/ operator(
  {
    name: 'fold',
    torch: 'torch.nn.functional.fold',
    onnx: [],
    args: ['x'],
    infer(inputs, params) {
      float32('fold', ['x'], inputs);
      const x = inputs[0] as TensorType;
      requireRank('fold', 'x', x.shape, 3);
      const shape = foldedShape(x, params, windowOf('fold', params.slice(11), params));
      elementCount('fold', shape);
      return [{ shape, dtype: 'float32' }];
    },
    lower(to, { outputTypes: [y], params, inputs, outputs }) {
      writeFill(to, { y: outputs[0]! }, { count: elementCount('fold', y!.shape) });
      emitFold(to, inputs[0]!, y!.shape, outputs[0]!, windowOf('fold', params.slice(11), params));
    },
    gradient(to, { types: [x], outputTypes: [y], params, gradients: [dy] }) {
      const { buffer } = newBlock(to, x!.shape);
      emitUnfold(to, dy!, y!, buffer, windowOf('fold', params.slice(11), params));
      return [buffer];
    },
  },
  (invoke) =>
    /**
     * The sum of columns x [N, C * kh * kw, windows] at their windows' places in [N, C, ...outputSize].
     * @throws RangeError when x has not a column for each window
     */
    (x: Tensor, outputSize: Size, kernelSize: Size, options?: UnfoldOptions): Tensor => {
      const output = perAxis('fold', 'outputSize', outputSize, 2, 1);
      const params = [...unfoldParams('fold', kernelSize, options), ...output];
      return invoke([x as unknown as Tensor<DType>], params)[0] as unknown as Tensor;
    },
  { layer: 'Fold' },
);
