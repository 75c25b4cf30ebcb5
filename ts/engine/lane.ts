/**
 * The lane: a worker of the library's own that runs programs beside the calling thread, in the same memory where that is shared; else in
 * one of its own, to which a program is brought at its first run. Calls take turns in their order. Where there can be no worker they run
 * in place.
 */
import { initialPages, stackBytes, version } from '../../build/glue.js';
import { builtin } from '../base/builtin.ts';
import type { WebSignal } from '../base/platform.ts';
import type { Engine } from './engine.ts';
import type { KernelExports } from './instance.ts';
import { laneText } from './laneText.ts';
import { tuning } from './parts.ts';
import { type AnyWorker, BLOCK_BYTES, openWorker } from './workers.ts';
import type { Answer } from './workerText.ts';

/** A program as the lane gets it. */
export interface Brought {
  readonly words: Uint32Array<ArrayBuffer>;
  /** Of the arena. */
  readonly bytes: number;
  /** For every other base that it touches: how large it is, and what it holds where that stays. */
  readonly memory: readonly (readonly [base: number, bytes: number, contents: Uint8Array | null])[];
}

/** A run of a program. */
export interface Errand {
  /** Stands for the program and what stays of it: another one where that has changed. */
  readonly key: object;
  bring(): Brought;
  /** What lies at bases before the run. */
  readonly writes: readonly (readonly [base: number, bytes: Uint8Array<ArrayBuffer>])[];
  /** Bases whose bytes are wanted after it. */
  readonly reads: readonly number[];
}

/** A run in the memory that the worker shares. */
export interface Visit {
  readonly handle: number;
  /** The address of its bases. */
  readonly table: number;
  /** Called when the worker has done with it, also by dying; frees what it runs on. */
  done(): void;
}

/** Has the lane do an errand; gives what was read, or what went wrong (workerText.ts). */
export type Send = (errand: Errand | Visit) => Promise<Answer>;

/** The worker, and what it is at. */
interface Seat {
  readonly worker: AnyWorker;
  /** Where its thread-local block and its stack lie, of a shared memory. */
  own: readonly [number, number] | null;
  visit: Visit | null;
  /** How many of the engine's modules it has. */
  modules: number;
}

/** Lanes lost one after the other, none of which finished a run. */
const MAX_LOST = 3;

/** What a signal gives as its reason, or an AbortError where it is too old to have one. */
function reasonOf({ reason }: WebSignal): unknown {
  return reason ?? new DOMException('This operation was aborted', 'AbortError');
}

export class Lane {
  readonly #on: Engine;
  readonly #workerUrl: URL | string | undefined;
  readonly #ids = new WeakMap<object, number>();
  /** The programs that the worker has. */
  #there = new Set<number>();
  #last = 0;
  #seat: Seat | null = null;
  /** Resolves or rejects what the worker was asked last. */
  #asked: { resolve(answer: Answer): void; reject(error: Error): void } | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #lost = 0;
  #refused = false;

  constructor(on: Engine, workerUrl: URL | string | undefined) {
    this.#on = on;
    this.#workerUrl = workerUrl;
  }

