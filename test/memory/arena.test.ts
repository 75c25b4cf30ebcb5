import {
  add,
  batchNorm,
  Conv2d,
  compile,
  conv2d,
  disposeRuntime,
  init,
  memory,
  OutOfMemoryError,
  ones,
  relu,
  runtime,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { Choices } from '../support/random.ts';
import { expectNothingLive, inEachVariant } from '../support/runtime.ts';

/** What tensor number `id` holds at `i`. */
const mark = (id: number, i: number) => ((id * 31 + i) % 251) - 125;

function marked(id: number, size: number, dtype: 'float32' | 'int8'): Tensor<'float32' | 'int8'> {
  const made = zeros<'float32' | 'int8'>([size], { dtype });
  const { data } = made;
  for (let i = 0; i < size; i++) data[i] = mark(id, i);
  return made;
}

function expectMarked(t: Tensor<'float32' | 'int8'>, id: number): void {
  const { data } = t;
  for (let i = 0; i < data.length; i++)
    if (data[i] !== mark(id, i)) expect.fail(`tensor ${id}, element ${i}: ${data[i]}`);
}

inEachVariant('the arena', () => {
  test('a random pattern of sizes keeps every content, aligned to 64 bytes', () => {
    const choose = new Choices(1);
    const alive: { id: number; t: Tensor<'float32' | 'int8'> }[] = [];
    for (let id = 0; id < 4000; id++) {
      const size = choose.of([
        0,
        1,
        15,
        16,
        17,
        choose.integer(0, 200),
        choose.integer(0, 5000),
        choose.integer(0, 60000),
      ]);
      const t = marked(id, size, choose.of(['float32', 'int8']));
      if (size > 0) expect(t.data.byteOffset % 64).toBe(0);
      alive.push({ id, t });
      while (alive.length > 60 || (alive.length > 0 && choose.next() < 0.45)) {
        const [one] = alive.splice(choose.integer(0, alive.length - 1), 1) as [(typeof alive)[0]];
        expectMarked(one.t, one.id);
        one.t.dispose();
      }
    }
    expect(memory.stats().liveTensors).toBe(alive.length);
    for (const { id, t } of alive) {
      expectMarked(t, id);
      t.dispose();
    }
  });

  test('what was freed is used again: a thousand rounds do not grow the memory', () => {
    const round = () => scope(() => Array.from({ length: 50 }, (_, i) => zeros([i * 100])).length);
    round();
    const { memoryBytes } = memory.stats();
    for (let i = 0; i < 1000; i++) round();
    expect(memory.stats().memoryBytes).toBe(memoryBytes);
  });

  test('after growth the data of older tensors, taken anew, is right', () => {
    scope(() => {
      const old = tensor([1, 2, 3]);
      const before = old.data;
      const { memoryBytes } = memory.stats();
      const large = zeros([memoryBytes / 4]);
      expect(memory.stats().memoryBytes).toBeGreaterThan(memoryBytes);
      large.data.fill(7);
      expect(before.length).toBe(0);
      expectSame(old.data, [1, 2, 3]);
      expectSame(relu(old).data, [1, 2, 3]);
    });
  });

  test('data is the same view until the memory grows', () => {
    scope(() => {
      const t = tensor([1, 2, 3]);
      expect(t.data).toBe(t.data);
    });
  });
});

describe('memory.stats', () => {
  beforeEach(async () => {
    await init();
  });
  afterEach(disposeRuntime);

  test('is all zero before init', () => {
    disposeRuntime();
    expect(memory.stats()).toEqual({
      liveBytes: 0,
      peakBytes: 0,
      liveTensors: 0,
      cacheBytes: 0,
      memoryBytes: 0,
    });
  });

  test('counts bytes, the most there were, and tensors', () => {
    const [a, b] = [zeros([100]), zeros([10], { dtype: 'uint8' })];
    expect(memory.stats()).toMatchObject({ liveBytes: 410, peakBytes: 410, liveTensors: 2, cacheBytes: 0 });
    a.dispose();
    a.dispose();
    expect(memory.stats()).toMatchObject({ liveBytes: 10, peakBytes: 410, liveTensors: 1 });
    b.dispose();
    expectNothingLive();
    expect(memory.stats().peakBytes).toBe(410);
    expect(memory.stats().memoryBytes % 65536).toBe(0);
  });

  test('an operator keeps its plan as cache, and an equal call adds nothing', () => {
    scope(() => {
      const x = zeros([3, 5]);
      add(x, x);
      const { cacheBytes } = memory.stats();
      expect(cacheBytes).toBeGreaterThan(0);
      add(x, x);
      expect(memory.stats().cacheBytes).toBe(cacheBytes);
      add(x, 1);
      expect(memory.stats().cacheBytes).toBeGreaterThan(cacheBytes);
    });
  });

  test('many shapes: plans stay within 1024 and 4 MiB, and results stay right', () => {
    const before = memory.stats().cacheBytes;
    scope(() => relu(ones([1, 2, 3])).size);
    const onePlan = memory.stats().cacheBytes - before;
    let most = 0;
    for (let n = 1; n <= 3000; n++) {
      scope(() => {
        const x = ones([n]);
        expect(add(x, x).data[n - 1]).toBe(2);
      });
      most = Math.max(most, memory.stats().cacheBytes);
    }
    expect(most).toBeLessThanOrEqual(4 << 20);
    expect(most).toBeLessThanOrEqual(1024 * onePlan * 1.5);
    expectNothingLive();
  });

  test('shapes in turn beyond the limit of plans stay right', () => {
    for (let round = 0; round < 3; round++) {
      for (let n = 1; n <= 1100; n++) scope(() => expect(relu(ones([n])).data[n - 1]).toBe(1));
    }
  });
});

describe('maxMemoryBytes', () => {
  const limit = 4 << 20;
  beforeEach(async () => {
    await init({ maxMemoryBytes: limit });
  });
  afterEach(() => {
    expectNothingLive();
    disposeRuntime();
  });

  test('is what runtime() tells', () => {
    expect(runtime().maxMemoryBytes).toBe(limit);
  });

  test('running out names the bytes, and everything alive stays usable', () => {
    scope(() => {
      const x = marked(3, 100_000, 'float32');
      const before = memory.stats();
      let error: unknown;
      try {
        zeros([2_000_000]);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(OutOfMemoryError);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ name: 'OutOfMemoryError', bytes: 8_000_000 });
      expect((error as Error).message).toBe(
        `zeros: no room for 8000000 bytes; the limit is ${limit} bytes (init's maxMemoryBytes)`,
      );
      expect(memory.stats()).toMatchObject({ liveBytes: before.liveBytes, liveTensors: before.liveTensors });
      expectMarked(x, 3);
      expectSame(add(x, x).data.subarray(0, 2), [2 * mark(3, 0), 2 * mark(3, 1)]);
    });
  });

  test('an operator that finds no room for its result leaves nothing behind', () => {
    scope(() => {
      const x = zeros([700_000]);
      const before = memory.stats();
      expect(() => relu(x)).toThrow(OutOfMemoryError);
      expect(memory.stats()).toMatchObject({ liveBytes: before.liveBytes, liveTensors: 1 });
      x.dispose();
      expect(relu(tensor([-1, 1])).toArray()).toEqual([0, 1]);
    });
  });

  test('plans are given back before a call fails', () => {
    // Plans lie between the large blocks; only without them there is room for one that takes nearly all.
    for (let n = 1; n < 900; n++) scope(() => relu(zeros([n])).size);
    const { cacheBytes } = memory.stats();
    expect(cacheBytes).toBeGreaterThan(100_000);
    let size = limit / 4;
    scope(() => {
      for (; size > 0; size -= 4096) {
        try {
          zeros([size]);
          return;
        } catch {}
      }
    });
    expect(memory.stats().cacheBytes).toBeLessThan(1000);
    expect(4 * size).toBeGreaterThan(3 << 20);
    scope(() => expect(relu(tensor([-1, 1])).toArray()).toEqual([0, 1]));
  });

  test('filled to the last byte, the next call works once something was disposed', () => {
    scope(() => {
      const kept: Tensor[] = [];
      for (let size = 65536; size >= 1; ) {
        try {
          kept.push(zeros([size]));
        } catch (error) {
          expect(error).toBeInstanceOf(OutOfMemoryError);
          size >>= 1;
        }
      }
      const [first] = kept as [Tensor];
      for (let i = 0; i < 20; i++) expect(() => relu(first)).toThrow(OutOfMemoryError);
      kept.pop()?.dispose();
      kept[1]?.dispose();
      kept[2]?.dispose();
      expectSame(relu(first).data, new Float32Array(65536));
    });
  });

  test('with ever more room, calls that need several allocations fail whole until they fit', () => {
    scope(() => {
      const [x, w, mean] = [ones([1, 3, 9, 9]), ones([5, 3, 3, 3]), ones([5])];
      const net = (a: Tensor) => relu(batchNorm(conv2d(a, w, null, { padding: 1 }), mean, mean));
      const calls: Record<string, () => unknown> = {
        conv2d: () => conv2d(x, w),
        'batchNorm in training': () => batchNorm(conv2d(x, w), mean, mean, null, null, { training: true }),
        compile: () => compile((a) => net(a!), { inputs: [x.shape] }).run(x),
        Conv2d: () => new Conv2d(3, 50, 3, { seed: 1 }),
        tensor: () => tensor(new Float32Array(3000)),
      };
      const filling: Tensor[] = [];
      for (let size = 65536; size >= 1; ) {
        try {
          filling.push(zeros([size]));
        } catch {
          size >>= 1;
        }
      }
      const fitted = new Set<string>();
      const failed = new Set<string>();
      while (fitted.size < Object.keys(calls).length) {
        for (const [name, call] of Object.entries(calls)) {
          const { liveBytes, liveTensors } = memory.stats();
          try {
            scope(() => void call());
            fitted.add(name);
          } catch (error) {
            if (!(error instanceof OutOfMemoryError)) throw error;
            failed.add(name);
          }
          expect(memory.stats()).toMatchObject({ liveBytes, liveTensors });
        }
        filling.pop()?.dispose();
      }
      expect([...failed].sort()).toEqual(Object.keys(calls).sort());
    });
  });
});
