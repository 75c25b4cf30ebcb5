/**
 * Storage in the linear memory: counted, 64-byte aligned, freed with its last handle; scopes that dispose what was
 * made inside; the arena that all programs share; and the figures of all of it.
 */
import { isOwnTensor, OutOfMemoryError, wrongKind } from '../base/errors.ts';
import type { Steps } from '../base/steps.ts';
import { type Engine, engine, engineOrNull, free, onDisposeRuntime, refresh } from './engine.ts';

/** Values that are kept outside of the linear memory. */
export interface Outside {
  /** Writes so many bytes of them, from the one at `first` on, to an address. */
  write(address: number, first: number, bytes: number): void;
  /** Their bytes, where they are kept as they are here. */
  readonly plain?: () => Uint8Array | null;
}

/** Bytes that lie apart: `count` runs of `bytes`, from `first` on every `stride`. */
export interface Runs {
  readonly first: number;
  readonly bytes: number;
  readonly stride: number;
  readonly count: number;
}

/**
 * Bytes at an address, shared by the handles that count on it. Those of a model's constants are kept outside of the linear
 * memory: they come in where somebody asks for their address, and may leave again.
 */
export class Storage {
  readonly engine: Engine;
  /** No other storage has or had it. */
  readonly id = storages++;
  readonly bytes: number;
  /** Handles that hold it; at 0 it is freed. */
  references = 1;
  /** Whether the user holds it (liveBytes) or the library keeps it for speed (cacheBytes). */
  readonly cache: boolean;
  /** A traced function writes it, so that what reads it is no constant of a trace. */
  written = false;
  /** How often the library has written values in place: a gradient that reads older ones is refused. */
  version = 0;
  /** Where it lies now; 0 when it is outside. */
  place: number;
  #outside: Outside | null;

  constructor(on: Engine, bytes: number, cache: boolean, place: number, outside: Outside | null = null) {
    this.engine = on;
    this.bytes = bytes;
    this.cache = cache;
    this.place = place;
    this.#outside = outside;
  }

  /** Where it lies from now on. @throws OutOfMemoryError */
  get address(): number {
    if (this.place === 0) {
      this.place = room('loadModel', this.engine, this.bytes);
      this.#outside!.write(this.place, 0, this.bytes);
      cacheBytes += this.bytes;
    }
    return this.place;
  }

  /** Whether its values are outside alone. */
  get isAway(): boolean {
    return this.place === 0;
  }

  /** Whether its values are outside as well. */
  get isOutside(): boolean {
    return this.#outside !== null;
  }

  /** Has the values, which nobody writes, outside until somebody asks for their address. */
  leave(): void {
    if (this.place === 0) return;
    if (this.#outside === null) {
      const values = bytesOf(this.engine).slice(this.place, this.place + this.bytes);
      this.#outside = {
        write: (address, first, bytes) =>
          bytesOf(this.engine).set(values.subarray(first, first + bytes), address),
        plain: () => values,
      };
    } else cacheBytes -= this.bytes;
    giveBack(this);
    this.place = 0;
  }

  /** A copy of the bytes, or of so many at their beginning; what is outside stays there. */
  read(bytes: number = this.bytes): Uint8Array<ArrayBuffer> {
    const { place, engine: on } = this;
    if (place !== 0) return bytesOf(on).slice(place, place + bytes);
    const lent = room('loadModel', on, bytes);
    try {
      this.#outside!.write(lent, 0, bytes);
      return bytesOf(on).slice(lent, lent + bytes);
    } finally {
      free(on, () => on.exports.release(lent));
    }
  }

  /** Writes the bytes. */
  write(bytes: Uint8Array): void {
    const { address } = this;
    bytesOf(this.engine).set(bytes, address);
  }

  /** Writes the values, or some of them side by side, to another place of the memory. */
  copyTo(address: number, runs: Runs | null = null): void {
    const { first, bytes, stride, count } = runs ?? { first: 0, bytes: this.bytes, stride: 0, count: 1 };
    const plain = this.place === 0 && bytes <= SHORT ? this.#outside!.plain?.() : null;
    if (plain && runs !== null) {
      gather(bytesOf(this.engine), address, plain, runs);
      return;
    }
    for (let i = 0; i < count; i++) {
      const [to, from] = [address + i * bytes, first + i * stride];
      if (this.place === 0) this.#outside!.write(to, from, bytes);
      else bytesOf(this.engine).copyWithin(to, this.place + from, this.place + from + bytes);
    }
  }
}

