/** Windows as columns, and their sum back into an image. */
import * as striate from 'striate';
import {
  type Arguments,
  batch,
  fits,
  type Generator,
  perAxis,
  type RandomWindow,
  spatial,
  text,
} from '../support/generate.ts';
import { at, indicesOf, make, moving, type Plain, placeOf, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
columns | unfold | "2x3x5x7", 3
padded | unfold | "2x3x5x7", 3, {"padding": 1}
steps | unfold | "1x2x9x8", [2, 3], {"stride": [2, 3], "padding": [1, 0]}
dilated | unfold | "1x2x9x8", [3, 2], {"dilation": [2, 3], "padding": 2}
asymmetric | unfold | "1x2x5x4", 3, {"padding": [[0, 2], [3, 1]], "stride": 2}
same | unfold | "1x2x5x6", [3, 4], {"padding": "same", "stride": 2}
same-lower | unfold | "1x2x5x6", [3, 4], {"padding": "same-lower"}
full | unfold | "1x1x3x4", [2, 3], {"padding": "full"}
mostly padding | unfold | "1x1x2x2", 5, {"padding": 4, "stride": 3}
taps that see nothing | unfold | "1x1x1x1", 3, {"padding": 3, "stride": 4}
bytes | unfold | "1x2x5x4:uint8", 3, {"padding": 1}
an empty batch | unfold | "0x2x5x4", 3, {"padding": 1}
patches | unfold | "1x3x8x12", 4, {"stride": 4}
columns | fold | "2x27x15", [5, 7], 3
padded | fold | "2x27x35", [5, 7], 3, {"padding": 1}
steps | fold | "1x12x15", [9, 8], [2, 3], {"stride": [2, 3], "padding": [1, 1]}
dilated | fold | "1x12x81", [9, 8], [3, 2], {"dilation": [2, 3], "padding": 2}
asymmetric | fold | "1x18x9", [5, 4], 3, {"padding": [[0, 2], [3, 1]], "stride": 2}
patches | fold | "1x48x6", [8, 12], 4, {"stride": 4}
gaps between windows | fold | "1x4x6", [8, 5], 2, {"stride": 3}
reals | fold | "2x27x35~", [5, 7], 3, {"padding": 1}
`;

type Two = number | [number, number];

const two = (value: Two): [number, number] => (typeof value === 'number' ? [value, value] : value);

interface Windows {
  dilation?: Two;
  stride?: Two;
  padding?: Two | [number, number][] | string;
}

/** Every element of a window and what it sees: calls `see` with its place in the columns and that in the image. */
function eachTap(
  image: number[],
  kernelSize: Two,
  { dilation = 1, stride = 1, padding = 0 }: Windows,
  see: (column: [number, number, number], pixel: number[]) => void,
): { rows: number; columns: number } {
  const [kernel, step, gap] = [two(kernelSize), two(stride), two(dilation)];
  const spans = kernel.map((k, axis) => (gap[axis] as number) * (k - 1) + 1);
  const size = (axis: number) => image[2 + axis] as number;
  const pairs = [0, 1].map((axis): [number, number] => {
    const span = spans[axis] as number;
    if (padding === 'full') return [span - 1, span - 1];
    if (typeof padding === 'string') {
      const s = step[axis] as number;
      const all = Math.max(0, (Math.ceil(size(axis) / s) - 1) * s + span - size(axis));
      const less = Math.floor(all / 2);
      return padding === 'same' ? [less, all - less] : [all - less, less];
    }
    const own = typeof padding === 'number' ? padding : (padding[axis] as number | [number, number]);
    return two(own);
  });
  const count = [0, 1].map(
    (axis) =>
      Math.floor(
        (size(axis) + (pairs[axis]?.[0] as number) + (pairs[axis]?.[1] as number) - (spans[axis] as number)) /
          (step[axis] as number),
      ) + 1,
  );
  for (const [n, c, i, j, down, across] of indicesOf([image[0], image[1], ...kernel, ...count] as number[])) {
    const place = (axis: number, window: number, tap: number) =>
      window * (step[axis] as number) + tap * (gap[axis] as number) - (pairs[axis]?.[0] as number);
    const [h, w] = [place(0, down as number, i as number), place(1, across as number, j as number)];
    if (h < 0 || w < 0 || h >= size(0) || w >= size(1)) continue;
    const row = ((c as number) * kernel[0] + (i as number)) * kernel[1] + (j as number);
    const column = (down as number) * (count[1] as number) + (across as number);
    see([n as number, row, column], [n as number, c as number, h, w]);
  }
  return {
    rows: (image[1] as number) * kernel[0] * kernel[1],
    columns: (count[0] as number) * (count[1] as number),
  };
}

function unfold(x: Plain, kernelSize: Two, options: Windows = {}): Plain {
  const { rows, columns } = eachTap(x.shape, kernelSize, options, () => {});
  const y = make([x.shape[0] as number, rows, columns], x.dtype, () => 0);
  eachTap(x.shape, kernelSize, options, (column, pixel) => {
    y.data[placeOf(y.shape, column)] = at(x, pixel);
  });
  return y;
}

function fold(x: Plain, outputSize: Two, kernelSize: Two, options: Windows = {}): Plain {
  const [n, rows] = x.shape as [number, number];
  const [kh, kw] = two(kernelSize);
  const y = make([n, rows / (kh * kw), ...two(outputSize)], x.dtype, () => 0);
  eachTap(y.shape, kernelSize, options, (column, pixel) => {
    (y.data[placeOf(y.shape, pixel)] as number) += at(x, column);
  });
  return y;
}

export const references: Record<string, Reference> = {
  unfold: moving(unfold),
  fold: moving(fold),
};

function blocks(
  choose: Choices,
): (RandomWindow & { readonly padding: unknown; readonly pads: number[] }) | null {
  const size = spatial(choose, 2, 1);
  const [, kernel] = perAxis(choose, 2, 1, 4);
  const [stride, strides] = perAxis(choose, 2, 1, 3);
  const [dilation, dilations] = perAxis(choose, 2, 1, 3);
  const [pad, pads] = perAxis(choose, 2, 0, 3);
  const pairs = pads.map((p): [number, number] => [p, p]);
  const window = { size, kernel, stride: strides, dilation: dilations, pairs };
  const made = { ...window, options: { dilation, padding: pad, stride }, padding: pad, pads };
  return fits(made) && Math.min(...size) > 0 ? made : null;
}

function randomUnfold(choose: Choices): Arguments | null {
  const window = blocks(choose);
  if (window === null) return null;
  return [text([batch(choose), choose.integer(1, 4), ...window.size]), window.kernel, window.options];
}

function randomFold(choose: Choices): Arguments | null {
  const window = blocks(choose);
  if (window === null) return null;
  const { size, kernel, stride, dilation, pads } = window;
  const out = size.map(
    (s, i) => Math.floor((s + 2 * pads[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1,
  );
  const x = text([choose.of([1, 2]), choose.integer(1, 3) * kernel[0]! * kernel[1]!, out[0]! * out[1]!]);
  return [x, size, kernel, window.options];
}

export const generators: Record<string, Generator> = {
  unfold: randomUnfold,
  fold: randomFold,
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['unfold of a line', () => striate.unfold(striate.ones([1, 2, 5]), 2), RangeError, 'unfold: x has 3 axes (shape [1, 2, 5]), must have 4'],
  ['unfold by a kernel that does not fit', () => striate.unfold(x(), 7), RangeError, 'unfold: height: kernel spans 7 elements, the padded input has only 5'],
  ['unfold by a kernel of three axes', () => striate.unfold(x(), [1, 2, 3]), RangeError, 'unfold: kernelSize has 3 entries, must have 2'],
  ['unfold by a kernel of 0', () => striate.unfold(x(), 0), RangeError, 'unfold: kernelSize is 0, must be an integer, at least 1'],
  ['unfold with a stride of 0', () => striate.unfold(x(), 2, { stride: 0 }), RangeError, 'unfold: stride is 0, must be an integer, at least 1'],
  ['unfold with negative padding', () => striate.unfold(x(), 2, { padding: -1 }), RangeError, 'unfold: padding is -1, must be an integer, at least 0'],
  ['unfold with a rule that there is not', () => striate.unfold(x(), 2, { padding: any('half') }), RangeError, "unfold: padding is 'half', must be numbers or one of 'same', 'same-lower', 'valid', 'full'"],
  ['unfold with an option that there is not', () => striate.unfold(x(), 2, any({ groups: 1 })), TypeError, "unfold: there is no option 'groups'; options are dilation, padding, stride"],
  ['fold of integers', () => striate.fold(any(striate.ones([1, 4, 1], { dtype: 'int32' })), 2, 2), TypeError, 'fold: x is int32, must be float32'],
  ['fold of a matrix', () => striate.fold(striate.ones([4, 1]), 2, 2), RangeError, 'fold: x has 2 axes (shape [4, 1]), must have 3'],
  ['fold of half a channel', () => striate.fold(striate.ones([1, 6, 1]), 2, 2), RangeError, "fold: x has shape 1x6x1, axis 1 must be a multiple of 4, the kernel's elements"],
  ['fold of too few columns', () => striate.fold(striate.ones([1, 4, 3]), 3, 2), RangeError, 'fold: x has shape 1x4x3, axis 2 must be 4, the 2 x 2 windows of the output'],
  ['fold to nothing', () => striate.fold(striate.ones([1, 4, 1]), 0, 2), RangeError, 'fold: outputSize is 0, must be an integer, at least 1'],
  ['fold to a text', () => striate.fold(striate.ones([1, 4, 1]), any('2'), 2), TypeError, "fold: outputSize is '2', must be an integer or an array of 2"],
  ['Unfold with an option that there is not', () => new striate.Unfold(2, any({ pad: 1 })), TypeError, "Unfold: there is no option 'pad'; options are dilation, padding, stride"],
  ['Fold with an option that there is not', () => new striate.Fold(4, 2, any({ pad: 1 })), TypeError, "Fold: there is no option 'pad'; options are dilation, padding, stride"],
];
