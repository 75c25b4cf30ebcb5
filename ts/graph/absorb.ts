/**
 * The lowering of a convolution that fusion moved others into: an affine map per channel goes into weights and bias, the
 * residual and the activation into the end of the kernel. Calls with values have none of this, so an application
 * without `compile` does not hold it.
 */

import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeAffine } from '../instructions/channels.ts';
import { writeBinary } from '../instructions/elementwise.ts';
import { type Epilogue, emitConvolution } from '../instructions/emitConvolution.ts';
import { BINARY } from '../instructions/table.ts';
import type { Activation, Entry, Lowered } from '../ops/operator.ts';

/** A node with what was fused into it. */
export interface Absorbed extends Lowered {
  readonly entry: Entry;
  readonly affine?: { scale: Buffer; shift: Buffer };
  readonly residual?: Buffer;
  readonly activation?: Activation & { slope: Buffer | null };
}

/** Emits y = act((x convolved with weight, then bias and affine map) + residual); inputs are x, weight, bias. */
export function lowerAbsorbed(to: Builder, node: Absorbed): void {
  const { entry, types, params } = node;
  const problem = entry.convolves!(types, params);
  const { weight, bias } = foldedWeights(to, node, problem.outputs);
  const operands = { x: node.inputs[0]!, weight, bias, y: node.outputs[0]! };
  emitConvolution(entry.name, to, operands, problem, epilogueOf(node));
}

function epilogueOf({ residual, activation }: Absorbed): Epilogue {
  return {
    residual: residual ?? null,
    slope: activation?.slope ?? null,
    activation: activation ?? null,
  };
}

/** The weights and the bias with a fused affine map in them. */
function foldedWeights(
  to: Builder,
  node: Absorbed,
  outputs: number,
): { weight: Buffer; bias: Buffer | null } {
  const [, weight, bias] = node.inputs as [Buffer, Buffer, Buffer | null];
  if (node.affine === undefined) return { weight, bias };
  const { scale, shift } = node.affine;
  const perOutput = weight.bytes / 4 / Math.max(outputs, 1);
  const scaled = to.temporary(weight.bytes);
  const strides = { a: [perOutput, 1], b: [1, 0] };
  writeBinary(
    to,
    { a: weight, b: scale, y: scaled },
    { kind: BINARY.mul, shape: [outputs, perOutput], ...strides },
  );
  if (bias === null) return { weight: scaled, bias: shift };
  const shifted = to.temporary(4 * outputs);
  writeAffine(to, { x: bias, scale, shift, y: shifted }, { n: 1, channels: outputs, inner: 1 });
  return { weight: scaled, bias: shifted };
}
