/**
 * The instructions of a convolution, which `linear` is too (one pixel per row): weights are packed, then multiplied.
 * Where the weights are constant, all but the last instruction run once.
 */
import type { Buffer, Builder } from './builder.ts';
import {
  type ConvSizes,
  type PackOptions,
  planConv,
  type WeightSource,
  writeConv,
  writeConvPack,
} from './conv.ts';
import type { Activation } from './elementwise.ts';
import { ACTIVATION } from './table.ts';

export interface ConvolutionProblem extends ConvSizes, PackOptions {
  /** What is done to x before: its padding, where that is not zeros. */
  before?(to: Builder, x: Buffer): Buffer;
}

/** What a convolution reads. */
export interface ConvolutionInputs {
  readonly x: Buffer;
  /** As they are: not packed. */
  readonly weight: Buffer;
  readonly bias?: Buffer | null | undefined;
  /** What is added to each output. */
  readonly residual?: Buffer | null | undefined;
  /** The slope of each output channel, of an activation that has one. */
  readonly slope?: Buffer | null | undefined;
}

/** An operator's inputs as those of its convolution. */
export function operandsOf(inputs: readonly (Buffer | null)[]): ConvolutionInputs {
  const [x, weight, bias, residual, slope] = inputs as [Buffer, Buffer, ...(Buffer | null)[]];
  return { x, weight, bias, residual, slope };
}

/** Emits y = act(x convolved with weight + bias + residual); `own`: the activation and its two numbers. */
export function emitConvolution(
  name: string,
  to: Builder,
  { x, weight, bias, residual, slope, y }: ConvolutionInputs & { readonly y: Buffer },
  problem: ConvolutionProblem,
  [act = ACTIVATION.none, p0 = 0, p1 = 0]: readonly number[] = [],
): void {
  const activation: Activation | null = act === ACTIVATION.none ? null : { act, p0, p1 };
  const options = { ...to.choice, activation };
  const plan = planConv(to, name, problem, options);
  const from = problem.before?.(to, x) ?? x;
  const weights = writeConvPack(to, name, weight, problem, plan.algorithm);
  writeConv(to, { x: from, weights, bias, residual, slope, y }, problem, { ...options, ...plan });
}

/** The same weight with its taps in reverse order along each axis. */
export function flipped({ strides, offset }: WeightSource, kernel: readonly number[]): WeightSource {
  const last = kernel.reduce((sum, size, axis) => sum + (size - 1) * strides[3 + axis]!, 0);
  return {
    strides: strides.map((stride, axis) => (axis < 3 || stride === 0 ? stride : -stride)),
    offset: offset + last,
  };
}

/** The same weight with the roles of its channels swapped: what was an output channel is an input channel. */
export function swapped({ strides, offset }: WeightSource): WeightSource {
  const [group, output, input, ...taps] = strides as number[];
  return { strides: [group!, input!, output!, ...taps], offset };
}
