/**
 * A convolution as a matrix: flatten(conv(x)) = M flatten(x), stored by rows (compressed sparse rows). Its columns are what the
 * convolution makes of each unit vector, so that padding, strides, groups and dilation need no rules of their own.
 * @category Analysis
 */
import { integers } from '../base/checks.ts';
import { counted, shapeText } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { countOf } from '../instructions/emit.ts';
import { compile } from '../layers/compile.ts';
import { Conv1d, Conv2d, Conv3d } from '../layers/convolution.ts';
import { conv1d, conv2d, conv3d } from '../ops/convolution.ts';
import { tensor, zeros } from '../ops/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { callable, moduleOf, type NetSource } from './net.ts';

/** A matrix by rows: those of its elements that are not 0. */
export interface SparseMatrix {
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
  /** Where each row begins in `columns` and `values`; behind the last row their length. */
  readonly rowPointers: Int32Array;
  /** The column of each value, ascending in a row. */
  readonly columns: Int32Array;
  /** The values that are not 0. */
  readonly values: Float32Array;
  /** The same with its zeros, [rows, columns]: a tensor of the caller's. */
  toDense(): Tensor;
  /**
   * M x, of a tensor of any shape with as many elements as there are columns, as a tensor [rows]. Sums are
   * taken in float64.
   */
  multiply(x: Tensor): Tensor;
  /** M x of a list or typed array. */
  multiply(x: ArrayLike<number>): Float32Array;
  /** Rows as columns: of a convolution its transposed convolution. */
  transpose(): SparseMatrix;
}

/** Unit vectors that go in together. */
const BATCH = 64;

/**
 * The matrix of a convolution for inputs of one shape: `flatten(conv(x)) = M flatten(x)`, bias left out. Any stride, padding with
 * its modes, dilation, groups and rank; of another module or function that is linear, pooling by means for instance, likewise.
 * @param conv a Conv1d, Conv2d, Conv3d, or any linear module, function or imported model of one tensor
 * @param inputShape the shape of x, [1, C, spatial...]
 * @returns the elements that are not 0, by rows
 * @throws RangeError for more samples than one and for shapes that do not fit; TypeError for what is no module or function
 * @example
 * ```ts
 * const matrix = toMatrix(new Conv2d(1, 1, 3, { padding: 1 }), [1, 1, 8, 8]); // 64 x 64
 * const y = matrix.multiply(randn([1, 1, 8, 8]));
 * ```
 */
export function toMatrix(conv: NetSource, inputShape: readonly number[]): SparseMatrix {
  const where = 'toMatrix';
  const shape = integers(where, 'inputShape', inputShape, 1);
  if (shape[0] !== 1) {
    throw new RangeError(`${where}: inputShape is ${shapeText(shape)}, must have one sample: [1, C, ...]`);
  }
  const size = countOf(shape);
  const columns = scope(() => {
    const module = moduleOf(conv);
    // A model may take one sample only.
    const batch = module === conv ? Math.min(BATCH, size) : 1;
    return [...columnsOf(linear(where, module), shape, size, batch)];
  });
  const rows = columns.at(-1)?.rows ?? 0;
  return byRows(rows, size, columns);
}

/** The convolution without its bias. */
function linear(where: string, conv: unknown): (x: Tensor) => unknown {
  if (conv instanceof Conv1d) return (x) => conv1d(x, conv.weight, null, conv.options);
  if (conv instanceof Conv2d) return (x) => conv2d(x, conv.weight, null, conv.options);
  if (conv instanceof Conv3d) return (x) => conv3d(x, conv.weight, null, conv.options);
  return callable(where, 'conv', conv, 'a convolution: a Module or a function');
}

interface Column {
  readonly rows: number;
  /** Row and value of what is not 0. */
  readonly entries: readonly (readonly [row: number, value: number])[];
}

