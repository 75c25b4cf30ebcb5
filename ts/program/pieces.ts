/**
 * The prologue in pieces that share no memory: each makes something of constants of its own, in an arena that is given back
 * behind it. The piece with the largest arena comes first, when least of what they make is there yet; so the memory grows
 * little beyond what stays.
 */
import { type Buffer, type Builder, placeOf, root, type Step } from '../instructions/builder.ts';
import type { Bring, Piece } from './executable.ts';
import { assignOffsets, shareInPlace } from './placement.ts';
import { inSlices, type Slice } from './slices.ts';

/** What is packed in slices takes at most this part of all that is made beside it, and at least so many bytes. */
const PART = 1 / 32;
const LEAST = 1 << 15;

/** The steps in the order of the pieces, but for those that bring a capture in, whose index `captureOf` gives. */
export function inPieces(
  to: Builder,
  steps: readonly Step[],
  captureOf: (step: Step) => number | undefined,
): { steps: Step[]; pieces: Piece[] } {
  const made = new Set(steps.flatMap(({ writes }) => writes.filter((write) => write?.place === 'external')));
  const most = Math.max(LEAST, PART * [...made].reduce((sum, write) => sum + (write as Buffer).bytes, 0));
  const slices = new Map<Step, Slice>();
  const isBrought = (step: Step) => captureOf(step) !== undefined;
  const parts = apart(steps).map((whole) => {
    const own = inSlices(to, whole, isBrought, most, slices);
    shareInPlace(own);
    return { own, arenaBytes: assignOffsets(own) };
  });
  const ordered: Step[] = [];
  const pieces = parts
    .sort((a, b) => b.arenaBytes - a.arenaBytes)
    .map(({ own, arenaBytes }): Piece => {
      const brings: Bring[] = [];
      const makes = new Set<number>();
      for (const step of own) {
        for (const write of step.writes)
          if (write !== null && root(write).place === 'external') makes.add(root(write).base);
        const slice = slices.get(step);
        const capture = captureOf(slice?.of ?? step);
        if (capture === undefined) ordered.push(step);
        else {
          const place = placeOf(step.writes[0] as Buffer);
          brings.push({ before: ordered.length, capture, runs: slice?.runs ?? null, ...place });
        }
      }
      return { end: ordered.length, arenaBytes, brings, makes: [...makes] };
    });
  return { steps: ordered, pieces };
}

/** The steps in groups that touch no buffer of another group's. */
function apart(steps: readonly Step[]): Step[][] {
  /** What each buffer is joined with; one that stands for its group is not in it. */
  const joined = new Map<Buffer, Buffer>();
  const groupOf = (buffer: Buffer): Buffer => {
    const own = root(buffer);
    let group = own;
    for (let next = joined.get(group); next !== undefined; next = joined.get(group)) group = next;
    // The way is cut short, or chains would be walked again for each of their steps.
    for (let at = own; at !== group; ) {
      const next = joined.get(at) as Buffer;
      joined.set(at, group);
      at = next;
    }
    return group;
  };
  for (const { reads, writes } of steps) {
    const group = groupOf(writes[0] as Buffer);
    for (const operand of [...reads, ...writes]) {
      const other = operand === null ? group : groupOf(operand);
      if (other !== group) joined.set(other, group);
    }
  }
  const groups = new Map<Buffer, Step[]>();
  for (const step of steps) {
    const group = groupOf(step.writes[0] as Buffer);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [step]);
    else known.push(step);
  }
  return [...groups.values()];
}
