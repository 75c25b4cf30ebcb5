import { gunzipSync, gzipSync } from 'node:zlib';
import { disposeRuntime, init, memory } from 'striate';
import { readCifar10, readIdx } from 'striate/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import { any, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';

/** An IDX file: its type's code, its shape, its data. */
function idx(code: number, shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, code, shape.length]);
  for (const [axis, size] of shape.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * axis, size);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** Big-endian numbers. */
function numbers(
  kind: 'Int16' | 'Int32' | 'Float32' | 'Float64',
  bytes: number,
  values: number[],
): Uint8Array {
  const data = new Uint8Array(values.length * bytes);
  const view = new DataView(data.buffer);
  for (const [i, value] of values.entries()) view[`set${kind}`](i * bytes, value);
  return data;
}

const images = idx(
  8,
  [2, 2, 3],
  Uint8Array.from({ length: 12 }, (_, i) => 20 * i),
);

/** Runs a call as a runtime without node:zlib does. */
function withoutZlib<T>(call: () => T): T {
  const own = Object.getOwnPropertyDescriptor(process, 'getBuiltinModule')!;
  Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true });
  try {
    return call();
  } finally {
    Object.defineProperty(process, 'getBuiltinModule', own);
  }
}

const record = (label: number, first: number): Uint8Array => {
  const bytes = Uint8Array.from({ length: 3073 }, (_, i) => first + i);
  bytes[0] = label;
  return bytes;
};

withRuntime('files', () => {
  test.each<[string, Uint8Array, string, unknown]>([
    [
      'bytes',
      images,
      'uint8',
      [
        [
          [0, 20, 40],
          [60, 80, 100],
        ],
        [
          [120, 140, 160],
          [180, 200, 220],
        ],
      ],
    ],
    ['signed bytes', idx(9, [2], Uint8Array.of(255, 128)), 'int8', [-1, -128]],
    ['16 bits', idx(11, [2], numbers('Int16', 2, [-2, 300])), 'int32', [-2, 300]],
    ['32 bits', idx(12, [1, 2], numbers('Int32', 4, [-2, 70000])), 'int32', [[-2, 70000]]],
    ['floats', idx(13, [2], numbers('Float32', 4, [0.5, -3])), 'float32', [0.5, -3]],
    ['doubles', idx(14, [2], numbers('Float64', 8, [0.25, 1e-3])), 'float32', [0.25, Math.fround(1e-3)]],
    ['a scalar', idx(8, [], Uint8Array.of(7)), 'uint8', 7],
    ['nothing in it', idx(8, [0, 28], new Uint8Array(0)), 'uint8', []],
  ])('IDX of %s', (_, bytes, dtype, values) => {
    const made = readIdx(bytes);
    expect([made.dtype, made.toArray()]).toEqual([dtype, values]);
    made.dispose();
  });

  test('IDX in an ArrayBuffer, and in a view of a part of one', () => {
    const around = new Uint8Array(images.length + 9);
    around.set(images, 5);
    for (const bytes of [
      images.buffer as ArrayBuffer,
      around.subarray(5, 5 + images.length),
      Buffer.from(images),
    ]) {
      const made = readIdx(bytes);
      expect(made.data[1]).toBe(20);
      made.dispose();
    }
  });

  test('gzip, with and without node:zlib, with every field of the header', () => {
    const packed = new Uint8Array(gzipSync(images));
    // extra field, name, comment, checksum of the header
    const fields = [2, 0, 9, 9, ...Buffer.from('a\0b\0'), 0, 0];
    const full = Uint8Array.from([...packed.subarray(0, 10), ...fields, ...packed.subarray(10)]);
    full[3] = 4 | 8 | 16;
    full.copyWithin(10 + fields.length - 2, 10 + fields.length);
    const some = full.subarray(0, -2); // without the header's checksum, which zlib would check
    for (const bytes of [packed, some]) {
      expect(new Uint8Array(gunzipSync(bytes))).toEqual(images);
      for (const made of [readIdx(bytes), withoutZlib(() => readIdx(bytes))]) {
        expect(made.shape).toEqual([2, 2, 3]);
        expect(made.data[11]).toBe(220);
        made.dispose();
      }
    }
  });

  test("CIFAR-10's records: classes, and planes of red, green and blue", () => {
    const file = new Uint8Array(2 * 3073);
    file.set(record(3, 0));
    file.set(record(9, 100), 3073);
    for (const bytes of [file, new Uint8Array(gzipSync(file))]) {
      const [pictures, classes] = readCifar10(bytes);
      expect([pictures.shape, pictures.dtype, classes.dtype]).toEqual([[2, 3, 32, 32], 'uint8', 'int32']);
      expect(classes.toArray()).toEqual([3, 9]);
      expect([pictures.data[0], pictures.data[3071], pictures.data[3072]]).toEqual([1, 3072 & 255, 101]);
      pictures.dispose();
      classes.dispose();
    }
  });
});

