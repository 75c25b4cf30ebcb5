/** Protobuf's wire format, written: a message is pieces of bytes, of which large ones are copied once, when it is finished. */

import { encodeText } from '../../base/bytes.ts';

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** One message. */
export class Message {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  #put(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  #tag(field: number, type: number): void {
    this.#put(varint(field * 8 + type));
  }

  /** An integer, negative ones in ten bytes. */
  integer(field: number, value: number): this {
    this.#tag(field, VARINT);
    this.#put(varint(value));
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, FIXED32);
    this.#put(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, BYTES);
    this.#put(varint(value.length));
    this.#put(value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, encodeText(value));
  }

  message(field: number, { pieces, length }: Message): this {
    this.#tag(field, BYTES);
    this.#put(varint(length));
    for (const piece of pieces) this.#put(piece);
    return this;
  }

  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  get length(): number {
    return this.#length;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
