/**
 * Whether a program out of a file stays within its memory: each operand of each step within what its base is bound to when the
 * step runs. How much an instruction touches the Rust side knows; here is how large each base is.
 */
import type { TensorType } from '../../base/dtype.ts';
import { typeBytes } from '../../graph/resolve.ts';
import { ARENA } from '../../instructions/words.ts';
import { type Binding, type List, SLOT } from '../../program/executable.ts';
import type { Loaded } from '../../program/loaded.ts';

/** @throws RangeError that names the list and the step, or what a piece brings in */
export function requireWithin(
  loaded: Loaded,
  inputs: readonly TensorType[],
  captures: readonly TensorType[],
): void {
  const { bindings, main, outputs, pieces } = loaded.executable;
  const sizes = (arenaBytes: number, of: (binding: Binding, base: number) => number) =>
    Uint32Array.from([arenaBytes, ...bindings.map((binding, i) => of(binding, ARENA + 1 + i))]);
  const judge = (list: List, bytes: Uint32Array, first: number, last: number) => {
    const step = loaded.stray('loadCompiled', list, bytes, first, last);
    if (step < last) throw new RangeError(`step ${step} of its ${list} reaches beyond its memory`);
  };
  // Of two bases of one input or output the last is bound.
  const taken = (kind: 'input' | 'output', types: readonly TensorType[], index: number, base: number) =>
    loaded.bases(kind)[index] === base ? typeBytes(types[index] as TensorType) : 0;
  const inMain = (binding: Binding, base: number): number => {
    switch (binding.kind) {
      case 'input':
        return taken('input', inputs, binding.index, base);
      case 'output':
        return taken('output', outputs, binding.index, base);
      case 'made':
        return binding.bytes;
      default:
        return binding.kind === 'slot' ? SLOT : 0;
    }
  };
  judge('main', sizes(main.arenaBytes, inMain), 0, main.parts.length);
  // What no piece makes is there before the first.
  const later = new Set(pieces.flatMap(({ makes }) => makes));
  let step = 0;
  for (const { end, arenaBytes, brings, makes } of pieces) {
    for (const base of makes) later.delete(base);
    const there = sizes(arenaBytes, (binding, base) =>
      binding.kind === 'made' && !later.has(base) ? binding.bytes : 0,
    );
    for (const { capture, runs, base, offset } of brings) {
      const bytes = runs === null ? typeBytes(captures[capture] as TensorType) : runs.count * runs.bytes;
      if (offset + bytes > (there[base] as number))
        throw new RangeError(`what is brought in for step ${step} of its prologue does not fit there`);
    }
    judge('prologue', there, step, Math.max(step, end));
    step = Math.max(step, end);
  }
}
