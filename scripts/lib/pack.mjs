// The bytes of both variants as text inside a JavaScript module: relaxed.wasm, which most runtimes take, and simd.wasm as differences
// from what plain.mjs makes of it (sizes of functions, mostly), each deflated and in base64. ts/engine/packed.ts reads them.
//
// A difference is the lengths of its first two parts, and three parts: copies, (copy from, copy length, insert length) each; corrections of what
// was copied, (bytes up to here, what is added to the byte) each; and the inserted bytes. Numbers are LEB128; `copy from` is signed (zigzag)
// and counted from the end of the copy before. Code that was moved or renumbered is copied with corrections, and deflates to 0.7 of what
// copies of equal bytes would.
import { promisify } from 'node:util';
import { plainBytes } from './plain.mjs';
import { unsigned } from './wasm.mjs';

/** Bytes that must be equal where a copy begins, and what it must be worth at least: its numbers take about four. */
const SHORTEST = 8;
/** A copy ends where it has become worse by this. */
const PATIENCE = 16;

const signed = (value) => unsigned(value < 0 ? -value * 2 - 1 : value * 2);

/** `to` as copies from `from`, corrections of these, and inserted bytes. */
export function difference(from, to) {
  const places = new Map();
  const keyAt = (bytes, at) => bytes.toString('latin1', at, at + SHORTEST);
  for (let at = 0; at + SHORTEST <= from.length; at++) {
    const key = keyAt(from, at);
    if (places.has(key)) places.get(key).push(at);
    else places.set(key, [at]);
  }
  /** How far a copy is worth it: an unequal byte costs two equal ones. */
  const copyAt = (place, at) => {
    const best = { from: place, length: 0, worth: 0 };
    for (let i = 0, worth = 0; place + i < from.length && at + i < to.length; i++) {
      worth += from[place + i] === to[at + i] ? 1 : -2;
      if (worth > best.worth) [best.worth, best.length] = [worth, i + 1];
      else if (worth < best.worth - PATIENCE) break;
    }
    return best;
  };
  const [copies, corrections, inserts] = [[], [], []];
  let copied = { from: 0, length: 0 }; // the copy before
  let end = 0; // the end of that copy in `from`
  let inserted = 0; // where the bytes not covered by a copy begin
  let corrected = 0; // behind the last correction
  const flush = (upTo) => {
    copies.push(...signed(copied.from - end), ...unsigned(copied.length), ...unsigned(upTo - inserted));
    inserts.push(...to.subarray(inserted, upTo));
    end = copied.from + copied.length;
  };
  const correct = ({ from: place, length }, at) => {
    for (let i = 0; i < length; i++) {
      if (from[place + i] === to[at + i]) continue;
      corrections.push(...unsigned(at + i - corrected), (to[at + i] - from[place + i]) & 255);
      corrected = at + i + 1;
    }
  };
  for (let at = 0; at < to.length; ) {
    // Where the copy before would go on comes first: code moves rarely, and a distance of 0 deflates best.
    const goesOn = copied.from + copied.length + (at - inserted);
    const candidates = [goesOn, ...(places.get(keyAt(to, at)) ?? []).slice(0, 64)];
    const best = candidates
      .map((place) => copyAt(place, at))
      .reduce((one, other) => (other.worth > one.worth ? other : one));
    if (best.worth < SHORTEST) at++;
    else {
      flush(at);
      copied = best;
      correct(best, at);
      at += best.length;
      inserted = at;
    }
  }
  flush(to.length);
  const lengths = [...unsigned(copies.length), ...unsigned(corrections.length)];
  return Buffer.from([...lengths, ...copies, ...corrections, ...inserts]);
}

// Zopfli's deflate is 4 % smaller than zlib's, and as fast to inflate.
async function text(bytes) {
  // Set-up, which installs it, may not have run when this file is loaded.
  const { default: zopfli } = await import('@gfx/zopfli');
  return Buffer.from(await promisify(zopfli.deflate)(bytes, {})).toString('base64');
}

/** Both variants of a module, each with where its bytes say that the memory is shared (`finish` of wasm.mjs). */
export async function kernelsModule({ simd, relaxed }) {
  const packed = difference(plainBytes(relaxed.bytes).bytes, simd.bytes);
  return `// Made by the build: the kernels' WebAssembly, see scripts/lib/pack.mjs.
export const packed = {
  relaxedBytes: ${relaxed.bytes.length},
  relaxed: '${await text(relaxed.bytes)}',
  simdBytes: ${simd.bytes.length},
  simdDifferenceBytes: ${packed.length},
  simdDifference: '${await text(packed)}',
  sharedFlag: { relaxed: ${relaxed.sharedFlag}, simd: ${simd.sharedFlag} },
};
`;
}

export const kernelsTypes = `/** Both variants of a module, deflated and in base64, and where each says that its memory is shared. */
export const packed: {
  readonly relaxedBytes: number;
  readonly relaxed: string;
  readonly simdBytes: number;
  readonly simdDifferenceBytes: number;
  readonly simdDifference: string;
  readonly sharedFlag: { readonly simd: number; readonly relaxed: number };
};
`;

/** The bytes of one module alone. */
export async function bytesModule(wasm) {
  return `// Made by the build: WebAssembly, see scripts/lib/pack.mjs.
export const bytes = ${wasm.length};
export const deflated = '${await text(wasm)}';
`;
}

export const bytesTypes = `export const bytes: number;
export const deflated: string;
`;
