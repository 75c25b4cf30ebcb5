/**
 * scatter(x, indices, source): x with the source's elements where their indices say
 * (crates/core/src/instructions/select.rs).
 *
 * params: dim, JOINING.
 * @category Indexing
 */
import { oneOf } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeCopy } from '../instructions/copy.ts';
import { type Block, emitBinary, emitFill, newBlock } from '../instructions/emit.ts';
import { writePut, writeSelect } from '../instructions/select.ts';
import { BINARY, JOINING } from '../instructions/table.ts';
import { contiguous } from '../instructions/walk.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { dimOf, type Elements, elementsOf, emitPart, emitWhole } from './indexed.ts';
import type { IndexOptions } from './indexing.ts';
import { type Backward, type Entry, operator } from './operator.ts';

/** How `scatter` puts elements in their places. */
export type Reduce = 'add' | 'multiply' | 'amax' | 'amin';

/** The options of `scatter`. */
export interface ScatterOptions extends IndexOptions {
  /**
   * What is made of an element and of what is in its place: their sum, product, maximum or minimum. Default: it is put
   * there instead, of several for one place the last.
   */
  reduce?: Reduce | undefined;
}

/** By JOINING. */
const REDUCES: readonly (Reduce | 'none')[] = ['none', 'add', 'multiply', 'amax', 'amin'];

interface Scattered extends Elements {
  readonly joining: (typeof JOINING)[keyof typeof JOINING];
}

const SCATTER: Entry<Scattered> = {
  name: 'scatter',
  torch: 'torch.scatter',
  onnx: ['ScatterElements', 'Scatter'],
  args: ['x', 'indices', 'source'],
  constants: ['indices'],
  resolve([x, indices, source], [dim = 0, joining = 0]) {
    const elements = elementsOf('scatter', x!, indices!, dim);
    const { shape } = indices!;
    if (source!.dtype !== x!.dtype) {
      throw new TypeError(`scatter: source is ${source!.dtype}, must be ${x!.dtype} as x`);
    }
    const covers = source!.shape.every((size, axis) => size >= (shape[axis] as number));
    if (source!.shape.length !== shape.length || !covers) {
      throw new RangeError(
        `scatter: source has shape ${shapeText(source!.shape)}, must be at least ${shapeText(shape)} as indices`,
      );
    }
    return { outputs: [x!], problem: { ...elements, joining: joining as Scattered['joining'] } };
  },
  lower(to, { types: [x, ids, from], problem, inputs: [values, indices, source], outputs: [y] }) {
    const { reached, indexed, joining } = problem;
    const { shape, dtype } = x!;
    const all = contiguous(shape);
    writeCopy(to, { x: values!, y: y! }, { dtype, shape, source: all, target: all });
    const part = emitPart(to, y!, x!, reached);
    const put = { x: emitPart(to, source!, from!, ids!.shape), indices: indices!, y: part };
    writePut(to, put, { ...indexed, dtype, joining });
    if (part === y) return;
    const place = { source: contiguous(reached), target: all };
    writeCopy(to, { x: part, y: y! }, { dtype, shape: reached, ...place });
  },
  gradient(to, node) {
    const { joining } = node.problem;
    if (joining === JOINING.multiply)
      throw new TypeError(`scatter: there is no gradient of reduce 'multiply'`);
    return joining === JOINING.max || joining === JOINING.min ? shareAmongTies(to, node) : pass(to, node);
  },
};

/** What of a whole the indices select, in the source's shape, zero where it has no index. */
function emitSelected(
  to: Builder,
  { types: [x, ids, from], problem, inputs }: Backward<Scattered>,
  whole: Buffer,
) {
  const made = newBlock(to, ids!.shape);
  const part = emitPart(to, whole, { shape: x!.shape, dtype: 'float32' }, problem.reached);
  writeSelect(to, { x: part, indices: inputs[1]!, y: made.buffer }, problem.indexed);
  return { buffer: emitWhole(to, made, from!.shape), shape: from!.shape };
}

