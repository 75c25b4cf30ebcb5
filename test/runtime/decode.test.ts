import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { difference } from '../../scripts/lib/pack.mjs';
import { fromBase64, inflated, patched } from '../../ts/engine/decode.ts';
import { inflate } from '../../ts/engine/inflate.ts';
import { BUILTINS, without } from '../support/without.ts';

/** Bytes of a simple generator, each below `below`. */
function bytes(count: number, below: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % below;
  });
}

const samples = [0, 1, 2, 259, 40_000, 70_001].flatMap((count) =>
  [1, 4, 256].map((below) => bytes(count, below)),
);

describe('the small inflate gives what node:zlib gives', () => {
  it.each([
    ['stored blocks', { level: 0 }],
    ['the fastest level', { level: 1 }],
    ['the best level', { level: 9 }],
    ['fixed codes', { strategy: 4 }],
    ['Huffman codes only', { strategy: 2 }],
    ['runs only', { strategy: 3 }],
  ])('%s', (_name, options) => {
    for (const sample of samples) {
      const given = inflate(deflateRawSync(sample, options), sample.length);
      expect(Buffer.from(given).equals(sample)).toBe(true);
    }
  });
});

describe('the small inflate refuses', () => {
  const sample = bytes(3000, 30);
  const damaged = new RangeError('inflate: the data is damaged, or has not 3000 bytes');
  const good = deflateRawSync(sample);
  it.each([
    ['nothing', Buffer.alloc(0), 3000],
    ['data that ends too early', good.subarray(0, -9), 3000],
    ['more than it is to be', deflateRawSync(bytes(3001, 30)), 3000],
    ['less than it is to be', deflateRawSync(bytes(2999, 30)), 3000],
    ['a run beyond the end', deflateRawSync(new Uint8Array(3001)), 3000],
    ['a third kind of block', Buffer.from([7]), 3000],
    ['a stored block that is longer than the data', Buffer.from([1, 0xff, 0xff, 0, 0, 1]), 3000],
    ['a distance to before the beginning', Buffer.from([0x03, 0x02, 0x00]), 3000],
  ])('%s', (_name, data, size) => {
    expect(() => inflate(data, size)).toThrow(damaged);
  });

  it('or gives something of the size, for each changed byte', () => {
    for (let i = 0; i < good.length; i++) {
      const changed = Buffer.from(good);
      changed[i]! ^= 1 << (i % 8);
      try {
        expect(inflate(changed, sample.length).length).toBe(sample.length);
      } catch (error) {
        expect(error).toEqual(damaged);
      }
    }
  });
});

describe('decoding with what the runtime has', () => {
  const sample = bytes(5000, 50);
  const text = deflateRawSync(sample).toString('base64');
  it.each<[string, [object, string][]]>([
    ['Node', []],
    ['a browser', [BUILTINS]],
    ['a browser without DecompressionStream', [BUILTINS, [globalThis, 'DecompressionStream']]],
  ])('%s', async (_name, absent) => {
    await without(absent, async () => {
      expect(Array.from(await inflated(fromBase64(text), sample.length))).toEqual(Array.from(sample));
    });
  });
  it('base64 without Buffer', async () => {
    const compressed = Array.from(deflateRawSync(sample));
    await without([[globalThis, 'Buffer']], async () => {
      expect(Array.from(fromBase64(text))).toEqual(compressed);
    });
  });
});

describe('the second variant as differences from the first', () => {
  const base = Buffer.from(bytes(3000, 256));
  it.each([
    ['equal', base],
    ['empty', Buffer.alloc(0)],
    ['nothing in common', Buffer.from(bytes(500, 3))],
    ['a byte changed', Buffer.concat([base.subarray(0, 700), Buffer.from([1, 2, 3]), base.subarray(701)])],
    ['a byte in twenty changed', base.map((byte, i) => (i % 20 === 7 ? byte + i : byte)) as Buffer],
    ['halves exchanged', Buffer.concat([base.subarray(1500), base.subarray(0, 1500)])],
    ['repeated', Buffer.concat([base.subarray(9, 99), base.subarray(9, 99), base.subarray(5, 70)])],
  ])('%s', (_name, to) => {
    expect(Buffer.from(patched(base, difference(base, to), to.length))).toEqual(to);
  });
});