function* columnsOf(
  f: (x: Tensor) => unknown,
  shape: readonly number[],
  size: number,
  batch: number,
): Generator<Column> {
  const inputs = [[batch, ...shape.slice(1)]];
  // What other functions add is taken off again.
  const program = compile(f as (x: Tensor) => Tensor, { inputs, accuracy: 'exact' });
  const given = zeros(inputs[0]!);
  const result = program.run(given) as unknown as Tensor;
  const rows = result.size / batch;
  const base = result.toTypedArray().slice(0, rows);
  for (let from = 0; from < size; from += batch) {
    const count = Math.min(batch, size - from);
    const { data } = given;
    data.fill(0);
    for (let i = 0; i < count; i++) data[i * size + from + i] = 1;
    program.run(given, { into: result as never });
    const values = result.data;
    for (let i = 0; i < count; i++) {
      const entries: [number, number][] = [];
      for (let row = 0; row < rows; row++) {
        const value = (values[i * rows + row] as number) - (base[row] as number);
        if (value !== 0) entries.push([row, value]);
      }
      yield { rows, entries };
    }
  }
}

function byRows(rows: number, columns: number, byColumn: readonly Column[]): SparseMatrix {
  const pointers = new Int32Array(rows + 1);
  for (const { entries } of byColumn) for (const [row] of entries) pointers[row + 1]! += 1;
  for (let row = 0; row < rows; row++) pointers[row + 1]! += pointers[row]!;
  const next = pointers.slice();
  const [places, values] = [new Int32Array(pointers[rows]!), new Float32Array(pointers[rows]!)];
  byColumn.forEach(({ entries }, column) => {
    for (const [row, value] of entries) {
      const at = next[row]!++;
      places[at] = column;
      values[at] = value;
    }
  });
  return new Rows([rows, columns], pointers, places, values);
}

class Rows implements SparseMatrix {
  readonly shape: readonly [number, number];
  readonly rowPointers: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;

  constructor(
    shape: readonly [number, number],
    rowPointers: Int32Array,
    columns: Int32Array,
    values: Float32Array,
  ) {
    this.shape = shape;
    this.rowPointers = rowPointers;
    this.columns = columns;
    this.values = values;
  }

  *#entries(): Generator<readonly [row: number, column: number, value: number]> {
    for (let row = 0; row < this.shape[0]; row++) {
      for (let at = this.rowPointers[row]!; at < this.rowPointers[row + 1]!; at++)
        yield [row, this.columns[at]!, this.values[at]!];
    }
  }

  toDense(): Tensor {
    const dense = new Float32Array(this.shape[0] * this.shape[1]);
    for (const [row, column, value] of this.#entries()) dense[row * this.shape[1] + column] = value;
    return tensor(dense, this.shape);
  }

  multiply(x: Tensor): Tensor;
  multiply(x: ArrayLike<number>): Float32Array;
  multiply(x: Tensor | ArrayLike<number>): Tensor | Float32Array {
    const [rows, columns] = this.shape;
    const given = x instanceof Tensor ? x.toTypedArray() : x;
    if (given?.length !== columns) {
      const has = given?.length === undefined ? 'no list' : `of ${counted(given.length, 'element')}`;
      throw new RangeError(`SparseMatrix.multiply: x is ${has}, must have ${columns}, one per column`);
    }
    const sums = new Float64Array(rows);
    for (const [row, column, value] of this.#entries()) sums[row]! += value * given[column]!;
    const product = Float32Array.from(sums);
    return x instanceof Tensor ? tensor(product, [rows]) : product;
  }

  transpose(): SparseMatrix {
    const [rows, columns] = this.shape;
    const byColumn = Array.from({ length: rows }, (): [number, number][] => []);
    for (const [row, column, value] of this.#entries()) byColumn[row]!.push([column, value]);
    return byRows(
      columns,
      rows,
      byColumn.map((entries) => ({ rows: columns, entries })),
    );
  }
}
