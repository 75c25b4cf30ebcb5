// biome-ignore-all format: a table with a case a line.
/**
 * Wrong calls of what is no operator: creation, modules, programs, gradients, the start. Those of operators are in
 * test/families.
 */
import * as striate from 'striate';
import {
  add,
  buffer,
  compile,
  conv2d,
  full,
  Module,
  manualSeed,
  ones,
  outputShape,
  parameter,
  rand,
  randn,
  relu,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { readNpy, readNpz, readSafetensors, writeNpy, writeNpz, writeSafetensors } from 'striate/files';
import { init as initSlim } from 'striate/slim';
import { initOn } from '../../ts/engine/init.ts';
import { loadFrom } from '../../ts/engine/instance.ts';
import { entryOf, operator } from '../../ts/ops/operator.ts';
import { analyzeCases } from '../analyze/wrong.ts';
import { imageCases } from '../image/wrong.ts';
import { any, gone, type Wrong, w, x } from '../support/wrong.ts';

const handles: Wrong[] = [
  ['data of a disposed tensor', () => gone().data, TypeError, 'Tensor.data: tensor is disposed'],
  ['toArray of a disposed tensor', () => gone().toArray(), TypeError, 'Tensor.toArray: tensor is disposed'],
  ['item of a disposed tensor', () => gone().item(), TypeError, 'Tensor.item: tensor is disposed'],
  ['toTypedArray of a disposed tensor', () => gone().toTypedArray(), TypeError, 'Tensor.toTypedArray: tensor is disposed'],
  ['item of many', () => x().item(), RangeError, 'Tensor.item: tensor has 50 elements, must have 1'],
  ['a tensor as what it is not', () => ones([1]).as('uint8'), TypeError, 'Tensor.as: the tensor is float32, must be uint8'],
  ['a tensor as a dtype that there is not', () => ones([1]).as(any('bool')), RangeError, "Tensor.as: dtype is 'bool', must be 'float32' or 'int32' or 'uint8' or 'int8'"],
  ['scope of a number', () => scope(any(3)), TypeError, 'scope: the first argument is 3, must be a function'],
  ['scope of an async function', () => scope(async () => 1), TypeError, 'scope: the function returned a Promise, must be synchronous'],
  ['memory beyond the limit', () => zeros([2 ** 29 - 1]), striate.OutOfMemoryError, `zeros: no room for ${2 ** 31 - 4} bytes; the limit is ${2 ** 26} bytes (init's maxMemoryBytes)`],
];

const assigning: Wrong[] = [
  ['assign to a disposed tensor', () => gone().assign(1), TypeError, 'assign: tensor is disposed'],
  ['assign a disposed tensor', () => x().assign(gone()), TypeError, 'assign: source is disposed'],
  ['assign a text', () => x().assign(any('1')), TypeError, "assign: source holds '1', must hold numbers"],
  ['assign nothing', () => any(x()).assign(), TypeError, 'assign: source holds undefined, must hold numbers'],
  ['assign a tensor of another shape', () => ones([2, 3]).assign(ones([3, 2])), RangeError, 'assign: source has shape 3x2, must be 2x3'],
  ['assign a tensor of one element, which is not stretched', () => ones([2]).assign(ones([1])), RangeError, 'assign: source has shape 1, must be 2'],
  ['assign a tensor of another dtype', () => ones([2]).assign(any(ones([2], { dtype: 'int8' }))), TypeError, 'assign: source is int8, must be float32'],
  ['assign too few numbers', () => ones([2, 3]).assign([1, 2]), RangeError, 'assign: source has shape 2, must be 2x3'],
  ['assign rows that are columns', () => ones([2, 3]).assign([[1, 2], [3, 4], [5, 6]]), RangeError, 'assign: source has shape 3x2, must be 2x3'],
  ['assign rows that differ', () => ones([2, 2]).assign([[1, 2], [3]]), RangeError, 'assign: source is ragged: 1 entry where the first has 2 entries'],
  ['assign an int64 beyond int32', () => ones([1], { dtype: 'int32' }).assign(new BigInt64Array([2n ** 31n])), RangeError, 'assign: source holds 2147483648 at 0, must fit in int32'],
  ['assign to what a traced function made', () => compile((x) => relu(x).assign(1), { inputs: [[2]] }), TypeError, 'assign: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['assign to an argument of a traced function', () => compile((x) => x.assign(1), { inputs: [[2]] }), TypeError, 'assign: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['a symbol of another trace assigned', () => { let out: Tensor = ones([2]); compile((x) => { out = relu(x); return out; }, { inputs: [[2]] }); ones([2]).assign(out); }, TypeError, 'assign: source is symbolic: inside a traced function a tensor has a shape but no values'],
];

const creation: Wrong[] = [
  ["TensorFlow.js's tensor", () => tensor(any({ shape: [2], dataSync: () => [1, 2], data: async () => [] })), TypeError, 'tensor: data is an Object, must be a number, array or typed array, or a Tensor of this library: write tensor(t.dataSync(), t.shape)'],
  ["onnxruntime's tensor in an operator", () => relu(any({ dims: [2], data: new Float32Array(2) })), TypeError, 'relu: x is an Object, must be a Tensor of this library: write tensor(t.data, t.dims)'],
  ['tensor of a text', () => tensor(any('a')), TypeError, "tensor: data holds 'a', must hold numbers"],
  ['tensor of nothing', () => any(tensor)(), TypeError, 'tensor: data holds undefined, must hold numbers'],
  ['tensor of null', () => tensor(any(null)), TypeError, 'tensor: data holds null, must hold numbers'],
  ['tensor of an object', () => tensor(any({ length: 2 })), TypeError, 'tensor: data holds an Object, must hold numbers'],
  ['tensor with a text inside', () => tensor([1, any('2')]), TypeError, "tensor: data holds '2', must hold numbers"],
  ['tensor of a bigint', () => tensor([any(1n)]), TypeError, 'tensor: data holds 1, must hold numbers'],
  ['a row that is too short', () => tensor([[1, 2], [3]]), RangeError, 'tensor: data is ragged: 1 entry where the first has 2 entries'],
  ['a number among rows', () => tensor([[1, 2], 3]), RangeError, 'tensor: data is ragged: 3 where the first has 2 entries'],
  ['a row among numbers', () => tensor([1, [2]]), TypeError, 'tensor: data holds [2], must hold numbers'],
  ['fewer elements than the shape', () => tensor([1, 2, 3], [2, 2]), RangeError, 'tensor: data has 3 elements, shape 2x2 needs 4'],
  ['more elements than a scalar', () => tensor([1, 2, 3], []), RangeError, 'tensor: data has 3 elements, shape scalar needs 1'],
  ['a shape that is a number', () => tensor([1, 2], any(2)), TypeError, 'tensor: shape is 2, must be an array of integers: write [2]'],
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
  ['options that are a text', () => tensor(1, null, any('int32')), TypeError, "tensor: options is 'int32', must be an object: write { dtype: 'int32' }"],
  ['options that are null', () => zeros([1], any(null)), TypeError, 'zeros: options is null, must be an object'],
  ['options that are a list', () => zeros([1], any([])), TypeError, 'zeros: options is [], must be an object'],
  ['an int64 outside int32', () => tensor(new BigInt64Array([1n, 2n ** 31n])), RangeError, 'tensor: data holds 2147483648 at 1, must fit in int32'],
  ['a kind of array that is not taken', () => tensor(any(new DataView(new ArrayBuffer(4)))), TypeError, 'tensor: data is a DataView, must be a Float16Array, Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array'],
  ['typed arrays of two dtypes', () => tensor([new Uint8Array(2), new Float32Array(2)]), TypeError, 'tensor: data holds typed arrays of uint8 and float32, must hold one'],
  ['a number that bytes cannot hold', () => tensor([255, 300], null, { dtype: 'uint8' }), RangeError, 'tensor: data holds 300 at 1, must fit in uint8'],
  ['a fraction for an integer dtype', () => tensor(Float32Array.of(1.5), null, { dtype: 'int32' }), RangeError, 'tensor: data holds 1.5 at 0, must fit in int32'],
  ['full of what bytes cannot hold', () => full([2], -1, { dtype: 'uint8' }), RangeError, 'full: value is -1, must be an integer that fits in uint8'],
  ['assign a number that bytes cannot hold', () => ones([2], { dtype: 'int8' }).assign(128), RangeError, 'assign: source holds 128 at 0, must fit in int8'],
  ['unsigned 64-bit integers beyond int32', () => tensor(new BigUint64Array([2n ** 31n])), RangeError, 'tensor: data holds 2147483648 at 0, must fit in int32'],
  ['unsigned 32-bit integers beyond int32', () => tensor(Uint32Array.of(1, 2 ** 31)), RangeError, 'tensor: data holds 2147483648 at 1, must fit in int32'],
  ['a DataView, with a dtype', () => tensor(any(new DataView(new ArrayBuffer(4))), [1], { dtype: 'int32' }), TypeError, 'tensor: data is a DataView, must be a Float16Array, Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array'],
  ['full of a text', () => full([1], any('1')), TypeError, "full: value is '1', must be a number"],
  ['arange of a fraction', () => striate.arange(0.5), RangeError, 'arange: n is 0.5, must be an integer, from 0 to 2147483647'],
  ['rand of integers', () => rand([1], any({ dtype: 'int32' })), TypeError, "rand: dtype is 'int32', must be 'float32'"],
  ['a negative seed', () => randn([1], { seed: -1 }), RangeError, 'randn: seed is -1, must be an integer, from 0 to 9007199254740991'],
  ['a seed that is a text', () => manualSeed(any('1')), TypeError, "manualSeed: n is '1', must be an integer"],
];

const factors: Wrong[] = [
  ['factors of no tensor', () => striate.factorizeKernel(any([[1]])), TypeError, 'factorizeKernel: kernel is [[1]], must be a Tensor'],
  ['factors of a disposed tensor', () => striate.factorizeKernel(any(gone())), TypeError, 'factorizeKernel: kernel is disposed'],
  ['factors of integers', () => striate.factorizeKernel(any(zeros([2, 2], { dtype: 'int32' }))), TypeError, 'factorizeKernel: kernel is int32, must be float32'],
  ['factors of a weight', () => striate.factorizeKernel(w()), RangeError, 'factorizeKernel: kernel has shape 3x2x3x3, must have 2 axes of at least 1'],
  ['factors of NaN', () => striate.factorizeKernel(full([2, 2], Number.NaN)), RangeError, 'factorizeKernel: kernel holds values that are not finite'],
];

const closeness: Wrong[] = [
  ['closeness of a number', () => striate.allClose(any(1), ones([1])), TypeError, 'allClose: a is 1, must be a Tensor'],
  ['closeness to a list', () => striate.allClose(ones([1]), any([1])), TypeError, 'allClose: b is [1], must be a Tensor'],
  ['closeness to what is gone', () => striate.allClose(ones([1]), any(gone())), TypeError, 'allClose: b is disposed'],
  ['closeness of two dtypes', () => striate.allClose(ones([1]), zeros([1], { dtype: 'int32' })), TypeError, 'allClose: b is int32, must be float32, as a'],
  ['closeness of two shapes', () => striate.allClose(ones([2]), ones([3])), RangeError, 'allClose: a of shape 2 and b of shape 3 do not broadcast'],
  ['boxes in one row', () => striate.nms(ones([4]), ones([1])), RangeError, 'nms: boxes has shape 4, must be [N, 4]'],
  ['more scores than boxes', () => striate.nms(ones([2, 4]), ones([3])), RangeError, 'nms: scores has shape 3, must be 2, as boxes'],
  ['an overlap of more than all', () => striate.nms(ones([2, 4]), ones([2]), { iouThreshold: 2 }), RangeError, 'nms: iouThreshold is 2, must be from 0 to 1'],
  ['a negative tolerance', () => striate.allClose(ones([1]), ones([1]), { rtol: -1 }), RangeError, 'allClose: rtol is -1, must be at least 0'],
  ['a tolerance that is a text', () => striate.allClose(ones([1]), ones([1]), { atol: any('1') }), TypeError, "allClose: atol is '1', must be a number"],
  ['an equalNaN that is a number', () => striate.allClose(ones([1]), ones([1]), { equalNaN: any(1) }), TypeError, 'allClose: equalNaN is 1, must be true or false'],
  ['closeness by another name', () => striate.allClose(ones([1]), ones([1]), any({ tolerance: 1 })), TypeError, "allClose: there is no option 'tolerance'; options are rtol, atol, equalNaN"],
];

const shapes: Wrong[] = [
  ['outputShape of no operator', () => outputShape(any(() => 1), [[1]]), TypeError, 'outputShape: operator is a function, must be an operator such as conv2d'],
  ['outputShape of nothing', () => any(outputShape)(), TypeError, 'outputShape: operator is undefined, must be an operator such as conv2d'],
  ['outputShape without shapes', () => any(outputShape)(conv2d), TypeError, 'outputShape: shapes is undefined, must be an array of shapes'],
  ['outputShape of a shape that is a number', () => outputShape(conv2d, any([3])), TypeError, 'outputShape: shapes[0] is 3, must be an array of integers: write [3]'],
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

const programs: Wrong[] = [
  ['compile of nothing', () => any(compile)(), TypeError, 'compile: inputs is undefined, must be an array of shapes'],
  ['compile of a tensor', () => compile(any(x()), { inputs: [] }), TypeError, 'compile: the first argument is a Tensor, must be a Module or a function'],
  ['a shape instead of a list of shapes', () => compile((a) => a!, { inputs: any([1, 3]) }), TypeError, 'compile: inputs is [1, 3], must be an array of shapes: write [[1, 3]]'],
  ['a shape that is a number', () => compile((a) => a!, { inputs: any([[1], 3]) }), TypeError, 'compile: inputs[1] is 3, must be a shape or { shape, dtype, name }'],
  ['an input that is null', () => compile((a) => a!, { inputs: any([null]) }), TypeError, 'compile: inputs[0] is null, must be a shape or { shape, dtype, name }'],
  ['an input without shape', () => compile((a) => a!, { inputs: any([{ name: 'x' }]) }), TypeError, 'compile: inputs[0] is undefined, must be an array of integers'],
  ['an input of NaN', () => compile((a) => a!, { inputs: [[Number.NaN]] }), RangeError, 'compile: inputs[0][0] is NaN, must be an integer, from 0 to 2147483647'],
  ['an input above 2^32', () => compile((a) => a!, { inputs: [[2 ** 17, 2 ** 17]] }), RangeError, 'compile: inputs[0]: shape 131072x131072 has more than 2^31 - 1 bytes'],
  ['an input of an unknown dtype', () => compile((a) => a!, { inputs: [{ shape: [1], dtype: any('bool') }] }), RangeError, "compile: inputs[0].dtype is 'bool', must be 'float32' or 'int32' or 'uint8' or 'int8'"],
  ['an unknown option of an input', () => compile((a) => a!, { inputs: any([{ shape: [1], type: 1 }]) }), TypeError, "compile: inputs[0]: there is no option 'type'; options are shape, dtype, name"],
  ['an unknown option', () => compile((a) => a!, any({ inputs: [], fast: true })), TypeError, "compile: there is no option 'fast'; options are inputs, mode, outputs, accuracy, algorithm"],
  ['an accuracy that there is not', () => compile((a) => a!, { inputs: [[1]], accuracy: any('slow') }), RangeError, "compile: accuracy is 'slow', must be 'fast' or 'exact'"],
  ['a mode that there is not', () => compile((a) => a!, { inputs: [[1]], mode: any('test') }), RangeError, "compile: mode is 'test', must be 'eval' or 'train'"],
  ['outputs that are a text', () => compile((a) => a!, { inputs: [[1]], outputs: any('0') }), TypeError, "compile: outputs is '0', must be an array of names"],
  ['an output that there is not', () => compile((a) => a!, { inputs: [[1]], outputs: ['relu'] }), RangeError, "compile: outputs names 'relu', there are no names"],
  ['an output that there is not, of a module', () => compile(new striate.Sequential(new striate.ReLU()), { inputs: [[1]], outputs: ['1'] }), RangeError, "compile: outputs names '1', there are 0"],
  ['a function that gives nothing', () => compile(any(() => undefined), { inputs: [] }), TypeError, 'compile: the function gave undefined, must give a Tensor, or an array or object of them'],
  ['a function that gives numbers', () => compile(any(() => [1]), { inputs: [] }), TypeError, 'compile: the function gave 1, must give a Tensor, or an array or object of them'],
  ['values of a symbolic tensor', () => compile((a) => tensor(any(a!.data)), { inputs: [[1]] }), TypeError, 'Tensor.data: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['toArray of a symbolic tensor', () => compile((a) => tensor(any(a!.toArray())), { inputs: [[1]] }), TypeError, 'Tensor.toArray: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['what does not fit, inside a trace', () => compile((a) => conv2d(a!, w()), { inputs: [[1, 1, 5, 5]] }), RangeError, 'conv2d: input has 1 channel, weight expects 2'],
  ['null inside a trace', () => compile((a) => conv2d(a!, any(null)), { inputs: [[1, 1, 5, 5]] }), TypeError, 'conv2d: weight is null, must be a Tensor'],
  ['a disposed tensor inside a trace', () => compile((a) => add(a!, gone()), { inputs: [[1, 2, 5, 5]] }), TypeError, 'add: b is disposed'],
  ['a trace in a trace', () => compile(() => program().run(ones([2, 3])), { inputs: [[1]] }), TypeError, 'compile: a traced function cannot be traced inside another'],
  ['outputShape in a trace', () => compile(() => tensor(outputShape(relu, [[2]])), { inputs: [[1]] }), TypeError, 'outputShape: a traced function cannot be traced inside another'],
  ['a parameter that is disposed', () => { const net = new striate.Conv2d(1, 1, 1); net.dispose(); return compile(net, { inputs: [[1, 1, 2, 2]] }); }, TypeError, 'compile: a tensor that the function uses is disposed'],
  ['a constant that is disposed before the trace ends', () => compile((a) => { const c = ones([1]); const y = add(a!, c); c.dispose(); return y; }, { inputs: [[1]] }), TypeError, 'compile: constant is disposed'],
  ['a symbolic tensor after its trace', () => { compile(keep, { inputs: [[1]] }); return relu(kept as Tensor); }, TypeError, 'relu: x is symbolic: inside a traced function a tensor has a shape but no values'],
  ['a symbolic input in another trace', () => { compile(keep, { inputs: [[1]] }); return compile((a) => add(a!, kept as Tensor), { inputs: [[1]] }); }, TypeError, 'compile: a symbolic tensor of another trace was used'],
  ['a symbolic result given by another trace', () => { compile((a) => keep(relu(a!)), { inputs: [[1]] }); return compile(() => kept as Tensor, { inputs: [[1]] }); }, TypeError, 'compile: a symbolic tensor of another trace was used'],
  ['a symbolic tensor as input of a run', () => { compile(keep, { inputs: [[2, 3]] }); return program().run(kept as Tensor); }, TypeError, 'Program.run: image is symbolic: inside a traced function a tensor has a shape but no values'],
  ['a run on nothing', () => any(program()).run(), TypeError, 'Program.run: x is undefined, must be a Tensor or an array of 1'],
  ['a run on two of one', () => program().run(any([ones([2, 3]), ones([2, 3])])), RangeError, 'Program.run: x has 2 tensors, must have 1'],
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
  ['into an object that lacks one', () => compile((a) => ({ a: a!, b: a! }), { inputs: [[1]] }).run(ones([1]), { into: any({ a: ones([1]) }) }), TypeError, 'Program.run: into.b is undefined, must be a Tensor'],
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

const modules: Wrong[] = [
  ['Sequential of a function', () => new striate.Sequential(any(relu)), TypeError, 'Sequential: layer 0 is a function, must be a Module'],
  ['ModuleList of a list', () => new striate.ModuleList(any([])), TypeError, 'ModuleList: layer 0 is [], must be a Module: write new ModuleList(...layers)'],
  ['a layer by name that is none', () => new striate.Sequential(any({ conv: 3 })), TypeError, 'Sequential: layer conv is 3, must be a Module'],
  ['a tensor as layers', () => new striate.Sequential(any(x())), TypeError, 'Sequential: layer 0 is a Tensor, must be a Module'],
  ['a layer with a dot', () => new striate.Sequential({ 'a.b': new striate.ReLU() }), RangeError, "Sequential: a layer's name is 'a.b', must not be empty or hold a dot"],
  ['a layer without a name', () => new striate.Sequential({ '': new striate.ReLU() }), RangeError, "Sequential: a layer's name is '', must not be empty or hold a dot"],
  ['a layer named as a method', () => new striate.Sequential({ forward: new striate.ReLU() }), RangeError, "Sequential: a layer's name is 'forward', must not be that of a property of every Sequential"],
  ['a layer named as a property of objects', () => new striate.Sequential({ ['__proto__']: new striate.ReLU() }), RangeError, "Sequential: a layer's name is '__proto__', must not be that of a property of every Sequential"],
  ['a layer at a name', () => new striate.Sequential().at(any('conv')), TypeError, "Sequential.at: index is 'conv', must be an integer"],
  ['a module at half a place', () => new striate.ModuleList().at(0.5), RangeError, 'ModuleList.at: index is 0.5, must be an integer, from -2147483647 to 2147483647'],
  ['apply of nothing', () => any(new Twice()).apply(), TypeError, 'apply: f is undefined, must be a function'],
  ['ModuleList has no forward', () => new striate.ModuleList().forward(), TypeError, 'ModuleList: has no forward; call its modules'],
  ['a parameter that is a number', () => parameter(any(1)), TypeError, 'parameter: tensor is 1, must be a Tensor'],
  ['a buffer that is null', () => buffer(any(null)), TypeError, 'buffer: tensor is null, must be a Tensor'],
  ['a disposed layer', () => disposed().forward(ones([2])), TypeError, 'add: b is disposed'],
  ['a state dict that is null', () => new Twice().loadStateDict(any(null)), TypeError, 'loadStateDict: dict is null, must be an object or Map of keys and tensors'],
  ['a tensor as state dict', () => new Twice().loadStateDict(any(ones([2]))), TypeError, 'loadStateDict: dict is a Tensor, must be an object or Map of keys and tensors'],
  ['a state dict with other keys', () => new Twice().loadStateDict({ bias: ones([2]) }), RangeError, 'loadStateDict: missing keys: weight; unexpected keys: bias'],
  ['a state dict that lacks a key', () => new Twice().loadStateDict({}), RangeError, 'loadStateDict: missing keys: weight; unexpected keys: none'],
  ['a state dict under a prefix', () => new Twice().loadStateDict({ 'module.weight': ones([2]) }), RangeError, "loadStateDict: missing keys: weight; unexpected keys: module.weight; every key starts with 'module.': strip it"],
  ['a state dict of texts', () => new Twice().loadStateDict(any({ weight: '1, 2' })), TypeError, "loadStateDict: weight is '1, 2', must be a Tensor, typed array or array of numbers"],
  ['a state dict of lists of texts', () => new Twice().loadStateDict(any({ weight: ['1', '2'] })), TypeError, "loadStateDict: weight holds '1', must hold numbers"],
  ['a state dict of too few values', () => new Twice().loadStateDict({ weight: [1] }), RangeError, 'loadStateDict: weight has 1 values, must have 2 (2)'],
  ['a state dict of nested lists of another shape', () => new Twice().loadStateDict({ weight: [[1], [2]] }), RangeError, 'loadStateDict: weight has shape 2x1, must be 2'],
  ['a module as state dict', () => new Twice().loadStateDict(any(new Twice())), TypeError, 'loadStateDict: dict is a Twice, must be an object or Map of keys and tensors: write dict.stateDict()'],
  ['a state dict with a key that is no text', () => new Twice().loadStateDict(any(new Map([[0, ones([2])]]))), TypeError, 'loadStateDict: a key of dict is 0, must be a string'],
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
  { ...entryOf(relu)!, name: 'opaque', gradient: undefined as never },
  (invoke) => (a: Tensor) => invoke([any(a)], [])[0] as unknown as Tensor,
);

const gradients: Wrong[] = [
  ['the gradient of what has none', () => striate.valueAndGrad((a) => opaque(a), ones([1])), TypeError, 'valueAndGrad: opaque has no gradient'],
  ['vjp of nothing', () => any(striate.vjp)(), TypeError, 'vjp: the first argument is undefined, must be a function'],
  ['the gradient of a number', () => striate.valueAndGrad((a) => a, any(3)), TypeError, 'valueAndGrad: xs[0] is 3, must be a Tensor'],
  ['the gradient of integers', () => striate.valueAndGrad((a) => a, any(ones([1], { dtype: 'int32' }))), TypeError, 'valueAndGrad: xs[0] is int32, must be float32'],
  ['the gradient of what is disposed', () => striate.vjp((a) => a, any(gone())), TypeError, 'vjp: xs[0] is disposed'],
  ['the gradient of two values', () => striate.valueAndGrad((a) => a, ones([2])), RangeError, 'valueAndGrad: the function gave float32 of shape 2, must give one float32 value, or [that, aux] with whatever else is wanted of it'],
  ['the gradient of two values with an aux', () => striate.valueAndGrad((a) => [a, a], ones([2])), RangeError, 'valueAndGrad: the function gave float32 of shape 2, must give one float32 value, or [that, aux] with whatever else is wanted of it'],
  ['the gradient of integers', () => striate.valueAndGrad((a) => any([a.cast('int32'), a]), ones([1])), RangeError, 'valueAndGrad: the function gave int32 of shape 1, must give one float32 value, or [that, aux] with whatever else is wanted of it'],
  ['an aux that is a number', () => striate.valueAndGrad((a) => [a, 3], ones([1])), TypeError, 'valueAndGrad: the function gave 3, must give a Tensor, or an array or object of them'],
  ['the gradient of a list that holds a number', () => striate.valueAndGrad((a) => a, any([ones([1]), 3])), TypeError, 'valueAndGrad: xs[1] is 3, must be a Tensor'],
  ['the gradient of a module that is disposed', () => { const net = new striate.Linear(1, 1); net.dispose(); striate.valueAndGrad(() => ones([1]), net); }, TypeError, 'valueAndGrad: weight is disposed'],
  ['the gradient of an object that is no module', () => striate.valueAndGrad((a) => a, any({})), TypeError, 'valueAndGrad: xs[0] is an Object, must be a Tensor'],
  ['the gradient of a list', () => striate.valueAndGrad((a) => any([a]), ones([1])), RangeError, 'valueAndGrad: the function gave [a Tensor], must give one float32 value, or [that, aux] with whatever else is wanted of it'],
  ['the gradient of a number', () => striate.vjp(() => any(3), ones([1])), TypeError, 'vjp: the function gave 3, must give a Tensor, or an array or object of them'],
  ['values of what is followed', () => striate.vjp((a) => tensor(a.data), ones([1])), TypeError, 'Tensor.data: tensor is symbolic: inside a traced function a tensor has a shape but no values'],
  ['a gradient inside a gradient', () => striate.vjp((a) => striate.vjp((b) => b, a).value, ones([1])), TypeError, 'vjp: a traced function cannot be traced inside another'],
  ['pullback of nothing', () => any(record()).pullback(), TypeError, 'pullback: dy is undefined, must be a Tensor'],
  ['pullback of another shape', () => record().pullback(ones([3])), RangeError, 'pullback: dy has shape 3, must be 2'],
  ['pullback of another dtype', () => record().pullback(any(ones([2], { dtype: 'int32' }))), TypeError, 'pullback: dy is int32, must be float32'],
  ['pullback of what is disposed', () => { const dy = ones([2]); dy.dispose(); record().pullback(dy); }, TypeError, 'pullback: dy is disposed'],
  ['pullback after dispose', () => { const made = record(); made.dispose(); made.pullback(ones([2])); }, TypeError, 'pullback: the gradient record is disposed'],
  ['pullback through what was overwritten', () => { const a = ones([1]); const made = striate.vjp((a) => striate.mul(a, a), a); a.assign(2); made.pullback(ones([1])); }, Error, 'pullback: xs[0] was written in place after vjp read it, must stay as it was: call vjp again, or give it a clone()'],
];

export const cases: Wrong[] = [...handles, ...assigning, ...creation, ...factors,
  ...closeness, ...shapes, ...programs, ...modules, ...gradients, ...imageCases, ...analyzeCases];

/** Calls that need a running library. */
export const beforeInit: Wrong[] = [
  ['readNpy', () => readNpy(new Uint8Array(0)), Error, 'readNpy: call `await init()` first'],
  ['readNpz', () => readNpz(new Uint8Array(0)), Error, 'readNpz: call `await init()` first'],
  ['readSafetensors', () => readSafetensors(new Uint8Array(0)), Error, 'readSafetensors: call `await init()` first'],
  ['writeNpy', () => writeNpy(any(null)), Error, 'writeNpy: call `await init()` first'],
  ['writeNpz', () => writeNpz({}), Error, 'writeNpz: call `await init()` first'],
  ['writeSafetensors', () => writeSafetensors({}), Error, 'writeSafetensors: call `await init()` first'],
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
export const starts: [title: string, call: () => Promise<unknown>, kind: Wrong[2], sentence: string | RegExp][] = [
  ['options that are a text', () => init('simd'), TypeError, "init: options is 'simd', must be an object: write { variant: 'simd' }"],
  ['options that are null', () => init(null), TypeError, 'init: options is null, must be an object'],
  ['an unknown option', () => init({ thread: 2 }), TypeError, /^init: there is no option 'thread'; options are variant, threads, maxMemoryBytes, /],
  ['a variant that there is not', () => init({ variant: 'avx' }), RangeError, "init: variant is 'avx', must be 'simd' or 'relaxed'"],
  ['a variant that is a number', () => init({ variant: 1 }), TypeError, "init: variant is 1, must be 'simd' or 'relaxed'"],
  ['no threads', () => init({ threads: 0 }), RangeError, 'init: threads is 0, must be an integer, from 1 to 64'],
  ['threads by name', () => init({ threads: 'all' }), TypeError, "init: threads is 'all', must be an integer"],
  ['NaN bytes', () => init({ maxMemoryBytes: Number.NaN }), RangeError, 'init: maxMemoryBytes is NaN, must be an integer, from 1048576 to 4294967296'],
  ['bytes beyond 4 GiB', () => init({ maxMemoryBytes: 2 ** 33 }), RangeError, 'init: maxMemoryBytes is 8589934592, must be an integer, from 1048576 to 4294967296'],
  ['a module that is a number', () => init({ wasm: 3 }), TypeError, 'init: wasm is 3, must be a URL, a string, a Response, bytes or a WebAssembly.Module'],
  ["a worker's file that is a number", () => init({ threads: 2, workerUrl: 3 }), TypeError, 'init: workerUrl is 3, must be a URL or a string'],
  ['an entry that holds no module', () => any(initSlim)(), Error, 'init: striate/slim holds no WebAssembly: give { wasm }, the URL or the bytes of simd.wasm or relaxed.wasm of striate'],
  ['bytes that are no module', () => init({ wasm: new Uint8Array(8) }), Error, /^init: wasm, a Uint8Array, is no WebAssembly: 8 bytes, must be simd\.wasm or relaxed\.wasm of striate \d/],
  ['a page where the module is to be', () => init({ wasm: new Response('<!doctype html>\n<p>Not found') }), Error, /^init: wasm, a Response, is a page of HTML: 28 bytes, which begin with '<!doctype html> <p>Not found', must be simd\.wasm or relaxed\.wasm of striate \d/],
  ['a module that was cut short', () => init({ wasm: ofVersion('0.0.0 simd').subarray(0, 20) }), Error, /^init: wasm, a Uint8Array, ends early: 20 bytes, of 28 at least, must be simd\.wasm or relaxed\.wasm of striate \d/],
  ['a module that is damaged', () => init({ wasm: Uint8Array.from([...noModule, 99, 0]) }), Error, /^init: wasm, a Uint8Array, cannot be compiled: WebAssembly\.compile\(\): /],
  ['a module that is not ours', () => init({ wasm: noModule }), Error, /^init: wasm, a Uint8Array, is no file of striate, must be simd.wasm or relaxed.wasm of striate \d/],
  ['a module of another version', () => init({ wasm: ofVersion('0.0.0 simd') }), Error, /^init: wasm, a Uint8Array, is of striate 0\.0\.0, must be simd\.wasm or relaxed\.wasm of striate \d/],
  ['a file that is not there', () => init({ wasm: '/nowhere/simd.wasm' }), Error, /^init: wasm '\/nowhere\/simd\.wasm' cannot be read: ENOENT/],
  ['a response that says no', () => init({ wasm: new Response('', { status: 404 }) }), Error, 'init: wasm, a Response, cannot be read: it was answered with status 404'],
  ['an imported module of another version', () => initOn({ simd: () => ofVersion('0.0.0 simd') }, { variant: 'simd' }), Error, /^init: the imported simd\.wasm is of striate 0\.0\.0, must be simd\.wasm or relaxed\.wasm of striate \d/],
  ['a module of the other variant', () => init({ variant: 'relaxed', wasm: new URL('../../build/simd.wasm', import.meta.url) }), Error, "init: variant is 'relaxed', but wasm is simd.wasm"],
  ['no WebAssembly SIMD', () => withoutModules(0, () => init()), Error, 'init: striate needs WebAssembly with SIMD, which this runtime lacks'],
  ['no relaxed SIMD', () => withoutModules(1, () => init({ variant: 'relaxed' })), Error, "init: variant is 'relaxed', but this runtime has no relaxed SIMD, must be 'simd'"],
  ['a variant that the entry does not hold', () => initOn({ simd: () => noModule }, { variant: 'relaxed' }), Error, "init: variant is 'relaxed', which this entry does not hold"],
  ['a platform that refuses to compile', () => initOn({ simd: () => Promise.reject(new Error('why')) }, { variant: 'simd' }), Error, "init: striate's WebAssembly was refused: why"],
  ['a policy that refuses to compile', () => initOn({ simd: () => Promise.reject(new WebAssembly.CompileError("blocked by CSP")) }, { variant: 'simd' }), Error, "init: striate's WebAssembly was refused (a content security policy needs 'wasm-unsafe-eval'): blocked by CSP"],
  ['a memory that would not hold the kernels', () => loadFrom({}, { maxMemoryBytes: 65536 }), RangeError, /^init: maxMemoryBytes is 65536, must be at least \d/],
  ['another start while it runs', () => init({ variant: 'simd' }).then(() => init({ maxMemoryBytes: 2 ** 24 })), Error, 'init: already running with maxMemoryBytes 2147483648, cannot become 16777216; call disposeRuntime first'],
  ["another worker's file while it runs", () => init({ workerUrl: new URL('file:///a.js') }).then(() => init({ workerUrl: new URL('file:///a.js') })).then(() => init({ workerUrl: 'b.js' })), Error, "init: already running with workerUrl a URL, cannot become 'b.js'; call disposeRuntime first"],
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
export const faults: [code: number, values: number[], kind: Wrong[2], sentence: string][] = [
  [1, [0, 0, 0], RangeError, 'f: kernel is 0, must be at least 1'],
  [1, [1, -1, 0], RangeError, 'f: stride is -1, must be at least 1'],
  [2, [-3, 0, 0], RangeError, 'f: padding is -3, must not be negative'],
  [3, [5, 4, 0], RangeError, 'f: kernel spans 5 elements, the padded input has only 4'],
  [4, [2, 3, 0], RangeError, 'f: padding is 2, must be at most half the kernel size 3'],
  [5, [0, 0, 0], RangeError, 'f: sizes multiply to more than 2^31 - 1 bytes'],
  [8, [-1, 9, 0], RangeError, 'f: indices holds -1, must be from 0 to 8, the positions in a plane of 9'],
  [12, [4, 3, 0], RangeError, 'f: boxes name image 4, must be from 0 to 2'],
  [7, [1, 2, 3], Error, 'f: internal fault 7 (1, 2, 3); please report it'],
];
