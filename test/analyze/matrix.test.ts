/** Convolutions as matrices, and how far nets commute with shifts. */
import {
  arange,
  avgPool2d,
  Conv1d,
  Conv2d,
  Conv3d,
  type ConvLayerOptions,
  conv2d,
  convTranspose2d,
  flatten,
  maxPool2d,
  ones,
  relu,
  scope,
  type Tensor,
  tensor,
} from 'striate';
import { equivariance, toMatrix } from 'striate/analyze';
import { expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';

/** Small whole numbers, which every order of sums adds exactly. */
function whole(t: Tensor, of = 7): void {
  const { data } = t;
  for (let i = 0; i < data.length; i++) data[i] = ((i * 5 + 3) % of) - 3 || 1;
}

const integers = (shape: number[]): Tensor => {
  const made = ones(shape);
  whole(made, 9);
  return made;
};

withRuntime('toMatrix', () => {
  const cases: [string, number[], () => Conv1d | Conv2d | Conv3d][] = [];
  const modes = ['zeros', 'reflect', 'replicate', 'circular'] as const;
  for (const paddingMode of modes) {
    for (const more of [
      { stride: 2 },
      { dilation: 2 },
      { groups: 2 },
      { flipKernel: true },
    ] as ConvLayerOptions[]) {
      const options = { padding: 1, paddingMode, ...more };
      cases.push([
        JSON.stringify(options),
        [1, 2, 6, 5],
        () => new Conv2d(2, 4, [3, 2], { ...options, padding: [1, 1] }),
      ]);
    }
  }
  cases.push(
    ['1-D', [1, 3, 11], () => new Conv1d(3, 2, 3, { stride: 2, padding: 'same' })],
    [
      '3-D',
      [1, 1, 4, 3, 5],
      () =>
        new Conv3d(1, 2, 2, {
          padding: [
            [1, 0],
            [0, 1],
            [1, 1],
          ],
        }),
    ],
    ['16 channels, where Winograd would round', [1, 16, 6, 6], () => new Conv2d(16, 16, 3, { padding: 1 })],
  );

  test.each(cases)('M x is the convolution without bias: %s', (_, shape, make) =>
    scope(() => {
      const conv = make();
      whole(conv.weight);
      const x = integers(shape);
      const bias = conv.bias!.toTypedArray();
      conv.bias!.data.fill(0);
      const y = flatten(conv.forward(x), 0).toTypedArray();
      conv.bias!.data.set(bias);
      const matrix = toMatrix(conv as never, shape);
      expect(matrix.shape).toEqual([y.length, x.size]);
      expect(matrix.multiply(x).toTypedArray()).toEqual(y);
      expect(matrix.multiply([...x.toTypedArray()])).toEqual(y);
    }),
  );

  test('its transpose is the transposed convolution', () =>
    scope(() => {
      const conv = new Conv2d(2, 3, 3, { stride: 2, padding: 1 });
      whole(conv.weight);
      const transposed = toMatrix(conv, [1, 2, 7, 7]).transpose();
      const y = integers([1, 3, 4, 4]);
      const back = convTranspose2d(y, conv.weight, null, { stride: 2, padding: 1 });
      expect(transposed.shape).toEqual([98, 48]);
      expect(transposed.multiply(y).toTypedArray()).toEqual(back.toTypedArray());
    }));

  test.each([
    [4, {}, [4, 16], 36],
    [5, { padding: 1 }, [25, 25], 169],
    [5, { padding: 1, paddingMode: 'replicate' }, [25, 25], 169],
    [5, { padding: 1, paddingMode: 'reflect' }, [25, 25], 169],
    [5, { padding: 1, paddingMode: 'circular' }, [25, 25], 225],
    [5, { padding: 1, stride: 2 }, [9, 25], 49],
    [7, { dilation: 2 }, [9, 49], 81],
  ] as const)('side %i, %j: as many elements that are not 0 as are known', (side, options, shape, count) =>
    scope(() => {
      const conv = new Conv2d(1, 1, 3, options as ConvLayerOptions);
      const matrix = toMatrix(conv, [1, 1, side, side]);
      expect([matrix.shape, matrix.values.length]).toEqual([shape, count]);
      const dense = matrix.toDense();
      expect([dense.shape, dense.toTypedArray().filter((value) => value !== 0).length]).toEqual([
        shape,
        count,
      ]);
    }),
  );

  test('other linear functions; what a function adds is left out', () =>
    scope(() => {
      const matrix = toMatrix((x: Tensor) => avgPool2d(x, 2), [1, 1, 4, 4]);
      expect(matrix.multiply(arange(16)).toArray()).toEqual([2.5, 4.5, 10.5, 12.5]);
      const shifted = (x: Tensor) => conv2d(x, ones([1, 1, 2, 2]), tensor([5]));
      expect(
        toMatrix(shifted, [1, 1, 3, 3])
          .multiply(ones([9]))
          .toArray(),
      ).toEqual([4, 4, 4, 4]);
    }));
});

withRuntime('equivariance', () => {
  const circular = (stride: number) => {
    const conv = new Conv2d(1, 2, 3, { stride, padding: 1, paddingMode: 'circular' });
    whole(conv.weight);
    return conv;
  };

  test('circular padding: none for stride 1; for stride 2 by whole strides only', () =>
    scope(() => {
      const x = integers([1, 1, 8, 8]);
      const errors = [
        [1, [3, 1]],
        [2, [2, -2]],
        [2, [1, 0]],
      ].map(
        ([stride, shift]) => equivariance(circular(stride as number), x, { shift: shift as number[] }).error,
      );
      expect(errors.slice(0, 2)).toEqual([0, 0]);
      expect(errors[2]).toBeGreaterThan(0);
    }));

  test('zeros around: only next to the borders', () =>
    scope(() => {
      const conv = new Conv2d(1, 1, 3, { padding: 1 });
      const { map, error } = equivariance(conv, integers([1, 1, 7, 7]), { shift: [2, 0] });
      const rows = (map.toArray() as number[][][][])[0]![0]!;
      expect(error).toBeGreaterThan(0);
      expect(
        rows
          .slice(3, 6)
          .flatMap((row) => row.slice(1, 6))
          .every((value) => value < 1e-5),
      ).toBe(true);
      expect(
        rows
          .slice(0, 2)
          .flat()
          .every((value) => value === 0),
      ).toBe(true);
    }));

  test('pooling breaks it', () =>
    scope(() => {
      const f = (x: Tensor) => maxPool2d(relu(x), 2);
      expect(equivariance(f, integers([1, 1, 8, 8]), { shift: [2, 2] }).error).toBe(0);
      expect(equivariance(f, integers([1, 1, 8, 8]), { shift: [1, 0] }).error).toBeGreaterThan(0);
    }));
});
