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
  const { affine, residual = null, activation } = node.fused;
  let [, weight, bias] = node.inputs as [Buffer, Buffer, Buffer | null];
  if (affine !== undefined) {
    const { scale, shift } = affine;
    const perOutput = weight.bytes / 4 / Math.max(outputs, 1);
    const scaled = to.temporary(weight.bytes);
    to.step(OP.binary, [weight, scale], [scaled], [2, 0, 2, outputs, perOutput, 1, perOutput, 1, 0]);
    const shifted = bias === null ? shift : to.temporary(4 * outputs);
    if (bias !== null) to.step(OP.affine, [bias, scale, shift], [shifted], [1, outputs, 1]);
    [weight, bias] = [scaled, shifted];
  }
  const { act, p0, p1, slope } = activation ?? { act: 0, p0: 0, p1: 0, slope: null };
  const words = (algorithm: number) => [
    ...[n, groups, channels / groups, outputs / groups, ...axes],
    ...[algorithm, flip, weight.constant ? 1 : 0, act, bits(p0), bits(p1)],
  ];
  const { scratch, packed, algorithm } = to.plan(name, OP.conv, words(0));
  const panels = to.temporary(4 * packed);
  const chosen = words(algorithm);
  to.step(OP.convPack, [weight], [panels], packWords(chosen));
  to.step(OP.conv, [node.inputs[0]!, panels, bias, residual, slope], node.outputs, chosen, { scratch, algorithm });
}

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
export const ALGORITHMS = ['', 'gemm', 'pointwise', 'depthwise', 'winograd2', 'winograd4', 'stem'] as const;
