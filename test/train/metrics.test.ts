import { disposeRuntime, init, rand, scope, type Tensor, tensor } from 'striate';
import { accuracy, confusionMatrix } from 'striate/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import { any, gone, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';

const classes = (...of: number[]) => tensor(Int32Array.from(of));

withRuntime('metrics', () => {
  test('the share that is right, also among the k greatest', () => {
    scope(() => {
      const scores = tensor([
        [1, 3, 2],
        [5, 4, 6],
        [0, -1, -2],
        [7, 8, 9],
      ]);
      expect(accuracy(scores, classes(1, 2, 0, 0))).toBe(0.75);
      expect(accuracy(scores, classes(2, 0, 1, 0), { topK: 2 })).toBe(0.75);
      expect(accuracy(scores, classes(0, 1, 2, 0), { topK: 3 })).toBe(1);
      expect(accuracy(scores, classes(1, 2, 0, 0).cast('uint8'))).toBe(0.75);
    });
  });

  test('of equal scores the first is the greatest; NaN is greater than all', () => {
    scope(() => {
      const scores = tensor([
        [1, 1, 0],
        [0, Number.NaN, 5],
        [Number.NaN, 1, Number.NaN],
      ]);
      expect(accuracy(scores, classes(0, 1, 0))).toBe(1);
      expect(accuracy(scores, classes(1, 2, 2))).toBe(0);
      expect(accuracy(scores, classes(1, 2, 2), { topK: 2 })).toBe(1);
      expect(confusionMatrix(scores, classes(0, 1, 0), 3).toArray()).toEqual([
        [2, 0, 0],
        [0, 1, 0],
        [0, 0, 0],
      ]);
    });
  });

  test('positions of an image', () => {
    scope(() => {
      const scores = tensor([
        [
          [
            [1, 0],
            [0, 1],
          ],
          [
            [0, 1],
            [1, 0],
          ],
        ],
      ]); // [1, 2, 2, 2]
      const target = tensor(Int32Array.of(0, 1, 0, 0), [1, 2, 2]);
      expect(accuracy(scores, target)).toBe(0.75);
      expect(confusionMatrix(scores, target, 2).toArray()).toEqual([
        [2, 1],
        [0, 1],
      ]);
    });
  });

  test('rows are what samples are, columns what they were taken for', () => {
    scope(() => {
      const scores = tensor([
        [1, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ]);
      const matrix = confusionMatrix(scores, classes(0, 1, 1, 0), 3);
      expect([matrix.dtype, matrix.toArray()]).toEqual([
        'int32',
        [
          [1, 0, 1],
          [1, 1, 0],
          [0, 0, 0],
        ],
      ]);
    });
  });
});

describe('what is wrong is said', () => {
  let x: Tensor;
  beforeAll(async () => {
    await init();
    x = rand([4, 3], { seed: 1 });
  });
  afterAll(disposeRuntime);
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['scores that are no tensor', () => accuracy(any([[1]]), classes(0)), TypeError, 'accuracy: logits is [[1]], must be a Tensor'],
    ['scores that are gone', () => accuracy(gone(), classes(0)), TypeError, 'accuracy: logits is disposed'],
    ['a target that is gone', () => accuracy(x, any(gone())), TypeError, 'accuracy: target is disposed'],
    ['integers as scores', () => accuracy(any(classes(1)), classes(0)), TypeError, 'accuracy: logits is int32, must be float32'],
    ['a target of floats', () => accuracy(x, any(x)), TypeError, 'accuracy: target is float32, must be int32 or uint8'],
    ['scores without classes', () => accuracy(tensor([1]), classes(0)), RangeError, 'accuracy: logits has shape 1, must be [N, classes, ...]'],
    ['too few targets', () => accuracy(x, classes(0, 1)), RangeError, 'accuracy: target has shape 2, must be 4, as logits without classes'],
    ['no samples', () => accuracy(tensor([], [0, 3]), classes()), RangeError, 'accuracy: target is empty, must have samples'],
    ['a class too many', () => accuracy(x, classes(0, 1, 3, 0)), RangeError, 'accuracy: target holds 3 at 2, must be from 0 to 2'],
    ['a class that is left out', () => confusionMatrix(x, classes(0, -100, 1, 0), 3), RangeError, 'confusionMatrix: target holds -100 at 1, must be from 0 to 2'],
    ['none of the greatest', () => accuracy(x, classes(0, 1, 2, 0), { topK: 0 }), RangeError, 'accuracy: topK is 0, must be an integer, at least 1'],
    ['an option that there is not', () => accuracy(x, classes(0), any({ k: 1 })), TypeError, "accuracy: there is no option 'k'; options are topK"],
    ['other classes', () => confusionMatrix(x, classes(0, 1, 2, 0), 4), RangeError, 'confusionMatrix: logits has 3 classes, must have 4'],
    ['classes that are a list', () => confusionMatrix(x, classes(0, 1, 2, 0), any(['a'])), TypeError, "confusionMatrix: classes is ['a'], must be an integer"],
  ];
  refused(
    calls.map(([title, call, ...rest]) => [
      title,
      () =>
        scope(() => {
          call();
        }),
      ...rest,
    ]),
  );
});
