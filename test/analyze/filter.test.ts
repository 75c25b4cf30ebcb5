import { conv2d, factorizeKernel, mul, scope, sum, type Tensor, tensor, valueAndGrad } from 'striate';
import {
  boxBlur,
  emboss,
  filter,
  gabor,
  gaussian,
  laplace,
  laplacianOfGaussian,
  prewitt,
  scharr,
  sharpen,
  sobel,
} from 'striate/analyze';
import { expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';

withRuntime('kernels and filter', () => {
  const rowsOf = (make: () => Tensor) => scope(() => make().toArray()) as number[][];
  const sumOf = (make: () => Tensor) =>
    rowsOf(make)
      .flat()
      .reduce((total, value) => total + value, 0);

  /** Of the ramps x, y and x^2 at (1, 1). */
  const onRamps = (make: () => Tensor): number[] =>
    scope(() => {
      const at = [0, 1, 2];
      const ramps = [(x: number) => x, (_: number, y: number) => y, (x: number) => x * x];
      const planes = ramps.map((ramp) => at.map((y) => at.map((x) => ramp(x, y))));
      const y = filter(tensor([planes]), make()).toArray() as number[][][][];
      return y[0]!.map((plane) => plane[1]![1] as number);
    });

  test('derivatives of ramps', () => {
    expect(onRamps(() => sobel())).toEqual([8, 0, 16]);
    expect(onRamps(() => sobel({ axis: 'y' }))).toEqual([0, 8, 0]);
    expect(onRamps(() => prewitt())).toEqual([6, 0, 12]);
    expect(onRamps(() => scharr())).toEqual([32, 0, 64]);
    expect(onRamps(() => laplace())).toEqual([0, 0, 2]);
    expect(onRamps(() => laplace({ diagonal: true }))).toEqual([0, 0, 6]);
    expect(onRamps(() => emboss())).toEqual([7, 7, 13]);
    expect(rowsOf(() => prewitt({ axis: 'y' }))).toEqual([
      [-1, -1, -1],
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });

  test('sums: of derivatives 0, of what keeps the lightness 1', () => {
    for (const make of [sobel, prewitt, scharr, laplace, laplacianOfGaussian])
      expect(Math.abs(sumOf(() => make()))).toBeLessThan(1e-6);
    for (const make of [() => gaussian(), () => boxBlur([2, 5]), sharpen, emboss])
      expect(sumOf(make)).toBeCloseTo(1, 6);
  });

  test('products of a column and a row, and how far the others are from one', () => {
    const error = (make: () => Tensor) => scope(() => factorizeKernel(make()).relativeError);
    for (const make of [sobel, prewitt, scharr, () => boxBlur()]) expect(error(make)).toBe(0);
    expect(error(() => gaussian({ sigma: 2 }))).toBeLessThan(1e-6);
    expect(error(laplace)).toBeCloseTo(0.101, 3);
    expect(error(() => laplace({ diagonal: true }))).toBeCloseTo(0.259, 3);
    expect(error(sharpen)).toBeCloseTo(0.069, 3);
  });

  test('bells: sizes, and their formula', () => {
    const bell = rowsOf(() => gaussian());
    expect([bell.length, bell[0]!.length]).toEqual([7, 7]);
    expect((bell[3]![5] as number) / (bell[3]![3] as number)).toBeCloseTo(Math.exp(-2), 6);
    expect(rowsOf(() => gaussian({ sigma: 9, size: [1, 3] }))[0]![0]).toBeCloseTo(1 / 3, 2);
    const log = rowsOf(() => laplacianOfGaussian({ sigma: 1.5 }));
    expect(log[5]![5]).toBeLessThan(0);
    // Zero at sigma times the root of two.
    expect(Math.sign(log[5]![7] as number)).toBe(-1);
    expect(Math.sign(log[5]![8] as number)).toBe(1);
  });

  test('a wave answers stripes of its own angle and width', () => {
    const answer = (theta: number, angle: number) =>
      scope(() => {
        const stripes = Array.from({ length: 25 }, (_, y) =>
          Array.from({ length: 25 }, (_, x) =>
            Math.cos((Math.PI / 4) * (x * Math.cos(angle) + y * Math.sin(angle))),
          ),
        );
        const y = filter(tensor([[stripes]]), gabor({ theta, sigma: 4, wavelength: 8 })).toArray();
        return Math.abs((y as number[][][][])[0]![0]![12]![12] as number);
      });
    for (const theta of [0, 0.6, Math.PI / 2]) {
      expect(answer(theta, theta)).toBeGreaterThan(5 * answer(theta, theta + Math.PI / 2));
    }
    const odd = rowsOf(() => gabor({ phase: Math.PI / 2, size: 5 }));
    expect(odd[2]![1]).toBeCloseTo(-(odd[2]![3] as number), 6);
    const long = rowsOf(() => gabor({ aspect: 3, size: 9 }));
    expect(long[8]![4]).toBeGreaterThan(long[4]![8] as number);
  });

  test.each(['zeros', 'reflect', 'replicate', 'circular'] as const)(
    'two passes give what one gives, padding %s, for sides even and odd',
    (paddingMode) => {
      for (const [size, sigma] of [
        [[9, 7], 2],
        [[8, 10], 3],
      ] as const) {
        scope(() => {
          const values = Array.from({ length: 2 * 3 * 11 * 9 }, (_, i) => Math.sin(i * i));
          const x = tensor(values, [2, 3, 11, 9]);
          const kernel = gaussian({ size, sigma });
          const own = filter(x, kernel, { paddingMode });
          expect(own.shape).toEqual([2, 3, 11, 9]);
          const weight = kernel.reshape([1, 1, ...size]);
          const whole = conv2d(x.reshape([6, 1, 11, 9]), weight, null, { padding: 'same', paddingMode });
          const difference = own.data.map((value, i) => Math.abs(value - (whole.data[i] as number)));
          expect(Math.max(...difference)).toBeLessThan(1e-6);
        });
      }
    },
  );

  test('a kernel that is learned keeps its gradient', () => {
    scope(() => {
      const x = tensor(
        Float32Array.from({ length: 64 }, (_, i) => Math.sin(i)),
        [1, 1, 8, 8],
      );
      const kernel = gaussian({ sigma: 1 });
      const { grads } = valueAndGrad((k: Tensor) => sum(mul(filter(x, k), x)), kernel);
      expect(grads[0]!.shape).toEqual([7, 7]);
      const squares = x.data.reduce((total, value) => total + value * value, 0);
      expect(grads[0]!.data[24]).toBeCloseTo(squares, 3);
    });
  });
});
