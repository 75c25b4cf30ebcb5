/** How a call of an operator is written as nodes of ONNX: a row of the tables beside this file, by the operator's name. */
import type { TensorType } from '../../base/dtype.ts';
import type { Params } from '../../graph/entry.ts';
import type { Writer } from './writer.ts';

/** A call that is to be written. */
export interface Call {
  readonly params: Params;
  /** The names of its inputs; '' where one is left out. */
  readonly inputs: readonly string[];
  readonly types: readonly (TensorType | null)[];
  readonly outputs: readonly TensorType[];
  /** What `resolve` made of the options. */
  readonly problem: unknown;
}

/** Writes a call; gives the names of its outputs. */
export type Form = (to: Writer, call: Call) => string | readonly string[];

export type Forms = Readonly<Record<string, Form>>;

/** The shape of input `index`. */
export const shapeOf = ({ types }: Call, index = 0): readonly number[] => (types[index] as TensorType).shape;
/** Input `index`. */
export const inputOf = ({ inputs }: Call, index = 0): string => inputs[index] as string;
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
