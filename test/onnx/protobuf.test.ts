/** The reader alone: files that are cut, mutated, or no models; weights in every form that the format has. */
import { init, scope, zeros } from 'striate';
import { loadModel } from 'striate/onnx';
import { beforeAll, describe, expect, test } from 'vitest';
import { ModelError } from '../../ts/base/errors.ts';
import { refused } from '../../ts/onnx/foreign.ts';
import { checkGraph } from '../../ts/onnx/graph.ts';
import { handlerTable } from '../../ts/onnx/handlers/all.ts';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { checkTensor, tensorFrom } from '../../ts/onnx/weights.ts';
import {
  bytesOf,
  type Field,
  Float,
  floats,
  graph,
  int64s,
  message,
  model,
  rawTensor,
  Sparse,
  sparseTensor,
  TYPE,
} from './encode.ts';

beforeAll(async () => {
  await init();
});

/** What loading does before it needs shapes or kernels. */
function check(bytes: Uint8Array) {
  const proto = readModel(bytes, 'm.onnx');
  for (const one of proto.graph.initializers) checkTensor(one, `initializer '${one.name}'`);
  return { proto, graph: checkGraph(proto, handlerTable()) };
}

const small = model({
  nodes: [
    {
      op: 'Conv',
      name: 'first',
      in: ['x', 'w'],
      out: ['a'],
      attributes: { pads: [1, 1, 1, 1], auto_pad: 'NOTSET' },
    },
    { op: 'LeakyRelu', in: ['a'], out: ['b'], attributes: { alpha: new Float(0.1) } },
    { op: 'Reshape', in: ['b', 's'], out: ['y'] },
  ],
  inputs: { x: [['batch', 1, 4, 4]] },
  weights: [floats('w', [1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), int64s('s', [0, -1])],
});

test('a small model is read as it was written', () => {
  const { proto } = check(small);
  expect(proto.graph.inputs).toEqual([{ name: 'x', type: 1, other: null, shape: ['batch', 1, 4, 4] }]);
  expect(proto.graph.nodes.map(({ operator }) => operator)).toEqual(['Conv', 'LeakyRelu', 'Reshape']);
  expect(proto.graph.nodes[0]?.attributes.get('pads')).toMatchObject({ kind: 'ints', ints: [1, 1, 1, 1] });
  expect(proto.graph.nodes[1]?.attributes.get('alpha')?.float).toBe(Math.fround(0.1));
  expect(proto.opsets.get('')).toBe(13);
});

test('weights are views of the file until a tensor is made', () => {
  expect(readModel(small, 'm').graph.initializers[0]?.raw?.buffer).toBe(small.buffer);
});

test('cut at any byte: a ModelError, or a model that ends early', () => {
  for (let length = 0; length < small.length; length++) {
    expect(() => check(small.slice(0, length)), `cut at ${length}`).toThrow(ModelError);
  }
  expect(() => check(small.slice(0, 60))).toThrow(
    /^m\.onnx: truncated: model: expected \d+ bytes, only \d+ are left$/,
  );
});

test('2000 mutations: each loads or is a ModelError', () => {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  let loaded = 0;
  for (let round = 0; round < 2000; round++) {
    const bytes = small.slice();
    for (let flips = random(4); flips >= 0; flips--) {
      const at = random(bytes.length);
      bytes[at] = random(2) === 0 ? (bytes[at] as number) ^ (1 << random(8)) : random(256);
    }
    try {
      check(bytes);
      loaded += 1;
    } catch (error) {
      expect(error, `round ${round}`).toBeInstanceOf(ModelError);
    }
  }
  expect(loaded).toBeGreaterThan(100);
});

describe('what is no model', () => {
  const sentence = (bytes: Uint8Array) => {
    try {
      check(bytes);
    } catch (error) {
      const shown = refused(bytes, 'm.onnx', error);
      if (shown instanceof ModelError) return shown.message;
      throw error;
    }
    return 'loaded';
  };
  test.each<[title: string, bytes: string, is: string]>([
    ['nothing', '', 'empty'],
    ['a web page', ' \n<!DOCTYPE html><html>', 'an HTML page: its address does not lead to the file itself'],
    ['XML', '<?xml version="1.0"?><Error>', 'an XML text'],
    ['JSON', '{ "error": "not found" }', 'a JSON text'],
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a',
      "a Git LFS pointer: get the file itself by 'git lfs pull'",
    ],
    ['a zip', 'PK\x03\x04\x14\0\0\0model.onnx', 'a zip file: unpack it first'],
    [
      "PyTorch's zip",
      'PK\x03\x04\0\0\x08\x08net/data.pkl',
      'a PyTorch file: export the model by torch.onnx.export',
    ],
    [
      "PyTorch's pickle",
      '\x80\x02\x8a\nl\xfc\x9c',
      'a Python pickle (of PyTorch): export the model by torch.onnx.export',
    ],
    ['gzip', '\x1f\x8b\x08\0', 'a gzip file: unpack it first'],
    ['a PNG', '\x89PNG\r\n\x1a\n', 'a PNG picture'],
    ['a JPEG', '\xff\xd8\xff\xe0\0\x10JFIF', 'a JPEG picture'],
    ['HDF5', '\x89HDF\r\n\x1a\n', 'an HDF5 file (of Keras): export the model by tf2onnx'],
    ['TFLite', '\x1c\0\0\0TFL3', 'a TensorFlow Lite model: export the model by tf2onnx'],
    ['ORT', '\x1c\0\0\0ORTM', 'a model in the ORT format: give the .onnx file that it was made of'],
    [
      'safetensors',
      '\x40\0\0\0\0\0\0\0{"w":{}}',
      'a safetensors file, which has weights only: export the model by torch.onnx.export',
    ],
  ])('%s', (_, bytes, is) => {
    const [what, then] = is.split(': ');
    expect(sentence(Uint8Array.from(bytes, (one) => one.charCodeAt(0)))).toBe(
      `m.onnx: it is ${what}, must be an ONNX model${then === undefined ? '' : `: ${then}`}`,
    );
  });
  test('what is of no known kind', () => {
    expect(sentence(new TextEncoder().encode('hello'))).toMatch(/^m\.onnx: damaged, or no ONNX model: /);
    expect(sentence(message([[1, 7]]))).toBe('m.onnx: no graph: this is no ONNX model');
  });
  test('lengths of 2^63 and varints without end', () => {
    expect(sentence(Uint8Array.of(0x3a, 255, 255, 255, 255, 255, 255, 255, 255, 127))).toMatch(
      /truncated: model/,
    );
    expect(sentence(Uint8Array.of(0x3a, ...new Array(20).fill(255)))).toMatch(
      /a length of more than 10 bytes/,
    );
    expect(sentence(Uint8Array.of(0x3a, ...new Array(9).fill(255), 1))).toMatch(/a length of -1/);
    expect(sentence(Uint8Array.of(0x3a, ...new Array(9).fill(255), 2))).toMatch(
      /a length of more than 64 bits/,
    );
  });
  test('a graph that is a number', () => {
    expect(sentence(message([[7, 3]]))).toBe(
      'm.onnx: damaged, or no ONNX model: model, field 7: it is a varint, must be a length and bytes',
    );
  });
  test('a string that is not UTF-8', () => {
    const bad = message([[7, message([[1, message([[4, Uint8Array.of(0xc3, 0x28)]])]])]]);
    expect(sentence(bad)).toMatch(/node 0, field 4: a string that is not UTF-8/);
  });
  test('a graph without outputs', () => {
    expect(sentence(model({ nodes: [{ op: 'Relu' }], outputs: [] }))).toBe(
      'm.onnx: the graph has no outputs',
    );
  });
});

