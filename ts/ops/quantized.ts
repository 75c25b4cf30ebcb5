/**
 * Numbers as small integers and back, and operators on such integers: x is about (q - zero) * step. Between convolutions
 * bytes lie in fours of channels, [N, ceil(C / 4), spatial..., 4], unsigned: signed ones are 128 higher there.
 * The passes of ts/transforms/passes/quantized.ts make most of these nodes.
 * @internal
 */
import { DTYPES, type DType, dtypeId, type TensorType } from '../base/dtype.ts';
import { perAxis } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf, emitFill } from '../instructions/emit.ts';
import { emitPad } from '../instructions/emitPad.ts';
import { writeCumulate } from '../instructions/order.ts';
import {
  type Quantized,
  type QuantizedEnd,
  writeDequantize,
  writeInterleave,
  writeQuantize,
  writeQuantizedBinary,
  writeQuantizedConv,
  writeQuantizedPack,
  writeQuantizedPool,
  writeQuantizedTable,
} from '../instructions/quantized.ts';
import { SUMS } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type ConvolutionStep, convSettings, convStep } from './convolutionStep.ts';
import { type Entry, operator } from './operator.ts';
import { resolveWindow, taking, type WindowSettings, windowSettings, windowsOf } from './options.ts';

/** x as channels along an axis, which `steps` has a number for each of, or one for all. */
function along({ shape }: TensorType, steps: TensorType, axis: number) {
  if (countOf(steps.shape) === 1) return { outer: 1, channels: 1, inner: countOf(shape) };
  const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
  return { outer: countOf(before), channels: shape[axis] as number, inner: countOf(behind) };
}

/** params: the number of a dtype of 8 bits, the axis of the channels. */
export const QUANTIZE: Entry = {
  name: 'quantize',
  torch: 'torch.quantize_per_tensor',
  onnx: ['QuantizeLinear'],
  args: ['x', 'step', 'zero'],
  constants: ['x', 'step', 'zero'],
  required: 2,
  resolve: ([x], [to]) => ({
    outputs: [{ shape: x!.shape, dtype: DTYPES[to as number] as DType }],
    problem: null,
  }),
  lower(to, { types: [x, steps], params: [dtype, axis], inputs: [from, step, zero], outputs: [y] }) {
    const into = DTYPES[dtype as number] as DType;
    const operands = { x: from!, steps: step!, zeros: zero ?? null, y: y! };
    writeQuantize(to, operands, { into, ...along(x!, steps!, axis as number) });
  },
};

/** params: the axis of the channels. */
export const DEQUANTIZE: Entry = {
  name: 'dequantize',
  torch: 'torch.dequantize',
  onnx: ['DequantizeLinear'],
  args: ['x', 'step', 'zero'],
  constants: ['x', 'step', 'zero'],
  required: 2,
  resolve: ([x]) => ({ outputs: [{ shape: x!.shape, dtype: 'float32' }], problem: null }),
  lower(to, { types: [x, steps], params: [axis], inputs: [from, step, zero], outputs: [y] }) {
    const operands = { x: from!, steps: step!, zeros: zero ?? null, y: y! };
    writeDequantize(to, operands, { from: x!.dtype, ...along(x!, steps!, axis as number) });
  },
};

type Call = (inputs: readonly (Tensor<DType> | null)[], params: readonly number[]) => Tensor<DType>;

/** The call of an entry that has no name of its own among the operators. */
export const calling = (entry: Entry): Call =>
  operator(entry, (invoke) => (inputs, params) => invoke(inputs, params)[0] as Tensor<DType>);

const quantizing = /*#__PURE__*/ calling(QUANTIZE);
const dequantizing = /*#__PURE__*/ calling(DEQUANTIZE);

/** round(x / step) + zero, half to even, what lies beyond at its end; step and zero are one, or one per place along an axis. */
export function quantized(
  x: Tensor,
  step: Tensor,
  zero: Tensor<DType> | null,
  dtype: DType,
  axis = 0,
): Tensor<DType> {
  return quantizing([x as Tensor<DType>, step as Tensor<DType>, zero], [dtypeId(dtype), axis]);
}

