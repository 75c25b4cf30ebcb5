// biome-ignore-all format: a table with a case a line.
/**
 * Calls as they are written in PyTorch, whose options come by position and whose shapes come number by number: the way out
 * is in the sentence.
 */
import * as striate from 'striate';
import { ones, type Tensor, tensor, zeros } from 'striate';
import { any, type Wrong, w, x } from '../support/wrong.ts';

const all: Record<string, (...args: unknown[]) => unknown> & Record<string, new (...args: unknown[]) => unknown> = any(striate);

/** A call with PyTorch's arguments, what stands in the place of options, and what is to be written. */
const call = (name: string, args: () => unknown[], is: string, write: string | null): Wrong => [
  `PyTorch's ${name}(..., ${is})`,
  () => all[name]!(...args()),
  TypeError,
  `${name}: options is ${is}, must be an object${write === null ? '' : `: write ${write}`}`,
];

/** The same of a layer's constructor. */
const layer = (name: string, args: unknown[], is: string, write: string | null): Wrong => [
  `PyTorch's new ${name}(${args.join(', ')})`,
  () => new all[name]!(...args),
  TypeError,
  `${name}: options is ${is}, must be an object${write === null ? '' : `: write ${write}`}`,
];

const x3 = (): Tensor => ones([1, 2, 5]);
const vector = (): Tensor => ones([2]);
const indices = (): Tensor<'int32'> => zeros([1, 2, 2, 2], { dtype: 'int32' });

