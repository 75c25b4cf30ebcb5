/**
 * Makes an instance of the kernels: chooses the variant, gets its module (from the platform's leaf, or from where
 * the user hosts the file), makes the memory and instantiates. Nothing is kept here: every call is a new instance.
 */
import { type Exports, initialPages, instantiate, sharedFlag, version } from '../../build/glue.js';
import { builtin } from '../base/builtin.ts';
import { describe } from '../base/errors.ts';
import {
  bytesOf,
  compiled,
  hosted,
  isKernelSource,
  isModule,
  type KernelSource,
  type ModuleOrBytes,
  type Variant,
  variantOf,
} from './hosted.ts';
import { sharing } from './packed.ts';
import { REFUSED, refusal } from './refusal.ts';

export { type Exports as KernelExports, type KernelSource, type Variant, version };

/** What differs between runtimes: where the module of each variant comes from. */
export type Platform = Partial<Record<Variant, () => ModuleOrBytes | Promise<ModuleOrBytes>>> & {
  /** Where the bytes that it has say whether their memory is shared; left out where they are those of the whole module. */
  readonly sharedFlag?: Readonly<Record<Variant, number>>;
  /** Whether the calling thread compiles, as a page's must not: while it waits for another one, V8 collects garbage, 1 of Node's 20 ms. */
  readonly compilesAtOnce?: boolean;
};

/** What is to be loaded. */
interface Wanted {
  readonly variant?: Variant | undefined;
  readonly maxMemoryBytes: number;
  readonly wasm?: KernelSource | undefined;
  /** Whether further threads are wanted, which the memory must be shared with. */
  readonly shared?: boolean;
}

/** What was loaded. */
interface Kernels {
  readonly exports: Exports;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** Whether module and memory are those of threads. */
  readonly shared: boolean;
  readonly variant: Variant;
  /** What the user may want to know: why the variant is not the best one, or there is one thread. */
  readonly notes: string[];
}

const PAGE_BYTES = 65536;

// The code of modules with one function: (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt), and with relaxed
// SIMD (func (result v128) three times i32.const 0 i8x16.splat, then i32x4.relaxed_dot_i8x16_i7x16_add_s): of the relaxed
// instructions it is the one that an engine may lack.
const SIMD = [65, 0, 253, 15, 253, 98, 11];
const RELAXED = [65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 147, 2, 11];

function accepts(code: readonly number[]): boolean {
  const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, code.length + 3, 1];
  return WebAssembly.validate(Uint8Array.from([...header, code.length + 1, 0, ...code]));
}

/** The best variant that runtime and platform have, or the wanted one. */
function chooseVariant(platform: Platform, wanted: Variant | undefined, notes: string[]): Variant {
  const relaxed = accepts(RELAXED);
  if (wanted === 'relaxed' && !relaxed) {
    throw new Error("init: variant is 'relaxed', but this runtime has no relaxed SIMD, must be 'simd'");
  }
  const variant = wanted ?? (relaxed && platform.relaxed ? 'relaxed' : 'simd');
  if (!platform[variant]) throw new Error(`init: variant is '${variant}', which this entry does not hold`);
  if (variant !== 'relaxed' && !wanted) {
    notes.push(`variant 'simd': this ${relaxed ? 'entry holds' : 'runtime has'} no relaxed SIMD`);
  }
  return variant;
}

/** The module, or an Error that says what failed and why. */
const orRefuse = <T>(module: Promise<T>): Promise<T> =>
  module.catch((cause) => {
    throw refusal('init', cause, REFUSED);
  });

/**
 * A new instance over a new memory of at most `maxMemoryBytes`.
 *
 * @throws Error when the runtime lacks SIMD or the wanted variant, or refuses the module; TypeError when `wasm` is none
 * of what it may be; RangeError when the memory would not hold even the module's own data.
 */
export async function loadFrom(platform: Platform, options: Wanted): Promise<Kernels> {
  const { maxMemoryBytes, wasm, variant: wanted } = options;
  if (typeof WebAssembly === 'undefined' || !accepts(SIMD)) {
    throw new Error('init: striate needs WebAssembly with SIMD, which this runtime lacks');
  }
  const maximum = Math.min(Math.floor(maxMemoryBytes / PAGE_BYTES), PAGE_BYTES);
  if (!(maximum >= initialPages)) {
    throw new RangeError(
      `init: maxMemoryBytes is ${maxMemoryBytes}, must be at least ${initialPages * PAGE_BYTES}`,
    );
  }
  const notes: string[] = [];
  let variant: Variant;
  let source: ModuleOrBytes;
  let module: WebAssembly.Module | null = null;
  if (wasm === undefined) {
    variant = chooseVariant(platform, wanted, notes);
    source = await orRefuse(Promise.resolve(platform[variant]!()));
  } else {
    if (!isKernelSource(wasm)) {
      throw new TypeError(
        `init: wasm is ${describe(wasm)}, must be a URL, a string, a Response, bytes or a WebAssembly.Module`,
      );
    }
    [source, module, variant] = await hosted(wasm, wanted);
  }
  const limits = { initial: initialPages, maximum };
  let memory: WebAssembly.Memory | null = null;
  if (options.shared) {
    const why = whyOneThread(source);
    try {
      if (why) throw new Error(why);
      memory = new WebAssembly.Memory({ ...limits, shared: true });
      const flags = (wasm === undefined && platform.sharedFlag) || sharedFlag;
      module = await compiled(sharing(bytesOf(source as BufferSource).slice(), flags[variant]));
    } catch (error) {
      notes.push(`one thread: ${(error as Error).message}`);
      memory = null;
    }
  }
  const shared = memory !== null;
  memory ??= new WebAssembly.Memory(limits);
  module ??= await orRefuse(compiled(source, platform.compilesAtOnce));
  if (wasm === undefined) variantOf(module, `the imported ${variant}.wasm`);
  return { exports: await instantiate([module], memory), memory, module, shared, variant, notes };
}

/** Why there can be no threads; '' when there can. */
function whyOneThread(source: ModuleOrBytes): string {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (crossOriginIsolated === false) {
    return 'no shared memory; a page has it when it is cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp)';
  }
  if (typeof SharedArrayBuffer === 'undefined') return 'this runtime has no shared memory';
  if (typeof Worker === 'undefined' && !builtin('node:worker_threads')) return 'this runtime has no workers';
  return isModule(source) ? 'the module is compiled already; threads need its bytes' : '';
}
