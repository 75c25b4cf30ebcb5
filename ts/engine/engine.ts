/**
 * The one loaded module and its linear memory, and what every call into WebAssembly needs: views that follow the memory's
 * growth, faults as errors.
 */
import { FAULT } from '../base/boundary.ts';
import { OutOfMemoryError } from '../base/errors.ts';
import { faultError } from '../base/faults.ts';
import type { WasmMemory, WasmModule, WebUrl } from '../base/platform.ts';
import type { KernelExports, Variant } from './instance.ts';

/** What is running: what `init` and `runtime` give. */
export interface RuntimeInfo {
  /** Which build of the kernels: 'relaxed' multiplies and adds in one step. */
  readonly variant: Variant;
  /** How many threads compute. */
  readonly threads: number;
  /** The package's version. */
  readonly version: string;
  /** The most that the linear memory may grow to. */
  readonly maxMemoryBytes: number;
  /** Whether convolutions may take algorithms that round otherwise ('fast'). */
  readonly accuracy: 'fast' | 'exact';
  /** Why something is not as it could be, in sentences. */
  readonly notes: readonly string[];
}

/** The same, for whoever keeps it up to date. */
type Changing<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** Threads that run a program together. */
export interface Threads {
  /** Whether there are any just now. */
  readonly stands: boolean;
  /** Runs steps of a program in so many parts; gives 0, a fault's code, or TEAM.abandoned. */
  run(handle: number, first: number, last: number, parts: number): number;
  /** Has workers stand that hold what the engine has come to hold. */
  renew(): void;
  dismiss(): void;
}

/** A worker that runs programs beside the calling thread. */
export interface Beside {
  /** Lets go of a program. */
  forget(key: object): void;
  dismiss(): void;
}

export interface Engine {
  readonly exports: KernelExports;
  readonly memory: WasmMemory;
  /** What workers instantiate: the core, or the whole, and the side modules that were taken in. */
  readonly modules: WasmModule[];
  /** Whether there are no side modules: all is in one. */
  readonly whole: boolean;
  /** The names of the side modules that were taken in. */
  readonly sides: Set<string>;
  /** Where the workers' file is hosted; undefined where they are made from a text. */
  readonly workerUrl: WebUrl | string | undefined;
  /** Whether workers can share the memory. */
  readonly shared: boolean;
  readonly info: Changing<RuntimeInfo>;
  /** Threads beside the calling one, if any, and the parts that work is planned for. */
  pool: Threads | null;
  parts: number;
  /** Made when runAsync is first called (lane.ts). */
  lane: Beside | null;
  /** What is to be freed when dead workers have ended for certain; null while there are none. */
  deferred: (() => void)[] | null;
  /** False after disposeRuntime: whatever was alive is disposed. */
  alive: boolean;
  /** The memory as unsigned and signed words and as floats; taken anew after each call that may grow it. */
  u32: Uint32Array;
  i32: Int32Array;
  f32: Float32Array;
  /** Index of the result area in `i32`. */
  readonly result: number;
}

let current: Engine | null = null;
const enders: (() => void)[] = [];

/** Has an engine be the running one, or none, after which whatever is alive is disposed. */
export function setEngine(on: Engine | null): void {
  const before = current;
  current = on;
  if (on !== null || before === null) return;
  before.alive = false;
  before.pool?.dismiss();
  before.lane?.dismiss();
  for (const end of enders) end();
}

/** Has `end` called by each disposeRuntime: for what is kept beside the engine. */
export function onDisposeRuntime(end: () => void): void {
  enders.push(end);
}

/** The running engine; `where` names the function that needs it. */
export function engine(where: string): Engine {
  if (current === null) throw new Error(`${where}: call \`await init()\` first`);
  return current;
}

/** The running engine, if any. */
export function engineOrNull(): Engine | null {
  return current;
}

/** Has something freed: at once, or when nobody can write to it any more. */
export function free(on: Engine, action: () => void): void {
  if (on.deferred) on.deferred.push(action);
  else action();
}

/** Takes the views anew when the memory has grown: they are empty then, unless it is shared. `memory.buffer` takes 30 ns. */
export function refresh(on: Engine): Engine {
  if (on.u32.length === 0 || (on.shared && on.u32.buffer !== on.memory.buffer)) {
    const { buffer } = on.memory;
    on.u32 = new Uint32Array(buffer);
    on.i32 = new Int32Array(buffer);
    on.f32 = new Float32Array(buffer);
  }
  return on;
}

/** The code of the fault that the last call left in the result area. */
export function faultCode(on: Engine): number {
  return refresh(on).i32[on.result] as number;
}

/** Throws the fault that the last call left in the result area. */
export function throwFault(on: Engine, where: string): never {
  const { i32, u32, result } = refresh(on);
  if (faultCode(on) === FAULT.outOfMemory)
    throw new OutOfMemoryError(where, u32[result + 1] as number, on.info.maxMemoryBytes);
  throw faultError(where, i32[result] as number, i32.subarray(result + 1, result + 4));
}
