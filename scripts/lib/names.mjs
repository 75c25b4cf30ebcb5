// The functions of a WebAssembly module that has names: of each the path of Rust's modules that it comes from, and its bytes of code.

/** Reads a module's sections: gives [id, from, to] of each. */
function sectionsOf(bytes) {
  const found = [];
  const at = cursor(bytes, 8);
  while (at.place < bytes.length) {
    const id = bytes[at.place++];
    const size = at.number();
    found.push([id, at.place, at.place + size]);
    at.place += size;
  }
  return found;
}

function cursor(bytes, place) {
  return {
    place,
    number() {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[this.place++];
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    },
    text() {
      const length = this.number();
      this.place += length;
      return bytes.toString('utf8', this.place - length, this.place);
    },
  };
}

const [CUSTOM, IMPORTS, CODE] = [0, 2, 10];
const FUNCTION_NAMES = 1;

/** How many functions are imported: these come first in the numbers of functions. */
function importedFunctions(bytes, from) {
  const at = cursor(bytes, from);
  let functions = 0;
  for (let count = at.number(); count > 0; count--) {
    at.text();
    at.text();
    const kind = bytes[at.place++];
    if (kind === 0) {
      at.number();
      functions++;
    } else if (kind === 3) at.place += 2;
    else {
      if (kind === 1) at.place++; // what a table holds
      const hasMaximum = bytes[at.place++] & 1;
      at.number();
      if (hasMaximum) at.number();
    }
  }
  return functions;
}

function namesOf(bytes, sections) {
  const names = new Map();
  for (const [id, from, to] of sections) {
    if (id !== CUSTOM) continue;
    const at = cursor(bytes, from);
    if (at.text() !== 'name') continue;
    while (at.place < to) {
      const kind = bytes[at.place++];
      const end = at.number() + at.place;
      if (kind === FUNCTION_NAMES)
        for (let count = at.number(); count > 0; count--) names.set(at.number(), at.text());
      at.place = end;
    }
  }
  return names;
}

/** Of a mangled name (Rust's version 0) its identifiers: `striate_core`, `instructions`, `pool` ... */
function identifiers(name) {
  const found = [];
  const plain = name.replaceAll(/Cs[0-9A-Za-z]+_(?=\d)/g, ''); // without the hashes of crates
  for (let at = 0; ; ) {
    const next = /\d+/.exec(plain.slice(at));
    if (!next) return found;
    const length = Number(next[0]);
    at += next.index + next[0].length + (plain[at + next.index + next[0].length] === '_' ? 1 : 0);
    const word = plain.slice(at, at + length);
    if (length > 1 && word.length === length && /^[a-z_]\w*$/i.test(word)) {
      found.push(word);
      at += length;
    }
  }
}

/** Each function's bytes of code, and its path within striate-core; that of others begins with their crate. */
export function codeSizes(bytes) {
  const sections = sectionsOf(bytes);
  const [, imports] = sections.find(([id]) => id === IMPORTS);
  const [, code] = sections.find(([id]) => id === CODE);
  const first = importedFunctions(bytes, imports);
  const names = namesOf(bytes, sections);
  const at = cursor(bytes, code);
  return Array.from({ length: at.number() }, (_, i) => {
    const size = at.number();
    at.place += size;
    const words = identifiers(names.get(first + i) ?? '');
    const core = words.indexOf('striate_core');
    return { path: words.slice(core + 1).join('::'), bytes: size };
  });
}
