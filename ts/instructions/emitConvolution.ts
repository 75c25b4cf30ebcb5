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
  /** Whatever the program's choice is, no transform that rounds. */
  readonly exact?: boolean;
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

/** The activation that a convolution ends with, as the params behind its own say: its number, p0, p1. */
export function activationOf([act = ACTIVATION.none, p0 = 0, p1 = 0]: readonly number[]): Activation {
  return { act, p0, p1 };
}

/** Emits y = act(x convolved with weight + bias + residual). */
export function emitConvolution(
  name: string,
  to: Builder,
  { x, weight, bias, residual, slope, y }: ConvolutionInputs & { readonly y: Buffer },
  problem: ConvolutionProblem,
  activation: Activation | null = null,
): void {
  const options = { ...to.choice, exact: to.choice.exact || problem.exact === true, activation };
  const plan = planConv(to, name, problem, options);
  const weights = writeConvPack(to, name, weight, problem, plan.algorithm);
  writeConv(to, { x, weights, bias, residual, slope, y }, problem, { ...options, ...plan });
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
