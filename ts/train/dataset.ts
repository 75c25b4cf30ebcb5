/**
 * Datasets: samples by their number, and batches of them. A sample is a list of values (mostly two, x and y), a batch a
 * list of tensors, whose first axis counts samples.
 */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import type { DTypeOf } from '../ops/create.ts';
import type { TensorData } from '../tensor/data.ts';
import { type AnyTensor, emptyTensor, requireTensor, storageOf, type Tensor } from '../tensor/tensor.ts';

/**
 * A value of a sample. A tensor, typed array or nested arrays keep their shape and dtype (plain numbers in arrays are float32).
 * A number on its own is float32 as the first of the values; elsewhere it is a class, int32, where all of a batch are
 * integers, else float32; `[2.5]` is float32 always.
 */
export type SampleValue = Tensor<DType> | TensorData;

/** What a value of a sample is in a batch: a tensor. */
export type Batched<Given> =
  Given extends Tensor<infer D>
    ? Tensor<D>
    : Given extends number
      ? Tensor<'int32'>
      : Given extends TensorData
        ? Tensor<DTypeOf<Given>>
        : never;

/** What samples are in a batch: a tensor for each of their values. */
export type BatchOf<Sample extends readonly unknown[]> = { [I in keyof Sample]: Batched<Sample[I]> };

/** Samples by their number. */
export interface Dataset<
  Sample extends readonly [SampleValue, ...SampleValue[]] = readonly [SampleValue, ...SampleValue[]],
> {
  /** How many samples. */
  readonly length: number;
  /**
   * The values of the sample `index`, from 0: mostly `[x, y]`, of equal shapes and dtypes in all samples; or a Promise of them. A
   * tensor that is made in a call without a Promise is disposed of when its values have been copied, one that was there before stays.
   */
  get(index: number): Sample | PromiseLike<Sample>;
}

/** The samples of tensors whose first axes count them, made by `tensorDataset`. */
export class TensorDataset<Tensors extends readonly AnyTensor[]> {
  /** How many samples. */
  readonly length: number;
  /** The tensors, which stay the caller's. */
  readonly tensors: Tensors;

  /** @internal Made by `tensorDataset`. */
  constructor(tensors: Tensors) {
    this.tensors = tensors;
    this.length = (tensors[0] as AnyTensor).shape[0] as number;
  }

  /** The sample `index` of each tensor, as new tensors without the first axis. */
  get(index: number): Tensors {
    return scope(() =>
      this.rows([index]).map((row) => row.reshape(row.shape.slice(1))),
    ) as readonly Tensor<DType>[] as unknown as Tensors;
  }

  /** Some samples of each tensor, as new tensors. @internal */
  rows(indices: ArrayLike<number>): Tensor<DType>[] {
    return this.tensors.map((t) => rowsOf(t as Tensor<DType>, indices));
  }
}

/** Some of a tensor's rows along its first axis. */
function rowsOf(from: Tensor<DType>, indices: ArrayLike<number>): Tensor<DType> {
  const [count, ...shape] = from.shape as [number, ...number[]];
  const size = from.size / Math.max(1, count);
  storageOf('DataLoader', 'a tensor of the dataset', from);
  const rows = emptyTensor('DataLoader', [indices.length, ...shape], from.dtype);
  const [source, target] = [from.data, rows.data];
  for (let i = 0; i < indices.length; i++) {
    const at = (indices[i] as number) * size;
    target.set(source.subarray(at, at + size), i * size);
  }
  return rows;
}

/**
 * A dataset of tensors: sample i is the i-th part of each along its first axis. Shapes behind the first axis and dtypes are kept,
 * so that batches of images are uint8 where the images are. The tensors stay the caller's.
 * @param tensors mostly x and y, with equal first axes
 * @throws RangeError for a scalar, and where the first axes differ; TypeError for what is no tensor or disposed
 * @example
 * ```ts
 * const dataset = tensorDataset(rand([100, 1, 28, 28]), zeros([100], { dtype: 'int32' }));
 * dataset.length; // 100
 * ```
 */
export function tensorDataset<const Tensors extends readonly [AnyTensor, ...AnyTensor[]]>(
  ...tensors: Tensors
): TensorDataset<Tensors> {
  const where = 'tensorDataset';
  const names = ['x', 'y'];
  const nameOf = (i: number) => (tensors.length <= names.length ? names[i] : `tensors[${i}]`) as string;
  if (tensors.length === 0) requireTensor(where, 'x', undefined);
  for (const [i, given] of tensors.entries()) {
    storageOf(where, nameOf(i), requireTensor(where, nameOf(i), given));
    const [count] = given.shape;
    const [first] = tensors[0].shape;
    if (count === undefined) {
      throw new RangeError(`${where}: ${nameOf(i)} is a scalar, must have an axis that counts samples`);
    }
    if (count !== first) {
      throw new RangeError(
        `${where}: ${nameOf(i)} has shape ${shapeText(given.shape)}, must have ${first} along its first axis, as ${nameOf(0)}`,
      );
    }
  }
  return new TensorDataset(tensors);
}
