/**
 * The kernels that the user hosts, `init({ wasm })`: read from wherever they are, compiled, and refused, by a sentence that says
 * what came from where, when they are something else or those of another version.
 */
import { version } from '../../build/glue.js';
import { builtin, pathOf, schemeOf } from '../base/builtin.ts';
import { describe } from '../base/errors.ts';
import type { WasmModule, WebResponse, WebUrl } from '../base/platform.ts';
import { tagOf } from '../base/realm.ts';
import { refusal } from './refusal.ts';

/** What `init({ wasm })` takes. */
export type KernelSource = WebUrl | string | WebResponse | ArrayBuffer | ArrayBufferView | WasmModule;

/** A build of the kernels: with relaxed SIMD, or without. */
export type Variant = 'simd' | 'relaxed';

export type ModuleOrBytes = WebAssembly.Module | BufferSource;

const MUST = `must be simd.wasm or relaxed.wasm of striate ${version}`;

export const isModule = (source: unknown): source is WebAssembly.Module =>
  tagOf(source) === 'WebAssembly.Module';

/** Bytes compiled, in this thread where that is asked for. */
export const compiled = async (source: ModuleOrBytes, atOnce = false): Promise<WebAssembly.Module> => {
  if (isModule(source)) return source;
  return atOnce ? new WebAssembly.Module(source) : WebAssembly.compile(source);
};

/** The bytes of a view or a buffer; Node 20 compiles no DataView. */
export const bytesOf = (source: BufferSource): Uint8Array<ArrayBuffer> =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);

interface Files {
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
}

/** The module, or its bytes, behind `init({ wasm })`. */
async function read(wasm: KernelSource): Promise<ModuleOrBytes> {
  if (typeof wasm === 'string') {
    const scheme = schemeOf(wasm);
    const files = !scheme || scheme === 'file' ? builtin<Files>('node:fs') : undefined;
    const path = files && scheme ? pathOf(wasm) : wasm;
    if (files && path) return files.readFileSync(path);
    wasm = await fetch(wasm);
  }
  if (isModule(wasm)) return wasm;
  if (tagOf(wasm) !== 'Response') return bytesOf(wasm as BufferSource);
  const response = wasm as WebResponse;
  if (!response.ok) throw new Error(`it was answered with status ${response.status}`);
  return bytesOf(await response.arrayBuffer());
}

/** What bytes are that were not compiled; '' where they look like a whole module. */
function whatElse(bytes: Uint8Array): string {
  if (String(bytes.subarray(0, 4)) !== '0,97,115,109') {
    const begin = String.fromCharCode(...bytes.subarray(0, 40));
    const kind = /^\s*</.test(begin) ? 'a page of HTML' : 'no WebAssembly';
    const shown = begin.replace(/[^!-~]+/g, ' ').trim();
    return `is ${kind}: ${bytes.length} bytes${shown && `, which begin with '${shown}'`}`;
  }
  // Sections follow each other, each with its size in front of it.
  for (let at = 8; at < bytes.length; ) {
    let size = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[++at] as number; // none behind the end
      size += (byte & 127) * scale;
      if (!(byte > 127)) break;
    }
    at += size + 1;
    if (at > bytes.length) return `ends early: ${bytes.length} bytes, of ${at} at least`;
  }
  return '';
}

/** Version and name, which the build wrote into a module; nothing of one that is not striate's. */
export function labelOf(module: WebAssembly.Module): readonly (string | undefined)[] {
  const [section = new ArrayBuffer(0)] = WebAssembly.Module.customSections(module, 'striate');
  return String.fromCharCode(...new Uint8Array(section)).split(' ');
}

export const ofStriate = (built: string | undefined): string =>
  built ? `of striate ${built}` : 'no file of striate';

/** The kernels' variant, which the build wrote into the module beside the version. @throws Error for another version's */
export function variantOf(module: WebAssembly.Module, name: string): Variant {
  const [built, variant] = labelOf(module);
  if (built === version) return variant as Variant;
  throw new Error(`init: ${name} is ${ofStriate(built)}, ${MUST}`);
}

/** The user's module or its bytes, the module, and its variant. @throws Error that says what came from where */
export async function hosted(
  wasm: KernelSource,
  wanted: Variant | undefined,
): Promise<[ModuleOrBytes, WebAssembly.Module, Variant]> {
  const address = typeof wasm === 'string' || tagOf(wasm) === 'URL' ? String(wasm) : undefined;
  const from = address ?? (wasm as Partial<WebResponse>).url; // of an answer
  const name = from ? `wasm '${from}'` : `wasm, ${describe(wasm)},`;
  let source: ModuleOrBytes | undefined;
  let module: WebAssembly.Module;
  try {
    source = await read(address ?? wasm);
    module = await compiled(source);
  } catch (cause) {
    const what = source && !isModule(source) && whatElse(bytesOf(source));
    if (what) throw new Error(`init: ${name} ${what}, ${MUST}`, { cause });
    throw refusal('init', cause, `${name} cannot be ${source ? 'compiled' : 'read'}`);
  }
  const variant = variantOf(module, name);
  if (wanted && wanted !== variant)
    throw new Error(`init: variant is '${wanted}', but wasm is ${variant}.wasm`);
  return [source, module, variant];
}

export function isKernelSource(wasm: unknown): wasm is KernelSource {
  if (typeof wasm === 'string' || ArrayBuffer.isView(wasm)) return true;
  return ['URL', 'Response', 'ArrayBuffer', 'WebAssembly.Module'].includes(tagOf(wasm));
}
