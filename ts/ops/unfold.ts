/**
 * unfold: each window of x [N, C, H, W] as a column, [N, C * kh * kw, windows]; fold: its adjoint, columns summed to where
 * they came from. Per tap of the kernel one strided copy, or accumulation, of what lies inside x. Each is the other's
 * gradient.
 *
 * params: kernel.., stride.., dilation.., padding (mode, before and after..); of fold also the output's height and width.
 * @category Convolution
 */
import { checkOptions, perAxis } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { axes } from '../engine/sides/axes.ts';
import { writeAccumulate } from '../instructions/accumulate.ts';
import type { Axis } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeCopy, writeFill } from '../instructions/copy.ts';
import { countOf, emitFill, newBlock } from '../instructions/emit.ts';
import { stridesOf } from '../instructions/walk.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Params } from './operator.ts';
import {
  type Padding,
  type ResolvedWindow,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
  type WindowParams,
  windowParams,
  windowSettings,
  windowsOf,
} from './options.ts';
import { float32 } from './types.ts';

/** The options of `unfold` and `fold`. */
export interface UnfoldOptions {
  /** How far apart the window's elements lie. Default 1. */
  dilation?: Size | undefined;
  /** Zeros around x. Default 0. */
  padding?: Padding | undefined;
  /** How far the window moves. Default 1. */
  stride?: Size | undefined;
}

const UNFOLD_OPTIONS: readonly string[] = ['dilation', 'padding', 'stride'];

function unfoldParams(name: string, kernelSize: Size, options: UnfoldOptions = {}): number[] {
  checkOptions(name, options, UNFOLD_OPTIONS);
  return [...sizes(name, 'kernelSize', kernelSize, 2), ...windowParams(name, 2, options)];
}

/** What unfoldParams made, and behind it, where it is fold's, the output's height and width. */
function settingsOf([kh, kw, ...params]: Params): WindowParams & { readonly outputSize: Params } {
  const { rest, ...window } = windowSettings(params, 2);
  return { rank: 2, kernel: [kh!, kw!], ...window, rule: 0, outputSize: rest };
}

/** The image, and its windows. */
interface Unfolding extends ResolvedWindow {
  readonly image: TensorType;
}

/** The windows along an axis whose tap lies inside the input: the first of them, how many, and where it reads. */
function inside({ input, stride, dilation, lo }: Axis, tap: number, windows: number) {
  const shift = tap * dilation - lo;
  const first = Math.max(0, Math.ceil(-shift / stride));
  const until = Math.min(windows, Math.floor((input - 1 - shift) / stride) + 1);
  return { first, count: Math.max(0, until - first), start: first * stride + shift, stride };
}

