/** runAsync: the values and errors of run, by a worker of its own or in place, in the order of the calls. */
import type { Worker } from 'node:worker_threads';
import {
  BatchNorm2d,
  Conv2d,
  compile,
  disposeRuntime,
  dropout,
  Flatten,
  init,
  Linear,
  manualSeed,
  maxPool2d,
  memory,
  oneHot,
  ones,
  ReLU,
  randn,
  relu,
  runtime,
  Sequential,
  type Tensor,
  tensor,
} from 'striate';
import { exportOnnx, loadModel } from 'striate/onnx';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Pauses } from '../../ts/base/pause.ts';
import { controlModels } from '../support/controlModels.ts';
import { MODEL } from '../support/model.ts';
import { expectNothingLive } from '../support/runtime.ts';

const threads = process.getBuiltinModule('node:worker_threads');
const { Worker: Real } = threads;
const made: Worker[] = [];

afterEach(() => {
  try {
    expectNothingLive();
  } finally {
    disposeRuntime();
  }
  threads.Worker = Real;
  made.length = 0;
  told.length = 0;
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** What workers were told. */
const told: unknown[] = [];

/** Remembers the workers that are made, and what they are told. */
function watch(): void {
  threads.Worker = class extends Real {
    constructor(...args: ConstructorParameters<typeof Real>) {
      super(...args);
      made.push(this);
    }

    override postMessage(...args: Parameters<Worker['postMessage']>): void {
      told.push(args[0]);
      super.postMessage(...args);
    }
  };
}

/** Until the call that waits first has been given to the worker. */
const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

const net = () =>
  new Sequential(
    new Conv2d(3, 8, 3, { padding: 1, seed: 1 }),
    new ReLU(),
    new Flatten(),
    new Linear(8 * 6 * 6, 5, { seed: 2 }),
  );

describe.each([
  { variant: 'simd', threads: 1 },
  { variant: 'relaxed', threads: 1 },
  { variant: 'simd', threads: 2 },
] as const)('$variant, $threads threads', (options) => {
  test('the values are those of run, also of many calls at once and after update()', async () => {
    watch();
    await init(options);
    const before = made.length;
    const layers = net();
    const program = compile(layers, { inputs: [[2, 3, 6, 6]] });
    const xs = [1, 2, 3].map((seed) => randn([2, 3, 6, 6], { seed }));
    const expected = xs.map((x) => program.run(x));
    const found = await Promise.all(xs.map((x) => program.runAsync(x)));
    found.forEach((y, i) => {
      expect(y.toTypedArray()).toEqual(expected[i]!.toTypedArray());
    });
    expect(made).toHaveLength(before + 1);
    (layers.at(0) as Conv2d).weight.data.fill(1);
    program.update();
    const [again, direct] = [await program.runAsync(xs[0]!), program.run(xs[0]!)];
    expect(again.toTypedArray()).toEqual(direct.toTypedArray());
    expect(again.toTypedArray()).not.toEqual(expected[0]!.toTypedArray());
    expect(runtime().notes.filter((note) => note.includes('runAsync'))).toEqual([]);
    for (const one of [...xs, ...expected, ...found, again, direct, layers, program]) one.dispose();
  });

  test('several inputs of any dtype, results in any form, and what was changed after the call', async () => {
    await init(options);
    const program = compile(
      (a: Tensor, b: Tensor<'uint8'>) => ({ pooled: maxPool2d(a, 2, { returnIndices: true }), b }),
      {
        inputs: [[1, 1, 4, 4], { shape: [3], dtype: 'uint8' }],
      },
    );
    const [a, b] = [randn([1, 1, 4, 4], { seed: 3 }), tensor([1, 2, 3], null, { dtype: 'uint8' })];
    const expected = program.run([a, b]);
    const promise = program.runAsync([a, b]);
    a.data.fill(0);
    b.dispose();
    const found = await promise;
    expect(found.pooled.map((one) => one.toArray())).toEqual(expected.pooled.map((one) => one.toArray()));
    expect(found.b.toArray()).toEqual([1, 2, 3]);
    for (const one of [a, program, ...found.pooled, found.b, ...expected.pooled, expected.b]) one.dispose();
  });

  test('running statistics come back, and what is drawn is drawn in order', async () => {
    await init(options);
    const [first, second] = [new BatchNorm2d(2), new BatchNorm2d(2)];
    const programs = [first, second].map((one) => compile(one, { inputs: [[4, 2, 3, 3]], mode: 'train' }));
    const x = randn([4, 2, 3, 3], { seed: 4 });
    for (let i = 0; i < 3; i++) {
      const [y, z] = [programs[0]!.run(x), await programs[1]!.runAsync(x)];
      expect(z.toTypedArray()).toEqual(y.toTypedArray());
      y.dispose();
      z.dispose();
    }
    expect(second.running_mean!.toArray()).toEqual(first.running_mean!.toArray());
    expect(second.running_var!.toArray()).toEqual(first.running_var!.toArray());
    const dropping = compile((t: Tensor) => dropout(t, { p: 0.5, training: true }), { inputs: [[40]] });
    const t = ones([40]);
    manualSeed(9);
    const direct = [dropping.run(t), dropping.run(t)];
    manualSeed(9);
    const beside = await Promise.all([dropping.runAsync(t), dropping.runAsync(t)]);
    expect(beside.map((one) => one.toArray())).toEqual(direct.map((one) => one.toArray()));
    for (const one of [...direct, ...beside, t, dropping, x, ...programs, first, second]) one.dispose();
  });

  test("a model's values are those of run, in one stage and in many, and of inner values", async () => {
    await init(options);
    const shapes = [[1, 1, 3, 3], [2, 3], [2], [4, 3]];
    for (const [i, bytes] of [MODEL, ...controlModels].entries()) {
      const one = await loadModel(bytes);
      const x = randn(shapes[i]!, { seed: 5 + i });
      const direct = one.run({ x });
      const beside = await one.runAsync({ x });
      expect(Object.keys(beside)).toEqual(Object.keys(direct));
      for (const [key, value] of Object.entries(direct))
        expect(beside[key]!.toArray()).toEqual(value.toArray());
      for (const tensors of [direct, beside]) for (const value of Object.values(tensors)) value.dispose();
      if (i === 0) {
        const { a } = await one.runAsync(
          Float32Array.from({ length: 9 }, (_, k) => k),
          { outputs: ['a'] },
        );
        expect(a.shape).toEqual([1, 1, 2, 2]);
        a.dispose();
      }
      x.dispose();
      one.dispose();
    }
  });
});

describe('planned in steps', () => {
  /** Has every step wait, and something done meanwhile. */
  function between(meanwhile: () => void): void {
    vi.spyOn(Pauses.prototype, 'maybe').mockImplementation(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      meanwhile();
    });
  }
  /** Of one stage with a free axis, and of several. */
  const models = () => {
    const layers = net();
    const whole = exportOnnx(layers, { inputs: [{ name: 'x', shape: ['n', 3, 6, 6] }] });
    layers.dispose();
    return [
      { bytes: whole, shape: [2, 3, 6, 6] },
      { bytes: controlModels[0]!, shape: [2, 3] },
    ];
  };

  test('what runs between the steps of a plan changes nothing', async () => {
    await init();
    for (const { bytes, shape } of models()) {
      const [one, other] = [await loadModel(bytes), await loadModel(bytes)];
      const x = randn(shape, { seed: 7 });
      const expected = other.run({ x });
      let steps = 0;
      between(() => {
        steps += 1;
        if (steps % 5 === 0) for (const value of Object.values(one.run({ x }))) value.dispose();
      });
      const found = await one.runAsync({ x });
      vi.restoreAllMocks();
      expect(steps).toBeGreaterThan(5);
      for (const [key, value] of Object.entries(expected))
        expect(found[key]!.toArray()).toEqual(value.toArray());
      for (const values of [expected, found]) for (const value of Object.values(values)) value.dispose();
      for (const made of [one, other, x]) made.dispose();
    }
  });

  test('a plan that is given up leaves nothing behind', async () => {
    await init();
    for (const { bytes, shape } of models()) {
      const one = await loadModel(bytes);
      const x = randn(shape, { seed: 7 });
      const stop = new AbortController();
      between(() => stop.abort(new Error('enough')));
      await expect(one.runAsync({ x }, { signal: stop.signal })).rejects.toThrow('enough');
      between(() => one.dispose());
      await expect(one.runAsync({ x })).rejects.toThrow('Model.runAsync: the model is disposed');
      vi.restoreAllMocks();
      // Until the call that was given up has heard of it.
      await soon();
      x.dispose();
      expectNothingLive();
    }
  });

  test('a model that is loaded while the runtime ends is none', async () => {
    await init();
    between(disposeRuntime);
    await expect(loadModel(MODEL, { inputShapes: { x: [1, 1, 3, 3] } })).rejects.toThrow(
      new TypeError('loadModel: the runtime was disposed'),
    );
    vi.restoreAllMocks();
    await init();
  });
});

describe('in the memory of threads', () => {
  /** Some milliseconds of work, on 9 MB of weights. */
  const heavy = () =>
    new Sequential(
      new Conv2d(64, 256, 3, { padding: 1, seed: 1 }),
      new ReLU(),
      new Conv2d(256, 256, 3, { padding: 1, seed: 2 }),
    );

  test('no weight is copied: the worker is told where program and bases lie', async () => {
    watch();
    await init({ threads: 2 });
    const layers = heavy();
    const program = compile(layers, { inputs: [[1, 64, 4, 4]] });
    const x = randn([1, 64, 4, 4], { seed: 3 });
    const y = program.run(x);
    told.length = 0;
    const before = memory.stats();
    const z = await program.runAsync(x);
    expect(told).toHaveLength(2);
    expect(told[1]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(z.toTypedArray()).toEqual(y.toTypedArray());
    const after = memory.stats();
    // Its stack, and what memory grows by at a time.
    expect(after.memoryBytes - before.memoryBytes).toBeLessThan(1 << 20);
    // The plan of a copy of the input.
    expect(after.cacheBytes - before.cacheBytes).toBeLessThan(1000);
    for (const one of [x, y, z, program, layers]) one.dispose();
  });

  test('whatever this thread does meanwhile: the values are those of the call, and nothing is lost', async () => {
    await init({ threads: 2 });
    const layers = heavy();
    const program = compile(layers, { inputs: [[1, 64, 40, 40]] });
    const [x, other] = [4, 5].map((seed) => randn([1, 64, 40, 40], { seed }));
    const [expected, expectedOther] = [program.run(x!), program.run(other!)];
    (await program.runAsync(x!)).dispose();
    let ended = false;
    const running = program.runAsync(x!).finally(() => {
      ended = true;
    });
    await soon();
    const direct = program.run(other!);
    const { weight } = layers.at(0) as Conv2d;
    weight.data.fill(1);
    program.update();
    const updated = program.run(x!);
    const { liveBytes } = memory.stats();
    const waiting = program.runAsync(x!);
    program.dispose();
    layers.dispose();
    // What it runs on is not given to others.
    const filled = Array.from({ length: 8 }, () => ones([1 << 20]));
    const held = memory.stats().liveBytes;
    expect(ended).toBe(false);
    const found = await running;
    expect(found.toTypedArray()).toEqual(expected!.toTypedArray());
    expect(direct.toTypedArray()).toEqual(expectedOther!.toTypedArray());
    expect(updated.toTypedArray()).not.toEqual(expected!.toTypedArray());
    await expect(waiting).rejects.toThrow('Program.runAsync: the program is disposed');
    expect(liveBytes).toBeGreaterThan(0);
    expect(memory.stats().liveBytes).toBeLessThan(held);
    for (const one of [x!, other!, expected!, expectedOther!, direct, updated, found, ...filled])
      one.dispose();
  });

  test('without memory for its stack it runs in place', async () => {
    await init({ threads: 2, maxMemoryBytes: 8 << 20 });
    const program = compile((x: Tensor) => relu(x), { inputs: [[4]] });
    const x = tensor([-1, 2, -3, 4]);
    const full: Tensor[] = [];
    for (let size = 1 << 18; size >= 1 << 14; )
      try {
        full.push(ones([size]));
      } catch {
        size /= 2;
      }
    const y = await program.runAsync(x);
    expect(y.toArray()).toEqual([0, 2, 0, 4]);
    expect(runtime().notes).toEqual(['runAsync runs in place: there is no memory for its stack']);
    for (const one of [x, y, program, ...full]) one.dispose();
  });

  test('a call that was given up, or whose worker died, leaves nothing behind', async () => {
    watch();
    await init({ threads: 2 });
    const layers = heavy();
    const program = compile(layers, { inputs: [[1, 64, 40, 40]] });
    const x = randn([1, 64, 40, 40], { seed: 6 });
    const expected = program.run(x);
    (await program.runAsync(x)).dispose();
    const before = memory.stats();
    const stop = new AbortController();
    const given = program.runAsync(x, { signal: stop.signal });
    await soon();
    stop.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    const next = await program.runAsync(x);
    expect(next.toTypedArray()).toEqual(expected.toTypedArray());
    next.dispose();
    expect(memory.stats()).toEqual({ ...before, peakBytes: expect.any(Number) });
    const lost = program.runAsync(x);
    await soon();
    const ended = made.at(-1)!.terminate();
    await expect(lost).rejects.toThrow('its worker died');
    await ended;
    const again = await program.runAsync(x);
    expect(again.toTypedArray()).toEqual(expected.toTypedArray());
    again.dispose();
    expect(memory.stats()).toEqual({ ...before, peakBytes: expect.any(Number) });
    for (const one of [x, expected, program, layers]) one.dispose();
  });
});

describe.each([1, 2])('what may go wrong, threads: %i', (threadCount) => {
  const options = { threads: threadCount };

  test('wrong calls reject with the sentences of run, and others go on', async () => {
    await init(options);
    const program = compile((x: Tensor<'int32'>) => oneHot(x, 3), {
      inputs: [{ shape: [2], dtype: 'int32' }],
    });
    const [good, bad, other] = [
      tensor([0, 2], null, { dtype: 'int32' }),
      tensor([0, 7], null, { dtype: 'int32' }),
      ones([2]),
    ];
    const calls = await Promise.allSettled([
      program.runAsync(bad),
      program.runAsync(good),
      program.runAsync(other as never),
      program.runAsync([good, good] as never),
      program.runAsync(good, { signal: 3 } as never),
      program.runAsync(good, { into: good } as never),
    ]);
    const reasons = calls.map((one) => (one.status === 'rejected' ? String(one.reason) : 'fine'));
    expect(reasons).toEqual([
      'RangeError: Program.runAsync: oneHot: x holds 7, must be from 0 to 2, the classes',
      'fine',
      'TypeError: Program.runAsync: inputs[0] is float32, must be int32',
      'RangeError: Program.runAsync: x has 2 tensors, must have 1',
      'TypeError: Program.runAsync: signal is 3, must be an AbortSignal',
      "TypeError: Program.runAsync: there is no option 'into'; options are signal",
    ]);
    const fine = calls[1] as PromiseFulfilledResult<Tensor<'int32'>>;
    expect(fine.value.toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    program.dispose();
    await expect(program.runAsync(good)).rejects.toThrow(
      new TypeError('Program.runAsync: the program is disposed'),
    );
    for (const one of [fine.value, good, bad, other]) one.dispose();
  });

  test('a signal ends what waits', async () => {
    await init(options);
    const program = compile((x: Tensor) => relu(x), { inputs: [[4]] });
    const x = ones([4]);
    const [stop, late] = [new AbortController(), new AbortController()];
    const first = program.runAsync(x);
    const waiting = program.runAsync(x, { signal: stop.signal });
    const last = program.runAsync(x, { signal: late.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(program.runAsync(x, { signal: stop.signal })).rejects.toThrow('enough');
    const results = await Promise.all([first, last]);
    late.abort();
    for (const one of [x, program, ...results]) one.dispose();
  });

  test('a worker that dies is replaced; what it ran rejects', async () => {
    watch();
    await init(options);
    const program = compile((x: Tensor) => relu(x), { inputs: [[4]] });
    const x = ones([4]);
    (await program.runAsync(x)).dispose();
    const lost = program.runAsync(x);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const ended = made.at(-1)!.terminate();
    const outcome = await lost.then(
      (y) => y.dispose(),
      (error: Error) => error.message,
    );
    await ended;
    if (outcome !== undefined)
      expect(outcome).toBe('its worker died; the call did not end, the next one has a new worker');
    (await program.runAsync(x)).dispose();
    expect(made).toHaveLength(threadCount + 1);
    for (const one of [x, program]) one.dispose();
  });

  test('disposeRuntime ends what waits', async () => {
    await init(options);
    const program = compile((x: Tensor) => relu(x), { inputs: [[4]] });
    const x = ones([4]);
    (await program.runAsync(x)).dispose();
    const waiting = [program.runAsync(x), program.runAsync(x)];
    // The first has its turn, and is not answered yet.
    for (let turn = 0; turn < 20; turn++) await null;
    disposeRuntime();
    const reasons = (await Promise.allSettled(waiting)).map((one) => one.status === 'rejected' && one.reason);
    expect(reasons).toEqual([
      new TypeError('the runtime was disposed'),
      new TypeError('Program.runAsync: the program is disposed'),
    ]);
    await init(options);
  });

  test.each([
    ['there are no workers', 'no workers here'],
    ['a worker of another version answers', 'must be of'],
  ])('where %s it runs in place, and notes say so', async (what, why) => {
    threads.Worker = class extends Real {
      constructor(text: string, options: object) {
        if (what.startsWith('there')) throw new Error(why);
        super(text.replaceAll(/(?<=')\d+\.\d+\.\d+(?=')/g, '0.0.1'), options);
      }
    } as typeof Real;
    await init(options);
    const program = compile((x: Tensor) => relu(x), { inputs: [[4]] });
    const x = tensor([-1, 2, -3, 4]);
    const [y, z] = await Promise.all([program.runAsync(x), program.runAsync(x)]);
    expect(y!.toArray()).toEqual([0, 2, 0, 4]);
    expect(runtime().notes.filter((note) => note.includes('runAsync'))).toEqual([
      expect.stringMatching(new RegExp(`^runAsync runs in place: .*${why}`)),
    ]);
    for (const one of [x, y!, z!, program]) one.dispose();
  });
});
