/** Samples to a batch: the i-th values of all of them one behind the other in one tensor, `[samples, ...shape]`. */
import { type DType, fits } from '../base/dtype.ts';
import { counted, describe, shapeText, wrongKind } from '../base/errors.ts';
import { fitting, readData } from '../tensor/data.ts';
import { emptyTensor, storageOf, Tensor } from '../tensor/tensor.ts';

const where = 'DataLoader';

/** A value of a sample as numbers, with the dtype that it has; null where it is a number on its own. */
interface Read {
  readonly values: ArrayLike<number | bigint>;
  readonly shape: readonly number[];
  readonly dtype: DType | null;
}

function read(name: string, value: unknown): Read {
  if (value instanceof Tensor) {
    storageOf(where, name, value);
    return { values: value.data, shape: value.shape, dtype: value.dtype };
  }
  if (typeof value === 'number') return { values: [value], shape: [], dtype: null };
  const given = readData(where, name, value);
  return { ...given, dtype: given.dtype ?? 'float32' };
}

const nameOf = (column: number, index: number) => `value ${column} of sample ${index}`;

/** The dtype of numbers on their own: those that stand first are inputs, integers elsewhere are classes. */
function dtypeOfNumbers(column: number, parts: readonly Read[]): DType {
  return column > 0 && parts.every(({ values }) => fits(values[0] as number, 'int32')) ? 'int32' : 'float32';
}

function columnOf(
  samples: readonly (readonly unknown[])[],
  indices: ArrayLike<number>,
  column: number,
): Tensor<DType> {
  const parts = samples.map((sample, i) => read(nameOf(column, indices[i] as number), sample[column]));
  const [first] = parts as [Read, ...Read[]];
  const dtype = first.dtype ?? dtypeOfNumbers(column, parts);
  const size = first.shape.reduce((a, b) => a * b, 1);
  const batch = emptyTensor(where, [parts.length, ...first.shape], dtype);
  const { data } = batch;
  for (const [i, part] of parts.entries()) {
    const name = nameOf(column, indices[i] as number);
    if (part.dtype !== first.dtype || shapeText(part.shape) !== shapeText(first.shape)) {
      throw new RangeError(
        `${where}: ${name} is ${typeText(part)}, must be ${typeText(first)}, as of sample ${indices[0]}`,
      );
    }
    data.set(fitting(where, name, part, dtype), i * size);
  }
  return batch;
}

const typeText = ({ dtype, shape }: Read): string =>
  dtype === null ? 'a number' : `${dtype} of shape ${shapeText(shape)}`;

/**
 * A tensor for each value of the samples; `indices` are the samples' numbers, for errors.
 * @throws TypeError for samples that are no lists of values; RangeError where shapes, dtypes or counts differ
 */
export function collate(samples: readonly unknown[], indices: ArrayLike<number>): Tensor<DType>[] {
  for (const [i, sample] of samples.entries()) {
    const name = `sample ${indices[i]}`;
    if (!Array.isArray(sample) || sample.length === 0) {
      throw wrongKind(where, name, sample, 'an array of values such as [x, y]');
    }
    const { length } = samples[0] as unknown[];
    if (sample.length !== length) {
      throw new RangeError(
        `${where}: ${name} has ${counted(sample.length, 'value')}, must have ${length}, as sample ${indices[0]}`,
      );
    }
  }
  const lists = samples as readonly (readonly unknown[])[];
  return (lists[0] as unknown[]).map((_, column) => columnOf(lists, indices, column));
}

/** What a transform gave, as a batch. @throws TypeError for what is no list of tensors */
export function asBatch(given: unknown): readonly Tensor<DType>[] {
  if (Array.isArray(given) && given.length > 0 && given.every((part) => part instanceof Tensor)) return given;
  throw new TypeError(
    `${where}: transform gave ${describe(given)}, must give an array of tensors such as [x, y]`,
  );
}
