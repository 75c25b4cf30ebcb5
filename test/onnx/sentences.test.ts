// biome-ignore-all format: a table with a case a line.
/** What is wrong with a model, a source or a feed has its sentence, word by word; test/errors/coverage.test.ts reads them here. */
import { init, memory, ones, scope, type Tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { type Attribute, node as encodeNode, type Field, floats, graph, int64s, message, model, type NodeSpec, rawTensor, sparseTensor, TYPE } from './encode.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

// biome-ignore lint/suspicious/noExplicitAny: the calls are wrong on purpose.
const any = (value: unknown): any => value;

interface Given {
  shape?: number[];
  weights?: Uint8Array[];
  opset?: number;
  type?: number;
  outputs?: string[];
}

/** Loads nodes and runs them on ones. */
async function run(nodes: NodeSpec[], { shape = [1, 1, 3, 3], type = TYPE.float, ...more }: Given = {}): Promise<void> {
  const loaded = await loadModel(model({ nodes, inputs: { x: [shape, type] }, ...more }));
  try {
    scope(() => {
      loaded.run({ x: ones(shape, { dtype: type === TYPE.float ? 'float32' : 'int32' }) as Tensor });
    });
  } finally {
    loaded.dispose();
  }
}

const node = (op: string, attributes: Record<string, Attribute> = {}, given: Given = {}, more: string[] = []) => () =>
  run([{ op, name: 'n', in: ['x', ...more], attributes }], given);

const small = model({ nodes: [{ op: 'Relu' }], inputs: { x: [[2]] } });

/** A call of a model that runs. */
const running = (call: (run: (...args: unknown[]) => unknown) => void) => async () => {
  const loaded = await loadModel(small);
  try {
    scope(() => call((...args) => any(loaded).run(...args)));
  } finally {
    loaded.dispose();
  }
};

/** A model that holds this message as an initializer. */
const weight = (fields: Field[]) => () => loadModel(model({ nodes: [{ op: 'Relu' }], weights: [message(fields)] }));
/** A model with an initializer 'w' of two values at places in 2 x 3 elements. */
const sparse = ({ places = int64s('', [0, 1]), dims = [2, 3] }: { places?: Uint8Array | null; dims?: number[] }) => () =>
  loadModel(model({ nodes: [{ op: 'Add', in: ['x', 'w'] }], sparse: [sparseTensor(floats('w', [2], [1, 2]), places, dims)] }));
/** A model whose input is of this field of TypeProto. */
const withType = (field: number) => () =>
  loadModel(message([[1, 7], [7, message([[1, encodeNode({ op: 'Relu' })], [11, message([[1, 'x'], [2, message([[field, message([])]])]])], [12, message([[1, 'y']])]])], [8, message([[1, ''], [2, 13]])]]));
const x = () => ones([2]);
const to = (...shape: number[]): Given => ({ weights: [int64s('s', shape)] });
const axes = (...values: number[]): Given => ({ weights: [int64s('a', values)] });
const list = (name: string, ...values: number[]) => int64s(name, values);
const sliced = (...names: [string, number[]][]): Given => ({ shape: [5], weights: names.map(([name, values]) => list(name, ...values)) });

const cases: [title: string, call: () => unknown, sentence: string][] = [
  ['an accuracy that there is not', () => loadModel(small, { accuracy: any('best') }), "loadModel: accuracy is 'best', must be 'fast' or 'exact'"],
  ['an answer that is no file', () => loadModel(new Response('no', { status: 404 })), 'loadModel: model was answered with status 404, must be 200'],
  ['a file that is not there', () => loadModel('/nowhere/none.onnx'), "loadModel: source '/nowhere/none.onnx' cannot be read: ENOENT: no such file or directory, open '/nowhere/none.onnx'"],
  ['an address that does not answer', () => loadModel('http://127.0.0.1:9/net.onnx'), "loadModel: source 'http://127.0.0.1:9/net.onnx' cannot be read: fetch failed (bad port)"],
  ['an address of no kind', () => loadModel(new URL('nope://host/net.onnx')), "loadModel: source 'nope://host/net.onnx' cannot be read: fetch failed (unknown scheme)"],
  ['a path where there are no files', () => withoutFiles(() => loadModel('/none.onnx')), "loadModel: source is the path '/none.onnx', but there are no files here: give a URL or the bytes"],
  ['weights in another file', weight([[1, 1], [2, TYPE.float], [8, 'w'], [13, message([[1, 'location'], [2, 'big.bin']])], [14, 1]]), "model: initializer 'w': its values are in the file 'big.bin': give its bytes as loadModel's externalData: { 'big.bin': bytes }"],
  ['a weight of a negative size', weight([[1, -1], [2, TYPE.float], [8, 'w']]), "model: initializer 'w' has the shape [-1], a size must not be negative"],
  ['a weight of 2^80 values', weight([[1, 2 ** 40], [1, 2 ** 40], [2, TYPE.float], [8, 'w']]), "model: initializer 'w' has the shape [1099511627776, 1099511627776], of more than 2^31 values"],
  ['a sparse weight without indices', sparse({ places: null }), "model: initializer 'w': the indices of its values are undefined of shape [], must be int64 of shape [values] or [values, 2]"],
  ['a sparse weight whose places are floats', sparse({ places: floats('', [2], [0, 1]) }), "model: initializer 'w': the indices of its values are float of shape [2], must be int64 of shape [values] or [values, 2]"],
  ['a sparse weight whose places have three axes', sparse({ places: int64s('', [0, 1, 2, 3], [2, 2, 1]) }), "model: initializer 'w': the indices of its values are int64 of shape [2, 2, 1], must be int64 of shape [values] or [values, 2]"],
  ['a sparse weight with more places than values', sparse({ places: int64s('', [0, 1, 2]) }), "model: initializer 'w' of shape 2x3 holds 8 bytes, must hold 3 values of float (12 bytes)"],
  ['a sparse weight with fewer places than it says', sparse({ places: int64s('', [0, 1], [3]) }), "model: initializer 'w': the indices of its values of shape 3 holds 16 bytes, must hold 3 values of int64 (24 bytes)"],
  ['a sparse weight with a value outside', sparse({ places: int64s('', [0, 6]) }), "model: initializer 'w': value 1 lies at [6], must lie inside 2x3"],
  ['a sparse weight with a value in a column that there is not', sparse({ places: int64s('', [0, 3, 1, 0], [2, 2]) }), "model: initializer 'w': value 0 lies at [0, 3], must lie inside 2x3"],
  ['a sparse weight with a value below', sparse({ places: int64s('', [-1, 0]) }), "model: initializer 'w': value 0 lies at [-1], must lie inside 2x3"],
  ['a sparse weight in no order', sparse({ places: int64s('', [4, 1]) }), "model: initializer 'w': value 1 lies at [1], must lie behind the one before it"],
  ['a sparse weight with two values in one place', sparse({ places: int64s('', [0, 1, 0, 1], [2, 2]) }), "model: initializer 'w': value 1 lies at [0, 1], must lie behind the one before it"],
  ['a sparse weight of 2^80 values', sparse({ dims: [2 ** 40, 2 ** 40] }), "model: initializer 'w' has the shape [1099511627776, 1099511627776], of more than 2^31 values"],
  ['a sparse weight of 8 GiB', sparse({ dims: [2 ** 31] }), "loadModel: no room for 8589934592 bytes; the limit is 2147483648 bytes (init's maxMemoryBytes)"],
  ['a sparse weight in another file', sparse({ places: message([[1, 2], [2, TYPE.int64], [14, 1]]) }), "model: initializer 'w' is sparse and lies in another file, which is not supported"],
  ['an input that is a sequence', withType(4), "model: input 'x' is a sequence, which is not supported: inputs are tensors"],
  ['an input that is optional', withType(9), "model: input 'x' is an optional value, which is not supported: inputs are tensors"],
  ['an input that is a map', withType(5), "model: input 'x' is a map, which is not supported: inputs are tensors"],
  ['an input that is sparse', withType(8), "model: input 'x' is a sparse tensor, which is not supported: inputs are tensors"],
  ['an input without a type', () => loadModel(message([[1, 7], [7, message([[1, encodeNode({ op: 'Relu' })], [11, message([[1, 'x']])], [12, message([[1, 'y']])]])], [8, message([[1, ''], [2, 13]])]])), "model: input 'x' is no tensor, which is not supported: inputs are tensors"],
  ['no operator set', () => loadModel(message([[7, graph({ nodes: [{ op: 'Relu' }] })]])), 'model: it names no operator set, must be one of 7 to 24'],
  ['an operator set that there is not', () => run([{ op: 'Relu' }], { opset: 99 }), 'model: operator set 99 is not supported, must be 7 to 24'],
  ['operators that there are not, before the operator set is looked at, those of inner graphs too', () => loadModel(unknown()), "model: 3 operators are not supported: Nope (2 x: node 0, 'inner'); Iff (1 x: 'branch'); my.Op (1 x: node 0 in 'branch')"],
  ['too few inputs', () => run([{ op: 'Conv', name: 'n' }]), "model: node 'n' (Conv): it has 1 input, must have 2 to 3 in operator set 13"],
  ['an input that is left out', () => run([{ op: 'Conv', name: 'n', in: ['x', ''] }]), "model: node 'n' (Conv): input 1 is left out, but the operator needs W"],
  ['no output', () => run([{ op: 'Relu', name: 'n', out: [''] }]), "model: node 'n' (Relu): it has no output"],
  ['an attribute that there is not', node('Relu', { slope: 1 }), "model: node 'n' (Relu): attribute 'slope' is not known in operator set 13; known here: none"],
  ['an attribute without its tensor', () => loadModel(withAttribute(message([[1, 'value'], [20, 4]]))), "model: node 'n' (Constant): attribute value holds no tensor"],
  ['an input without a name', () => loadModel(model({ nodes: [{ op: 'Relu' }], inputs: { '': [[1]] } })), 'model: input without a name'],
  ['a weight twice', () => run([{ op: 'Relu' }], { weights: [floats('w', [1], [1]), floats('w', [1], [2])] }), "model: there are two of initializer 'w'"],
  ['an output twice', () => run([{ op: 'Relu' }], { outputs: ['y', 'y'] }), "model: the graph has the output 'y' twice"],
  ['a cycle', () => run([{ op: 'Add', name: 'a', in: ['x', 'v'], out: ['u'] }, { op: 'Relu', name: 'b', in: ['u'], out: ['v'] }, { op: 'Relu', name: 'c' }]), "model: nodes wait for each other's outputs in a cycle: 'a', 'b'"],
  ['feeds that are a text', running((call) => call('x')), "Model.run: inputs is 'x', must be an object with a value for each input's name: 'x'"],
  ['a feed that is a text', running((call) => call({ x: 'x' })), "Model.run: input 'x' is 'x', must be a Tensor, typed array or array of numbers"],
  ['a feed that holds a text', running((call) => call({ x: ['1', 2] })), "Model.run: input 'x' holds '1', must hold numbers"],
  ['a feed of another dtype', running((call) => call({ x: ones([2], { dtype: 'uint8' }) })), "Model.run: input 'x' is a tensor of uint8, must be float32: add .cast('float32')"],
  ["onnxruntime's tensor", running((call) => call({ x: { type: 'float32', data: new Float32Array(2), dims: [2] } })), "Model.run: input 'x' is an Object, must be a Tensor of this library: write tensor(t.data, t.dims)"],
  ['a feed that is ragged', running((call) => call({ x: [[1], 2] })), "Model.run: input 'x' is ragged: 2 where the first has 1 entry"],
  ['outputs that are a text', running((call) => call({ x: x() }, { outputs: 'y' })), "Model.run: outputs is 'y', must be an array of names"],
  ['outputs that are none', running((call) => call({ x: x() }, { outputs: [] })), 'Model.run: outputs is empty, must hold at least one name'],
  ['into a tensor', running((call) => call({ x: x() }, { into: x() })), "Model.run: into is a Tensor, must be an object with a tensor for each output's name"],
  ['into more than is asked for', running((call) => call({ x: x() }, { into: { y: x(), z: x() } })), "Model.run: into has 'z', which is not asked for"],
  ['a value of the run that is no shape', () => run([{ op: 'Resize', in: ['x', '', 's'], out: ['c'] }, { op: 'Cast', in: ['c'], out: ['i'], attributes: { to: TYPE.int64 } }, { op: 'Reshape', name: 'n', in: ['x', 'i'] }], { weights: [floats('s', [4], [1, 1, 20, 20])] }), "model: value 'i' has 3600 values, must have at most 1024: shapes are computed from them"],
  ['a shape of too many values', node('Reshape', {}, to(...new Array<number>(1025).fill(1)), ['s']), "model: node 'n' (Reshape): shape (input 's') has 1025 values, must have at most 1024"],
  ['strides of three axes', node('Conv', { strides: [1, 1, 1] }, { weights: [floats('w', [1, 1, 1, 1], [1])] }, ['w']), "model: node 'n' (Conv): strides has 3 entries, must have 2"],
  ['batch norm of more outputs than it has', () => run([{ op: 'BatchNormalization', name: 'n', in: ['x', 'a', 'a', 'a', 'a'], out: ['y', 'm', 'v'] }], { opset: 14, weights: [floats('a', [1], [1])] }), "model: node 'n' (BatchNormalization): it has 3 outputs, must have 1 where training_mode is 0"],
  ['batch norm of a vector in training', () => run([{ op: 'BatchNormalization', name: 'n', in: ['x', 'a', 'a', 'a', 'a'], attributes: { training_mode: 1 } }], { shape: [1], opset: 14, weights: [floats('a', [1], [1])] }), "model: node 'n' (BatchNormalization): the input is 1, must have at least 2 axes"],
  ['a dropout of everything', node('Dropout', {}, { weights: [floats('r', [], [1]), rawTensor('t', TYPE.bool, [], Uint8Array.of(1))] }, ['r', 't']), "model: node 'n' (Dropout): ratio is 1, must be from 0 to below 1"],
  ['a loss of targets of another shape', node('NegativeLogLikelihoodLoss', {}, { weights: [int64s('t', [1])] }, ['t']), "model: node 'n' (NegativeLogLikelihoodLoss): the input is 1x1x3x3 and the target 1, must be NxC... and N..."],
  ['depth of a matrix', node('DepthToSpace', { blocksize: 2 }, { shape: [4, 4] }), "model: node 'n' (DepthToSpace): the input is 4x4, must have 4 axes"],
  ['blocks of nothing', node('SpaceToDepth'), "model: node 'n' (SpaceToDepth): attribute blocksize is 0, must be at least 1"],
  ['too few channels for blocks', node('DepthToSpace', { blocksize: 3 }), "model: node 'n' (DepthToSpace): the input is 1x1x3x3, its channels must be a multiple of 9"],
  ['blocks that do not fit', node('SpaceToDepth', { blocksize: 2 }), "model: node 'n' (SpaceToDepth): the input is 1x1x3x3, height and width must be multiples of 2"],
  ['a constant of a negative size', () => run([{ op: 'ConstantOfShape', name: 'n', in: ['s'] }], to(-1)), "model: node 'n' (ConstantOfShape): the shape is [-1], a size must not be negative"],
  ['a constant of two values', () => run([{ op: 'ConstantOfShape', name: 'n', in: ['s'], attributes: { value: floats('', [2], [1, 2]) } }], to(2)), "model: node 'n' (ConstantOfShape): attribute value has 2 values, must have 1"],
  ['a constant text', () => run([{ op: 'Constant', name: 'n', in: [], attributes: { value_string: 'a' } }]), "model: node 'n' (Constant): its value is text, which is not supported"],
  ['a cast to a small float', node('Cast', { to: 17 }, { opset: 19 }), "model: node 'n' (Cast): a cast to float8e4m3fn is not supported"],
  ['parts that are not as many as outputs', node('Split', { num_outputs: 2 }, { opset: 18 }), "model: node 'n' (Split): attribute num_outputs is 2, but the node has 1 output"],
  ['training by elements', () => run([{ op: 'BatchNormalization', name: 'n', in: ['x', 's', 's', 's', 's'], out: ['y', 'm'], attributes: { spatial: 0 } }], { opset: 7, weights: [floats('s', [1], [1])] }), "model: node 'n' (BatchNormalization): it has 2 outputs, must have 1 where spatial is 0"],
  ['pads that are missing', node('Pad', {}, { opset: 10 }), "model: node 'n' (Pad): attribute pads is missing"],
  ['an axis of three squeezed', node('Squeeze', {}, axes(2), ['a']), "model: node 'n' (Squeeze): axis 2 of the input 1x1x3x3 is 3, must be 1"],
  ['unsqueezed nowhere', node('Unsqueeze', {}, { opset: 11 }), "model: node 'n' (Unsqueeze): attribute axes is missing"],
  ['unsqueezed twice at one place', node('Unsqueeze', {}, axes(0, 0), ['a']), "model: node 'n' (Unsqueeze): axes are [0, 0], must be different"],
  ['a shape of -2', node('Reshape', {}, to(-2), ['s']), "model: node 'n' (Reshape): the shape is [-2], a size must be at least -1"],
  ['a 0 where there is no axis', node('Reshape', {}, to(1, 1, 1, 1, 0), ['s']), "model: node 'n' (Reshape): the shape is [1, 1, 1, 1, 0], the input has no axis 4"],
  ['two open axes', node('Reshape', {}, to(-1, -1), ['s']), "model: node 'n' (Reshape): the shape is [-1, -1], must have at most one -1"],
  ['an open axis that does not divide', node('Reshape', {}, to(-1, 7), ['s']), "model: node 'n' (Reshape): the input is 1x1x3x3 (9 values), which [-1, 7] does not divide"],
  ['a slice without starts', node('Slice', {}, { shape: [5], opset: 9 }), "model: node 'n' (Slice): attribute starts is missing"],
  ['a slice without ends', node('Slice', { starts: [0] }, { shape: [5], opset: 9 }), "model: node 'n' (Slice): attribute ends is missing"],
  ['more starts than ends', node('Slice', {}, sliced(['s', [0, 0]], ['e', [1]]), ['s', 'e']), "model: node 'n' (Slice): there are 2 starts, 1 ends, 2 axes and 2 steps, must be as many of each"],
  ['parts that are not equal', () => run([{ op: 'Split', name: 'n', out: ['y', 'z'] }], { shape: [5] }), "model: node 'n' (Split): axis 0 of the input 5 does not split into 2 equal parts"],
  ['more sizes than parts', () => run([{ op: 'Split', name: 'n', out: ['y', 'z'], attributes: { split: [1, 1, 3] } }], { shape: [5], opset: 11 }), "model: node 'n' (Split): split has 3 sizes, must have 2, one for each output"],
];

/** A model of a constant with this attribute. */
function withAttribute(attribute: Uint8Array): Uint8Array {
  const constant = message([[2, 'y'], [3, 'n'], [4, 'Constant'], [5, attribute]]);
  return message([[1, 7], [7, message([[1, constant], [12, message([[1, 'y']])]])], [8, message([[1, ''], [2, 13]])]]);
}

/** Of operator set 99, with operators that there are not, in a graph of an attribute too. */
function unknown(): Uint8Array {
  const inner = message([[1, message([[4, 'Op'], [7, 'my']])], [1, message([[3, 'inner'], [4, 'Nope']])]]);
  const branch = message([[3, 'branch'], [4, 'Iff'], [5, message([[1, 'then'], [6, inner], [20, 5]])]]);
  return message([[7, message([[1, message([[4, 'Nope']])], [1, branch]])], [8, message([[1, ''], [2, 99]])]]);
}

/** As in a browser: no modules of Node. */
function withoutFiles<T>(call: () => T): T {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = any(() => undefined);
  try {
    return call();
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
}

test.each(cases)('%s', async (_, call, sentence) => {
  let message = 'nothing was wrong';
  try {
    await call();
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toBe(sentence);
});
