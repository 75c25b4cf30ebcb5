/** An executable that the Rust side has decoded: bound to memory and run. Counted; freed when nobody holds it. */
import type { Steps } from '../base/steps.ts';
import type { Engine } from '../engine/engine.ts';
import { allocate, countCache, countLive, release, type Storage, sharedArena } from '../engine/memory.ts';
import { ARENA } from '../instructions/words.ts';
import type { Binding, Executable, List } from './executable.ts';
import { Instructions, type Lent } from './instructions.ts';

export class Loaded {
  readonly executable: Executable;
  readonly #engine: Engine;
  readonly #lists: Record<List, Instructions | null> = { prologue: null, main: null, second: null };
  /** The bases of each kind, by index; of slots and of the record in their order. */
  readonly #bases: Record<Binding['kind'], number[]> = {
    input: [],
    output: [],
    capture: [],
    made: [],
    slot: [],
    record: [],
  };
  readonly #count: (bytes: number) => void;
  #holders = 1;

  /** `kept`: whether its bytes are the user's or the library's cache. @throws OutOfMemoryError */
  constructor(on: Engine, where: string, executable: Executable, kept: 'live' | 'cache') {
    this.executable = executable;
    this.#engine = on;
    this.#count = kept === 'live' ? countLive : countCache;
    executable.bindings.forEach((binding, i) => {
      const list = this.#bases[binding.kind];
      const index = 'index' in binding ? binding.index : list.length;
      list[index] = ARENA + 1 + i;
    });
    const operators = executable.rows.map(({ blamed }) => blamed);
    try {
      for (const list of ['prologue', 'main', 'second'] as const) {
        const words = executable[list];
        if (words === null) continue;
        const made = new Instructions(on, where, words, operators);
        this.#lists[list] = made;
        this.#count(made.bytes);
      }
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  /** The bases of one kind, by index. */
  bases(kind: Binding['kind']): readonly number[] {
    return this.#bases[kind];
  }

  /** The indices and bases of one kind, of what has a base. */
  boundOf(kind: Binding['kind']): (readonly [index: number, base: number])[] {
    return [...this.#bases[kind].entries()].filter(([, base]) => base !== undefined);
  }

  /** Binds a list's bases of one kind to addresses, by index. */
  bind(list: List, kind: Binding['kind'], addresses: readonly number[]): void {
    const instructions = this.#lists[list];
    if (instructions === null) return;
    const bases = this.#bases[kind];
    for (let i = 0; i < bases.length; i++) {
      const base = bases[i];
      if (base !== undefined) instructions.bind(base, addresses[i] as number);
    }
  }

  /** Binds a list's slots, or its record, to memory that starts at an address. */
  bindAt(list: List, kind: 'slot' | 'record', start: number): void {
    const { bindings } = this.executable;
    for (const base of this.#bases[kind]) {
      const binding = bindings[base - ARENA - 1] as Binding & { readonly offset: number };
      this.#lists[list]?.bind(base, start + binding.offset);
    }
  }

  /** The first of a list's steps `first..last` that touches what lies outside of bases of so many bytes; `last` where none does. */
  stray(where: string, list: List, bytes: Uint32Array, first: number, last: number): number {
    return this.#lists[list]?.stray(where, bytes, first, last) ?? last;
  }

  /**
   * Runs the prologue, if there is one, a piece in a step: `make` binds what a piece makes, and captures come in where they are
   * read.
   */
  *prepare(where: string, captures: readonly Storage[], make: (base: number) => void): Steps<void> {
    const instructions = this.#lists.prologue;
    if (instructions === null) return;
    let step = 0;
    for (const { end, arenaBytes, brings, makes } of this.executable.pieces) {
      makes.forEach(make);
      const arena = allocate(where, arenaBytes, true);
      try {
        instructions.bind(ARENA, arena.address);
        for (const { before, capture, runs, base, offset } of brings) {
          for (; step < before; step++) instructions.runStep(where, step);
          captures[capture]!.copyTo(instructions.bound(base) + offset, runs);
        }
        for (; step < end; step++) instructions.runStep(where, step);
      } finally {
        release(arena);
      }
      yield;
    }
  }

  /** Binds one base of a list. */
  bindBase(list: List, base: number, address: number): void {
    this.#lists[list]?.bind(base, address);
  }

  /** Runs a list, if there is one, in the shared arena; all else is bound. */
  run(where: string, list: List): void {
    if (this.#lists[list] !== null) this.ready(where, list).run(where);
  }

  /** A list's instructions, with room for what is alive while they run. */
  ready(where: string, list: List = 'main'): Instructions {
    const instructions = this.#lists[list] as Instructions;
    instructions.bind(ARENA, sharedArena(where, instructions.code.arenaBytes));
    return instructions;
  }

  /** The main list, for a run beside this thread. */
  lend(): Lent {
    return (this.#lists.main as Instructions).lend();
  }

  /** The error of a fault of the main list: its code, three values, and the step. */
  failure(where: string, words: Int32Array): Error {
    return this.#lists.main!.failure(where, words);
  }

  retain(): this {
    this.#holders += 1;
    return this;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#free();
  }

  #free(): void {
    for (const list of Object.values(this.#lists)) {
      if (list === null) continue;
      list.free();
      if (this.#engine.alive) this.#count(-list.bytes);
    }
  }
}
