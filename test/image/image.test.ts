import { scope, type Tensor, tensor } from 'striate';
import { drawBoxes, imageTransform, toImage } from 'striate/image';
import { describe, expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';

/** The pixels of a picture as texts of hexadecimal digits, row by row. */
const rows = ({ data, width }: { data: Uint8ClampedArray; width: number }): string[] =>
  Array.from({ length: data.length / 4 / width }, (_, y) =>
    Array.from({ length: width }, (_, x) =>
      Buffer.from(data.slice((y * width + x) * 4).slice(0, 4)).toString('hex'),
    ).join(' '),
  );

withRuntime('toImage', () => {
  const picture = (make: () => Tensor<'float32' | 'uint8'>, options = {}) =>
    scope(() => rows(toImage(make(), options)));

  test('planes become pixels, rounded and within bytes', () => {
    const values = [0, 0.25, 1, 0.5, 2, -1, 1, 1, Number.NaN, 0, 0, 0];
    expect(picture(() => tensor(values, [1, 3, 2, 2]))).toEqual(['00ff00ff 400000ff', 'ffff00ff 80ff00ff']);
  });
  test('rows of pixels, in the other order', () => {
    const values = [0, 0.2, 1, 1, 0.4, 0];
    expect(picture(() => tensor(values, [1, 1, 2, 3]), { layout: 'NHWC', order: 'bgr' })).toEqual([
      'ff3300ff 0066ffff',
    ]);
  });
  test('one channel is grey, a fourth is alpha', () => {
    expect(picture(() => tensor([0, 0.2], [1, 1, 1, 2]))).toEqual(['000000ff 333333ff']);
    expect(picture(() => tensor([0, 0.2, 0.4, 0.6], [1, 4, 1, 1]))).toEqual(['00336699']);
  });
  test('bytes are taken as they are', () => {
    expect(picture(() => tensor(Uint8Array.of(1, 2, 3), [1, 3, 1, 1]))).toEqual(['010203ff']);
  });
  test('the second of a batch, with mean and std put back', () => {
    const options = { index: 1, mean: [0.5, 0, 1], std: [0.5, 1, 2] };
    expect(picture(() => tensor([9, 9, 9, -1, 1, -0.4], [2, 3, 1, 1]), options)).toEqual(['00ff33ff']);
  });
});

describe('imageTransform', () => {
  const of = (width: number, height: number, options = {}) => imageTransform({ width, height }, options);

  test('stretch: each axis on its own', () => {
    const { scale, offset, toInput, toSource } = of(100, 50, { size: [100, 50] });
    expect([scale, offset]).toEqual([
      [0.5, 2],
      [0, 0],
    ]);
    expect(toInput([10, 10])).toEqual([5, 20]);
    expect(toSource([5, 20])).toEqual([10, 10]);
  });
  test('contain: in the middle, whole pixels', () => {
    const { scale, offset, toSource } = of(1920, 1280, { size: [640, 640], fit: 'contain' });
    expect(offset).toEqual([0, 106]);
    expect(scale).toEqual([640 / 1920, 427 / 1280]);
    expect(toSource([320, 106 + 427 / 2])).toEqual([960, 640]);
    expect(of(10, 40, { size: [20, 20], fit: 'contain' }).offset).toEqual([7, 0]);
  });
  test('cover: what stands out is cut off on both sides', () => {
    const { scale, offset, toInput } = of(400, 100, { size: [50, 50], fit: 'cover' });
    expect([scale, offset]).toEqual([
      [0.5, 0.5],
      [-75, 0],
    ]);
    expect(toInput([200, 50])).toEqual([25, 25]);
  });
  test('a crop is a picture of its own', () => {
    const { scale, offset, toSource } = of(100, 100, { crop: [10, 20, 40, 30.5], size: [61, 80] });
    expect([scale, offset]).toEqual([
      [2, 2],
      [-20, -40],
    ]);
    expect(toSource([0, 61])).toEqual([10, 50.5]);
  });
  test('without a size that of the picture', () => {
    expect(of(7, 5).scale).toEqual([1, 1]);
    expect(of(7, 5, { crop: [1, 1, 3, 2] })).toMatchObject({ scale: [1, 1], offset: [-1, -1] });
  });
});

describe('drawBoxes', () => {
  const grey = (width: number, height: number) => ({
    data: new Uint8Array(width * height).fill(0x80),
    width,
    height,
  });
  /** The picture as letters: a dot where it is as it was. */
  const drawn = (...args: Parameters<typeof drawBoxes>): string[] =>
    rows(drawBoxes(...args)).map((row) =>
      row
        .split(' ')
        .map((pixel) => ({ '808080ff': '.', '0000ffff': '#', ffffffff: 'o' })[pixel] ?? '?')
        .join(''),
    );
  const blue = '#0000ff';

  test('frames lie within their edges, in any order of the corners', () => {
    const expected = ['......', '.####.', '.#..#.', '.####.', '......'];
    expect(drawn(grey(6, 5), [{ box: [1, 1, 5, 4], color: blue }])).toEqual(expected);
    expect(drawn(grey(6, 5), [{ box: [5, 4, 1, 1], color: [0, 0, 255] }])).toEqual(expected);
  });
  test('what lies outside is not drawn', () => {
    expect(drawn(grey(4, 3), [{ box: [-2, 1, 3, 9], color: blue }])).toEqual(['....', '###.', '..#.']);
    expect(drawn(grey(2, 2), [{ box: [5, 5, 9, 9], color: blue, label: '' }])).toEqual(['..', '..']);
  });
  test('a label stands on a bar above, in ink that is seen', () => {
    expect(drawn(grey(18, 14), [{ box: [2, 12, 16, 14], color: blue, label: 'Aé' }])).toEqual([
      '..................',
      ...['..###############.', '..###############.'],
      ...['..###ooo#########.', '..##o###o########.', '..##o###o##ooo###.', '..##o###o#o###o##.'],
      ...['..##ooooo#ooooo##.', '..##o###o#o######.', '..##o###o##ooo###.'],
      ...['..###############.', '..###############.'],
      ...['..##############..', '..##############..'],
    ]);
  });
  test('where there is no room it stands inside, and letters that there are not are boxes', () => {
    const [, , first, second] = drawn(grey(12, 12), [{ box: [8, 0, 12, 12], color: blue, label: '猫' }]);
    expect([first, second]).toEqual(['...##ooooo##', '...##o###o##']);
  });
  test('colours take turns; channels that there are are kept, the picture too', () => {
    const data = Uint8Array.from({ length: 8 * 3 * 4 }, (_, i) => i);
    const before = data.slice();
    const picture = drawBoxes({ data, width: 8, height: 3 }, [{ box: [0, 0, 2, 2] }, { box: [3, 0, 5, 2] }]);
    expect(data).toEqual(before);
    expect(rows(picture)[0]!.split(' ')).toEqual([
      ...['ff3b30ff', 'ff3b30ff', '08090a0b', '34c759ff', '34c759ff', '14151617', '18191a1b', '1c1d1e1f'],
    ]);
    expect(
      rows(drawBoxes({ data: Uint8Array.of(1, 2, 3, 4), width: 2, height: 1, channels: 2 }, [])),
    ).toEqual(['01010102 03030304']);
  });
});
