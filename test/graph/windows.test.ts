/**
 * What a node says of its windows, against gradients: an output element's gradient must be non-zero at the elements of the
 * input that its window names, and nowhere else.
 */
import { readFileSync } from 'node:fs';
import * as striate from 'striate';
import { init, scope, type Tensor, tensor, vjp } from 'striate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Window } from '../../ts/graph/entry.ts';
import { Trace } from '../../ts/graph/trace.ts';
import { symbolOf } from '../../ts/tensor/tensor.ts';
import { Choices } from '../support/random.ts';
import {
  FAMILIES,
  MUST_HAVE,
  product,
  WINDOW_CASES,
  WITHOUT,
  type WindowCase,
} from '../support/windowCases.ts';

beforeAll(() => init());
afterAll(() => striate.disposeRuntime());

describe('a window', () => {
  const names = [...new Set(WINDOW_CASES.map(({ op }) => op))];

  test('is proved, or is not to be had for a reason, for each operator of families with spatial axes', () => {
    const operators = documented().flatMap(([family, name]) => (FAMILIES.includes(family) ? [name] : []));
    const listed = [...names, ...WITHOUT.flatMap(([, without]) => without)];
    expect(listed.sort()).toEqual(operators.sort());
    expect(MUST_HAVE.filter((name) => !names.includes(name))).toEqual([]);
  });

  for (const name of names) {
    test(`of ${name} is what gradients see`, () => {
      for (const one of WINDOW_CASES.filter(({ op }) => op === name)) {
        const window = windowOf(one);
        if (window === undefined) expect(MUST_HAVE, one.title).not.toContain(name);
        else scope(() => compare(one, window));
      }
    });
  }

  test.each(['reflect', 'circular'] as const)('is not to be had where x goes on as in mode %s', (mode) => {
    const call = (x: Tensor) => striate.pad2d(x, 1, { mode });
    expect(windowOf({ op: 'pad2d', title: mode, x: [1, 1, 4, 4], call })).toBeUndefined();
  });
});

/** Each operator with its family, as docs/operators.md, which is generated, has them: `conv` 1d 2d is two of them. */
function documented(): [family: string, name: string][] {
  const text = readFileSync(new URL('../../docs/operators.md', import.meta.url), 'utf8');
  return text.split('\n## ').flatMap((section) => {
    const family = section.slice(0, section.indexOf('\n'));
    const rows = section.matchAll(/^\| `(\w+)`((?: \dd)*) \|/gm);
    return [...rows].flatMap(([, name, ranks]) =>
      ranks!
        .trim()
        .split(' ')
        .map((rank): [string, string] => [family, `${name}${rank}`]),
    );
  });
}

/** The window that the node of a call has. */
function windowOf({ op, x, rest = [], call }: WindowCase): readonly Window[] | undefined {
  const trace = new Trace();
  const [first, ...others] = [x, ...rest].map(
    (shape) => symbolOf(trace.input({ shape: [...shape], dtype: 'float32' })) as unknown as Tensor,
  );
  scope(() => void trace.run('test', () => call(first!, ...others)));
  trace.close();
  return trace.nodes.find(({ entry }) => entry.name === op)!.resolved.window;
}

/** Compares the windows of some outputs with the elements that their gradients do not leave at zero. */
function compare(one: WindowCase, windows: readonly Window[]): void {
  const random = new Choices(one.title.length);
  const positive = (shape: readonly number[]) =>
    tensor(
      Float32Array.from({ length: product(shape) }, () => 0.5 + random.next()),
      [...shape],
    );
  const from = one.from ?? one.x.slice(-windows.length);
  const count = product(from);
  const [x, rest] = [positive(one.x), (one.rest ?? []).map(positive)];
  const record = vjp(
    (given: Tensor) => one.call(given, ...rest),
    one.extremum ? peaks(one.extremum, x, count) : x,
  );
  const { shape } = record.value;
  const into = one.into ?? shape.slice(-windows.length);
  expect(windows, one.title).toHaveLength(from.length);
  for (const place of placesIn(into, random)) {
    const dy = new Float32Array(product(shape));
    for (let i = indexOf(place, into); i < dy.length; i += product(into)) dy[i] = 1;
    const dx = record.pullback(tensor(dy, [...shape]))[0]!.data;
    const seen = seenIn(dx, count, one.extremum !== undefined).map((i) => placeOf(i, from));
    const along = windows.map((window, axis) => alongOf(window, place[axis]!, from[axis]!));
    expectSeen(`${one.title}, output ${place}`, along, seen, one.loose);
  }
}

