/**
 * Boxes of places: an interval per axis, both ends inclusive, which may reach beyond the tensor; and how the places of an
 * output come of those of an input through a window.
 */
import type { Window } from '../graph/entry.ts';

/** From the first to the last place, both of them in it. */
export type Interval = readonly [lo: number, hi: number];

/** An interval per axis. */
export type Box = readonly Interval[];

/** All of a tensor. */
export const wholeOf = (shape: readonly number[]): Box => shape.map((size): Interval => [0, size - 1]);

/** The smallest box around two. */
export function around(a: Box | null | undefined, b: Box | null | undefined): Box | null {
  if (!a || !b) return a ?? b ?? null;
  return a.map(([lo, hi], axis): Interval => {
    const [otherLo, otherHi] = b[axis] as Interval;
    return [Math.min(lo, otherLo), Math.max(hi, otherHi)];
  });
}

/** What of a box lies inside a tensor; null where nothing does. */
export function inside(box: Box, shape: readonly number[]): Box | null {
  const cut = box.map(
    ([lo, hi], axis): Interval => [Math.max(lo, 0), Math.min(hi, (shape[axis] as number) - 1)],
  );
  return cut.some(([lo, hi]) => lo > hi) ? null : cut;
}

/** The inputs that outputs lo to hi see; null where they see none. */
export function through(window: Window, [lo, hi]: Interval): Interval | null {
  switch (window.kind) {
    case 'regular': {
      const { kernel, stride, dilation, padding } = window;
      return [lo * stride - padding, hi * stride - padding + (kernel - 1) * dilation];
    }
    case 'transposed':
      return throughTransposed(window, lo, hi);
    case 'adaptive': {
      const { input, output } = window;
      if (output === 1) return [0, input - 1];
      return [Math.floor((lo * input) / output), Math.ceil(((hi + 1) * input) / output) - 1];
    }
    case 'resampled': {
      const { scale, offset, before, after } = window;
      // The kernels compute places in float32: what is a hair below a whole number there is taken for it.
      const at = (place: number) => Math.floor(place * scale + offset + 1e-6);
      return [at(lo) - before, at(hi) + after];
    }
    case 'fractional':
      // Where its windows lie is drawn.
      return [0, window.input - 1];
  }
}

/** The inputs i with o = i * stride - padding + k * dilation for a tap k and an output o of lo..hi. */
function throughTransposed(
  { kernel, stride, dilation, padding }: Extract<Window, { kind: 'transposed' }>,
  lo: number,
  hi: number,
): Interval | null {
  const inputs = (output: number): Interval | null => {
    let found: Interval | null = null;
    for (let tap = 0; tap < kernel; tap++) {
      const scaled = output + padding - tap * dilation;
      const place = scaled / stride;
      if (!Number.isInteger(place)) continue;
      found = found === null ? [place, place] : [Math.min(found[0], place), Math.max(found[1], place)];
    }
    return found;
  };
  // Which taps meet an output repeats with the stride.
  const ends = new Set<number>();
  for (let i = 0; i < stride; i++) ends.add(Math.min(hi, lo + i)).add(Math.max(lo, hi - i));
  let box: Interval | null = null;
  for (const output of ends) {
    const seen = inputs(output);
    if (seen === null) continue;
    box = box === null ? seen : [Math.min(box[0], seen[0]), Math.max(box[1], seen[1])];
  }
  return box;
}
