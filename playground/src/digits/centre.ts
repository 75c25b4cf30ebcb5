/**
 * MNIST's centring (LeCun et al., 1998): what is drawn is cut out, scaled in proportion until its longer side is 20 pixels, and laid
 * on 28 by 28 so that its centre of mass is in the middle. A net that has learned from MNIST expects digits so.
 */

export const SIDE = 28;
const BOX = 20;
/** Fainter ink is the edge of a stroke. */
const INK = 0.1;

export interface Centred {
  /** 28 by 28, from 0 to 1. */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** Where the ink is in what was given: left, top, width, height. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
  /** How much smaller it became, and where it lies in the 28 by 28. */
  readonly scale: number;
  readonly at: readonly [left: number, top: number];
}

/** Centres `ink` (rows of `width` values from 0 to 1); null where there is none. */
export function centre(ink: ArrayLike<number>, width: number, height: number): Centred | null {
  const box = boxOf(ink, width, height);
  if (box === null) return null;
  const [left, top, boxWidth, boxHeight] = box;
  const scale = BOX / Math.max(boxWidth, boxHeight);
  const [w, h] = [Math.max(1, Math.round(boxWidth * scale)), Math.max(1, Math.round(boxHeight * scale))];
  const small = resized(ink, width, box, w, h);
  let [mass, x, y] = [0, 0, 0];
  for (let i = 0; i < small.length; i++) {
    const value = small[i] as number;
    mass += value;
    x += value * ((i % w) + 0.5);
    y += value * (Math.floor(i / w) + 0.5);
  }
  const place = (sum: number, size: number) =>
    Math.max(0, Math.min(SIDE - size, Math.round(SIDE / 2 - sum / mass)));
  const at = [place(x, w), place(y, h)] as const;
  const pixels = new Float32Array(SIDE * SIDE);
  for (let row = 0; row < h; row++)
    pixels.set(small.subarray(row * w, (row + 1) * w), (row + at[1]) * SIDE + at[0]);
  return { pixels, box: [left, top, boxWidth, boxHeight], scale, at };
}

function boxOf(ink: ArrayLike<number>, width: number, height: number): Centred['box'] | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((ink[y * width + x] as number) < INK) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : [left, top, right - left + 1, bottom - top + 1];
}

/** The box at another size: each new pixel is the mean of what it covers; between pixels where it grows. */
function resized(
  ink: ArrayLike<number>,
  stride: number,
  [left, top, width, height]: Centred['box'],
  w: number,
  h: number,
): Float32Array {
  const columns = weights(width, w);
  const rows = weights(height, h);
  const small = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (const [row, down] of rows[y]!)
        for (const [column, across] of columns[x]!)
          sum += down * across * (ink[(top + row) * stride + left + column] as number);
      small[y * w + x] = sum;
    }
  }
  return small;
}

/** Which old places each new one is made of, by a triangle as wide as a new pixel, at least as an old one. */
function weights(from: number, to: number): [place: number, weight: number][][] {
  const step = from / to;
  const reach = Math.max(1, step);
  return Array.from({ length: to }, (_, i) => {
    const middle = (i + 0.5) * step - 0.5;
    const found: [number, number][] = [];
    for (let place = Math.ceil(middle - reach); place <= middle + reach; place++) {
      const weight = 1 - Math.abs(place - middle) / reach;
      if (place >= 0 && place < from && weight > 0) found.push([place, weight]);
    }
    const sum = found.reduce((total, [, weight]) => total + weight, 0);
    return found.map(([place, weight]) => [place, weight / sum]);
  });
}
