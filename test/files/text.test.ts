import { describe, expect, test } from 'vitest';
import { decodeText, encodeText } from '../../ts/base/bytes.ts';
import { without } from '../support/without.ts';

/** A page of jest's jsdom has neither. */
const CODECS: [object, string][] = [
  [globalThis, 'TextDecoder'],
  [globalThis, 'TextEncoder'],
];

describe.each([
  ['as the platform has it', []],
  ['without TextDecoder and TextEncoder', CODECS],
] as const)('UTF-8 %s', (_, absent) => {
  test.each([
    ['nothing', '', ''],
    ['ASCII, with what URLs escape', 'a%20b\n\0~', '6125323062 0a 00 7e'],
    ['of two to four bytes', 'äभ😀', 'c3a4 e0a4ad f09f9880'],
    ['a mark at the beginning, which stays', '\ufeffa', 'efbbbf 61'],
  ])('%s', (_name, text, hex) =>
    without(absent, () => {
      const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
      expect(encodeText(text)).toEqual(bytes);
      expect(decodeText(bytes)).toBe(text);
    }),
  );

  test('half a surrogate pair', () =>
    without(absent, () => {
      expect(decodeText(encodeText('a\ud800b'))).toBe('a\ufffdb');
    }));

  test.each([[[255]], [[0xc3]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]]])('%j is none', (bytes) =>
    without(absent, () => {
      expect(decodeText(Uint8Array.from(bytes))).toBe(undefined);
    }),
  );
});
