/** Values that another realm made (an iframe, a node:vm context): of the same kinds, but instances of other classes. */
import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { disposeRuntime, init, scope, type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterEach, expect, test } from 'vitest';
import type { KernelSource } from '../../ts/engine/instance.ts';
import { MODEL } from '../support/model.ts';

const context = vm.createContext({ URL: undefined });
/** The value of an expression of the other realm; `given` is there as such. */
const foreign = <T>(expression: string, given?: unknown): T => {
  context.given = given;
  return vm.runInContext(expression, context);
};
const file = new URL('../../build/simd.wasm', import.meta.url);

afterEach(disposeRuntime);

test('they are instances of nothing here', () => {
  for (const name of ['Float32Array', 'ArrayBuffer', 'Array', 'Error'] as const) {
    expect(foreign(`new ${name}(1)`) instanceof globalThis[name]).toBe(false);
  }
});

test.each([
  ['Float32Array', 'float32'],
  ['Float64Array', 'float32'],
  ['Int32Array', 'int32'],
  ['BigInt64Array', 'int32'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
  ['Int8Array', 'int8'],
])('tensor of a %s', async (kind, dtype) => {
  await init();
  const n = kind === 'BigInt64Array' ? 'n' : '';
  scope(() => {
    const x: Tensor<never> = tensor(foreign<Float32Array>(`${kind}.of(1${n}, 2${n}, 3${n})`)) as never;
    expect([x.dtype, [...x]]).toEqual([dtype, [1, 2, 3]]);
  });
});

test('tensor of nested arrays, and a shape', async () => {
  await init();
  scope(() => {
    expect(tensor(foreign<number[][]>('[[1, 2], [3, 4]]')).shape).toEqual([2, 2]);
    expect(tensor([1, 2, 3], foreign<number[]>('[3, 1]')).shape).toEqual([3, 1]);
  });
});

test('what is none of these is refused by its name', async () => {
  await init();
  expect(() => tensor(foreign<Float32Array>('new DataView(new ArrayBuffer(2))'))).toThrow(
    'tensor: data is a DataView, must be a Float16Array, Float32Array',
  );
  await expect(loadModel(foreign('new Map()'))).rejects.toThrow('loadModel: source is a Map, must be');
});

test.each<[string, string]>([
  ['Uint8Array', 'Uint8Array.from(given)'],
  ['ArrayBuffer', 'Uint8Array.from(given).buffer'],
  ['WebAssembly.Module', 'new WebAssembly.Module(Uint8Array.from(given))'],
])('init from a %s', async (_kind, expression) => {
  expect((await init({ wasm: foreign<KernelSource>(expression, readFileSync(file)) })).variant).toBe('simd');
});

test('init and loadModel from a Response and a URL of other classes', async () => {
  class Other {
    readonly ok = true;
    readonly url = '';
    readonly bytes: Uint8Array;
    constructor(bytes: Uint8Array) {
      this.bytes = bytes;
    }
    get [Symbol.toStringTag]() {
      return 'Response';
    }
    arrayBuffer() {
      return Promise.resolve(foreign('Uint8Array.from(given).buffer', this.bytes));
    }
  }
  const url = { toString: () => file.href, [Symbol.toStringTag]: 'URL' };
  for (const wasm of [new Other(readFileSync(file)), url]) {
    expect((await init({ wasm: wasm as unknown as KernelSource })).variant).toBe('simd');
    disposeRuntime();
  }
  await init();
  (await loadModel(new Other(MODEL) as unknown as Response)).dispose();
});

test.each(['Uint8Array.from(given)', 'Uint8Array.from(given).buffer'])(
  'a model from %s, run on typed arrays',
  async (expression) => {
    await init();
    const model = await loadModel(foreign<Uint8Array>(expression, MODEL));
    const y = model.run({ x: foreign<Float32Array>('Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8])') }).y;
    expect([...(y as Tensor)]).toEqual([19, 25, 37, 43]);
    expect(() => model.run({ x: foreign<Float32Array>('new Int32Array(9)') as never })).toThrow(
      "input 'x' is an Int32Array, must hold float32",
    );
  },
);
