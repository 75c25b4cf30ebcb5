/**
 * equal, notEqual, greater, greaterEqual, less, lessEqual, logicalAnd, logicalOr, logicalXor, logicalNot and isNaN: questions
 * with a yes or no for each element, 1 or 0 in uint8, through which no gradient flows; and where, which takes one of two
 * values by such an answer.
 * @category Comparisons
 */
import type { DType, TensorType } from '../base/dtype.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeChoose, writeCompare } from '../instructions/compare.ts';
import { type Block, broadcast, countOf, emitFill, emitStretched, emitSumTo } from '../instructions/emit.ts';
import { COMPARE } from '../instructions/table.ts';
import { stretched } from '../instructions/walk.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { operands } from './operand.ts';
import { type Entry, type Lowered, operator, type Types } from './operator.ts';
import { float32 } from './types.ts';

/** a and b, and whether the instruction is given them the other way round. */
interface Question {
  readonly kind: keyof typeof COMPARE;
  readonly exchanged?: true;
}

/** y = a kind b, each stretched to y's shape. */
function lowerCompare(
  to: Builder,
  { kind, exchanged }: Question,
  [a, b]: readonly [Block, Block],
  dtype: DType,
  y: Block,
): void {
  const [one, two] = exchanged ? [b, a] : [a, b];
  const { shape } = y;
  const walks = { a: stretched(one.shape, shape), b: stretched(two.shape, shape) };
  writeCompare(
    to,
    { a: one.buffer, b: two.buffer, y: y.buffer },
    { dtype, kind: COMPARE[kind], shape, ...walks },
  );
}

const blockOf = (buffers: readonly (Buffer | null)[], types: Types, i: number): Block => ({
  buffer: buffers[i]!,
  shape: types[i]!.shape,
});

function ofOneDType(name: string, a: TensorType, b: TensorType): void {
  if (a.dtype !== b.dtype) {
    throw new TypeError(`${name}: a is ${a.dtype} and b is ${b.dtype}, must be of one dtype`);
  }
}

function comparison(name: string, torch: string, onnx: readonly string[], question: Question) {
  const entry: Entry<null> = {
    name,
    torch,
    onnx,
    args: ['a', 'b'],
    numbers: true,
    resolve([a, b]) {
      ofOneDType(name, a!, b!);
      const shape = broadcast(name, a!.shape, b!.shape);
      return { outputs: [{ shape, dtype: 'uint8' }], problem: null };
    },
    lower(to, { types, outputTypes, inputs, outputs }) {
      const both = [blockOf(inputs, types, 0), blockOf(inputs, types, 1)] as const;
      lowerCompare(to, question, both, types[0]!.dtype, blockOf(outputs, outputTypes, 0));
    },
  };
  return operator(entry, (invoke) => {
    function apply<D extends DType>(a: Tensor<D>, b: Tensor<NoInfer<D>> | number): Tensor<'uint8'>;
    function apply<D extends DType>(a: number, b: Tensor<D>): Tensor<'uint8'>;
    function apply(a: Tensor<DType> | number, b: Tensor<DType> | number): Tensor<'uint8'> {
      return invoke(operands(name, a, b), [])[0] as unknown as Tensor<'uint8'>;
    }
    return apply;
  });
}

/** A question about one tensor: the one about it and itself. */
function question(
  name: string,
  torch: string,
  onnx: readonly string[],
  kind: keyof typeof COMPARE,
  check: (types: Types) => void,
): Entry<null> {
  return {
    name,
    torch,
    onnx,
    args: ['x'],
    resolve(types) {
      check(types);
      return { outputs: [{ shape: types[0]!.shape, dtype: 'uint8' }], problem: null };
    },
    lower(to, { types, outputTypes, inputs, outputs }) {
      const x = blockOf(inputs, types, 0);
      lowerCompare(to, { kind }, [x, x], types[0]!.dtype, blockOf(outputs, outputTypes, 0));
    },
  };
}

/**
 * 1 where a = b, else 0, element by element; NaN is equal to nothing. The shapes broadcast as those of `add`; either operand
 * may be a number that the other's dtype can hold. Takes every dtype, gives uint8; no gradient flows.
 * @throws TypeError for operands of two dtypes, and for two numbers; RangeError for shapes that do not broadcast, and for a
 * number that the dtype of integers beside it cannot hold
 * @example
 * ```ts
 * equal(tensor([1, 2, 3]), 2).toArray(); // [0, 1, 0]
 * ```
 */
export const equal = /*#__PURE__*/ comparison('equal', 'torch.eq', ['Equal'], { kind: 'equal' });
/**
 * 1 where a and b differ, also where one is NaN, else 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const notEqual = /*#__PURE__*/ comparison('notEqual', 'torch.ne', [], { kind: 'notEqual' });
/**
 * 1 where a > b, else 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const greater = /*#__PURE__*/ comparison('greater', 'torch.gt', ['Greater'], { kind: 'greater' });
/**
 * 1 where a >= b, else 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const greaterEqual = /*#__PURE__*/ comparison('greaterEqual', 'torch.ge', ['GreaterOrEqual'], {
  kind: 'greaterEqual',
});
/**
 * 1 where a < b, else 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const less = /*#__PURE__*/ comparison('less', 'torch.lt', ['Less'], {
  kind: 'greater',
  exchanged: true,
});
/**
 * 1 where a <= b, else 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const lessEqual = /*#__PURE__*/ comparison('lessEqual', 'torch.le', ['LessOrEqual'], {
  kind: 'greaterEqual',
  exchanged: true,
});
/**
 * 1 where neither a nor b is 0, else 0; NaN is not 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const logicalAnd = /*#__PURE__*/ comparison('logicalAnd', 'torch.logical_and', ['And'], {
  kind: 'and',
});
/**
 * 1 where a or b is not 0, else 0; NaN is not 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const logicalOr = /*#__PURE__*/ comparison('logicalOr', 'torch.logical_or', ['Or'], { kind: 'or' });
