/**
 * After how many elements of a value what they see is the same again, only further on: behind windows that lie between places it
 * alternates. An upper bound, of which the true period is a divisor.
 */
import type { Window } from '../graph/entry.ts';
import type { Value } from '../graph/value.ts';

/** Longer ones are cut: a scale that is no fraction never repeats. */
export const LONGEST_PERIOD = 64;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** After how many outputs a window lies as at first, and how many inputs further. */
function turnOf(window: Window): readonly [outputs: number, inputs: number] {
  switch (window.kind) {
    case 'regular':
      return [1, window.stride];
    case 'transposed':
      return [window.stride, 1];
    case 'adaptive': {
      const { input, output } = window;
      const both = gcd(input, output);
      return [output / both, input / both];
    }
    case 'resampled': {
      const { scale } = window;
      let outputs = 1;
      while (outputs < LONGEST_PERIOD && Math.abs(outputs * scale - Math.round(outputs * scale)) > 1e-9)
        outputs++;
      return [outputs, Math.round(outputs * scale)];
    }
    case 'fractional':
      return [1, 0];
  }
}

export class Periods {
  readonly #known = new Map<Value, number>();

  /** Of the value's elements along any of its axes; at most `LONGEST_PERIOD`. */
  of(value: Value): number {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    // In the order of the nodes, since a deep net is no depth of calls.
    const open: Value[] = [value];
    while (open.length > 0) {
      const next = open.at(-1)!;
      const missing = (next.maker?.inputs ?? []).filter((input) => input !== null && !this.#known.has(input));
      open.push(...(missing as Value[]));
      if (missing.length > 0) continue;
      this.#known.set(next, this.#found(next));
      open.pop();
    }
    return this.#known.get(value) as number;
  }

  #found({ maker }: Value): number {
    let period = 1;
    const also = (other: number) => {
      period *= other / gcd(period, other);
    };
    maker?.inputs.forEach((input, slot) => {
      const own = input === null ? 1 : (this.#known.get(input) as number);
      const windows = slot === 0 ? (maker.resolved.window ?? []) : [];
      if (windows.length === 0) also(own);
      for (const [outputs, inputs] of windows.map(turnOf)) also(outputs * (own / gcd(own, inputs)));
    });
    return Math.min(period, LONGEST_PERIOD);
  }
}
