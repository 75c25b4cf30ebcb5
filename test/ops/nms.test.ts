/** nms and batchedNms: the greedy loop of torchvision's, written out, and its sentences. */
import { batchedNms, compile, nms, ones, scope, type Tensor, tensor, zeros } from 'striate';
import { expect, test } from 'vitest';
import { Choices } from '../support/random.ts';
import { inEachVariant } from '../support/runtime.ts';

type Box = [x1: number, y1: number, x2: number, y2: number];

interface Limits {
  iouThreshold?: number;
  scoreThreshold?: number;
  maxOutput?: number;
}

function expected(boxes: Box[], scores: number[], classes: number[], limits: Limits): number[] {
  const { iouThreshold = 0.5, scoreThreshold = Number.NEGATIVE_INFINITY, maxOutput = Infinity } = limits;
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  for (const i of order) {
    if (kept.length >= maxOutput || scores[i]! <= scoreThreshold) break;
    const [a, b, c, d] = boxes[i]!;
    const covered = kept.some((j) => {
      const [e, f, g, h] = boxes[j]!;
      const common =
        Math.max(0, Math.min(c, g) - Math.max(a, e)) * Math.max(0, Math.min(d, h) - Math.max(b, f));
      const union = (c - a) * (d - b) + (g - e) * (h - f) - common;
      return classes[i] === classes[j] && common / union > iouThreshold;
    });
    if (!covered) kept.push(i);
  }
  return kept;
}

inEachVariant('nms', () => {
  test('random boxes with ties', () => {
    const choose = new Choices(5);
    for (let run = 0; run < 40; run++) {
      const count = choose.integer(0, 60);
      const boxes = Array.from({ length: count }, (): Box => {
        const [x, y] = [choose.integer(0, 20), choose.integer(0, 20)];
        return [x, y, x + choose.integer(0, 12), y + choose.integer(0, 12)];
      });
      const scores = boxes.map(() => choose.integer(0, 16) / 16);
      const classes = boxes.map(() => choose.integer(0, 2));
      const limits = choose.of<Limits>([
        {},
        { iouThreshold: 0.25 },
        { iouThreshold: 0 },
        { scoreThreshold: 0.5, maxOutput: 7 },
        { maxOutput: 0 },
        { scoreThreshold: 2 },
      ]);
      scope(() => {
        const [b, s] = [tensor(boxes.flat(), [count, 4]), tensor(scores, [count])];
        const c = tensor(classes, [count], { dtype: 'int32' });
        const none = classes.map(() => 0);
        expect(Array.from(nms(b, s, limits).data)).toEqual(expected(boxes, scores, none, limits));
        expect(Array.from(batchedNms(b, s, c, limits).data)).toEqual(
          expected(boxes, scores, classes, limits),
        );
      });
    }
  });
  test('empty boxes overlap nothing, NaN is the best score, which no threshold lets through', () => {
    scope(() => {
      const boxes = tensor(new Float32Array(12), [3, 4]);
      expect(nms(boxes, tensor([1, 2, 1])).toArray()).toEqual([1, 0, 2]);
      const odd = tensor([0, Number.NaN, Number.NEGATIVE_INFINITY]);
      expect(nms(boxes, odd).toArray()).toEqual([1, 0, 2]);
      expect(nms(boxes, odd, { scoreThreshold: -1 }).toArray()).toEqual([0]);
    });
  });
  test('inside a trace', () => {
    const call = (boxes: Tensor) => {
      nms(boxes, ones([2]));
      return boxes;
    };
    expect(() => scope(() => compile(call, { inputs: [[2, 4]] }))).toThrow(
      'nms: boxes is symbolic: inside a traced function a tensor has a shape but no values',
    );
  });
  test('what does not fit', () => {
    scope(() => {
      const [boxes, scores, classes] = [ones([2, 4]), ones([2]), zeros([2], { dtype: 'int32' })];
      expect(() => nms(ones([4]), scores)).toThrow('nms: boxes has shape 4, must be [N, 4]');
      expect(() => nms(boxes, ones([3]))).toThrow('nms: scores has shape 3, must be 2, as boxes');
      expect(() => nms(boxes, classes as never)).toThrow('nms: scores is int32, must be float32');
      expect(() => batchedNms(boxes, scores, scores as never)).toThrow(
        'batchedNms: classes is float32, must be int32',
      );
      expect(() => batchedNms(boxes, scores, null as never)).toThrow(
        'batchedNms: classes is null, must be a Tensor',
      );
      expect(() => nms(boxes, scores, { iouThreshold: 2 })).toThrow(
        'nms: iouThreshold is 2, must be from 0 to 1',
      );
      expect(() => nms(boxes, scores, { maxOutput: -1 })).toThrow(/^nms: maxOutput is -1, must be/);
    });
  });
});
