/**
 * How an axis is resized: for each position of the output the elements that it is made of, and their weights. As Pillow's
 * resize has it: a triangle, or Keys' cubic (1981) with the coefficient -0.5, stretched as far as the axis shrinks, around
 * the position's middle; weights of elements within the picture, divided by their sum.
 */

/** 1 as a weight: of a triangle, which is summed fast, and of a cubic, which is summed as Pillow sums it. */
const ONE = { bilinear: 1 << 14, bicubic: 1 << 22 } as const;

export interface Taps {
  /** How many weights a position has: even, and the same for all. */
  readonly count: number;
  /** The first element of each position. */
  readonly firsts: Int32Array;
  /** Of each position its weights, those beyond the elements being 0; of a cubic their high words, then their low bytes. */
  readonly weights: Int16Array;
}

const KERNELS = {
  bilinear: { support: 1, at: (d: number) => Math.max(0, 1 - Math.abs(d)) },
  bicubic: { support: 2, at: cubic },
} as const;

function cubic(distance: number): number {
  const d = Math.abs(distance);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** `output` positions over the part of an axis of `size` elements that begins at `start` and is `length` long. */
export function tapsOf(
  size: number,
  start: number,
  length: number,
  output: number,
  interpolation: keyof typeof KERNELS,
  antialias: boolean,
): Taps {
  const { support, at } = KERNELS[interpolation];
  const step = length / output;
  const stretch = antialias ? Math.max(1, step) : 1;
  const weightOf = (o: number, element: number): number =>
    at((element + 0.5 - start - (o + 0.5) * step) / stretch);
  const firsts = new Int32Array(output);
  const ends = new Int32Array(output);
  let count = 2;
  for (let o = 0; o < output; o++) {
    const middle = start + (o + 0.5) * step;
    let first = Math.max(0, Math.trunc(middle - support * stretch + 0.5));
    let end = Math.min(size, Math.trunc(middle + support * stretch + 0.5));
    if (weightOf(o, first) === 0) first++;
    if (weightOf(o, end - 1) === 0) end--;
    firsts[o] = first;
    ends[o] = end;
    if (end - first > count) count = end - first + ((end - first) % 2);
  }
  const [one, fine] = [ONE[interpolation], interpolation === 'bicubic'];
  const weights = new Int16Array(output * count * (fine ? 2 : 1));
  for (let o = 0; o < output; o++) {
    const [first, end] = [firsts[o] as number, ends[o] as number];
    let sum = 0;
    for (let element = first; element < end; element++) sum += weightOf(o, element);
    // What counts 0 lies before the elements where there are none behind.
    const moved = Math.max(0, Math.min(first, size - count));
    firsts[o] = moved;
    let [whole, done] = [0, 0];
    for (let element = first; element < end; element++) {
      const place = o * count + element - moved;
      if (fine) {
        const weight = Math.round((weightOf(o, element) / sum) * one);
        weights[place] = weight >> 8;
        weights[output * count + place] = weight & 255;
      } else {
        // Their sum is one: what is rounded away of a weight goes into the next.
        whole += weightOf(o, element);
        const all = Math.round((whole / sum) * one);
        weights[place] = all - done;
        done = all;
      }
    }
  }
  return { count, firsts, weights };
}
