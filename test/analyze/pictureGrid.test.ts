import { ones, scope, type Tensor, tensor } from 'striate';
import { pictureGrid } from 'striate/analyze';
import { expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';

withRuntime('pictureGrid', () => {
  /** Width, height, and the pixels: red, green and blue where they differ, .. where it is transparent. */
  const grid = (make: () => Tensor, options = {}): string[] =>
    scope(() => {
      const { data, width, height } = pictureGrid(make(), options);
      return Array.from({ length: height }, (_, y) =>
        Array.from({ length: width }, (_, x) => {
          const [red, green, blue, alpha] = data.subarray((y * width + x) * 4) as unknown as number[];
          const digits = [red, green, blue].map((byte) => (byte as number).toString(16).padStart(2, '0'));
          return alpha === 0 ? '..' : [...new Set(digits)].join('');
        }).join(' '),
      );
    });

  test('maps about as many in a row as in a column', () => {
    const maps = () => tensor([0, 1, 0, 2, 0, 4], [1, 3, 1, 2]);
    expect(grid(maps)).toEqual(['00 ff .. 00 ff', '.. .. .. .. ..', '00 ff .. .. ..']);
    expect(grid(maps, { normalize: 'all', gap: 0, columns: 9 })).toEqual(['00 40 00 80 00 ff']);
  });
  test('kernels: a row for each output channel', () => {
    const kernels = () => tensor([0, 1, 2, 3, 4, 5], [3, 2, 1, 1]);
    expect(grid(kernels, { normalize: 'all', gap: 0 })).toEqual(['00 33', '66 99', 'cc ff']);
  });
  test('elements as squares', () => {
    expect(grid(() => tensor([0, 1], [1, 1, 2, 1]), { scale: 2 })).toEqual([
      '00 00',
      '00 00',
      'ff ff',
      'ff ff',
    ]);
  });
  test('colours', () => {
    const ramp = () => tensor([-1, 0, 0.5, 3], [1, 1, 1, 4]);
    expect(grid(ramp, { colormap: 'viridis' })).toEqual(['440154 3b528b 2c728e fde725']);
    expect(grid(ramp, { colormap: 'coolwarm' })).toEqual(['b9cef5 dddcdb ebd1c3 b40426']);
  });
  test('what is the same everywhere, infinities and NaN', () => {
    expect(grid(() => ones([1, 1, 1, 2]))).toEqual(['80 80']);
    const odd = () => tensor([Number.NaN, -Infinity, 1, 3, Infinity], [1, 1, 1, 5]);
    expect(grid(odd)).toEqual(['ff00 00 00 ff ff']);
    expect(grid(() => tensor([Number.NaN], [1, 1, 1, 1]))).toEqual(['ff00']);
  });
});
