/**
 * The instructions of a convolution, which `linear` is too (one pixel per row): weights are packed, then multiplied.
 * Where the weights are constant, all but the last instruction run once. graph/absorb.ts adds what fusion moved into it.
 */
import { type Buffer, type Lowering, OP } from '../graph/lowering.ts';
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

/** What follows the sum of products: y = act(sum + bias + residual), `act` in the words of the Rust side. */
export interface Ending {
  readonly residual: Buffer | null;
  readonly slope: Buffer | null;
  readonly act: readonly number[];
}
/** Where the residual stands among what the instruction reads. */
const RESIDUAL = 3;
const NOTHING: Ending = { residual: null, slope: null, act: [0, 0, 0] };

/** Emits a convolution of inputs x, weight, bias. */
export function emitConvolution(
  name: string,
  to: Lowering,
  { inputs, outputs }: Pick<Lowered, 'inputs' | 'outputs'>,
  problem: ConvolutionProblem,
  { residual, slope, act }: Ending = NOTHING,
): void {
  const { n, groups, channels, flip, axes } = problem;
  const [x, weight, bias] = inputs as [Buffer, Buffer, Buffer | null];
  const words = (algorithm: number) => [
    ...[n, groups, channels / groups, problem.outputs / groups, ...axes],
    ...[algorithm, flip, weight.constant ? 1 : 0, ...act],
  ];
  const { scratch, algorithm } = to.plan(name, OP.conv, words(0));
  const chosen = words(algorithm);
  const reads = [x, packed(name, to, weight, chosen), bias, residual, slope];
  // Each element of the residual is read just before its output is written: over it, the caches hold a tensor less.
  to.step(OP.conv, reads, outputs, chosen, { inPlace: RESIDUAL, scratch, algorithm });
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
  for (let axis = 4; axis < 22; axis += 6)
    packing.splice(axis, 6, packing[axis + 1]!, packing[axis + 1]!, 1, 1, 0, 0);
  packing.splice(24, 4, 0, 0, 0, 0);
  return packing;
}