/** Per tap the walk of its values through the image, and that through the columns. */
function tapsOf({ image, output, axes }: Unfolding) {
  const [n, channels, height, width] = image.shape as [number, number, number, number];
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
        image: {
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

/** The columns of an image. */
function emitUnfold(to: Builder, image: Buffer, into: Buffer, problem: Unfolding): void {
  const { shape, dtype } = problem.image;
  const [down, across] = problem.output;
  const taps = tapsOf(problem);
  if (taps.some((tap) => tap.shape[2] !== down || tap.shape[3] !== across)) {
    const count = shape[0]! * shape[1]! * taps.length * countOf(problem.output);
    writeFill(to, { y: into }, { dtype, count });
  }
  for (const tap of taps) {
    const walks = { shape: tap.shape, source: tap.image, target: tap.columns };
    writeCopy(to, { x: image, y: into }, { dtype, ...walks });
  }
}

/** Adds columns to an image of zeros. */
function emitFold(to: Builder, columns: Buffer, into: Buffer, problem: Unfolding): void {
  to.needs(axes);
  for (const tap of tapsOf(problem)) {
    const walks = { shape: tap.shape, source: tap.columns, target: tap.image };
    writeAccumulate(to, { x: columns, y: into }, walks);
  }
}

const UNFOLD: Entry<Unfolding> = {
  name: 'unfold',
  torch: 'torch.nn.functional.unfold',
  onnx: [],
  args: ['x'],
  resolve([x], params) {
    requireRank('unfold', 'x', x!.shape, 4);
    const [n, channels, ...spatial] = x!.shape as [number, number, number, number];
    const settings = settingsOf(params);
    const window = resolveWindow('unfold', spatial, settings);
    const shape = [n, channels * countOf(settings.kernel), countOf(window.output)];
    return {
      outputs: [{ shape, dtype: x!.dtype }],
      problem: { image: x!, ...window },
      window: windowsOf(window),
    };
  },
  lower: (to, { problem, inputs, outputs }) => emitUnfold(to, inputs[0]!, outputs[0]!, problem),
  gradient(to, { problem, gradients: [dy] }) {
    const { buffer } = emitFill(to, problem.image.shape, 0);
    emitFold(to, dy!, buffer, problem);
    return [buffer];
  },
};

/**
 * Each window of x as a column, channels outermost; windows in the order of rows (im2col). As PyTorch's unfold.
 * @param x [N, C, H, W] of any dtype, which the result keeps
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C * kh * kw, windows]
 * @throws RangeError when the kernel does not fit in the padded x
 * @example
 * ```ts
 * unfold(randn([1, 3, 8, 8]), 2, { stride: 2 }).shape; // [1, 12, 16]
 * ```
 */
export const unfold = /*#__PURE__*/ operator(
  UNFOLD,
  (invoke) =>
    <D extends DType>(x: Tensor<D>, kernelSize: Size, options?: UnfoldOptions): Tensor<D> =>
      invoke([x as Tensor<DType>], unfoldParams('unfold', kernelSize, options))[0] as unknown as Tensor<D>,
  { layer: 'Unfold' },
);

/** The shape that columns fold to. @throws RangeError when they are not as many as there are windows */
function foldedShape(
  { shape }: TensorType,
  { kernel, outputSize }: ReturnType<typeof settingsOf>,
  [down, across]: readonly number[],
): number[] {
  const taps = countOf(kernel);
  const [n, rows, columns] = shape as [number, number, number];
  if (rows % taps !== 0) {
    throw new RangeError(
      `fold: x has shape ${shapeText(shape)}, axis 1 must be a multiple of ${taps}, the kernel's elements`,
    );
  }
  if (columns !== down! * across!) {
    throw new RangeError(
      `fold: x has shape ${shapeText(shape)}, axis 2 must be ${down! * across!}, the ${down} x ${across} windows of the output`,
    );
  }
  return [n, rows / taps, ...outputSize];
}

const FOLD: Entry<Unfolding> = {
  name: 'fold',
  torch: 'torch.nn.functional.fold',
  onnx: [],
  args: ['x'],
  resolve(types, params) {
    float32('fold', ['x'], types);
    const x = types[0] as TensorType;
    requireRank('fold', 'x', x.shape, 3);
    const settings = settingsOf(params);
    const window = resolveWindow('fold', settings.outputSize, settings);
    const image: TensorType = { shape: foldedShape(x, settings, window.output), dtype: 'float32' };
    return { outputs: [image], problem: { image, ...window }, window: windowsOf(window, 'transposed') };
  },
  lower(to, { problem, inputs, outputs }) {
    writeFill(to, { y: outputs[0]! }, { count: countOf(problem.image.shape) });
    emitFold(to, inputs[0]!, outputs[0]!, problem);
  },
  gradient(to, { problem, types: [x], gradients: [dy] }) {
    const { buffer } = newBlock(to, x!.shape);
    emitUnfold(to, dy!, buffer, problem);
    return [buffer];
  },
};

/**
 * The sum of columns at their windows' places: the adjoint of `unfold` (col2im). As PyTorch's fold.
 * @param x [N, C * kh * kw, windows] of float32
 * @param outputSize the output's size: one number, or [height, width]
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C, ...outputSize]
 * @throws RangeError when x has not a column for each window
 */
export const fold = /*#__PURE__*/ operator(
  FOLD,
  (invoke) =>
    (x: Tensor, outputSize: Size, kernelSize: Size, options?: UnfoldOptions): Tensor => {
      const output = perAxis('fold', 'outputSize', outputSize, 2, 1);
      const params = [...unfoldParams('fold', kernelSize, options), ...output];
      return invoke([x as unknown as Tensor<DType>], params)[0] as unknown as Tensor;
    },
  { layer: 'Fold' },
);
