/**
 * A file of a header and sections of bytes, each with its checksum:
 *
 *     'striate\0', then as uint32: bytes of the header, its checksum, bytes of the whole file, 0
 *     the header, JSON in UTF-8, which lists the sections: [offset, bytes, checksum] each
 *     the sections, each at a multiple of 64 bytes
 *
 * Numbers are little-endian. The checksum is MurmurHash3 (Austin Appleby, 2011; x86, 32 bits), which tells damage, not intent.
 */
import { ModelError } from '../../base/errors.ts';

const MAGIC = 'striate\0';
const FIXED = 24;
const ALIGNMENT = 64;

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The bytes of a file. `header` is anything that JSON holds. */
export function packed(header: object, sections: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let end = 0;
  const table = sections.map((section) => {
    const offset = end;
    end = aligned(end + section.byteLength);
    return [offset, section.byteLength, checksum(section)];
  });
  const text = new TextEncoder().encode(JSON.stringify({ ...header, sections: table }));
  const start = aligned(FIXED + text.length);
  const file = new Uint8Array(start + end);
  for (let i = 0; i < MAGIC.length; i++) file[i] = MAGIC.charCodeAt(i);
  new Uint32Array(file.buffer, MAGIC.length, 4).set([text.length, checksum(text), file.length, 0]);
  file.set(text, FIXED);
  sections.forEach((section, i) => {
    file.set(section, start + table[i]![0]!);
  });
  return file;
}

/** Whether these bytes begin as such a file does. */
export function isPacked(bytes: Uint8Array): boolean {
  return Array.from(MAGIC, (character, i) => bytes[i] === character.charCodeAt(0)).every(Boolean);
}

/** What a file holds, its header not checked any further. @throws ModelError that names `file` */
export function unpacked(
  bytes: Uint8Array,
  file: string,
): { readonly header: Readonly<Record<string, unknown>>; readonly sections: readonly Uint8Array[] } {
  if (!isPacked(bytes))
    throw new ModelError(`${file}: it is no compiled model: save writes those, loadModel reads ONNX`);
  const word = (i: number) =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length + 4 * i, true);
  const [length, sum, all] = bytes.length < FIXED ? [0, 0, FIXED] : [word(0), word(1), word(2)];
  if (all !== bytes.length || length > bytes.length - FIXED)
    throw new ModelError(`${file}: it has ${bytes.length} bytes, must have ${Math.max(all, FIXED + length)}`);
  const text = bytes.subarray(FIXED, FIXED + length);
  if (checksum(text) !== sum) throw new ModelError(`${file}: its header is damaged`);
  const header = parsed(text, file);
  const start = aligned(FIXED + length);
  const table = header.sections;
  if (!Array.isArray(table)) throw new ModelError(`${file}: its header lists no sections`);
  const sections = table.map((entry: unknown, i) => {
    const [offset, size, expected] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (!isCount(offset) || !isCount(size) || offset % 4 !== 0 || start + offset + size > bytes.length)
      throw new ModelError(`${file}: section ${i} does not lie inside it`);
    const section = bytes.subarray(start + offset, start + offset + size);
    if (checksum(section) !== expected) throw new ModelError(`${file}: section ${i} is damaged`);
    return section;
  });
  return { header, sections };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parsed(text: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(text));
  } catch (cause) {
    throw new ModelError(`${file}: its header is no JSON`, { cause });
  }
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
