/** Instructions that work element by element: functions of one number, of two, and casts. */
import { DTYPE } from '../base/boundary.ts';
import { type DType, dtypeId } from '../base/dtype.ts';
import { GRADIENTS } from '../engine/side.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import { ACTIVATION, OP } from './table.ts';
import { walkWords } from './walk.ts';

/** A function of one number: which (ACTIVATION), and its own numbers. */
export interface Activation {
  readonly act: number;
  readonly p0: number;
  readonly p1: number;
}

/** The words of a function of floats, or of none. */
export const activationWords = (activation: Activation | null): number[] =>
  activation ? [activation.act, bits(activation.p0), bits(activation.p1)] : [ACTIVATION.none, 0, 0];

/** y = act(x). */
export function writeUnary(
  to: Builder,
  { x, y }: OperandsOf<'unary'>,
  { dtype = 'float32', count, ...own }: Activation & { dtype?: DType; count: number },
): void {
  const words = dtype === 'float32' ? activationWords(own) : [own.act, own.p0 | 0, own.p1 | 0];
  to.step(OP.unary, [x], [y], [dtypeId(dtype), ...words, count], { inPlace: 0 });
}

/**
 * dx = dy act'(v): v is the function's output for some functions and its input for others
 * (Derivative in crates/core/src/instructions/activation.rs says which).
 */
export function writeUnaryGradient(
  to: Builder,
  { dy, v, dx }: OperandsOf<'unaryGradient'>,
  { count, ...own }: Activation & { count: number },
): void {
  to.needs(GRADIENTS);
  const words = [DTYPE.float32, ...activationWords(own), count];
  to.step(OP.unaryGradient, [dy, v], [dx], words, { inPlace: 0 });
}

export interface BinaryOptions {
  readonly dtype?: DType;
  /** BINARY. */
  readonly kind: number;
  /** y's shape, and the strides of a and b along its axes. */
  readonly shape: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** The operand that y may take the memory of, or -1. */
  readonly inPlace?: number;
}

/** y = a kind b. */
export function writeBinary(
  to: Builder,
  operands: OperandsOf<'binary'>,
  { dtype = 'float32', kind, shape, a, b, inPlace = -1 }: BinaryOptions,
): void {
  const words = [dtypeId(dtype), kind, ...walkWords(to, shape, a, b)];
  to.step(OP.binary, [operands.a, operands.b], [operands.y], words, { inPlace });
}

/** y = x with another dtype. */
export function writeCast(
  to: Builder,
  { x, y }: OperandsOf<'cast'>,
  { from, into, count }: { from: DType; into: DType; count: number },
): void {
  to.step(OP.cast, [x], [y], [dtypeId(from), dtypeId(into), count]);
}
