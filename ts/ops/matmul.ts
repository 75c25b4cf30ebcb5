/**
 * matmul(a, b): y[..., i, j] = sum over k of a[..., i, k] * b[..., k, j], a convolution of one tap whose weights are a and
 * whose pixels are the columns of b. Batches are its groups; where one operand has no batch of its own, a's rows are one
 * tall matrix, or b's matrices are images.
 * @category Products
 */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import {
  type Block,
  broadcast,
  countOf,
  emitPermuted,
  emitStretched,
  emitSumTo,
  newBlock,
  reshaped,
} from '../instructions/emit.ts';
import { emitProduct, emitRows } from '../instructions/emitProduct.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Resolved, type Types } from './operator.ts';
import { float32 } from './types.ts';

const NAME = 'matmul';

/** The product as one of matrices: a vector a is a row, a vector b a column. */
interface Sizes {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** Axes before the matrices': of a, of b, of both broadcast. */
  readonly ofA: readonly number[];
  readonly ofB: readonly number[];
  readonly batch: readonly number[];
}

function resolve(types: Types): Resolved<Sizes> {
  float32(NAME, ['a', 'b'], types);
  const [a, b] = types.map((type) => type!.shape) as [readonly number[], readonly number[]];
  [a, b].forEach((shape, i) => {
    if (shape.length === 0)
      throw new RangeError(`${NAME}: ${'ab'[i]} is a scalar, must have at least 1 axis`);
  });
  const [columns, rows] = [a[a.length - 1]!, b.length === 1 ? b[0]! : b[b.length - 2]!];
  if (columns !== rows) {
    throw new RangeError(
      `${NAME}: a of shape ${shapeText(a)} has ${columns} columns, b of shape ${shapeText(b)} has ${rows} rows`,
    );
  }
  const [ofA, ofB] = [a.slice(0, -2), b.slice(0, -2)];
  const batch = broadcast(`${NAME}: batch axes`, ofA, ofB);
  const m = a.length === 1 ? 1 : a[a.length - 2]!;
  const n = b.length === 1 ? 1 : b[b.length - 1]!;
  const shape = [...batch, ...(a.length === 1 ? [] : [m]), ...(b.length === 1 ? [] : [n])];
  return {
    outputs: [{ shape, dtype: 'float32' }],
    problem: { m, k: columns, n, ofA, ofB, batch },
    macs: countOf(batch) * m * columns * n,
  };
}

/** a and b as matrices. */
function factorsOf({ m, k, n, ofA, ofB }: Sizes, [a, b]: readonly (Buffer | null)[]): [Block, Block] {
  return [
    { buffer: a!, shape: [...ofA, m, k] },
    { buffer: b!, shape: [...ofB, k, n] },
  ];
}

/** Emits the product of a [ofA, m, k] and b [ofB, k, n]. */
function emit(to: Builder, a: Block, b: Block, { m, k, n, ofA, ofB, batch }: Sizes, into: Block): void {
  const [rows, images] = [countOf(ofA), countOf(ofB)];
  if (images === 1) emitProduct(NAME, to, a, b, { m: rows * m, k, n }, into);
  else if (rows === 1) emitProduct(NAME, to, a, b, { images, m, k, n }, into);
  else {
    const [whole, other] = [emitStretched(to, a, [...batch, m, k]), emitStretched(to, b, [...batch, k, n])];
    emitProduct(NAME, to, whole, other, { groups: countOf(batch), m, k, n }, into);
  }
}

/** dy times the transpose of b, summed over the batches that a was stretched over. */
function gradientOfA(to: Builder, dy: Block, b: Block, { m, k, n, ofA, ofB, batch }: Sizes): Block {
  const [rows, images] = [countOf(ofA), countOf(ofB)];
  if (images === 1)
    return emitRows(NAME, to, dy, b, { m: rows * m, k: n, n: k }, newBlock(to, [...ofA, m, k]));
  if (rows === 1) {
    // All batches' columns beside each other: one product sums over them.
    const beside = (x: Block, height: number) =>
      emitPermuted(to, reshaped(x, [images, height, n]), [1, 0, 2]);
    const made = newBlock(to, [...ofA, m, k]);
    return emitRows(NAME, to, beside(dy, m), beside(b, k), { m, k: images * n, n: k }, made);
  }
  const groups = countOf(batch);
  const whole = reshaped(emitStretched(to, b, [...batch, k, n]), [groups, k, n]);
  const columns = emitPermuted(to, whole, [0, 2, 1]);
  const made = newBlock(to, [...batch, m, k]);
  return emitSumTo(to, emitProduct(NAME, to, dy, columns, { groups, m, k: n, n: k }, made), [...ofA, m, k]);
}

/** The transpose of a times dy, summed over the batches that b was stretched over. */
function gradientOfB(to: Builder, dy: Block, a: Block, { m, k, n, ofA, ofB, batch }: Sizes): Block {
  const [rows, images] = [countOf(ofA), countOf(ofB)];
  const made = (axes: readonly number[]) => newBlock(to, [...axes, k, n]);
  if (images === 1) return emitProduct(NAME, to, a, dy, { m: k, k: rows * m, n }, made(ofB), true);
  if (rows === 1) return emitProduct(NAME, to, a, dy, { images, m: k, k: m, n }, made(ofB), true);
  const whole = emitStretched(to, a, [...batch, m, k]);
  const product = { groups: countOf(batch), m: k, k: m, n };
  return emitSumTo(to, emitProduct(NAME, to, whole, dy, product, made(batch), true), [...ofB, k, n]);
}

const ENTRY: Entry<Sizes> = {
  name: NAME,
  torch: 'torch.matmul',
  onnx: ['MatMul'],
  args: ['a', 'b'],
  resolve,
  lower(to, { problem, outputTypes, inputs, outputs }) {
    const [a, b] = factorsOf(problem, inputs);
    emit(to, a, b, problem, { buffer: outputs[0]!, shape: outputTypes[0]!.shape });
  },
  gradient(to, { problem, inputs, gradients, wanted }) {
    const [a, b] = factorsOf(problem, inputs);
    const { batch, m, n } = problem;
    const dy = { buffer: gradients[0]!, shape: [...batch, m, n] };
    return [
      wanted[0] ? gradientOfA(to, dy, b, problem).buffer : null,
      wanted[1] ? gradientOfB(to, dy, a, problem).buffer : null,
    ];
  },
};

/**
 * The matrix product. As PyTorch's matmul and ONNX's MatMul.
 * @param a [..., m, k] of float32; a vector [k] is a row, an axis that the result does not have
 * @param b [..., k, n] of float32; a vector [k] is a column, likewise: two vectors give their scalar product
 * @returns [..., m, n]; the axes before the matrices broadcast
 * @throws RangeError for shapes that do not fit
 * @example
 * ```ts
 * matmul(randn([8, 2, 3]), randn([3, 4])).shape; // [8, 2, 4]
 * ```
 */
export const matmul = /*#__PURE__*/ operator(
  ENTRY,
  (invoke) =>
    (a: Tensor, b: Tensor): Tensor =>
      invoke([a, b] as unknown as Tensor<DType>[], [])[0] as unknown as Tensor,
);
