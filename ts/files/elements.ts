/** What all files of tensors have in common: how many elements a shape has, and elements as a tensor. */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { fillStored, type StoredType, storedAs } from '../tensor/stored.ts';
import { type AnyTensor, emptyTensor, type Tensor } from '../tensor/tensor.ts';

/** What is read: a Uint8Array (Node's Buffer is one) or an ArrayBuffer. */
export type FileBytes = Uint8Array | ArrayBuffer;

/** The number of elements of a shape that stands in a file. @throws RangeError for what no tensor has */
export function elements(what: string, shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.every((size) => size < 2 ** 31) && count < 2 ** 31) return count;
  throw new RangeError(`${what} has the shape ${shapeText(shape)}, must have fewer than 2^31 elements`);
}

/** A tensor of what a file holds. @throws RangeError for an integer that int32 cannot hold */
export function storedTensor(
  what: string,
  type: StoredType,
  shape: readonly number[],
  raw: Uint8Array,
): AnyTensor {
  const made = emptyTensor(what, shape, storedAs(type).dtype);
  const beyond = fillStored(what, made.data, type, raw);
  if (beyond < 0) return made as AnyTensor;
  made.dispose();
  throw new RangeError(
    `${what} holds ${integerAt(raw, type, beyond)} at ${beyond}, must fit in int32 (it is ${type})`,
  );
}

function integerAt(raw: Uint8Array, type: StoredType, index: number): bigint {
  const { bytes } = storedAs(type);
  let value = 0n;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256n + BigInt(raw[index * bytes + i] as number);
  return type === 'int64' ? BigInt.asIntN(64, value) : value;
}

/** What a file of several tensors gives. */
export type Tensors = Record<string, AnyTensor>;

/** What is written into a file of several tensors: tensors by name, in an object (a state dict) or a Map. */
export type TensorsByName = Readonly<Record<string, Tensor<DType>>> | ReadonlyMap<string, Tensor<DType>>;
