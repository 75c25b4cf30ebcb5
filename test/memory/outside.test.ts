/** Constants that wait outside of the linear memory: they are read rightly also where coming in makes the memory grow. */

import { compile, init, memory, mul, ones, scope, Tensor } from 'striate';
import { exportOnnx, loadModel } from 'striate/onnx';
import { expect, test } from 'vitest';
import { engine } from '../../ts/engine/engine.ts';
import { type Storage, storageOutside } from '../../ts/engine/memory.ts';
import { inEachVariant } from '../support/runtime.ts';

/** Floats 0, 1, 2 ... 8, 0 ..., more than the memory has room for. */
function waiting(): { size: number; storage: Storage } {
  const size = memory.stats().memoryBytes / 4 + 1000;
  const write = (address: number, first: number, bytes: number) => {
    const values = new Float32Array(engine('test').memory.buffer, address, bytes / 4);
    for (let i = 0; i < values.length; i++) values[i] = (first / 4 + i) % 9;
  };
  return { size, storage: storageOutside('test', 4 * size, { write }) };
}

inEachVariant('values from outside', () => {
  test('data', () => {
    const { size, storage } = waiting();
    const before = memory.stats().memoryBytes;
    const x = new Tensor([size], 'float32', storage);
    expect(x.data.length).toBe(size);
    expect([...x.data.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2]);
    expect(memory.stats().memoryBytes).toBeGreaterThan(before);
    x.dispose();
  });

  test('read and write', () => {
    for (const first of ['read', 'write'] as const) {
      const { storage, size } = waiting();
      if (first === 'write') storage.write(new Uint8Array(Float32Array.of(7, 7).buffer));
      const values = new Float32Array(storage.read().buffer);
      expect(values.length).toBe(size);
      expect(values[0]).toBe(first === 'write' ? 7 : 0);
      new Tensor([size], 'float32', storage).dispose();
    }
  });

  test('short runs, also of bytes that are kept as they are', () => {
    const values = Uint8Array.from({ length: 100 }, (_, i) => i);
    const bytes = () => new Uint8Array(engine('test').memory.buffer);
    const write = (address: number, first: number, count: number) =>
      bytes().set(values.subarray(first, first + count), address);
    for (const outside of [{ write }, { write, plain: () => values }]) {
      const weight = new Tensor([100], 'uint8', storageOutside('test', 100, outside));
      const to = ones([3]);
      const { address } = to.resources.storage as Storage;
      weight.resources.storage?.copyTo(address, { first: 5, bytes: 4, stride: 30, count: 3 });
      expect([...bytes().slice(address, address + 12)]).toEqual([5, 6, 7, 8, 35, 36, 37, 38, 65, 66, 67, 68]);
      weight.dispose();
      to.dispose();
    }
  });

  test('in a file', async () => {
    await init();
    const { size, storage } = waiting();
    const weights = new Tensor([size], 'float32', storage);
    const bytes = exportOnnx((x: Tensor) => mul(x, weights), { inputs: [[1]] });
    const model = await loadModel(bytes);
    scope(() => {
      const [y] = Object.values(model.run(ones([1])));
      expect([...y!.data.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
      expect(compile((x: Tensor) => mul(x, weights), { inputs: [[1]] }).run(ones([1])).data[8]).toBe(8);
    });
    model.dispose();
    weights.dispose();
  });
});
