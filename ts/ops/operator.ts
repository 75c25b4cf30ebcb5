/**
 * An operator: its entry together with the function that users call, which normalises what it is given to tensors and
 * numbers. Each file of this folder holds some.
 */
import type { DType } from '../dtype.ts';
import type { Entry, Params } from '../graph/entry.ts';
import { invoke, type Operand, type Tensor } from '../tensor/tensor.ts';

export type {
  Activation,
  Backward,
  Cost,
  Entry,
  Lowered,
  Params,
  Traits,
  Types,
  Window,
} from '../graph/entry.ts';
export type { Operand } from '../tensor/tensor.ts';

/** An operator's public function together with its entry. */
export type Operator<F> = F & { readonly entry: Entry };

/** Calls the operator; one tensor per output. */
export type Invoke = (inputs: readonly Operand[], params: Params) => Tensor<DType>[];

/** Makes an operator of its entry and of the function that users call. */
export function operator<F extends object>(entry: Entry, define: (invoke: Invoke) => F): Operator<F> {
  return Object.assign(
    define((inputs, params) => invoke(entry, inputs, params)),
    { entry },
  );
}
