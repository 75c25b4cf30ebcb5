/**
 * Gzip (RFC 1952): by node:zlib where there is one, else by the small inflate, which takes a second for 5 MB. Web streams are no
 * help to what gives its result at once.
 */
import { builtin } from '../base/builtin.ts';
import { bytesOf } from '../base/bytes.ts';
import { crc32 } from '../base/crc32.ts';
import { inflate } from '../engine/inflate.ts';

/** The bytes of a file, unpacked where they are gzip. @throws RangeError for damaged gzip; TypeError for what is no bytes */
export function unpacked(where: string, given: unknown): Uint8Array {
  const bytes = bytesOf(where, 'bytes', given);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const zlib = builtin<{ gunzipSync?(bytes: Uint8Array): Uint8Array }>('node:zlib');
  try {
    return zlib?.gunzipSync?.(bytes) ?? gunzip(bytes);
  } catch (cause) {
    throw new RangeError(`${where}: bytes is a damaged gzip file`, { cause });
  }
}

/** Deflate makes a byte of 1032 at most. */
const MOST = 1032;

/** One member. @throws whatever, for what is damaged */
function gunzip(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(3);
  let at = 10;
  if (flags & 4) at += 2 + view.getUint16(at, true);
  for (const text of [8, 16]) if (flags & text) at = bytes.indexOf(0, at) + 1 || bytes.length;
  if (flags & 2) at += 2;
  const size = view.getUint32(bytes.length - 4, true);
  if (size > MOST * bytes.length) throw new Error('size');
  const whole = inflate(bytes.subarray(at, -8), size);
  if (crc32(whole) !== view.getUint32(bytes.length - 8, true)) throw new Error('checksum');
  return whole;
}
