/** Run by jest, in a node:vm context with jsdom's page: its classes are none of Node's. */
import fs from 'node:fs';
import { Conv2d, compile, conv2d, disposeRuntime, init, tensor } from 'striate';
import { loadModel } from 'striate/onnx';

const MODEL =
  'CAc6cQoTCgF4CgF3EgFhGgAiBENvbnY6AAoQCgFhEgF5GgAiBFJlbHU6ABIFZ3JhcGgqHwgBCAEIAggCEAFCAXdKEAAAAAAAAIA/AAAAQAAAQEBaGwoBeBIWChQIARIQCgIIAQoCCAEKAggDCgIIA2IDCgF5QgQKABAN';

beforeAll(() => init());
afterAll(() => disposeRuntime());

test('this is a page, and a realm of its own', () => {
  expect(document.createElement('p').tagName).toBe('P');
  expect(fs.readFileSync(process.env.WASM).buffer instanceof ArrayBuffer).toBe(false);
});

test('typed arrays of either realm', () => {
  expect(tensor(fs.readFileSync(process.env.WASM)).dtype).toBe('uint8');
  expect(tensor(Float32Array.of(1, 2)).dtype).toBe('float32');
  const image = tensor(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), [1, 1, 3, 3]);
  expect(conv2d(image, tensor([0, 1, 2, 3], [1, 1, 2, 2])).toArray()).toEqual([
    [
      [
        [19, 25],
        [37, 43],
      ],
    ],
  ]);
});

test.each([
  ['Node', () => fs.readFileSync(process.env.WASM)],
  ["Node's ArrayBuffer", () => fs.readFileSync(process.env.WASM).buffer],
  ['this realm', () => Uint8Array.from(fs.readFileSync(process.env.WASM))],
])('the kernels from bytes of %s', async (_name, wasm) => {
  disposeRuntime();
  expect((await init({ wasm: wasm() })).variant).toBe('simd');
});

test('a layer, a program, and a model from bytes of Node', async () => {
  const program = compile(new Conv2d(1, 1, 2), { inputs: [[1, 1, 3, 3]] });
  expect(program.run(tensor(new Float32Array(9), [1, 1, 3, 3])).shape).toEqual([1, 1, 2, 2]);
  const model = await loadModel(Buffer.from(MODEL, 'base64'));
  expect([...model.run({ x: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8) }).y]).toEqual([19, 25, 37, 43]);
});

test("a model from jsdom's Blob", async () => {
  const model = await loadModel(new Blob([Uint8Array.from(Buffer.from(MODEL, 'base64'))]));
  expect(model.outputs.map(({ name }) => name)).toEqual(['y']);
  model.dispose();
});

test('toEqual compares shape, dtype and values', () => {
  const x = tensor([1, 2]);
  expect(x).toEqual(tensor([1, 2]));
  expect({ x: [x] }).toStrictEqual({ x: [tensor([1, 2])] });
  expect(x).not.toEqual(tensor([1, 3]));
  expect(x).not.toEqual(tensor([2, 1]));
  expect(x).not.toEqual(tensor([[1, 2]]));
  expect(x).not.toEqual(tensor(Int32Array.of(1, 2)));
  expect({ x: [x] }).not.toEqual({ x: [tensor([1, 3])] });
  expect(x).not.toStrictEqual(tensor([1, 3]));
  expect(() => expect(tensor([1, 2.5])).toEqual(x)).toThrow(/Expected: .*1, 2\].*\n.*Received: .*1, 2\.5\]/);
});