/** As many images as there are elements, each with a peak at one of them: it shows in the outputs that see it. */
function peaks(extremum: 'max' | 'min', x: Tensor, count: number): Tensor {
  const values = Float32Array.from(x.data);
  for (let i = 0; i < count; i++) values[i * count + i] = extremum === 'max' ? 100 : -100;
  return tensor(values, [...x.shape]);
}

/** The elements of a plane that have a gradient, in any plane; of peaks those that have one at theirs. */
function seenIn(dx: ArrayLike<number>, count: number, peaks: boolean): number[] {
  const sizes = new Array<number>(count).fill(0);
  for (let i = 0; i < dx.length; i++) {
    const element = i % count;
    if (peaks && Math.floor(i / count) !== element) continue;
    sizes[element] = Math.max(sizes[element]!, Math.abs(dx[i]!));
  }
  // An algorithm that transforms leaves roundings where nothing is.
  const least = 1e-5 * Math.max(...sizes);
  return sizes.flatMap((size, element) => (size > least ? [element] : []));
}

const placeOf = (index: number, sizes: readonly number[]): number[] =>
  sizes.map((size, axis) => Math.floor(index / product(sizes.slice(axis + 1))) % size);

const indexOf = (place: readonly number[], sizes: readonly number[]): number =>
  place.reduce((index, at, axis) => index * sizes[axis]! + at, 0);

/** The corners, the middle and some others. */
function placesIn(sizes: readonly number[], random: Choices): number[][] {
  const corners = Array.from({ length: 2 ** sizes.length }, (_, bits) =>
    sizes.map((size, axis) => ((bits >> axis) & 1 ? size - 1 : 0)),
  );
  const others = Array.from({ length: 4 }, () => sizes.map((size) => random.integer(0, size - 1)));
  return [...corners, sizes.map((size) => size >> 1), ...others];
}

/** An axis' elements as its window says: exactly these, or a run of so many somewhere, or some from first to last. */
type Along =
  | { readonly exactly: readonly number[] }
  | { readonly run: number }
  | { readonly first: number; readonly last: number; readonly touched: boolean };

function expectSeen(
  what: string,
  along: readonly Along[],
  seen: readonly (readonly number[])[],
  loose = false,
): void {
  const none = along.some((one) => 'exactly' in one && one.exactly.length === 0);
  if (none) {
    expect(seen, what).toEqual([]);
    return;
  }
  along.forEach((one, axis) => {
    const found = [...new Set(seen.map((element) => element[axis]!))].sort((a, b) => a - b);
    const [low, high] = [found[0]!, found.at(-1)!];
    if ('exactly' in one) expect(found, `${what}, axis ${axis}`).toEqual(one.exactly);
    else if ('run' in one) expect([found.length, high - low + 1], what).toEqual([one.run, one.run]);
    else {
      expect(low, `${what}, axis ${axis}`).toBeGreaterThanOrEqual(one.first);
      expect(high, `${what}, axis ${axis}`).toBeLessThanOrEqual(one.last);
      if (one.touched && !loose) expect([low, high], `${what}, axis ${axis}`).toEqual([one.first, one.last]);
    }
  });
}

/** Which of the elements of an axis an output element sees. */
function alongOf(window: Window, o: number, size: number): Along {
  const inside = (i: number) => i >= 0 && i < size;
  switch (window.kind) {
    case 'regular': {
      const { kernel, stride, dilation, padding } = window;
      const taps = Array.from({ length: kernel }, (_, k) => o * stride - padding + k * dilation);
      return { exactly: taps.filter(inside) };
    }
    case 'transposed': {
      const { kernel, stride, dilation, padding } = window;
      const taps = Array.from({ length: kernel }, (_, k) => (o + padding - k * dilation) / stride);
      return { exactly: taps.filter((i) => Number.isInteger(i) && inside(i)).sort((a, b) => a - b) };
    }
    case 'adaptive': {
      const { input, output } = window;
      const [first, end] = [Math.floor((o * input) / output), Math.ceil(((o + 1) * input) / output)];
      return { exactly: Array.from({ length: end - first }, (_, k) => first + k) };
    }
    case 'fractional':
      return { run: window.kernel };
    case 'resampled': {
      const { scale, offset, before, after } = window;
      const position = o * scale + offset;
      // The kernels compute positions in float32; where a position is whole, elements around it weigh nothing.
      const exact = Math.fround(scale) === scale && Math.fround(offset) === offset;
      const slack = exact ? 0 : 1e-4;
      const held = (i: number) => Math.min(Math.max(i, 0), size - 1);
      const [low, high] = [Math.floor(position - slack), Math.floor(position + slack)];
      const touched = low === high && position !== low;
      return { first: held(low - before), last: held(high + after), touched };
    }
  }
}
