/**
 * The instructions of a convolution, which `linear` is too (one pixel per row): weights are packed, then multiplied.
 * Where the weights are constant, all but the last instruction run once. graph/absorb.ts adds what fusion moved into it.
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

export interface ConvolutionProblem extends ConvSizes, PackOptions {
  /** What is done to x before: its padding, where that is not zeros. */
  before?(to: Builder, x: Buffer): Buffer;
}

/** What follows the sum of products: y = act(sum + bias + residual). */
export interface Epilogue {
  readonly residual: Buffer | null;
  readonly slope: Buffer | null;
  readonly activation: Activation | null;
}
export const NO_EPILOGUE: Epilogue = { residual: null, slope: null, activation: null };

export interface ConvolutionOperands {
  readonly x: Buffer;
  /** As they are: not packed. */
  readonly weight: Buffer;
  readonly bias?: Buffer | null | undefined;
  readonly y: Buffer;
}

/** Emits a convolution. */
export function emitConvolution(
  name: string,
  to: Builder,
  { x, weight, bias, y }: ConvolutionOperands,
  problem: ConvolutionProblem,
  { residual, slope, activation }: Epilogue = NO_EPILOGUE,
): void {
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
