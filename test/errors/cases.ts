// biome-ignore-all format: a table with a case a line.
/** Every wrong call: what is called, the class of the error, and its sentence, word by word. */
import * as striate from 'striate';
import {
  add,
  batchNorm,
  buffer,
  compile,
  concat,
  conv1d,
  conv2d,
  conv3d,
  flatten,
  full,
  linear,
  Module,
  manualSeed,
  maxPool2d,
  maxPool3d,
  ones,
  outputShape,
  pad1d,
  pad2d,
  parameter,
  permute,
  prelu,
  rand,
  randn,
  relu,
  reshape,
  scope,
  slice,
  split,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { initOn } from '../../ts/engine.ts';
import { type Entry, operator } from '../../ts/ops/operator.ts';
import { loadFrom } from '../../ts/runtime/instance.ts';

export type Case = [title: string, call: () => unknown, kind: new (...args: never[]) => Error, sentence: string];

/** Anything in a typed place: JavaScript has no types. */
// biome-ignore lint/suspicious/noExplicitAny: the calls are wrong on purpose.
type Any = any;
const any = (value: unknown): Any => value;

const x = () => ones([1, 2, 5, 5]);
const w = () => ones([3, 2, 3, 3]);
const gone = () => {
  const made = ones([1, 2, 5, 5]);
  made.dispose();
  return made;
};

/** What each kind of value is called where a tensor belongs. */
const notTensors: [unknown, string][] = [
  [null, 'null'],
  [undefined, 'undefined'],
  [3, '3'],
  [Number.NaN, 'NaN'],
  ['a', "'a'"],
  [[1, 2], '[1, 2]'],
  [{}, 'a Object'],
  [new Float32Array(2), 'a Float32Array'],
  [() => 1, 'a function'],
  [Symbol('s'), 'a symbol'],
  [10n, '10'],
  [true, 'true'],
  [Object.create(null), 'a object'],
  [['long', ...new Array(8).fill(0)], 'an array of 9'],
  ['forty letters of a long text are shown, not more than that', "'forty letters of a long text are shown, …'"],
];

/** The first tensor argument of each operator, and the rest of a call that is right. */
const operators: Record<string, [name: string, ...rest: unknown[]]> = {
  relu: ['x'],
  relu6: ['x'],
  sigmoid: ['x'],
  tanh: ['x'],
  hardSwish: ['x'],
  hardSigmoid: ['x'],
  silu: ['x'],
  selu: ['x'],
  elu: ['x'],
  leakyRelu: ['x'],
  exp: ['x'],
  log: ['x'],
  sqrt: ['x'],
  abs: ['x'],
  neg: ['x'],
  clip: ['x', 0, 1],
  add: ['a', 1],
  sub: ['a', 1],
  mul: ['a', 1],
  div: ['a', 1],
  pow: ['a', 1],
  maximum: ['a', 1],
  minimum: ['a', 1],
  prelu: ['x', () => ones([1])],
  batchNorm: ['x', () => ones([2]), () => ones([2])],
  groupNorm: ['x', 1],
  instanceNorm: ['x'],
  layerNorm: ['x', 5],
  localResponseNorm: ['x', 3],
  dropout: ['x'],
  dropout1d: ['x'],
  dropout2d: ['x'],
  dropout3d: ['x'],
  slice: ['x', [0], [1]],
  split: ['x', 1],
  conv1d: ['x', () => ones([1, 1, 1])],
  conv2d: ['x', w],
  conv3d: ['x', () => ones([1, 1, 1, 1, 1])],
  linear: ['x', () => ones([1, 1])],
  pad1d: ['x', 1],
  pad2d: ['x', 1],
  pad3d: ['x', 1],
  permute: ['x', [0, 1, 2, 3]],
  maxPool1d: ['x', 2],
  maxPool2d: ['x', 2],
  maxPool3d: ['x', 2],
  minPool1d: ['x', 2],
  minPool2d: ['x', 2],
  minPool3d: ['x', 2],
  avgPool1d: ['x', 2],
  avgPool2d: ['x', 2],
  avgPool3d: ['x', 2],
  sumPool1d: ['x', 2],
  sumPool2d: ['x', 2],
  sumPool3d: ['x', 2],
  lpPool1d: ['x', 2, 2],
  lpPool2d: ['x', 2, 2],
  lpPool3d: ['x', 2, 2],
  reshape: ['x', [50]],
  flatten: ['x'],
};

/** The operators that the cases below call with what is no tensor. */
export const firstArguments = Object.keys(operators);

const call = (name: string, first: unknown, rest: readonly unknown[]) =>
  any(striate)[name](first, ...rest.map((arg) => (typeof arg === 'function' ? arg() : arg)));

const noTensorFirst = Object.entries(operators).flatMap(([operator, [name, ...rest]]) => {
  const others = rest[0] === 1 && name === 'a' ? [x] : rest;
  const wrong = notTensors.filter(([value]) => !(name === 'a' && typeof value === 'number'));
  return [
    ...wrong.map(([value, is]): Case => [
      `${operator} of ${is}`,
      () => call(operator, value, others),
      TypeError,
      `${operator}: ${name} is ${is}, must be a Tensor`,
    ]),
    [`${operator} of a disposed tensor`, () => call(operator, gone(), others), TypeError, `${operator}: ${name} is disposed`] as Case,
  ];
});

const arguments_: Case[] = [
  ['the weight is null', () => conv2d(x(), any(null)), TypeError, 'conv2d: weight is null, must be a Tensor'],
  ['the weight is a number', () => conv2d(x(), any(3)), TypeError, 'conv2d: weight is 3, must be a Tensor'],
  ['the weight is disposed', () => conv2d(x(), any(gone())), TypeError, 'conv2d: weight is disposed'],
  ['the bias is a number', () => conv2d(x(), w(), any(0)), TypeError, 'conv2d: bias is 0, must be a Tensor'],
  ['options in the place of the bias', () => conv2d(x(), w(), any({ stride: 2 })), TypeError, 'conv2d: bias is a Object, must be a Tensor'],
  ['the bias is disposed', () => conv2d(x(), w(), gone()), TypeError, 'conv2d: bias is disposed'],
  ['linear without weight', () => any(linear)(x()), TypeError, 'linear: weight is undefined, must be a Tensor'],
  ['prelu with a number as slope', () => prelu(x(), any(0.5)), TypeError, 'prelu: weight is 0.5, must be a Tensor'],
  ['two numbers', () => add(any(1), any(2)), TypeError, 'add: a and b are numbers, one must be a Tensor'],
  ['the second operand is a text', () => add(x(), any('a')), TypeError, "add: b is 'a', must be a Tensor"],
  ['the second operand is disposed', () => add(x(), gone()), TypeError, 'add: b is disposed'],
  ['no second operand', () => any(add)(x()), TypeError, 'add: b is undefined, must be a Tensor'],
  ['batchNorm with a number as mean', () => batchNorm(x(), any(0), any(1)), TypeError, 'batchNorm: runningMean is 0, must be a Tensor'],
  ['concat of a tensor', () => concat(any(x())), TypeError, 'concat: xs is a Tensor, must be an array of tensors'],
  ['concat of a number and a tensor', () => concat([any(1), x()]), TypeError, 'concat: xs[0] is 1, must be a Tensor'],
  ['concat of a tensor and null', () => concat([x(), any(null)]), TypeError, 'concat: xs[1] is null, must be a Tensor'],
  ['concat with a disposed tensor', () => concat([x(), x(), gone()]), TypeError, 'concat: xs[2] is disposed'],
  ['concat with a disposed tensor first', () => concat([gone(), x()]), TypeError, 'concat: xs[0] is disposed'],
  ['concat of nothing', () => concat([]), RangeError, 'concat: xs is empty, must hold at least one tensor'],
  ['cast of a disposed tensor', () => gone().cast('int32'), TypeError, 'cast: x is disposed'],
  ['clone of a disposed tensor', () => gone().clone(), TypeError, 'clone: x is disposed'],
  ['data of a disposed tensor', () => gone().data, TypeError, 'Tensor.data: tensor is disposed'],
  ['toArray of a disposed tensor', () => gone().toArray(), TypeError, 'Tensor.data: tensor is disposed'],
  ['item of a disposed tensor', () => gone().item(), TypeError, 'Tensor.data: tensor is disposed'],
  ['item of many', () => x().item(), RangeError, 'Tensor.item: tensor has 50 elements, must have 1'],
  ['scope of a number', () => scope(any(3)), TypeError, 'scope: the first argument is 3, must be a function'],
  ['scope of an async function', () => scope(async () => 1), TypeError, 'scope: the function returned a Promise, must be synchronous'],
  ['memory beyond the limit', () => zeros([2 ** 29 - 1]), striate.OutOfMemoryError, `zeros: no room for ${2 ** 31 - 4} bytes; the limit is ${2 ** 26} bytes (init's maxMemoryBytes)`],
];

const creation: Case[] = [
  ['tensor of a text', () => tensor(any('a')), TypeError, "tensor: data holds 'a', must hold numbers"],
  ['tensor of nothing', () => any(tensor)(), TypeError, 'tensor: data holds undefined, must hold numbers'],
  ['tensor of null', () => tensor(any(null)), TypeError, 'tensor: data holds null, must hold numbers'],
  ['tensor of an object', () => tensor(any({ length: 2 })), TypeError, 'tensor: data holds a Object, must hold numbers'],
  ['tensor with a text inside', () => tensor([1, any('2')]), TypeError, "tensor: data holds '2', must hold numbers"],
  ['tensor of a bigint', () => tensor([any(1n)]), TypeError, 'tensor: data holds 1, must hold numbers'],
  ['a row that is too short', () => tensor([[1, 2], [3]]), RangeError, 'tensor: data is ragged: 1 entries where the first has 2 entries'],
  ['a number among rows', () => tensor([[1, 2], 3]), RangeError, 'tensor: data is ragged: 3 where the first has 2 entries'],
  ['a row among numbers', () => tensor([1, [2]]), TypeError, 'tensor: data holds [2], must hold numbers'],
  ['fewer elements than the shape', () => tensor([1, 2, 3], [2, 2]), RangeError, 'tensor: data has 3 elements, shape 2x2 needs 4'],
  ['more elements than a scalar', () => tensor([1, 2, 3], []), RangeError, 'tensor: data has 3 elements, shape scalar needs 1'],
  ['a shape that is a number', () => tensor([1, 2], any(2)), TypeError, 'tensor: shape is 2, must be an array of integers'],
  ['a shape with a fraction', () => zeros([1.5]), RangeError, 'zeros: shape[0] is 1.5, must be an integer, from 0 to 2147483647'],
  ['a NaN size', () => zeros([2, Number.NaN]), RangeError, 'zeros: shape[1] is NaN, must be an integer, from 0 to 2147483647'],
  ['a negative size', () => ones([-1]), RangeError, 'ones: shape[0] is -1, must be an integer, at least 0'],
  ['an infinite size', () => ones([Infinity]), RangeError, 'ones: shape[0] is Infinity, must be an integer, from 0 to 2147483647'],
  ['a size that is a text', () => zeros([any('2')]), TypeError, "zeros: shape[0] is '2', must be an integer"],
  ['a size of 2^31', () => zeros([2 ** 31]), RangeError, 'zeros: shape[0] is 2147483648, must be an integer, from 0 to 2147483647'],
  ['2^31 - 1 elements', () => zeros([2 ** 31 - 1]), RangeError, 'zeros: shape 2147483647 has more than 2^31 - 1 bytes'],
  ['a product above 2^32', () => full([65536, 65537], 1), RangeError, 'full: shape 65536x65537 has more than 2^31 - 1 bytes'],
  ['a product of 2^32 bytes', () => rand([65536, 16384]), RangeError, 'rand: shape 65536x16384 has more than 2^31 - 1 bytes'],
  ['no shape', () => any(zeros)(), TypeError, 'zeros: shape is undefined, must be an array of integers'],
  ['an unknown dtype', () => zeros([1], { dtype: any('float64') }), RangeError, "zeros: dtype is 'float64', must be 'float32' or 'int32' or 'uint8' or 'int8'"],
  ['an unknown option', () => tensor(1, null, any({ dType: 'int32' })), TypeError, "tensor: there is no option 'dType'; options are dtype"],
  ['options that are a text', () => tensor(1, null, any('int32')), TypeError, "tensor: options is 'int32', must be an object"],
  ['options that are null', () => zeros([1], any(null)), TypeError, 'zeros: options is null, must be an object'],
  ['options that are a list', () => zeros([1], any([])), TypeError, 'zeros: options is [], must be an object'],
  ['an int64 outside int32', () => tensor(new BigInt64Array([1n, 2n ** 31n])), RangeError, 'tensor: data[1] is 2147483648, must fit in int32'],
  ['a kind of array that is not taken', () => tensor(any(new Uint16Array(2))), TypeError, 'tensor: data is a Uint16Array, must be a Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, Uint8ClampedArray or Int8Array'],
  ['unsigned 64-bit integers, with a dtype', () => tensor(any(new BigUint64Array(2)), null, { dtype: 'int32' }), TypeError, 'tensor: data is a BigUint64Array, must be a Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, Uint8ClampedArray or Int8Array'],
  ['a DataView, with a dtype', () => tensor(any(new DataView(new ArrayBuffer(4))), [1], { dtype: 'int32' }), TypeError, 'tensor: data is a DataView, must be a Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, Uint8ClampedArray or Int8Array'],
  ['full of a text', () => full([1], any('1')), TypeError, "full: value is '1', must be a number"],
  ['arange of a fraction', () => striate.arange(0.5), RangeError, 'arange: n is 0.5, must be an integer, from 0 to 2147483647'],
  ['rand of integers', () => rand([1], any({ dtype: 'int32' })), TypeError, "rand: dtype is 'int32', must be 'float32'"],
  ['a negative seed', () => randn([1], { seed: -1 }), RangeError, 'randn: seed is -1, must be an integer, from 0 to 9007199254740991'],
  ['a seed that is a text', () => manualSeed(any('1')), TypeError, "manualSeed: n is '1', must be an integer"],
];

const windows: Case[] = [
  ['a stride of 0', () => conv2d(x(), w(), null, { stride: 0 }), RangeError, 'conv2d: stride is 0, must be an integer, at least 1'],
  ['a NaN stride', () => conv2d(x(), w(), null, { stride: Number.NaN }), RangeError, 'conv2d: stride is NaN, must be an integer, from 1 to 2147483647'],
  ['a stride that is a text', () => conv2d(x(), w(), null, { stride: any('2') }), TypeError, "conv2d: stride is '2', must be an integer or an array of 2"],
  ['a stride that is null', () => conv2d(x(), w(), null, { stride: any(null) }), TypeError, 'conv2d: stride is null, must be an integer or an array of 2'],
  ['three strides for two axes', () => conv2d(x(), w(), null, { stride: [1, 2, 3] }), RangeError, 'conv2d: stride has 3 entries, must have 2'],
  ['a stride of 0 on one axis', () => conv2d(x(), w(), null, { stride: [1, 0] }), RangeError, 'conv2d: stride[1] is 0, must be an integer, at least 1'],
  ['a dilation of 0', () => conv2d(x(), w(), null, { dilation: 0 }), RangeError, 'conv2d: dilation is 0, must be an integer, at least 1'],
  ['groups of 0', () => conv2d(x(), w(), null, { groups: 0 }), RangeError, 'conv2d: groups is 0, must be an integer, at least 1'],
  ['flipKernel that is a number', () => conv2d(x(), w(), null, { flipKernel: any(1) }), TypeError, 'conv2d: flipKernel is 1, must be true or false'],
  ['an unknown option', () => conv2d(x(), w(), null, any({ strides: 2 })), TypeError, "conv2d: there is no option 'strides'; options are stride, padding, dilation, groups, flipKernel"],
  ['options that are a number', () => conv2d(x(), w(), null, any(2)), TypeError, 'conv2d: options is 2, must be an object'],
  ['negative padding', () => conv2d(x(), w(), null, { padding: -1 }), RangeError, 'conv2d: padding is -1, must be an integer, at least 0'],
  ['negative padding in a pair', () => conv2d(x(), w(), null, { padding: [[0, 0], [0, -2]] }), RangeError, 'conv2d: padding[1][1] is -2, must be an integer, at least 0'],
  ['one pair of padding for two axes', () => conv2d(x(), w(), null, { padding: [[1, 1]] }), RangeError, 'conv2d: padding has 1 pairs, must have 2'],
  ['three numbers in a pair', () => conv2d(x(), w(), null, { padding: any([[1, 2, 3], [0, 0]]) }), RangeError, 'conv2d: padding[0] has 3 entries, must have 2'],
  ['padding by an unknown rule', () => conv2d(x(), w(), null, { padding: any('SAME') }), RangeError, "conv2d: padding is 'SAME', must be numbers or one of 'same', 'same-lower', 'valid', 'full'"],
  ['padding that is an object', () => conv2d(x(), w(), null, { padding: any({}) }), TypeError, 'conv2d: padding is a Object, must be an integer or an array of 2'],
  ['full padding of a pool', () => maxPool2d(x(), 2, { padding: 'full' }), RangeError, "maxPool2d: padding is 'full', must be numbers or one of 'same', 'same-lower', 'valid'"],
  ['a kernel larger than the input', () => conv2d(x(), ones([1, 2, 6, 3])), RangeError, 'conv2d: height: kernel spans 6 elements, the padded input has only 5'],
  ['a dilated kernel larger than the padded input', () => conv2d(x(), w(), null, { padding: 1, dilation: [1, 4] }), RangeError, 'conv2d: width: kernel spans 9 elements, the padded input has only 7'],
  ['a kernel of 0', () => conv2d(x(), ones([1, 2, 0, 3])), RangeError, 'conv2d: height: kernel is 0, must be at least 1'],
  ['an input axis of 0', () => conv1d(ones([1, 1, 0]), ones([1, 1, 1])), RangeError, 'conv1d: length: kernel spans 1 elements, the padded input has only 0'],
  ['a kernel deeper than the input', () => conv3d(ones([1, 1, 2, 2, 2]), ones([1, 1, 3, 1, 1])), RangeError, 'conv3d: depth: kernel spans 3 elements, the padded input has only 2'],
  ['the largest dilation', () => conv2d(x(), w(), null, { dilation: 2 ** 30 - 1 }), RangeError, 'conv2d: height: kernel spans 2147483647 elements, the padded input has only 5'],
  ['the largest padding', () => conv2d(x(), w(), null, { padding: 2 ** 31 - 1 }), RangeError, 'conv2d: height: sizes multiply to more than 2^31 - 1 bytes'],
  ['padding so that the output has 2^40 elements', () => conv2d(x(), w(), null, { padding: 2 ** 20 }), RangeError, 'conv2d: shape 1x3x2097155x2097155 has more than 2^31 - 1 bytes'],
  ['an image without channel axis', () => conv2d(ones([2, 5, 5]), w()), RangeError, 'conv2d: x has 3 axes (shape [2, 5, 5]), must have 4'],
  ['a scalar', () => conv2d(tensor(1), w()), RangeError, 'conv2d: x has 0 axes (shape []), must have 4'],
  ['a weight of 3 axes', () => conv2d(x(), ones([3, 2, 3])), RangeError, 'conv2d: weight has 3 axes (shape [3, 2, 3]), must have 4'],
  ['channels that differ', () => conv2d(ones([1, 6, 5, 5]), ones([4, 4, 1, 1])), RangeError, 'conv2d: input has 6 channels, weight expects 4'],
  ['channels that differ, in groups', () => conv2d(ones([1, 6, 5, 5]), ones([4, 4, 1, 1]), null, { groups: 2 }), RangeError, 'conv2d: input has 6 channels, weight expects 4 x groups 2 = 8'],
  ['outputs that are no multiple of groups', () => conv2d(x(), ones([3, 1, 1, 1]), null, { groups: 2 }), RangeError, 'conv2d: weight has 3 output channels, must be a multiple of groups 2'],
  ['a bias of another size', () => conv2d(x(), w(), ones([2])), RangeError, 'conv2d: bias has shape 2, must be [3]'],
  ['an image of bytes', () => conv2d(any(zeros([1, 2, 5, 5], { dtype: 'uint8' })), w()), TypeError, 'conv2d: x is uint8, must be float32'],
  ['a weight of integers', () => conv2d(x(), any(zeros([3, 2, 3, 3], { dtype: 'int32' }))), TypeError, 'conv2d: weight is int32, must be float32'],
  ['pooling of int32', () => maxPool2d(zeros([1, 1, 2, 2], { dtype: 'int32' }), 2), TypeError, 'maxPool2d: x is int32, must be float32, uint8 or int8'],
  ['pooling without kernel', () => any(maxPool2d)(x()), TypeError, 'maxPool2d: kernelSize is undefined, must be an integer or an array of 2'],
  ['a kernel size of 0', () => maxPool2d(x(), 0), RangeError, 'maxPool2d: kernelSize is 0, must be an integer, at least 1'],
  ['padding above half the kernel', () => maxPool2d(x(), 2, { padding: 2 }), RangeError, 'maxPool2d: height: padding is 2, must be at most half the kernel size 2'],
  ['ceilMode that is a text', () => maxPool2d(x(), 2, { ceilMode: any('yes') }), TypeError, "maxPool2d: ceilMode is 'yes', must be true or false"],
  ['returnIndices that is a number', () => maxPool2d(x(), 2, { returnIndices: any(0) }), TypeError, 'maxPool2d: returnIndices is 0, must be true or false'],
  ['an option of a convolution', () => maxPool2d(x(), 2, any({ groups: 2 })), TypeError, "maxPool2d: there is no option 'groups'; options are stride, padding, dilation, ceilMode, returnIndices"],
  ['a mean of bytes', () => striate.avgPool2d(any(zeros([1, 1, 2, 2], { dtype: 'uint8' })), 2), TypeError, 'avgPool2d: x is uint8, must be float32'],
  ['a divisor of 0', () => striate.avgPool2d(x(), 2, { divisorOverride: 0 }), RangeError, 'avgPool2d: divisorOverride is 0, must be an integer, at least 1'],
  ['countIncludePad that is a number', () => striate.avgPool2d(x(), 2, { countIncludePad: any(0) }), TypeError, 'avgPool2d: countIncludePad is 0, must be true or false'],
  ['a sum with indices', () => striate.sumPool2d(x(), 2, any({ returnIndices: true })), TypeError, "sumPool2d: there is no option 'returnIndices'; options are stride, padding, dilation, ceilMode"],
  ['a norm of 0', () => striate.lpPool2d(x(), 0, 2), RangeError, 'lpPool2d: normType is 0, must be above 0'],
  ['a norm that is a text', () => striate.lpPool2d(x(), any('2'), 2), TypeError, "lpPool2d: normType is '2', must be a number"],
  ['a norm without kernel', () => any(striate.lpPool2d)(x(), 2), TypeError, 'lpPool2d: kernelSize is undefined, must be an integer or an array of 2'],
  ['an image in a pool of volumes', () => maxPool3d(x(), 2), RangeError, 'maxPool3d: x has 4 axes (shape [1, 2, 5, 5]), must have 5'],
];

const shapes: Case[] = [
  ['shapes that do not broadcast', () => add(ones([2, 3]), ones([4])), RangeError, 'add: a of shape 2x3 and b of shape 4 do not broadcast'],
  ['dtypes that differ', () => add(ones([2]), any(ones([2], { dtype: 'int32' }))), TypeError, 'add: a is float32 and b is int32, must be of one dtype'],
  ['a fraction beside integers', () => add(ones([2], { dtype: 'int32' }), 0.5), RangeError, 'add: b is 0.5, must be an integer beside int32'],
  ['NaN beside bytes', () => striate.mul(Number.NaN, ones([2], { dtype: 'uint8' })), RangeError, 'mul: a is NaN, must be an integer beside uint8'],
  ['a disposed base of another dtype', () => striate.pow(gone(), any(ones([2], { dtype: 'int32' }))), TypeError, 'pow: a is disposed'],
  ['powers of bytes', () => striate.pow(ones([2], { dtype: 'uint8' }), 2), TypeError, 'pow: a is uint8, must be float32 or int32'],
  ['a broadcast result of 2^32 elements', () => add(ones([65536, 1]), ones([65536])), RangeError, 'add: shape 65536x65536 has more than 2^31 - 1 bytes'],
  ['a slope for each of other channels', () => prelu(x(), ones([3])), RangeError, 'prelu: weight has shape 3, must be [1] or [2]'],
  ['a slope that has axes', () => prelu(x(), ones([2, 1])), RangeError, 'prelu: weight has shape 2x1, must be [1] or [2]'],
  ['relu of integers', () => relu(any(zeros([1], { dtype: 'int32' }))), TypeError, 'relu: x is int32, must be float32'],
  ['a slope that is NaN', () => striate.leakyRelu(x(), { negativeSlope: Number.NaN }), RangeError, 'leakyRelu: negativeSlope is NaN, must be a number'],
  ['alpha that is a text', () => striate.elu(x(), { alpha: any('1') }), TypeError, "elu: alpha is '1', must be a number"],
  ['an unknown option of an activation', () => striate.hardSigmoid(x(), any({ gamma: 1 })), TypeError, "hardSigmoid: there is no option 'gamma'; options are alpha, beta"],
  ['options of an activation that are null', () => striate.elu(x(), any(null)), TypeError, 'elu: options is null, must be an object'],
  ['a bound that is a text', () => striate.clip(x(), any('0')), TypeError, "clip: min is '0', must be a number"],
  ['a bound that is NaN', () => striate.clip(x(), 0, Number.NaN), RangeError, 'clip: max is NaN, must be a number'],
  ['cast to an unknown dtype', () => x().cast(any('float16')), RangeError, "cast: dtype is 'float16', must be 'float32' or 'int32' or 'uint8' or 'int8'"],
  ['a shape of another size', () => x().reshape([7, -1]), RangeError, 'reshape: x of shape 1x2x5x5 has 50 elements, shape [7, -1] must have as many'],
  ['a shape of other elements', () => reshape(x(), [7]), RangeError, 'reshape: x of shape 1x2x5x5 has 50 elements, shape [7] must have as many'],
  ['a shape that is a text', () => x().reshape(any('a')), TypeError, "reshape: shape is 'a', must be an array of integers"],
  ['a shape that is numbers in a row', () => any(x()).reshape(5, 10), TypeError, 'reshape: shape is 5, must be an array of integers'],
  ['two open axes', () => x().reshape([-1, -1]), RangeError, 'reshape: shape has more than one -1, must have at most one'],
  ['an open axis beside 0', () => zeros([0, 3]).reshape([0, -1]), RangeError, 'reshape: shape is [0, -1], must not have -1 beside 0'],
  ['an axis of -2', () => x().reshape([-2]), RangeError, 'reshape: shape[0] is -2, must be an integer, at least -1'],
  ['a shape above 2^32', () => x().reshape([2 ** 17, 2 ** 17]), RangeError, 'reshape: shape 131072x131072 has more than 2^31 - 1 bytes'],
  ['flatten to before it starts', () => flatten(x(), 2, 1), RangeError, 'flatten: endDim is 1, must not lie before startDim 2'],
  ['flatten an axis that there is not', () => flatten(x(), 4), RangeError, 'flatten: startDim is 4, must be an integer, from -4 to 3'],
  ['permute without axes', () => any(permute)(x()), TypeError, 'permute: axes is undefined, must be an array of 4 integers'],
  ['an axis named twice', () => permute(x(), [0, 1, 1, 3]), RangeError, 'permute: axes is [0, 1, 1, 3], must name each of the 4 axes once'],
  ['an axis left out', () => permute(x(), [0, 1]), RangeError, 'permute: axes is [0, 1], must name each of the 4 axes once'],
  ['an axis that there is not', () => permute(x(), [0, 1, 2, 4]), RangeError, 'permute: axes[3] is 4, must be an integer, from -4 to 3'],
  ['an axis of a scalar', () => permute(tensor(1), [0]), RangeError, 'permute: axes[0] is 0, but a scalar has no axes'],
  ['more axes than can be walked', () => permute(ones(new Array(9).fill(2)), [8, 7, 6, 5, 4, 3, 2, 1, 0]), RangeError, 'permute: the tensors must be walked along 9 axes, must be at most 8'],
  ['concat of scalars', () => concat([tensor(1), tensor(2)]), RangeError, 'concat: dim is 0, but a scalar has no axes'],
  ['concat along an axis that there is not', () => concat([ones([2])], 1), RangeError, 'concat: dim is 1, must be an integer, from -1 to 0'],
  ['concat of dtypes that differ', () => concat([ones([2]), any(ones([2], { dtype: 'int8' }))]), TypeError, 'concat: xs[1] is int8, must be float32 as xs[0]'],
  ['concat of shapes that differ', () => concat([ones([2, 3]), ones([2, 4])]), RangeError, 'concat: xs[1] has shape 2x4, must be *x3 as xs[0]'],
  ['concat of ranks that differ', () => concat([ones([2, 3]), ones([2])], 1), RangeError, 'concat: xs[1] has shape 2, must be 2x* as xs[0]'],
  ['a split that does not add up', () => split(ones([5]), [2, 2]), RangeError, 'split: sizes add up to 4, must be 5, the size of axis 0'],
  ['a split in pieces of 0', () => split(ones([5]), 0), RangeError, 'split: sizes is 0, must be an integer, at least 1'],
  ['a split with a negative piece', () => split(ones([5]), [6, -1]), RangeError, 'split: sizes[1] is -1, must be an integer, at least 0'],
  ['a split by a text', () => split(ones([5]), any('2')), TypeError, "split: sizes is '2', must be an array of integers"],
  ['a split of a scalar', () => split(tensor(1), 1), RangeError, 'split: dim is 0, but a scalar has no axes'],
  ['a slice with a step of 0', () => slice(ones([5]), [0], [5], { steps: [0] }), RangeError, 'slice: steps[0] is 0, must not be 0'],
  ['a slice of more axes than there are', () => slice(ones([5]), [0, 0], [1, 1]), RangeError, 'slice: starts has 2 entries, must have at most 1'],
  ['fewer ends than starts', () => slice(ones([5, 5]), [0, 0], [1]), RangeError, 'slice: ends has 1 entries, must have 2'],
  ['a slice from a number', () => slice(ones([5]), any(1), any(2)), TypeError, 'slice: starts is 1, must be an array of integers'],
  ["PyTorch's flat list of padding", () => pad2d(x(), any([1, 2, 3, 4])), TypeError, 'pad2d: padding is the flat list [1, 2, 3, 4], must be pairs in the order of the axes: [[3, 4], [1, 2]]'],
  ['padding by a text', () => pad2d(x(), any('same')), TypeError, "pad2d: padding is 'same', must be a number or [before, after] per axis"],
  ['padding of one axis of two', () => pad2d(x(), [[1, 1]]), RangeError, 'pad2d: padding has 1 pairs, must have 2'],
  ['a pair that is none', () => pad2d(x(), any([[1, 1], [2]])), TypeError, 'pad2d: padding[1] is [2], must be [before, after]'],
  ['a fraction of padding', () => pad2d(x(), [[0.5, 1], [1, 1]]), RangeError, 'pad2d: padding[0][0] is 0.5, must be an integer, from -2147483647 to 2147483647'],
  ['cropping more than there is', () => pad2d(x(), [[0, 0], [-3, -3]]), RangeError, 'pad2d: padding[1] crops 6 of the 5 elements of x, must leave at least 0'],
  ['padding to above 2^32', () => pad2d(x(), 2 ** 20), RangeError, 'pad2d: shape 1x2x2097157x2097157 has more than 2^31 - 1 bytes'],
  ['a mode that there is not', () => pad2d(x(), 1, { mode: any('mirror') }), RangeError, "pad2d: mode is 'mirror', must be 'constant'"],
  ['a value that is a text', () => pad1d(ones([1, 1, 1]), 1, { value: any('0') }), TypeError, "pad1d: value is '0', must be a number"],
  ['padding an image as a line', () => pad1d(x(), 1), RangeError, 'pad1d: x has 4 axes (shape [1, 2, 5, 5]), must have 3'],
  ['linear of a scalar', () => linear(tensor(1), ones([1, 1])), RangeError, 'linear: x is a scalar, must have at least 1 axis'],
  ['linear with a vector as weight', () => linear(ones([3]), ones([3])), RangeError, 'linear: weight has shape 3, must have 2 axes'],
  ['linear of other features', () => linear(ones([2, 3]), ones([5, 4])), RangeError, 'linear: the last axis of x is 3, weight [5, 4] expects 4'],
  ['linear with another bias', () => linear(ones([2, 4]), ones([5, 4]), ones([4])), RangeError, 'linear: bias has shape 4, must be [5]'],
  ['batchNorm of a vector', () => batchNorm(ones([3]), ones([3]), ones([3])), RangeError, 'batchNorm: x has shape 3, must have at least 2 axes'],
  ['batchNorm with another mean', () => batchNorm(x(), ones([3]), ones([2])), RangeError, 'batchNorm: runningMean has shape 3, must be [2]'],
  ['batchNorm without statistics', () => batchNorm(x(), null, null), TypeError, 'batchNorm: runningMean and runningVar must be given where training is false'],
  ['batchNorm of one value per channel in training', () => batchNorm(ones([1, 2, 1, 1]), null, null, null, null, { training: true }), RangeError, 'batchNorm: x has 1 value per channel, must have more than 1 in training'],
  ['batchNorm with eps NaN', () => batchNorm(x(), ones([2]), ones([2]), null, null, { eps: Number.NaN }), RangeError, 'batchNorm: eps is NaN, must be a number'],
  ['outputShape of no operator', () => outputShape(any(() => 1), [[1]]), TypeError, 'outputShape: operator is a function, must be an operator such as conv2d'],
  ['outputShape of nothing', () => any(outputShape)(), TypeError, 'outputShape: operator is undefined, must be an operator such as conv2d'],
  ['outputShape without shapes', () => any(outputShape)(conv2d), TypeError, 'outputShape: shapes is undefined, must be an array of shapes'],
  ['outputShape of a shape that is a number', () => outputShape(conv2d, any([3])), TypeError, 'outputShape: shapes[0] is 3, must be an array of integers'],
  ['outputShape that does not fit', () => outputShape(conv2d, [[1, 2, 2, 2], [1, 2, 3, 3]]), RangeError, 'conv2d: height: kernel spans 3 elements, the padded input has only 2'],
  ['outputShape without weight', () => outputShape(conv2d, [[1, 2, 2, 2]], { stride: 2 }), TypeError, 'conv2d: weight is null, must be a Tensor'],
  ['outputShape above 2^32', () => outputShape(conv2d, [[1, 1, 1000, 1000], [70000, 1, 1, 1]]), RangeError, 'conv2d: shape 1x70000x1000x1000 has more than 2^31 - 1 bytes'],
];

const program = () => compile((a) => relu(a!), { inputs: [{ shape: [2, 3], name: 'image' }] });
let kept: Tensor | undefined;
const keep = (a: Tensor | undefined): Tensor => {
  kept = a;
  return relu(a as Tensor);
};

const programs: Case[] = [
  ['compile of nothing', () => any(compile)(), TypeError, 'compile: inputs is undefined, must be an array of shapes'],
  ['compile of a tensor', () => compile(any(x()), { inputs: [] }), TypeError, 'compile: the first argument is a Tensor, must be a Module or a function'],
  ['a shape instead of a list of shapes', () => compile((a) => a!, { inputs: any([1, 3]) }), TypeError, 'compile: inputs[0] is 1, must be a shape or { shape, dtype, name }'],
  ['an input that is null', () => compile((a) => a!, { inputs: any([null]) }), TypeError, 'compile: inputs[0] is null, must be a shape or { shape, dtype, name }'],
  ['an input without shape', () => compile((a) => a!, { inputs: any([{ name: 'x' }]) }), TypeError, 'compile: inputs[0] is undefined, must be an array of integers'],
  ['an input of NaN', () => compile((a) => a!, { inputs: [[Number.NaN]] }), RangeError, 'compile: inputs[0][0] is NaN, must be an integer, from 0 to 2147483647'],
  ['an input above 2^32', () => compile((a) => a!, { inputs: [[2 ** 17, 2 ** 17]] }), RangeError, 'compile: inputs[0]: shape 131072x131072 has more than 2^31 - 1 bytes'],
  ['an input of an unknown dtype', () => compile((a) => a!, { inputs: [{ shape: [1], dtype: any('bool') }] }), RangeError, "compile: inputs[0].dtype is 'bool', must be 'float32' or 'int32' or 'uint8' or 'int8'"],
  ['an unknown option of an input', () => compile((a) => a!, { inputs: any([{ shape: [1], type: 1 }]) }), TypeError, "compile: inputs[0]: there is no option 'type'; options are shape, dtype, name"],
  ['an unknown option', () => compile((a) => a!, any({ inputs: [], fast: true })), TypeError, "compile: there is no option 'fast'; options are inputs, mode, outputs, accuracy"],
  ['an accuracy that there is not', () => compile((a) => a!, { inputs: [], accuracy: any('slow') }), RangeError, "compile: accuracy is 'slow', must be 'fast' or 'exact'"],
  ['a mode that there is not', () => compile((a) => a!, { inputs: [], mode: any('test') }), RangeError, "compile: mode is 'test', must be 'eval' or 'train'"],
  ['outputs that are a text', () => compile((a) => a!, { inputs: [], outputs: any('0') }), TypeError, "compile: outputs is '0', must be an array of names"],
  ['an output that there is not', () => compile((a) => a!, { inputs: [[1]], outputs: ['relu'] }), RangeError, "compile: outputs names 'relu', there are no names"],
  ['an output that there is not, of a module', () => compile(new striate.Sequential(new striate.ReLU()), { inputs: [[1]], outputs: ['1'] }), RangeError, "compile: outputs names '1', there are 0"],
  ['a function that gives nothing', () => compile(any(() => undefined), { inputs: [] }), TypeError, 'compile: the function gave undefined, must give a Tensor, or an array or object of them'],
  ['a function that gives numbers', () => compile(any(() => [1]), { inputs: [] }), TypeError, 'compile: the function gave 1, must give a Tensor, or an array or object of them'],
  ['values of a symbolic tensor', () => compile((a) => tensor(any(a!.data)), { inputs: [[1]] }), TypeError, 'Tensor.data: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['toArray of a symbolic tensor', () => compile((a) => tensor(any(a!.toArray())), { inputs: [[1]] }), TypeError, 'Tensor.data: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['what does not fit, inside a trace', () => compile((a) => conv2d(a!, w()), { inputs: [[1, 1, 5, 5]] }), RangeError, 'conv2d: input has 1 channels, weight expects 2'],
  ['null inside a trace', () => compile((a) => conv2d(a!, any(null)), { inputs: [[1, 1, 5, 5]] }), TypeError, 'conv2d: weight is null, must be a Tensor'],
  ['a disposed tensor inside a trace', () => compile((a) => add(a!, gone()), { inputs: [[1, 2, 5, 5]] }), TypeError, 'add: b is disposed'],
  ['a trace in a trace', () => compile(() => program().run(ones([2, 3])), { inputs: [[1]] }), TypeError, 'compile: a traced function cannot be traced inside another'],
  ['outputShape in a trace', () => compile(() => tensor(outputShape(relu, [[2]])), { inputs: [[1]] }), TypeError, 'outputShape: a traced function cannot be traced inside another'],
  ['a constant that is disposed before the trace ends', () => compile((a) => { const c = ones([1]); const y = add(a!, c); c.dispose(); return y; }, { inputs: [[1]] }), TypeError, 'compile: constant is disposed'],
  ['a symbolic tensor after its trace', () => { compile(keep, { inputs: [[1]] }); return relu(kept as Tensor); }, TypeError, 'relu: x is symbolic: inside a traced function a tensor has a shape but no values'],
  ['a symbolic input in another trace', () => { compile(keep, { inputs: [[1]] }); return compile((a) => add(a!, kept as Tensor), { inputs: [[1]] }); }, TypeError, 'compile: a symbolic tensor of another trace was used'],
  ['a symbolic result given by another trace', () => { compile((a) => keep(relu(a!)), { inputs: [[1]] }); return compile(() => kept as Tensor, { inputs: [[1]] }); }, TypeError, 'compile: a symbolic tensor of another trace was used'],
  ['a symbolic tensor as input of a run', () => { compile(keep, { inputs: [[2, 3]] }); return program().run(kept as Tensor); }, TypeError, 'Program.run: image is symbolic: inside a traced function a tensor has a shape but no values'],
  ['a run on nothing', () => any(program()).run(), TypeError, 'Program.run: x is undefined, must be a Tensor or an array of 1'],
  ['a run on two of one', () => program().run([ones([2, 3]), ones([2, 3])]), RangeError, 'Program.run: x has 2 tensors, must have 1'],
  ['a run on a number', () => program().run(any([3])), TypeError, 'Program.run: image is 3, must be a Tensor'],
  ['a run on another shape', () => program().run(ones([3, 2])), RangeError, 'Program.run: image has shape 3x2, must be 2x3'],
  ['a run on another dtype', () => program().run(any(ones([2, 3], { dtype: 'uint8' }))), TypeError, 'Program.run: image is uint8, must be float32'],
  ['a run on a disposed tensor', () => program().run(gone()), TypeError, 'Program.run: image is disposed'],
  ['an unknown option of run', () => program().run(ones([2, 3]), any({ out: 1 })), TypeError, "Program.run: there is no option 'out'; options are into"],
  ['into another shape', () => program().run(ones([2, 3]), { into: ones([6]) }), RangeError, 'Program.run: into has shape 6, must be 2x3'],
  ['into a number', () => program().run(ones([2, 3]), { into: any(1) }), TypeError, 'Program.run: into is 1, must be a Tensor'],
  ['into an input', () => { const a = ones([2, 3]); return program().run(a, { into: a.reshape([2, 3]) }); }, RangeError, 'Program.run: into shares the storage of an input or of another result, must have its own'],
  ['into one tensor twice', () => { const a = ones([1]); return compile((b) => [b!, relu(b!)], { inputs: [[1]] }).run(ones([1]), { into: [a, a] }); }, RangeError, 'Program.run: into shares the storage of an input or of another result, must have its own'],
  ['into a tensor where an object belongs', () => compile((a) => ({ a: a! }), { inputs: [[1]] }).run(ones([1]), { into: any(null) }), TypeError, 'Program.run: into is null, must have the form of the results'],
  ['into an object that lacks one', () => compile((a) => ({ a: a!, b: a! }), { inputs: [[1]] }).run(ones([1]), { into: any({ a: ones([1]) }) }), TypeError, 'Program.run: into (1) is undefined, must be a Tensor'],
  ['a run of a disposed program', () => { const p = program(); p.dispose(); return p.run(ones([2, 3])); }, TypeError, 'Program.run: the program is disposed'],
  ['an update of a disposed program', () => { const p = program(); p.dispose(); return p.update(); }, TypeError, 'Program.update: the program is disposed'],
  ['a summary of a disposed program', () => { const p = program(); p.dispose(); return p.summary(); }, TypeError, 'Program.summary: the program is disposed'],
  ['a profile of 0 runs', () => program().profile(ones([2, 3]), { runs: 0 }), RangeError, 'Program.profile: runs is 0, must be an integer, at least 1'],
];

class Twice extends Module {
  weight = parameter(ones([2]));
  forward(a: Tensor): Tensor {
    return add(a, this.weight);
  }
}
const disposed = () => {
  const made = new Twice();
  made.dispose();
  return made;
};

const layers: Case[] = [
  ['a layer without channels', () => new (any(striate.Conv2d))(), TypeError, 'Conv2d: inChannels is undefined, must be an integer'],
  ['channels that are no multiple of groups', () => new striate.Conv2d(3, 4, 1, { groups: 2 }), RangeError, 'Conv2d: inChannels is 3, must be a multiple of groups 2'],
  ['outputs that are no multiple of groups', () => new striate.Conv2d(4, 3, 1, { groups: 2 }), RangeError, 'Conv2d: outChannels is 3, must be a multiple of groups 2'],
  ['a layer without kernel', () => new (any(striate.Conv2d))(1, 1), TypeError, 'Conv2d: kernelSize is undefined, must be an integer or an array of 2'],
  ['an unknown option of a layer', () => new striate.Conv2d(1, 1, 1, any({ biased: false })), TypeError, "Conv2d: there is no option 'biased'; options are stride, padding, dilation, groups, flipKernel, bias, seed"],
  ['a bias that is no flag', () => new striate.Linear(1, 1, { bias: any(null) }), TypeError, 'Linear: bias is null, must be true or false'],
  ['a layer of 2^32 weights', () => new striate.Linear(2 ** 16, 2 ** 16), RangeError, 'random: shape 65536x65536 has more than 2^31 - 1 bytes'],
  ['a layer on null', () => new striate.ReLU().forward(any(null)), TypeError, 'relu: x is null, must be a Tensor'],
  ['batch norm of null', () => new striate.BatchNorm2d(2).forward(any(null)), TypeError, 'BatchNorm2d: x is null, must be a Tensor'],
  ['batch norm of another rank', () => new striate.BatchNorm2d(2).forward(ones([1, 2])), RangeError, 'BatchNorm2d: x has 2 axes, must have 4'],
  ['batch norm of two ranks', () => new striate.BatchNorm1d(2).forward(x()), RangeError, 'BatchNorm1d: x has 4 axes, must have 2 or 3'],
  ['momentum that is null', () => new striate.BatchNorm2d(2, { momentum: any(null) }), TypeError, 'BatchNorm2d: momentum is null, must be a number'],
  ['PReLU of 0 parameters', () => new striate.PReLU({ numParameters: 0 }), RangeError, 'PReLU: numParameters is 0, must be an integer, at least 1'],
  ['Sequential of a function', () => new striate.Sequential(any(relu)), TypeError, 'Sequential: layer 0 is a function, must be a Module'],
  ['ModuleList of a list', () => new striate.ModuleList(any([])), TypeError, 'ModuleList: layer 0 is [], must be a Module'],
  ['ModuleList has no forward', () => new striate.ModuleList().forward(), TypeError, 'ModuleList: has no forward; call its modules'],
  ['a parameter that is a number', () => parameter(any(1)), TypeError, 'parameter: tensor is 1, must be a Tensor'],
  ['a buffer that is null', () => buffer(any(null)), TypeError, 'buffer: tensor is null, must be a Tensor'],
  ['a disposed layer', () => disposed().forward(ones([2])), TypeError, 'add: b is disposed'],
  ['a state dict that is null', () => new Twice().loadStateDict(any(null)), TypeError, 'loadStateDict: dict is null, must be an object of keys and tensors'],
  ['a tensor as state dict', () => new Twice().loadStateDict(any(ones([2]))), TypeError, 'loadStateDict: dict is a Tensor, must be an object of keys and tensors'],
  ['a state dict with other keys', () => new Twice().loadStateDict({ bias: ones([2]) }), RangeError, 'loadStateDict: missing keys: weight; unknown keys: bias'],
  ['a state dict that lacks a key', () => new Twice().loadStateDict({}), RangeError, 'loadStateDict: missing keys: weight; unknown keys: none'],
  ['a state dict of lists', () => new Twice().loadStateDict(any({ weight: [1, 2] })), TypeError, 'loadStateDict: weight is [1, 2], must be a Tensor'],
  ['a state dict of another shape', () => new Twice().loadStateDict({ weight: ones([2, 1]) }), RangeError, 'loadStateDict: weight has shape 2x1, must be 2'],
  ['a state dict of another dtype', () => new Twice().loadStateDict({ weight: any(ones([2], { dtype: 'int32' })) }), TypeError, 'loadStateDict: weight is int32, must be float32'],
  ['a state dict of disposed tensors', () => new Twice().loadStateDict(disposed().stateDict()), TypeError, 'loadStateDict: weight is disposed'],
  ['a state dict into a disposed module', () => disposed().loadStateDict({ weight: ones([2]) }), TypeError, "loadStateDict: the module's weight is disposed"],
  ['an unknown option of loadStateDict', () => new Twice().loadStateDict({}, any({ Strict: false })), TypeError, "loadStateDict: there is no option 'Strict'; options are strict"],
  ['strict that is no flag', () => new Twice().loadStateDict({}, { strict: any(0) }), TypeError, 'loadStateDict: strict is 0, must be true or false'],
];

/** The record of a function that gives its x. */
const record = () => striate.vjp((a) => a, ones([2]));

/** An operator without a gradient rule. */
const opaque = operator(
  { ...(relu.entry as Entry), name: 'opaque', gradient: undefined as never },
  (invoke) => (a: Tensor) => invoke([any(a)], [])[0] as unknown as Tensor,
);

const gradients: Case[] = [
  ['the gradient of what has none', () => striate.valueAndGrad((a) => opaque(a), ones([1])), TypeError, 'valueAndGrad: opaque has no gradient'],
  ['vjp of nothing', () => any(striate.vjp)(), TypeError, 'vjp: the first argument is undefined, must be a function'],
  ['the gradient of a number', () => striate.valueAndGrad((a) => a, any(3)), TypeError, 'valueAndGrad: xs[0] is 3, must be a Tensor'],
  ['the gradient of integers', () => striate.valueAndGrad((a) => a, any(ones([1], { dtype: 'int32' }))), TypeError, 'valueAndGrad: xs[0] is int32, must be float32'],
  ['the gradient of what is disposed', () => striate.vjp((a) => a, any(gone())), TypeError, 'vjp: xs[0] is disposed'],
  ['the gradient of two values', () => striate.valueAndGrad((a) => a, ones([2])), RangeError, 'valueAndGrad: the function gave float32 of shape 2, must give one float32 value'],
  ['the gradient of a list', () => striate.valueAndGrad((a) => any([a]), ones([1])), RangeError, 'valueAndGrad: the function gave [a Tensor], must give one float32 value'],
  ['the gradient of a number', () => striate.vjp(() => any(3), ones([1])), TypeError, 'vjp: the function gave 3, must give a Tensor, or an array or object of them'],
  ['values of what is followed', () => striate.vjp((a) => tensor(a.data), ones([1])), TypeError, 'Tensor.data: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['a gradient inside a gradient', () => striate.vjp((a) => striate.vjp((b) => b, a).value, ones([1])), TypeError, 'vjp: a traced function cannot be traced inside another'],
  ['pullback of nothing', () => any(record()).pullback(), TypeError, 'pullback: dy is undefined, must be a Tensor'],
  ['pullback of another shape', () => record().pullback(ones([3])), RangeError, 'pullback: dy has shape 3, must be 2'],
  ['pullback of another dtype', () => record().pullback(any(ones([2], { dtype: 'int32' }))), TypeError, 'pullback: dy is int32, must be float32'],
  ['pullback of what is disposed', () => { const dy = ones([2]); dy.dispose(); record().pullback(dy); }, TypeError, 'pullback: dy is disposed'],
  ['pullback after dispose', () => { const made = record(); made.dispose(); made.pullback(ones([2])); }, TypeError, 'pullback: the gradient record is disposed'],
];

const norms: Case[] = [
  ['batchNorm of integers', () => batchNorm(any(ones([1, 2], { dtype: 'int32' })), ones([2]), ones([2])), TypeError, 'batchNorm: x is int32, must be float32'],
  ['batchNorm with a weight of integers', () => batchNorm(x(), ones([2]), ones([2]), any(ones([2], { dtype: 'int8' }))), TypeError, 'batchNorm: weight is int8, must be float32'],
  ['batchNorm with another bias', () => batchNorm(x(), ones([2]), ones([2]), null, ones([1])), RangeError, 'batchNorm: bias has shape 1, must be [2]'],
  ['batchNorm in training by number', () => batchNorm(x(), null, null, null, null, { training: any(1) }), TypeError, 'batchNorm: training is 1, must be true or false'],
  ['groupNorm without groups', () => striate.groupNorm(x(), any(undefined)), TypeError, 'groupNorm: groups is undefined, must be an integer'],
  ['groupNorm of 0 groups', () => striate.groupNorm(x(), 0), RangeError, 'groupNorm: groups is 0, must be an integer, at least 1'],
  ['groupNorm of groups that do not divide', () => striate.groupNorm(x(), 3), RangeError, 'groupNorm: groups is 3, must divide 2, the channels of x'],
  ['groupNorm of a vector', () => striate.groupNorm(ones([3]), 1), RangeError, 'groupNorm: x has shape 3, must have at least 2 axes'],
  ['groupNorm of a scalar', () => striate.groupNorm(ones([]), 1), RangeError, 'groupNorm: x has shape scalar, must have at least 2 axes'],
  ['groupNorm of one value', () => striate.groupNorm(ones([1, 3]), 3), RangeError, 'groupNorm: x of shape 1x3 has 1 value per group, must have more'],
  ['groupNorm of bytes', () => striate.groupNorm(any(ones([1, 2], { dtype: 'uint8' })), 1), TypeError, 'groupNorm: x is uint8, must be float32'],
  ['groupNorm with another weight', () => striate.groupNorm(x(), 1, ones([3])), RangeError, 'groupNorm: weight has shape 3, must be 2'],
  ['groupNorm with a bias that is a number', () => striate.groupNorm(x(), 1, null, any(0)), TypeError, 'groupNorm: bias is 0, must be a Tensor'],
  ['groupNorm with an unknown option', () => striate.groupNorm(x(), 1, null, null, any({ momentum: 1 })), TypeError, "groupNorm: there is no option 'momentum'; options are eps"],
  ['groupNorm with eps that is a text', () => striate.groupNorm(x(), 1, null, null, { eps: any('0') }), TypeError, "groupNorm: eps is '0', must be a number"],
  ['instanceNorm of a vector', () => striate.instanceNorm(ones([3])), RangeError, 'instanceNorm: x has shape 3, must have at least 2 axes'],
  ['instanceNorm of one pixel', () => striate.instanceNorm(ones([2, 3, 1])), RangeError, 'instanceNorm: x of shape 2x3x1 has 1 value per channel, must have more'],
  ['instanceNorm with another bias', () => striate.instanceNorm(x(), null, ones([1, 2])), RangeError, 'instanceNorm: bias has shape 1x2, must be 2'],
  ['instanceNorm with another running mean', () => striate.instanceNorm(x(), null, null, { runningMean: ones([5]) }), RangeError, 'instanceNorm: runningMean has shape 5, must be 2'],
  ['instanceNorm with a running variance that is a number', () => striate.instanceNorm(x(), null, null, { runningVar: any(1) }), TypeError, 'instanceNorm: runningVar is 1, must be a Tensor'],
  ['instanceNorm with momentum NaN', () => striate.instanceNorm(x(), null, null, { momentum: Number.NaN }), RangeError, 'instanceNorm: momentum is NaN, must be a number'],
  ['layerNorm without a shape', () => striate.layerNorm(x(), any(undefined)), TypeError, 'layerNorm: normalizedShape is undefined, must be an array of integers'],
  ['layerNorm over no axes', () => striate.layerNorm(x(), []), RangeError, 'layerNorm: normalizedShape is [], must be at least one axis'],
  ['layerNorm over a negative axis', () => striate.layerNorm(x(), [-1]), RangeError, 'layerNorm: normalizedShape[0] is -1, must be an integer, at least 0'],
  ['layerNorm over other axes', () => striate.layerNorm(x(), [5, 4]), RangeError, 'layerNorm: x has shape 1x2x5x5, must end with normalizedShape 5x4'],
  ['layerNorm over more axes than there are', () => striate.layerNorm(ones([5]), [5, 5]), RangeError, 'layerNorm: x has shape 5, must end with normalizedShape 5x5'],
  ['layerNorm of a scalar', () => striate.layerNorm(ones([]), 1), RangeError, 'layerNorm: x has shape scalar, must end with normalizedShape 1'],
  ['layerNorm with a weight of one axis', () => striate.layerNorm(x(), [5, 5], ones([25])), RangeError, 'layerNorm: weight has shape 25, must be 5x5'],
  ['localResponseNorm without size', () => striate.localResponseNorm(x(), any(undefined)), TypeError, 'localResponseNorm: size is undefined, must be an integer'],
  ['localResponseNorm of size 0', () => striate.localResponseNorm(x(), 0), RangeError, 'localResponseNorm: size is 0, must be an integer, at least 1'],
  ['localResponseNorm of rows', () => striate.localResponseNorm(ones([2, 3]), 1), RangeError, 'localResponseNorm: x has shape 2x3, must have at least 3 axes'],
  ['localResponseNorm with alpha null', () => striate.localResponseNorm(x(), 1, { alpha: any(null) }), TypeError, 'localResponseNorm: alpha is null, must be a number'],
  ['localResponseNorm with beta NaN', () => striate.localResponseNorm(x(), 1, { beta: Number.NaN }), RangeError, 'localResponseNorm: beta is NaN, must be a number'],
  ['localResponseNorm with k as a list', () => striate.localResponseNorm(x(), 1, { k: any([1]) }), TypeError, 'localResponseNorm: k is [1], must be a number'],
  ['localResponseNorm with oddAfter 1', () => striate.localResponseNorm(x(), 2, { oddAfter: any(1) }), TypeError, 'localResponseNorm: oddAfter is 1, must be true or false'],
  ['dropout of integers', () => striate.dropout(any(ones([1], { dtype: 'int32' }))), TypeError, 'dropout: x is int32, must be float32'],
  ['dropout above 1', () => striate.dropout(x(), { p: 1.5 }), RangeError, 'dropout: p is 1.5, must be from 0 to 1'],
  ['dropout below 0, in inference', () => striate.dropout(x(), { p: -0.1, training: false }), RangeError, 'dropout: p is -0.1, must be from 0 to 1'],
  ['dropout of NaN', () => striate.dropout(x(), { p: Number.NaN }), RangeError, 'dropout: p is NaN, must be a number'],
  ['dropout in training by number', () => striate.dropout(x(), { training: any(0) }), TypeError, 'dropout: training is 0, must be true or false'],
  ['dropout with a negative seed', () => striate.dropout(x(), { seed: -1 }), RangeError, 'dropout: seed is -1, must be an integer, from 0 to 9007199254740991'],
  ['dropout with an unknown option', () => striate.dropout(x(), any({ inplace: true })), TypeError, "dropout: there is no option 'inplace'; options are p, training, seed"],
  ['dropout with p as options', () => striate.dropout(x(), any(0.5)), TypeError, 'dropout: options is 0.5, must be an object'],
  ['dropout1d of images', () => striate.dropout1d(x()), RangeError, 'dropout1d: x has 4 axes (shape [1, 2, 5, 5]), must have 3'],
  ['dropout2d of rows', () => striate.dropout2d(ones([2, 3])), RangeError, 'dropout2d: x has 2 axes (shape [2, 3]), must have 4'],
  ['dropout3d of images', () => striate.dropout3d(x()), RangeError, 'dropout3d: x has 4 axes (shape [1, 2, 5, 5]), must have 5'],
  ['InstanceNorm without features', () => new striate.InstanceNorm2d(0), RangeError, 'InstanceNorm2d: numFeatures is 0, must be an integer, at least 1'],
  ['InstanceNorm of another rank', () => new striate.InstanceNorm1d(2).forward(x()), RangeError, 'InstanceNorm1d: x has 4 axes, must have 3'],
  ['InstanceNorm with affine null', () => new striate.InstanceNorm3d(2, { affine: any(null) }), TypeError, 'InstanceNorm3d: affine is null, must be true or false'],
  ['GroupNorm of groups that do not divide', () => new striate.GroupNorm(3, 4), RangeError, 'GroupNorm: numChannels is 4, must be a multiple of numGroups 3'],
  ['GroupNorm of no channels', () => new striate.GroupNorm(1, 0), RangeError, 'GroupNorm: numChannels is 0, must be an integer, at least 1'],
  ['GroupNorm with eps as text', () => new striate.GroupNorm(1, 1, { eps: any('') }), TypeError, "GroupNorm: eps is '', must be a number"],
  ['LayerNorm without a shape', () => new (any(striate.LayerNorm))(), TypeError, 'LayerNorm: normalizedShape is undefined, must be an array of integers'],
  ['LayerNorm with a bias by number', () => new striate.LayerNorm(3, { bias: any(1) }), TypeError, 'LayerNorm: bias is 1, must be true or false'],
  ['LayerNorm with an unknown option', () => new striate.LayerNorm(3, any({ affine: true })), TypeError, "LayerNorm: there is no option 'affine'; options are eps, elementwiseAffine, bias"],
  ['LocalResponseNorm of size 0', () => new striate.LocalResponseNorm(0), RangeError, 'LocalResponseNorm: size is 0, must be an integer, at least 1'],
  ['Dropout above 1', () => new striate.Dropout({ p: 2 }), RangeError, 'Dropout: p is 2, must be from 0 to 1'],
  ['Dropout with an unknown option', () => new striate.Dropout2d(any({ training: true })), TypeError, "Dropout2d: there is no option 'training'; options are p"],
  ['Dropout with a number', () => new striate.Dropout3d(any(0.5)), TypeError, 'Dropout3d: options is 0.5, must be an object'],
];

export const cases: Case[] = [...noTensorFirst, ...arguments_, ...norms, ...creation, ...windows, ...shapes, ...programs, ...layers, ...gradients];

/** Calls that need a running library. */
export const beforeInit: Case[] = [
  ['tensor', () => tensor(1), Error, 'tensor: call `await init()` first'],
  ['zeros', () => zeros([1]), Error, 'zeros: call `await init()` first'],
  ['rand', () => rand([1]), Error, 'rand: call `await init()` first'],
  ['runtime', () => striate.runtime(), Error, 'runtime: call `await init()` first'],
  ['compile', () => compile((a) => a!, { inputs: [[1]] }), Error, 'compile: call `await init()` first'],
  ['outputShape', () => outputShape(relu, [[1]]), Error, 'outputShape: call `await init()` first'],
  ['a layer', () => new striate.Conv2d(1, 1, 1), Error, 'Conv2d: call `await init()` first'],
  ['a layer of ones', () => new striate.BatchNorm2d(1), Error, 'full: call `await init()` first'],
];

const init = any(striate.init);
const noModule = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]);

/** Calls of init; nothing runs before them or after them. */
export const starts: [title: string, call: () => Promise<unknown>, kind: Case[2], sentence: string | RegExp][] = [
  ['options that are a text', () => init('simd'), TypeError, "init: options is 'simd', must be an object"],
  ['options that are null', () => init(null), TypeError, 'init: options is null, must be an object'],
  ['an unknown option', () => init({ thread: 2 }), TypeError, /^init: there is no option 'thread'; options are variant, threads, maxMemoryBytes, /],
  ['a variant that there is not', () => init({ variant: 'avx' }), RangeError, "init: variant is 'avx', must be 'simd' or 'relaxed'"],
  ['a variant that is a number', () => init({ variant: 1 }), TypeError, "init: variant is 1, must be 'simd' or 'relaxed'"],
  ['no threads', () => init({ threads: 0 }), RangeError, 'init: threads is 0, must be an integer, from 1 to 1024'],
  ['threads by name', () => init({ threads: 'all' }), TypeError, "init: threads is 'all', must be an integer"],
  ['NaN bytes', () => init({ maxMemoryBytes: Number.NaN }), RangeError, 'init: maxMemoryBytes is NaN, must be an integer, from 1048576 to 4294967296'],
  ['bytes beyond 4 GiB', () => init({ maxMemoryBytes: 2 ** 33 }), RangeError, 'init: maxMemoryBytes is 8589934592, must be an integer, from 1048576 to 4294967296'],
  ['a module that is a number', () => init({ wasm: 3 }), TypeError, 'init: wasm is number, must be a URL, a string, a Response, bytes or a WebAssembly.Module'],
  ['bytes that are no module', () => init({ wasm: new Uint8Array(8) }), Error, /^init: wasm cannot be read: WebAssembly.compile\(\): expected magic word/],
  ['a module that is not ours', () => init({ wasm: noModule }), Error, /^init: wasm is no file of striate, must be simd.wasm or relaxed.wasm of striate \d/],
  ['a module of another version', () => init({ wasm: ofVersion('0.0.0 simd') }), Error, /^init: wasm is of striate 0\.0\.0, must be simd\.wasm or relaxed\.wasm of striate \d/],
  ['a file that is not there', () => init({ wasm: '/nowhere/simd.wasm' }), Error, /^init: wasm cannot be read: ENOENT/],
  ['a response that says no', () => init({ wasm: new Response('', { status: 404 }) }), Error, 'init: wasm cannot be read: status 404'],
  ['a module of the other variant', () => init({ variant: 'relaxed', wasm: new URL('../../build/simd.wasm', import.meta.url) }), Error, "init: variant is 'relaxed', but wasm is simd.wasm"],
  ['no WebAssembly SIMD', () => withoutModules(0, () => init()), Error, 'init: striate needs WebAssembly with SIMD, which this runtime lacks'],
  ['no relaxed SIMD', () => withoutModules(1, () => init({ variant: 'relaxed' })), Error, "init: variant is 'relaxed', but this runtime has no relaxed SIMD, must be 'simd'"],
  ['a variant that the entry does not hold', () => initOn({ simd: () => noModule }, { variant: 'relaxed' }), Error, "init: variant is 'relaxed', which this entry does not hold"],
  ['a platform that refuses to compile', () => initOn({ simd: () => Promise.reject(new Error('policy')) }, { variant: 'simd' }), Error, "init: striate's WebAssembly was refused (a content security policy needs 'wasm-unsafe-eval'): policy"],
  ['a memory that would not hold the kernels', () => loadFrom({}, { maxMemoryBytes: 65536 }), RangeError, /^init: maxMemoryBytes is 65536, must be at least \d/],
  ['another start while it runs', () => init({ variant: 'simd' }).then(() => init({ maxMemoryBytes: 2 ** 24 })), Error, 'init: already running with maxMemoryBytes 2147483648, cannot become 16777216; call disposeRuntime first'],
  ['the end while it starts', () => { const started = init(); striate.disposeRuntime(); return started; }, Error, 'init: disposeRuntime was called while the kernels were loading'],
];

/** An empty module with the section that the build writes. */
function ofVersion(text: string): Uint8Array {
  const bytes = [...`\x07striate${text}`].map((character) => character.charCodeAt(0));
  return Uint8Array.from([...noModule, 0, bytes.length, ...bytes]);
}

/** Runs `call` where only the first so many modules are valid. */
function withoutModules(valid: number, call: () => Promise<unknown>): Promise<unknown> {
  const { validate } = WebAssembly;
  let asked = 0;
  WebAssembly.validate = () => asked++ < valid;
  return call().finally(() => {
    WebAssembly.validate = validate;
  });
}

/** Faults that the facade's own checks come before. */
export const faults: [code: number, values: number[], kind: Case[2], sentence: string][] = [
  [1, [0, 0, 0], RangeError, 'f: kernel is 0, must be at least 1'],
  [1, [1, -1, 0], RangeError, 'f: stride is -1, must be at least 1'],
  [2, [-3, 0, 0], RangeError, 'f: padding is -3, must not be negative'],
  [3, [5, 4, 0], RangeError, 'f: kernel spans 5 elements, the padded input has only 4'],
  [4, [2, 3, 0], RangeError, 'f: padding is 2, must be at most half the kernel size 3'],
  [5, [0, 0, 0], RangeError, 'f: sizes multiply to more than 2^31 - 1 bytes'],
  [7, [1, 2, 3], Error, 'f: internal fault 7 (1, 2, 3); please report it'],
];
