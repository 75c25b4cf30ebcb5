/**
 * pixelShuffle, pixelUnshuffle and channelShuffle: axes are split, put in another order, and merged; one copy that moves
 * every value. The gradient is the way back. params: the factor or the number of groups.
 * @category Moving values
 */
import { integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Builder, OperandsOf } from '../instructions/builder.ts';
import { writeCopy } from '../instructions/copy.ts';
import { newBlock } from '../instructions/emit.ts';
import { contiguous, stridesOf } from '../instructions/walk.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type CallLayer, type Entry, operator, type Window } from './operator.ts';

/** x as `split`, its axes in the order of `order`, and the shape that they merge to. */
interface Shuffle {
  readonly split: readonly number[];
  readonly order: readonly number[];
  readonly shape: readonly number[];
  /** Of the last axes, where elements of x change their places along them. */
  readonly window?: readonly Window[];
}

/** What x must be for a shuffle by `factor`; null where it is not. */
type Rule = (shape: readonly number[], factor: number) => Shuffle | null;

/** Emits the copy from x, or, backwards, to it. */
function emitShuffle(
  to: Builder,
  operands: OperandsOf<'copy'>,
  dtype: DType,
  { split, order }: Shuffle,
  backwards = false,
): void {
  const shape = order.map((axis) => split[axis] as number);
  const strides = stridesOf(split);
  const x = { strides: order.map((axis) => strides[axis] as number), offset: 0 };
  const y = contiguous(shape);
  const walks = backwards ? { source: y, target: x } : { source: x, target: y };
  writeCopy(to, operands, { dtype, shape, ...walks });
}

function shuffle(
  name: string,
  argument: string,
  torch: string,
  onnx: string[],
  layer: CallLayer,
  must: string,
  rule: Rule,
) {
  const entry: Entry<Shuffle> = {
    name,
    torch,
    onnx,
    args: ['x'],
    resolve([x], [factor = 0]) {
      const { shape, dtype } = x!;
      const found = shape.length < 3 ? null : rule(shape, factor);
      if (found === null) {
        throw new RangeError(
          `${name}: x has shape ${shapeText(shape)}, must ${must} for ${argument} ${factor}`,
        );
      }
      const { window } = found;
      return { outputs: [{ shape: found.shape, dtype }], problem: found, ...(window && { window }) };
    },
    lower: (to, { types: [x], problem, inputs, outputs }) =>
      emitShuffle(to, { x: inputs[0]!, y: outputs[0]! }, x!.dtype, problem),
    gradient(to, { types: [x], problem, gradients: [dy] }) {
      const { buffer } = newBlock(to, x!.shape);
      emitShuffle(to, { x: dy!, y: buffer }, 'float32', problem, true);
      return [buffer];
    },
  };
  return operator(
    entry,
    (invoke) =>
      <D extends DType>(x: Tensor<D>, factor: number): Tensor<D> =>
        invoke([x as Tensor<DType>], [integer(name, argument, factor, 1)])[0] as unknown as Tensor<D>,
    { layer, validate: (where, factor) => integer(where, layer.names!.factor!, factor, 1) },
  );
}

/** Everything but the last three axes as one, and these. */
function planes(shape: readonly number[]): [lead: number[], number, number, number, number] {
  const lead = shape.slice(0, -3);
  const [channels, height, width] = shape.slice(-3) as [number, number, number];
  return [lead, lead.reduce((a, b) => a * b, 1), channels, height, width];
}

/**
 * r * r channels as a square of pixels (Shi et al., 2016). As PyTorch's pixel_shuffle and ONNX's DepthToSpace.
 * @param x [..., C * r * r, H, W] of any dtype, which the result keeps
 * @param factor r
 * @returns [..., C, H * r, W * r]
 * @throws RangeError when r * r does not divide the channels
 */
export const pixelShuffle = /*#__PURE__*/ shuffle(
  'pixelShuffle',
  'r',
  'torch.nn.functional.pixel_shuffle',
  ['DepthToSpace'],
  { name: 'PixelShuffle', names: { factor: 'upscaleFactor' } },
  'be [..., C * r * r, H, W]',
  (shape, r) => {
    const [lead, batch, channels, height, width] = planes(shape);
    if (channels % (r * r) !== 0) return null;
    const c = channels / (r * r);
    const along = (input: number): Window => ({ kind: 'adaptive', input, output: input * r });
    return {
      split: [batch, c, r, r, height, width],
      order: [0, 1, 4, 2, 5, 3],
      shape: [...lead, c, height * r, width * r],
      window: [along(height), along(width)],
    };
  },
);

/**
 * Squares of r * r pixels as channels: the way back from pixelShuffle.
 * @param x [..., C, H * r, W * r] of any dtype, which the result keeps
 * @param factor r
 * @returns [..., C * r * r, H, W]
 * @throws RangeError when r does not divide height and width
 */
export const pixelUnshuffle = /*#__PURE__*/ shuffle(
  'pixelUnshuffle',
  'r',
  'torch.nn.functional.pixel_unshuffle',
  [],
  { name: 'PixelUnshuffle', names: { factor: 'downscaleFactor' } },
  'be [..., C, H * r, W * r]',
  (shape, r) => {
    const [lead, batch, channels, height, width] = planes(shape);
    if (height % r !== 0 || width % r !== 0) return null;
    const [h, w] = [height / r, width / r];
    const along: Window = { kind: 'regular', kernel: r, stride: r, dilation: 1, padding: 0 };
    return {
      split: [batch, channels, h, r, w, r],
      order: [0, 1, 3, 5, 2, 4],
      shape: [...lead, channels * r * r, h, w],
      window: [along, along],
    };
  },
);

/**
 * The channels in the order of a grid of [groups, k] read by columns (Zhang et al., 2017, ShuffleNet).
 * @param x [N, groups * k, spatial...] of any dtype, which the result keeps
 * @param factor the number of groups
 * @returns of x's shape
 * @throws RangeError when `groups` does not divide the channels
 */
export const channelShuffle = /*#__PURE__*/ shuffle(
  'channelShuffle',
  'groups',
  'torch.nn.functional.channel_shuffle',
  [],
  { name: 'ChannelShuffle', names: { factor: 'groups' } },
  'be [N, groups * k, spatial...]',
  (shape, groups) => {
    const [batch, channels, ...spatial] = shape as [number, number, ...number[]];
    if (channels % groups !== 0) return null;
    const inner = spatial.reduce((a, b) => a * b, 1);
    return { split: [batch, groups, channels / groups, inner], order: [0, 2, 1, 3], shape };
  },
);
