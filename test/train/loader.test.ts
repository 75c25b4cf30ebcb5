import {
  disposeRuntime,
  init,
  manualSeed,
  memory,
  mul,
  ones,
  rand,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { DataLoader, tensorDataset } from 'striate/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import { any, gone, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';

/** The samples 0 ... n - 1, each a number and its square. */
const squares = (length: number) => ({ length, get: (i: number) => [[i], i * i] as [number[], number] });

/** The first values of each batch of one epoch. */
function epochOf(loader: Iterable<readonly Tensor[]>): number[][] {
  return [...loader].map((batch) => {
    const values = [...batch[0]!.data];
    for (const one of batch) one.dispose();
    return values;
  });
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const loaderOf = (options: object) =>
  new DataLoader(squares(10), options) as unknown as DataLoader<[number[]], readonly Tensor[]>;

withRuntime('batches', () => {
  test('tensors in order, the last batch smaller; dtypes and shapes kept, again and again', () => {
    const x = tensor(Uint8Array.from(numbers(20)), [5, 2, 2]);
    const y = tensor(Int32Array.from(numbers(5)));
    const loader = new DataLoader(tensorDataset(x, y), { batchSize: 2 });
    expect(loader.length).toBe(3);
    for (const _ of [1, 2]) {
      const seen: unknown[] = [];
      for (const [images, classes] of loader) {
        seen.push([images.shape, images.dtype, images.data[0], classes.dtype, classes.toArray()]);
        images.dispose();
        classes.dispose();
      }
      expect(seen).toEqual([
        [[2, 2, 2], 'uint8', 0, 'int32', [0, 1]],
        [[2, 2, 2], 'uint8', 8, 'int32', [2, 3]],
        [[1, 2, 2], 'uint8', 16, 'int32', [4]],
      ]);
    }
    const [image, label] = tensorDataset(x, y).get(3);
    expect([image.toArray(), label.toArray()]).toEqual([
      [
        [12, 13],
        [14, 15],
      ],
      3,
    ]);
    for (const one of [x, y, image, label]) one.dispose();
  });

  test('dropLast leaves the smaller batch out, and all where none is whole', () => {
    expect(epochOf(loaderOf({ batchSize: 4, dropLast: true }))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    const none = loaderOf({ batchSize: 11, dropLast: true });
    expect([none.length, epochOf(none)]).toEqual([0, []]);
  });

  test('numbers: classes are int32, what stands first or has a fraction is float32', () => {
    const dtypes = (get: (i: number) => unknown) => {
      const [batch] = [...(new DataLoader(any({ length: 2, get })) as Iterable<Tensor[]>)].map((all) => {
        const found = all.map(({ dtype, shape }) => `${dtype} ${shape}`);
        for (const one of all) one.dispose();
        return found;
      });
      return batch;
    };
    expect(dtypes((i) => [i, i])).toEqual(['float32 1', 'int32 1']);
    expect(dtypes((i) => [i, i + 0.5])).toEqual(['float32 1', 'float32 1']);
    expect(dtypes((i) => [[[i, 1]], [i]])).toEqual(['float32 1,1,2', 'float32 1,1']);
    expect(dtypes(() => [Uint8Array.of(1, 2), new Int8Array(1)])).toEqual(['uint8 1,2', 'int8 1,1']);
  });

  test('tensors that get makes are disposed of, those that it keeps are not', () => {
    const kept = ones([3]);
    const made = new DataLoader({ length: 4, get: () => [kept, mul(kept, 2), 1] as const }, { batchSize: 4 });
    for (const [a, b, c] of made) {
      expect([a.shape, b.shape, c.dtype]).toEqual([[4, 3], [4, 3], 'int32']);
      for (const one of [a, b, c]) one.dispose();
    }
    expect(memory.stats().liveTensors).toBe(1);
    kept.dispose();
  });

  test('a transform sees each batch; what it does not give back is disposed of', () => {
    const loader = new DataLoader(squares(4), {
      batchSize: 4,
      transform: (x, y) => [mul(mul(x, 2), 3), y] as const,
    });
    for (const [x, y] of loader) {
      expect([x.toArray(), y.toArray()]).toEqual([
        [[0], [6], [12], [18]],
        [0, 1, 4, 9],
      ]);
      x.dispose();
      y.dispose();
    }
  });
});

withRuntime('the order', () => {
  test('shuffled: every sample once, another order each epoch, the same for the same seed', () => {
    const [a, b] = [1, 1].map((seed) => loaderOf({ batchSize: 3, shuffle: true, seed }));
    const [first, second] = [epochOf(a!), epochOf(a!)];
    expect(sorted(first.flat())).toEqual(numbers(10));
    expect(sorted(second.flat())).toEqual(numbers(10));
    expect(first).not.toEqual(second);
    expect([epochOf(b!), epochOf(b!)]).toEqual([first, second]);
    expect(epochOf(loaderOf({ batchSize: 3, shuffle: true, seed: 2 }))).not.toEqual(first);
  });

  test('every place is as likely for every sample', () => {
    const counts = new Float64Array(25);
    const loader = new DataLoader(squares(5), { batchSize: 5, shuffle: true, seed: 3 }) as Iterable<Tensor[]>;
    for (let epoch = 0; epoch < 2000; epoch++) {
      for (const [place, sample] of epochOf(loader)[0]!.entries()) counts[place * 5 + sample]! += 1;
    }
    // 400 of each are expected, with a deviation of 18.
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(90);
  });

  test('without a seed it follows from manualSeed', () => {
    const order = (seed: number) => {
      manualSeed(seed);
      return epochOf(loaderOf({ batchSize: 10, shuffle: true }));
    };
    expect(order(5)).toEqual(order(5));
    expect(order(5)).not.toEqual(order(6));
  });

  test.each([0, 1, 2, 3, 4])(
    'resumed after %i batches of the second epoch, it goes on as if it had not stopped',
    (stop) => {
      const options = { batchSize: 3, shuffle: true, seed: 8 };
      const whole = loaderOf(options);
      const expected = [epochOf(whole), epochOf(whole), epochOf(whole)];
      const stopped = loaderOf(options);
      epochOf(stopped);
      const seen: number[][] = [];
      if (stop > 0) {
        for (const batch of stopped) {
          seen.push([...batch[0]!.data]);
          for (const one of batch) one.dispose();
          if (seen.length === stop) break;
        }
      }
      const state = JSON.parse(JSON.stringify(stopped.stateDict()));
      expect(state).toEqual({ samples: 10, batchSize: 3, seed: 8, epoch: 1, batch: stop });
      const resumed = loaderOf({ batchSize: 3, shuffle: true });
      resumed.loadStateDict(state);
      expect([...seen, ...epochOf(resumed)]).toEqual(expected[1]);
      expect(epochOf(resumed)).toEqual(expected[2]);
      expect(resumed.epoch).toBe(3);
    },
  );

  test('what was broken off is another epoch the next time', () => {
    const [whole, broken] = [1, 1].map((seed) => loaderOf({ batchSize: 5, shuffle: true, seed }));
    epochOf(whole!);
    for (const batch of broken!) {
      for (const one of batch) one.dispose();
      break;
    }
    expect(epochOf(broken!)).toEqual(epochOf(whole!));
  });
});

withRuntime('a dataset that gives Promises', () => {
  test('the next batch is on its way while one is worked on', async () => {
    const asked: number[] = [];
    const get = async (i: number) => {
      asked.push(i);
      await new Promise((resolve) => setTimeout(resolve));
      return [[i], i] as [number[], number];
    };
    const loader = new DataLoader(
      { length: 5, get },
      { batchSize: 2, transform: (x, y) => [mul(x, 2), y] as const },
    );
    const seen: number[][] = [];
    for await (const [x, y] of loader) {
      expect(asked.length).toBe(Math.min(5, 2 * seen.length + 4));
      seen.push([...x.data]);
      x.dispose();
      y.dispose();
    }
    expect(seen).toEqual([[0, 2], [4, 6], [8]]);
    expect(loader.stateDict()).toMatchObject({ epoch: 1, batch: 0 });
  });

  test('broken off, what was on its way is disposed of; only what was given counts', async () => {
    const get = async (i: number) => [[i], i] as [number[], number];
    const loader = new DataLoader({ length: 6, get }, { batchSize: 2 });
    for await (const [x, y] of loader) {
      x.dispose();
      y.dispose();
      break;
    }
    expect(loader.stateDict().batch).toBe(1);
    await new Promise((resolve) => setTimeout(resolve));
  });

  test('an error comes where its batch would have', async () => {
    const get = async (i: number) => {
      if (i === 3) throw new Error('no sample 3');
      return [[i]] as [number[]];
    };
    const seen: number[] = [];
    const run = async () => {
      for await (const [x] of new DataLoader({ length: 6, get })) {
        seen.push(x.data[0]!);
        await new Promise((resolve) => setTimeout(resolve));
        x.dispose();
      }
    };
    await expect(run()).rejects.toThrow('no sample 3');
    expect(seen).toEqual([0, 1, 2]);
  });

  test('`for await` takes what gives no Promises as well', async () => {
    let count = 0;
    for await (const [x, y] of new DataLoader(squares(3))) {
      count += y.data[0]!;
      x.dispose();
      y.dispose();
    }
    expect(count).toBe(5);
  });
});

describe('what is wrong is said', () => {
  let x: Tensor;
  beforeAll(async () => {
    await init();
    x = rand([4, 2], { seed: 1 });
  });
  afterAll(disposeRuntime);

  const first = (get: (i: number) => unknown, options: object = {}) => [
    ...(new DataLoader(any({ length: 3, get }), { batchSize: 3, ...options }) as Iterable<unknown>),
  ];
  const state = { samples: 10, batchSize: 1, seed: null, epoch: 0, batch: 0 };
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['a tensor as a dataset', () => new DataLoader(any(x)), TypeError, 'DataLoader: dataset is a Tensor, must be an object with length and get(index): write tensorDataset(x, y)'],
    ['no dataset', () => new DataLoader(any(undefined)), TypeError, 'DataLoader: dataset is undefined, must be an object with length and get(index)'],
    ['an empty dataset', () => new DataLoader(squares(0)), RangeError, 'DataLoader: dataset is empty, must have samples'],
    ['a length that is a text', () => new DataLoader(any({ length: '3', get: () => [1] })), TypeError, "DataLoader: dataset.length is '3', must be an integer"],
    ['batches of none', () => loaderOf({ batchSize: 0 }), RangeError, 'DataLoader: batchSize is 0, must be an integer, at least 1'],
    ['a shuffle that is a number', () => loaderOf({ shuffle: 1 }), TypeError, 'DataLoader: shuffle is 1, must be true or false'],
    ['a negative seed', () => loaderOf({ seed: -1 }), RangeError, 'DataLoader: seed is -1, must be an integer, from 0 to 9007199254740991'],
    ['a transform that is no function', () => loaderOf({ transform: 'flip' }), TypeError, "DataLoader: transform is 'flip', must be a function"],
    ['an option that there is not', () => loaderOf({ workers: 2 }), TypeError, "DataLoader: there is no option 'workers'; options are batchSize, shuffle, dropLast, seed, transform"],
    ['a sample that is no list', () => first(() => 3), TypeError, 'DataLoader: sample 0 is 3, must be an array of values such as [x, y]'],
    ['samples of different lengths', () => first((i) => (i < 2 ? [1, 2] : [1])), RangeError, 'DataLoader: sample 2 has 1 value, must have 2, as sample 0'],
    ['samples of different shapes', () => first((i) => [new Float32Array(i === 1 ? 2 : 3)]), RangeError, 'DataLoader: value 0 of sample 1 is float32 of shape 2, must be float32 of shape 3, as of sample 0'],
    ['a number among lists', () => first((i) => [i === 1 ? 2 : [3]]), RangeError, 'DataLoader: value 0 of sample 1 is a number, must be float32 of shape 1, as of sample 0'],
    ['a value that is a text', () => first(() => ['a']), TypeError, "DataLoader: value 0 of sample 0 holds 'a', must hold numbers"],
    ['a value that is disposed', () => first(() => [gone()]), TypeError, 'DataLoader: value 0 of sample 0 is disposed'],
    ['a transform that gives a tensor', () => first(() => [1], { transform: (t: Tensor) => t }), TypeError, 'DataLoader: transform gave a Tensor, must give an array of tensors such as [x, y]'],
    ['Promises without await', () => first(async () => [1]), TypeError, "DataLoader: dataset gives Promises, so iterate with 'for await'"],
    ['a dataset whose tensor is gone', () => { const y = zeros([4]); const set = tensorDataset(y); y.dispose(); return [...new DataLoader(set)]; }, TypeError, 'DataLoader: a tensor of the dataset is disposed'],
    ['no state', () => loaderOf({}).loadStateDict(any(null)), TypeError, "loadStateDict: state is null, must be an object that a loader's stateDict gave"],
    ['a state of other samples', () => loaderOf({}).loadStateDict({ ...state, samples: 9 }), RangeError, 'loadStateDict: state is of 9 samples in batches of 1, must be of 10 in batches of 1'],
    ['a state beyond the epoch', () => loaderOf({}).loadStateDict({ ...state, batch: 11 }), RangeError, 'loadStateDict: state.batch is 11, must be an integer, from 0 to 10'],
    ['a state with a fraction', () => loaderOf({}).loadStateDict({ ...state, epoch: 0.5 }), RangeError, 'loadStateDict: state.epoch is 0.5, must be an integer, from 0 to 2147483647'],
    ['tensors of different counts', () => scope(() => { tensorDataset(x, zeros([3, 1])); }), RangeError, 'tensorDataset: y has shape 3x1, must have 4 along its first axis, as x'],
    ['a scalar', () => scope(() => { tensorDataset(tensor(1)); }), RangeError, 'tensorDataset: x is a scalar, must have an axis that counts samples'],
    ['no tensors', () => any(tensorDataset)(), TypeError, 'tensorDataset: x is undefined, must be a Tensor'],
    ['the third of a list is no tensor', () => tensorDataset(x, x, any([1])), TypeError, 'tensorDataset: tensors[2] is [1], must be a Tensor'],
  ];
  refused(calls);
  test('and nothing else is alive', () => expect(memory.stats().liveTensors).toBe(1));
});
