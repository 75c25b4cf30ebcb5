/** What tensors are made of: every typed array, lists of them, and numbers; nothing is rounded or wrapped unasked. */
import { add, full, scope, tensor } from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

/** A browser's Float16Array, which not every runtime has. */
const { Float16Array: Half } = globalThis as unknown as {
  readonly Float16Array?: { from(values: number[]): Float32Array };
};

inEachVariant('data', () => {
  const made = (data: Parameters<typeof tensor>[0]) => {
    const { dtype, shape, data: values } = tensor(data);
    return [dtype, [...shape], [...values]];
  };
  test('each typed array gives the dtype that holds it', () => {
    scope(() => {
      expect(made(Int16Array.of(-32768, 7))).toEqual(['int32', [2], [-32768, 7]]);
      expect(made(Uint16Array.of(65535))).toEqual(['int32', [1], [65535]]);
      expect(made(Uint32Array.of(3, 2 ** 31 - 1))).toEqual(['int32', [2], [3, 2 ** 31 - 1]]);
      expect(made(BigUint64Array.of(3n, 2n ** 31n - 1n))).toEqual(['int32', [2], [3, 2 ** 31 - 1]]);
      expect(made(BigInt64Array.of(-3n))).toEqual(['int32', [1], [-3]]);
      const widened = tensor(BigInt64Array.of(-3n), null, { dtype: 'float32' });
      expect([widened.dtype, widened.item()]).toEqual(['float32', -3]);
    });
  });
  // Node 20 has none.
  test.runIf(Half !== undefined)('Float16Array', () => {
    scope(() => expect(made(Half!.from([0.5, 65504]))).toEqual(['float32', [2], [0.5, 65504]]));
  });
  test('lists of typed arrays are rows', () => {
    scope(() => {
      expect(made([Float32Array.of(1, 2), Float32Array.of(3, 4)])).toEqual(['float32', [2, 2], [1, 2, 3, 4]]);
      expect(made([[Uint8Array.of(1)], [Uint8Array.of(255)]])).toEqual(['uint8', [2, 1, 1], [1, 255]]);
      expect(made([BigInt64Array.of(1n), BigInt64Array.of(-1n)])).toEqual(['int32', [2, 1], [1, -1]]);
      expect(made([[1, 2], Float64Array.of(3, 4)])).toEqual(['float32', [2, 2], [1, 2, 3, 4]]);
      const rows = tensor([new Int16Array(2)]).assign([Int16Array.of(5, 6)]);
      expect(rows.toArray()).toEqual([[5, 6]]);
      expect(() => tensor([new Uint8Array(2), new Uint8Array(3)])).toThrow(
        'tensor: data is ragged: 3 entries where the first has 2 entries',
      );
    });
  });
  test('an array whose tag is a name that objects have of themselves', () => {
    class Odd extends Float32Array {
      override get [Symbol.toStringTag](): 'Float32Array' {
        return 'constructor' as 'Float32Array';
      }
    }
    expect(() => tensor(new Odd(2))).toThrow('tensor: data is an Odd, must be a Float16Array');
  });
  test('cast rounds towards 0 and saturates; numbers must fit', () => {
    scope(() => {
      expect(tensor([300, -1, 1.5]).cast('uint8').toArray()).toEqual([255, 0, 1]);
      expect(tensor([255, 0], null, { dtype: 'uint8' }).toArray()).toEqual([255, 0]);
      expect(full([1], -128, { dtype: 'int8' }).item()).toBe(-128);
      expect(add(tensor([255], null, { dtype: 'uint8' }), 1).item()).toBe(0);
    });
  });
});