const functions: Wrong[] = [
  ["PyTorch's full, number by number", () => all.full!(2, 3, 7), TypeError, 'full: shape is 2, must be an array of integers: write [2, 3]'],
  ['an option in the place of an axis', () => striate.concat([x()], any({ dim: 1 })), TypeError, 'concat: dim is an Object, must be an integer: write 1'],
  ['an option in the place of a new axis', () => striate.unsqueeze(x(), any({ dim: -1 })), TypeError, 'unsqueeze: dim is an Object, must be an integer: write -1'],
  ['full of one number', () => all.full!(2, 7), TypeError, 'full: shape is 2, must be an array of integers: write [2]'],
  ['train of a text', () => new striate.ReLU().train(any('yes')), TypeError, "train: mode is 'yes', must be true or false"],
  call('max', () => [x(), x()], 'a Tensor', null),
  call('conv1d', () => [x3(), ones([3, 2, 3]), null, 2], '2', '{ stride: 2 }'),
  call('conv2d', () => [x(), w(), null, 2], '2', '{ stride: 2 }'),
  call('conv2d', () => [x(), w(), null, [2, 1]], '[2, 1]', '{ stride: [2, 1] }'),
  call('conv2d', () => [x(), w(), null, 'same'], "'same'", "{ padding: 'same' }"),
  call('convTranspose2d', () => [x(), ones([2, 3, 3, 3]), null, 2], '2', '{ stride: 2 }'),
  call('deformConv2d', () => [x(), ones([1, 18, 3, 3]), w(), null, 2], '2', '{ stride: 2 }'),
  call('separableConv2d', () => [x(), ones([2, 1, 3, 3]), ones([3, 2, 1, 1]), null, 2], '2', '{ stride: 2 }'),
  call('maxPool2d', () => [x(), 2, 2], '2', '{ stride: 2 }'),
  call('minPool1d', () => [x3(), 2, 2], '2', '{ stride: 2 }'),
  call('avgPool2d', () => [x(), 2, [1, 2]], '[1, 2]', '{ stride: [1, 2] }'),
  call('sumPool2d', () => [x(), 2, 2], '2', '{ stride: 2 }'),
  call('lpPool2d', () => [x(), 2, 3, 1], '1', '{ stride: 1 }'),
  call('adaptiveMaxPool2d', () => [x(), 2, true], 'true', '{ returnIndices: true }'),
  call('fractionalMaxPool2d', () => [x(), 2, 3], '3', '{ outputSize: 3 }'),
  call('maxUnpool2d', () => [ones([1, 2, 2, 2]), indices(), 2, 2], '2', '{ stride: 2 }'),
  call('unfold', () => [x(), 3, 2], '2', '{ dilation: 2 }'),
  call('fold', () => [ones([1, 18, 9]), 5, 3, 1], '1', '{ dilation: 1 }'),
  call('pad2d', () => [x(), 1, 'reflect'], "'reflect'", "{ mode: 'reflect' }"),
  call('interpolate', () => [x(), [10, 10]], '[10, 10]', '{ size: [10, 10] }'),
  call('interpolate', () => [x(), 'bilinear'], "'bilinear'", "{ mode: 'bilinear' }"),
  call('gridSample', () => [x(), ones([1, 2, 2, 2]), 'nearest'], "'nearest'", "{ mode: 'nearest' }"),
  call('gridSample', () => [x(), ones([1, 2, 2, 2]), 2], '2', null),
  call('roiAlign', () => [x(), ones([1, 5]), 7], '7', '{ outputSize: 7 }'),
  call('leakyRelu', () => [x(), 0.1], '0.1', '{ negativeSlope: 0.1 }'),
  call('elu', () => [x(), 2], '2', '{ alpha: 2 }'),
  call('gelu', () => [x(), 'tanh'], "'tanh'", "{ approximate: 'tanh' }"),
  call('softplus', () => [x(), 2], '2', '{ beta: 2 }'),
  call('softmax', () => [x(), 1], '1', '{ dim: 1 }'),
  call('logSoftmax', () => [x(), -1], '-1', '{ dim: -1 }'),
  call('batchNorm', () => [x(), vector(), vector(), null, null, true], 'true', '{ training: true }'),
  call('groupNorm', () => [x(), 1, null, null, 1e-6], '0.000001', '{ eps: 0.000001 }'),
  call('instanceNorm', () => [x(), null, null, 1e-3], '0.001', '{ eps: 0.001 }'),
  call('layerNorm', () => [x(), [5], null, null, 1e-3], '0.001', '{ eps: 0.001 }'),
  call('localResponseNorm', () => [x(), 3, 1e-3], '0.001', '{ alpha: 0.001 }'),
  call('dropout', () => [x(), 0.5], '0.5', '{ p: 0.5 }'),
  call('dropout2d', () => [x(), true], 'true', '{ training: true }'),
  ...['sum', 'mean', 'max', 'min', 'argMax', 'argMin', 'variance', 'std'].map((name) => call(name, () => [x(), 1], '1', '{ dim: 1 }')),
  call('sum', () => [x(), [2, 3]], '[2, 3]', '{ dim: [2, 3] }'),
  call('sum', () => [x(), true], 'true', '{ keepDim: true }'),
  call('sum', () => [x(), null], 'null', null),
  call('slice', () => [x(), [0], [1], [2]], '[2]', '{ steps: [2] }'),
  call('tensor', () => [[1, 2], [2], 'uint8'], "'uint8'", "{ dtype: 'uint8' }"),
  call('zeros', () => [[2], 'int32'], "'int32'", "{ dtype: 'int32' }"),
  call('randn', () => [[2], 42], '42', '{ seed: 42 }'),
  ['the shape of an input as options', () => striate.compile((a) => a, any([[1, 3]])), TypeError, 'compile: options is [[1, 3]], must be an object: write { inputs: [[1, 3]] }'],
];

