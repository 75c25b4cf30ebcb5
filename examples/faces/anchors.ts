// Turns the raw numbers of a BlazeFace model into faces.
//
// The model lays two grids over its square input: 16 x 16 cells with 2 anchors each, and 8 x 8 cells with 6 each
// (strides 8 and 16 of the 128 pixel model, 16 and 32 of the 256 pixel one), 896 anchors in all. Per anchor it gives
// a logit and 16 numbers in input pixels, all relative to the cell's centre:
//   box centre x, y, width, height, then x, y of six key points.
// Coordinates here are fractions of the square, so both models share their anchors.
// Source: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.

/** The six points in the model's order; left and right are the person's own. */
export const KEY_POINTS = ['right eye', 'left eye', 'nose', 'mouth', 'right ear', 'left ear'] as const;

interface Point {
  x: number;
  y: number;
}

export interface Face {
  /** Probability that this is a face, 0 to 1. */
  score: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** In the order of KEY_POINTS. */
  points: Point[];
}

const GRIDS = [
  { cells: 16, anchorsPerCell: 2 },
  { cells: 8, anchorsPerCell: 6 },
];
export const NUMBERS_PER_ANCHOR = 4 + 2 * KEY_POINTS.length;
/** MediaPipe clips logits here; exp(100) is far from overflow. */
const LOGIT_LIMIT = 100;

/** The cells' centres, in the order of the model's outputs: row by row, a cell's anchors one after the other. */
export function makeAnchors(): Point[] {
  const anchors: Point[] = [];
  for (const { cells, anchorsPerCell } of GRIDS) {
    for (let row = 0; row < cells; row++) {
      for (let column = 0; column < cells; column++) {
        const centre = { x: (column + 0.5) / cells, y: (row + 0.5) / cells };
        for (let i = 0; i < anchorsPerCell; i++) anchors.push(centre);
      }
    }
  }
  return anchors;
}

/**
 * The faces of at least `minimumScore`, many per real face.
 * `logits` has one number per anchor, `boxes` sixteen; `size` is the side of the model's input in pixels.
 */
export function decodeFaces(
  logits: Float32Array,
  boxes: Float32Array,
  anchors: Point[],
  size: number,
  minimumScore: number,
): Face[] {
  const faces: Face[] = [];
  for (const [i, anchor] of anchors.entries()) {
    const logit = Math.min(Math.max(logits[i] as number, -LOGIT_LIMIT), LOGIT_LIMIT);
    const score = 1 / (1 + Math.exp(-logit));
    if (!(score >= minimumScore)) continue;
    const raw = boxes.subarray(i * NUMBERS_PER_ANCHOR, (i + 1) * NUMBERS_PER_ANCHOR);
    const pair = (k: number): Point => ({ x: (raw[k] as number) / size, y: (raw[k + 1] as number) / size });
    const offset = pair(0);
    const extent = pair(2);
    const x = anchor.x + offset.x;
    const y = anchor.y + offset.y;
    faces.push({
      score,
      left: x - extent.x / 2,
      top: y - extent.y / 2,
      right: x + extent.x / 2,
      bottom: y + extent.y / 2,
      points: KEY_POINTS.map((_, k) => {
        const point = pair(4 + 2 * k);
        return { x: anchor.x + point.x, y: anchor.y + point.y };
      }),
    });
  }
  return faces;
}
