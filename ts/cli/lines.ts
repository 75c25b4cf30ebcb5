/**
 * Lines of text out of a map of how likely each pixel is the middle of one ("Real-time Scene Text Detection with Differentiable
 * Binarization", Liao et al., 2020): pixels that touch are a line, and the box around them grows by what training has cut off.
 */
import type { AnyTensor } from 'striate';
import type { Found } from './found.ts';

/** A pixel of a line is at least this likely, and all of them on average. */
const PIXEL = 0.3;
const LINE = 0.6;
/** Less than this is dust, in the input's pixels. */
const LEAST_SIDE = 3;
/** A box grows on each side by this times its area over its perimeter. */
const GROWTH = 1.6;

/** Boxes in the input's pixels from the top, and from the left in a row; null where no output is such a map. */
export function linesOf(
  outputs: readonly AnyTensor[],
  [height, width]: readonly [number, number],
  score = LINE,
): Found[] | null {
  const [map, ...more] = outputs;
  const [batch, channels, high = 0, wide = 0] = map?.shape ?? [];
  if (map?.shape.length !== 4 || more.length > 0 || batch !== 1 || channels !== 1) return null;
  const values = map.data as ArrayLike<number>;
  const [across, down] = [width / wide, height / high];
  const found: Found[] = [];
  for (const { left, top, right, bottom, sum, count } of regionsOf(values, wide)) {
    const [w, h] = [(right + 1 - left) * across, (bottom + 1 - top) * down];
    if (sum / count < score || Math.min(w, h) < LEAST_SIDE) continue;
    const by = (GROWTH * w * h) / (2 * (w + h));
    const [x, y] = [left * across, top * down];
    const box = [x - by, y - by, x + w + by, y + h + by] as const;
    found.push({ box, score: sum / count });
  }
  return inOrder(found);
}

interface Region {
  left: number;
  top: number;
  right: number;
  bottom: number;
  sum: number;
  count: number;
}

/** Pixels that are likely and touch, along rows or columns. */
function* regionsOf(map: ArrayLike<number>, width: number): Generator<Region> {
  const open = Uint8Array.from(map, (value) => (value >= PIXEL ? 1 : 0));
  for (let start = open.indexOf(1); start >= 0; start = open.indexOf(1, start)) {
    const region = { left: width, top: map.length, right: 0, bottom: 0, sum: 0, count: 0 };
    const next = [start];
    open[start] = 0;
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      region.left = Math.min(region.left, x);
      region.right = Math.max(region.right, x);
      region.top = Math.min(region.top, y);
      region.bottom = Math.max(region.bottom, y);
      region.sum += map[at] as number;
      region.count += 1;
      const beside = [...(x > 0 ? [at - 1] : []), ...(x + 1 < width ? [at + 1] : []), at - width, at + width];
      for (const one of beside) {
        if (open[one] !== 1) continue;
        open[one] = 0;
        next.push(one);
      }
    }
    yield region;
  }
}

const middle = ({ box }: Found): number => (box[1] + box[3]) / 2;

/** As one reads: what has its middle within half a line of the one before stands in its row. */
function inOrder(boxes: readonly Found[]): Found[] {
  const rows: Found[][] = [];
  for (const one of [...boxes].sort((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1);
    const first = row?.[0];
    if (first && middle(one) - middle(first) < (first.box[3] - first.box[1]) / 2) row.push(one);
    else rows.push([one]);
  }
  return rows.flatMap((row) => row.sort((a, b) => a.box[0] - b.box[0]));
}
