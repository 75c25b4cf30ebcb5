/**
 * A run of a program by the lane (ts/engine/lane.ts). Where the worker shares this memory it runs the very program, with a table of bases
 * and an arena of its own, and whatever it touches stays until it has done. Else the program is brought: the words of its main list, and
 * how large each of its bases is or what lies there.
 */
import type { TensorType } from '../base/dtype.ts';
import { type Engine, refresh } from '../engine/engine.ts';
import type { Brought, Visit } from '../engine/lane.ts';
import { allocate, release, returnArena, type Storage, takeArena } from '../engine/memory.ts';
import { typeBytes } from '../graph/resolve.ts';
import { ARENA } from '../instructions/words.ts';
import { type Binding, SLOT } from './executable.ts';
import type { Loaded } from './loaded.ts';

/** What a run reads and writes, by index; what has no bytes may be null. */
export interface Touched {
  readonly input: readonly (Storage | null)[];
  readonly output: readonly (Storage | null)[];
  /** Copies of what it writes in place. */
  readonly capture: ReadonlyMap<number, Storage>;
  /** What its prologue has made. */
  readonly made: readonly Storage[];
  /** The generator's state for each slot. */
  readonly draws: readonly (readonly number[])[];
}

/** A run in this memory. @throws OutOfMemoryError */
export function visitOf(on: Engine, where: string, loaded: Loaded, touched: Touched): Visit {
  const { main, slotBytes, bindings } = loaded.executable;
  const { handle, table, back } = loaded.lend();
  const held: Storage[] = [];
  let arena: Storage | null = null;
  const done = (): void => {
    back();
    if (arena !== null) returnArena(arena);
    for (const storage of held) release(storage);
    loaded.release();
  };
  loaded.retain();
  try {
    arena = takeArena(where, main.arenaBytes);
    // The draws' slots lie behind the table.
    const room = allocate(where, 4 * table.length + slotBytes, true);
    held.push(room);
    const { input, output, capture, made, draws } = touched;
    for (const storage of [...input, ...output, ...capture.values(), ...made]) {
      if (storage === null) continue;
      storage.references += 1;
      held.push(storage);
    }
    table[ARENA] = arena.address;
    for (const [i, base] of loaded.boundOf('input')) table[base] = input[i]?.address ?? 0;
    for (const [i, base] of loaded.boundOf('output')) table[base] = output[i]?.address ?? 0;
    for (const [i, base] of loaded.boundOf('capture')) table[base] = (capture.get(i) as Storage).address;
    const slots = room.address + 4 * table.length;
    const { u32, i32 } = refresh(on);
    for (const [i, base] of loaded.boundOf('slot')) {
      const { offset } = bindings[base - ARENA - 1] as Binding & { kind: 'slot' };
      table[base] = slots + offset;
      i32.set(draws[i] as readonly number[], (slots + offset) >>> 2);
    }
    u32.set(table, room.address >>> 2);
    return { handle, table: room.address, done };
  } catch (error) {
    done();
    throw error;
  }
}

/** `inputs` are the types of the program's inputs, `captures` what it writes in place, by index. */
export function broughtOf(
  on: Engine,
  where: string,
  loaded: Loaded,
  inputs: readonly TensorType[],
  captures: readonly Storage[],
): Brought {
  const { main, bindings, outputs } = loaded.executable;
  const instructions = loaded.ready(where);
  const all = new Uint8Array(refresh(on).u32.buffer);
  const staying = (base: number, bytes: number) => {
    const at = instructions.bound(base);
    return all.slice(at, at + bytes);
  };
  const memory = bindings.map((binding, i): Brought['memory'][number] => {
    const base = ARENA + 1 + i;
    // Records are those of pullbacks, which are no programs of the user's.
    if (binding.kind === 'record') return [base, 0, null];
    switch (binding.kind) {
      case 'input':
        return [base, typeBytes(inputs[binding.index] as TensorType), null];
      case 'output':
        return [base, typeBytes(outputs[binding.index] as TensorType), null];
      case 'made':
        return [base, binding.bytes, staying(base, binding.bytes)];
      case 'capture':
        return [base, captures[binding.index]!.bytes, null];
      default:
        return [base, SLOT, null];
    }
  });
  return { words: Uint32Array.from(main.words), bytes: main.arenaBytes, memory };
}
