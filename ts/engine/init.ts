/** init, runtime, disposeRuntime: which kernels are loaded, how much memory they have, and how many threads compute. */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import { describe, wrongKind } from '../base/errors.ts';
import type { WebUrl } from '../base/platform.ts';
import { tagOf } from '../base/realm.ts';
import { type Engine, engine, engineOrNull, type RuntimeInfo, setEngine } from './engine.ts';
import { type KernelSource, loadFrom, type Platform, type Variant, version } from './instance.ts';
import { processors } from './parts.ts';
import { prepare } from './side.ts';

/** The options of `init`. */
export interface InitOptions {
  /** Which build of the kernels; default: the best that this runtime has. */
  variant?: Variant | undefined;
  /**
   * How many threads compute, 1 to 64; 'auto': as many as there are processors, at most 8. Default 1. Where they cannot be
   * had, one thread computes and `runtime().notes` says why. The results are the same bits with any number.
   */
  threads?: number | 'auto' | undefined;
  /** The most that the linear memory may grow to; default 2 GiB, 96 MiB in an edge isolate. */
  maxMemoryBytes?: number | undefined;
  /** 'exact': no algorithm that rounds otherwise than the plain sum in single precision would. Default 'fast'. */
  accuracy?: 'fast' | 'exact' | undefined;
  /** The module, for those who host the file themselves. */
  wasm?: KernelSource | undefined;
  /**
   * Where the package's worker.js is hosted, for pages whose content security policy refuses workers from a blob
   * (`worker-src 'self'`); in Node, Deno and Bun a file's URL or path. Used only with `threads` and by `runAsync`. It is served with the
   * page's header Cross-Origin-Embedder-Policy.
   */
  workerUrl?: WebUrl | string | undefined;
}

const OPTIONS = ['variant', 'threads', 'maxMemoryBytes', 'accuracy', 'wasm', 'workerUrl'] as const;

let pending: Promise<RuntimeInfo> | null = null;
let requested: InitOptions = {};
/** Counts the runtimes, so that one that was given up while it loaded does not take the place of the next. */
let generation = 0;

/**
 * Loads the kernels from where the platform's entry has them. Concurrent calls share one promise, a failed one may be
 * tried again; a call while it runs with options that agree is free.
 * @throws TypeError, RangeError for an option that is wrong; Error when the runtime lacks WebAssembly SIMD, or
 * when it runs already with other options
 */
export async function initOn(platform: Platform, options: InitOptions = {}): Promise<RuntimeInfo> {
  checkInit(options);
  if (pending !== null) {
    requireSame(options);
    return pending;
  }
  requested = options;
  const loading = start(platform, options);
  pending = loading;
  try {
    return await loading;
  } catch (error) {
    if (pending === loading) pending = null;
    throw error;
  }
}

async function start(platform: Platform, options: InitOptions): Promise<RuntimeInfo> {
  generation += 1;
  const mine = generation;
  const maxMemoryBytes = options.maxMemoryBytes ?? defaultMemory();
  const threads = options.threads === 'auto' ? processors() : (options.threads ?? 1);
  const { exports, memory, module, shared, variant, notes } = await loadFrom(platform, {
    ...(options.variant !== undefined && { variant: options.variant }),
    ...(options.wasm !== undefined && { wasm: options.wasm }),
    maxMemoryBytes,
    shared: threads > 1,
  });
  const { buffer } = memory;
  const on: Engine = {
    exports,
    memory,
    modules: [module],
    // The core exports its table of functions, which side modules fill.
    whole: !('table' in exports),
    sides: new Set(),
    workerUrl: options.workerUrl,
    shared,
    info: { variant, threads: 1, version, maxMemoryBytes, accuracy: options.accuracy ?? 'fast', notes },
    pool: null,
    parts: 1,
    lane: null,
    deferred: null,
    alive: true,
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
    f32: new Float32Array(buffer),
    result: exports.result() >>> 2,
  };
  await prepare(on);
  if (shared) {
    const { Pool } = await import('./threads.ts');
    const pool = new Pool(on, threads, options.workerUrl);
    await pool.start();
    if (pool.stands) [on.pool, on.parts] = [pool, threads];
  }
  if (mine !== generation) {
    on.pool?.dismiss();
    throw new Error('init: disposeRuntime was called while the kernels were loading');
  }
  setEngine(on);
  return on.info;
}

function checkInit(options: InitOptions): void {
  checkOptions('init', options, OPTIONS);
  const { variant, threads, maxMemoryBytes, accuracy, workerUrl } = options;
  if (variant !== undefined) oneOf('init', 'variant', variant, ['simd', 'relaxed']);
  if (accuracy !== undefined) oneOf('init', 'accuracy', accuracy, ['fast', 'exact']);
  if (threads !== undefined && threads !== 'auto') integer('init', 'threads', threads, 1, 64);
  if (workerUrl !== undefined && typeof workerUrl !== 'string' && tagOf(workerUrl) !== 'URL') {
    throw wrongKind('init', 'workerUrl', workerUrl, 'a URL or a string');
  }
  if (maxMemoryBytes !== undefined) integer('init', 'maxMemoryBytes', maxMemoryBytes, 1 << 20, 2 ** 32);
}

/** What tells options apart: of a URL its text. */
const comparable = (value: unknown): unknown => (tagOf(value) === 'URL' ? String(value) : value);

function requireSame(options: InitOptions): void {
  for (const key of OPTIONS) {
    const [asked, before] = [options[key], requested[key] ?? engineOrNull()?.info[key as keyof RuntimeInfo]];
    if (asked !== undefined && comparable(asked) !== comparable(before)) {
      throw new Error(
        `init: already running with ${key} ${describe(before)}, cannot become ${describe(asked)}; call disposeRuntime first`,
      );
    }
  }
}

/** 2 GiB, or 96 MiB where an isolate has 128 MB. */
function defaultMemory(): number {
  // A pair of web sockets is workerd's own; Node would make its navigator first, to be asked for its name.
  const { EdgeRuntime, WebSocketPair } = globalThis as { EdgeRuntime?: unknown; WebSocketPair?: unknown };
  return EdgeRuntime !== undefined || WebSocketPair !== undefined ? 96 * 2 ** 20 : 2 ** 31;
}

/**
 * What is running: variant, threads, version, limits, and notes on what could not be had.
 * @throws Error before init
 */
export function runtime(): RuntimeInfo {
  return engine('runtime').info;
}

/**
 * Ends the workers and gives the memory back; whatever is alive becomes disposed, and init may follow. Does nothing before
 * init.
 */
export function disposeRuntime(): void {
  pending = null;
  generation += 1;
  setEngine(null);
}
