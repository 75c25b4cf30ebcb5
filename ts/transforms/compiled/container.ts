/**
 * A file of a header and of data, each with its checksum:
 *
 *     'striate\0', then as uint32: bytes of the header, its checksum, its bytes as text; bytes of the data, their checksum
 *     the header: JSON in UTF-8, deflated where that is shorter
 *     zeros up to a multiple of 64 bytes, and the data
 *
 * Numbers are little-endian. The checksum is MurmurHash3 (Austin Appleby, 2011; x86, 32 bits), which tells damage, not intent.
 */
import { builtin } from '../../base/builtin.ts';
import { ModelError } from '../../base/errors.ts';
import { inflatedNow } from '../../engine/decode.ts';

const MAGIC = 'striate\0';
const WORDS = 5;
const FIXED = MAGIC.length + 4 * WORDS;
const ALIGNMENT = 64;
/** A text of more times its deflated bytes stays as it is: a small file must not become any number of large ones. */
const LARGEST_RATIO = 100;

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The bytes of a file. `header` is anything that JSON holds. */
export function packed(header: object, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const deflated = builtin<Zlib>('node:zlib')?.deflateRawSync?.(text, { level: 9 }) ?? text;
  const isShorter = deflated.length < text.length && text.length <= LARGEST_RATIO * deflated.length;
  const own = isShorter ? deflated : text;
  const start = aligned(FIXED + own.length);
  const file = new Uint8Array(start + data.length);
  for (let i = 0; i < MAGIC.length; i++) file[i] = MAGIC.charCodeAt(i);
  new Uint32Array(file.buffer, MAGIC.length, WORDS).set([
    own.length,
    checksum(own),
    text.length,
    data.length,
    checksum(data),
  ]);
  file.set(own, FIXED);
  file.set(data, start);
  return file;
}

/** What Node, Deno and Bun have for it; elsewhere the text stays as it is. */
interface Zlib {
  deflateRawSync?(bytes: Uint8Array, options: { level: number }): Uint8Array;
}

/** Whether these bytes begin as such a file does. */
export function isPacked(bytes: Uint8Array): boolean {
  return Array.from(MAGIC, (character, i) => bytes[i] === character.charCodeAt(0)).every(Boolean);
}

/** What a file holds, its header not checked any further. @throws ModelError that names `file` */
export function unpacked(
  bytes: Uint8Array,
  file: string,
): { readonly header: Readonly<Record<string, unknown>>; readonly data: Uint8Array } {
  if (!isPacked(bytes))
    throw new ModelError(`${file}: it is no compiled model: save writes those, loadModel reads ONNX`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (i: number) => (bytes.length < FIXED ? 0 : view.getUint32(MAGIC.length + 4 * i, true));
  const [length, sum, whole, size, sumOfData] = [word(0), word(1), word(2), word(3), word(4)];
  const start = aligned(FIXED + length);
  if (bytes.length !== start + size)
    throw new ModelError(`${file}: it has ${bytes.length} bytes, must have ${start + size}`);
  const own = bytes.subarray(FIXED, FIXED + length);
  if (checksum(own) !== sum) throw new ModelError(`${file}: its header is damaged`);
  const data = bytes.subarray(start);
  if (checksum(data) !== sumOfData) throw new ModelError(`${file}: its data are damaged`);
  return { header: parsed(own, whole, file), data };
}

function parsed(own: Uint8Array, whole: number, file: string): Record<string, unknown> {
  let [header, size]: [unknown, number] = [null, 0];
  try {
    const text = whole === own.length ? own : inflatedNow(own, Math.min(whole, LARGEST_RATIO * own.length));
    header = JSON.parse(new TextDecoder().decode(text));
    size = text.length;
  } catch (cause) {
    throw new ModelError(`${file}: its header is no JSON`, { cause });
  }
  if (size !== whole) throw new ModelError(`${file}: its header is damaged`);
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new ModelError(`${file}: its header is no object`);
  return header as Record<string, unknown>;
}

/** MurmurHash3 of bytes, whose last one to three count as a word that zeros fill. */
export function checksum(bytes: Uint8Array): number {
  const whole = bytes.byteLength & ~3;
  // Words are read in place where they can be.
  const words =
    bytes.byteOffset % 4 === 0
      ? new Uint32Array(bytes.buffer, bytes.byteOffset, whole / 4)
      : new Uint32Array(bytes.slice(0, whole).buffer);
  const scrambled = (word: number) => {
    const product = Math.imul(word, 0xcc9e2d51);
    return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
  };
  let hash = 0;
  for (let i = 0; i < words.length; i++) {
    const mixed = hash ^ scrambled(words[i] as number);
    hash = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
  }
  let last = 0;
  for (let i = bytes.byteLength - 1; i >= whole; i--) last = (last << 8) | (bytes[i] as number);
  hash ^= scrambled(last);
  hash ^= bytes.byteLength;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
