/** Deformable convolution by its definition: every tap of every output reads x where its offset says. */
import type { Plain, Reference } from './types.ts';

interface Options {
  mask?: Plain | null;
  stride?: number | [number, number];
  padding?: number | [number, number] | [[number, number], [number, number]] | 'same';
  dilation?: number | [number, number];
}

const pair = (value: number | [number, number]): [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** x at (y, x), weighed by how near its four neighbours are; those outside are zero. */
function bilinear(read: (row: number, column: number) => number, [h, w]: number[], y: number, x: number) {
  if (y <= -1 || y >= h! || x <= -1 || x >= w!) return 0;
  if (Number.isNaN(y) || Number.isNaN(x)) return Number.NaN;
  const [row, column] = [Math.floor(y), Math.floor(x)];
  const [fy, fx] = [y - row, x - column];
  const at = (r: number, c: number) => (r >= 0 && r < h! && c >= 0 && c < w! ? read(r, c) : 0);
  return (
    (1 - fy) * ((1 - fx) * at(row, column) + fx * at(row, column + 1)) +
    fy * ((1 - fx) * at(row + 1, column) + fx * at(row + 1, column + 1))
  );
}

function deformConv2d(
  x: Plain,
  offset: Plain,
  weight: Plain,
  bias: Plain | null = null,
  { mask = null, stride = 1, padding = 0, dilation = 1 }: Options = {},
): Plain {
  const [n, channels, ...spatial] = x.shape as [number, number, number, number];
  const [outputs, perGroup, ...kernel] = weight.shape as [number, number, number, number];
  const [strides, dilations] = [pair(stride), pair(dilation)];
  const extents = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1);
  const pads = spatial.map((size, axis): [number, number] => {
    if (padding === 'same') {
      const positions = Math.ceil(size / strides[axis]!);
      const all = Math.max(0, (positions - 1) * strides[axis]! + extents[axis]! - size);
      return [Math.floor(all / 2), Math.ceil(all / 2)];
    }
    const own = typeof padding === 'number' ? padding : padding[axis]!;
    return typeof own === 'number' ? [own, own] : own;
  });
  const [oh, ow] = spatial.map((size, axis) =>
    Math.floor((size + pads[axis]![0] + pads[axis]![1] - extents[axis]!) / strides[axis]! + 1),
  ) as [number, number];
  const taps = kernel[0]! * kernel[1]!;
  const offsetGroups = offset.shape[1]! / (2 * taps);
  const groups = perGroup === 0 ? 1 : channels / perGroup;
  const data: number[] = [];
  for (let image = 0; image < n; image++) {
    for (let o = 0; o < outputs; o++) {
      const group = Math.floor(o / (outputs / groups));
      for (let p = 0; p < oh * ow; p++) {
        let sum = bias?.data[o] ?? 0;
        for (let inner = 0; inner < perGroup; inner++) {
          const c = group * perGroup + inner;
          const offsetGroup = Math.floor(c / (channels / offsetGroups));
          for (let tap = 0; tap < taps; tap++) {
            const sample = (image * offsetGroups + offsetGroup) * taps + tap;
            const place = (axis: number, position: number, k: number) =>
              position * strides[axis]! -
              pads[axis]![0] +
              k * dilations[axis]! +
              offset.data[(2 * sample + axis) * oh * ow + p]!;
            const value = bilinear(
              (row, column) => x.data[((image * channels + c) * spatial[0]! + row) * spatial[1]! + column]!,
              spatial,
              place(0, Math.floor(p / ow), Math.floor(tap / kernel[1]!)),
              place(1, p % ow, tap % kernel[1]!),
            );
            const modulation = mask?.data[sample * oh * ow + p] ?? 1;
            sum += weight.data[(o * perGroup + inner) * taps + tap]! * modulation * value;
          }
        }
        data.push(sum);
      }
    }
  }
  return { shape: [n, outputs, oh, ow], data, dtype: 'float32' };
}

export const references: Record<string, Reference> = {
  // On whole offsets everything is exact; elsewhere float32 positions and weights are rounded.
  deformConv2d: { run: deformConv2d, tolerance: 4e-6, linear: [0, 2, 3, 4], smooth: 'all' },
};
