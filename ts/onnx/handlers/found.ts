/**
 * Operators whose results are as long as there is something to find: they look at values, so they run between two programs, or
 * where their inputs are known. And Det, which looks at values as well.
 */
import type { DType } from '../../base/dtype.ts';
import { counted, shapeText } from '../../base/errors.ts';
import { add, maximum, minimum, mul, sub } from '../../ops/arithmetic.ts';
import { concat, slice } from '../../ops/concat.ts';
import { tensor } from '../../ops/create.ts';
import { indexSelect } from '../../ops/indexing.ts';
import { nms } from '../../ops/nms.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { int, optional } from '../row.ts';

export const found: Handlers = {
  NonZero: { since: 9, between: true, inputs: ['X'], build: buildNonZero },
  Compress: {
    since: 9,
    between: true,
    inputs: ['input', 'condition'],
    attributes: { axis: int() },
    build: buildCompress,
  },
  Unique: {
    since: 11,
    between: true,
    inputs: ['X'],
    outputs: 4,
    attributes: { axis: int(), sorted: int(1) },
    build: buildUnique,
  },
  NonMaxSuppression: {
    since: 10,
    between: true,
    inputs: [
      'boxes',
      'scores',
      optional('max_output_boxes_per_class'),
      optional('iou_threshold'),
      optional('score_threshold'),
    ],
    attributes: { center_point_box: int(0) },
    build: buildSuppression,
  },
  Det: { since: 11, between: true, inputs: ['X'], build: buildDet },
};

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const places = (list: readonly number[], shape: readonly number[] = [list.length]) =>
  tensor(Int32Array.from(list), shape);

/** The places of what is not zero: a row for each axis. */
function buildNonZero(call: Call): Tensor<DType> {
  const { data, shape } = call.tensor(0);
  const at = new Int32Array(data.length);
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) at[count++] = i;
  const sizes = shape.length === 0 ? [1] : shape;
  const rows = new Int32Array(sizes.length * count);
  sizes.forEach((size, axis) => {
    const step = product(sizes.slice(axis + 1));
    for (let i = 0; i < count; i++) rows[axis * count + i] = Math.floor((at[i] as number) / step) % size;
  });
  return tensor(rows, [sizes.length, count]);
}

/** The slices for which the condition holds; what it does not reach is left out. */
function buildCompress(call: Call): Tensor<DType> {
  const condition = call.tensor(1);
  if (condition.shape.length !== 1)
    call.fail(`condition has shape ${shapeText(condition.shape)}, must have 1 axis`);
  const isFlat = !call.given('axis');
  const x = isFlat ? call.reshaped(0, [product(call.shape(0))]) : call.tensor(0);
  const dim = isFlat ? 0 : call.axis(call.int('axis'), x.shape.length);
  const size = x.shape[dim] as number;
  const { data } = condition;
  if (data.length > size)
    call.fail(`condition has ${counted(data.length, 'value')}, must have at most ${size}`);
  const kept = Array.from(data.keys()).filter((i) => data[i] !== 0);
  return indexSelect(x, places(kept), { dim });
}

/** The different slices along an axis (or elements), the first place of each, which one each slice is, and how many there are. */
function buildUnique(call: Call): Tensor<DType>[] {
  const isFlat = !call.given('axis');
  const x = isFlat ? call.reshaped(0, [product(call.shape(0))]) : call.tensor(0);
  const dim = isFlat ? 0 : call.axis(call.int('axis'), x.shape.length);
  const { data, shape } = x;
  const [size, inner] = [shape[dim] as number, product(shape.slice(dim + 1))];
  const outer = product(shape.slice(0, dim));
  const rows = Array.from({ length: size }, (_, i) =>
    Array.from({ length: outer * inner }, (_, k) => {
      const at = (Math.floor(k / inner) * size + i) * inner + (k % inner);
      return data[at] as number;
    }),
  );
  const first = new Map<string, number>();
  const keys = rows.map((row) => row.join());
  keys.forEach((key, i) => {
    if (!first.has(key)) first.set(key, i);
  });
  const order = [...first.values()];
  if (call.int('sorted') !== 0) order.sort((a, b) => compared(rows[a]!, rows[b]!));
  const rank = new Map(order.map((i, place) => [keys[i], place]));
  const inverse = keys.map((key) => rank.get(key) as number);
  const counts = order.map(() => 0);
  for (const place of inverse) counts[place] = (counts[place] as number) + 1;
  return [indexSelect(x, places(order), { dim }), places(order), places(inverse), places(counts)];
}