describe('weights', () => {
  const values = (proto: Uint8Array) => {
    const bytes = message([[7, message([[5, proto]])]]);
    const [tensor] = readModel(bytes, 'm').graph.initializers;
    const made = tensorFrom(tensor as never, "initializer 'w'");
    const { data, dtype, shape } = made;
    const all = [dtype, shape, Array.from(data)];
    made.dispose();
    return all;
  };
  const typed = (type: number, dims: number[], fields: Field[]) =>
    message([...dims.map((dim): Field => [1, dim]), [2, type], [8, 'w'], ...fields]);
  const packed = (numbers: (number | bigint)[]) => {
    const each = numbers.map((one) => message([[1, one]]).slice(1));
    return Uint8Array.from(each.flatMap((one) => [...one]));
  };

  test('float in all its forms, at any byte', () => {
    expect(values(floats('w', [2], [1.5, -2]))).toEqual(['float32', [2], [1.5, -2]]);
    expect(
      values(
        typed(
          TYPE.float,
          [2],
          [
            [4, new Float(1.5)],
            [4, new Float(-2)],
          ],
        ),
      ),
    ).toEqual(['float32', [2], [1.5, -2]]);
    const list = bytesOf(Float32Array.of(1.5, -2));
    expect(values(typed(TYPE.float, [1, 2], [[4, list]]))).toEqual(['float32', [1, 2], [1.5, -2]]);
  });
  test('double becomes float32', () => {
    expect(values(rawTensor('w', TYPE.double, [1], Float64Array.of(0.1)))).toEqual([
      'float32',
      [1],
      [Math.fround(0.1)],
    ]);
    expect(values(typed(TYPE.double, [1], [[10, bytesOf(Float64Array.of(0.1))]]))[2]).toEqual([
      Math.fround(0.1),
    ]);
  });
  test('float16: normal, subnormal, infinite, raw and in int32_data', () => {
    const bits = [0x3c00, 0xc000, 0x0001, 0x7bff, 0xfc00, 0x8000];
    const expected = [1, -2, 2 ** -24, 65504, -Infinity, -0];
    expect(values(rawTensor('w', TYPE.half, [6], Uint16Array.from(bits)))).toEqual([
      'float32',
      [6],
      expected,
    ]);
    expect(values(typed(TYPE.half, [6], [[5, packed(bits)]]))[2]).toEqual(expected);
    expect(values(rawTensor('w', TYPE.half, [1], Uint16Array.of(0x7e00)))[2]).toEqual([Number.NaN]);
  });
  test('bfloat16: the upper half of a float, raw and in int32_data', () => {
    const bits = [0x3fc0, 0xc000, 0x0001, 0x7f7f, 0xff80, 0x8000];
    const expected = [1.5, -2, 2 ** -133, (2 - 2 ** -7) * 2 ** 127, -Infinity, -0];
    expect(values(rawTensor('w', 16, [6], Uint16Array.from(bits)))).toEqual(['float32', [6], expected]);
    expect(values(typed(16, [6], [[5, packed(bits)]]))[2]).toEqual(expected);
    expect(values(rawTensor('w', 16, [1], Uint16Array.of(0x7fc0)))[2]).toEqual([Number.NaN]);
  });
  test('int64 saturates to int32', () => {
    const numbers = [5, -7, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n, -(2n ** 31n)];
    const expected = [5, -7, 2147483647, -2147483648, 2147483647, -2147483648];
    expect(values(int64s('w', numbers))).toEqual(['int32', [6], expected]);
    expect(values(typed(TYPE.int64, [6], [[7, packed(numbers)]]))).toEqual(['int32', [6], expected]);
    expect(
      values(
        typed(
          TYPE.int64,
          [2],
          [
            [7, 3],
            [7, -4],
          ],
        ),
      )[2],
    ).toEqual([3, -4]);
  });
  test('int32, uint8, int8 and bool', () => {
    expect(values(rawTensor('w', TYPE.int32, [2], Int32Array.of(-1, 7)))).toEqual(['int32', [2], [-1, 7]]);
    expect(values(typed(TYPE.int32, [2], [[5, packed([-1, 7])]]))).toEqual(['int32', [2], [-1, 7]]);
    expect(values(rawTensor('w', TYPE.uint8, [2], Uint8Array.of(255, 7)))).toEqual(['uint8', [2], [255, 7]]);
    expect(values(rawTensor('w', TYPE.int8, [2], Int8Array.of(-128, 7)))).toEqual(['int8', [2], [-128, 7]]);
    expect(values(typed(TYPE.int8, [2], [[5, packed([-128, 7])]]))).toEqual(['int8', [2], [-128, 7]]);
    expect(values(rawTensor('w', TYPE.bool, [3], Uint8Array.of(0, 1, 2)))).toEqual(['uint8', [3], [0, 1, 1]]);
  });
  test('a scalar and an empty tensor', () => {
    expect(values(floats('w', [], [3]))).toEqual(['float32', [], [3]]);
    expect(values(typed(TYPE.float, [0, 4], []))).toEqual(['float32', [0, 4], []]);
  });
  test('a size that is not the product of the dims', () => {
    expect(() => values(rawTensor('w', TYPE.float, [2, 3], Float32Array.of(1, 2)))).toThrow(
      "initializer 'w' of shape 2x3 holds 8 bytes, must hold 6 values of float (24 bytes)",
    );
    expect(() => values(typed(TYPE.float, [3], [[4, new Float(1)]]))).toThrow(
      /holds 1 values, must hold 3 values/,
    );
    expect(() => values(rawTensor('w', TYPE.float, [1], Uint8Array.of(1, 2, 3, 4, 5)))).toThrow(
      /holds 5 bytes/,
    );
  });
  test('a shape of nonsense allocates nothing', () => {
    expect(() => values(typed(TYPE.float, [2 ** 40, 2 ** 40], []))).toThrow(/more than 2\^31 values/);
    expect(() => values(typed(TYPE.float, [2 ** 31], []))).toThrow(/holds 0 values, must hold 2147483648/);
    expect(() => values(typed(TYPE.float, [-1], []))).toThrow(/must not be negative/);
  });
  test('a dtype that is not supported', () => {
    expect(() => values(typed(TYPE.string, [1], []))).toThrow(
      "initializer 'w' is of dtype string, which is not supported",
    );
    expect(() => values(typed(99, [1], []))).toThrow(/dtype type 99/);
  });
});

