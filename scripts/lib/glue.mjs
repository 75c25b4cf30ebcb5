// Makes build/glue.js from wasm-bindgen's glue. That one keeps its instance in the module's own variables and can load
// in ways that are not needed here; since only numbers cross the boundary, what is left of it are the exports themselves,
// whose integers are signed. Each call of `instantiate` makes an instance of its own, so a runtime can be disposed of and
// made again.

/** Refuses an export around which wasm-bindgen does more than to pass numbers. */
function requireNumbers([, name, parameters, text]) {
  const body = text.trim().replace(/\s*\n\s*/g, ' ');
  const match = body.match(/^(?:const ret = )?wasm\.(\w+)\((.*)\);(?: return ret(?: >>> 0)?;)?$/);
  if (match?.[1] !== name || match[2] !== parameters) {
    throw new Error(`wasm-bindgen's glue for ${name} is more than numbers: ${body}`);
  }
}

/** Refuses glue that is more than exports of numbers. */
function requirePlain(glue) {
  const functions = [...glue.matchAll(/^export function (\w+)\((.*)\) \{\n([\s\S]*?)^\}/gm)];
  const imported = [...glue.matchAll(/^ {8}(\w+): function\(/gm)].map(([, name]) => name);
  if (functions.length === 0 || imported.join() !== '__wbindgen_init_externref_table') {
    throw new Error(`wasm-bindgen's glue has changed its form: the module imports ${imported.join(', ')}`);
  }
  functions.forEach(requireNumbers);
}

const membersOf = (types) =>
  [...types.matchAll(/^export function (\w+\(.*\): (?:number|void);)$/gm)].map(([, member]) => member);

export function glueModule(glue, { pages, stackBytes, flags, version }) {
  requirePlain(glue);
  // No reference to a JavaScript value is ever passed, so the table of such references stays empty.
  const added = `new WebAssembly.Instance(side, { './kernels_bg.js': { memory }, core: wasm });`;
  const body = `
  const imports = { './kernels_bg.js': { memory, __wbindgen_init_externref_table() {} } };
  const { exports: wasm } = await WebAssembly.instantiate(module, imports);
  for (const side of sides) extend(wasm, side, memory);
  wasm.__wbindgen_start(${stackBytes});
  return wasm;
`;
  const inOneLine = (text) => text.trim().replace(/\s+/g, ' ');
  return `// Made by the build from wasm-bindgen's glue, see scripts/lib/glue.mjs.
export const initialPages = ${pages};
export const stackBytes = ${stackBytes};
export const sharedFlag = ${JSON.stringify(flags)};
export const version = '${version}';
export function extend(wasm, side, memory) {
  ${added}
}
export async function instantiate([module, ...sides], memory) {${body}}
export const extendText = ${JSON.stringify(`(wasm, side, memory) => {${added}}`)};
export const instantiateText = ${JSON.stringify(`async ([module, ...sides], memory) => {${inOneLine(body)}}`)};
`;
}

export function glueTypes(types) {
  return `// Made by the build from wasm-bindgen's declarations, see scripts/lib/glue.mjs.
export interface Exports {
${membersOf(types)
  .map((member) => `  ${member}`)
  .join('\n')}
  /** Gives back what an instance on another thread, which has ended, allocated for itself. */
  __wbindgen_thread_destroy(tlsBase: number, stack: number, stackBytes: number): void;
}
/** The pages of memory that an instance needs at least. */
export const initialPages: number;
/** Bytes of an instance's stack. A thread's is allocated, and its address the export \`__stack_alloc\`. */
export const stackBytes: number;
/** Where in each variant's bytes the import of its memory says 1 for a plain and 3 for a shared one. */
export const sharedFlag: { readonly simd: number; readonly relaxed: number };
/** The package's version, which the module carries too. */
export const version: string;
/** Makes an instance over \`memory\`: of a module and of its side modules. */
export function instantiate(modules: readonly WebAssembly.Module[], memory: WebAssembly.Memory): Promise<Exports>;
/** Has an instance hold a side module too. */
export function extend(wasm: Exports, side: WebAssembly.Module, memory: WebAssembly.Memory): void;
/** The text of \`extend\`, which \`instantiateText\` calls by that name. */
export const extendText: string;
/** The text of \`instantiate\`, for workers, which import nothing. */
export const instantiateText: string;
`;
}

/** The codecs' modules have the same exports but for `decode` and `encode`, and a memory of their own. */
export function codecGlue(glues) {
  for (const { glue } of glues) requirePlain(glue);
  const imports = glues.map(({ glue }) => glue.match(/"(\.\/[\w-]+_bg\.js)"/)[1]);
  return `// Made by the build from wasm-bindgen's glue, see scripts/lib/glue.mjs.
const none = { __wbindgen_init_externref_table() {} };
const imports = { ${imports.map((name) => `'${name}': none`).join(', ')} };
export function instantiate(module) {
  const { exports: wasm } = new WebAssembly.Instance(module, imports);
  wasm.__wbindgen_start();
  return wasm;
}
`;
}

export function codecGlueTypes(glues) {
  const members = new Set(glues.flatMap(({ types }) => membersOf(types)));
  return `// Made by the build from wasm-bindgen's declarations, see scripts/lib/glue.mjs.
export interface Exports {
  readonly memory: WebAssembly.Memory;
${[...members].map((member) => `  ${member}`).join('\n')}
}
/** Makes an instance with a memory of its own. */
export function instantiate(module: WebAssembly.Module): Exports;
`;
}