describe('a damaged file is refused with what is wrong', () => {
  beforeAll(async () => {
    await init();
  });
  afterAll(disposeRuntime);
  const packed = new Uint8Array(gzipSync(new Uint8Array(5000).map((_, i) => (i * i) % 251)));
  const changed = (at: number): Uint8Array =>
    packed.map((byte, i) => (i === (at + packed.length) % packed.length ? byte ^ 1 : byte));
  const tar = new Uint8Array(3073);
  tar.set(Buffer.from('ustar'), 257);
  const damaged = 'readIdx: bytes is a damaged gzip file';
  const begins = (what: string) =>
    `readIdx: bytes begins with ${what}, must begin with 0 0, a type of 8 9 11 12 13 14, and the number of axes`;
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['a text', () => readIdx(any('train-images')), TypeError, "readIdx: bytes is 'train-images', must be a Uint8Array or ArrayBuffer"],
    ['floats', () => readCifar10(any(new Float32Array(3073))), TypeError, 'readCifar10: bytes is a Float32Array, must be a Uint8Array or ArrayBuffer'],
    ['nothing', () => readIdx(new Uint8Array(0)), RangeError, begins('nothing')],
    ['a picture', () => readIdx(Uint8Array.of(0x89, 80, 78, 71, 13)), RangeError, begins('137 80 78 71')],
    ['a type that there is not', () => readIdx(idx(10, [1], Uint8Array.of(1))), RangeError, begins('0 0 10 1')],
    ['a header cut short', () => readIdx(images.subarray(0, 9)), RangeError, 'readIdx: bytes ends after 9, within the header, which has 16 for 3 axes'],
    ['data cut short', () => readIdx(images.subarray(0, -1)), RangeError, 'readIdx: bytes has 27, must have 28 for shape 2x2x3 of uint8'],
    ['data too long', () => readIdx(Uint8Array.from([...images, 0])), RangeError, 'readIdx: bytes has 29, must have 28 for shape 2x2x3 of uint8'],
    ['sizes beyond everything', () => readIdx(idx(14, new Array(6).fill(0xffffffff), new Uint8Array(8))), RangeError, `readIdx: bytes has 36, must have ${28 + 8 * 0xffffffff ** 6} for shape ${new Array(6).fill(0xffffffff).join('x')} of float64`],
    ['gzip that ends', () => readIdx(packed.subarray(0, 100)), RangeError, damaged],
    ['the same without node:zlib', () => withoutZlib(() => readIdx(packed.subarray(0, 100))), RangeError, damaged],
    ['gzip whose size differs', () => withoutZlib(() => readIdx(changed(-3))), RangeError, damaged],
    ['gzip of gigabytes', () => withoutZlib(() => readIdx(changed(-1).map((b, i, all) => (i > all.length - 3 ? 255 : b)))), RangeError, damaged],
    ['gzip whose checksum differs', () => withoutZlib(() => readIdx(changed(-6))), RangeError, damaged],
    ['gzip with a wrong bit', () => withoutZlib(() => readIdx(changed(60))), RangeError, damaged],
    ['gzip of a header alone', () => withoutZlib(() => readIdx(Uint8Array.of(0x1f, 0x8b, 8, 8))), RangeError, damaged],
    ['records that are not whole', () => readCifar10(new Uint8Array(3072)), RangeError, 'readCifar10: bytes has 3072, must have a multiple of 3073, a class and 3x32x32 pixels of each image'],
    ['no records', () => readCifar10(new Uint8Array(0)), RangeError, 'readCifar10: bytes has 0, must have a multiple of 3073, a class and 3x32x32 pixels of each image'],
    ['an archive', () => readCifar10(tar), RangeError, 'readCifar10: bytes is a tar archive, must be a file of it, such as data_batch_1.bin'],
    ['a class that there is not', () => readCifar10(record(10, 0)), RangeError, 'readCifar10: image 0 has class 10, must be from 0 to 9'],
  ];
  refused(calls);
  test('every bit of a gzip file that is changed ends in a result or that sentence', () => {
    const small = new Uint8Array(gzipSync(images));
    for (let at = 0; at < 8 * small.length; at++) {
      const bytes = small.slice();
      bytes[at >> 3]! ^= 1 << (at & 7);
      try {
        withoutZlib(() => readIdx(bytes)).dispose();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
    expect(memory.stats().liveTensors).toBe(0);
  });
});
