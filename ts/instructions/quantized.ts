/** Instructions on bytes that stand for numbers, (q - zero) * step; between convolutions they lie in fours of channels. */
import { DTYPE } from '../base/boundary.ts';
import { type DType, dtypeId } from '../base/dtype.ts';
import { bytes } from '../engine/sides/bytes.ts';
import { type Axes, axisWords, kernelOf } from './axes.ts';
import { type Buffer, type Builder, bits, type OperandsOf } from './builder.ts';
import type { ConvSizes } from './conv.ts';
import { OP, SUMS } from './table.ts';

/** What bytes stand for. */
export interface Quantized {
  readonly zero: number;
  readonly step: number;
}

/** A tensor [outer, channels, inner]. */
interface Channels {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

/** y = round(x / step) + zero, for steps and zero points of each channel. */
export function writeQuantize(
  to: Builder,
  { x, steps, zeros, y }: OperandsOf<'quantize'>,
  { into, outer, channels, inner }: Channels & { readonly into: DType },
): void {
  to.needs(bytes);
  const words = [DTYPE.float32, dtypeId(into), outer, channels, inner];
  to.step(OP.quantize, [x, steps, zeros ?? null], [y], words);
}

/** y = (x - zero) * step, for steps and zero points of each channel. */
export function writeDequantize(
  to: Builder,
  { x, steps, zeros, y }: OperandsOf<'dequantize'>,
  { from, outer, channels, inner }: Channels & { readonly from: DType },
): void {
  to.needs(bytes);
  const words = [dtypeId(from), DTYPE.float32, outer, channels, inner];
  to.step(OP.dequantize, [x, steps, zeros ?? null], [y], words);
}

/** Planes [n, channels, plane] as unsigned bytes in fours of channels, or back. */
export function writeInterleave(
  to: Builder,
  { x, y }: OperandsOf<'interleave'>,
  {
    dtype,
    n,
    channels,
    plane,
    back,
  }: { dtype: DType; n: number; channels: number; plane: number; back: boolean },
): void {
  to.needs(bytes);
  to.step(OP.interleave, [x], [y], [dtypeId(dtype), n, channels, plane, back ? 1 : 0]);
}

/** How the sums of a convolution become bytes: y, and its ends. */
export interface QuantizedEnd extends Quantized {
  readonly low: number;
  readonly high: number;
}

/**
 * y = x convolved with packed weights, and `other` added, as bytes, or in planes as one of SUMS: of an x in fours of channels
 * that holds its padding unless it is depthwise.
 */
export function writeQuantizedConv(
  to: Builder,
  where: string,
  { x, weights, sums, scale, other, y }: OperandsOf<'quantizedConv'>,
  { n, groups, channels, outputs, axes }: ConvSizes,
  of: {
    readonly x: Quantized;
    readonly other: Quantized;
    readonly y: QuantizedEnd;
    /** One of SUMS. */
    readonly sums: number;
  },
): void {
  to.needs(bytes);
  const sizes = [n, groups, channels / groups, outputs / groups, ...axisWords(axes)];
  const { zero, step, low, high } = of.y;
  const added = [of.other.zero, bits(Math.fround(of.other.step / step))];
  const ways = [of.sums, 0];
  const words = [DTYPE.uint8, ...sizes, of.x.zero, zero, low, high, ...added, ...ways];
  const { scratch, algorithm } = to.plan(where, OP.quantizedConv, words);
  const elements = of.sums === SUMS.bytes ? y.bytes : y.bytes / 4;
  const macs = kernelOf(axes).reduce((a, b) => a * b, (elements * channels) / groups);
  // Four products take the time of one.
  const how = { scratch, algorithm, macs: macs / 4 };
  to.step(OP.quantizedConv, [x, weights, sums, scale, other ?? null], [y], words, how);
}

export interface QuantizedPackOptions extends Omit<ConvSizes, 'n'> {
  readonly dtype: DType;
  readonly x: Quantized;
  readonly y: Quantized;
  /** The weights have a step for each output. */
  readonly perOutput: boolean;
  /** The bias is float32, not in steps of x and of the weights. */
  readonly floatBias: boolean;
}

/** What a quantised convolution reads of its weights. */
export function writeQuantizedPack(
  to: Builder,
  where: string,
  [weights, steps, bias]: readonly [Buffer, Buffer, Buffer | null],
  { dtype, groups, channels, outputs, axes, x, y, perOutput, floatBias }: QuantizedPackOptions,
): { readonly weights: Buffer; readonly sums: Buffer; readonly scale: Buffer } {
  to.needs(bytes);
  const [ci, co] = [channels / groups, outputs / groups];
  const flags = (perOutput ? 1 : 0) | (floatBias ? 2 : 0);
  const words = [
    ...[dtypeId(dtype), groups, ci, co, ...kernelOf(axes)],
    ...[x.zero, bits(x.step), bits(y.step), flags],
  ];
  const { packed } = to.plan(where, OP.quantizedPack, words);
  const isDepthwise = groups > 1 && ci === 1 && co === 1;
  const rows = isDepthwise ? 4 * Math.ceil(groups / 4) : 8 * groups * Math.ceil(co / 8);
  const made = {
    weights: to.temporary(packed),
    sums: to.temporary(4 * rows),
    scale: to.temporary(4 * rows),
  };
  to.step(OP.quantizedPack, [weights, steps, bias], [made.weights, made.sums, made.scale], words);
  return made;
}

/** What follows the sums of a convolution whose x has its zero point, and scale and bias, at a run; weights packed with the zero point 1. */
export function writeDynamicEnds(
  to: Builder,
  { sums, shifts, zero, scale, bias }: Omit<OperandsOf<'dynamicEnds'>, 'ends' | 'scales' | 'zeros'>,
  { dtype, groups, channels, outputs }: Pick<ConvSizes, 'groups' | 'channels' | 'outputs'> & { dtype: DType },
): { readonly ends: Buffer; readonly scales: Buffer; readonly zeros: Buffer } {
  to.needs(bytes);
  const [ci, co] = [channels / groups, outputs / groups];
  const made = {
    ends: to.temporary(sums.bytes),
    scales: to.temporary(3 * sums.bytes),
    zeros: to.temporary(4),
  };
  const isOne = !scale || scale.bytes === 4;
  const words = [dtypeId(dtype), groups, ci, co, isOne ? 0 : 1];
  const operands = [sums, shifts, zero ?? null, scale ?? null, bias ?? null];
  to.step(OP.dynamicEnds, operands, [made.ends, made.scales, made.zeros], words);
  return made;
}

/** The sums of an x that holds its padding, less its zero point, under each window of a convolution: [n, groups, pixels], int32. */
export function writeDynamicWindow(
  to: Builder,
  { x, zeros }: Omit<OperandsOf<'dynamicWindow'>, 'y'>,
  { n, groups, channels, axes, pixels }: Omit<ConvSizes, 'outputs'> & { readonly pixels: number },
): Buffer {
  to.needs(bytes);
  const y = to.temporary(4 * n * groups * pixels);
  to.step(OP.dynamicWindow, [x, zeros], [y], [DTYPE.uint8, n, groups, channels / groups, ...axisWords(axes)]);
  return y;
}

/**
 * y = a op b of what bytes stand for; kind is one of QUANTIZED_OPERATION, `plane` bytes of a share a word of b; 0: b is as large as a.
 */
export function writeQuantizedBinary(
  to: Builder,
  operands: OperandsOf<'quantizedBinary'>,
  options: { kind: number; count: number; plane: number; a: Quantized; b: Quantized; y: QuantizedEnd },
): void {
  to.needs(bytes);
  const { kind, count, plane, a, b, y } = options;
  const of = ({ zero, step }: Quantized) => [zero, bits(step)];
  const words = [DTYPE.uint8, kind, count, plane, ...of(a), ...of(b), ...of(y), y.low, y.high];
  to.step(OP.quantizedBinary, [operands.a, operands.b], [operands.y], words, { inPlace: 0 });
}

/** y = table[x], of 256 bytes. */
export function writeQuantizedTable(
  to: Builder,
  { x, table, y }: OperandsOf<'quantizedTable'>,
  count: number,
): void {
  to.needs(bytes);
  to.step(OP.quantizedTable, [x, table], [y], [DTYPE.uint8, count], { inPlace: 0 });
}

export interface QuantizedPoolOptions {
  /** QUANTIZED_REDUCTION. */
  readonly kind: number;
  readonly planes: number;
  readonly axes: Axes;
  /** RULE bits. */
  readonly rule: number;
  readonly x: Quantized;
  readonly y: Quantized;
}

/** The largest, or the average, under a window; x and y in fours of channels. */
export function writeQuantizedPool(
  to: Builder,
  operands: OperandsOf<'quantizedPool'>,
  { kind, planes, axes, rule, x, y }: QuantizedPoolOptions,
): void {
  to.needs(bytes);
  const words = [DTYPE.uint8, kind, planes, ...axisWords(axes), rule];
  to.step(
    OP.quantizedPool,
    [operands.x],
    [operands.y],
    [...words, ...[x.zero, bits(x.step), y.zero, bits(y.step)]],
  );
}
