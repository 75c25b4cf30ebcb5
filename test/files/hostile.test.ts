// biome-ignore-all format: tables with a case a line.
/** Files that are damaged or made to hurt: a sentence within a second, and nothing stays alive. */

import { deflateRawSync } from 'node:zlib';
import { init, ones, scope } from 'striate';
import { readNpy, readNpz, readSafetensors, writeNpy, writeNpz, writeSafetensors } from 'striate/files';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNothingLive } from '../support/runtime.ts';
import { any, gone, type Wrong } from '../support/wrong.ts';

const bytes = (text: string): number[] => [...Buffer.from(text)];
const u16 = (value: number): number[] => [value & 255, value >> 8];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
const u64 = (value: bigint): number[] => [...new Uint8Array(BigUint64Array.of(value).buffer)];

/** A .npy file by its header's text and so many bytes of elements. */
const npy = (header: string, elements = 0, version = 1): Uint8Array => Uint8Array.from([...[0x93, ...bytes('NUMPY'), version, 0], ...(version === 1 ? u16(header.length) : u32(header.length)), ...bytes(header), ...new Uint8Array(elements)]);

const dict = (descr: string, shape: string): string => `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;

/** A safetensors file by its header and so many bytes of elements. */
const safe = (header: unknown, elements = 0): Uint8Array => {
  const text = bytes(typeof header === 'string' ? header : JSON.stringify(header));
  return Uint8Array.from([...u64(BigInt(text.length)), ...text, ...new Uint8Array(elements)]);
};
const one = (dtype: unknown, shape: unknown, data_offsets: unknown) => safe({ w: { dtype, shape, data_offsets } }, 8);

/** A .npz file of a tensor `x`, with other bytes from a place in the directory on, counted from its beginning. */
function npz(at = 0, other: readonly number[] = []): Uint8Array {
  const file = scope(() => writeNpz({ x: ones([2]) }));
  const start = new DataView(file.buffer).getUint32(file.length - 6, true);
  file.set(other, start + at);
  return file;
}

/** The same with other bytes from a place in the last record on. */
function npzEnd(at: number, other: readonly number[]): Uint8Array {
  const file = npz();
  file.set(other, file.length - 22 + at);
  return file;
}

/** A .npz file with a member that is deflated and said to become so many bytes. */
function deflated(data: Uint8Array, size: number, crc = 0): Uint8Array {
  const name = bytes('x.npy');
  const sizes = [...u32(crc), ...u32(data.length), ...u32(size), ...u16(name.length), ...u16(0)];
  const local = [...u32(0x04034b50), ...u16(20), ...u16(0), ...u16(8), ...u32(0), ...sizes, ...name, ...data];
  const central = [...[...u32(0x02014b50), ...u16(20), ...u16(20), ...u16(0), ...u16(8), ...u32(0), ...sizes], ...[...u16(0), ...u16(0), ...u16(0), ...u32(0), ...u32(0), ...name]];
  const end = [...u16(0), ...u16(0), ...u16(1), ...u16(1), ...u32(central.length), ...u32(local.length), ...u16(0)];
  return Uint8Array.from([...local, ...central, ...u32(0x06054b50), ...end]);
}

/** Members of one archive: the second's entry in the directory says that it lies where the first does. */
function overlapping(): Uint8Array {
  const file = scope(() => writeNpz({ x: ones([2]), y: ones([2]) }));
  const start = new DataView(file.buffer).getUint32(file.length - 6, true);
  file.set(u32(0), start + 46 + 5 + 42);
  return file;
}

const ask = 'must be a dict of descr (the name of one dtype), fortran_order and shape';
const kinds = 'must be bool, or int or uint of 8 to 64 bits, or float of 16 to 64';
const dtypes = 'F32, F16, BF16, F64, I8, I16, I32, I64, U8, U16, U32, U64, BOOL';

const npys: Wrong[] = [
  ['a text', () => readNpy(any('a.npy')), TypeError, "readNpy: bytes is 'a.npy', must be a Uint8Array or ArrayBuffer"],
  ['floats', () => readNpy(any(new Float32Array(9))), TypeError, 'readNpy: bytes is a Float32Array, must be a Uint8Array or ArrayBuffer'],
  ['nothing', () => readNpy(new Uint8Array(0)), RangeError, 'readNpy: bytes is no .npy file: it must begin with \\x93NUMPY'],
  ['a version to come', () => readNpy(npy('', 0, 4)), RangeError, 'readNpy: bytes is a .npy file of version 4, must be of version 1, 2 or 3'],
  ['no version', () => readNpy(npy('').subarray(0, 6)), RangeError, 'readNpy: bytes is a .npy file of version 0, must be of version 1, 2 or 3'],
  ['no header', () => readNpy(npy('').subarray(0, 8)), RangeError, 'readNpy: bytes ends before its header, after 8 bytes'],
  ['a header that is cut', () => readNpy(npy(dict('<f4', '(2,)')).subarray(0, 50)), RangeError, 'readNpy: bytes has a header of 57 bytes, must have at most the 40 that follow'],
  ['a header of 4 GiB', () => readNpy(Uint8Array.of(0x93, ...bytes('NUMPY'), 2, 0, 255, 255, 255, 255)), RangeError, 'readNpy: bytes has a header of 4294967295 bytes, must have at most the 0 that follow'],
  ['no dict', () => readNpy(npy('[]')), RangeError, "readNpy: bytes has the header '[]', must be a dict of descr (the name of one dtype), fortran_order and shape"],
  ['an empty header', () => readNpy(npy('')), RangeError, `readNpy: bytes has the header '', ${ask}`],
  ['a header that is no text', () => readNpy(Uint8Array.of(0x93, ...bytes('NUMPY'), 3, 0, 1, 0, 0, 0, 255)), RangeError, `readNpy: bytes has the header '', ${ask}`],
  ['no shape', () => readNpy(npy("{'descr': '<f4', 'fortran_order': False}")), RangeError, `readNpy: bytes has the header '{'descr': '<f4', 'fortran_order': False}', ${ask}`],
  ['a structure', () => readNpy(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}")), RangeError, `readNpy: bytes has the header '{'descr': [('a', '<f4')], 'fortran_order…', ${ask}`],
  ['an expression', () => readNpy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2**53,)}")), RangeError, `readNpy: bytes has the header '{'descr': '<f4', 'fortran_order': False,…', ${ask}`],
  ['a negative size', () => readNpy(npy(dict('<f4', '(-1,)'))), RangeError, `readNpy: bytes has the header '{'descr': '<f4', 'fortran_order': False,…', ${ask}`],
  ['complex numbers', () => readNpy(npy(dict('<c8', '(1,)'), 8)), RangeError, `readNpy: bytes holds elements of dtype '<c8', ${kinds}`],
  ['objects', () => readNpy(npy(dict('|O', '(1,)'), 8)), RangeError, "readNpy: bytes holds elements of dtype '|O', must be bool, or int or uint of 8 to 64 bits, or float of 16 to 64"],
  ['long doubles', () => readNpy(npy(dict('<f16', '(1,)'), 16)), RangeError, `readNpy: bytes holds elements of dtype '<f16', ${kinds}`],
  ['a size of 2^53', () => readNpy(npy(dict('<f4', '(9007199254740993,)'))), RangeError, 'readNpy: bytes has the shape 9007199254740992, must have fewer than 2^31 elements'],
  ['2^60 elements', () => readNpy(npy(dict('|b1', '(1073741824, 1073741824)'))), RangeError, 'readNpy: bytes has the shape 1073741824x1073741824, must have fewer than 2^31 elements'],
  ['nothing along a huge axis', () => readNpy(npy(dict('<f4', '(0, 4294967296)'))), RangeError, 'readNpy: bytes has the shape 0x4294967296, must have fewer than 2^31 elements'],
  ['too few bytes', () => readNpy(npy(dict('<f4', '(2, 3)'), 23)), RangeError, 'readNpy: bytes has 23 bytes of elements, must have 24: shape 2x3 of float32'],
  ['too many bytes', () => readNpy(npy(dict('>i2', '()'), 3)), RangeError, 'readNpy: bytes has 3 bytes of elements, must have 2: shape scalar of int16'],
  ['an int64 beyond int32', () => readNpy(Uint8Array.of(...npy(dict('<i8', '(2,)')), ...u64(1n), ...u64(-(2n ** 40n)))), RangeError, 'readNpy: bytes holds -1099511627776 at 1, must fit in int32 (it is int64)'],
  ['a uint64 beyond int32', () => readNpy(Uint8Array.of(...npy(dict('<u8', '(1,)')), ...u64(2n ** 64n - 1n))), RangeError, 'readNpy: bytes holds 18446744073709551615 at 0, must fit in int32 (it is uint64)'],
  ['a uint32 beyond int32', () => readNpy(Uint8Array.of(...npy(dict('<u4', '(2,)')), ...u32(7), ...u32(2 ** 31))), RangeError, 'readNpy: bytes holds 2147483648 at 1, must fit in int32 (it is uint32)'],
  ['no tensor', () => writeNpy(any([1])), TypeError, 'writeNpy: tensor is [1], must be a Tensor'],
  ['a disposed tensor', () => writeNpy(gone()), TypeError, 'writeNpy: tensor is disposed'],
];

