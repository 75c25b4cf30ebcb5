/**
 * An operator: its entry together with the function that users call, which normalises what it is given to tensors and
 * numbers, and what is to be said of its layers. Each file of this folder holds some.
 * @internal
 */
import type { DType } from '../base/dtype.ts';
import type { Entry, Params } from '../graph/entry.ts';
import { invoke, type Operand, type Tensor } from '../tensor/tensor.ts';

export type {
  Backward,
  Entry,
  Lowered,
  Params,
  Reads,
  Resolved,
  Traits,
  Types,
  Window,
} from '../graph/entry.ts';
export type { Operand } from '../tensor/tensor.ts';

/**
 * A layer that is one call of the operator: its constructor takes the function's arguments behind the tensors, options
 * last, and forward takes the tensors. `npm run generate` writes its class (ts/layers/generated).
 */
export interface CallLayer {
  readonly name: string;
  /** What the constructor takes by position instead: arguments of the function, or of its options, which then are all. */
  readonly takes?: readonly string[];
  /** Other names for the function's arguments. */
  readonly names?: Readonly<Record<string, string>>;
  /** The type of the options, where it is not the function's: one that the operator's file exports, or 'none'. */
  readonly options?: string;
  /** Options that forward takes, behind the tensors. */
  readonly forward?: readonly string[];
  /** Other defaults than the function's; what the constructor does not take is always that. */
  readonly defaults?: Readonly<Record<string, number | string>>;
}

/** What an operator says of its layers. */
export interface Layered {
  /** The layers that are one call of it; a name where nothing else is to be said. */
  readonly layer?: string | CallLayer | readonly CallLayer[] | undefined;
  /** Throws what is wrong with the arguments of a layer's constructor; `where` is the layer's name. */
  validate?(where: string, ...args: unknown[]): unknown;
}

/** What an operator's function carries beside the call, unseen in its public type. */
type Operator = Layered & { readonly entry: Entry };

/** Calls the operator; one tensor per output. */
type Invoke = (inputs: readonly Operand[], params: Params) => Tensor<DType>[];

/** Makes an operator of its entry, of the function that users call, and of what is to be said of its layers. */
export function operator<F extends object>(
  entry: Entry,
  define: (invoke: Invoke) => F,
  layered?: Layered,
): F {
  return Object.assign(
    define((inputs, params) => invoke(entry, inputs, params)),
    { entry },
    layered,
  );
}

/** What an operator's function carries; of any other value nothing. */
export function operatorOf(value: unknown): Partial<Operator> {
  return typeof value === 'function' ? (value as Partial<Operator>) : {};
}

/** The entry of an operator's function; undefined for any other value. */
export function entryOf(value: unknown): Entry | undefined {
  return operatorOf(value).entry;
}

/** Throws what is wrong with the arguments of a constructor of one of the operator's layers. */
export function validate(of: unknown, where: string, ...args: unknown[]): void {
  operatorOf(of).validate?.(where, ...args);
}
