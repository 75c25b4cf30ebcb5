/** What no window of an output holds does not change it, however large: in every variant, by every algorithm. */
import { add, compile, conv2d, relu6, scope, silu, type Tensor, tensor, vjp } from 'striate';
import { expect, test } from 'vitest';
import { Choices } from '../support/random.ts';
import { inThreads } from '../support/runtime.ts';

const LARGE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e8, -1e8, 9.97e36];
const CHANNELS = 32;
/** Two patches of four by four outputs along an axis, and a part of one. */
const SIZE = 9;

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const reals = (seed: number, shape: readonly number[]) => {
  const choices = new Choices(seed);
  return Array.from({ length: count(shape) }, () => 2 * choices.next() - 1);
};

interface Window {
  readonly padding: number;
  readonly dilation: number;
}

/** Whether the window of output `[oh, ow]` holds `[ih, iw]`. */
function holds([oh, ow]: number[], [ih, iw]: number[], { padding, dilation }: Window): boolean {
  const along = (output: number, input: number) => {
    const distance = input - (output - padding);
    return distance >= 0 && distance <= 2 * dilation && distance % dilation === 0;
  };
  return along(oh as number, ih as number) && along(ow as number, iw as number);
}

/** Outputs that do not see `place` are as those of x without it; gives how many others there are. */
function expectUnmoved(
  [actual, expected]: [ArrayLike<number>, ArrayLike<number>],
  place: number[],
  window: Window,
  what: string,
): number {
  const side = SIZE + 2 * window.padding - 2 * window.dilation;
  let seeing = 0;
  for (let i = 0; i < expected.length; i++) {
    const output = [Math.floor(i / side) % side, i % side];
    if (holds(output, place, window)) {
      seeing++;
      continue;
    }
    const [is, must] = [actual[i] as number, expected[i] as number];
    // Sums of 288 products of numbers below 1.
    if (!(Math.abs(is - must) <= 3e-4))
      throw new Error(`${what}: output ${output} is ${is}, must be ${must}`);
  }
  return seeing;
}

inThreads('an element out of proportion', () => {
  const shape = [1, CHANNELS, SIZE, SIZE];
  const weights = [CHANNELS, CHANNELS, 3, 3];
  const windows: Window[] = [
    { padding: 1, dilation: 1 },
    { padding: 0, dilation: 1 },
    { padding: 2, dilation: 1 },
    { padding: 2, dilation: 2 },
  ];

  /** Every place in a plane, each with another channel, and every large value. */
  function each(x: Tensor, visit: (place: number[], what: string) => void): void {
    const usual = Float32Array.from(x.data);
    for (let place = 0; place < SIZE * SIZE; place++) {
      for (const large of LARGE) {
        x.assign(tensor(usual, shape));
        x.data[(place % CHANNELS) * SIZE * SIZE + place] = large;
        visit([Math.floor(place / SIZE), place % SIZE], `${large} at ${place}`);
      }
    }
    x.assign(tensor(usual, shape));
  }

  type Body = (x: Tensor, w: Tensor, b: Tensor, residual: Tensor, window: Window) => Tensor;
  const bodies: [string, Body][] = [
    ['alone', (x, w, _b, _r, window) => conv2d(x, w, null, window)],
    ['with bias and clamp', (x, w, b, _r, window) => relu6(conv2d(x, w, b, window))],
    ['with residual and clamp', (x, w, b, residual, window) => relu6(add(conv2d(x, w, b, window), residual))],
    [
      'with residual and activation',
      (x, w, b, residual, window) => silu(add(conv2d(x, w, b, window), residual)),
    ],
  ];

  for (const [index, window] of windows.entries()) {
    for (const [name, body] of index === 0 ? bodies : bodies.slice(0, 1)) {
      test(`${name}, padding ${window.padding}, dilation ${window.dilation}`, () => {
        scope(() => {
          const [x, w] = [tensor(reals(1, shape), shape), tensor(reals(2, weights), weights)];
          const b = tensor(reals(3, [CHANNELS]), [CHANNELS]);
          const residual = tensor(reals(4, shape), shape);
          const run = (how: object) =>
            compile((a) => body(a!, w, b, residual, window), { inputs: [shape], ...how });
          const program = run({ algorithm: 'winograd' });
          expect(program.summary()).toContain('winograd');
          const expected = Float32Array.from(run({ accuracy: 'exact' }).run(x).data);
          each(x, (place, what) => {
            scope(() => {
              const y = program.run(x).data;
              expect(expectUnmoved([y, expected], place, window, what)).toBeGreaterThan(0);
            });
          });
        });
      });
    }
  }

  test('in the gradient that flows back into x', () => {
    scope(() => {
      const window = { padding: 1, dilation: 1 };
      const [x, w] = [tensor(reals(1, shape), shape), tensor(reals(2, weights), weights)];
      const { pullback } = vjp((a) => conv2d(a, w, null, window), x);
      const dy = tensor(reals(3, shape), shape);
      const expected = Float32Array.from(pullback(dy)[0].data);
      each(dy, (place, what) => {
        scope(() => {
          const { pullback: again } = vjp((a) => conv2d(a, w, null, window), x);
          expectUnmoved([again(dy)[0].data, expected], place, window, what);
        });
      });
    });
  });

  test('a plane whose edge is out of proportion, and one that is zero beside it', () => {
    scope(() => {
      const window = { padding: 1, dilation: 1 };
      const w = tensor(reals(2, weights), weights);
      for (const beyond of [9.97e36, 0]) {
        const rows = (value: (i: number) => number) =>
          tensor(
            reals(1, shape).map((usual, i) => (Math.floor(i / SIZE) % SIZE < 5 ? value(i) : usual)),
            shape,
          );
        const x = rows(() => beyond);
        const run = (how: object) =>
          compile((a) => conv2d(a!, w, null, window), { inputs: [shape], ...how }).run(x).data;
        const [actual, expected] = [run({ algorithm: 'winograd' }), run({ accuracy: 'exact' })];
        for (let i = 0; i < expected.length; i++) {
          // Where a window holds what is beyond, or nothing else.
          const least = Math.floor(i / SIZE) % SIZE < (beyond > 0 ? 6 : 4) ? 1e-5 * beyond : 3e-4;
          expect(
            Math.abs((actual[i] as number) - (expected[i] as number)),
            `${beyond}, output ${i}`,
          ).toBeLessThanOrEqual(Math.max(Math.abs(expected[i] as number) * 1e-5, least));
        }
      }
    });
  });
});
