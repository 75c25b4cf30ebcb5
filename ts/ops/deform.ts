/**
 * deformConv2d: a convolution whose taps are moved by offsets and, with a mask, modulated (Dai et al., Deformable
 * Convolutional Networks, 2017; Zhu et al., Deformable ConvNets v2, 2019).
 * y[n, o, p] = bias[o] + sum over c, k of weight[o, c, k] * mask[n, g, k, p] * x[n, c, p * stride + k * dilation -
 * padding + offset[n, g, k, :, p]], where x is read bilinearly, as zero outside, and g is the offset group of c.
 *
 * inputs: x [N, C, H, W], offset [N, 2 G kh kw, Ho, Wo] in pairs (y, x), weight [O, C / groups, kh, kw], bias [O],
 * mask [N, G kh kw, Ho, Wo]. params: stride.., dilation.., padding (mode, before and after..).
 * @category Convolution
 */
import { checkOptions } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, shapeText } from '../base/errors.ts';
import { kernelOf, PIXEL } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeConvPack } from '../instructions/conv.ts';
import { type DeformOptions, writeDeform, writeDeformGradient } from '../instructions/deform.ts';
import { countOf, emitFill, emitPermuted, emitSumTo, newBlock } from '../instructions/emit.ts';
import type { ConvolutionProblem } from '../instructions/emitConvolution.ts';
import { ALGORITHM, DEFORM_GRADIENT } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Lowered, operator, type Params, type Resolved, type Types } from './operator.ts';
import {
  type Padding,
  requireRank,
  resolveWindow,
  type Size,
  windowParams,
  windowSettings,
} from './options.ts';
import { float32, requireBias } from './types.ts';

/** The options of `deformConv2d`. */
export interface DeformConvOptions {
  /** What each sample is multiplied by: [N, G kh kw, Ho, Wo]. Default: nothing. */
  mask?: Tensor | null | undefined;
  /** How far the window moves. Default 1. */
  stride?: Size | undefined;
  /** Zeros around x. Default 0. */
  padding?: Padding | undefined;
  /** How far apart the kernel's elements lie, before they are moved. Default 1: dense. */
  dilation?: Size | undefined;
}

const NAME = 'deformConv2d';
const ARGS = ['x', 'offset', 'weight', 'bias', 'mask'];
const OPTIONS = ['stride', 'padding', 'dilation', 'mask'];

/** The convolution whose taps are moved. */
interface Deformed extends ConvolutionProblem {
  readonly offsetGroups: number;
}

function resolve(types: Types, params: Params): Resolved<Deformed> {
  float32(NAME, ARGS, types);
  const [x, offset, weight, bias, mask] = types as [TensorType, TensorType, TensorType, ...Types];
  for (const [i, type] of types.entries()) if (type && i !== 3) requireRank(NAME, ARGS[i]!, type.shape, 4);
  const [n, channels, ...spatial] = x.shape as [number, number, number, number];
  const [outputs, perGroup, kh, kw] = weight.shape as [number, number, number, number];
  const groups = perGroup === 0 ? 1 : channels / perGroup;
  if (!Number.isInteger(groups) || groups < 1 || (perGroup === 0 && channels !== 0)) {
    throw new RangeError(
      `${NAME}: input has ${counted(channels, 'channel')}, must be a multiple of weight's ${perGroup}`,
    );
  }
  if (outputs % groups !== 0) {
    throw new RangeError(
      `${NAME}: weight has ${outputs} output channels, must be a multiple of groups ${groups}`,
    );
  }
  requireBias(NAME, bias ?? null, outputs);
  const window = { rank: 2, kernel: [kh, kw], ...windowSettings(params, 2), rule: 0 };
  const { output, axes } = resolveWindow(NAME, spatial, window);
  const taps = kh * kw;
  const pairs = offset.shape[1]!;
  if (pairs === 0 || pairs % (2 * taps) !== 0) {
    throw new RangeError(
      `${NAME}: offset has ${counted(pairs, 'channel')}, must be a multiple of 2 x ${kh} x ${kw} = ${2 * taps}`,
    );
  }
  const offsetGroups = pairs / (2 * taps);
  if (channels % offsetGroups !== 0) {
    throw new RangeError(
      `${NAME}: input has ${counted(channels, 'channel')}, must be a multiple of the ${offsetGroups} offset groups`,
    );
  }
  const fits = (name: string, { shape }: TensorType, expected: readonly number[]) => {
    if (shapeText(shape) === shapeText(expected)) return;
    throw new RangeError(`${NAME}: ${name} has shape ${shapeText(shape)}, must be ${shapeText(expected)}`);
  };
  fits('offset', offset, [n, pairs, ...output]);
  if (mask) fits('mask', mask, [n, pairs / 2, ...output]);
  const shape = [n, outputs, ...output];
  return {
    outputs: [{ shape, dtype: 'float32' }],
    problem: { n, groups, channels, outputs, axes, offsetGroups },
    macs: countOf(shape) * perGroup * taps,
  };
}

