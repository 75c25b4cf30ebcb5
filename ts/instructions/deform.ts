/** Instructions of deformable convolutions and of their gradients (crates/core/src/instructions/deform.rs). */
import { sampling } from '../engine/sides/sampling.ts';
import type { Builder, OperandsOf } from './builder.ts';
import { type ConvSizes, convWords } from './conv.ts';
import { ALGORITHM, OP } from './table.ts';

/** Deformable convolutions have the general algorithm. */
export interface DeformOptions extends ConvSizes {
  readonly exact: boolean;
  readonly offsetGroups: number;
}

const deformWords = ({ offsetGroups, exact, ...sizes }: DeformOptions): number[] => [
  ...[...convWords(sizes, { algorithm: ALGORITHM.gemm, exact, activation: null }), offsetGroups],
];

/** y = x convolved with the packed weights, its taps moved by the offset and modulated by the mask. */
export function writeDeform(
  to: Builder,
  where: string,
  { x, offset, mask = null, weights, bias = null, y }: OperandsOf<'deform'>,
  options: DeformOptions,
): void {
  to.needs(sampling);
  const words = deformWords(options);
  const { scratch, algorithm } = to.plan(where, OP.deform, words);
  to.step(OP.deform, [x, offset, mask, weights, bias], [y], words, { scratch, algorithm });
}

/** One of its gradients (DEFORM_GRADIENT), from what it depends on. */
export function writeDeformGradient(
  to: Builder,
  where: string,
  operands: OperandsOf<'deformGradient'>,
  { of, ...options }: DeformOptions & { of: number },
): void {
  to.needs(sampling);
  const { x = null, offset, mask = null, dy, weights = null } = operands;
  const { gradient = null, maskGradient = null } = operands;
  const words = [...deformWords(options), of];
  const { scratch } = to.plan(where, OP.deformGradient, words);
  to.step(OP.deformGradient, [x, offset, mask, dy, weights], [gradient, maskGradient], words, { scratch });
}