/**
 * 1 where one of a and b is 0 and the other is not, else 0. Operands, broadcasting and errors are those of `equal`.
 * @throws as `equal`
 */
export const logicalXor = /*#__PURE__*/ comparison('logicalXor', 'torch.logical_xor', ['Xor'], {
  kind: 'xor',
});

/**
 * 1 where x is 0, else 0; NaN is not 0. No gradient flows.
 * @param x of any dtype and shape
 * @returns of uint8 and x's shape
 */
export const logicalNot = /*#__PURE__*/ operator(
  /*#__PURE__*/ question('logicalNot', 'torch.logical_not', ['Not'], 'nor', () => {}),
  (invoke) =>
    (x: Tensor<DType>): Tensor<'uint8'> =>
      invoke([x], [])[0] as unknown as Tensor<'uint8'>,
);
/**
 * 1 where x is NaN, else 0. No gradient flows.
 * @param x of float32, of any shape
 * @returns of uint8 and x's shape
 */
// biome-ignore lint/suspicious/noShadowRestrictedNames: PyTorch's name.
export const isNaN = /*#__PURE__*/ operator(
  /*#__PURE__*/ question('isNaN', 'torch.isnan', ['IsNaN'], 'notEqual', (types) =>
    float32('isNaN', ['x'], types),
  ),
  (invoke) =>
    (x: Tensor): Tensor<'uint8'> =>
      invoke([x as Tensor<DType>], [])[0] as unknown as Tensor<'uint8'>,
);

/** A block of `where`: as many elements as the result, or one. */
interface Choice {
  readonly block: Block;
  readonly dtype: DType;
}

/** y = condition ? a : b. What is neither of y's size nor one element is stretched first. */
function lowerSelect(to: Builder, condition: Choice, [a, b]: readonly [Block, Block], y: Choice): void {
  const { shape } = y.block;
  const count = countOf(shape);
  const sized = (x: Block, dtype: DType) => (countOf(x.shape) === 1 ? x : emitStretched(to, x, shape, dtype));
  const [c, one, two] = [sized(condition.block, condition.dtype), sized(a, y.dtype), sized(b, y.dtype)];
  const steps = (x: Block) => countOf(x.shape) === count;
  writeChoose(
    to,
    { c: c.buffer, a: one.buffer, b: two.buffer, y: y.block.buffer },
    { dtype: y.dtype, condition: condition.dtype, count, steps: [steps(c), steps(one), steps(two)] },
  );
}

const conditionOf = ({ types, inputs }: Lowered<null>): Choice => ({
  block: blockOf(inputs, types, 0),
  dtype: types[0]!.dtype,
});

const WHERE: Entry<null> = {
  name: 'where',
  torch: 'torch.where',
  onnx: ['Where'],
  args: ['condition', 'a', 'b'],
  constants: ['condition'],
  numbers: true,
  resolve([condition, a, b]) {
    ofOneDType('where', a!, b!);
    const both = broadcast('where', a!.shape, b!.shape);
    const shape = broadcast('where', condition!.shape, both, ['condition', 'the choices']);
    return { outputs: [{ shape, dtype: a!.dtype }], problem: null };
  },
  lower(to, node) {
    const { types, outputTypes, inputs, outputs } = node;
    const both = [blockOf(inputs, types, 1), blockOf(inputs, types, 2)] as const;
    const y = { block: blockOf(outputs, outputTypes, 0), dtype: outputTypes[0]!.dtype };
    lowerSelect(to, conditionOf(node), both, y);
  },
  /** dy where the operand was taken, elsewhere 0. */
  gradient(to, node) {
    const { types, outputTypes, gradients, wanted } = node;
    const dy = blockOf(gradients, outputTypes, 0);
    const zero = emitFill(to, [], 0);
    const flow = (i: number, both: readonly [Block, Block]) => {
      if (!wanted[i]) return null;
      const buffer = to.buffer({ shape: dy.shape, dtype: 'float32' });
      const made = { buffer, shape: dy.shape };
      lowerSelect(to, conditionOf(node), both, { block: made, dtype: 'float32' });
      return emitSumTo(to, made, types[i]!.shape).buffer;
    };
    return [null, flow(1, [dy, zero]), flow(2, [zero, dy])];
  },
  reads: { inputs: [0], outputs: [] },
};

/**
 * a where the condition is not 0, b where it is, element by element. All three broadcast; the condition has any dtype, and
 * NaN is not 0. a and b are of one dtype, which the result has; one of them may be a number that it can hold. The gradient
 * flows to the one that was taken.
 * @throws TypeError for a and b of two dtypes, and for two numbers; RangeError for shapes that do not broadcast, and for a
 * number that the dtype of integers beside it cannot hold
 * @example
 * ```ts
 * where(tensor(Uint8Array.of(1, 0)), tensor([1, 2]), -1).toArray(); // [1, -1]
 * ```
 */
export const where = /*#__PURE__*/ operator(WHERE, (invoke) => {
  function choose<D extends DType>(
    condition: Tensor<DType>,
    a: Tensor<D>,
    b: Tensor<NoInfer<D>> | number,
  ): Tensor<D>;
  function choose<D extends DType>(condition: Tensor<DType>, a: number, b: Tensor<D>): Tensor<D>;
  function choose(
    condition: Tensor<DType>,
    a: Tensor<DType> | number,
    b: Tensor<DType> | number,
  ): Tensor<DType> {
    requireTensor('where', 'condition', condition);
    return invoke([condition, ...operands('where', a, b)], [])[0] as Tensor<DType>;
  }
  return choose;
});