/** (x - zero) * step; step and zero are one, or one per place along an axis. */
export function dequantized(x: Tensor<DType>, step: Tensor, zero: Tensor<DType> | null, axis = 0): Tensor {
  return dequantizing([x, step as Tensor<DType>, zero], [axis]) as unknown as Tensor;
}

/** The shape of fours of channels. */
const inFours = ([n, channels, ...spatial]: readonly number[]): number[] => [
  ...[n as number, Math.ceil((channels as number) / 4), ...spatial, 4],
];

/** The shape of [N, C, spatial...] that lies in fours. */
export function outOfFours(shape: readonly number[], channels: number): number[] {
  return [shape[0] as number, channels, ...shape.slice(2, -1)];
}

const planesOf = ([n, channels, ...spatial]: readonly number[]) => ({
  ...{ n: n as number, channels: channels as number, plane: countOf(spatial) },
});

/** Planes of bytes in fours of channels. */
export const FOURS: Entry = {
  name: 'fours',
  torch: '',
  onnx: [],
  args: ['x'],
  resolve: ([x]) => ({ outputs: [{ shape: inFours(x!.shape), dtype: 'uint8' }], problem: null }),
  lower(to, { types: [type], inputs: [x], outputs: [y] }) {
    const { dtype, shape } = type!;
    writeInterleave(to, { x: x!, y: y! }, { dtype, ...planesOf(shape), back: false });
  },
};

/** Fours of channels as planes of bytes. params: channels, the number of a dtype of 8 bits. */
export const PLANES: Entry = {
  name: 'planes',
  torch: '',
  onnx: [],
  args: ['x'],
  resolve: ([x], [channels, dtype]) => ({
    outputs: [{ shape: outOfFours(x!.shape, channels as number), dtype: DTYPES[dtype as number] as DType }],
    problem: null,
  }),
  lower(to, { outputTypes: [type], inputs: [x], outputs: [y] }) {
    const { dtype, shape } = type!;
    writeInterleave(to, { x: x!, y: y! }, { dtype, ...planesOf(shape), back: true });
  },
};

interface QuantizedConvolution {
  readonly step: ConvolutionStep;
  readonly x: Quantized;
  readonly other: Quantized;
  readonly y: QuantizedEnd;
  /** SUMS.bytes or SUMS.scaled. */
  readonly sums: number;
}

/**
 * A convolution in fours of channels. Inputs: x, weight (int8, or uint8 about 128), its steps, bias (int32 in steps of x
 * and weight, or float32), and what is added before the rounding. params: channels, SUMS.bytes, or SUMS.scaled for a y of floats in planes, to
 * which nothing is added, zero and step of x, of what is added, and of y, lowest and highest of y, then the convolution's.
 */
export const QUANTIZED_CONV: Entry<QuantizedConvolution> = {
  name: 'quantizedConv',
  torch: '',
  onnx: ['QLinearConv'],
  args: ['x', 'weight', 'step', 'bias', 'other'],
  required: 3,
  resolve([x, weight], params) {
    const [channels, sums, ...rest] = params as readonly [number, ...number[]];
    const [xZero, xStep, otherZero, otherStep, zero, step, low, high, ...own] = rest;
    const settings = convSettings(own);
    const type: TensorType = { shape: outOfFours(x!.shape, channels), dtype: 'float32' };
    const found = convStep('quantizedConv', type, weight!, settings);
    const { output, macs, window } = found;
    return {
      outputs: [sums === SUMS.scaled ? output : { shape: inFours(output.shape), dtype: 'uint8' }],
      problem: {
        step: found,
        sums: sums as number,
        x: { zero: xZero!, step: xStep! },
        other: { zero: otherZero!, step: otherStep! },
        y: { zero: zero!, step: step!, low: low!, high: high! },
      },
      macs,
      window,
    };
  },
  lower(to, { types: [x, weight, steps, bias], problem: { step, ...of }, inputs, outputs: [y] }) {
    const [from, ...weights] = inputs as [Buffer, Buffer, Buffer, Buffer | null];
    const other = inputs[4] ?? null;
    const { problem } = step;
    const packed = writeQuantizedPack(to, 'quantizedConv', [weights[0], weights[1], weights[2] ?? null], {
      ...problem,
      ...{ dtype: weight!.dtype, x: of.x, y: of.y },
      perOutput: countOf(steps!.shape) > 1,
      floatBias: bias?.dtype === 'float32',
    });
    const padsItself = isDepthwise(weight!.shape, problem.groups);
    const padded = padsItself ? from : emitPaddedFours(to, from, x!, step, of.x.zero);
    const axes = padsItself ? problem.axes : withoutPadding(step);
    writeQuantizedConv(to, 'quantizedConv', { x: padded, ...packed, other, y: y! }, { ...problem, axes }, of);
  },
};