/** Bytes of a run that are copied one by one in less time than a view of them is made. */
const SHORT = 64;

function gather(
  to: Uint8Array,
  address: number,
  from: Uint8Array,
  { first, bytes, stride, count }: Runs,
): void {
  for (let i = 0, at = address; i < count; i++) {
    const start = first + i * stride;
    for (let place = start; place < start + bytes; place++) to[at++] = from[place] as number;
  }
}

/** What `memory.stats()` gives. */
export interface MemoryStats {
  /** Bytes that the user holds: tensors, parameters, compiled programs' weights, and those of loaded models, which wait outside. */
  readonly liveBytes: number;
  /** The most that liveBytes has been. */
  readonly peakBytes: number;
  /** Tensors that are neither disposed nor collected. */
  readonly liveTensors: number;
  /** Bytes that the library keeps for speed: plans of recent shapes, the programs' shared arena. */
  readonly cacheBytes: number;
  /** The size of the linear memory. */
  readonly memoryBytes: number;
}

let storages = 0;
let liveBytes = 0;
let peakBytes = 0;
let cacheBytes = 0;
let liveTensors = 0;
const caches: (() => void)[] = [];

/**
 * What the linear memory holds.
 * @example
 * ```ts
 * memory.stats().liveBytes;
 * ```
 */
export const memory = {
  /** How much is alive, has been, and is kept for speed. */
  stats(): MemoryStats {
    const memoryBytes = engineOrNull()?.memory.buffer.byteLength ?? 0;
    return { liveBytes, peakBytes, liveTensors, cacheBytes, memoryBytes };
  },
};

/** Registers something that can give cached bytes back; it is asked before an OutOfMemoryError. */
export function onLowMemory(release: () => void): void {
  caches.push(release);
}

/** Gives back everything that is kept for speed. */
export function releaseCaches(): void {
  for (const release of caches) release();
}

/** The address that `attempt` gives; where there is no room (0), it is asked again without the caches. @throws OutOfMemoryError */
export function withRoom(where: string, bytes: number, attempt: () => number): number {
  let address = attempt() >>> 0;
  if (address === 0) {
    releaseCaches();
    address = attempt() >>> 0;
    if (address === 0) throw new OutOfMemoryError(where, bytes, engine(where).info.maxMemoryBytes);
  }
  return address;
}

/** `bytes` of new storage with one reference. @throws OutOfMemoryError */
export function allocate(where: string, bytes: number, cache = false): Storage {
  const on = engine(where);
  const place = room(where, on, bytes);
  if (cache) cacheBytes += bytes;
  else countLive(bytes);
  return new Storage(on, bytes, cache, place);
}

/** Storage of values that are outside; the user holds them. */
export function storageOutside(where: string, bytes: number, outside: Outside): Storage {
  countLive(bytes);
  return new Storage(engine(where), bytes, false, 0, outside);
}

function room(where: string, on: Engine, bytes: number): number {
  // An address space of 32 bits holds no more.
  return withRoom(where, bytes, () => (bytes < 2 ** 32 ? on.exports.alloc(bytes) : 0));
}

function bytesOf(on: Engine): Uint8Array {
  return new Uint8Array(refresh(on).u32.buffer);
}

/** Gives one reference back. */
export function release(storage: Storage): void {
  storage.references -= 1;
  if (storage.references > 0 || !storage.engine.alive) return;
  if (storage.isOutside) storage.leave();
  else giveBack(storage);
  if (storage.cache) cacheBytes -= storage.bytes;
  else liveBytes -= storage.bytes;
}

function giveBack({ engine: on, place }: Storage): void {
  free(on, () => on.exports.release(place));
}

/**
 * Has a storage lie elsewhere with the same values: workers that may not have ended still write to where it was.
 * @throws OutOfMemoryError
 */
export function moveAway(where: string, storage: Storage): void {
  const fresh = room(where, storage.engine, storage.bytes);
  storage.copyTo(fresh);
  giveBack(storage);
  storage.place = fresh;
}

/** Counts bytes that Rust holds for a plan or program. */
export function countCache(bytes: number): void {
  cacheBytes += bytes;
}

export function countLive(bytes: number): void {
  liveBytes += bytes;
  if (liveBytes > peakBytes) peakBytes = liveBytes;
}

export function countTensors(change: number): void {
  liveTensors += change;
}

let shared: Storage | null = null;

