/**
 * The lowering of a convolution that fusion moved others into: an affine map per channel goes into weights and bias, the
 * residual and the activation into the end of the kernel. Calls with values have none of this, so an application
 * without `compile` does not hold it.
 */

import { type Buffer, bits, type Lowering, OP } from '../instructions/builder.ts';
import { BINARY, emitBinary } from '../instructions/emit.ts';
import { type ConvolutionProblem, type Ending, emitConvolution } from '../instructions/emitConvolution.ts';
import type { Activation, Entry, Lowered } from '../ops/operator.ts';

/** A node with what was fused into it. */
export interface Absorbed extends Lowered {
  readonly entry: Entry;
  readonly affine?: { scale: Buffer; shift: Buffer };
  readonly residual?: Buffer;
  readonly activation?: Activation & { slope: Buffer | null };
}

/** Emits y = act((x convolved with weight, then bias and affine map) + residual); inputs are x, weight, bias. */
export function lowerAbsorbed(to: Lowering, node: Absorbed): void {
  const { entry, types, params } = node;
  const problem = entry.convolves!(types, params);
  const { weight, bias } = foldedWeights(to, node, problem);
  const inputs: (Buffer | null)[] = [node.inputs[0]!, weight, bias];
  emitConvolution(entry.name, to, { inputs, outputs: node.outputs }, problem, endingOf(node));
}

function endingOf({ residual, activation }: Absorbed): Ending {
  const act =
    activation === undefined ? [0, 0, 0] : [activation.act, bits(activation.p0), bits(activation.p1)];
  return { residual: residual ?? null, slope: activation?.slope ?? null, act };
}

/** The weights and the bias with a fused affine map in them. */
function foldedWeights(
  to: Lowering,
  node: Absorbed,
  problem: ConvolutionProblem,
): { weight: Buffer; bias: Buffer | null } {
  const [, weight, bias] = node.inputs as [Buffer, Buffer, Buffer | null];
  if (node.affine === undefined) return { weight, bias };
  const { scale, shift } = node.affine;
  const { outputs } = problem;
  // Behind each output channel lie `inner` elements of it, before the next one's.
  const inner = problem.source?.strides[1] ?? weight.bytes / 4 / Math.max(outputs, 1);
  const shape = [weight.bytes / 4 / Math.max(outputs * inner, 1), outputs, inner];
  const factors = { buffer: scale, shape: [outputs, 1] };
  const scaled = emitBinary(to, BINARY.mul, { buffer: weight, shape }, factors).buffer;
  if (bias === null) return { weight: scaled, bias: shift };
  const shifted = to.temporary(4 * outputs);
  to.step(OP.affine, [bias, null, scale, shift], [shifted], [1, outputs, 1]);
  return { weight: scaled, bias: shifted };
}

/** Names of the algorithms that a plan gives as numbers (crates/core/src/plan.rs). */
export const ALGORITHMS = ['', 'gemm', 'pointwise', 'depthwise', 'winograd', 'direct'] as const;
