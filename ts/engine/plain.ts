/** The simd variant's instructions, made of the relaxed one's (scripts/lib/plain.mjs says how, and does the same). */

const [PREFIX, SECOND] = [0xfd, 2];
const MADD = 0x85;
const [GET, SET, TEE] = [0x20, 0x21, 0x22];
const [MUL, ADD] = [
  [PREFIX, 0xe6, 1],
  [PREFIX, 0xe4, 1],
];
/** A swizzle; and `and` and `bitselect` for dot products, which are not taken where they compute something else. */
const INSTEAD: Record<number, number> = { 128: 0x0e, 146: 0x4e, 147: 0x52 };

export function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // A place of 5 bytes becomes 10 at most.
  const out = new Uint8Array(2 * bytes.length);
  let [end, done] = [0, 0];
  const put = (piece: ArrayLike<number>): void => {
    out.set(piece, end);
    end += piece.length;
  };
  for (let at = bytes.indexOf(PREFIX); at >= 0; at = bytes.indexOf(PREFIX, at + 1)) {
    const code = bytes[at + 2] === SECOND ? bytes[at + 1]! : 0;
    const instead = INSTEAD[code];
    if (code === MADD) {
      const from = at - (bytes[at - 2]! > 127 ? 3 : 2);
      const local = bytes.subarray(from + 1, at);
      put(bytes.subarray(done, from));
      if (bytes[from] === TEE) put([SET, ...local]);
      put([...MUL, GET, ...local, ...ADD]);
    } else if (instead !== undefined) {
      put(bytes.subarray(done, at));
      put([PREFIX, instead]);
    } else continue;
    done = at + 3;
  }
  put(bytes.subarray(done));
  return out.slice(0, end);
}
