// What happens to a built module's bytes: custom sections go, the imported memory becomes a plain one, and one
// custom section `striate` says which version and variant this is.

/** Reads and writes LEB128 numbers. */
export function readUnsigned(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

export function unsigned(value) {
  const out = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  return [...out, value];
}

const customSection = 0;
const importSection = 2;
const kinds = { function: 0, table: 1, memory: 2, global: 3 };
const shared = 3; // limits with a maximum, shared
const plain = 1; // limits with a maximum

/** Finds the imported memory in the import section's content: where its limits' flag is, and its initial pages. */
function importedMemory(bytes, at) {
  let count;
  [count, at] = readUnsigned(bytes, at);
  for (; count > 0; count--) {
    for (let part = 0; part < 2; part++) {
      const [length, start] = readUnsigned(bytes, at);
      at = start + length;
    }
    const kind = bytes[at++];
    if (kind === kinds.memory) return { flagAt: at, pages: readUnsigned(bytes, at + 1)[0] };
    if (kind === kinds.function) at = readUnsigned(bytes, at)[1];
    else if (kind === kinds.global) at += 2;
    else throw new Error('an import of a kind that the build does not expect');
  }
  throw new Error('the module imports no memory');
}

const lanes = /\(v128\.const i32x4 (0x[0-9a-f]{8})(?: \1){3}\)/g;

/** In WebAssembly's text format: constants of four equal lanes as splats of one, 4 to 8 bytes instead of 18. */
export function splatConstants(text) {
  return text.replace(lanes, (_, bits) => `(i32x4.splat (i32.const ${bits}))`);
}

/**
 * In the text format: minima and maxima that keep NaN where the source says so. With relaxed SIMD LLVM makes of each
 * `pmin` and `pmax` the instruction that a machine may do as it likes.
 */
export const strictExtremes = (text) => text.replace(/f32x4\.relaxed_(min|max)\b/g, 'f32x4.p$1');

/** The custom section `striate`, which says what a module is. */
function labelSection(label) {
  const content = [...unsigned('striate'.length), ...Buffer.from(`striate${label}`)];
  return Uint8Array.from([customSection, ...unsigned(content.length), ...content]);
}

/** A module with that section behind all others. */
export const labelled = (bytes, label) => Buffer.concat([bytes, labelSection(label)]);

/** The kernels: custom sections out, the memory's flag cleared, and the label. */
export function finish(bytes, label) {
  const parts = [bytes.subarray(0, 8)];
  let pages;
  let sharedFlag;
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at];
    const [size, start] = readUnsigned(bytes, at + 1);
    if (id === importSection) {
      const memory = importedMemory(bytes, start);
      if (bytes[memory.flagAt] !== shared) throw new Error('the module was not built for threads');
      pages = memory.pages;
      const content = Uint8Array.from(bytes.subarray(at, start + size));
      content[memory.flagAt - at] = plain;
      sharedFlag = parts.reduce((sum, part) => sum + part.length, memory.flagAt - at);
      parts.push(content);
    } else if (id !== customSection) parts.push(bytes.subarray(at, start + size));
    at = start + size;
  }
  parts.push(labelSection(label));
  return { bytes: Buffer.concat(parts), pages, sharedFlag };
}