describe('graphs', () => {
  test('operator sets outside 7 to 24', () => {
    for (const opset of [6, 25]) {
      const bytes = model({ nodes: [{ op: 'Relu' }], opset });
      expect(() => check(bytes)).toThrow(`m.onnx: operator set ${opset} is not supported, must be 7 to 24`);
    }
    expect(() => check(message([[7, graph({ nodes: [{ op: 'Relu' }] })]]))).toThrow(/names no operator set/);
    for (const opset of [7, 24]) check(model({ nodes: [{ op: 'Relu' }], opset }));
  });
  test('all unknown operators at once, with their nodes', () => {
    const bytes = model({
      nodes: [
        { op: 'Wavelet', name: 'w1', out: ['a'] },
        { op: 'Relu', in: ['a'], out: ['b'] },
        { op: 'toString', in: ['b'], out: ['c'] },
        { op: 'Wavelet', in: ['c'], out: ['d'] },
        { op: 'Relu', domain: 'com.example', name: 'r', in: ['d'] },
      ],
    });
    expect(() => check(bytes)).toThrow(
      "m.onnx: 3 operators are not supported: Wavelet (2 x: 'w1', node 3); toString (1 x: node 2); com.example.Relu (1 x: 'r')",
    );
  });
  test('an operator newer than the model', () => {
    const bytes = model({ nodes: [{ op: 'HardSwish', name: 'h' }], opset: 13 });
    expect(() => check(bytes)).toThrow(
      "m.onnx: node 'h' (HardSwish): the operator begins with operator set 14, the model's is 13",
    );
  });
  test('attributes of a wrong type, or unknown', () => {
    const conv = (attributes: object) => () =>
      check(model({ nodes: [{ op: 'Conv', name: 'c', in: ['x', 'x'], attributes: { ...attributes } }] }));
    expect(conv({ strides: 2 })).toThrow(
      "m.onnx: node 'c' (Conv): attribute strides is of type int, must be ints",
    );
    expect(conv({ stride: [2, 2] })).toThrow(
      /attribute 'stride' is not known in operator set 13; known here: auto_pad, dilations,/,
    );
    const bare = message([
      [2, 'y'],
      [4, 'ConstantOfShape'],
      [1, 'x'],
      [
        5,
        message([
          [1, 'value'],
          [20, 4],
        ]),
      ],
    ]);
    const holder = message([
      [7, message([[1, bare]])],
      [8, message([[2, 13]])],
    ]);
    expect(() => check(holder)).toThrow(/attribute value holds no tensor/);
    expect(conv({ constructor: 1 })).toThrow(/attribute 'constructor' is not known/);
  });
  test('wrong numbers of inputs', () => {
    expect(() => check(model({ nodes: [{ op: 'Conv', name: 'c' }] }))).toThrow(
      /it has 1 input, must have 2 to 3/,
    );
    expect(() => check(model({ nodes: [{ op: 'Conv', name: 'c', in: ['x', ''] }] }))).toThrow(
      /input 1 is left out/,
    );
  });
  test('a name that nothing makes', () => {
    expect(() => check(model({ nodes: [{ op: 'Relu', name: 'r', in: ['z'] }] }))).toThrow(
      "m.onnx: node 'r' (Relu): input 0 is 'z', which no node, input or initializer makes",
    );
    expect(() => check(model({ nodes: [{ op: 'Relu' }], outputs: ['q'] }))).toThrow(
      "m.onnx: the graph's output is 'q', which no node, input or initializer makes",
    );
  });
  test('an output that is named twice', () => {
    expect(() => check(model({ nodes: [{ op: 'Relu' }], outputs: ['y', 'y'] }))).toThrow(
      "m.onnx: the graph has the output 'y' twice",
    );
  });
  test('a name that is made twice', () => {
    expect(() =>
      check(
        model({
          nodes: [
            { op: 'Relu', name: 'a' },
            { op: 'Relu', name: 'b' },
          ],
        }),
      ),
    ).toThrow("node 'b' (Relu): output 'y' is already made by node 'a'");
    expect(() => check(model({ nodes: [{ op: 'Relu', out: ['x'] }] }))).toThrow(
      /is already an input or initializer/,
    );
    expect(() =>
      check(model({ nodes: [{ op: 'Relu' }], weights: [floats('w', [1], [1]), floats('w', [1], [1])] })),
    ).toThrow("there are two of initializer 'w'");
  });
  test('a second output that is not supported', () => {
    const bytes = model({
      nodes: [
        { op: 'Relu', name: 'd', out: ['y', 'mask'] },
        { op: 'Relu', name: 'r', in: ['mask'], out: ['z'] },
      ],
    });
    expect(() => check(bytes)).toThrow(
      "node 'r' (Relu): input 0 is 'mask', output 1 of Relu, which is not supported",
    );
    check(model({ nodes: [{ op: 'Relu', out: ['y', 'mask'] }] }));
  });
  test('nodes in any order, and a cycle', () => {
    const { graph } = check(
      model({
        nodes: [
          { op: 'Relu', name: 'c', in: ['b'] },
          { op: 'Abs', name: 'b', in: ['a'], out: ['b'] },
          { op: 'Neg', name: 'a', out: ['a'] },
        ],
      }),
    );
    expect(graph.nodes.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const cycle = [
      { op: 'Add', name: 'p', in: ['x', 'y'], out: ['a'] },
      { op: 'Relu', name: 'q', in: ['a'] },
    ];
    expect(() => check(model({ nodes: cycle }))).toThrow(
      "nodes wait for each other's outputs in a cycle: 'p', 'q'",
    );
  });
});

describe('sparse tensors', () => {
  const run = async (sparse: Uint8Array, dims: number[], type = TYPE.float) => {
    const attributes = { sparse_value: new Sparse(sparse) };
    const net = model({
      nodes: [
        { op: 'Add', in: ['x', 'w'], out: ['y'] },
        { op: 'Constant', in: [], out: ['c'], attributes },
      ],
      sparse: [sparse],
      inputs: { x: [dims, type] },
      outputs: ['y', 'c'],
    });
    const loaded = await loadModel(net);
    const dtype = type === TYPE.float ? 'float32' : 'int32';
    const found = scope(() => {
      const { y, c } = loaded.run({ x: zeros(dims, { dtype }) });
      return [Array.from(y!.data), Array.from(c!.data)];
    });
    loaded.dispose();
    expect(found[1]).toEqual(found[0]);
    return found[0];
  };
  test('by places in the whole, in raw bytes or as numbers', async () => {
    const values = floats('w', [2], [5, 7]);
    expect(await run(sparseTensor(values, int64s('', [1, 5]), [2, 3]), [2, 3])).toEqual([0, 5, 0, 0, 0, 7]);
    const numbers = message([
      [1, 2],
      [2, TYPE.int64],
      [7, 0],
      [7, 4],
    ]);
    expect(await run(sparseTensor(values, numbers, [2, 3]), [2, 3])).toEqual([5, 0, 0, 0, 7, 0]);
  });
  test('by coordinates', async () => {
    const places = int64s('', [0, 1, 0, 1, 0, 2], [2, 3]);
    const values = rawTensor('w', TYPE.int64, [2], BigInt64Array.of(-3n, 9n));
    expect(await run(sparseTensor(values, places, [2, 2, 3]), [2, 2, 3], TYPE.int64)).toEqual([
      ...[0, 0, 0, -3, 0, 0],
      ...[0, 0, 9, 0, 0, 0],
    ]);
  });
  test('without values', async () => {
    expect(await run(sparseTensor(floats('w', [0], []), int64s('', []), [3]), [3])).toEqual([0, 0, 0]);
  });
});
