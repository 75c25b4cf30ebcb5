/**
 * ZIP archives as numpy writes them: members that are stored or deflated, and at the end the directory that says where each lies.
 * What stands before a member is not trusted: numpy leaves its sizes out there. No zip64, no encryption.
 */
import { builtin } from '../base/builtin.ts';
import { decodeText, encodeText, joined } from '../base/bytes.ts';
import { crc32 } from '../base/crc32.ts';
import { inflate } from '../engine/inflate.ts';

/** What Node, Deno and Bun have for it. */
interface Zlib {
  inflateRawSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
}

/** A member: where it lies in the archive, and what it must be. */
interface Entry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly crc: number;
  readonly size: number;
  /** Where its own header begins, its bytes, and their end. */
  readonly start: number;
  readonly at: number;
  readonly end: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Bytes of these without names and comments. */
const [LOCAL_BYTES, CENTRAL_BYTES, END_BYTES] = [30, 46, 22];

/** 258 bytes in two bits: nothing that is deflated becomes more times as long. */
const LARGEST_RATIO = 1032;

/** 1980-01-01, the earliest, so that the same tensors give the same file. */
const DATE = 0x21;

/** The members of an archive by name. @throws RangeError for what is damaged or not supported */
export function readZip(what: string, bytes: Uint8Array): { name: string; read: () => Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = findEnd(what, view);
  const [count, size, start] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) throw zip64(what);
  const entries: Entry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) {
      throw new RangeError(`${what} has a damaged directory: entry ${i} of ${count}`);
    }
    entries.push(readEntry(what, view, at, start));
    at +=
      CENTRAL_BYTES +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
  }
  requireApart(what, entries);
  return entries.map((entry) => ({ name: entry.name, read: () => readMember(what, bytes, entry) }));
}

/** Where the record lies that ends the archive; a comment may follow. */
function findEnd(what: string, view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) <= last - at) return at;
  }
  throw new RangeError(
    `${what} is no .npz file, or its end is missing: there is no directory of a ZIP archive`,
  );
}

function readEntry(what: string, view: DataView, at: number, limit: number): Entry {
  const short = (offset: number) => view.getUint16(at + offset, true);
  const long = (offset: number) => view.getUint32(at + offset, true);
  const [flags, method, crc, packed, size, start] = [
    short(8),
    short(10),
    long(16),
    long(20),
    long(24),
    long(42),
  ];
  const from = view.byteOffset + at + CENTRAL_BYTES;
  const name = decodeText(
    new Uint8Array(view.buffer, from, Math.min(short(28), view.byteLength - at - CENTRAL_BYTES)),
  );
  const member = `${what}: member '${name}'`;
  if (name === undefined) throw new RangeError(`${what} has a member whose name is no UTF-8`);
  if (packed === 0xffffffff || size === 0xffffffff || start === 0xffffffff) throw zip64(what);
  if (flags & 1) throw new RangeError(`${member} is encrypted, which is not supported`);
  if (method !== 0 && method !== 8) {
    throw new RangeError(`${member} is compressed by method ${method}, must be stored or deflated (0 or 8)`);
  }
  if (start + LOCAL_BYTES > limit || view.getUint32(start, true) !== LOCAL) {
    throw new RangeError(`${member} lies at byte ${start}, where none begins`);
  }
  const data = start + LOCAL_BYTES + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  if (data + packed > limit) {
    throw new RangeError(
      `${member} of ${packed} bytes begins at byte ${data}, must end by ${limit}, where the directory begins`,
    );
  }
  const isPossible = method === 0 ? size === packed : size <= LARGEST_RATIO * packed;
  if (!isPossible)
    throw new RangeError(`${member} has ${packed} bytes, which cannot be the ${size} that it must become`);
  return { name, isDeflated: method === 8, crc, size, start, at: data, end: data + packed };
}

const zip64 = (what: string): RangeError =>
  new RangeError(`${what} is a zip64 archive, of 4 GiB or 65535 members and more, which is not supported`);

/** Members on each other's bytes would let a small file become any number of large ones. */
function requireApart(what: string, entries: readonly Entry[]): void {
  const sorted = [...entries].sort((a, b) => a.start - b.start);
  for (const [i, { name, start }] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before !== undefined && start < before.end) {
      throw new RangeError(`${what}: members '${before.name}' and '${name}' overlap`);
    }
  }
}

function readMember(
  what: string,
  bytes: Uint8Array,
  { name, isDeflated, crc, size, at, end }: Entry,
): Uint8Array {
  const member = `${what}: member '${name}'`;
  const packed = bytes.subarray(at, end);
  let whole = packed;
  if (isDeflated) {
    try {
      const zlib = builtin<Zlib>('node:zlib');
      whole = zlib?.inflateRawSync(packed, { maxOutputLength: Math.max(1, size) }) ?? inflate(packed, size);
    } catch (cause) {
      throw new RangeError(`${member} is damaged: it does not inflate to ${size} bytes`, { cause });
    }
  }
  if (whole.length === size && crc32(whole) === crc) return whole;
  throw new RangeError(`${member} is damaged: its checksum is another`);
}

/** An archive of stored members. @throws RangeError for more than fits without zip64 */
export function writeZip(
  what: string,
  files: readonly { name: string; bytes: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  const named = files.map(({ name, bytes }) => ({ text: encodeText(name), bytes, crc: crc32(bytes) }));
  const total = named.reduce(
    (sum, { text, bytes }) => sum + LOCAL_BYTES + CENTRAL_BYTES + 2 * text.length + bytes.length,
    0,
  );
  if (named.length >= 0xffff || total >= 0xffffffff) {
    throw new RangeError(
      `${what} has ${named.length} tensors of ${total} bytes, must have fewer than 65535 and 2^32 bytes`,
    );
  }
  const [members, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const { text, bytes, crc } of named) {
    // Version 2.0, names are UTF-8, stored, the date; the sizes.
    const common = [
      shorts(20, 0x800, 0, 0, DATE),
      longs(crc, bytes.length, bytes.length),
      shorts(text.length, 0),
    ];
    members.push(longs(LOCAL), ...common, text, bytes);
    directory.push(longs(CENTRAL), shorts(20), ...common, shorts(0, 0, 0), longs(0, at), text);
    at += LOCAL_BYTES + text.length + bytes.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = [shorts(0, 0, named.length, named.length), longs(size, at), shorts(0)];
  return joined([...members, ...directory, longs(END), ...end]);
}

/** Numbers of 16 and of 32 bits, little-endian. */
const shorts = (...values: number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);
const longs = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
