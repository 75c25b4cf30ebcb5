/** A program as the lane (ts/engine/lane.ts) gets it: the words of its main list, and how large each of its bases is or what lies there. */
import type { TensorType } from '../base/dtype.ts';
import { type Engine, refresh } from '../engine/engine.ts';
import type { Brought } from '../engine/lane.ts';
import type { Storage } from '../engine/memory.ts';
import { typeBytes } from '../graph/resolve.ts';
import { ARENA } from '../instructions/words.ts';
import { SLOT } from './executable.ts';
import type { Loaded } from './loaded.ts';

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
