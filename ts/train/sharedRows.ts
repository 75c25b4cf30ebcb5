/**
 * Rows that two lists of tensors share, found by hashes of them: of large rows every so many words, so that it takes some
 * milliseconds. What is found is compared in full; where rows differ between the words that were looked at, some may be missed.
 */
import { type DType, sameShape } from '../base/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Words that are hashed at most: 10 to 20 ms. */
const MOST_WORDS = 2 ** 23;
/** Fewer of a row say too little. */
const LEAST_WORDS = 4;

type Words = Uint32Array | Uint8Array;

/** Rows of one size, in one or several pieces of memory. */
class Rows {
  readonly count: number;
  readonly #pieces: readonly Words[];
  /** The number of the first row of each piece. */
  readonly #starts: number[] = [];
  readonly #size: number;

  constructor(tensors: readonly Tensor<DType>[], size: number, isOfWords: boolean) {
    let count = 0;
    this.#pieces = tensors.map(({ data: { buffer, byteOffset, byteLength } }) =>
      isOfWords
        ? new Uint32Array(buffer, byteOffset, byteLength / 4)
        : new Uint8Array(buffer, byteOffset, byteLength),
    );
    for (const { length } of this.#pieces) {
      this.#starts.push(count);
      count += length / size;
    }
    this.count = count;
    this.#size = size;
  }

  #pieceOf(row: number): number {
    let piece = this.#starts.length - 1;
    while ((this.#starts[piece] as number) > row) piece -= 1;
    return piece;
  }

  /** A number for each row, by every so many of its words. */
  hashes(every: number): Int32Array {
    const found = new Int32Array(this.count);
    let row = 0;
    for (const words of this.#pieces) {
      for (let at = 0; at < words.length; at += this.#size) {
        let hash = 0;
        for (let i = at; i < at + this.#size; i += every) {
          hash = Math.imul(((hash << 5) | (hash >>> 27)) ^ (words[i] as number), 0x9e3779b1);
        }
        found[row++] = hash;
      }
    }
    return found;
  }

  /** Whether a row is another's, word by word. */
  isSame(row: number, other: Rows, otherRow: number): boolean {
    const [piece, otherPiece] = [this.#pieceOf(row), other.#pieceOf(otherRow)];
    const [a, b] = [this.#pieces[piece] as Words, other.#pieces[otherPiece] as Words];
    const at = (row - (this.#starts[piece] as number)) * this.#size;
    const otherAt = (otherRow - (other.#starts[otherPiece] as number)) * this.#size;
    for (let i = 0; i < this.#size; i++) if (a[at + i] !== b[otherAt + i]) return false;
    return true;
  }
}

/** The first row of each hash: an open table, twice as large as its rows. */
class Table {
  readonly #hashes: Int32Array;
  /** Rows plus 1; 0 is an empty place. */
  readonly #places: Int32Array;

  constructor(hashes: Int32Array) {
    this.#hashes = hashes;
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(2 * hashes.length + 1)));
    for (const [row, hash] of hashes.entries()) {
      const place = this.#find(hash);
      if (this.#places[place] === 0) this.#places[place] = row + 1;
    }
  }

  #find(hash: number): number {
    const mask = this.#places.length - 1;
    let place = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const row = this.#places[place] as number;
      if (row === 0 || this.#hashes[row - 1] === hash) return place;
      place = (place + 1) & mask;
    }
  }

  /** A row with this hash; -1 where there is none. */
  row(hash: number): number {
    return (this.#places[this.#find(hash)] as number) - 1;
  }
}

/** Rows of `some` that are in `all` as well. */
export interface Shared {
  readonly count: number;
  readonly of: number;
  /** The first of them, and where it is in `all`. */
  readonly first: readonly [some: number, all: number];
}

/** Along first axes; null where none is found, rows are of different types, or there are too many to look at. */
export function sharedRows(
  some: readonly Tensor<DType>[],
  all: readonly Tensor<DType>[],
  mostWords = MOST_WORDS,
): Shared | null {
  const [one] = some;
  const both = [...some, ...all];
  if (one === undefined || one.size === 0 || one.shape.length === 0) return null;
  const typeOf = ({ shape, dtype }: Tensor<DType>) => ({ shape: shape.slice(1), dtype });
  const type = typeOf(one);
  if (both.some((t) => t.disposed || t.dtype !== type.dtype || !sameShape(typeOf(t), type))) return null;
  const bytes = one.data.byteLength / (one.shape[0] as number);
  const isOfWords = bytes % 4 === 0 && both.every(({ data }) => data.byteOffset % 4 === 0);
  const size = isOfWords ? bytes / 4 : bytes;
  const [few, many] = [some, all].map((of) => new Rows(of, size, isOfWords)) as [Rows, Rows];
  const every = Math.ceil(((few.count + many.count) * size) / mostWords);
  if (every > 1 && size / every < LEAST_WORDS) return null;
  const table = new Table(many.hashes(every));
  let count = 0;
  let first: Shared['first'] | null = null;
  for (const [row, hash] of few.hashes(every).entries()) {
    const other = table.row(hash);
    if (other < 0 || !few.isSame(row, many, other)) continue;
    first ??= [row, other];
    count += 1;
  }
  return first === null ? null : { count, of: few.count, first };
}
