/**
 * triu(x, diagonal) and tril(x, diagonal): the last two axes' upper or lower triangle, 0 elsewhere
 * (crates/core/src/instructions/triangle.rs). Gradient: the same triangle of dy.
 *
 * params: diagonal.
 * @category Moving values
 */
import { integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { countOf, newBlock } from '../instructions/emit.ts';
import { type Triangle, writeTriangle } from '../instructions/order.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';

function triangle(name: string, upper: boolean) {
  const entry: Entry<Triangle> = {
    name,
    torch: `torch.${name}`,
    onnx: ['Trilu'],
    args: ['x'],
    resolve([x], [diagonal = 0]) {
      const { shape } = x!;
      if (shape.length < 2) {
        throw new RangeError(`${name}: x has shape ${shapeText(shape)}, must have at least 2 axes`);
      }
      const [rows, columns] = shape.slice(-2) as [number, number];
      return {
        outputs: [x!],
        problem: { planes: countOf(shape.slice(0, -2)), rows, columns, diagonal, upper },
      };
    },
    lower(to, { types: [x], problem, inputs, outputs }) {
      const { dtype } = x!;
      writeTriangle(to, { x: inputs[0]!, y: outputs[0]! }, { ...problem, dtype });
    },
    gradient(to, { types: [x], problem, gradients: [dy] }) {
      const { buffer } = newBlock(to, x!.shape);
      writeTriangle(to, { x: dy!, y: buffer }, problem);
      return [buffer];
    },
    reads: { inputs: [], outputs: [] },
  };
  return operator(entry, (invoke) => <D extends DType>(x: Tensor<D>, diagonal = 0): Tensor<D> => {
    requireTensor(name, 'x', x);
    const params = [integer(name, 'diagonal', diagonal, -0x7fffffff)];
    return invoke([x as Tensor<DType>], params)[0] as unknown as Tensor<D>;
  });
}

/**
 * x's last two axes on and above a diagonal, 0 below it. As PyTorch's triu and ONNX's Trilu.
 * @param x of any dtype, which the result keeps, with at least two axes
 * @param diagonal how far above the main one it lies; below it when negative. Default 0
 * @throws RangeError for fewer axes
 * @example
 * ```ts
 * triu(tensor([[1, 2], [3, 4]])).toArray(); // [[1, 2], [0, 4]]
 * ```
 */
export const triu = /*#__PURE__*/ triangle('triu', true);
/**
 * x's last two axes on and below a diagonal, 0 above it. As PyTorch's tril and ONNX's Trilu.
 * @param x of any dtype, which the result keeps, with at least two axes
 * @param diagonal how far above the main one it lies; below it when negative. Default 0
 * @throws RangeError for fewer axes
 */
export const tril = /*#__PURE__*/ triangle('tril', false);
