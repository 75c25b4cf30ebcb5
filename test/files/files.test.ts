/** Files of tensors: those of numpy and safetensors are read as these libraries read them, and what is written comes back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AnyTensor,
  Conv2d,
  type DType,
  disposeRuntime,
  init,
  memory,
  ones,
  scope,
  type Tensor,
  tensor,
} from 'striate';
import { readNpy, readNpz, readSafetensors, writeNpy, writeNpz, writeSafetensors } from 'striate/files';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { crc32 } from '../../ts/base/crc32.ts';
import { inEachVariant, withRuntime } from '../support/runtime.ts';
import { BUILTINS, without } from '../support/without.ts';
import { allTaken, contents, fromBase64, references, taken } from './references.ts';

inEachVariant('what numpy and safetensors wrote', () => {
  test.each(references.npy)('npy: $name', (reference) => {
    expect(taken(readNpy(fromBase64(reference.bytes)))).toEqual(contents(reference));
  });

  test.each(references.npz)('npz: $name', async ({ bytes, arrays }) => {
    const expected = Object.fromEntries(Object.entries(arrays).map(([name, one]) => [name, contents(one)]));
    expect(allTaken(readNpz(fromBase64(bytes)))).toEqual(expected);
    // As in a browser, which has neither node:zlib's inflate nor its checksum.
    const found = await without([BUILTINS], () => readNpz(fromBase64(bytes)));
    expect(allTaken(found)).toEqual(expected);
  });

  test('safetensors', () => {
    const { bytes, metadata: texts, tensors: all } = references.safetensors;
    const { tensors, metadata } = readSafetensors(fromBase64(bytes));
    expect(metadata).toEqual(texts);
    expect(allTaken(tensors)).toEqual(
      Object.fromEntries(Object.entries(all).map(([name, one]) => [name, contents(one)])),
    );
  });
});

/** A tensor of each dtype, and odd shapes and names. */
const samples = (): Record<string, Tensor<DType>> => ({
  floats: tensor([
    [0.5, -1e-3, 3e38],
    [Number.NaN, Infinity, -0],
  ]),
  ints: tensor([[[1], [-(2 ** 31)]]], undefined, { dtype: 'int32' }),
  bytes: tensor([0, 255, 7], undefined, { dtype: 'uint8' }),
  signed: tensor([-128, 127], undefined, { dtype: 'int8' }),
  scalar: tensor(4),
  none: tensor([], [0, 3]),
  'deep/käse': tensor([1]),
  ['__proto__']: tensor([2]),
  7: tensor([3]),
});

/** The samples, what `write` makes of them, and what `read` makes of that, as what is in them. */
function there<T>(
  write: (tensors: Record<string, Tensor<DType>>) => T,
  read: (file: T) => Record<string, AnyTensor>,
) {
  return scope(() => {
    const tensors = samples();
    const found = allTaken(read(write(tensors)));
    return { given: allTaken(tensors), found };
  });
}

