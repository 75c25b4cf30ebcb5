/** The simd variant as it is made of the relaxed one: by the build, and by an application that holds the other alone. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { packed } from '../../build/kernels.js';
import { localSummands, plainBytes } from '../../scripts/lib/plain.mjs';
import { unpackedNow } from '../../ts/engine/packed.ts';
import { plain } from '../../ts/engine/plain.ts';

const file = (name: string) => readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));

test('a summand that is no local becomes one', () => {
  const madd = (a: string, b: string, c: string) => `(f32x4.relaxed_madd\n ${a}\n ${b}\n ${c})`;
  const [get, load] = ['(local.get $0)', '(v128.load (local.get $1))'];
  const form = (body: string, locals = '') =>
    `(module\n (func $0 (param $0 v128) (param $1 i32) (result v128)${locals}\n  ${body}\n )\n)`;
  expect(localSummands(form(madd(get, get, get)))).toBe(form(madd(get, get, get)));
  const tee = (value: string) => `(local.tee $summand ${value})`;
  expect(localSummands(form(madd(load, get, madd(get, get, load)), '\n  (local $2 i32)'))).toBe(
    form(madd(load, get, tee(madd(get, get, tee(load)))), '\n  (local $2 i32)\n  (local $summand v128)'),
  );
});

test('a summand comes behind the product, and whatever has an instruction of its own takes its place', () => {
  const [mul, add, madd] = [
    [0xfd, 0xe6, 1],
    [0xfd, 0xe4, 1],
    [0xfd, 0x85, 2],
  ];
  const pairs: [relaxed: number[], simd: number[]][] = [
    [
      [0x20, 7, ...madd],
      [...mul, 0x20, 7, ...add],
    ],
    [
      [0x22, 0x80, 1, ...madd],
      [0x21, 0x80, 1, ...mul, 0x20, 0x80, 1, ...add],
    ],
    [
      [0xfd, 0x80, 2],
      [0xfd, 0x0e],
    ],
    [
      [0xfd, 0x85, 1, 0xfd],
      [0xfd, 0x85, 1, 0xfd],
    ],
  ];
  for (const [relaxed, simd] of pairs) expect([...plain(Uint8Array.from(relaxed))]).toEqual(simd);
  const all = pairs.flatMap(([relaxed]) => relaxed);
  expect([...plain(Uint8Array.from(all))]).toEqual(pairs.flatMap(([, simd]) => simd));
});

test('the build and the application make the same', () => {
  const relaxed = file('relaxed');
  expect(Buffer.from(plain(relaxed)).equals(plainBytes(relaxed).bytes)).toBe(true);
});

test('nothing relaxed is left', () => {
  expect(plainBytes(file('relaxed')).codes.length).toBeGreaterThan(500);
  expect(plainBytes(file('simd')).codes).toEqual([]);
  expect(plainBytes(Buffer.from(unpackedNow(packed, 'simd'))).codes).toEqual([]);
});
