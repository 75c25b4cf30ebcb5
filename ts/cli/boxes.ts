/**
 * What detectors give, as boxes in the picture. The forms that exporters write are told by their shapes:
 *
 *   [1, 4 + C, N]                 centre, size, a score for each class: YOLOv8 and later
 *   [1, N, 5 + C]                 centre, size, whether there is anything, a score for each class: YOLOv5, YOLOv7
 *   [N, 6], [1, N, 6]             corners, score, class: where the model suppresses what overlaps itself
 *   [N, 4], scores [N], classes   corners in pixels or from 0 to 1: torchvision's, SSD's
 *   [1, 1, H, W]                  how likely each pixel is text: DB and PP-OCR's
 */
import { type AnyTensor, batchedNms, scope, tensor } from 'striate';
import { type FromImageOptions, imageTransform, type PictureSource } from 'striate/image';
import type { Found } from './found.ts';
import { linesOf } from './lines.ts';
import { UsageError } from './problems.ts';

/** Boxes of the input's pixels: four numbers each, corners. */
export interface Candidates {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
  readonly classes: Int32Array | null;
  /** Several may stand for one thing. */
  readonly overlap: boolean;
}

/** What counts as found. */
export interface Limits {
  /** The least score; where nothing is said, 0.25, and 0.6 of text. */
  readonly score: number | undefined;
  /** Boxes of a class that share more than this of their union are one. */
  readonly iou: number;
}

/** More boxes are not shown. */
const MOST = 300;
/** Of more rows than this, six numbers each are YOLOv5's with one class. */
const MOST_FINISHED = 1000;
const LEAST_SCORE = 0.25;

/** The boxes by descending score; of text, in the order of reading. @throws UsageError where the outputs hold none */
export function boxesOf(
  outputs: Readonly<Record<string, AnyTensor>>,
  picture: PictureSource,
  options: FromImageOptions,
  labels: readonly string[] | null,
  limits: Limits,
): Found[] {
  const { toSource } = imageTransform(picture, options);
  const size = options.size as readonly [number, number];
  const values = Object.values(outputs);
  const lines = linesOf(values, size, limits.score);
  const found = lines ?? detectedOf(values, size, labels?.length, limits);
  if (found === null) {
    const shapes = values.map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
    throw new UsageError(
      `--boxes: the outputs are ${shapes}, must be [1, 4 + classes, N], [1, N, 5 + classes], [N, 6], boxes [N, 4] with scores [N], or [1, 1, H, W] of text`,
    );
  }
  return found.map(({ box: [x1, y1, x2, y2], index, ...rest }) => ({
    ...rest,
    ...(index !== undefined && { index, label: labels?.[index] ?? null }),
    box: [...toSource([x1, y1]), ...toSource([x2, y2])] as Found['box'] & number[],
  }));
}

function detectedOf(
  outputs: readonly AnyTensor[],
  size: readonly [number, number],
  known: number | undefined,
  { score = LEAST_SCORE, iou }: Limits,
): Found[] | null {
  const candidates = candidatesOf(outputs, size, known);
  if (candidates === null) return null;
  const { boxes, scores, classes, overlap } = candidates;
  const kept = scope(() => {
    const all = tensor(boxes, [scores.length, 4]);
    const own = classes ?? new Int32Array(scores.length);
    // What shares all of its union shares no more than 1: nothing is suppressed.
    const options = { iouThreshold: overlap ? iou : 1, scoreThreshold: score, maxOutput: MOST };
    return [...batchedNms(all, tensor(scores), tensor(own), options).data];
  });
  return kept.map((i) => ({
    box: [...boxes.subarray(4 * i, 4 * i + 4)] as Found['box'] & number[],
    score: scores[i] as number,
    ...(classes !== null && { index: classes[i] as number }),
  }));
}

/** Boxes of all forms but text's; `known` is how many names of classes there are. */
export function candidatesOf(
  outputs: readonly AnyTensor[],
  size: readonly [height: number, width: number],
  known?: number,
): Candidates | null {
  for (const { shape, data } of outputs) {
    const values = data as ArrayLike<number>;
    if (shape.length > 3 || (shape.length === 3 && shape[0] !== 1)) continue;
    const [rows = 0, columns = 0] = shape.slice(-2);
    if (columns === 6 && rows <= MOST_FINISHED) return finished(values, rows);
    if (shape.length !== 3) continue;
    if (rows >= 5 && columns > rows) {
      const classes = known !== undefined && known <= rows - 4 ? known : rows - 4;
      return centred(columns, classes, (i, k) => values[k * columns + i] as number, null);
    }
    if (columns >= 6 && rows > columns) {
      const at = (i: number, k: number) => values[i * columns + k] as number;
      return centred(
        rows,
        columns - 5,
        (i, k) => at(i, k < 4 ? k : k + 1),
        (i) => at(i, 4),
      );
    }
  }
  return apart(outputs, size);
}

/** Corners, score and class in a row. */
function finished(values: ArrayLike<number>, rows: number): Candidates {
  const column = (k: number) => Array.from({ length: rows }, (_, i) => values[i * 6 + k] as number);
  const boxes = Float32Array.from({ length: rows * 4 }, (_, i) => values[(i >> 2) * 6 + (i & 3)] as number);
  return {
    boxes,
    scores: Float32Array.from(column(4)),
    classes: Int32Array.from(column(5)),
    overlap: false,
  };
}

/** Centre and size, then the classes' scores, of which the best counts. */
function centred(
  count: number,
  classes: number,
  at: (i: number, k: number) => number,
  certainty: ((i: number) => number) | null,
): Candidates {
  const boxes = new Float32Array(count * 4);
  const scores = new Float32Array(count);
  const best = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const [x, y, width, height] = [at(i, 0), at(i, 1), at(i, 2), at(i, 3)];
    boxes.set([x - width / 2, y - height / 2, x + width / 2, y + height / 2], i * 4);
    let most = 0;
    for (let k = 1; k < classes; k++) if (at(i, 4 + k) > at(i, 4 + most)) most = k;
    best[i] = most;
    scores[i] = at(i, 4 + most) * (certainty?.(i) ?? 1);
  }
  return { boxes, scores, classes: best, overlap: true };
}

/** Boxes, scores and classes in outputs of their own. */
function apart(outputs: readonly AnyTensor[], [height, width]: readonly [number, number]): Candidates | null {
  const boxes = outputs.find(
    ({ shape, dtype }) => dtype === 'float32' && shape.length > 1 && shape.at(-1) === 4,
  );
  if (boxes === undefined) return null;
  const count = boxes.size / 4;
  const others = outputs.filter((one) => one !== boxes && one.size === count);
  const scores = others.find(({ dtype }) => dtype === 'float32');
  if (scores === undefined) return null;
  const classes = others.find(({ dtype }) => dtype === 'int32');
  const corners = Float32Array.from(boxes.data as ArrayLike<number>);
  // A box within one pixel is a part of the picture.
  if (corners.every((value) => Math.abs(value) <= 1.5))
    for (const [i, value] of corners.entries()) corners[i] = value * (i % 2 === 0 ? width : height);
  return {
    boxes: corners,
    scores: Float32Array.from(scores.data as ArrayLike<number>),
    classes: classes === undefined ? null : Int32Array.from(classes.data as ArrayLike<number>),
    overlap: false,
  };
}