const npzs: Wrong[] = [
  ['nothing', () => readNpz(any(undefined)), TypeError, 'readNpz: bytes is undefined, must be a Uint8Array or ArrayBuffer'],
  ['no archive', () => readNpz(new Uint8Array(99)), RangeError, 'readNpz: bytes is no .npz file, or its end is missing: there is no directory of a ZIP archive'],
  ['few bytes', () => readNpz(new Uint8Array(3)), RangeError, 'readNpz: bytes is no .npz file, or its end is missing: there is no directory of a ZIP archive'],
  ['an archive that is cut', () => readNpz(npz().subarray(0, -1)), RangeError, 'readNpz: bytes is no .npz file, or its end is missing: there is no directory of a ZIP archive'],
  ['a directory that lies elsewhere', () => readNpz(npzEnd(16, u32(3))), RangeError, 'readNpz: bytes has a damaged directory: entry 0 of 1'],
  ['a directory beyond the end', () => readNpz(npzEnd(16, u32(0xfffffffe))), RangeError, 'readNpz: bytes has a damaged directory: entry 0 of 1'],
  ['more members than there are', () => readNpz(npzEnd(8, [...u16(9), ...u16(9)])), RangeError, 'readNpz: bytes has a damaged directory: entry 1 of 9'],
  ['zip64 by its number of members', () => readNpz(npzEnd(10, u16(0xffff))), RangeError, 'readNpz: bytes is a zip64 archive, of 4 GiB or 65535 members and more, which is not supported'],
  ['zip64 by a size', () => readNpz(npz(24, u32(0xffffffff))), RangeError, 'readNpz: bytes is a zip64 archive, of 4 GiB or 65535 members and more, which is not supported'],
  ['a name that is no text', () => readNpz(npz(46, [255])), RangeError, 'readNpz: bytes has a member whose name is no UTF-8'],
  ['encrypted', () => readNpz(npz(8, [1])), RangeError, "readNpz: bytes: member 'x.npy' is encrypted, which is not supported"],
  ['another compression', () => readNpz(npz(10, [12])), RangeError, "readNpz: bytes: member 'x.npy' is compressed by method 12, must be stored or deflated (0 or 8)"],
  ['a member that lies elsewhere', () => readNpz(npz(42, u32(4))), RangeError, "readNpz: bytes: member 'x.npy' lies at byte 4, where none begins"],
  ['a member beyond the end', () => readNpz(npz(42, u32(2 ** 31))), RangeError, "readNpz: bytes: member 'x.npy' lies at byte 2147483648, where none begins"],
  ['a member that is too long', () => readNpz(npz(20, [...u32(2 ** 31), ...u32(2 ** 31)])), RangeError, "readNpz: bytes: member 'x.npy' of 2147483648 bytes begins at byte 35, must end by 171, where the directory begins"],
  ['a stored member of two sizes', () => readNpz(npz(24, u32(7))), RangeError, "readNpz: bytes: member 'x.npy' has 136 bytes, which cannot be the 7 that it must become"],
  ['a bomb that cannot be', () => readNpz(deflated(new Uint8Array(9), 2 ** 31)), RangeError, "readNpz: bytes: member 'x.npy' has 9 bytes, which cannot be the 2147483648 that it must become"],
  ['deflated data that is none', () => readNpz(deflated(new Uint8Array(9).fill(255), 64)), RangeError, "readNpz: bytes: member 'x.npy' is damaged: it does not inflate to 64 bytes"],
  ['deflated data that becomes more', () => readNpz(deflated(deflateRawSync(new Uint8Array(1000)), 64)), RangeError, "readNpz: bytes: member 'x.npy' is damaged: it does not inflate to 64 bytes"],
  ['another checksum', () => readNpz(npz(16, u32(1))), RangeError, "readNpz: bytes: member 'x.npy' is damaged: its checksum is another"],
  ['members that overlap', () => readNpz(overlapping()), RangeError, "readNpz: bytes: members 'x.npy' and 'y.npy' overlap"],
  ['a name twice', () => readNpz(scope(() => writeNpz({ 'x.npy': ones([1]), x: ones([1]), y: ones([1]) }).map((byte, i, all) => (all[i] === 0x79 && all[i + 1] === 0x2e ? 0x78 : byte)))), RangeError, "readNpz: bytes holds the array 'x' twice"],
  ['a member that is no array', () => readNpz(deflated(deflateRawSync(Buffer.from('text')), 4, 0x3b8ba7c7)), RangeError, "readNpz: bytes: 'x' is no .npy file: it must begin with \\x93NUMPY"],
  ['no tensors', () => writeNpz(any([1])), TypeError, 'writeNpz: dict is [1], must be an object or Map of keys and tensors'],
  ['a number in the place of a tensor', () => writeNpz(any({ x: 3 })), TypeError, 'writeNpz: x is 3, must be a Tensor'],
  ['a key that is no text', () => writeNpz(any(new Map([[1, 2]]))), TypeError, 'writeNpz: a key of dict is 1, must be a string'],
  [
    '65535 tensors',
    () =>
      scope(() => {
        const x = ones([]);
        return writeNpz(Object.fromEntries(Array.from({ length: 65535 }, (_, i) => [`${i}`, x])));
      }),
    RangeError,
    'writeNpz: dict has 65535 tensors of 14788690 bytes, must have fewer than 65535 and 2^32 bytes',
  ],
];