function compared(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

/** Rows of batch, class and box; by batch and class, the best first. */
function buildSuppression(call: Call): Tensor<DType> {
  const [boxes, scores] = [call.float32(0), call.float32(1)];
  const [batches = 0, count = 0, sides] = boxes.shape;
  const classes = scores.shape[1] ?? 0;
  if (boxes.shape.length !== 3 || sides !== 4)
    call.fail(`boxes have shape ${shapeText(boxes.shape)}, must have [N, boxes, 4]`);
  if (shapeText(scores.shape) !== shapeText([batches, classes, count]))
    call.fail(
      `scores have shape ${shapeText(scores.shape)}, must have [${batches}, classes, ${count}], as boxes`,
    );
  const number = (index: number) => call.known(index)?.[0];
  const options = {
    maxOutput: Math.max(0, Math.min(count, number(2) ?? 0)),
    iouThreshold: number(3) ?? 0,
    scoreThreshold: number(4),
  };
  const corners = cornersOf(call, boxes);
  const rows: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const own = reshape(slice(corners, [batch, 0, 0], [batch + 1, count, 4]), [count, 4]);
    for (let one = 0; one < classes; one++) {
      const score = reshape(slice(scores, [batch, one, 0], [batch + 1, one + 1, count]), [count]);
      for (const box of nms(own, score, options).data) rows.push(batch, one, box);
    }
  }
  return places(rows, [rows.length / 3, 3]);
}

/** Boxes as their low and high corners: they may be given by any two, or by centre and size. */
function cornersOf(call: Call, boxes: Tensor): Tensor {
  const [batches = 0, count = 0] = boxes.shape;
  const part = (from: number) => slice(boxes, [0, 0, from], [batches, count, from + 2]);
  const [a, b] = [part(0), part(2)];
  if (call.int('center_point_box') === 0) return concat([minimum(a, b), maximum(a, b)], 2);
  const half = mul(b, 0.5);
  return concat([sub(a, half), add(a, half)], 2);
}

/** By elimination with the largest pivots, in float64. */
function buildDet(call: Call): Tensor<DType> {
  const { data, shape } = call.float32(0);
  const n = shape[shape.length - 1] ?? 0;
  if (shape.length < 2 || shape[shape.length - 2] !== n)
    call.fail(`the input is ${shapeText(shape)}, must have square matrices`);
  const outer = shape.slice(0, -2);
  const results = Array.from({ length: product(outer) }, (_, m) =>
    determinant(
      Array.from({ length: n }, (_, row) =>
        Array.from(data.subarray((m * n + row) * n, (m * n + row + 1) * n)),
      ),
    ),
  );
  return tensor(results, outer) as Tensor<DType>;
}

function determinant(rows: number[][]): number {
  let found = 1;
  for (let k = 0; k < rows.length; k++) {
    const size = (row: number) => Math.abs((rows[row] as number[])[k] as number);
    let pivot = k;
    for (let row = k + 1; row < rows.length; row++) if (size(row) > size(pivot)) pivot = row;
    if (pivot !== k) {
      [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
      found = -found;
    }
    const top = rows[k] as number[];
    const head = top[k] as number;
    found *= head;
    if (head === 0) return 0;
    for (const row of rows.slice(k + 1)) {
      const factor = (row[k] as number) / head;
      for (let j = k; j < row.length; j++) row[j] = (row[j] as number) - factor * (top[j] as number);
    }
  }
  return found;
}