/** The gradient of assigning and adding: the source has dy at its places, and x all of it, but what was replaced. */
function pass(to: Builder, node: Backward<Scattered>): (Buffer | null)[] {
  const { types, problem, gradients, inputs, wanted } = node;
  const { reached, indexed, joining } = problem;
  const dy = gradients[0]!;
  const dsource = wanted[2] ? emitSelected(to, node, dy).buffer : null;
  if (!wanted[0] || joining === JOINING.add) return [dy, null, dsource];
  const { shape } = types[0]!;
  const kept = newBlock(to, shape);
  const all = contiguous(shape);
  writeCopy(to, { x: dy, y: kept.buffer }, { shape, source: all, target: all });
  const part = emitPart(to, kept.buffer, { shape, dtype: 'float32' }, reached);
  const zeros = emitFill(to, types[1]!.shape, 0);
  writePut(to, { x: zeros.buffer, indices: inputs[1]!, y: part }, { ...indexed, joining });
  if (part !== kept.buffer) {
    const place = { source: contiguous(reached), target: all };
    writeCopy(to, { x: part, y: kept.buffer }, { shape: reached, ...place });
  }
  return [kept.buffer, null, dsource];
}

/** The elements of x and of the source that are the extremum of their place share dy evenly. */
function shareAmongTies(to: Builder, node: Backward<Scattered>): (Buffer | null)[] {
  const { types, problem, gradients, inputs, outputs } = node;
  const { reached, indexed, joining } = problem;
  const [{ shape }, ids, from] = [types[0]!, types[1]!, types[2]!];
  // No element is beyond its extremum: 1/2 for those that are equal to it, 0 for the others.
  const ties = (a: Block, y: Block) => {
    const [above, below] = joining === JOINING.max ? [a, y] : [y, a];
    return emitBinary(to, BINARY.above, above, below);
  };
  const y = { buffer: outputs[0]!, shape };
  const own = ties({ buffer: inputs[0]!, shape }, y);
  const others = ties({ buffer: inputs[2]!, shape: from.shape }, emitSelected(to, node, outputs[0]!));
  const counts = emitFill(to, reached, 0);
  const part = emitPart(to, others.buffer, { shape: from.shape, dtype: 'float32' }, ids.shape);
  writePut(to, { x: part, indices: inputs[1]!, y: counts.buffer }, { ...indexed, joining: JOINING.add });
  const all = emitBinary(to, BINARY.add, own, { buffer: emitWhole(to, counts, shape), shape });
  const share = emitBinary(to, BINARY.div, { buffer: gradients[0]!, shape }, all);
  const dsource = emitBinary(to, BINARY.mul, others, emitSelected(to, node, share.buffer));
  return [emitBinary(to, BINARY.mul, own, share).buffer, null, dsource.buffer];
}

/**
 * x with the source's elements where their indices say: along `dim` by the index, along the other axes where the index
 * stands. As PyTorch's scatter (`amax` and `amin` as its scatter_reduce) and ONNX's ScatterElements.
 * @param x of any dtype, which the result keeps
 * @param indices int32, of x's rank, along the other axes at most of x's size. Negative ones count from the end
 * @param source of x's dtype, along each axis at least of the indices' size; what has no index is not used
 * @returns of x's shape. `multiply` has no gradient
 * @throws RangeError for an index outside the axis and shapes that do not fit; TypeError for a wrong dtype
 * @example
 * ```ts
 * const indices = tensor([2, 2], [2], { dtype: 'int32' });
 * scatter(zeros([4]), indices, tensor([1, 5]), { reduce: 'add' }).toArray(); // [0, 0, 6, 0]
 * ```
 */
export const scatter = /*#__PURE__*/ operator(
  SCATTER,
  (invoke) =>
    <D extends DType>(
      x: Tensor<D>,
      indices: Tensor<'int32'>,
      source: Tensor<D>,
      options: ScatterOptions = {},
    ): Tensor<D> => {
      const dim = dimOf('scatter', x, options, ['dim', 'reduce']);
      const { reduce } = options;
      if (reduce !== undefined) oneOf('scatter', 'reduce', reduce, REDUCES.slice(1));
      const operands = [x as Tensor<DType>, indices, source as Tensor<DType>];
      return invoke(operands, [dim, REDUCES.indexOf(reduce ?? 'none')])[0] as unknown as Tensor<D>;
    },
);