const safes: Wrong[] = [
  ['null', () => readSafetensors(any(null)), TypeError, 'readSafetensors: bytes is null, must be a Uint8Array or ArrayBuffer'],
  ['few bytes', () => readSafetensors(new Uint8Array(7)), RangeError, 'readSafetensors: bytes has 7 bytes, must have at least 8'],
  ['a header of 2^53 bytes', () => readSafetensors(Uint8Array.from(u64(2n ** 53n))), RangeError, 'readSafetensors: bytes has a header of 9007199254740992 bytes, must have at most 100000000 and the 0 that follow'],
  ['a header that is cut', () => readSafetensors(safe({}, 0).subarray(0, 9)), RangeError, 'readSafetensors: bytes has a header of 2 bytes, must have at most 100000000 and the 1 that follow'],
  ['no JSON', () => readSafetensors(safe('{"w": ')), RangeError, `readSafetensors: bytes has the header '{"w": ', must be a JSON object`],
  ['a list', () => readSafetensors(safe('[1]')), RangeError, "readSafetensors: bytes has the header '[1]', must be a JSON object"],
  ['no text', () => readSafetensors(Uint8Array.of(...u64(1n), 255)), RangeError, "readSafetensors: bytes has the header '', must be a JSON object"],
  ['deep nesting', () => readSafetensors(safe('[{"a":'.repeat(100_000))), RangeError, `readSafetensors: bytes has the header '[{"a":[{"a":[{"a":[{"a":[{"a":[{"a":[{"a…', must be a JSON object`],
  ['a name twice', () => readSafetensors(safe('{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "\\u0077": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', 8)), RangeError, "readSafetensors: bytes has a header that holds 'w' twice"],
  ['a dtype twice', () => readSafetensors(safe('{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], "dtype": "I32"}}', 4)), RangeError, "readSafetensors: bytes has a header that holds 'dtype' twice"],
  ['metadata that are no texts', () => readSafetensors(safe({ __metadata__: { a: 1 } })), RangeError, 'readSafetensors: bytes has metadata that are an Object, must be an object of texts'],
  ['metadata that are a text', () => readSafetensors(safe({ __metadata__: 'a' })), RangeError, "readSafetensors: bytes has metadata that are 'a', must be an object of texts"],
  ['a number in the place of a tensor', () => readSafetensors(safe({ w: 3 })), RangeError, "readSafetensors: bytes: 'w' is described by 3, must be by dtype, shape and data_offsets"],
  ['another dtype', () => readSafetensors(one('F8_E4M3', [8], [0, 8])), RangeError, `readSafetensors: bytes: 'w' has the dtype 'F8_E4M3', must be ${dtypes}`],
  ['no dtype', () => readSafetensors(one(undefined, [8], [0, 8])), RangeError, `readSafetensors: bytes: 'w' has the dtype undefined, must be ${dtypes}`],
  ['a negative size', () => readSafetensors(one('F32', [-2], [0, 8])), RangeError, "readSafetensors: bytes: 'w' has the shape [-2], must be an array of integers from 0"],
  ['a size that is a text', () => readSafetensors(one('F32', ['2'], [0, 8])), RangeError, "readSafetensors: bytes: 'w' has the shape ['2'], must be an array of integers from 0"],
  ['a size of 2^53', () => readSafetensors(one('F32', [2 ** 52], [0, 2 ** 54])), RangeError, "readSafetensors: bytes: 'w' has the data_offsets [0, 18014398509481984], must be two integers from 0"],
  ['2^60 elements', () => readSafetensors(one('U8', [2 ** 30, 2 ** 30], [0, 2 ** 52])), RangeError, "readSafetensors: bytes: 'w' has the shape 1073741824x1073741824, must have fewer than 2^31 elements"],
  ['one offset', () => readSafetensors(one('F32', [2], [8])), RangeError, "readSafetensors: bytes: 'w' has the data_offsets [8], must be two integers from 0"],
  ['offsets in reverse', () => readSafetensors(one('F32', [2], [8, 0])), RangeError, "readSafetensors: bytes: 'w' lies from byte 8 to 0, must have 8 bytes: shape 2 of F32"],
  ['another size than the shape says', () => readSafetensors(one('F32', [3], [0, 8])), RangeError, "readSafetensors: bytes: 'w' lies from byte 0 to 8, must have 12 bytes: shape 3 of F32"],
  ['beyond the end', () => readSafetensors(one('F32', [2], [2 ** 40, 2 ** 40 + 8])), RangeError, "readSafetensors: bytes: 'w' begins at byte 1099511627776, must at 0, where the one before it ends"],
  ['more than the file has', () => readSafetensors(one('F32', [4], [0, 16])), RangeError, 'readSafetensors: bytes has 8 bytes of elements, must have 16, where the last tensor ends'],
  ['bytes that belong to nobody', () => readSafetensors(one('F32', [1], [0, 4])), RangeError, 'readSafetensors: bytes has 8 bytes of elements, must have 4, where the last tensor ends'],
  [
    'tensors that overlap',
    () =>
      readSafetensors(
        safe(
          {
            a: { dtype: 'I32', shape: [2], data_offsets: [0, 8] },
            b: { dtype: 'I32', shape: [1], data_offsets: [4, 8] },
          },
          8,
        ),
      ),
    RangeError,
    "readSafetensors: bytes: 'b' begins at byte 4, must at 8, where the one before it ends",
  ],
  [
    'an int64 beyond int32, behind a tensor that is already there',
    () =>
      readSafetensors(
        Uint8Array.of(
          ...safe({
            a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] },
            b: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
          }),
          ...u64(5n),
          ...u64(2n ** 31n),
        ),
      ),
    RangeError,
    "readSafetensors: bytes: 'b' holds 2147483648 at 0, must fit in int32 (it is int64)",
  ],
  ['no tensors', () => writeSafetensors(any(7)), TypeError, 'writeSafetensors: dict is 7, must be an object or Map of keys and tensors'],
  ['another option', () => writeSafetensors({}, any({ type: 'float16' })), TypeError, "writeSafetensors: there is no option 'type'; options are metadata, dtype"],
  ['another dtype to write', () => writeSafetensors({}, any({ dtype: 'float64' })), RangeError, "writeSafetensors: dtype is 'float64', must be 'float32' or 'float16' or 'bfloat16'"],
  ['metadata in a list', () => writeSafetensors({}, any({ metadata: ['a'] })), TypeError, "writeSafetensors: metadata is ['a'], must be an object of texts"],
  ['a number among the metadata', () => writeSafetensors({}, any({ metadata: { epoch: 3 } })), TypeError, 'writeSafetensors: metadata.epoch is 3, must be a text'],
  ["the metadata's own key", () => writeSafetensors(scope(() => ({ __metadata__: ones([1]) }))), RangeError, "writeSafetensors: dict has the key '__metadata__', which the format keeps for the option metadata"],
  ['a disposed tensor', () => writeSafetensors({ w: gone() }), TypeError, 'writeSafetensors: w is disposed'],
];

