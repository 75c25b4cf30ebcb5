/**
 * add, sub, mul, div, pow, maximum, minimum and prelu: two operands, broadcast as NumPy and PyTorch do. The second, or
 * the first, may be a number. Integers wrap, their division truncates.
 * @category Arithmetic
 */
import type { DType, TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { currentTrace } from '../graph/trace.ts';
import type { Builder } from '../instructions/builder.ts';
import {
  type Block,
  broadcast,
  countOf,
  emitBinary,
  emitBinaryInto,
  emitFill,
  emitStretched,
  emitSumTo,
  emitUnary,
} from '../instructions/emit.ts';
import { ACTIVATION, BINARY } from '../instructions/table.ts';
import { storageOf, Tensor } from '../tensor/tensor.ts';
import { cast } from './cast.ts';
import { operand } from './operand.ts';
import { type Entry, type Lowered, operator, type Reads, type Traits } from './operator.ts';
import { float32 } from './types.ts';

/** The shapes under which the operands are broadcast. */
interface Problem {
  readonly shapes: readonly [readonly number[], readonly number[]];
}

function lower(to: Builder, kind: number, node: Lowered<Problem>): void {
  const { shape, dtype } = node.outputTypes[0] as TensorType;
  const [a, b] = operandsOf(node);
  emitBinaryInto(to, kind, dtype, a, b, { buffer: node.outputs[0]!, shape });
}

function operandsOf({ problem: { shapes }, inputs: [a, b] }: Lowered<Problem>): readonly [Block, Block] {
  return [
    { buffer: a!, shape: shapes[0] },
    { buffer: b!, shape: shapes[1] },
  ];
}

/** What a rule of an operand's gradient is given; every block has its own shape, the rule's result y's. */
interface Flow {
  readonly to: Builder;
  readonly dy: Block;
  readonly a: Block;
  readonly b: Block;
  readonly y: Block;
}
interface Rules {
  /** The gradients of a and of b, before they are summed where the operand was stretched. */
  readonly of: readonly [(flow: Flow) => Block, (flow: Flow) => Block];
  readonly reads: Reads;
}

const same = ({ dy }: Flow): Block => dy;
/** dy where one operand is above the other, half of it where they are equal. */
const emitAbove = (to: Builder, dy: Block, one: Block, other: Block): Block =>
  emitBinary(to, BINARY.masked, dy, emitBinary(to, BINARY.above, one, other));
const whereAAbove = ({ to, dy, a, b }: Flow): Block => emitAbove(to, dy, a, b);
const whereBAbove = ({ to, dy, a, b }: Flow): Block => emitAbove(to, dy, b, a);

const ADD: Rules = { of: [same, same], reads: { inputs: [], outputs: [] } };
const SUB: Rules = {
  of: [same, ({ to, dy }) => emitUnary(to, ACTIVATION.neg, dy)],
  reads: { inputs: [], outputs: [] },
};
const MUL: Rules = {
  of: [
    ({ to, dy, b }) => emitBinary(to, BINARY.mul, dy, b),
    ({ to, dy, a }) => emitBinary(to, BINARY.mul, dy, a),
  ],
  reads: { outputs: [] },
};
const DIV: Rules = {
  of: [
    ({ to, dy, b }) => emitBinary(to, BINARY.div, dy, b),
    ({ to, dy, b, y }) => {
      const slope = emitBinary(to, BINARY.div, y, b);
      return emitUnary(to, ACTIVATION.neg, emitBinary(to, BINARY.mul, dy, slope));
    },
  ],
  reads: { inputs: [1] },
};
const POW: Rules = {
  of: [
    ({ to, dy, a, b }) => emitBinary(to, BINARY.mul, dy, emitBinary(to, BINARY.powerSlope, a, b)),
    ({ to, dy, a, y }) => emitBinary(to, BINARY.mul, dy, emitBinary(to, BINARY.powerGrowth, y, a)),
  ],
  reads: {},
};
const MAXIMUM: Rules = { of: [whereAAbove, whereBAbove], reads: { outputs: [] } };
const MINIMUM: Rules = { of: [whereBAbove, whereAAbove], reads: { outputs: [] } };

function binaryEntry(
  name: string,
  kind: keyof typeof BINARY,
  torch: string,
  onnx: readonly string[],
  rules: Rules,
  traits?: Traits,
): Entry<Problem> {
  return {
    name,
    torch,
    onnx,
    args: ['a', 'b'],
    numbers: true,
    resolve([a, b]) {
      if (a!.dtype !== b!.dtype) {
        throw new TypeError(`${name}: a is ${a!.dtype} and b is ${b!.dtype}, must be of one dtype`);
      }
      if (name === 'pow' && a!.dtype !== 'float32' && a!.dtype !== 'int32') {
        throw new TypeError(`pow: a is ${a!.dtype}, must be float32 or int32`);
      }
      const shape = broadcast(name, a!.shape, b!.shape);
      return { outputs: [{ shape, dtype: a!.dtype }], problem: { shapes: [a!.shape, b!.shape] } };
    },
    lower: (to, node) => lower(to, BINARY[kind], node),
    gradient(to, node) {
      const { problem, outputTypes, outputs, gradients, wanted } = node;
      const { shape } = outputTypes[0]!;
      const [a, b] = operandsOf(node);
      const dy = { buffer: gradients[0]!, shape };
      const y = { buffer: outputs[0]!, shape };
      return rules.of.map((rule, i) =>
        wanted[i] ? emitSumTo(to, rule({ to, dy, a, b, y }), problem.shapes[i]!).buffer : null,
      );
    },
    reads: rules.reads,
    ...(traits && { traits }),
  };
}

/** The scale and the shift of an operator of x and c, where c holds one value per channel. */
type MapRule = (to: Builder, c: Block, fill: (value: number) => Block) => readonly [Block, Block];

const ADD_MAP: MapRule = (_, c, fill) => [fill(1), c];
const SUB_MAP: MapRule = (to, c, fill) => [fill(1), emitUnary(to, ACTIVATION.neg, c)];
const FROM_MAP: MapRule = (_, c, fill) => [fill(-1), c];
const MUL_MAP: MapRule = (_, c, fill) => [c, fill(0)];
const DIV_MAP: MapRule = (to, c, fill) => [emitUnary(to, ACTIVATION.reciprocal, c), fill(0)];

function mapEntry(name: string, rule: MapRule): Entry<{ readonly along: readonly number[] }> {
  return {
    name: `${name}Map`,
    torch: `torch.${name}`,
    onnx: [],
    args: ['c'],
    resolve(_, [channels]) {
      const along = [channels as number];
      const type: TensorType = { shape: along, dtype: 'float32' };
      return { outputs: [type, type], problem: { along } };
    },
    makes: true,
    lower(to, { types: [c], problem: { along }, inputs }) {
      const flat = { buffer: inputs[0]!, shape: [countOf(c!.shape)] };
      const found = rule(to, emitStretched(to, flat, along), (value) => emitFill(to, along, value));
      return found.map(({ buffer }) => buffer);
    },
  };
}

/**
 * The traits of an operator that is a map per channel where one operand is constant along all other axes: the rules where x
 * is the first operand, and where it is the second.
 */
function mapTraits(name: string, [first, second]: readonly [MapRule, MapRule?], more: Traits = {}): Traits {
  const entries = [mapEntry(name, first), second && mapEntry(name, second)];
  return {
    ...more,
    affine(types, _, axis) {
      for (const [x, entry] of entries.entries()) {
        const [of, c] = [types[x]!, types[1 - x]!];
        if (entry === undefined || of.dtype !== 'float32' || !isAlong(of.shape, c.shape, axis)) continue;
        return {
          x,
          entry,
          inputs: [1 - x],
          params: [of.shape[axis] as number],
          isScale: name === 'mul' || name === 'div',
        };
      }
      return null;
    },
  };
}

/** Whether values of a shape, stretched to x's, differ along one axis only. */
function isAlong(x: readonly number[], own: readonly number[], axis: number): boolean {
  const missing = x.length - own.length;
  return missing >= 0 && own.every((size, i) => size === 1 || (i + missing === axis && size === x[axis]));
}

/** What an operator makes of operands that its entry does not take as they are; null where it does. */
type Mixed = (a: Tensor<DType> | number, b: Tensor<DType> | number) => Tensor<DType> | null;

function binary(
  name: string,
  kind: keyof typeof BINARY,
  torch: string,
  onnx: readonly string[],
  rules: Rules,
  { mixed, traits }: { readonly mixed?: Mixed; readonly traits?: Traits } = {},
) {
  return operator(binaryEntry(name, kind, torch, onnx, rules, traits), (invoke) => {
    function apply<D extends DType>(a: Tensor<D>, b: Tensor<NoInfer<D>> | number): Tensor<D>;
    function apply<D extends DType>(a: number, b: Tensor<D>): Tensor<D>;
    function apply(a: Tensor<DType> | number, b: Tensor<DType> | number): Tensor<DType> {
      if (typeof a === 'number' && typeof b === 'number') {
        throw new TypeError(`${name}: a and b are numbers, one must be a Tensor`);
      }
      return (
        mixed?.(a, b) ??
        (invoke([operand(name, 'a', a, b), operand(name, 'b', b, a)], [])[0] as Tensor<DType>)
      );
    }
    return apply;
  });
}

/**
 * a + b, element by element. The shapes broadcast as NumPy's: axes are aligned at the end, and an axis of 1 is stretched.
 * Either operand may be a number, which takes the other's dtype. Takes every dtype and keeps it; integers wrap.
 * @throws TypeError for operands of two dtypes, and for two numbers; RangeError for shapes that do not broadcast, and a
 * number that the other operand's dtype cannot hold
 * @example
 * ```ts
 * add(tensor([[1, 2], [3, 4]]), tensor([10, 20])).toArray(); // [[11, 22], [13, 24]]
 * ```
 */
export const add = /*#__PURE__*/ binary('add', 'add', 'torch.add', ['Add', 'Sum'], ADD, {
  traits: /*#__PURE__*/ mapTraits('add', [ADD_MAP, ADD_MAP], { sums: true, commutes: true }),
});
/**
 * a - b, element by element. Operands, broadcasting, dtypes and errors are those of `add`.
 * @throws as `add`
 */
export const sub = /*#__PURE__*/ binary('sub', 'sub', 'torch.sub', ['Sub'], SUB, {
  traits: /*#__PURE__*/ mapTraits('sub', [SUB_MAP, FROM_MAP]),
});
/**
 * a * b, element by element. Operands, broadcasting, dtypes and errors are those of `add`.
 * @throws as `add`
 */
export const mul = /*#__PURE__*/ binary('mul', 'mul', 'torch.mul', ['Mul'], MUL, {
  traits: /*#__PURE__*/ mapTraits('mul', [MUL_MAP, MUL_MAP], { commutes: true }),
});
/**
 * a / b, element by element. Operands, broadcasting, dtypes and errors are those of `add`. Integers are divided
 * towards zero.
 * @throws as `add`
 */
export const div = /*#__PURE__*/ binary('div', 'div', 'torch.div', ['Div'], DIV, {
  traits: /*#__PURE__*/ mapTraits('div', [DIV_MAP]),
});
/**
 * a to the power of b, element by element. a is float32 or int32, as is b, and the result has the dtype of a. Operands and
 * broadcasting are those of `add`.
 * @throws TypeError for another dtype; RangeError for shapes that do not broadcast
 */
export const pow: Power = /*#__PURE__*/ binary('pow', 'pow', 'torch.pow', ['Pow'], POW, {
  mixed: mixedPower,
});
/**
 * The larger of a and b, element by element; NaN wins. Operands, broadcasting, dtypes and errors are those of
 * `add`.
 * @throws as `add`
 */
export const maximum = /*#__PURE__*/ binary('maximum', 'max', 'torch.maximum', ['Max'], MAXIMUM);
/**
 * The smaller of a and b, element by element; NaN wins. Operands, broadcasting, dtypes and errors are those of
 * `add`.
 * @throws as `add`
 */
export const minimum = /*#__PURE__*/ binary('minimum', 'min', 'torch.minimum', ['Min'], MINIMUM);

/** The type of `pow`: the result has the dtype of the base. */
interface Power {
  <D extends DType>(a: Tensor<D>, b: Tensor<DType> | number): Tensor<D>;
  <D extends DType>(a: number, b: Tensor<D>): Tensor<D>;
}

/** A base and an exponent of two dtypes: in float32, and then in the base's dtype. */
function mixedPower(a: Tensor<DType> | number, b: Tensor<DType> | number): Tensor<DType> | null {
  if (!(a instanceof Tensor) || (a.dtype !== 'float32' && a.dtype !== 'int32')) return null;
  const exponent = b instanceof Tensor ? b.dtype : Number.isInteger(b) ? a.dtype : 'float32';
  if (exponent === a.dtype || (exponent !== 'float32' && exponent !== 'int32')) return null;
  requireAlive('pow', 'a', a);
  if (b instanceof Tensor) requireAlive('pow', 'b', b);
  const floats = (one: Tensor<DType>) => (one.dtype === 'float32' ? one : cast(one, 'float32')) as Tensor;
  const power = () => {
    const y = pow(floats(a), b instanceof Tensor ? floats(b) : b);
    return a.dtype === 'float32' ? y : cast(y as unknown as Tensor<DType>, 'int32');
  };
  // A trace's constants live until it ends.
  return (currentTrace() === null ? scope<unknown>(power) : power()) as Tensor<DType>;
}

function requireAlive(where: string, name: string, tensor: Tensor<DType>): void {
  if (tensor.symbol === null) storageOf(where, name, tensor);
}

/** The slope's shape beside x: one for all, or one per channel (axis 1). */
function slopeShape(x: TensorType, weight: TensorType): number[] {
  if (weight.shape.length === 1 && weight.shape[0] !== 1) {
    return [weight.shape[0] as number, ...new Array<number>(Math.max(x.shape.length - 2, 0)).fill(1)];
  }
  return [1];
}

const PRELU: Entry<Problem> = {
  name: 'prelu',
  torch: 'torch.nn.functional.prelu',
  onnx: ['PRelu'],
  args: ['x', 'weight'],
  resolve(types) {
    float32('prelu', ['x', 'weight'], types);
    const [x, weight] = types as [TensorType, TensorType];
    const channels = x.shape[1] ?? 1;
    const count = weight.shape.reduce((product, axis) => product * axis, 1);
    if (weight.shape.length > 1 || (count !== 1 && count !== channels)) {
      throw new RangeError(
        `prelu: weight has shape ${shapeText(weight.shape)}, must be [1] or [${channels}]`,
      );
    }
    return { outputs: [x], problem: { shapes: [x.shape, slopeShape(x, weight)] } };
  },
  lower: (to, node) => lower(to, BINARY.prelu, node),
  gradient(to, node) {
    const { gradients, wanted } = node;
    const [x, slopes] = operandsOf(node);
    const dy = { buffer: gradients[0]!, shape: x.shape };
    const ofX = () => emitBinary(to, BINARY.mul, dy, emitBinary(to, BINARY.preluSlope, x, slopes)).buffer;
    const ofWeight = () => {
      const below = emitUnary(to, ACTIVATION.clip, x, -Infinity, 0);
      return emitSumTo(to, emitBinary(to, BINARY.masked, dy, below), slopes.shape).buffer;
    };
    return [wanted[0] ? ofX() : null, wanted[1] ? ofWeight() : null];
  },
  reads: { outputs: [] },
  traits: {
    activation: ([x, weight]) =>
      weight!.shape.length === 1 && weight!.shape[0] === x!.shape[1]
        ? { act: ACTIVATION.prelu, p0: 0, p1: 0, slope: 1 }
        : null,
  },
};

/**
 * x where it is positive, else weight * x (He et al., 2015).
 * @param x of float32
 * @param weight one slope [1], or one per channel [C], axis 1 of x
 * @throws TypeError for another dtype; RangeError for a weight of another shape
 * @category Activations
 */
export const prelu = /*#__PURE__*/ operator(
  PRELU,
  (invoke) =>
    (x: Tensor, weight: Tensor): Tensor =>
      invoke([x, weight] as unknown as Tensor<DType>[], [])[0] as unknown as Tensor,
);
