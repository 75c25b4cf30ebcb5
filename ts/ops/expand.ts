/**
 * expand(x, shape) and tile(x, repeats): x repeated along its axes, by copies that stand still in x. Gradient: the sum
 * over what was repeated.
 * @category Moving values
 */
import { elementCount, integers } from '../base/checks.ts';
import { bytesPer, type DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { writeAccumulate } from '../instructions/accumulate.ts';
import type { Buffer } from '../instructions/builder.ts';
import { writeCopy } from '../instructions/copy.ts';
import { emitFill, emitSumTo } from '../instructions/emit.ts';
import { contiguous, stretched, type Walk } from '../instructions/walk.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';

/** params: the shape. */
const EXPAND: Entry = {
  name: 'expand',
  torch: 'torch.Tensor.expand',
  onnx: ['Expand'],
  args: ['x'],
  resolve([x], shape) {
    elementCount('expand', shape, bytesPer(x!.dtype));
    return { outputs: [{ shape, dtype: x!.dtype }], problem: null };
  },
  lower(to, { types: [x], outputTypes: [y], inputs, outputs }) {
    const { shape, dtype } = y!;
    const source = { strides: stretched(x!.shape, shape), offset: 0 };
    const walks = { dtype, shape, source, target: contiguous(shape) };
    writeCopy(to, { x: inputs[0]!, y: outputs[0]! }, walks);
  },
  gradient: (to, { types: [x], outputTypes: [y], gradients: [dy] }) => [
    emitSumTo(to, { buffer: dy!, shape: y!.shape }, x!.shape).buffer,
  ],
  reads: { inputs: [], outputs: [] },
};

/**
 * x with its axes of 1 stretched to `shape`, which may have more axes in front. As PyTorch's expand, but that the
 * values are copied. ONNX's Expand.
 * @param x of any dtype, which the result keeps
 * @param shape the result's; -1 keeps the size of one of x's axes
 * @throws RangeError for another size where x's axis is not 1, and for fewer axes than x has
 * @example
 * ```ts
 * expand(tensor([[1], [2]]), [2, 3]).toArray(); // [[1, 1, 1], [2, 2, 2]]
 * ```
 */
export const expand = /*#__PURE__*/ operator(
  EXPAND,
  (invoke) =>
    <D extends DType>(x: Tensor<D>, shape: readonly number[]): Tensor<D> => {
      const own = requireTensor('expand', 'x', x).shape;
      const asked = integers('expand', 'shape', shape, -1);
      const before = asked.length - own.length;
      const fits = asked.every((size, axis) => {
        const mine = own[axis - before];
        return mine === undefined ? size >= 0 : size === -1 || mine === 1 || mine === size;
      });
      if (before < 0 || !fits) {
        throw new RangeError(
          `expand: x has shape ${shapeText(own)}, which does not stretch to [${asked.join(', ')}]`,
        );
      }
      const sizes = asked.map((size, axis) => (size === -1 ? (own[axis - before] as number) : size));
      return invoke([x as Tensor<DType>], sizes)[0] as unknown as Tensor<D>;
    },
);

/** Some axes of a tensor repeated: what was before walked over what is after, each such axis being two. */
interface Round {
  readonly shape: readonly number[];
  readonly source: Walk;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Axes that one copy repeats: each is two, and those before and behind them are two more. */
const ROUND = 3;

/** The copies that make the result, axis by axis from the last: one where at most three axes are repeated. */
function roundsOf(shape: readonly number[], repeats: readonly number[]): Round[] {
  const rounds: Round[] = [];
  const pending = shape.flatMap((_, axis) => (repeats[axis] === 1 ? [] : [axis]));
  let from = shape;
  do {
    const axes = pending.splice(-ROUND);
    const times = from.map((_, axis) => (axes.includes(axis) ? (repeats[axis] as number) : 1));
    const { strides } = contiguous(from);
    rounds.push({
      shape: from.flatMap((size, axis) => [times[axis] as number, size]),
      source: { strides: strides.flatMap((stride) => [0, stride]), offset: 0 },
      from,
      to: from.map((size, axis) => size * (times[axis] as number)),
    });
    from = rounds[rounds.length - 1]!.to;
  } while (pending.length > 0);
  return rounds;
}

/** params: how often along each axis of the result. */
const TILE: Entry<readonly Round[]> = {
  name: 'tile',
  torch: 'torch.tile',
  onnx: ['Tile'],
  args: ['x'],
  resolve([x], repeats) {
    const own = [...new Array<number>(repeats.length - x!.shape.length).fill(1), ...x!.shape];
    const shape = own.map((size, axis) => size * (repeats[axis] as number));
    elementCount('tile', shape, bytesPer(x!.dtype));
    return { outputs: [{ shape, dtype: x!.dtype }], problem: roundsOf(own, repeats) };
  },
  lower(to, { types: [x], problem: rounds, inputs, outputs }) {
    const { dtype } = x!;
    let from: Buffer = inputs[0]!;
    rounds.forEach(({ shape, source, to: made }, i) => {
      const y = i === rounds.length - 1 ? outputs[0]! : to.buffer({ shape: made, dtype });
      writeCopy(to, { x: from, y }, { dtype, shape, source, target: contiguous(shape) });
      from = y;
    });
  },
  gradient(to, { problem: rounds, gradients: [dy] }) {
    const sum = (whole: Buffer, { shape, source, from }: Round): Buffer => {
      const { buffer } = emitFill(to, from, 0);
      writeAccumulate(to, { x: whole, y: buffer }, { shape, source: contiguous(shape), target: source });
      return buffer;
    };
    return [rounds.reduceRight(sum, dy!)];
  },
  reads: { inputs: [], outputs: [] },
};

/**
 * x so many times one behind the other along each axis. As PyTorch's tile: where there are fewer numbers than axes, they
 * are those of the last axes; where there are more, x has axes of 1 in front. ONNX's Tile.
 * @param x of any dtype, which the result keeps
 * @param repeats how often along each axis
 * @throws RangeError for a negative number
 * @example
 * ```ts
 * tile(tensor([1, 2]), [2, 2]).toArray(); // [[1, 2, 1, 2], [1, 2, 1, 2]]
 * ```
 */
export const tile = /*#__PURE__*/ operator(
  TILE,
  (invoke) =>
    <D extends DType>(x: Tensor<D>, repeats: readonly number[]): Tensor<D> => {
      const { shape } = requireTensor('tile', 'x', x);
      const times = integers('tile', 'repeats', repeats, 0);
      const missing = Math.max(0, shape.length - times.length);
      const all = [...new Array<number>(missing).fill(1), ...times];
      return invoke([x as Tensor<DType>], all)[0] as unknown as Tensor<D>;
    },
);
