/**
 * nms and batchedNms: of boxes that overlap, the one with the best score (crates/core/src/instructions/suppress.rs). How many
 * stay is known when they have been compared, so these run at once, never inside a trace.
 *
 * params: limit, thresholds of the overlap and of the score (NaN: none).
 * @category Indexing
 */
import { checkOptions, integer, real } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText, wrongValue } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { writeSuppress } from '../instructions/order.ts';
import { execute } from '../program/eager.ts';
import { readable, requireTensor, Tensor } from '../tensor/tensor.ts';
import { slice } from './concat.ts';
import type { Entry } from './operator.ts';

/** The options of `nms` and `batchedNms`. */
export interface NmsOptions {
  /** Of two boxes whose intersection is more than this share of their union, the one with the lower score goes. Default 0.5. */
  iouThreshold?: number | undefined;
  /** Boxes whose score is not above it are left out. Default: all take part. */
  scoreThreshold?: number | undefined;
  /** At most so many are given. Default: all that stay. */
  maxOutput?: number | undefined;
}

const SUPPRESS: Entry = {
  name: 'nms',
  torch: 'torchvision.ops.nms',
  onnx: ['NonMaxSuppression'],
  args: ['boxes', 'scores', 'classes'],
  required: 2,
  resolve(_, [limit = 0]) {
    return {
      outputs: [
        { shape: [limit], dtype: 'int32' },
        { shape: [], dtype: 'int32' },
      ],
      problem: {},
    };
  },
  lower(
    to,
    { types, params: [limit = 0, overlap = 0, score = 0], inputs: [boxes, scores, classes], outputs },
  ) {
    const [kept, found] = outputs;
    writeSuppress(
      to,
      { boxes: boxes!, scores: scores!, classes: classes ?? null, kept: kept!, found: found! },
      { count: types[0]!.shape[0] as number, limit, overlap, score },
    );
  },
};

type Given = Tensor<DType>;

/** A tensor with values of a type. @throws TypeError, RangeError */
function given(
  name: string,
  argument: string,
  value: unknown,
  dtype: DType,
  shape: readonly number[],
): Given {
  const found = requireTensor(name, argument, value);
  readable(name, argument, found);
  if (found.dtype !== dtype) throw new TypeError(`${name}: ${argument} is ${found.dtype}, must be ${dtype}`);
  if (shapeText(found.shape) !== shapeText(shape)) {
    throw new RangeError(
      `${name}: ${argument} has shape ${shapeText(found.shape)}, must be ${shapeText(shape)}, as boxes`,
    );
  }
  return found;
}

function suppressed(
  name: string,
  boxes: Tensor,
  scores: Tensor,
  classes: Tensor<'int32'> | null,
  options: NmsOptions,
): Tensor<'int32'> {
  const { shape } = requireTensor(name, 'boxes', boxes);
  if (shape.length !== 2 || shape[1] !== 4)
    throw new RangeError(`${name}: boxes has shape ${shapeText(shape)}, must be [N, 4]`);
  const count = shape[0] as number;
  const inputs = [
    given(name, 'boxes', boxes, 'float32', shape),
    given(name, 'scores', scores, 'float32', [count]),
    classes === null ? null : given(name, 'classes', classes, 'int32', [count]),
  ];
  checkOptions(name, options, ['iouThreshold', 'scoreThreshold', 'maxOutput']);
  const { iouThreshold = 0.5, scoreThreshold, maxOutput = count } = options;
  const overlap = real(name, 'iouThreshold', iouThreshold);
  if (overlap < 0 || overlap > 1) throw wrongValue(name, 'iouThreshold', overlap, 'from 0 to 1');
  const score = scoreThreshold === undefined ? Number.NaN : real(name, 'scoreThreshold', scoreThreshold);
  const limit = Math.min(count, integer(name, 'maxOutput', maxOutput, 0));
  return scope(() => {
    const [kept, found] = execute(
      SUPPRESS,
      inputs,
      [limit, overlap, score],
      (type, storage) => new Tensor(type.shape, type.dtype, storage),
    );
    return slice(kept as Tensor<'int32'>, [0], [found!.item()]);
  });
}

/**
 * Non-maximum suppression: the places of the boxes that stay when, from the best score down, each box takes away those that
 * overlap it. As torchvision's nms: by descending score, of equal ones the first comes first. It runs at once and is no part
 * of a compiled program, because its result is as long as there are boxes.
 * @param boxes float32, [N, 4], as x1 y1 x2 y2
 * @param scores float32, [N]
 * @returns int32 places in boxes
 * @throws TypeError for tensors without values (inside a trace) and other dtypes; RangeError for other shapes
 * @example
 * ```ts
 * const boxes = tensor([[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30]]);
 * nms(boxes, tensor([0.6, 0.9, 0.5])).toArray(); // [1, 2]
 * ```
 */
export function nms(boxes: Tensor, scores: Tensor, options: NmsOptions = {}): Tensor<'int32'> {
  return suppressed('nms', boxes, scores, null, options);
}

/**
 * `nms` within each class: boxes of different classes take nothing from each other. As torchvision's batched_nms.
 * @param boxes float32, [N, 4], as x1 y1 x2 y2
 * @param scores float32, [N]
 * @param classes int32, [N]
 * @returns int32 places in boxes, of all classes together by descending score
 * @throws TypeError for tensors without values (inside a trace) and other dtypes; RangeError for other shapes
 * @example
 * ```ts
 * const boxes = tensor([[0, 0, 10, 10], [1, 0, 11, 10]]);
 * const classes = tensor([0, 1], null, { dtype: 'int32' });
 * batchedNms(boxes, tensor([0.6, 0.9]), classes).toArray(); // [1, 0]
 * ```
 */
export function batchedNms(
  boxes: Tensor,
  scores: Tensor,
  classes: Tensor<'int32'>,
  options: NmsOptions = {},
): Tensor<'int32'> {
  requireTensor('batchedNms', 'classes', classes);
  return suppressed('batchedNms', boxes, scores, classes, options);
}