/** What the instructions are told. */
function optionsOf(problem: Deformed, exact: boolean): DeformOptions {
  return { ...problem, exact, offsetGroups: problem.offsetGroups };
}

function lower(to: Builder, { problem, inputs, outputs }: Lowered<Deformed>): void {
  const [x, offset, weight, bias, mask] = inputs as [Buffer, Buffer, Buffer, Buffer | null, Buffer | null];
  const weights = writeConvPack(to, NAME, weight, problem, ALGORITHM.gemm);
  const operands = { x, offset, mask, weights, bias, y: outputs[0]! };
  writeDeform(to, NAME, operands, optionsOf(problem, weight.constant));
}

function gradient(to: Builder, node: Backward<Deformed>): (Buffer | null)[] {
  const { problem, types, wanted } = node;
  const [x, offset, weight, , mask] = node.inputs as [Buffer, Buffer, Buffer, Buffer | null, Buffer | null];
  const shapes = types.map((type) => type?.shape ?? []);
  const yShape = node.outputTypes[0]!.shape;
  const dy = { buffer: node.gradients[0]!, shape: yShape };
  const bias = wanted[3] ? emitSumTo(to, dy, [yShape[1]!, 1, 1]).buffer : null;
  if ([yShape, shapes[0]!, shapes[2]!].some((shape) => countOf(shape) === 0)) {
    return wanted.map((want, i) => (i === 3 ? bias : want ? emitFill(to, shapes[i]!, 0).buffer : null));
  }
  const options = optionsOf(problem, false);
  const read = { offset, mask, dy: dy.buffer };
  const gradients = wanted.map((want, i) =>
    want && i !== 2 && i !== 3 ? newBlock(to, shapes[i]!).buffer : null,
  );
  const [input, offsets, , , masks] = gradients as (Buffer | null)[];
  if (input || offsets || masks) {
    const weights = emitTransposed(to, weight, problem);
    if (input) {
      const operands = { ...read, weights, gradient: input };
      writeDeformGradient(to, NAME, operands, { ...options, of: DEFORM_GRADIENT.input });
    }
    if (offsets || masks) {
      const operands = { ...read, x, weights, gradient: offsets, maskGradient: masks };
      writeDeformGradient(to, NAME, operands, { ...options, of: DEFORM_GRADIENT.offsets });
    }
  }
  if (wanted[2]) {
    const [outputs, channels, kh, kw] = shapes[2] as [number, number, number, number];
    const byTap = newBlock(to, [outputs, kh * kw, channels]);
    const operands = { ...read, x, gradient: byTap.buffer };
    writeDeformGradient(to, NAME, operands, { ...options, of: DEFORM_GRADIENT.weights });
    gradients[2] = emitPermuted(to, byTap, [0, 2, 1]).buffer;
  }
  gradients[3] = bias;
  return gradients;
}

/** Emits the packing of the transposed weights, [C / groups * kh * kw, O / groups] per group, as of a 1x1 convolution. */
function emitTransposed(to: Builder, weight: Buffer, problem: ConvolutionProblem): Buffer {
  const { groups, channels, outputs, axes } = problem;
  const [depth, perGroup] = [(channels / groups) * countOf(kernelOf(axes)), outputs / groups];
  const source = { strides: [perGroup * depth, 1, depth, 0, 0, 0], offset: 0 };
  const transposed = { groups, channels: outputs, outputs: groups * depth, axes: PIXEL, source };
  return writeConvPack(to, NAME, weight, transposed, ALGORITHM.gemm);
}

/**
 * Deformable convolution (Dai et al., 2017): each tap of each output reads x at its place moved by `offset`,
 * bilinearly and as zero outside, times `mask`. Without offsets it is conv2d, to the bit where that takes its
 * general algorithm. As torchvision's deform_conv2d.
 * @param x [N, C, H, W] of float32
 * @param offset [N, 2 G kh kw, Ho, Wo]: pixels, pairs of y and x per tap; NaN gives NaN. The G groups of channels
 * with offsets of their own follow from the shapes
 * @param weight [O, C / groups, kh, kw]; groups follow from the shapes
 * @param bias [O]; left out or null: none
 * @returns [N, O, Ho, Wo]
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const deformConv2d = /*#__PURE__*/ operator(
  {
    name: NAME,
    torch: 'torchvision.ops.deform_conv2d',
    onnx: [],
    args: ARGS,
    required: 3,
    optionTensors: 1,
    resolve,
    lower,
    gradient,
  },
  (invoke) =>
    (
      x: Tensor,
      offset: Tensor,
      weight: Tensor,
      bias?: Tensor | null,
      options?: DeformConvOptions,
    ): Tensor => {
      checkOptions(NAME, options, OPTIONS);
      const inputs = [x, offset, weight, bias ?? null, options?.mask ?? null];
      const params = windowParams(NAME, 2, options ?? {});
      return invoke(inputs as Tensor<DType>[], params)[0] as unknown as Tensor;
    },
);