withRuntime('what is written comes back', () => {
  test.each(Object.keys(samples))('npy: %s', (name) => {
    scope(() => {
      const one = samples()[name]!;
      const file = writeNpy(one);
      expect(file.length - one.data.byteLength).toSatisfy((header: number) => header % 64 === 0);
      expect(taken(readNpy(file))).toEqual(taken(one));
    });
  });

  test('npz, from an object or a Map', () => {
    const { given, found } = there(writeNpz, readNpz);
    expect(found).toEqual(given);
    expect(Object.keys(found)).toContain('__proto__');
    expect(there((tensors) => writeNpz(new Map(Object.entries(tensors))), readNpz).found).toEqual(given);
  });

  test('safetensors, from an object or a Map', () => {
    const { given, found } = there(writeSafetensors, (file) => readSafetensors(file).tensors);
    expect(found).toEqual(given);
    expect(Object.keys(found)).toContain('__proto__');
  });

  test('the same tensors give the same bytes', () => {
    scope(() => {
      expect(writeNpz(samples())).toEqual(writeNpz(samples()));
      expect(writeSafetensors(samples())).toEqual(writeSafetensors(samples()));
    });
  });

  test('safetensors: metadata, and every tensor at a multiple of its element', () => {
    const metadata = { epoch: '3', 'ä "b"': '\n', half: '\ud800' };
    const file = scope(() => writeSafetensors(samples(), { metadata }));
    const { tensors, metadata: found } = readSafetensors(file);
    allTaken(tensors);
    expect(found).toEqual({ ...metadata, half: '\ud800' });
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    expect(header.ints.data_offsets[0] % 4).toBe(0);
  });

  test('halves are the nearest, ties to even; integers stay', () => {
    scope(() => {
      const values = [1 / 3, 65504, 65519, 65520, -1e9, 2 ** -24, 2 ** -25, 1 + 2 ** -11, 1 + 3 * 2 ** -11];
      const x = tensor([...values, Number.NaN, -0]);
      const n = tensor([70000], undefined, { dtype: 'int32' });
      const written = (dtype: 'float16' | 'bfloat16') => {
        const { tensors } = readSafetensors(writeSafetensors({ x, n }, { dtype }));
        expect(tensors.n!.item()).toBe(70000);
        return Array.from(tensors.x!.data);
      };
      expect(written('float16')).toEqual([
        ...[0.333251953125, 65504, 65504, Infinity, -Infinity, 2 ** -24, 0, 1, 1 + 2 ** -9, Number.NaN, -0],
      ]);
      expect(written('bfloat16').slice(0, 5)).toEqual([0.333984375, 65536, 65536, 65536, -998244352]);
    });
  });

  test("a module's state", () => {
    scope(() => {
      const [a, b] = [new Conv2d(3, 4, 3, { seed: 1 }), new Conv2d(3, 4, 3, { seed: 2 })];
      const { tensors } = readSafetensors(writeSafetensors(a.stateDict()));
      expectTypeOf(tensors).toEqualTypeOf<Record<string, AnyTensor>>();
      b.loadStateDict(tensors);
      expect(Array.from(b.stateDict().weight!.data)).toEqual(Array.from(a.stateDict().weight!.data));
      b.loadStateDict(readNpz(writeNpz(a.stateDict())));
    });
  });

  test('bytes at odd places, of an ArrayBuffer, and in shared memory', () => {
    const file = scope(() => writeNpz({ x: ones([3]) }));
    const shared = new Uint8Array(new SharedArrayBuffer(file.length + 1)).subarray(1);
    shared.set(file);
    for (const bytes of [Buffer.concat([Buffer.of(0), file]).subarray(1), file.buffer, shared])
      expect(taken(readNpz(bytes).x!).values).toEqual([1, 1, 1]);
  });

  test('checksums are those of node:zlib', async () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
    expect([crc32(bytes), await without([BUILTINS], () => crc32(bytes))]).toEqual([290117119, 290117119]);
  });
});

describe('Python reads it', () => {
  const python = process.env.PYTHON ?? 'python3';
  const has = (() => {
    try {
      execFileSync(python, ['-c', 'import numpy, safetensors'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();

  test.skipIf(!has)('with numpy and safetensors, which are not everywhere', async () => {
    await init();
    const folder = mkdtempSync(join(tmpdir(), 'striate-files-'));
    const [npy, npz, safe] = ['a.npy', 'a.npz', 'a.safetensors'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const given = scope(() => {
      const tensors = samples();
      writeFileSync(npy, writeNpy(tensors.floats!));
      writeFileSync(npz, writeNpz(tensors));
      writeFileSync(safe, writeSafetensors(tensors, { metadata: { a: 'b' }, dtype: 'float16' }));
      return allTaken(tensors);
    });
    disposeRuntime();
    const script = fileURLToPath(new URL('readBack.py', import.meta.url));
    const printed = execFileSync(python, [script, npy, npz, safe], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    const found = JSON.parse(printed.replace(/\bNaN\b/g, '"NaN"').replace(/(-?)Infinity/g, '"$1Infinity"'));
    const texts = ({
      dtype,
      shape,
      values,
    }: {
      dtype: string;
      shape: readonly number[];
      values: readonly unknown[];
    }) => ({
      dtype,
      shape,
      values: values.map(Number),
    });
    const { floats, ...rest } = given as Required<typeof given>;
    expect(texts(found[npy])).toEqual(floats);
    for (const [name, one] of Object.entries(given)) expect(texts(found[npz][name]), name).toEqual(one);
    expect(found[safe].metadata).toEqual({ a: 'b' });
    for (const [name, one] of Object.entries(rest)) {
      const dtype = one.dtype === 'float32' ? 'float16' : one.dtype;
      expect(texts(found[safe][name]), name).toEqual({ ...one, dtype });
    }
    expect(memory.stats().liveBytes).toBe(0);
  });
});
