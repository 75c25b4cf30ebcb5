/** What every course says of convolution, as equations between calls. */
import {
  arange,
  concat,
  conv1d,
  conv2d,
  convTranspose2d,
  factorizeKernel,
  linear,
  matmul,
  permute,
  randn,
  reshape,
  scope,
  separableConv2d,
  slice,
  spatialSeparableConv2d,
  sub,
  sum,
  type Tensor,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

const image = (n: number) => reshape(arange(n * n), [1, 1, n, n]);

inEachVariant('textbook', () => {
  test('a 2x2 kernel over a 3x3 image, with and without padding and stride', () => {
    scope(() => {
      const [x, kernel] = [image(3), image(2)];
      expect(conv2d(x, kernel).toArray()).toEqual([
        [
          [
            [19, 25],
            [37, 43],
          ],
        ],
      ]);
      const padded = conv2d(x, kernel, null, { padding: 1 });
      expect(padded.shape).toEqual([1, 1, 4, 4]);
      expect([...padded.data.subarray(0, 4)]).toEqual([0, 3, 8, 4]);
      expect(conv2d(x, kernel, null, { padding: 1, stride: [3, 2] }).toArray()).toEqual([
        [
          [
            [0, 8],
            [6, 8],
          ],
        ],
      ]);
    });
  });

  test('several channels are summed', () => {
    scope(() => {
      const x = tensor([
        [
          [0, 1, 2],
          [3, 4, 5],
          [6, 7, 8],
        ],
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      ]);
      const kernel = tensor([
        [
          [0, 1],
          [2, 3],
        ],
        [
          [1, 2],
          [3, 4],
        ],
      ]);
      const y = conv2d(reshape(x, [1, 2, 3, 3]), reshape(kernel, [1, 2, 2, 2]));
      expect(y.toArray()).toEqual([
        [
          [
            [56, 72],
            [104, 120],
          ],
        ],
      ]);
    });
  });

  test('a 1x1 convolution is a linear layer over the channels', () => {
    scope(() => {
      const [x, weight, bias] = [
        randn([2, 5, 4, 3], { seed: 1 }),
        randn([7, 5], { seed: 2 }),
        randn([7], { seed: 3 }),
      ];
      const y = conv2d(x, reshape(weight, [7, 5, 1, 1]), bias);
      const dense = linear(permute(x, [0, 2, 3, 1]), weight, bias);
      expectSame(y.data, permute(dense, [0, 3, 1, 2]).data, 1e-6);
    });
  });

  test('with full padding and a flipped kernel, signal and kernel commute', () => {
    scope(() => {
      const [signal, kernel] = [tensor([1, 2, 3, 4, 5], [1, 1, 5]), tensor([1, -1, 2], [1, 1, 3])];
      const options = { padding: 'full', flipKernel: true } as const;
      const y = conv1d(signal, kernel, null, options);
      expect([...y.data]).toEqual([1, 1, 3, 5, 7, 3, 10]);
      expect([...conv1d(kernel, signal, null, options).data]).toEqual([...y.data]);
    });
  });

  test('with circular padding, what is shifted gives what is shifted, bit by bit', () => {
    scope(() => {
      const [x, weight] = [randn([2, 3, 8, 9], { seed: 4 }), randn([4, 3, 3, 3], { seed: 5 })];
      const shift = (t: Tensor) =>
        concat([slice(t, [0, 0, 5, 0], [2, 4, 8, 9]), slice(t, [0, 0, 0, 0], [2, 4, 5, 9])], 2);
      const options = { padding: 1, paddingMode: 'circular', dilation: 1 } as const;
      const after = shift(conv2d(x, weight, null, options));
      expect([...conv2d(shift(x), weight, null, options).data]).toEqual([...after.data]);
    });
  });

  test('a column and then a row are their product', () => {
    scope(() => {
      const sobel = tensor([
        [1, 0, -1],
        [2, 0, -2],
        [1, 0, -1],
      ]);
      const { column, row, relativeError } = factorizeKernel(sobel);
      expect([column.shape, row.shape, relativeError]).toEqual([[3, 1], [1, 3], 0]);
      expect(matmul(column, row).toArray()).toEqual(sobel.toArray());
      const x = image(6);
      const y = conv2d(x, reshape(sobel, [1, 1, 3, 3]));
      const twice = conv2d(conv2d(x, reshape(column, [1, 1, 3, 1])), reshape(row, [1, 1, 1, 3]));
      expect(twice.toArray()).toEqual(y.toArray());
      const one = spatialSeparableConv2d(x, reshape(column, [1, 1, 3, 1]), reshape(row, [1, 1, 1, 3]));
      expect(one.toArray()).toEqual(y.toArray());
    });
  });

  test('a separable convolution is a depthwise one and a pointwise one', () => {
    scope(() => {
      const [x, depthwise, pointwise] = [
        randn([2, 3, 7, 8], { seed: 6 }),
        randn([6, 1, 3, 3], { seed: 7 }),
        randn([5, 6, 1, 1], { seed: 8 }),
      ];
      const y = separableConv2d(x, depthwise, pointwise, null, { padding: 1 });
      const apart = conv2d(conv2d(x, depthwise, null, { padding: 1, groups: 3 }), pointwise);
      expect([...y.data]).toEqual([...apart.data]);
    });
  });

  test('a transposed convolution is the adjoint of the convolution', () => {
    scope(() => {
      const options = { stride: 2, padding: 1 };
      const [x, weight] = [randn([1, 3, 9, 7], { seed: 9 }), randn([4, 3, 3, 3], { seed: 10 })];
      const y = conv2d(x, weight, null, options);
      const dy = randn(y.shape, { seed: 11 });
      const dot = (a: Tensor, b: Tensor) =>
        a.data.reduce((total, value, i) => total + value * (b.data[i] as number), 0);
      const back = convTranspose2d(dy, weight, null, { ...options, outputSize: [9, 7] });
      expect(back.shape).toEqual(x.shape);
      expect(dot(x, back)).toBeCloseTo(dot(y, dy), 3);
    });
  });
});

inEachVariant('factors of a kernel', () => {
  const errorOf = (kernel: Tensor, column: Tensor, row: Tensor) => {
    const rest = sub(kernel, matmul(column, row));
    const length = (t: Tensor) => Math.sqrt(t.data.reduce((total, value) => total + value * value, 0));
    return length(rest) / length(kernel);
  };

  test('the error is what the other singular values leave', () => {
    scope(() => {
      // Singular values 5 and 3: the best product leaves 3 / sqrt(34).
      const kernel = tensor([
        [4, 1],
        [1, 4],
      ]);
      const { column, row, relativeError } = factorizeKernel(kernel);
      expect(relativeError).toBeCloseTo(3 / Math.sqrt(34), 12);
      expectSame(matmul(column, row).data, [2.5, 2.5, 2.5, 2.5], 1e-6);
      for (const [height, width] of [
        [1, 5],
        [5, 1],
        [3, 5],
        [7, 4],
        [6, 6],
      ] as const) {
        const random = randn([height, width], { seed: 10 * height + width });
        const found = factorizeKernel(random);
        expect(errorOf(random, found.column, found.row)).toBeCloseTo(found.relativeError, 5);
      }
    });
  });

  test('products are found again, also with zeros and of any scale', () => {
    scope(() => {
      for (const scale of [1e-30, 1, 1e30]) {
        const kernel = tensor([
          [0, 0, 0],
          [0, scale, 2 * scale],
          [0, -scale, -2 * scale],
        ]);
        const { column, row, relativeError } = factorizeKernel(kernel);
        expect(relativeError).toBe(0);
        expectSame(matmul(column, row).data, kernel.data, 1e-6);
      }
      const none = factorizeKernel(
        tensor([
          [0, 0],
          [0, 0],
        ]),
      );
      expect([none.relativeError, sum(matmul(none.column, none.row)).item()]).toEqual([0, 0]);
    });
  });
});
