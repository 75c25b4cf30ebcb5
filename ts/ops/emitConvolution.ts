/**
 * The instructions of a convolution, which `linear` is too (one pixel per row): weights are packed, and what fusion
 * moved into the node is done on the way: an affine map per channel goes into weights and bias, the residual and the
 * activation into the end of the kernel. Where the weights are constant, all but the last instruction run once.
 */
import { type Buffer, bits, type Lowering, OP } from '../graph/lowering.ts';
import type { Lowered } from './operator.ts';

export interface ConvolutionProblem {
  readonly n: number;
  readonly groups: number;
  /** Input channels. */
  readonly channels: number;
  /** Output channels. */
  readonly outputs: number;
  /** Three axes of six words. */
  readonly axes: readonly number[];
  readonly flip: number;
}

/** Emits y = act((x convolved with weight, then bias and affine map) + residual); inputs are x, weight, bias. */
export function emitConvolution(name: string, to: Lowering, node: Lowered, problem: ConvolutionProblem): void {
  const { n, groups, channels, outputs, axes, flip } = problem;
  const { weight, bias } = foldedWeights(to, node, outputs);
  const { residual = null, activation } = node.fused;
  const words = (algorithm: number) => [
    ...[n, groups, channels / groups, outputs / groups, ...axes],
    ...[algorithm, flip, weight.constant ? 1 : 0, ...activationWords(activation)],
  ];
  const { scratch, algorithm } = to.plan(name, OP.conv, words(0));
  const chosen = words(algorithm);
  const reads = [node.inputs[0]!, packed(name, to, weight, chosen), bias, residual, activation?.slope ?? null];
  to.step(OP.conv, reads, node.outputs, chosen, { scratch, algorithm });
}

/** Emits a depthwise convolution, `first`, and the pointwise one behind it as one instruction. */
export function emitSeparable(name: string, to: Lowering, node: Lowered, first: Lowered, axes: readonly number[]): void {
  const [n, channels] = first.types[0]!.shape as [number, number];
  const outputs = node.outputTypes[0]!.shape[1] as number;
  const inner = foldedWeights(to, first, channels);
  const { weight, bias } = foldedWeights(to, node, outputs);
  const { residual = null, activation } = node.fused;
  const words = [n, channels, outputs, ...axes, ...activationWords(first.fused.activation), ...activationWords(activation)];
  const { scratch } = to.plan(name, OP.separable, words);
  const pointwise = [n, 1, channels, outputs, ...PIXEL, POINTWISE, 0, 1, 0, 0, 0];
  const reads = [first.inputs[0]!, inner.weight, inner.bias, packed(name, to, weight, pointwise), bias, residual, activation?.slope ?? null];
  to.step(OP.separable, reads, node.outputs, words, { scratch, algorithm: SEPARABLE });
}

/** The weights and the bias with a fused affine map in them. */
function foldedWeights(to: Lowering, node: Lowered, outputs: number): { weight: Buffer; bias: Buffer | null } {
  const [, weight, bias] = node.inputs as [Buffer, Buffer, Buffer | null];
  if (node.fused.affine === undefined) return { weight, bias };
  const { scale, shift } = node.fused.affine;
  const perOutput = weight.bytes / 4 / Math.max(outputs, 1);
  const scaled = to.temporary(weight.bytes);
  to.step(OP.binary, [weight, scale], [scaled], [2, 0, 2, outputs, perOutput, 1, perOutput, 1, 0]);
  if (bias === null) return { weight: scaled, bias: shift };
  const shifted = to.temporary(4 * outputs);
  to.step(OP.affine, [bias, scale, shift], [shifted], [1, outputs, 1]);
  return { weight: scaled, bias: shifted };
}

function activationWords(activation: { act: number; p0: number; p1: number } | undefined): number[] {
  return activation === undefined ? [0, 0, 0] : [activation.act, bits(activation.p0), bits(activation.p1)];
}

/** Emits the packing of the weights for a problem whose algorithm is chosen. */
function packed(name: string, to: Lowering, weight: Buffer, problem: readonly number[]): Buffer {
  const words = packWords(problem);
  const panels = to.temporary(4 * to.plan(name, OP.convPack, words).packed);
  to.step(OP.convPack, [weight], [panels], words);
  return panels;
}

/** Three axes of one element each. */
export const PIXEL: readonly number[] = [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0];

/**
 * A problem reduced to what the order of the packed weights depends on: one output position, no activation. So problems
 * that differ elsewhere only, such as another input size, share packed weights.
 */
function packWords(words: readonly number[]): number[] {
  const packing = [1, ...words.slice(1)];
  for (let axis = 4; axis < 22; axis += 6) packing.splice(axis, 6, packing[axis + 1]!, packing[axis + 1]!, 1, 1, 0, 0);
  packing.splice(24, 4, 0, 0, 0, 0);
  return packing;
}

/** Names of the algorithms that a plan gives as numbers (crates/core/src/plan.rs). */
export const ALGORITHMS = ['', 'gemm', 'pointwise', 'depthwise', 'separable'] as const;
const [, , POINTWISE, , SEPARABLE] = [0, 1, 2, 3, 4] as const;
