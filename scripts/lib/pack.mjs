// The bytes of both variants as text inside a JavaScript module: simd.wasm, and relaxed.wasm as differences from it,
// each deflated and in base64. ts/engine/embedded.ts reads them.
//
// A difference is a list of (copy from, copy length, insert length, inserted bytes); the numbers are LEB128, and
// `copy from` is signed (zigzag) and counted from the end of the copy before.
import { promisify } from 'node:util';
import { unsigned } from './wasm.mjs';

const shortest = 8; // bytes that a copy must save: its three numbers take about four

/** `to` as copies from `from` and inserted bytes. */
export function difference(from, to) {
  const places = new Map();
  const keyAt = (bytes, at) => bytes.toString('latin1', at, at + shortest);
  for (let at = 0; at + shortest <= from.length; at++) {
    const key = keyAt(from, at);
    if (places.has(key)) places.get(key).push(at);
    else places.set(key, [at]);
  }
  const lengthAt = (a, b) => {
    let length = 0;
    while (a + length < from.length && b + length < to.length && from[a + length] === to[b + length])
      length++;
    return length;
  };
  const out = [];
  let copied = { from: 0, length: 0 }; // the copy before
  let end = 0; // the end of that copy in `from`
  let inserted = 0; // where the bytes not covered by a copy begin
  const flush = (upTo) => {
    const distance = copied.from - end;
    out.push(...unsigned(distance < 0 ? -distance * 2 - 1 : distance * 2));
    out.push(...unsigned(copied.length), ...unsigned(upTo - inserted), ...to.subarray(inserted, upTo));
    end = copied.from + copied.length;
  };
  for (let at = 0; at < to.length; ) {
    let best = { from: 0, length: 0 };
    // Where the copy before would go on comes first: code moves rarely, and a distance of 0 deflates best.
    const goesOn = copied.from + copied.length + (at - inserted);
    for (const place of [goesOn, ...(places.get(keyAt(to, at)) ?? []).slice(0, 64)]) {
      const length = lengthAt(place, at);
      if (length > best.length) best = { from: place, length };
    }
    if (best.length < shortest) at++;
    else {
      flush(at);
      copied = best;
      at += best.length;
      inserted = at;
    }
  }
  flush(to.length);
  return Buffer.from(out);
}

// Zopfli's deflate is 4 % smaller than zlib's, and as fast to inflate.
async function text(bytes) {
  // Set-up, which installs it, may not have run when this file is loaded.
  const { default: zopfli } = await import('@gfx/zopfli');
  return Buffer.from(await promisify(zopfli.deflate)(bytes, {})).toString('base64');
}

export async function kernelsModule(simd, relaxed) {
  const packed = difference(simd, relaxed);
  return `// Made by the build: the kernels' WebAssembly, see scripts/lib/pack.mjs.
export const simdBytes = ${simd.length};
export const simd = '${await text(simd)}';
export const relaxedBytes = ${relaxed.length};
export const relaxedDifferenceBytes = ${packed.length};
export const relaxedDifference = '${await text(packed)}';
`;
}

export const kernelsTypes = `export const simdBytes: number;
export const simd: string;
export const relaxedBytes: number;
export const relaxedDifferenceBytes: number;
export const relaxedDifference: string;
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
