// biome-ignore-all format: a table with a case a line.
/** Wrong calls of `striate/analyze`, but pictureGrid's. */
import { Conv2d, conv2d, flatten, mean, ones, relu, Sequential, scope, silu, sum, zeros } from 'striate';
import {
  activations, analyze, deconvnet, effectiveReceptiveField, equivariance, gradCam, guidedBackprop, occlusion, receptiveField, saliency,toMatrix,
  topActivations, 
} from 'striate/analyze';
import { any, type Wrong } from '../support/wrong.ts';

const net = () => new Sequential(new Conv2d(1, 2, 3), new Conv2d(2, 2, 3));
const field = (options: object) => scope(() => receptiveField(net(), { inputs: [[1, 1, 8, 8]], ...options }));
const moved = (f: unknown, shift: unknown) => scope(() => any(equivariance)(f, ones([1, 1, 4, 4]), { shift }));

const table = (options: object) => scope(() => any(analyze)(net(), { inputs: [[1, 1, 8, 8]] }).toString(options));
const inside = (look: unknown, options: object, of: unknown = null) => scope(() => any(look)(of ?? net(), ones([1, 1, 8, 8]), options));

export const analyzeCases: Wrong[] = [
  ['an analysis of nothing', () => any(analyze)(3, { inputs: [[1]] }), TypeError, 'analyze: the first argument is 3, must be a Module or a function'],
  ['an analysis without shapes', () => any(analyze)(relu, {}), TypeError, 'analyze: inputs is undefined, must be an array of shapes'],
  ['an analysis of a shape alone', () => any(analyze)(relu, { inputs: [1, 3] }), TypeError, 'analyze: inputs is [1, 3], must be an array of shapes: write [[1, 3]]'],
  ['an option of analyze that there is not', () => any(analyze)(relu, { shapes: [[1]] }), TypeError, "analyze: there is no option 'shapes'; options are inputs"],
  ['a layer that there is not', () => field({ layer: '2' }), RangeError, "receptiveField: layer is '2', must be a layer of the net: '0', '1' are the nearest names"],
  ['a layer of a net without any', () => any(receptiveField)(() => scope(() => zeros([1])), { inputs: [[1]], layer: 'a' }), RangeError, "receptiveField: layer is 'a', must be a layer of the net, which has none"],
  ['a layer by its number', () => field({ layer: 1 }), TypeError, "receptiveField: layer is 1, must be a layer's name"],
  ['a position of one place', () => field({ position: [1] }), RangeError, 'receptiveField: position is [1], must be 2 places, one per axis of 4 x 4'],
  ['a position outside', () => field({ position: [1, 4] }), RangeError, 'receptiveField: position[1] is 4, must be at most 3: the layer is 4 x 4'],
  ['a matrix for two samples', () => scope(() => toMatrix(net(), [2, 1, 5, 5])), RangeError, 'toMatrix: inputShape is 2x1x5x5, must have one sample: [1, C, ...]'],
  ['a matrix of a number', () => any(toMatrix)(5, [1, 1, 5, 5]), TypeError, 'toMatrix: conv is 5, must be a convolution: a Module or a function'],
  ['a matrix times too few', () => toMatrix(relu, [1, 1, 2]).multiply([1]), RangeError, 'SparseMatrix.multiply: x is of 1 element, must have 2, one per column'],
  ['a matrix times nothing', () => any(toMatrix(relu, [1, 1, 2])).multiply(), RangeError, 'SparseMatrix.multiply: x is no list, must have 2, one per column'],
  ['a shift along one axis', () => moved(relu, [1]), RangeError, 'equivariance: shift is [1], must have 2 numbers, one per spatial axis of 1x1x4x4'],
  ['a shifted number', () => moved(1, [1, 1]), TypeError, 'equivariance: the first argument is 1, must be a Module or a function'],
  ['a net that gives no picture', () => moved((x: never) => flatten(x), [1, 1]), TypeError, 'equivariance: the net gave float32 16, must give a float32 picture [N, C, spatial...]'],
  ['a net that gives nothing', () => moved(() => null, [1, 1]), TypeError, 'equivariance: the net gave no tensor, must give a float32 picture [N, C, spatial...]'],
  ['layers by one name', () => inside(activations, { layers: '0' }), TypeError, "activations: layers is '0', must be an array of names"],
  ['a layer of a typing error', () => inside(activations, { layers: ['O'] }), RangeError, "activations: layer is 'O', must be a layer of the net: '0', '1' are the nearest names"],
  ['a channel that there is not', () => inside(deconvnet, { layer: '1', channel: 2 }), RangeError, 'deconvnet: channel is 2, must be an integer, from 0 to 1'],
  ['a channel of a layer without', () => inside(deconvnet, { layer: 'sum', channel: 0 }, (x: never) => sum(relu(x))), RangeError, 'deconvnet: the layer gives scalar, must have channels: [N, C, ...]'],
  ['a place of one axis', () => inside(effectiveReceptiveField, { position: [1] }), RangeError, 'effectiveReceptiveField: position is [1], must be 2 places, one per spatial axis of 1x2x4x4'],
  ['a place outside of a layer', () => inside(effectiveReceptiveField, { position: [4, 0] }), RangeError, 'effectiveReceptiveField: position[0] is 4, must be at most 3: the layer gives 1x2x4x4'],
  ['a score that there is not', () => inside(saliency, { target: 4 }), RangeError, 'saliency: target is 4, must be an integer, from 0 to 3'],
  ['a map of scores', () => inside(gradCam, { layer: 'flatten', target: 0 }, (x: never) => flatten(relu(x), 1)), RangeError, "gradCam: layer is 'flatten', must be a layer of the net: 'relu' are the nearest names"],
  ['a map of a layer without an area', () => inside(gradCam, { layer: 'mean', target: 0 }, (x: never) => mean(relu(x), { dim: [2, 3] })), RangeError, "gradCam: layer 'mean' gives 1x1, must give maps: [N, C, spatial...]"],
  ['a map of one place', () => inside(gradCam, { layer: 'conv2d', target: 0 }, (x: never) => flatten(conv2d(relu(x), ones([1, 1, 8, 8])), 1)), RangeError, "gradCam: layer 'conv2d' gives 1x1x1x1, must give maps of more than one place: 'relu' is the last that does"],
  ['a table of columns by one name', () => table({ columns: 'macs' }), TypeError, "Analysis.toString: columns is 'macs', must be an array of names"],
  ['a column that there is not', () => table({ columns: ['flops'] }), RangeError, "Analysis.toString: columns is 'flops', must be 'operator' or 'outputShape' or 'parameters' or 'macs' or 'operations' or 'cost' or 'cpr' or 'denseParameters' or 'locallyConnectedParameters' or 'receptiveField' or 'bytes'"],
  ['a table sorted by text', () => table({ sort: 'operator' }), RangeError, "Analysis.toString: sort is 'operator', must be 'parameters' or 'macs' or 'operations' or 'cpr' or 'denseParameters' or 'locallyConnectedParameters' or 'bytes'"],
  ['a table of no depth', () => table({ depth: 0 }), RangeError, 'Analysis.toString: depth is 0, must be an integer, at least 1'],
  ['a narrow chart', () => scope(() => any(analyze)(net(), { inputs: [[1, 1, 8, 8]] }).toSvg({ width: 10 })), RangeError, 'Analysis.toSvg: width is 10, must be an integer, at least 320'],
  ['a rule for what is no rectifier', () => inside(guidedBackprop, {}, (x: never) => silu(x)), TypeError, "guidedBackprop: layer 'silu' is silu, must be a rectifier: relu, relu6, leakyRelu, prelu or clip from 0"],
  ['patches on two pictures', () => any(occlusion)(relu, ones([2, 1, 4, 4]), { target: 0, size: 2 }), RangeError, 'occlusion: x has shape 2x1x4x4, must be one picture: [1, C, spatial...]'],
  ['a patch larger than the picture', () => inside(occlusion, { target: 0, size: 9 }), RangeError, 'occlusion: size is 9, must be an integer, from 1 to 8'],
  ['a cover that there is not', () => inside(occlusion, { target: 0, size: 2, value: 'black' }), RangeError, "occlusion: value is 'black', must be 'mean' or 'blur'"],
  ['a cover that is no number', () => inside(occlusion, { target: 0, size: 2, value: [0] }), TypeError, 'occlusion: value is [0], must be a number'],
  ['covered pictures none at a time', () => inside(occlusion, { target: 0, size: 2, batch: 0 }), RangeError, 'occlusion: batch is 0, must be an integer, at least 1'],
  ['pictures that are none', () => any(topActivations)(relu, 5, { layer: 'relu' }), TypeError, 'topActivations: batches is 5, must be a list or an iterable of tensors'],
];
