/**
 * A codec's module: loaded when it is first asked for, one instance that is used again, and what a call does. Files come
 * from anywhere, so an instance that trapped, kept a byte or has grown large is thrown away, and the next call makes another.
 */
import { type Exports, instantiate } from '../../build/codec/glue.js';
import { version } from '../../build/glue.js';
import { fromBase64, inflated, inflatedNow } from '../engine/decode.ts';
import { labelOf, ofStriate } from '../engine/hosted.ts';
import { refusal } from '../engine/refusal.ts';

/** A module as the build writes it: the size of its bytes, and these deflated and in base64. */
export interface Embedded {
  readonly bytes: number;
  readonly deflated: string;
}

/** Where a codec's module comes from: at once for encoders, which give their result at once. */
export type CodecSource = () => WebAssembly.Module | Promise<WebAssembly.Module>;

/** A codec, and what of it is loaded. */
export interface Codec<Source extends CodecSource = CodecSource> {
  readonly source: Source;
  module: ReturnType<Source> | null;
  instance: Exports | null;
}

export const codec = <Source extends CodecSource>(source: Source): Codec<Source> => ({
  source,
  module: null,
  instance: null,
});

/** The source that is a JavaScript module of the build, imported when it is needed. */
export const lazily = (load: () => Promise<Embedded>) => async (): Promise<WebAssembly.Module> => {
  const { deflated, bytes } = await load();
  return WebAssembly.compile(await inflated(fromBase64(deflated), bytes));
};

/** The same at once. */
export const atOnce =
  ({ deflated, bytes }: Embedded) =>
  (): WebAssembly.Module =>
    new WebAssembly.Module(inflatedNow(fromBase64(deflated), bytes));

/** Refuses a module that another version's glue belongs to: its exports may mean something else. */
function requireOwn(where: string, module: WebAssembly.Module): void {
  const [built, name] = labelOf(module);
  if (built === version) return;
  const what = name ? `${name}.wasm` : "the codec's module";
  throw new Error(`${where}: ${what} is ${ofStriate(built)}, must be of striate ${version}`);
}

/** The codec's module, of which a failed load is forgotten. */
export async function loaded(where: string, codec: Codec): Promise<WebAssembly.Module> {
  codec.module ??= codec.source();
  let module: WebAssembly.Module;
  try {
    module = await codec.module;
  } catch (cause) {
    codec.module = null;
    throw refusal(where, cause);
  }
  requireOwn(where, module);
  return module;
}

/** The same of a codec whose module is there at once. */
export function loadedNow(where: string, codec: Codec<() => WebAssembly.Module>): WebAssembly.Module {
  if (codec.module !== null) return codec.module;
  let module: WebAssembly.Module;
  try {
    module = codec.source();
  } catch (cause) {
    throw refusal(where, cause);
  }
  requireOwn(where, module);
  codec.module = module;
  return module;
}

/** An instance keeps no more memory than this, twice what decoding two megapixels takes. */
const KEPT_BYTES = 32 * 2 ** 20;

/** What a call gave: pixels or a file's bytes, or a fault's code. */
export interface Coded {
  /** 0, or one of FAULT. */
  readonly fault: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** What trapped. */
  readonly cause?: unknown;
}

/** The codes of crates/codec/src/picture.rs. */
export const FAULT = { damaged: 1, endsEarly: 2, unsupported: 3, tooLarge: 4, noMemory: 5 } as const;

const nothing = new Uint8Array(0);
const failed = (fault: number, width = 0, height = 0, cause?: unknown): Coded => ({
  fault,
  data: nothing,
  width,
  height,
  channels: 0,
  cause,
});

/** Has `run` work on `input` in the codec's instance. */
export function call(
  codec: Codec,
  module: WebAssembly.Module,
  input: Uint8Array | Uint8ClampedArray,
  run: (wasm: Exports) => number,
): Coded {
  const wasm = codec.instance ?? instantiate(module);
  codec.instance = null; // until it has shown that it is sound
  try {
    const at = wasm.input(input.length) >>> 0;
    if (at === 0) return failed(FAULT.noMemory);
    new Uint8Array(wasm.memory.buffer, at, input.length).set(input);
    const fault = run(wasm);
    const [width, height, channels] = [wasm.width(), wasm.height(), wasm.channels()];
    const result = new Uint8Array(wasm.memory.buffer, wasm.output() >>> 0, wasm.output_bytes() >>> 0);
    const coded =
      fault === 0 ? { fault, data: result.slice(), width, height, channels } : failed(fault, width, height);
    wasm.release();
    if (wasm.live_bytes() === 0 && wasm.memory.buffer.byteLength <= KEPT_BYTES) codec.instance = wasm;
    return coded;
  } catch (cause) {
    return failed(wasm.ran_out() === 1 ? FAULT.noMemory : FAULT.damaged, 0, 0, cause);
  }
}
