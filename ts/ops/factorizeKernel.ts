/**
 * factorizeKernel: the column and the row whose product comes closest to a kernel, from its largest singular value;
 * where the kernel is such a product, exactly. The singular values are found by one-sided Jacobi rotations (Hestenes
 * 1958), in double precision: columns are turned in pairs until all are orthogonal; their lengths are the singular values.
 * @category Convolution
 */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { requireTensor, storageOf, type Tensor } from '../tensor/tensor.ts';
import { tensor } from './create.ts';
import { float32 } from './types.ts';

/** A kernel as a product: what `factorizeKernel` gives. */
export interface FactorizedKernel {
  /** [kh, 1]; `reshape(column, [1, 1, kh, 1])` is a column kernel of spatialSeparableConv2d. */
  readonly column: Tensor;
  /** [1, kw]; `reshape(row, [1, 1, 1, kw])` is a row kernel of spatialSeparableConv2d. */
  readonly row: Tensor;
  /** The length (Frobenius norm) of the kernel minus column times row, relative to the kernel's; 0 for rank 1. */
  readonly relativeError: number;
}

const SWEEPS = 60;
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Turns the columns of `a` until they are orthogonal, and the same pairs of `v`'s with them. */
function orthogonalize(a: readonly Float64Array[], v: readonly Float64Array[]): void {
  for (let sweep = 0, turned = true; turned && sweep < SWEEPS; sweep++) {
    turned = false;
    for (let p = 0; p < a.length; p++) {
      for (let q = p + 1; q < a.length; q++) {
        const [alpha, beta, gamma] = [dot(a[p]!, a[p]!), dot(a[q]!, a[q]!), dot(a[p]!, a[q]!)];
        if (Math.abs(gamma) <= 1e-15 * Math.sqrt(alpha * beta)) continue;
        turned = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        for (const columns of [a, v]) {
          const [left, right] = [columns[p]!, columns[q]!];
          left.forEach((value, i) => {
            left[i] = c * (value - t * right[i]!);
            right[i] = c * (t * value + right[i]!);
          });
        }
      }
    }
  }
}

/** Rows of a matrix of rank 1 are multiples of one of them: that row and the multiples; null for any other rank. */
function multiples(rows: readonly number[][]): { column: number[]; row: number[] } | null {
  const sizes = rows.map((row) => row.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  const row = rows[sizes.indexOf(Math.max(...sizes))] as number[];
  const at = row.reduce((best, value, i) => (Math.abs(value) > Math.abs(row[best]!) ? i : best), 0);
  // Products of float32 numbers are exact here.
  if (!rows.every((other) => other.every((value, i) => value * row[at]! === other[at]! * row[i]!)))
    return null;
  return { row, column: rows.map((other) => (row[at] === 0 ? 0 : other[at]! / row[at]!)) };
}

/** The largest singular value's vectors, scaled alike, and the length of what they leave relative to the whole. */
function largest(rows: readonly number[][]): { column: number[]; row: number[]; relativeError: number } {
  const width = rows[0]!.length;
  const a = Array.from({ length: width }, (_, q) => Float64Array.from(rows, (row) => row[q]!));
  const v = a.map((_, q) => Float64Array.from(a, (_, i) => (i === q ? 1 : 0)));
  orthogonalize(a, v);
  const squares = a.map((column) => dot(column, column));
  const first = squares.indexOf(Math.max(...squares));
  const sum = (list: readonly number[]) => list.reduce((total, square) => total + square, 0);
  const root = squares[first]! ** 0.25;
  return {
    column: Array.from(a[first]!, (value) => value / root),
    row: Array.from(v[first]!, (value) => value * root),
    relativeError: Math.sqrt(sum(squares.filter((_, q) => q !== first)) / sum(squares)),
  };
}

/**
 * The column and the row whose product is closest to a kernel, by its singular values; of a kernel of rank 1 the
 * product is the kernel itself, the row being one of its rows. For `spatialSeparableConv2d`. The tensors are the
 * caller's.
 * @param kernel [kh, kw] of float32
 * @throws TypeError for what is no float32 tensor with values; RangeError for another shape and values that are not
 * finite
 * @example
 * ```ts
 * const { column, row, relativeError } = factorizeKernel(tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]])); // relativeError 0
 * ```
 */
export function factorizeKernel(kernel: Tensor): FactorizedKernel {
  const where = 'factorizeKernel';
  requireTensor(where, 'kernel', kernel);
  storageOf(where, 'kernel', kernel as unknown as Tensor<DType>);
  const { shape, data } = kernel;
  float32(where, ['kernel'], [kernel]);
  const [height, width] = shape as [number, number];
  if (shape.length !== 2 || height === 0 || width === 0) {
    throw new RangeError(`${where}: kernel has shape ${shapeText(shape)}, must have 2 axes of at least 1`);
  }
  if (!data.every(Number.isFinite)) throw new RangeError(`${where}: kernel holds values that are not finite`);
  const rows = Array.from({ length: height }, (_, i) =>
    Array.from(data.subarray(i * width, (i + 1) * width)),
  );
  const found = { relativeError: 0, ...(multiples(rows) ?? largest(rows)) };
  return scope(() => ({
    column: tensor(found.column, [height, 1]),
    row: tensor(found.row, [1, width]),
    relativeError: found.relativeError,
  }));
}
