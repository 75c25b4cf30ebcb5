/**
 * What the generators of random calls share. A generator gives the arguments of a problem line (calls.ts), tensors being
 * their texts; it makes sure by the documented rules that they are valid.
 */
import type { Choices } from './random.ts';

/** Arguments as JSON, tensors as their texts. */
export type Arguments = unknown[];

/** Gives null where it chose something that does not fit; it is asked again. */
export type Generator = (choose: Choices) => Arguments | null;

export type Pairs = [number, number][];

/** A tensor's text. */
export const text = (shape: readonly number[], kind = ''): string =>
  `${shape.length === 0 ? 'scalar' : shape.join('x')}${kind}`;

export const maybe = (choose: Choices, chance = 0.5): boolean => choose.next() < chance;

export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Without the keys that are undefined. */
export const options = (given: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** A number for all axes, or one for each: the option, and the list. */
export function perAxis(choose: Choices, rank: number, low: number, high: number): [unknown, number[]] {
  if (maybe(choose, 0.4)) {
    const value = choose.integer(low, high);
    return [value, times(rank, () => value)];
  }
  const list = times(rank, () => choose.integer(low, high));
  return [list, list];
}

/** Spatial sizes; now and then long rows, one pixel, or none. */
export function spatial(choose: Choices, rank: number, low = 1): number[] {
  const high = rank === 1 ? 24 : rank === 2 ? 11 : 6;
  const sizes = times(rank, () => choose.integer(Math.max(low, maybe(choose, 0.8) ? 3 : 0), high));
  if (maybe(choose, 0.08)) sizes[rank - 1] = choose.integer(20, 45);
  return sizes;
}

export const batch = (choose: Choices): number => choose.of([1, 1, 1, 2, 3, 0]);

export const channels = (choose: Choices): number => choose.of([1, 2, 3, 4, 5, 1, 2, 3, 9, 17]);

export interface RandomWindow {
  readonly size: number[];
  readonly kernel: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly pairs: Pairs;
  readonly options: Record<string, unknown>;
}

/** Padding as an option and as pairs. */
export function randomPadding(
  choose: Choices,
  modes: readonly string[],
  most: number,
  { size, kernel, stride, dilation }: Omit<RandomWindow, 'pairs' | 'options'>,
): [unknown, Pairs] {
  const how = choose.of([undefined, 'number', 'list', 'pairs', ...modes]);
  const extents = kernel.map((k, i) => dilation[i]! * (k - 1));
  switch (how) {
    case 'number': {
      const p = choose.integer(0, most);
      return [p, size.map(() => [p, p])];
    }
    case 'list': {
      const list = size.map(() => choose.integer(0, most));
      return [list, list.map((p) => [p, p])];
    }
    case 'pairs': {
      const pairs: Pairs = size.map(() => [choose.integer(0, most), choose.integer(0, most)]);
      return [pairs, pairs];
    }
    case 'full':
      return [how, extents.map((e) => [e, e])];
    case 'same':
    case 'same-lower':
      return [
        how,
        size.map((input, i) => {
          const total = Math.max(
            0,
            (Math.ceil(input / stride[i]!) - 1) * stride[i]! + extents[i]! + 1 - input,
          );
          const less = total >> 1;
          return how === 'same' ? [less, total - less] : [total - less, less];
        }),
      ];
    default:
      return [how, size.map(() => [0, 0])];
  }
}

export const fits = ({ size, kernel, dilation, pairs }: RandomWindow): boolean =>
  size.every((s, i) => s + pairs[i]![0] + pairs[i]![1] >= dilation[i]! * (kernel[i]! - 1) + 1);

export const RULES = ['same', 'same-lower', 'valid'];

/** Whether there is enough to mirror, go round or repeat. */
export function padsFit(mode: string | undefined, size: readonly number[], pairs: Pairs): boolean {
  if (mode === undefined || mode === 'zeros' || mode === 'constant') return true;
  const room = { reflect: -1, circular: 0 }[mode] ?? Infinity;
  return size.every((s, i) => s > 0 && Math.max(...pairs[i]!) <= s + room);
}

export const bias = (choose: Choices, size: number): string | null => (maybe(choose) ? text([size]) : null);

/** x of a pool: distinct values now and then, so that its gradient can be compared with differences. */
export const pooled = (choose: Choices, size: readonly number[], kinds: readonly string[]): string =>
  text([batch(choose), choose.of([1, 2, 3, 5]), ...size], choose.of(kinds));

export const DTYPES = ['', '', '', ':int32', ':uint8', ':int8'];

export const anyShape = (choose: Choices, low = 1, high = 4): number[] =>
  times(choose.integer(low, high), () => choose.of([1, 2, 3, 4, 5, 6, 9, 0]));
