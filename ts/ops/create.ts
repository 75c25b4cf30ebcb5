/**
 * Tensors out of numbers: tensor, zeros, ones, full, arange.
 * @category Tensors
 */
import { checkOptions, elementCount, fill, integer, integers, oneOf } from '../base/checks.ts';
import { bytesPer, DTYPES, type DType, fits } from '../base/dtype.ts';
import { counted, shapeText, wrongKind, wrongValue } from '../base/errors.ts';
import { fitting, readData, type TensorData } from '../tensor/data.ts';
import { emptyTensor, type Tensor } from '../tensor/tensor.ts';

/** What lists hold, as far as they are typed arrays in rows. */
type Innermost<Data> = Data extends readonly (infer Row)[]
  ? Row extends readonly (infer Inner)[]
    ? Inner
    : Row
  : Data;

/** The dtype that a typed array gives. */
type DTypeOfArray<Data> = Data extends
  | Int32Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  ? 'int32'
  : Data extends Uint8Array | Uint8ClampedArray
    ? 'uint8'
    : Data extends Int8Array
      ? 'int8'
      : 'float32';

/** The dtype that `data` gives where no option names one. */
export type DTypeOf<Data extends TensorData> = DTypeOfArray<Innermost<Data>>;

/** The option of what makes tensors. */
export interface DTypeOption<D extends DType> {
  /** The dtype of the result. Default 'float32', or what the data gives. */
  dtype?: D | undefined;
}

/**
 * A tensor with a copy of `data`. A typed array gives its dtype (Float16Array and Float64Array float32; Int16Array,
 * Uint16Array, Uint32Array, BigInt64Array and BigUint64Array int32; Uint8ClampedArray uint8), numbers give float32, unless `dtype` says
 * otherwise. What an integer dtype cannot hold, a fraction too, is an error; `cast` rounds and saturates.
 * @param data a number, nested arrays, a flat array or a typed array
 * @param shape left out or null: the shape of the nested arrays
 * @throws RangeError when the shape does not fit the data, rows differ in length, or an integer dtype cannot hold a
 * number; TypeError for what holds no numbers, and typed arrays of several dtypes
 * @example
 * ```ts
 * tensor([[1, 2], [3, 4]]); // float32 [2, 2]
 * tensor(new Uint8Array(12), [1, 3, 2, 2]); // uint8
 * tensor([1, 2, 3], null, { dtype: 'int32' });
 * ```
 */
export function tensor<Data extends TensorData, D extends DType = DTypeOf<Data>>(
  data: Data,
  shape?: readonly number[] | null,
  options: DTypeOption<D> = {},
): Tensor<D> {
  checkOptions('tensor', options, ['dtype']);
  const given = readData('tensor', 'data', data);
  const { shape: found } = given;
  const dtype = checkDType('tensor', options.dtype ?? given.dtype ?? 'float32') as D;
  const values = fitting('tensor', 'data', given, dtype);
  if (typeof shape === 'object' && shape !== null && !Array.isArray(shape)) {
    throw wrongKind('tensor', 'shape', shape, 'an array of integers: write null before the options');
  }
  const wanted = shape === undefined || shape === null ? found : integers('tensor', 'shape', shape, 0);
  if (elementCount('tensor', wanted, bytesPer(dtype)) !== values.length) {
    throw new RangeError(
      `tensor: data has ${counted(values.length, 'element')}, shape ${shapeText(wanted)} needs ${elementCount('tensor', wanted)}`,
    );
  }
  const made = emptyTensor('tensor', [...wanted], dtype);
  made.data.set(values);
  return made;
}

function checkDType(where: string, dtype: unknown): DType {
  oneOf(where, 'dtype', dtype, DTYPES);
  return dtype as DType;
}

/**
 * A tensor of `shape` where every element is `value`.
 * @throws RangeError for a shape that is no list of integers from 0, and a value that an integer dtype cannot hold
 * @example
 * ```ts
 * full([2, 3], 0.5);
 * ```
 */
export function full<D extends DType = 'float32'>(
  shape: readonly number[],
  value: number,
  options: DTypeOption<D> = {},
): Tensor<D> {
  const row = typeof options === 'number' ? [shape, value] : [shape]; // full(2, 3, 7)
  const checked = integers('full', 'shape', shape, 0, undefined, row);
  return filled('full', fill('full', 'value', value), [checked, options]);
}

/**
 * A tensor of zeros, float32 unless `dtype` says otherwise.
 * @throws RangeError for a shape that is no list of integers from 0
 */
export function zeros<D extends DType = 'float32'>(
  shape: readonly number[],
  options?: DTypeOption<D>,
): Tensor<D>;
export function zeros(...given: Creation<DTypeOption<DType>>): Tensor<DType> {
  return filled('zeros', 0, given);
}

/**
 * A tensor of ones, float32 unless `dtype` says otherwise.
 * @throws RangeError for a shape that is no list of integers from 0
 */
export function ones<D extends DType = 'float32'>(
  shape: readonly number[],
  options?: DTypeOption<D>,
): Tensor<D>;
export function ones(...given: Creation<DTypeOption<DType>>): Tensor<DType> {
  return filled('ones', 1, given);
}

/** What a function that makes a tensor is given; more where its shape was written as PyTorch takes it, number by number. */
export type Creation<Options> = readonly [shape: readonly number[], options?: Options, ...more: unknown[]];

function filled<D extends DType>(where: string, value: number, given: Creation<DTypeOption<D>>): Tensor<D> {
  const [shape, options = {}] = given;
  const checked = integers(where, 'shape', shape, 0, undefined, given);
  checkOptions(where, options, ['dtype']);
  const dtype = checkDType(where, options.dtype ?? 'float32') as D;
  elementCount(where, checked, bytesPer(dtype));
  if (!fits(value, dtype)) throw wrongValue(where, 'value', value, `an integer that fits in ${dtype}`);
  const made = emptyTensor(where, checked, dtype);
  made.data.fill(value);
  return made;
}

/**
 * 0, 1, 2 ... n - 1, float32 unless `dtype` says otherwise.
 * @throws RangeError for an n that is no integer from 0
 */
export function arange<D extends DType = 'float32'>(n: number, options: DTypeOption<D> = {}): Tensor<D> {
  const made = filled('arange', 0, [[integer('arange', 'n', n, 0)], options]);
  const { data } = made;
  for (let i = 0; i < data.length; i++) data[i] = i;
  return made;
}
