/** Functions of elements: activations, arithmetic, comparisons, bits. */
import type { DType } from '../../base/dtype.ts';
import { type Call, type Form, type Forms, inputOf, shapeOf } from './form.ts';
import { ELEMENT, type Writer } from './writer.ts';

/** An operator that ONNX has under this name. */
const same =
  (operator: string, since = 0): Form =>
  (to, { inputs }) =>
    to.op(operator, inputs, {}, { since });

const dtypeOf = ({ types }: Call, index = 0): DType => types[index]?.dtype ?? 'float32';
const isSmall = (dtype: DType) => dtype === 'uint8' || dtype === 'int8';

/** Integers of 8 bits are computed as int32, and cut off as these wrap. */
function widened(operator: string): Form {
  return (to, call) => {
    const dtype = call.outputs[0]!.dtype;
    if (!isSmall(dtype)) return to.op(operator, call.inputs);
    const wide = call.inputs.map((x) => to.cast(x, 'int32'));
    return to.cast(to.op(operator, wide), dtype as 'uint8');
  };
}

/** A question: uint8 here, bool there. */
function question(operator: string, negated = false): Form {
  return (to, call) => {
    const inputs = call.inputs.map((x, i) => (isSmall(dtypeOf(call, i)) ? to.cast(x, 'int32') : x));
    const answer = to.op(operator, inputs);
    return to.cast(negated ? to.op('Not', [answer]) : answer, 'uint8');
  };
}

/** A question about truths. */
const logical =
  (operator: string): Form =>
  (to, { inputs }) =>
    to.cast(
      to.op(
        operator,
        inputs.map((x) => to.cast(x, 'bool')),
      ),
      'uint8',
    );

/** Of the bits of integers. */
const bits = (operator: string): Form => same(operator, 18);

function shift(direction: 'LEFT' | 'RIGHT'): Form {
  return (to, call) => {
    const { dtype } = call.outputs[0]!;
    if (dtype !== 'uint8') to.fail(`ONNX shifts unsigned integers only, x is ${dtype}`);
    return to.op('BitShift', call.inputs, { direction });
  };
}

function softplus(to: Writer, call: Call): string {
  const [beta = 1, threshold = 20] = call.params;
  const x = inputOf(call);
  const scaled = beta === 1 ? x : to.op('Mul', [x, to.scalar(beta)]);
  const y = to.op('Softplus', [scaled]);
  const back = beta === 1 ? y : to.op('Div', [y, to.scalar(beta)]);
  // Above 20 both are the same float32.
  if (threshold === 20) return back;
  return to.op('Where', [to.op('Greater', [scaled, to.scalar(threshold)]), x, back]);
}

function gelu(to: Writer, call: Call): string {
  const [x, approximate] = [inputOf(call), call.params[0] === 1 ? 'tanh' : 'none'];
  if (to.opset >= 20) return to.op('Gelu', [x], { approximate });
  const half = to.op('Mul', [x, to.scalar(0.5)]);
  const probability = () => to.op('Erf', [to.op('Mul', [x, to.scalar(Math.SQRT1_2)])]);
  const tanh = () => {
    const cube = to.op('Mul', [to.op('Mul', [x, x]), x]);
    const sum = to.op('Add', [x, to.op('Mul', [cube, to.scalar(0.044715)])]);
    return to.op('Tanh', [to.op('Mul', [sum, to.scalar(Math.sqrt(2 / Math.PI))])]);
  };
  const share = approximate === 'none' ? probability() : tanh();
  return to.op('Mul', [half, to.op('Add', [share, to.scalar(1)])]);
}

function clip(to: Writer, call: Call): string {
  const dtype = dtypeOf(call);
  const bound = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) ? '' : to.scalar(value, dtype);
  return to.op('Clip', [inputOf(call), bound(call.params[0]), bound(call.params[1])]);
}

function prelu(to: Writer, call: Call): string {
  const [shape, slope] = [shapeOf(call), shapeOf(call, 1)];
  const [count = 1] = slope;
  const target = count === 1 || shape.length < 2 ? slope : [count, ...shape.slice(2).map(() => 1)];
  return to.op('PRelu', [inputOf(call), to.reshape(inputOf(call, 1), slope, target)]);
}

function where(to: Writer, call: Call): string {
  const condition = to.cast(inputOf(call), 'bool');
  const { dtype } = call.outputs[0]!;
  const values = call.inputs.slice(1);
  if (dtype !== 'int8') return to.op('Where', [condition, ...values]);
  const wide = values.map((x) => to.cast(x, 'int32'));
  return to.cast(to.op('Where', [condition, ...wide]), 'int8');
}

export const elementwise = (): Forms => ({
  relu: same('Relu'),
  sigmoid: same('Sigmoid'),
  tanh: same('Tanh'),
  hardSwish: same('HardSwish', 14),
  selu: same('Selu'),
  exp: same('Exp'),
  log: same('Log'),
  sqrt: same('Sqrt'),
  abs: same('Abs'),
  neg: same('Neg'),
  floor: same('Floor'),
  ceil: same('Ceil'),
  round: same('Round'),
  sign: same('Sign'),
  erf: same('Erf'),
  sin: same('Sin'),
  cos: same('Cos'),
  tan: same('Tan'),
  asin: same('Asin'),
  acos: same('Acos'),
  atan: same('Atan'),
  sinh: same('Sinh'),
  cosh: same('Cosh'),
  asinh: same('Asinh'),
  acosh: same('Acosh'),
  atanh: same('Atanh'),
  reciprocal: same('Reciprocal'),
  relu6: (to, call) => to.op('Clip', [inputOf(call), to.scalar(0), to.scalar(6)]),
  silu: (to, call) => to.op('Mul', [inputOf(call), to.op('Sigmoid', call.inputs)]),
  mish: (to, call) => to.op('Mul', [inputOf(call), to.op('Tanh', [to.op('Softplus', call.inputs)])]),
  leakyRelu: (to, { inputs, params }) => to.op('LeakyRelu', inputs, { alpha: { float: params[0]! } }),
  elu: (to, { inputs, params }) => to.op('Elu', inputs, { alpha: { float: params[0]! } }),
  hardSigmoid: (to, { inputs, params: [alpha = 0, beta = 0] }) =>
    to.op('HardSigmoid', inputs, { alpha: { float: alpha }, beta: { float: beta } }),
  softplus,
  gelu,
  clip,
  prelu,
  add: widened('Add'),
  sub: widened('Sub'),
  mul: widened('Mul'),
  div: widened('Div'),
  pow: widened('Pow'),
  maximum: widened('Max'),
  minimum: widened('Min'),
  equal: question('Equal'),
  notEqual: question('Equal', true),
  greater: question('Greater'),
  greaterEqual: question('GreaterOrEqual'),
  less: question('Less'),
  lessEqual: question('LessOrEqual'),
  logicalAnd: logical('And'),
  logicalOr: logical('Or'),
  logicalXor: logical('Xor'),
  logicalNot: logical('Not'),
  isNaN: question('IsNaN'),
  where,
  bitwiseAnd: bits('BitwiseAnd'),
  bitwiseOr: bits('BitwiseOr'),
  bitwiseXor: bits('BitwiseXor'),
  bitwiseLeftShift: shift('LEFT'),
  bitwiseRightShift: shift('RIGHT'),
  cast: (to, { inputs, outputs }) => to.op('Cast', inputs, { to: ELEMENT[outputs[0]!.dtype] }),
});
