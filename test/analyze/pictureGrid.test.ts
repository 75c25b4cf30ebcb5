import { ones, scope, type Tensor, tensor, zeros } from 'striate';
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

  test('what the colours stand for, and the picture in words', () => {
    scope(() => {
      const t = tensor([-1, 3, 2, 2, 0, 0, Number.NaN, 1, Number.NaN, Number.NaN], [1, 5, 1, 2]);
      const { planes, alt } = pictureGrid(t, { colormap: 'coolwarm' });
      expect(planes).toEqual([
        { low: -3, high: 3, constant: null, notNumbers: 0 },
        { low: -2, high: 2, constant: 2, notNumbers: 0 },
        { low: 0, high: 0, constant: 0, notNumbers: 0 },
        { low: -1, high: 1, constant: null, notNumbers: 1 },
        { low: 0, high: 0, constant: null, notNumbers: 2 },
      ]);
      expect(alt).toBe(
        '5 planes of 1 x 2, colours from -3 to 3, each by its own values; 2 everywhere in 1; 0 everywhere in 2; NaN in 3, 4',
      );
      expect(pictureGrid(t, { normalize: 'all' }).alt).toBe(
        '5 planes of 1 x 2, colours from -1 to 3; 2 everywhere in 1; 0 everywhere in 2; NaN in 3, 4',
      );
      expect(pictureGrid(zeros([1, 12, 1, 1])).alt).toBe(
        '12 planes of 1 x 1, colours from 0 to 0, each by its own values; 0 everywhere in 0, 1, 2, 3, 4, 5, 6, 7 ...',
      );
    });
  });

  /** The letters' dots of a picture's last rows. */
  const inked = (
    { data, width, height }: { data: Uint8ClampedArray; width: number; height: number },
    rows: number,
  ) =>
    Array.from({ length: rows }, (_, y) =>
      Array.from({ length: width }, (_, x) =>
        data[((height - rows + y) * width + x) * 4] === 34 ? '#' : '.',
      ).join(''),
    );

  test('a legend below each plane: its least and greatest value, what is the same everywhere, NaN', () => {
    scope(() => {
      const plain = pictureGrid(tensor([0, 1], [1, 1, 1, 2]), { scale: 12 });
      const picture = pictureGrid(tensor([0, 1], [1, 1, 1, 2]), { scale: 12, legend: true });
      expect([picture.width, picture.height]).toEqual([plain.width, plain.height + 11]);
      // '0 1' in letters of 5 x 7, two rows of paper above and below.
      expect(inked(picture, 9).map((row) => row.slice(1, 18))).toEqual([
        '.###..........#..',
        '#...#........##..',
        '#..##.........#..',
        '#.#.#.........#..',
        '##..#.........#..',
        '#...#.........#..',
        '.###.........###.',
        '.................',
        '.................',
      ]);
      const textOf = (values: number[], options = {}) =>
        inked(pictureGrid(tensor(values, [1, 1, 1, 2]), { legend: true, ...options }), 9).join('\n');
      const texts = [
        ...[textOf([1, 2]), textOf([2, 2]), textOf([0, 0]), textOf([1, Number.NaN])],
        textOf([1, 2], { colormap: 'coolwarm' }),
      ];
      expect(new Set(texts).size).toBe(5);
      for (const text of texts) expect(text).toContain('#');
    });
  });

  test('one scale for all: a bar of the colours with numbers at its ends, and 0 in its middle', () => {
    scope(() => {
      const t = tensor([-2, 0.5], [1, 2, 1, 1]);
      const { width, height, data } = pictureGrid(t, {
        ...{ normalize: 'all', colormap: 'coolwarm', scale: 30, legend: true },
      });
      const pixel = (x: number, y: number) => [
        ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
      ];
      const bar = height - 12;
      expect(pixel(0, bar)).toEqual([0x3b, 0x4c, 0xc0]);
      expect(pixel(width - 1, bar)).toEqual([0xb4, 0x04, 0x26]);
      const columns = inked({ data, width, height }, 9).reduce(
        (all, row) => all.map((dark, x) => dark || row[x] === '#'),
        new Array<boolean>(width).fill(false),
      );
      const third = (from: number) =>
        columns.slice((from * width) / 3, ((from + 1) * width) / 3).some(Boolean);
      expect([third(0), third(1), third(2)]).toEqual([true, true, true]);
    });
  });
});