  /** Has a job done when those before it are; it is given null where it must run in place. A signal ends its waiting. */
  enqueue<T>(signal: WebSignal | undefined, job: (send: Send | null) => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const aborted = (): void => reject(reasonOf(signal as AbortSignal));
      if (signal?.aborted) return aborted();
      signal?.addEventListener('abort', aborted);
      const turn = async (): Promise<void> => {
        try {
          if (signal?.aborted) return;
          const stands = await this.#stands();
          if (signal?.aborted) return;
          const send: Send = async (errand) => {
            const answer = await this.#ask(errand);
            if (signal?.aborted) throw reasonOf(signal);
            return answer;
          };
          resolve(await job(stands ? send : null));
        } catch (error) {
          reject(error);
        } finally {
          signal?.removeEventListener('abort', aborted);
        }
      };
      this.#tail = this.#tail.then(turn);
    });
  }

  /** Lets go of a program. */
  forget(key: object): void {
    const id = this.#ids.get(key);
    if (id !== undefined && this.#there.delete(id)) this.#seat?.worker.postMessage([id], []);
  }

  /** Ends the worker; whoever waits for it hears why. */
  dismiss(): void {
    this.#refused = true;
    this.#end(new TypeError('the runtime was disposed'));
  }

  #end(why: Error): void {
    this.#seat?.worker.terminate();
    this.#seat = null;
    this.#there = new Set();
    const asked = this.#asked;
    this.#asked = null;
    asked?.reject(why);
  }

  /** Whether there is a worker: one that stands, or a new one. */
  async #stands(): Promise<boolean> {
    if (this.#seat !== null) return true;
    if (this.#refused || !this.#on.alive) return false;
    const { info } = this.#on;
    try {
      await this.#open();
      return true;
    } catch (error) {
      if (!this.#refused) info.notes.push(`runAsync runs in place: ${(error as Error).message}`);
      this.#refused = true;
      this.#end(error as Error);
      return false;
    }
  }

  #open(): Promise<void> {
    if (typeof Worker === 'undefined' && !builtin('node:worker_threads'))
      throw new Error('this runtime has no workers');
    const { exports, modules, memory, shared, info } = this.#on;
    if (shared) requireRoom(exports);
    return new Promise((resolve, reject) => {
      let stands = false;
      const timer = setTimeout(
        () => reject(new Error(`no answer in ${tuning.starting / 1000} s`)),
        tuning.starting,
      );
      const lost = (error: Error): void => {
        if (seat !== this.#seat) return;
        if (!stands) reject(error);
        else this.#lose();
      };
      const worker = openWorker(this.#workerUrl, laneText, {
        fail: lost,
        leave: () => {
          lost(new Error('it ended'));
          this.#leave(seat);
        },
        hear: (word) => {
          if (word === 0) return;
          if (typeof word === 'string') return reject(new Error(word));
          if ('answer' in word) return this.#hear(seat, word.answer);
          stands = true;
          clearTimeout(timer);
          if (shared) {
            seat.own = word;
            // What the worker allocated may have made the memory grow: so this thread sees it.
            memory.grow(0);
          }
          resolve();
        },
      });
      const seat: Seat = { worker, own: null, visit: null, modules: modules.length };
      this.#seat = seat;
      const maximum = Math.min(Math.floor(info.maxMemoryBytes / 65536), 65536);
      const its = shared ? memory : { initial: initialPages, maximum };
      worker.postMessage([version, modules, its, 0, 0], []);
    });
  }

  /** A worker has ended for certain: what it had of the shared memory is free. */
  #leave({ own, visit }: Seat): void {
    const { alive, exports } = this.#on;
    if (!alive) return;
    visit?.done();
    if (own !== null) exports.__wbindgen_thread_destroy(...own, stackBytes);
  }

  #hear(seat: Seat, answer: Answer): void {
    seat.visit?.done();
    seat.visit = null;
    const asked = this.#asked;
    this.#asked = null;
    this.#lost = 0;
    asked?.resolve(answer);
  }

  #lose(): void {
    this.#lost += 1;
    if (this.#lost >= MAX_LOST) {
      this.#refused = true;
      this.#on.info.notes.push(`runAsync runs in place: its worker died ${this.#lost} times`);
    }
    this.#end(new Error('its worker died; the call did not end, the next one has a new worker'));
  }

  #ask(errand: Errand | Visit): Promise<Answer> {
    const seat = this.#seat;
    const isVisit = 'done' in errand;
    if (seat === null) {
      if (isVisit) errand.done();
      throw new Error('its worker died');
    }
    if (!isVisit) return this.#bring(seat, errand);
    seat.visit = errand;
    return this.#post(seat, [errand.handle, errand.table], []);
  }

  #post(seat: Seat, order: readonly unknown[], moved: ArrayBuffer[]): Promise<Answer> {
    const { worker } = seat;
    const { modules } = this.#on;
    return new Promise<Answer>((resolve, reject) => {
      this.#asked = { resolve, reject };
      // Until it answers the process stays.
      worker.ref?.();
      if (modules.length > seat.modules) worker.postMessage([modules.slice(seat.modules)], []);
      seat.modules = modules.length;
      worker.postMessage(order, moved);
    });
  }

  #bring(seat: Seat, { key, bring, writes, reads }: Errand): Promise<Answer> {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = ++this.#last;
      this.#ids.set(key, id);
    }
    const brought = this.#there.has(id) ? null : bring();
    const moved = [...writes.map(([, bytes]) => bytes.buffer), ...(brought ? buffersOf(brought) : [])];
    this.#there.add(id);
    return this.#post(seat, [id, writes, reads, brought], moved).then((answer) => {
      // What went wrong inside took the program with it.
      if (typeof answer === 'number' || typeof answer === 'string') this.#there.delete(id);
      return answer;
    });
  }
}

/** Without it the worker would end in a trap. */
function requireRoom({ alloc, release }: KernelExports): void {
  const room = alloc(stackBytes + BLOCK_BYTES);
  if (room === 0) throw new Error('there is no memory for its stack');
  release(room);
}

function buffersOf({ words, memory }: Brought): ArrayBuffer[] {
  return [
    words.buffer,
    ...memory.flatMap(([, , contents]) => (contents ? [contents.buffer as ArrayBuffer] : [])),
  ];
}

/** The lane of an engine, made when it is first asked for. */
export function laneOf(on: Engine): Lane {
  on.lane ??= new Lane(on, on.workerUrl);
  return on.lane as Lane;
}
