/**
 * Convolutions of bytes with whatever zero points, those of x known at a run: what dynamic quantisation computes. Sums are exact
 * integers; a pass makes floats of them where that is all that they are read for.
 * @internal
 */
import { DTYPES, type DType, dtypeId } from '../base/dtype.ts';
import type { Buffer } from '../instructions/builder.ts';
import { countOf, emitFill } from '../instructions/emit.ts';
import {
  writeDynamicEnds,
  writeDynamicWindow,
  writeQuantizedConv,
  writeQuantizedPack,
} from '../instructions/quantized.ts';
import { SUMS } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type ConvolutionStep, convSettings, convStep } from './convolutionStep.ts';
import type { Entry } from './operator.ts';
import {
  calling,
  emitPaddedFours,
  fitsBytes,
  foursOf,
  isDepthwise,
  outOfFours,
  withoutPadding,
} from './quantized.ts';

interface IntegerConvolution {
  readonly step: ConvolutionStep;
  readonly sums: number;
  readonly dtype: DType;
}

const AS_IT_IS = { zero: 0, step: 1, low: 0, high: 255 };
/** Weights are packed so that a zero point of x is a factor of what follows. */
const ONE = { zero: 1, step: 1 };

/**
 * s = sum of (x - its zero point) (w - its zero point), int32, or s * scale + bias, float32. Inputs: x in fours of channels,
 * weight, and what may be left out: how far the weight's zero point lies below the middle (0 of int8, 128 of uint8), x's zero
 * point, scale, bias; shift and scale are one, or one for each output. params: channels, the number of x's dtype, SUMS, then the
 * convolution's.
 */
export const INTEGER_CONV: Entry<IntegerConvolution> = {
  name: 'integerConv',
  torch: '',
  onnx: ['ConvInteger', 'MatMulInteger'],
  args: ['x', 'weight', 'shift', 'zero', 'scale', 'bias'],
  required: 2,
  resolve([x, weight], [channels, dtype, sums, ...own]) {
    const planes = { shape: outOfFours(x!.shape, channels as number), dtype: 'float32' } as const;
    const step = convStep('integerConv', planes, weight!, convSettings(own));
    const { output, macs, window } = step;
    return {
      outputs: [sums === SUMS.integers ? { shape: output.shape, dtype: 'int32' } : output],
      problem: { step, sums: sums!, dtype: DTYPES[dtype!] as DType },
      macs,
      window,
    };
  },
  lower(to, { types: [x, weight, shift], outputTypes: [type], problem: of, inputs, outputs: [y] }) {
    const [from, weights, shifts, zero, scale, bias] = inputs as [Buffer, Buffer, ...(Buffer | null)[]];
    const { step, sums, dtype } = of;
    const { problem } = step;
    // Shifts are packed in the place of steps.
    const steps = shifts ?? emitFill(to, [1], 0).buffer;
    const packed = writeQuantizedPack(to, 'integerConv', [weights, steps, null], {
      ...problem,
      ...{ dtype: weight!.dtype, x: ONE, y: AS_IT_IS },
      perOutput: shift ? countOf(shift.shape) > 1 : false,
      floatBias: false,
    });
    const given = { sums: packed.sums, shifts: packed.scale, zero, scale, bias };
    const { ends, scales, zeros } = writeDynamicEnds(to, given, { ...problem, dtype });
    const padded = emitPaddedFours(to, from, x!, step, zeros);
    const sizes = { ...problem, axes: withoutPadding(step) };
    const pixels = countOf(type!.shape.slice(2));
    const other = shifts ? writeDynamicWindow(to, { x: padded, zeros }, { ...sizes, pixels }) : null;
    const operands = { x: padded, weights: packed.weights, sums: ends, scale: scales, other, y: y! };
    writeQuantizedConv(to, 'integerConv', operands, sizes, {
      ...{ x: AS_IT_IS, other: AS_IT_IS, y: AS_IT_IS },
      sums,
    });
  },
};

const convolved = /*#__PURE__*/ calling(INTEGER_CONV as Entry);

/** Integers of 8 bits, and their zero points. */
export interface Centered {
  readonly q: Tensor<DType>;
  readonly zero: Tensor<DType> | null;
}

/** Whether a convolution with a weight of this shape can be one of integers: depthwise ones cannot. */
export const fitsIntegers = (weight: readonly number[], groups: number): boolean =>
  fitsBytes(weight, groups) && !isDepthwise(weight, groups);

/** The integers of a convolution; `shift` is null where the weights lie about their middle, `params` are as convParams makes them. */
export function convolveIntegers(
  { q, zero }: Centered,
  weight: Tensor<DType>,
  shift: Tensor | null,
  params: readonly number[],
): Tensor<'int32'> {
  const words = [q.shape[1] as number, dtypeId(q.dtype), SUMS.integers];
  const inputs = [foursOf(q), weight, shift as Tensor<DType> | null, zero];
  return convolved(inputs, [...words, ...params]) as unknown as Tensor<'int32'>;
}
