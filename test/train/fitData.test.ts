// biome-ignore-all lint/suspicious/noFocusedTests: fit is the loop of training.
/** What fit says of its data before the first step. */
import {
  binaryCrossEntropyWithLogits,
  crossEntropy,
  disposeRuntime,
  init,
  Linear,
  logSoftmax,
  mseLoss,
  nllLoss,
  rand,
  scope,
  sub,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { DataLoader, fit, SGD, tensorDataset } from 'striate/train';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sharedRows } from '../../ts/train/sharedRows.ts';
import { any } from '../support/wrong.ts';

beforeAll(async () => {
  await init();
});
afterAll(disposeRuntime); // with whatever the runs were given

const classes = (...of: number[]) => tensor(Int32Array.from(of));
/** So many samples of two numbers that no other seed has. */
const points = (count: number, seed = 1) => rand([count, 2], { seed });
const loaderOf = (x: Tensor<never>, y: Tensor<never>, more: object = {}) =>
  new DataLoader(tensorDataset(x as unknown as Tensor, y as unknown as Tensor<'int32'>), {
    batchSize: 7,
    ...more,
  });
const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);

/** What a run of three classes says, and the steps that it made. */
async function saidOf(
  options: object,
  outputs = 3,
): Promise<{ said: string[]; steps: number; error: string | null }> {
  const net = new Linear(2, outputs, { seed: 5 });
  const optimizer = new SGD(net.parameters(), { lr: 0.1 });
  const said: string[] = [];
  let [steps, error] = [0, null as string | null];
  const all = {
    loss: crossEntropy,
    epochs: 2,
    onWarning: (sentence: string) => said.push(sentence),
    onStep: () => {
      steps += 1;
    },
    ...options,
    optimizer,
  };
  try {
    await fit(net, any(all));
  } catch (cause) {
    error = String(cause);
  }
  for (const one of [net, optimizer]) one.dispose();
  return { said, steps, error };
}

describe('samples that are learned from and validated by', () => {
  test('are counted once, whatever transforms make of them', async () => {
    const [x, y] = [points(20), classes(...times(10, 0), ...times(5, 1), ...times(5, 2))];
    const [testX, testY] = [points(12, 2), classes(...times(4, 0), ...times(4, 1), ...times(4, 2))];
    testX.data.set(x.data.subarray(2 * 17, 2 * 18), 2 * 5);
    testX.data.set(x.data.subarray(2 * 3, 2 * 4), 2 * 9);
    const data = loaderOf(any(x), any(y), { transform: (a: Tensor, b: Tensor) => [sub(a, 1), b] });
    const validation = loaderOf(any(testX), any(testY));
    const { said, steps } = await saidOf({ data, validation });
    expect(said).toEqual([
      'fit: 2 of the 12 samples of validation are in data as well (sample 5 is 17 of data): validation does not say how the net does on others',
    ]);
    expect(steps).toBe(6);
    expect((await saidOf({ data, validation: data })).said[0]).toMatch(
      /^fit: 20 of the 20 samples of validation/,
    );
    expect(
      (
        await saidOf({
          data: [[x, y]],
          validation: [
            [points(5, 8), classes(0, 1, 2, 0, 1)],
            [testX, testY],
          ],
        })
      ).said,
    ).toEqual([expect.stringMatching(/^fit: 2 of the 17 samples .* \(sample 10 is 17 of data\):/)]);
    for (const one of [x, y, testX, testY]) one.dispose();
  });

  test('bytes, one value a sample, nothing alike, other shapes, none at all', () => {
    scope(() => {
      const bytes = (rows: number[][]) => tensor(rows.flat(), [rows.length, 3], { dtype: 'uint8' });
      const some = bytes([
        [1, 2, 3],
        [4, 5, 6],
        [0, 0, 0],
        [4, 5, 6],
      ]);
      expect(
        sharedRows(
          [some],
          [
            bytes([
              [9, 9, 9],
              [4, 5, 6],
            ]),
            bytes([[0, 0, 0]]),
          ],
        ),
      ).toEqual({ count: 3, of: 4, first: [1, 1] });
      expect(sharedRows([some], [bytes([[1, 2, 4]])])).toBeNull();
      expect(sharedRows([classes(1, 2, 3)], [classes(5, 3, 2)])).toEqual({ count: 2, of: 3, first: [1, 2] });
      expect(sharedRows([some], [some.cast('int32')])).toBeNull();
      expect(sharedRows([some], [some.reshape([3, 4])])).toBeNull();
      for (const none of [[], [zeros([0, 3], { dtype: 'uint8' })], [tensor(1)]])
        expect(sharedRows(none, [some])).toBeNull();
    });
  });

  test('large ones are compared in full where every so many words are alike; too many are left alone', () => {
    scope(() => {
      const [a, b] = [rand([4, 64], { seed: 1 }), rand([4, 64], { seed: 2 })];
      b.data.set(a.data.subarray(64, 128));
      b.data.set(a.data.subarray(64, 128), 64);
      b.data[64 + 1] = -1;
      expect(sharedRows([b], [a], 128)).toEqual({ count: 1, of: 4, first: [0, 1] });
      expect(sharedRows([b], [a], 16)).toBeNull();
      const gone = rand([4, 64], { seed: 1 });
      gone.dispose();
      expect(sharedRows([b], [gone])).toBeNull();
    });
  });
});