/** Whether each channel has a kernel of its own, by the weight's shape. Depthwise kernels add the padding of x themselves. */
export const isDepthwise = ([outputs, perGroup]: readonly number[], groups: number): boolean =>
  groups > 1 && perGroup === 1 && outputs === groups;

/** The axes of a convolution over an input that holds its padding. */
export const withoutPadding = ({ problem: { axes } }: ConvolutionStep) =>
  perAxis(axes, (axis) => ({ ...axis, input: axis.input + axis.lo + axis.hi, lo: 0, hi: 0 }));

/** x with its padding, of a byte that is known, or of the four in a buffer. */
export function emitPaddedFours(
  to: Builder,
  x: Buffer,
  { shape }: TensorType,
  { problem: { axes } }: ConvolutionStep,
  zero: number | Buffer,
): Buffer {
  if (axes.every(({ lo, hi }) => lo + hi === 0)) return x;
  const rank = shape.length - 3;
  const widths = axes.slice(3 - rank).flatMap(({ lo, hi }) => [lo, hi]);
  // A four of channels is one element.
  const words: TensorType = { shape: shape.slice(0, -1), dtype: 'int32' };
  const sizes = axes.map(({ input, lo, hi }) => input + lo + hi);
  const made = to.temporary(4 * countOf(shape.slice(0, 2)) * countOf(sizes));
  const [value, filling] = typeof zero === 'number' ? [Math.imul(zero, 0x01010101), null] : [0, zero];
  emitPad(to, x, words, made, { mode: 'constant', widths, value }, filling);
  return made;
}

interface QuantizedBinary {
  readonly kind: number;
  readonly a: Quantized;
  readonly b: Quantized;
  readonly y: QuantizedEnd;
}

/** a op b of bytes that lie alike, or b has one place for each channel. params: QUANTIZED_OPERATION, zero and step of a, b and y, lowest and highest of y. */
export const QUANTIZED_BINARY: Entry<QuantizedBinary> = {
  name: 'quantizedBinary',
  torch: '',
  onnx: ['QLinearAdd', 'QLinearMul'],
  args: ['a', 'b'],
  resolve([a], params) {
    const [kind, aZero, aStep, bZero, bStep, zero, step, low, high] = params as readonly [
      number,
      ...number[],
    ];
    return {
      outputs: [a!],
      problem: {
        kind,
        a: { zero: aZero!, step: aStep! },
        b: { zero: bZero!, step: bStep! },
        y: { zero: zero!, step: step!, low: low!, high: high! },
      },
    };
  },
  lower(to, { types: [type, other], problem, inputs: [a, b], outputs: [y] }) {
    const [count, of] = [countOf(type!.shape), countOf(other!.shape)];
    const plane = of === count ? 0 : countOf(type!.shape.slice(2));
    writeQuantizedBinary(to, { a: a!, b: b!, y: y! }, { ...problem, count, plane });
  },
};

/** A function of bytes as a table of its 256 results. */
export const QUANTIZED_TABLE: Entry = {
  name: 'quantizedTable',
  torch: '',
  onnx: ['QLinearSigmoid', 'QLinearLeakyRelu'],
  args: ['x', 'table'],
  resolve: ([x]) => ({ outputs: [x!], problem: null }),
  lower(to, { types: [type], inputs: [x, table], outputs: [y] }) {
    writeQuantizedTable(to, { x: x!, table: table!, y: y! }, countOf(type!.shape));
  },
};

