import {
  arange,
  compile,
  disposeRuntime,
  init,
  manualSeed,
  ones,
  rand,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from 'striate';
import { normalize, randomAffine, randomCrop, randomHorizontalFlip } from 'striate/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import { any, gone, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';

const images = (shape: number[]) => arange(shape.reduce((a, b) => a * b)).reshape(shape);

withRuntime('augmentations', () => {
  test('flips: each image as it is or mirrored, all channels alike; half of them', () => {
    scope(() => {
      const x = images([200, 2, 2, 3]);
      const y = randomHorizontalFlip(x, { seed: 4 });
      let flipped = 0;
      for (let n = 0; n < 200; n++) {
        const [own, made] = [x, y].map((t) => [...t.data.subarray(n * 12, n * 12 + 12)]) as [
          number[],
          number[],
        ];
        const mirrored = own.map((_, i) => own[i - (i % 3) + 2 - (i % 3)]!);
        if (made[0] !== own[0]) flipped += 1;
        expect(made).toEqual(made[0] === own[0] ? own : mirrored);
      }
      expect(flipped).toBeGreaterThan(75);
      expect(flipped).toBeLessThan(125);
      expect(randomHorizontalFlip(x, { seed: 4 }).data).toEqual(y.data);
      expect(randomHorizontalFlip(x, { seed: 5 }).data).not.toEqual(y.data);
      expect(randomHorizontalFlip(x, { p: 0 }).data).toEqual(x.data);
      expect(randomHorizontalFlip(tensor(Uint8Array.of(1, 2), [1, 1, 2]), { p: 1 }).toArray()).toEqual([
        [[2, 1]],
      ]);
    });
  });

  test('without a seed they follow from manualSeed', () => {
    scope(() => {
      const x = images([20, 1, 3, 3]);
      const run = (seed: number) => {
        manualSeed(seed);
        return [randomHorizontalFlip(x), randomCrop(x, 2), randomAffine(x, { degrees: 30 })].map((t) => [
          ...t.data,
        ]);
      };
      expect(run(1)).toEqual(run(1));
      expect(run(1)).not.toEqual(run(2));
    });
  });

  test.each([
    [
      [3, 2, 4, 5],
      [3, 4],
      [0, 0],
    ],
    [
      [3, 2, 4, 5],
      [4, 5],
      [2, 1],
    ],
    [[5, 1, 6], [4], [1]],
    [
      [2, 2, 3, 4, 5],
      [2, 3, 7],
      [1, 0, 2],
    ],
    [
      [2, 1, 2, 2],
      [1, 6],
      [0, 2],
    ],
  ])('crops of %j to %j with padding %j are windows of the padded image', (shape, size, padding) => {
    scope(() => {
      const x = images(shape);
      const rank = size.length;
      const crop = randomCrop(x, size, { padding, seed: 7 });
      expect(crop.shape).toEqual([...shape.slice(0, 2), ...size]);
      const value = (n: number, c: number, at: readonly number[]): number =>
        at.some((one, axis) => one < 0 || one >= shape[2 + axis]!)
          ? 0
          : x.data[at.reduce((sum, one, axis) => sum * shape[2 + axis]! + one, n * shape[1]! + c)]!;
      const places = (sizes: readonly number[]): number[][] =>
        sizes.reduce<number[][]>(
          (all, length) => all.flatMap((head) => Array.from({ length }, (_, i) => [...head, i])),
          [[]],
        );
      const plane = size.reduce((a, b) => a * b);
      for (let n = 0; n < shape[0]!; n++) {
        const made = [...crop.data.subarray(n * shape[1]! * plane, (n + 1) * shape[1]! * plane)];
        const offsets = places(size.map((one, axis) => shape[2 + axis]! + 2 * padding[axis]! - one + 1));
        const windows = offsets.map((offset) =>
          Array.from({ length: shape[1]! }, (_, c) =>
            places(size).map((at) =>
              value(
                n,
                c,
                at.map((one, axis) => one + offset[axis]! - padding[axis]!),
              ),
            ),
          ).flat(),
        );
        expect(windows).toContainEqual(made);
      }
      expect(rank).toBe(shape.length - 2);
    });
  });

  test('crops of one batch lie at different places, and reach every one', () => {
    scope(() => {
      const x = images([1, 1, 1, 3]).reshape([1, 1, 1, 3]);
      const many = tensor(
        Float32Array.from({ length: 300 }, (_, i) => x.data[i % 3]!),
        [100, 1, 1, 3],
      );
      const firsts = [...randomCrop(many, [1, 1], { seed: 1 }).data];
      for (const value of [0, 1, 2]) expect(firsts.filter((one) => one === value).length).toBeGreaterThan(20);
    });
  });

  test('affine: what changes nothing, a quarter turn, a shift, half and twice the size', () => {
    scope(() => {
      const x = images([1, 1, 4, 4]);
      const near = (y: Tensor, expected: readonly number[]) => {
        for (const [i, value] of [...y.data].entries()) expect(value).toBeCloseTo(expected[i]!, 4);
      };
      near(randomAffine(x), [...x.data]);
      const turned = [...x.data].map((_, i) => x.data[4 * (3 - (i % 4)) + Math.floor(i / 4)]!);
      near(randomAffine(x, { degrees: [90, 90] }), turned);
      near(
        randomAffine(ones([1, 1, 4, 4]), { scale: [0.5, 0.5] }),
        [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0],
      );
      near(randomAffine(images([1, 1, 2, 4]), { scale: [1e6, 1e6] }), new Array(8).fill(3.5));
      const shifted = randomAffine(ones([400, 1, 1, 10]), { translate: [0.2, 0], seed: 3 });
      // A shift of s pixels leaves 10 - |s|; |s| is uniform up to 2.
      expect(sum(shifted).item() / 400).toBeGreaterThan(8.8);
      expect(sum(shifted).item() / 400).toBeLessThan(9.2);
    });
  });

  test('a turn of a wide image is a turn in pixels', () => {
    scope(() => {
      const x = zeros([1, 1, 5, 9]);
      x.data[2 * 9 + 6] = 1; // two to the right of the middle
      const y = randomAffine(x, { degrees: [90, 90] });
      expect(y.data[4 * 9 + 4]).toBeCloseTo(1, 4); // two below it
    });
  });

  test('normalize: by channel, of bytes, and in a traced function', () => {
    scope(() => {
      const x = tensor(Uint8Array.of(0, 10, 20, 30), [1, 2, 2]);
      expect(normalize(x, [10, 20], [2, 5]).toArray()).toEqual([
        [
          [-5, 0],
          [0, 2],
        ],
      ]);
      const y = x.cast('float32');
      expect(normalize(y, 10, 10).toArray()).toEqual([
        [
          [-1, 0],
          [1, 2],
        ],
      ]);
      const { grads } = valueAndGrad((t) => sum(normalize(t, [0, 0], [2, 4])), y);
      expect(grads[0].toArray()).toEqual([
        [
          [0.5, 0.5],
          [0.25, 0.25],
        ],
      ]);
      const program = compile((t) => normalize(t, 10, 10), { inputs: [[1, 2, 2]] });
      expect(program.run(y).toArray()).toEqual([
        [
          [-1, 0],
          [1, 2],
        ],
      ]);
    });
  });
});

describe('what is wrong is said', () => {
  let x: Tensor;
  beforeAll(async () => {
    await init();
    x = rand([2, 3, 4, 5], { seed: 1 });
  });
  afterAll(disposeRuntime);
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['a flip of no tensor', () => randomHorizontalFlip(any([1])), TypeError, 'randomHorizontalFlip: x is [1], must be a Tensor'],
    ['a flip of what is gone', () => randomHorizontalFlip(gone()), TypeError, 'randomHorizontalFlip: x is disposed'],
    ['a flip of vectors', () => randomHorizontalFlip(ones([2, 3])), RangeError, 'randomHorizontalFlip: x has shape 2x3, must be [N, C, ..., W]'],
    ['more than certain', () => randomHorizontalFlip(x, { p: 2 }), RangeError, 'randomHorizontalFlip: p is 2, must be from 0 to 1'],
    ['a probability by position', () => randomHorizontalFlip(x, any(0.3)), TypeError, 'randomHorizontalFlip: options is 0.3, must be an object: write { p: 0.3 }'],
    ['a negative seed', () => randomHorizontalFlip(x, { seed: -1 }), RangeError, 'randomHorizontalFlip: seed is -1, must be an integer, from 0 to 9007199254740991'],
    ['a flip in a traced function', () => compile((t) => randomHorizontalFlip(t), { inputs: [[1, 1, 2]] }), TypeError, 'randomHorizontalFlip: x is symbolic: inside a traced function a tensor has a shape but no values'],
    ['a crop of vectors', () => randomCrop(ones([2, 3]), 1), RangeError, 'randomCrop: x has shape 2x3, must be [N, C, ...] with one to three spatial axes'],
    ['a crop that is too large', () => randomCrop(x, 6, { padding: [1, 0] }), RangeError, "randomCrop: size[1] is 6, must be at most 5, the padded image's"],
    ['a crop of no size', () => randomCrop(x, any(undefined)), TypeError, 'randomCrop: size is undefined, must be an integer or an array of 2'],
    ['too many sizes', () => randomCrop(x, [1, 2, 3]), RangeError, 'randomCrop: size has 3 entries, must have 2'],
    ['a negative padding', () => randomCrop(x, 2, { padding: -1 }), RangeError, 'randomCrop: padding is -1, must be an integer, at least 0'],
    ['an affine map of bytes', () => randomAffine(any(zeros([1, 1, 2, 2], { dtype: 'uint8' }))), TypeError, 'randomAffine: x is uint8, must be float32'],
    ['an affine map of volumes', () => randomAffine(ones([1, 1, 2, 2, 2])), RangeError, 'randomAffine: x has shape 1x1x2x2x2, must be [N, C, H, W]'],
    ['a shift of one number', () => randomAffine(x, { translate: any(0.1) }), TypeError, 'randomAffine: translate is 0.1, must be an array of two numbers'],
    ['a shift beyond the image', () => randomAffine(x, { translate: [0, 2] }), RangeError, 'randomAffine: translate[1] is 2, must be from 0 to 1'],
    ['degrees that are NaN', () => randomAffine(x, { degrees: Number.NaN }), RangeError, 'randomAffine: degrees is NaN, must be a number'],
    ['no size at all', () => randomAffine(x, { scale: [0, 1] }), RangeError, `randomAffine: scale[0] is 0, must be at least ${Number.MIN_VALUE}`],
    ['numbers to normalise', () => normalize(any(1), 0, 1), TypeError, 'normalize: x is 1, must be a Tensor'],
    ['a vector to normalise', () => normalize(ones([3]), 0, 1), RangeError, 'normalize: x has shape 3, must be [N, C, ...]'],
    ['means of other channels', () => normalize(x, [1, 2], 1), RangeError, 'normalize: mean has 2 entries, must have 3, as x has channels'],
    ['a deviation of nothing', () => normalize(x, 0, [1, 0, 1]), RangeError, 'normalize: std[1] is 0, must be another number'],
    ['a deviation that is left out', () => normalize(x, 0, any(undefined)), TypeError, 'normalize: std is undefined, must be a number'],
  ];
  refused(
    calls.map(([title, call, ...rest]) => [
      title,
      () =>
        scope(() => {
          call();
        }),
      ...rest,
    ]),
  );
});
