import { add, compile, disposeRuntime, init, memory, ones, relu, runtime, scope, tensor } from 'striate';
import { afterEach, describe, expect, test } from 'vitest';
import { expectNothingLive, variants } from '../support/runtime.ts';

afterEach(() => {
  expectNothingLive();
  disposeRuntime();
});

describe('init', () => {
  test('tells what runs', async () => {
    const info = await init({ variant: 'simd' });
    expect(info).toBe(runtime());
    expect(info).toMatchObject({
      variant: 'simd',
      threads: 1,
      maxMemoryBytes: 2 ** 31,
      accuracy: 'fast',
      notes: [],
    });
    expect(info.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  test('calls at the same time share one promise and one runtime', async () => {
    const [a, b] = await Promise.all([init(), init(), init({})]);
    expect(a).toBe(b);
    expect(await init()).toBe(a);
    expect(await init({ variant: a.variant, threads: 1 })).toBe(a);
  });

  test('other options than those that run are an Error, and the runtime goes on', async () => {
    await init({ variant: 'simd', maxMemoryBytes: 1 << 24 });
    for (const other of [{ variant: 'relaxed' }, { maxMemoryBytes: 1 << 25 }, { threads: 2 }] as const) {
      const [[key, asked]] = Object.entries(other) as [[string, string | number]];
      const before = { variant: "'simd'", maxMemoryBytes: 1 << 24, threads: 1 }[key];
      const said = typeof asked === 'string' ? `'${asked}'` : asked;
      await expect(init(other)).rejects.toThrow(
        new Error(
          `init: already running with ${key} ${before}, cannot become ${said}; call disposeRuntime first`,
        ),
      );
    }
    scope(() => expect(relu(tensor([-1, 1])).toArray()).toEqual([0, 1]));
  });

  test('one that failed may be tried again', async () => {
    await expect(init({ wasm: new Uint8Array([1, 2, 3]) })).rejects.toThrow(
      /^init: wasm, a Uint8Array, is no WebAssembly: 3 bytes, /,
    );
    expect(() => runtime()).toThrow('runtime: call `await init()` first');
    await init();
    scope(() => expect(relu(tensor([-1, 1])).toArray()).toEqual([0, 1]));
  });

  test('disposeRuntime while it loads ends that load, and another may follow at once', async () => {
    const first = init({ variant: 'simd' });
    disposeRuntime();
    const last = variants[variants.length - 1] as 'simd' | 'relaxed';
    const second = init({ variant: last });
    await expect(first).rejects.toThrow(
      new Error('init: disposeRuntime was called while the kernels were loading'),
    );
    expect((await second).variant).toBe(last);
    expect(runtime().variant).toBe(last);
  });
});

describe('disposeRuntime', () => {
  test('whatever is alive becomes disposed, and init may follow', async () => {
    await init();
    const [x, program] = [ones([3]), compile((a) => relu(a!), { inputs: [[3]] })];
    const view = x.reshape([1, 3]);
    add(x, 1);
    disposeRuntime();
    expect([x.disposed, view.disposed, program.disposed]).toEqual([true, true, true]);
    expect(memory.stats()).toEqual({
      liveBytes: 0,
      peakBytes: 0,
      liveTensors: 0,
      cacheBytes: 0,
      memoryBytes: 0,
    });
    expect(() => relu(x)).toThrow(new TypeError('relu: x is disposed'));

    await init();
    expect(() => relu(x)).toThrow(new TypeError('relu: x is disposed'));
    expect(() => x.data).toThrow(new TypeError('Tensor.data: tensor is disposed'));
    expect(() => program.run(x)).toThrow(new TypeError('Program.run: the program is disposed'));
    for (const one of [x, view, program]) one.dispose();
    scope(() => expect(add(ones([3]), 1).toArray()).toEqual([2, 2, 2]));
    expectNothingLive();
  });

  test('inside a scope', async () => {
    await init();
    await scope(() => {
      ones([3]);
      disposeRuntime();
      return null;
    });
    await init();
    scope(() => expect(add(ones([3]), 1).toArray()).toEqual([2, 2, 2]));
  });

  test('twice, and before init, does nothing', () => {
    disposeRuntime();
    disposeRuntime();
    expect(() => runtime()).toThrow(new Error('runtime: call `await init()` first'));
  });
});