/** The address of the arena that all programs share, at least `bytes` large. Nothing in it outlives a run. */
export function sharedArena(where: string, bytes: number): number {
  if (shared !== null && shared.bytes >= bytes) return shared.address;
  if (bytes === 0) return 0;
  dropArena();
  shared = allocate(where, bytes, true);
  return shared.address;
}

/** The arena, at least `bytes` large, for a run beside this thread: whoever runs meanwhile has another. @throws OutOfMemoryError */
export function takeArena(where: string, bytes: number): Storage {
  sharedArena(where, Math.max(bytes, 1));
  const taken = shared as Storage;
  shared = null;
  return taken;
}

/** What was taken is everybody's again. */
export function returnArena(arena: Storage): void {
  if (!arena.engine.alive) return;
  if (shared !== null && shared.bytes >= arena.bytes) release(arena);
  else {
    dropArena();
    shared = arena;
  }
}

/** Gives the arena back; the next run has another. */
export function dropArena(): void {
  if (shared !== null) release(shared);
  shared = null;
}
caches.push(dropArena);

onDisposeRuntime(() => {
  shared = null;
  liveBytes = 0;
  peakBytes = 0;
  cacheBytes = 0;
  liveTensors = 0;
});

/** What something owns, apart from it, so that it can be freed after the owner was garbage collected. Idempotent. */
export interface Resources {
  free(): void;
}

/** What a scope disposes: idempotent. */
interface Disposable {
  readonly resources: Resources;
  readonly disposed: boolean;
  dispose(): void;
}

const scopes: Disposable[][] = [];

/** Hands `made` to the innermost scope, or to the garbage collector's care where there is none. */
export function adopt(made: Disposable): void {
  const inner = scopes[scopes.length - 1];
  if (inner === undefined) safetyNet(made);
  else inner.push(made);
}

/**
 * Runs `body` and disposes every tensor, module, program, model and gradient record made inside, but what it
 * returns (a tensor, or an array or object of them), which moves to the scope around it.
 * @throws TypeError when `body` returns a Promise; whatever `body` throws, after disposing everything
 * @example
 * ```ts
 * const y = scope(() => {
 *   const scaled = mul(x, 1 / 255);
 *   return relu(conv2d(scaled, weight)); // scaled is disposed, y stays
 * });
 * ```
 */
export function scope<T>(body: () => T): T {
  if (typeof body !== 'function') throw wrongKind('scope', 'the first argument', body, 'a function');
  const made: Disposable[] = [];
  scopes.push(made);
  let kept: Set<unknown> | null = null;
  try {
    const result = body();
    if (typeof (result as { then?: unknown } | null)?.then === 'function') {
      throw new TypeError('scope: the function returned a Promise, must be synchronous');
    }
    kept = reachable(result);
    return result;
  } finally {
    scopes.pop();
    for (const one of made) {
      if (kept?.has(one)) {
        if (!one.disposed) adopt(one);
      } else one.dispose();
    }
  }
}

/**
 * Runs `body`; gives its result, and apart from it everything that was made inside, which the caller disposes of or hands on
 * by `adopt`.
 */
export function collecting<T>(body: () => T): { readonly result: T; readonly made: readonly Disposable[] } {
  const made: Disposable[] = [];
  scopes.push(made);
  try {
    return { result: body(), made };
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  } finally {
    scopes.pop();
  }
}

/** Work in steps, whose handles end with it. */
export function* scoped<T>(work: Steps<T>): Steps<T> {
  const made: Disposable[] = [];
  try {
    for (;;) {
      const step = collecting(() => work.next());
      made.push(...step.made);
      if (step.result.done) return step.result.value;
      yield;
    }
  } finally {
    work.return(undefined as never);
    for (const one of made) one.dispose();
  }
}

/** Everything that can be reached from a result through arrays and own enumerable properties; a tensor holds no other. */
function reachable(root: unknown): Set<unknown> {
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    // A step of training is a function.
    const isPart = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (!isPart || ArrayBuffer.isView(value) || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) for (const part of value) visit(part);
    else if (!isOwnTensor(value)) for (const part of Object.values(value)) visit(part);
  };
  visit(root);
  return seen;
}

let registry: FinalizationRegistry<Resources> | null = null;

/** What is garbage collected undisposed still gives its storage back, where the runtime can tell. */
function safetyNet(made: Disposable): void {
  if (typeof FinalizationRegistry === 'undefined') return;
  registry ??= new FinalizationRegistry((resources) => resources.free());
  registry.register(made, made.resources);
}
