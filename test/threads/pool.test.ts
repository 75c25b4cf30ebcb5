/** The pool's life: how many threads, why not more, workers that die, the end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import {
  compile,
  conv2d,
  disposeRuntime,
  init,
  memory,
  ones,
  relu,
  runtime,
  scope,
  tensor,
  zeros,
} from 'striate';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KernelSource } from '../../ts/engine/instance.ts';
import { partsOf, processors, tuning } from '../../ts/engine/parts.ts';
import { workerText } from '../../ts/engine/workerText.ts';
import { expectNothingLive } from '../support/runtime.ts';
import { asUsual, impatient, inParts } from '../support/threads.ts';

const threads = process.getBuiltinModule('node:worker_threads');
const { Worker: Real } = threads;
const made: Worker[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'striate-workers-'));

beforeEach(() => {
  inParts();
  threads.Worker = class extends Real {
    constructor(...args: ConstructorParameters<typeof Real>) {
      super(...args);
      made.push(this);
    }
  };
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  expectNothingLive();
  disposeRuntime();
  asUsual();
  threads.Worker = Real;
  made.length = 0;
  vi.unstubAllGlobals();
});

const until = (reached: () => boolean) => vi.waitFor(() => expect(reached()).toBe(true), { timeout: 20_000 });
const works = () => scope(() => expect(relu(tensor([-1, 2, -3, 4])).toArray()).toEqual([0, 2, 0, 4]));

describe('how many', () => {
  test("'auto' is the number of processors, at most 8", async () => {
    const info = await init({ threads: 'auto' });
    expect(info).toMatchObject({ threads: processors() });
    expect(processors()).toBeLessThanOrEqual(8);
    expect(made).toHaveLength(processors() - 1);
    works();
  });

  test('one has no workers and a plain memory', async () => {
    await init({ threads: 1 });
    expect(made).toHaveLength(0);
    scope(() => expect(ones([1]).data.buffer).toBeInstanceOf(ArrayBuffer));
  });

  test('with more, data lies on a SharedArrayBuffer', async () => {
    expect((await init({ threads: 3 })).threads).toBe(3);
    expect(made).toHaveLength(2);
    scope(() => expect(ones([1]).data.buffer).toBeInstanceOf(SharedArrayBuffer));
    works();
  });

  test('another number while it runs is an Error', async () => {
    await init({ threads: 2 });
    await init({ threads: 2 });
    await expect(init({ threads: 3 })).rejects.toThrow('already running with threads 2, cannot become 3');
  });

  test('steps of little work have one part', () => {
    asUsual();
    const { grain } = tuning;
    expect(
      [0, grain, 2 * grain - 1, 2 * grain, 3 * grain, 99 * grain].map((work) => partsOf(work, 4)),
    ).toEqual([1, 1, 1, 2, 3, 4]);
    expect(partsOf(99 * grain, 1)).toBe(1);
  });

  test('from bytes of the user', async () => {
    const wasm = readFileSync(new URL('../../build/simd.wasm', import.meta.url));
    expect(await init({ threads: 2, wasm })).toMatchObject({ threads: 2, variant: 'simd' });
    works();
  });

  test("from a file of the user's: path, URL, text of a URL", async () => {
    const file = path.join(folder, 'worker.mjs');
    writeFileSync(file, workerText);
    const url = pathToFileURL(file);
    for (const workerUrl of [file, path.relative(process.cwd(), file), url, url.href]) {
      expect(await init({ threads: 2, workerUrl })).toMatchObject({ threads: 2, notes: [] });
      works();
      disposeRuntime();
    }
  });

  test('disposeRuntime while the workers start ends them', async () => {
    const starting = init({ threads: 2 });
    const { Worker } = threads;
    threads.Worker = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Real>) {
        super(...args);
        queueMicrotask(disposeRuntime);
      }
    };
    await expect(starting).rejects.toThrow('disposeRuntime was called');
    await until(() => made[0]!.threadId === -1);
  });
});

describe('one thread, and a note that says why', () => {
  const noteOf = async (wasm?: KernelSource) => {
    const info = await init({ threads: 2, ...(wasm && { wasm }) });
    expect(info.threads).toBe(1);
    works();
    return info.notes.at(-1);
  };
  test('a module that is compiled', async () => {
    const module = new WebAssembly.Module(readFileSync(new URL('../../build/simd.wasm', import.meta.url)));
    expect(await noteOf(module)).toBe('one thread: the module is compiled already; threads need its bytes');
  });
  test('a page that is not cross-origin isolated', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    expect(await noteOf()).toMatch(
      /^one thread: no shared memory; a page has it when it is cross-origin isolated/,
    );
  });
  test('no workers', async () => {
    vi.stubGlobal('process', { ...process, getBuiltinModule: () => undefined });
    expect(await noteOf()).toBe('one thread: this runtime has no workers');
  });
  test('workers that do not start', async () => {
    const before = threads.Worker;
    threads.Worker = class extends Real {
      constructor() {
        super('process.exit(3)', { eval: true });
      }
    };
    expect(await noteOf()).toBe('one thread: workers cannot be had: it ended');
    disposeRuntime();
    threads.Worker = class extends Real {
      constructor() {
        super('throw new Error("refused")', { eval: true });
      }
    };
    expect(await noteOf()).toBe('one thread: workers cannot be had: refused');
    disposeRuntime();
    threads.Worker = class extends Real {
      constructor() {
        super('setTimeout(() => {}, 60_000)', { eval: true });
      }
    };
    tuning.starting = 50;
    expect(await noteOf()).toBe('one thread: workers cannot be had: no answer in 0.05 s');
    threads.Worker = before;
  });
  test.each([
    ['there is none', null, "Cannot find module '"],
    ['it is a page', '<!doctype html>', "Unexpected token '<'"],
    [
      'it is of another version',
      workerText.replaceAll(/\d+\.\d+\.\d+/g, '0.0.1'),
      'it is of striate 0.0.1, must be of ',
    ],
    ['it is something else', 'setTimeout(() => {}, 60_000)', 'no answer in 5 s'],
  ])("the user's workers' file: %s", async (name, text, why) => {
    const workerUrl = path.join(folder, `${name}.mjs`);
    if (text !== null) writeFileSync(workerUrl, text);
    tuning.starting = 5000;
    const { notes } = await init({ threads: 2, workerUrl });
    expect(notes.at(-1)).toContain(`one thread: workers cannot be had: workerUrl is '${workerUrl}': ${why}`);
    works();
  });
  test("the user's workers' file: it is none", async () => {
    const { notes } = await init({ threads: 2, workerUrl: 'https://example.com/worker.js' });
    expect(notes.at(-1)).toBe(
      "one thread: workers cannot be had: workerUrl is 'https://example.com/worker.js': The URL must be of scheme file",
    );
    works();
  });
  test('no memory for stacks', async () => {
    const info = await init({ threads: 9, maxMemoryBytes: 1 << 20 });
    expect(info.notes.at(-1)).toBe('one thread: workers cannot be had: there is no memory for their stacks');
    works();
  });
});

describe('a worker that dies', () => {
  const LOST =
    /^.*: a worker died or hangs; the call did not end, the next ones have one thread until new workers stand$/;

  test('between calls: one thread until new workers stand, and no error', async () => {
    const info = await init({ threads: 3 });
    await made[0]!.terminate();
    expect(info).toMatchObject({ threads: 1 });
    expect(info.notes.at(-1)).toBe('one thread until new workers stand: one died');
    works();
    await until(() => runtime().threads === 3);
    expect(info.notes.join()).not.toContain('one thread');
    expect(made).toHaveLength(4);
    await until(() => made[1]!.threadId === -1);
    works();
  });

  test('during a call: an Error, and what its workers could write is not used again before they have ended', async () => {
    const info = await init({ threads: 2 });
    impatient(100);
    scope(() => {
      const x = ones([1, 4, 9, 9]);
      const program = compile((a) => conv2d(a!, ones([3, 4, 3, 3])), { inputs: [x.shape] });
      const into = program.run(x);
      const place = into.data.byteOffset;
      void made[0]!.terminate();
      const { memoryBytes } = memory.stats();
      expect(() => program.run(x, { into })).toThrow(LOST);
      expect(into.data.byteOffset).not.toBe(place);
      // The end of the worker cannot be known before this function returns.
      const others = Array.from({ length: 50 }, () => zeros([3, 7, 7]));
      for (const { data } of others) expect(data.byteOffset).not.toBe(place);
      expect(info.threads).toBe(1);
      expect(program.run(x, { into })).toBe(into);
      expect(new Set(into.data)).toEqual(new Set([36]));
      expect(memory.stats().memoryBytes).toBeGreaterThanOrEqual(memoryBytes);
    });
    await until(() => info.threads === 2);
    works();
    expect(info.notes.join()).not.toContain('one thread');
  });

  test('what the workers of a call that was lost held comes free', async () => {
    const info = await init({ threads: 2 });
    const sizes = [];
    for (let lost = 0; lost < 5; lost++) {
      works();
      impatient(100);
      void made.at(-1)!.terminate();
      scope(() => {
        const x = ones([8]);
        expect(() => relu(x)).toThrow(LOST);
        expect(relu(x).toArray()).toEqual(new Array(8).fill(1));
      });
      await until(() => info.threads === 2);
      await until(() => made.at(-2)!.threadId === -1);
      const { liveBytes, memoryBytes } = memory.stats();
      expect(liveBytes).toBe(0);
      sizes.push(memoryBytes);
    }
    expect(sizes.at(-1)).toBe(sizes[1]);
  });

  test('again and again: no more than three new crews without work between', async () => {
    const info = await init({ threads: 2 });
    for (let lost = 1; lost <= 4; lost++) {
      await made.at(-1)!.terminate();
      if (lost < 4) await until(() => info.threads === 2);
    }
    expect(info.notes.at(-1)).toBe('one thread: workers died 4 times, one after the other');
    expect(made).toHaveLength(4);
    works();
  });
});

test('disposeRuntime ends the workers, and init may follow', async () => {
  await init({ threads: 3 });
  works();
  disposeRuntime();
  await until(() => made.every(({ threadId }) => threadId === -1));
  expect(made).toHaveLength(2);
  expect((await init({ threads: 2 })).threads).toBe(2);
  works();
});
