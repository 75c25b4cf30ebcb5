/** How an operator of ONNX becomes calls of ours: a row of the tables in handlers/. */
import type { DType } from '../base/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Call } from './call.ts';
import type { Row } from './row.ts';

export interface Handler extends Row {
  build(call: Call): Tensor<DType> | Tensor<DType>[];
}

/** Operators by ONNX's name; those that changed have a row for each form, in the order of operator sets. */
export type Handlers = Readonly<Record<string, Handler | readonly Handler[]>>;
