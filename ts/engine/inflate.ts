/**
 * A small inflate (RFC 1951), the last resort of runtimes that have no node:zlib, and where there is no time to wait for
 * a DecompressionStream: short rather than fast (some 20 MB/s). Data may be damaged: nothing is read or written beyond its end.
 */

/** A Huffman code in canonical order: how many words there are of each length, and the symbols in the order of their words. */
interface Code {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

function codeOf(lengths: readonly number[]): Code {
  const counts = repeat(0, 16);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const used = lengths.map((length, symbol) => ({ length, symbol })).filter(({ length }) => length > 0);
  return { counts, symbols: used.sort((a, b) => a.length - b.length).map(({ symbol }) => symbol) };
}

const repeat = (length: number, count: number): number[] => new Array(count).fill(length);

const FIXED = (): [Code, Code] => [
  codeOf([...repeat(8, 144), ...repeat(9, 112), ...repeat(7, 24), ...repeat(8, 8)]),
  codeOf(repeat(5, 30)),
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Inflates raw deflate data whose inflated size is known.
 * @throws RangeError for data that is damaged or has another size
 */
export function inflate(input: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(size);
  let at = 0; // in bits
  let end = 0; // of what is written

  const must = (holds: boolean): void => {
    if (!holds) throw new RangeError(`inflate: the data is damaged, or has not ${size} bytes`);
  };
  const bits = (count: number): number => {
    must(at + count <= input.length * 8);
    let value = 0;
    for (let i = 0; i < count; i++, at++) value += ((input[at >> 3]! >> (at & 7)) & 1) << i;
    return value;
  };
  const symbol = ({ counts, symbols }: Code): number => {
    // Of each length the words follow one another, beginning at twice what comes after the last of the length before.
    let [word, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length++) {
      word += (input[at >> 3]! >> (at & 7)) & 1;
      at++;
      const count = counts[length]!;
      if (word < first + count) {
        must(at <= input.length * 8 && word >= first);
        return symbols[index + word - first]!;
      }
      index += count;
      first = 2 * (first + count);
      word *= 2;
    }
    must(false);
    return 0;
  };
  /** A length or distance: `perStep` codes share a number of extra bits, which grows by one from step to step. */
  const value = (code: number, first: number, perStep: number): number => {
    const extra = Math.max(0, Math.floor(code / perStep) - 1);
    return first + (extra ? ((code % perStep) + perStep) << extra : code) + bits(extra);
  };
  const dynamicCodes = (): [Code, Code] => {
    const literals = bits(5) + 257;
    const total = literals + bits(5) + 1;
    const codeLengths = repeat(0, 19);
    for (let i = 0, used = bits(4) + 4; i < used; i++) codeLengths[CODE_LENGTH_ORDER[i]!] = bits(3);
    const code = codeOf(codeLengths);
    const all: number[] = [];
    while (all.length < total) {
      const next = symbol(code);
      if (next < 16) all.push(next);
      else if (next === 16) all.push(...repeat(all.at(-1) ?? 0, 3 + bits(2)));
      else all.push(...repeat(0, next === 17 ? 3 + bits(3) : 11 + bits(7)));
    }
    return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals, total))];
  };

  for (let last = 0; !last; ) {
    last = bits(1);
    const kind = bits(2);
    must(kind < 3);
    if (kind) {
      const [literals, distances] = kind === 1 ? FIXED() : dynamicCodes();
      for (let next = symbol(literals); next !== 256; next = symbol(literals)) {
        if (next < 256) {
          must(end < size);
          output[end++] = next;
        } else {
          const length = next === 285 ? 258 : value(next - 257, 3, 4);
          const from = end - value(symbol(distances), 1, 2);
          must(from >= 0 && end + length <= size);
          for (let i = 0; i < length; i++) output[end++] = output[from + i]!;
        }
      }
    } else {
      at = (at + 7) & ~7;
      const length = bits(16);
      bits(16); // the length again, inverted
      const stored = input.subarray(at / 8, at / 8 + length);
      must(stored.length === length && end + length <= size);
      output.set(stored, end);
      at += length * 8;
      end += length;
    }
  }
  must(end === size);
  return output;
}
