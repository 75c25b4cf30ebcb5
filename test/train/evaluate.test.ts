/** evaluate: what a classifier makes of each sample. */
import { Dropout, disposeRuntime, init, Module, Sequential, scope, type Tensor, tensor } from 'striate';
import { DataLoader, evaluate, tensorDataset } from 'striate/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import { any, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';

/** Its input is the scores. */
class Same extends Module<[Tensor], Tensor> {
  forward(x: Tensor): Tensor {
    return x.clone();
  }
}

const scores = () =>
  tensor([
    [5, 0, 0], // 0, right
    [0, 1, 0], // 2, taken for 1, hardly sure
    [9, 0, 0], // 2, taken for 0, very sure
    [0, 0, 2], // 2, right
    [0, 3, 0], // 0, taken for 1
    [0, 1, 0], // 2, taken for 1, as sample 1
  ]);
const classes = () => tensor(Int32Array.of(0, 2, 2, 2, 0, 2));

withRuntime('evaluate', () => {
  test('counts, the samples behind each cell, and the surest mistakes first', async () => {
    const [x, y] = [scores(), classes()];
    const net = new Sequential(new Same(), new Dropout({ p: 0.9 }));
    const found = await evaluate(net, new DataLoader(tensorDataset(x, y), { batchSize: 4 }), {
      names: ['cat', 'dog', 'fox'],
    });
    expect([found.samples, found.accuracy, net.training]).toEqual([6, 2 / 6, true]);
    expect(found.matrix).toEqual([
      [1, 1, 0],
      [0, 0, 0],
      [1, 2, 1],
    ]);
    expect(found.indices(2, 1)).toEqual([1, 5]);
    expect([found.indices(2, 0), found.indices(1, 1)]).toEqual([[2], []]);
    expect(found.classes).toEqual([
      { name: 'cat', samples: 2, taken: 2, right: 1 },
      { name: 'dog', samples: 0, taken: 3, right: 0 },
      { name: 'fox', samples: 4, taken: 1, right: 1 },
    ]);
    expect(found.mistakes.map(({ index, target, predicted }) => [index, target, predicted])).toEqual([
      [2, 2, 0],
      [4, 0, 1],
      [1, 2, 1],
      [5, 2, 1],
    ]);
    expect(found.mistakes[0]!.confidence).toBeCloseTo(Math.exp(9) / (Math.exp(9) + 2), 6);
    expect(String(found)).toBe(
      '33.33 % of 6 right\ncat  1 of 2 right, 1 taken for dog\ndog  no samples\nfox  1 of 4 right, 2 taken for dog',
    );
    for (const one of [x, y]) one.dispose();
  });

  test("numbers instead of names, scores that are not finite, bytes as classes; an array stays the caller's", async () => {
    const x = tensor([
      [0, Number.NaN],
      [1, 9],
    ]);
    const y = scope(() => tensor(Int32Array.of(0, 0)).cast('uint8'));
    const found = await evaluate(new Same(), [[x, y]]);
    expect(found.classes.map(({ name }) => name)).toEqual(['0', '1']);
    expect(found.mistakes.map(({ index }) => index)).toEqual([0, 1]);
    expect(found.mistakes[0]!.confidence).toBeNaN();
    expect([x.disposed, y.disposed]).toEqual([false, false]);
    for (const one of [x, y]) one.dispose();
  });

  test('a signal ends it: what was seen counts', async () => {
    const [x, y] = [scores(), classes()];
    const signal = { aborted: false };
    const data = function* () {
      yield [x, y] as const;
      signal.aborted = true;
      yield [scores(), classes()] as const;
    };
    expect((await evaluate(new Same(), data(), { signal })).samples).toBe(6);
  });
});

describe('what is wrong is said', () => {
  let [x, y]: [Tensor, Tensor<'int32'>] = any([]);
  beforeAll(async () => {
    await init();
    [x, y] = [scores(), classes()];
  });
  afterAll(disposeRuntime);
  const run = (data: unknown, options?: object, net: unknown = new Same()) =>
    evaluate(any(net), any(data), options);
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['no net', () => run([], {}, (a: Tensor) => a), TypeError, 'evaluate: net is a function, must be a Module'],
    ['an option that there is not', () => run([], { classes: 3 }), TypeError, "evaluate: there is no option 'classes'; options are names, signal"],
    ['no data', () => run(3), TypeError, 'evaluate: data is 3, must be a DataLoader, an iterable of [x, y], or a function that gives one'],
    ['no samples', () => run([]), RangeError, 'evaluate: data gave no samples, must give some'],
    ['a batch without classes', () => run([[x]]), TypeError, 'evaluate: data gave [a Tensor], must give batches [x, y] of tensors'],
    ['no scores', () => run([[tensor([1, 2]), y]]), RangeError, 'evaluate: what net gives has shape 2, must be scores [N, classes]'],
    ['a class that there is not', () => run([[x, tensor(Int32Array.of(0, 0, 0, 3, 0, 0))]]), RangeError, 'evaluate: target holds 3 at 3, must be from 0 to 2'],
    ['other classes later', () => run([[x, y], [tensor([[1, 2]]), tensor(Int32Array.of(0))]]), RangeError, 'evaluate: net gives 2 classes, must give 3 as before'],
    ['too few names', () => run([[x, y]], { names: ['a'] }), RangeError, 'evaluate: names has 1, must have 3, one a class'],
    ['a cell that there is not', async () => (await run([[x, y]])).indices(0, 3), RangeError, 'Evaluation.indices: predicted is 3, must be an integer, from 0 to 2'],
  ];
  refused(calls);
});