describe.each([
  ['npy', npys],
  ['npz', npzs],
  ['safetensors', safes],
] as const)('%s', (_, calls) => {
  beforeAll(async () => {
    await init();
  });
  test.each([...calls])('%s', (_title, call, kind, sentence) => {
    const start = performance.now();
    let error: Error | undefined;
    try {
      scope(() => void call());
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error?.message).toBe(sentence);
    expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
    if (sentence.startsWith('read')) expect(performance.now() - start).toBeLessThan(1000);
    expectNothingLive();
  });
});

describe('changed bytes', () => {
  const files: [string, (bytes: Uint8Array) => unknown, () => Uint8Array][] = [
    ['npy', readNpy, () => writeNpy(ones([2, 3]))],
    ['npz', readNpz, () => writeNpz({ a: ones([2, 3]), b: ones([4], { dtype: 'int8' }) })],
    ['safetensors', readSafetensors, () => writeSafetensors({ a: ones([2, 3]), b: ones([4], { dtype: 'int8' }) })],
  ];
  test.each(files)('%s: tensors or a RangeError, and nothing stays', async (_name, read, write) => {
    await init();
    const good = scope(write);
    let refused = 0;
    for (let at = 0; at < good.length; at++) {
      for (const mask of [1, 4, 32, 128, 255]) {
        const changed = good.slice();
        changed[at]! ^= mask;
        scope(() => {
          try {
            read(changed);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            refused++;
          }
        });
      }
    }
    for (let length = 0; length < good.length; length++) expect(() => read(good.subarray(0, length))).toThrow(RangeError);
    expect(refused).toBeGreaterThan(good.length / 2);
    expectNothingLive();
  });
});