const layers: Wrong[] = [
  layer('Conv1d', [3, 8, 3, 1], '1', '{ stride: 1 }'),
  layer('Conv2d', [3, 8, 3, 1], '1', '{ stride: 1 }'),
  layer('Conv2d', [3, 8, 3, 'same'], "'same'", "{ padding: 'same' }"),
  layer('ConvTranspose2d', [3, 8, 3, 2], '2', '{ stride: 2 }'),
  layer('DeformConv2d', [3, 8, 3, 2], '2', '{ stride: 2 }'),
  layer('MaxPool2d', [2, 2], '2', '{ stride: 2 }'),
  layer('MaxPool2d', [2, [2, 1]], '[2, 1]', '{ stride: [2, 1] }'),
  layer('AvgPool3d', [2, 2], '2', '{ stride: 2 }'),
  layer('LPPool2d', [2, 3, 2], '2', '{ stride: 2 }'),
  layer('MaxUnpool2d', [2, 2], '2', '{ stride: 2 }'),
  layer('AdaptiveMaxPool2d', [2, true], 'true', '{ returnIndices: true }'),
  layer('FractionalMaxPool2d', [2, 3], '3', '{ outputSize: 3 }'),
  layer('Unfold', [3, 2], '2', '{ dilation: 2 }'),
  layer('Fold', [5, 3, 2], '2', '{ dilation: 2 }'),
  layer('BatchNorm2d', [8, 1e-5], '0.00001', '{ eps: 0.00001 }'),
  layer('InstanceNorm2d', [8, 1e-3], '0.001', '{ eps: 0.001 }'),
  layer('GroupNorm', [2, 8, 1e-3], '0.001', '{ eps: 0.001 }'),
  layer('LayerNorm', [8, 1e-3], '0.001', '{ eps: 0.001 }'),
  layer('LocalResponseNorm', [2, 1e-4], '0.0001', '{ alpha: 0.0001 }'),
  layer('Dropout', [0.5], '0.5', '{ p: 0.5 }'),
  layer('Dropout2d', [0.5], '0.5', '{ p: 0.5 }'),
  layer('Flatten', [1], '1', '{ startDim: 1 }'),
  layer('Linear', [10, 5, false], 'false', '{ bias: false }'),
  layer('Upsample', [2], '2', '{ size: 2 }'),
  layer('LeakyReLU', [0.1], '0.1', '{ negativeSlope: 0.1 }'),
  layer('ELU', [2], '2', '{ alpha: 2 }'),
  layer('GELU', ['tanh'], "'tanh'", "{ approximate: 'tanh' }"),
  layer('PReLU', [8], '8', '{ numParameters: 8 }'),
  layer('Softmax', [1], '1', '{ dim: 1 }'),
  layer('LogSoftmax', [1], '1', '{ dim: 1 }'),
  layer('ReLU', [true], 'true', null),
];

const skipped: Wrong[] = [
  ['options in the place of the bias of a transposed convolution', () => striate.convTranspose2d(x(), ones([2, 3, 3, 3]), any({ stride: 2 })), TypeError, 'convTranspose2d: bias is an Object, must be a Tensor: write null before the options'],
  ['options in the place of the bias of a product', () => striate.linear(x(), ones([3, 5]), any({ transposed: true })), TypeError, 'linear: bias is an Object, must be a Tensor: write null before the options'],
  ['an offset that is no tensor, and must be given', () => striate.deformConv2d(x(), any({ stride: 2 }), w()), TypeError, 'deformConv2d: offset is an Object, must be a Tensor'],
  ['a dtype in the place of a shape', () => tensor([1, 2], any({ dtype: 'int32' })), TypeError, 'tensor: shape is an Object, must be an array of integers: write null before the options'],
];

const lists: Wrong[] = [
  ['zeros of numbers in a row', () => any(zeros)(2, 3), TypeError, 'zeros: shape is 2, must be an array of integers: write [2, 3]'],
  ['ones of one number', () => any(ones)(2), TypeError, 'ones: shape is 2, must be an array of integers: write [2]'],
  ['ones of four numbers', () => any(ones)(1, 3, 8, 8), TypeError, 'ones: shape is 1, must be an array of integers: write [1, 3, 8, 8]'],
  ['rand of numbers in a row', () => any(striate.rand)(2, 3, 4), TypeError, 'rand: shape is 2, must be an array of integers: write [2, 3, 4]'],
  ['randn of numbers in a row, with options', () => any(striate.randn)(2, 3, { seed: 1 }), TypeError, 'randn: shape is 2, must be an array of integers: write [2, 3]'],
  ['full of a number', () => any(striate.full)(2, 1), TypeError, 'full: shape is 2, must be an array of integers: write [2]'],
  ['reshape by numbers in a row', () => any(striate.reshape)(x(), 5, 10), TypeError, 'reshape: shape is 5, must be an array of integers: write [5, 10]'],
  ["Tensor's permute by numbers in a row", () => any(x()).permute(0, 2, 3, 1), TypeError, 'permute: axes is 0, must be an array of 4 integers: write [0, 2, 3, 1]'],
  ['permute by numbers in a row', () => any(striate.permute)(x(), 0, 2, 3, 1), TypeError, 'permute: axes is 0, must be an array of 4 integers: write [0, 2, 3, 1]'],
  ['concat of two tensors in a row', () => any(striate.concat)(x(), x()), TypeError, 'concat: xs is a Tensor, must be an array of tensors: write [a, b]'],
  ['stack of a text', () => striate.stack(any('x')), TypeError, "stack: xs is 'x', must be an array of tensors"],
];

export const habits: Wrong[] = [...functions, ...layers, ...skipped, ...lists];
