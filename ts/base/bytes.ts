/** Bytes that a user gives, and texts in files. */
import { wrongKind } from './errors.ts';
import { tagOf } from './realm.ts';

/** The bytes of a Uint8Array (Node's Buffer is one) or an ArrayBuffer, as a view. @throws TypeError */
export function bytesOf(where: string, name: string, value: unknown): Uint8Array {
  switch (tagOf(value)) {
    case 'Uint8Array': {
      const { buffer, byteOffset, byteLength } = value as Uint8Array;
      return new Uint8Array(buffer, byteOffset, byteLength);
    }
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return new Uint8Array(value as ArrayBufferLike);
    default:
      throw wrongKind(where, name, value, 'a Uint8Array or ArrayBuffer');
  }
}

/** Pieces one behind the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const hex = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`;

/** The text of UTF-8; undefined for what is none. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    // A page of jest's jsdom has none.
    if (typeof TextDecoder === 'undefined') return decodeURIComponent(Array.from(bytes, hex).join(''));
    // A copy: browsers' refuse shared memory.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.slice());
  } catch {
    return undefined;
  }
}

/** A text as UTF-8; half a surrogate pair becomes U+FFFD. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  if (typeof TextEncoder !== 'undefined') return new TextEncoder().encode(text);
  const whole = encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'));
  const bytes = whole.replace(/%(..)/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}