/** The numbers 0 to 255 as float32. */
export const EVERY_BYTE: Entry = {
  name: 'everyByte',
  torch: '',
  onnx: [],
  args: [],
  makes: true,
  resolve: () => ({ outputs: [{ shape: [256], dtype: 'float32' }], problem: null }),
  lower(to) {
    const ones = emitFill(to, [256], 1).buffer;
    const made = to.temporary(4 * 256);
    const whole = { outer: 1, size: 256, inner: 1, exclusive: true, reverse: false };
    writeCumulate(to, { x: ones, y: made }, whole);
    return [made];
  },
};

interface QuantizedPooling {
  readonly kind: number;
  readonly axes: Parameters<typeof writeQuantizedPool>[2]['axes'];
  readonly rule: number;
  readonly x: Quantized;
  readonly y: Quantized;
}

/**
 * Pooling in fours of channels. params: QUANTIZED_REDUCTION, zero and step of x and of y, rank, kernel (0: the whole axis),
 * stride, dilation, padding, rule.
 */
export const QUANTIZED_POOL: Entry<QuantizedPooling> = {
  name: 'quantizedPool',
  torch: '',
  onnx: ['QLinearAveragePool', 'QLinearGlobalAveragePool'],
  args: ['x'],
  resolve([x], params) {
    const take = taking(params);
    const [kind, xZero, xStep, zero, step, rank] = take(6) as [number, ...number[]];
    const { shape } = x!;
    const spatial = shape.slice(2, -1);
    const kernel = take(rank!).map((size, axis) => size || (spatial[axis] as number));
    const { rest, ...settings } = windowSettings(take(4 * rank! + 2), rank!) as WindowSettings & {
      rest: readonly number[];
    };
    const [rule = 0] = rest;
    const window = resolveWindow('quantizedPool', spatial, { ...settings, rank: rank!, kernel, rule });
    return {
      outputs: [{ shape: [...shape.slice(0, 2), ...window.output, 4], dtype: 'uint8' }],
      problem: {
        ...{ kind, axes: window.axes, rule },
        x: { zero: xZero!, step: xStep! },
        y: { zero: zero!, step: step! },
      },
      window: windowsOf(window),
    };
  },
  lower(to, { types: [type], problem, inputs: [x], outputs: [y] }) {
    writeQuantizedPool(to, { x: x!, y: y! }, { ...problem, planes: countOf(type!.shape.slice(0, 2)) });
  },
};

/** The most products that a sum of a quantised convolution may have. */
const MOST_TERMS = 65_000;

/** Whether a convolution with a weight [outputs, perGroup, taps..] is one of bytes: groups are cut between fours of channels. */
export function fitsBytes(weight: readonly number[], groups: number): boolean {
  const [outputs = 0, perGroup = 0, ...taps] = weight;
  const isCut = perGroup % 4 === 0 && (outputs / groups) % 4 === 0;
  return (groups === 1 || isDepthwise(weight, groups) || isCut) && perGroup * countOf(taps) <= MOST_TERMS;
}

const inFoursOf = /*#__PURE__*/ calling(FOURS);
const planesOfFours = /*#__PURE__*/ calling(PLANES);
const convolved = /*#__PURE__*/ calling(QUANTIZED_CONV as Entry);

/** Planes of bytes in fours of channels. */
export const foursOf = (x: Tensor<DType>): Tensor<DType> => inFoursOf([x], []);

/** A convolution of bytes, and how they become bytes again. Zero points are those of unsigned bytes. */
export interface BytesConvolution {
  readonly weight: Tensor<DType>;
  readonly step: Tensor;
  readonly bias: Tensor<DType> | null;
  readonly x: Quantized;
  readonly y: Quantized;
  readonly dtype: DType;
  /** As convParams makes them. */
  readonly params: readonly number[];
}

/** x [N, C, spatial...] of 8 bits, convolved; gives 8 bits of `dtype`. */
export function convolveBytes(x: Tensor<DType>, of: BytesConvolution): Tensor<DType> {
  const channels = x.shape[1] as number;
  const { zero, step } = of.x;
  const params = [channels, SUMS.bytes, zero, step, 0, 0, of.y.zero, of.y.step, 0, 255, ...of.params];
  const y = convolved([foursOf(x), of.weight, of.step as Tensor<DType>, of.bias], params);
  return planesOfFours([y], [of.weight.shape[0] as number, dtypeId(of.dtype)]);
}
