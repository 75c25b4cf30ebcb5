/**
 * Protobuf's wire format, read without trust: every tag, varint and length is checked against the end of its own
 * message. Bytes are views of the file, never copies, and nothing is allocated from a size that the file declares.
 */
import { decodeText } from '../base/bytes.ts';
import { ModelError } from '../base/errors.ts';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const KINDS = ['a varint', '8 bytes', 'a length and bytes', 'a group', 'a group', '4 bytes'];

/** Strings of ASCII up to so many bytes, which nearly all are, are made in one call. */
const SHORT = 4096;
const ASCII = /^[\0-\x7f]*$/;

/** One message: a range of the file and where in the model it lies, for error sentences. */
export class Message {
  /** The file's. */
  readonly #bytes: Uint8Array;
  /** Where the next byte is read, and where the message ends. */
  #at: number;
  readonly #end: number;
  readonly #file: string;
  readonly #where: string;
  #field = 0;
  #type = 0;

  constructor(bytes: Uint8Array, file: string, where: string, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#file = file;
    this.#where = where;
  }

  /** Moves to the next field and gives its number; 0 at the end. Each field must be read or skipped. */
  next(): number {
    if (this.#at >= this.#end) return 0;
    const tag = this.#varint('a field number');
    this.#type = tag % 8;
    this.#field = (tag - this.#type) / 8;
    if (this.#field < 1 || this.#field > 0x1fffffff)
      this.#damaged(`field number ${this.#field} does not exist`);
    return this.#field;
  }

  skip(): void {
    if (this.#type === VARINT) this.#varint('a varint');
    else if (this.#type === BYTES) this.#pass(this.#length());
    else if (this.#type === FIXED64) this.#pass(8);
    else if (this.#type === FIXED32) this.#pass(4);
    else this.#damaged(`wire type ${this.#type} does not exist`);
  }

  /** An integer; beyond 2^53 the nearest double. */
  integer(): number {
    this.#expect(VARINT);
    return this.#varint('an integer');
  }

  float(): number {
    this.#expect(FIXED32);
    const bytes = this.#take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
  }

  /** The bytes of a string, a tensor's data or a message inside, as a view. */
  bytes(): Uint8Array {
    return this.#take(this.#length());
  }

  string(): string {
    const bytes = this.bytes();
    if (bytes.length <= SHORT) {
      const text = String.fromCharCode.apply(null, bytes as unknown as number[]);
      if (ASCII.test(text)) return text;
    }
    return decodeText(bytes) ?? this.#damaged('a string that is not UTF-8');
  }

  /** The message in this field. */
  message(where: string): Message {
    const start = this.#pass(this.#length());
    return new Message(this.#bytes, this.#file, where, start, this.#at);
  }

  /** Integers of a repeated field, packed or one at a time, appended to `to`. */
  integers(to: number[]): void {
    if (this.#type === VARINT) {
      to.push(this.integer());
      return;
    }
    const inner = this.message(this.#where);
    while (inner.#at < inner.#end) to.push(inner.#varint('an integer'));
  }

  /** Floats or doubles (`size` bytes each) of a repeated field: a view when packed, a small one when alone. */
  fixed(size: 4 | 8): Uint8Array {
    if (this.#type !== BYTES) {
      this.#expect(size === 4 ? FIXED32 : FIXED64);
      return this.#take(size);
    }
    const bytes = this.bytes();
    if (bytes.length % size !== 0) this.#damaged(`${bytes.length} bytes, must be a multiple of ${size}`);
    return bytes;
  }

  /** Floats of a repeated field, packed or one at a time, appended to `to`. */
  floats(to: number[]): void {
    const bytes = this.fixed(4);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; at += 4) to.push(view.getFloat32(at, true));
  }

  /** A varint of at most ten bytes that ends within this message, as a signed 64-bit integer. */
  #varint(what: string): number {
    const bytes = this.#bytes;
    // Nearly all are of one byte.
    const first = bytes[this.#at] as number;
    if (first < 0x80 && this.#at < this.#end) {
      this.#at += 1;
      return first;
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at === this.#end) this.#truncated(what, 'the bytes end within it');
      const byte = bytes[this.#at++] as number;
      if (shift === 63 && byte > 1 && byte < 0x80) this.#damaged(`${what} of more than 64 bits`);
      const part = byte & 0x7f;
      if (shift < 32) low |= part << shift;
      if (shift === 28) high = part >> 4;
      else if (shift > 28) high |= part << (shift - 32);
      if (byte < 0x80) return high * 2 ** 32 + (low >>> 0);
    }
    return this.#damaged(`${what} of more than 10 bytes`);
  }

  /** The length of what follows. */
  #length(): number {
    this.#expect(BYTES);
    const length = this.#varint('a length');
    if (length < 0) this.#damaged(`a length of ${length}`);
    return length;
  }

  /** Moves behind the next bytes; gives where they begin. */
  #pass(count: number): number {
    const start = this.#at;
    const left = this.#end - start;
    if (count > left) this.#truncated(`${count} bytes`, `only ${left} are left`);
    this.#at += count;
    return start;
  }

  /** The next bytes, as a view. */
  #take(count: number): Uint8Array {
    const start = this.#pass(count);
    return this.#bytes.subarray(start, this.#at);
  }

  #expect(type: number): void {
    if (this.#type !== type) {
      this.#damaged(`it is ${KINDS[this.#type] ?? `of wire type ${this.#type}`}, must be ${KINDS[type]}`);
    }
  }

  #truncated(expected: string, found: string): never {
    throw new ModelError(`${this.#file}: truncated: ${this.#where}: expected ${expected}, ${found}`);
  }

  #damaged(reason: string): never {
    const field = this.#field > 0 ? `, field ${this.#field}` : '';
    throw new ModelError(`${this.#file}: damaged, or no ONNX model: ${this.#where}${field}: ${reason}`);
  }
}
