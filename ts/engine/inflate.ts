/**
 * A small inflate (RFC 1951), the last resort of runtimes that have neither node:zlib nor DecompressionStream: short
 * rather than fast (13 ms for 60 kB).
 */

/** A Huffman code: the symbol of each code word, which has a 1 put before it so that words of any length differ. */
type Code = Map<number, number>;

function codeOf(lengths: number[]): Code {
  const code: Code = new Map();
  for (let length = 1, word = 2; length < 16; length++, word *= 2) {
    for (const [symbol, own] of lengths.entries()) if (own === length) code.set(word++, symbol);
  }
  return code;
}

const repeat = (length: number, count: number): number[] => new Array(count).fill(length);

const FIXED = (): [Code, Code] => [
  codeOf([...repeat(8, 144), ...repeat(9, 112), ...repeat(7, 24), ...repeat(8, 8)]),
  codeOf(repeat(5, 30)),
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Inflates raw deflate data whose inflated size is known. @throws Error when the data ends too early */
export function inflate(input: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const output = new Uint8Array(size);
  let at = 0; // in bits
  let end = 0; // of what is written

  const bits = (count: number): number => {
    let value = 0;
    if (at > input.length * 8) throw new Error('inflate: the data ends within a block');
    for (let i = 0; i < count; i++, at++) value += ((input[at >> 3]! >> (at & 7)) & 1) << i;
    return value;
  };
  const symbol = (code: Code): number => {
    let word = 1;
    while (!code.has(word)) word = word * 2 + bits(1);
    return code.get(word)!;
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
      else if (next === 16) all.push(...repeat(all.at(-1)!, 3 + bits(2)));
      else all.push(...repeat(0, next === 17 ? 3 + bits(3) : 11 + bits(7)));
    }
    return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals))];
  };

  for (let last = 0; !last; ) {
    last = bits(1);
    const kind = bits(2);
    if (kind) {
      const [literals, distances] = kind === 1 ? FIXED() : dynamicCodes();
      for (let next = symbol(literals); next !== 256; next = symbol(literals)) {
        if (next < 256) output[end++] = next;
        else {
          const length = next === 285 ? 258 : value(next - 257, 3, 4);
          const from = end - value(symbol(distances), 1, 2);
          for (let i = 0; i < length; i++) output[end++] = output[from + i]!;
        }
      }
    } else {
      at = (at + 7) & ~7;
      const length = bits(16);
      at += 16; // the length again, inverted
      output.set(input.subarray(at / 8, at / 8 + length), end);
      at += length * 8;
      end += length;
    }
  }
  return output;
}