describe('labels', () => {
  const none = { said: [], steps: 2, error: null };
  const run = async (y: Tensor<never> | Tensor<'int32'>, more: object = {}, outputs = 3) => {
    const x = points(y.shape[0] as number);
    const found = await saidOf({ data: [[x, y]], ...more }, outputs);
    for (const one of [x, y]) one.dispose();
    return found;
  };

  test.each<[string, number[], string | null]>([
    ['all of them', [0, 1, 2, 2], null],
    ['a class that nothing is of', [0, 1, 1, 0], 'the y of data holds nothing of class 2, of 3'],
    ['one class', [1, 1, 1], 'the y of data holds nothing but class 1'],
    [
      'hardly any other',
      [...times(19, 2), 0, 1],
      '90.5 % of the y of data is class 2: a net that says nothing else is right so often',
    ],
    ['nine tenths', [...times(9, 0), 1], 'the y of data holds nothing of class 2, of 3'],
    ['some that are ignored', [0, 1, 2, -100], null],
  ])('%s', async (_, of, sentence) => {
    expect(await run(classes(...of))).toEqual({
      ...none,
      said: sentence === null ? [] : [`fit: ${sentence}`],
    });
  });

  test('many that nothing is of', async () => {
    const { said } = await run(classes(0, 3), {}, 12);
    expect(said).toEqual(['fit: the y of data holds nothing of classes 1, 2, 4, 5, 6 and 5 more, of 12']);
  });

  test('what is no class is an error, before any step, also in the validation or far behind', async () => {
    const y = classes(...times(20, 0), ...times(20, 1), ...times(9, 2), 3);
    const x = points(50);
    const data = loaderOf(any(x), any(y));
    const good = loaderOf(any(points(3, 9)), any(classes(0, 1, 2)));
    const error =
      'RangeError: fit: the y of data holds 3 in sample 49, must be from 0 to 2, the classes, or ignoreIndex';
    const refused = { said: [], steps: 0, error };
    expect(await saidOf({ data })).toEqual(refused);
    const smooth = (a: Tensor, b: Tensor<'int32'>) => crossEntropy(a, b, { labelSmoothing: 0.1 });
    expect(await saidOf({ data, loss: smooth })).toEqual(refused);
    const likelihood = (a: Tensor, b: Tensor<'int32'>) => nllLoss(logSoftmax(a, { dim: 1 }), b);
    expect(await saidOf({ data, loss: likelihood })).toEqual(refused);
    expect(await saidOf({ data: good, validation: data })).toEqual({
      ...refused,
      error: error.replace('data', 'validation'),
    });
    const ignoring = (a: Tensor, b: Tensor<'int32'>) => crossEntropy(a, b, { ignoreIndex: 3 });
    expect(await saidOf({ data: [[points(4), classes(0, 1, 3, 2)]], loss: ignoring })).toEqual(none);
    expect((await saidOf({ data: [[points(4), classes(0, 1, -1, 2)]] })).error).toMatch(
      /holds -1 in sample 2/,
    );
  });

  test('which a transform changes are not looked at, those that it leaves are', async () => {
    const [x, y] = [points(30), classes(...times(10, 1), ...times(10, 2), ...times(10, 3))];
    const from1 = (a: Tensor, b: Tensor) => [a, sub(b, 1)];
    expect(await saidOf({ data: loaderOf(any(x), any(y), { transform: from1 }) })).toEqual({
      ...none,
      steps: 10,
    });
    const inPlace = (a: Tensor, b: Tensor) => {
      for (let i = 0; i < b.size; i++) b.data[i]! -= 1;
      return [a, b];
    };
    expect(await saidOf({ data: loaderOf(any(x), any(y), { transform: inPlace }) })).toEqual({
      ...none,
      steps: 10,
    });
    const onlyX = (a: Tensor, b: Tensor) => [sub(a, 1), b];
    expect((await saidOf({ data: loaderOf(any(x), any(y), { transform: onlyX }) })).error).toMatch(
      /holds 3 in sample 20/,
    );
  });

  test('that the validation lacks, where some were to be expected', async () => {
    const validation = [[points(40, 7), classes(...times(20, 0), ...times(20, 1))]];
    const even = classes(...times(10, 0), ...times(10, 1), ...times(10, 2));
    expect((await run(even, { validation })).said).toEqual([
      'fit: the y of validation holds nothing of class 2, which data has',
    ]);
    const few = classes(...times(20, 0), ...times(10, 1), 2);
    expect((await run(few, { validation })).said).toEqual([]);
  });

  test('of a map: most of it may be of one class', async () => {
    const maps = { loss: (a: Tensor, b: Tensor<'int32'>) => crossEntropy(a.reshape([1, 3, 40]), b) };
    const x = points(40);
    const said = async (y: Tensor<'int32'>) => (await saidOf({ ...maps, data: [[x, y]] })).said;
    expect(await said(tensor([[...times(38, 0), 1, 2]], null, { dtype: 'int32' }))).toEqual([]);
    expect(await said(tensor([times(40, 1)], null, { dtype: 'int32' }))).toEqual([
      'fit: the y of data holds nothing but class 1',
    ]);
  });

  test.each<[string, number[][], string[]]>([
    [
      'none and ones',
      [
        [0, 1, 0],
        [1, 0, 1],
      ],
      [],
    ],
    [
      'columns of one kind',
      [
        [0, 1, 0],
        [0, 1, 1],
      ],
      [
        'the y of data is nothing but 0, in column 0 of 3',
        'the y of data is nothing but 1, in column 1 of 3',
      ],
    ],
    [
      '-1 for no',
      [
        [-1, 1, -1],
        [1, -1, 1],
      ],
      ['the y of data is from -1 to 1, binaryCrossEntropyWithLogits takes it from 0 to 1'],
    ],
  ])('of yes and no: %s', async (_, rows, sentences) => {
    const { said } = await run(any(tensor(rows)), { loss: binaryCrossEntropyWithLogits });
    expect(said).toEqual(sentences.map((sentence) => `fit: ${sentence}`));
  });

  test('of other losses are numbers', async () => {
    expect(await run(any(zeros([4, 3])), { loss: mseLoss })).toEqual(none);
    expect(await run(any(tensor([[1, 0, 0]])))).toEqual(none);
  });
});

describe('where it is said', () => {
  const oneSided = (more: object) => ({ data: [[points(3), classes(1, 1, 1)]], ...more });
  const sentence = 'fit: the y of data holds nothing but class 1';

  test('on the console, unless onWarning takes it or progress is false', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      expect((await saidOf(oneSided({}))).said).toEqual([sentence]);
      await saidOf(oneSided({ progress: false, onWarning: undefined }));
      expect(warn.mock.calls).toEqual([]);
      await saidOf(oneSided({ onWarning: undefined }));
      expect(warn.mock.calls).toEqual([[sentence]]);
    } finally {
      warn.mockRestore();
    }
  });

  test('what it throws ends the run before the first step', async () => {
    const onWarning = (text: string) => {
      throw new Error(text);
    };
    expect(await saidOf(oneSided({ onWarning }))).toEqual({
      said: [],
      steps: 0,
      error: `Error: ${sentence}`,
    });
  });
});
