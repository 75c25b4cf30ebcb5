/**
 * Threads: the pool that computes the parts of a program's steps, and what happens when a worker dies. It is loaded when there are to be
 * any. The meeting of the parts is Rust's (crates/wasm/src/team.rs); the caller comes back from it to look at the clock.
 */
import { TEAM } from '../base/boundary.ts';
import type { Engine, Threads } from './engine.ts';
import { tuning } from './parts.ts';
import { Crew } from './workers.ts';

/** Crews lost one after the other, none of which finished a run. */
const MAX_LOST = 3;

const RECOVERING = 'one thread until new workers stand: one died';

/** Times that the caller looks for some 30 microseconds before it leaves its processor to others for a moment. */
const LOOKS = 16;

/** A moment's sleep, where this thread may: a worker that waits for a processor gets it sooner. */
function nap(words: Int32Array, at: number): void {
  try {
    Atomics.wait(words, at, words[at] as number, 0.2);
  } catch {
    // A page's main thread goes on looking.
  }
}

/** The threads of one engine. */
export class Pool implements Threads {
  readonly #on: Engine;
  readonly #threads: number;
  readonly #workerUrl: URL | string | undefined;
  /** Null while there is the calling thread alone. */
  #crew: Crew | null = null;
  #lost = 0;
  /** Crews whose end is not certain. */
  #ending = 0;

  constructor(on: Engine, threads: number, workerUrl: URL | string | undefined) {
    this.#on = on;
    this.#threads = threads;
    this.#workerUrl = workerUrl;
  }

  /** Has new workers stand; where that fails, a note says why. */
  async start(): Promise<void> {
    const { exports, memory, info, modules } = this.#on;
    const shared = { exports, memory, modules: [...modules], workerUrl: this.#workerUrl };
    try {
      const crew = await Crew.hire(shared, this.#threads - 1, tuning.starting, (crew) => {
        if (crew === this.#crew) this.#lose(crew, false);
      });
      if (!this.#on.alive) return crew.dismiss();
      this.#crew = crew;
      info.threads = this.#threads;
      if (modules.length > shared.modules.length) this.renew();
    } catch (error) {
      info.notes.push(`one thread: workers cannot be had: ${(error as Error).message}`);
    }
  }

  get stands(): boolean {
    return this.#crew !== null;
  }

  /** Runs steps of a program in so many parts; gives 0, a fault's code, or TEAM.abandoned. */
  run(handle: number, first: number, last: number, parts: number): number {
    const crew = this.#crew as Crew;
    let status = this.#on.exports.team_run(crew.team, handle, first, last, parts);
    if (status === TEAM.pending) status = this.#wait(crew);
    if (status === TEAM.abandoned) this.#lose(crew, true);
    else this.#lost = 0;
    return status;
  }

  #wait({ team }: Crew): number {
    const { exports, i32, result } = this.#on;
    let [progress, waited, now] = [-1, 0, performance.now()];
    for (let looks = 0; ; looks++) {
      if (i32[result] !== progress) waited = looks = 0;
      progress = i32[result] as number;
      if (looks > LOOKS) nap(i32, team >>> 2);
      const status = exports.team_advance(team);
      if (status !== TEAM.pending) return status;
      const before = now;
      now = performance.now();
      // A long while means that this thread computed or slept.
      waited += Math.min(now - before, 100);
      if (waited > tuning.patience) return TEAM.abandoned;
    }
  }

  /** Goes on with one thread until workers stand that hold the side modules which were taken in since. */
  renew(): void {
    const crew = this.#crew;
    if (crew === null) return;
    this.#crew = null;
    this.#on.info.threads = 1;
    crew.end();
    this.start();
  }

  /** Goes on with one thread until a new crew stands. `running`: the workers may still write what their run writes. */
  #lose(crew: Crew, running: boolean): void {
    const { info } = this.#on;
    this.#crew = null;
    info.threads = 1;
    const ended = crew.end();
    if (running) this.#defer(ended);
    this.#lost += 1;
    if (this.#lost > MAX_LOST) {
      info.notes.push(`one thread: workers died ${this.#lost} times, one after the other`);
      return;
    }
    info.notes.push(RECOVERING);
    this.start().then(() => info.notes.splice(info.notes.indexOf(RECOVERING), 1));
  }

  /** Has nothing freed before `ended`. */
  #defer(ended: Promise<void>): void {
    const on = this.#on;
    on.deferred ??= [];
    this.#ending += 1;
    ended.then(() => {
      this.#ending -= 1;
      if (this.#ending > 0 || !on.alive) return;
      const deferred = on.deferred ?? [];
      on.deferred = null;
      for (const free of deferred) free();
    });
  }

  /** Ends the workers. */
  dismiss(): void {
    this.#crew?.dismiss();
    this.#crew = null;
  }
}
