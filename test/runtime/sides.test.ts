/** Side modules: what the core refuses until they are there, when they come, and that threads and the lane hold them too. */
import { readFileSync } from 'node:fs';
import {
  compile,
  conv2d,
  disposeRuntime,
  gridSample,
  init,
  mul,
  runtime,
  scope,
  sort,
  tensor,
  vjp,
} from 'striate';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { packed } from '../../build/sides/recurrent.js';
import { DTYPE } from '../../ts/base/boundary.ts';
import { embedded } from '../../ts/engine/embedded.ts';
import { engine } from '../../ts/engine/engine.ts';
import { loadFrom } from '../../ts/engine/instance.ts';
import { side, take } from '../../ts/engine/side.ts';
import { OP } from '../../ts/instructions/table.ts';
import { expectNothingLive, variants } from '../support/runtime.ts';
import { asUsual, inParts } from '../support/threads.ts';

afterEach(() => {
  try {
    expectNothingLive();
  } finally {
    disposeRuntime();
    asUsual();
  }
});

const held = () => [...engine('test').sides];
const convolve = () =>
  scope(() =>
    conv2d(
      tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
      tensor([[[[2]]]]),
    ).toArray(),
  );
const sorted = () => scope(() => sort(tensor([3, 1, 2]))[0].toArray());

describe.each(variants)('%s', (variant) => {
  test('the core alone refuses some instructions, and traps at none', async () => {
    const { exports, memory } = await loadFrom(embedded, { variant, maxMemoryBytes: 2 ** 26 });
    const address = exports.alloc(256);
    const words = new Uint32Array(memory.buffer, address, 64).fill(12345);
    const faults = new Int32Array(memory.buffer, exports.result(), 4);
    const refuses = (opcode: number, dtype: number): boolean => {
      words[0] = dtype;
      return exports.plan(opcode, address, 64) !== 0 && faults[1] === -1;
    };
    const dtypes = Object.values(DTYPE);
    const absent = Object.entries(OP).filter(([, opcode]) => dtypes.some((dtype) => refuses(opcode, dtype)));
    const names = absent.map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['quantizedConv', 'convWeightGradient', 'sort', 'recurrent']),
    );
    for (const name of ['conv', 'convPack', 'pool', 'binary', 'unary', 'affine', 'cast', 'copy'])
      expect(names).not.toContain(name);
  });

  test('they come when a program needs them, and no earlier', async () => {
    await init({ variant });
    expect(convolve()).toEqual([
      [
        [
          [2, 4],
          [6, 8],
        ],
      ],
    ]);
    expect(held()).toEqual([]);
    expect(sorted()).toEqual([1, 2, 3]);
    expect(held()).toEqual(['selection']);
    scope(() => gridSample(tensor([[[[5]]]]), tensor([[[[0, 0]]]])).toArray());
    scope(() => vjp((x) => mul(x, x), tensor([1, 2])).value.toArray());
    expect(held()).toEqual(['selection', 'sampling', 'axes', 'gradients']);
  });

  test('a program that was compiled holds them', async () => {
    await init({ variant });
    const program = compile((x) => sort(x)[0], { inputs: [[3]] });
    expect(held()).toEqual(['selection']);
    expect(scope(() => program.run(tensor([9, 7, 8])).toArray())).toEqual([7, 8, 9]);
    program.dispose();
  });

  test('a whole module needs none', async () => {
    await init({ wasm: readFileSync(new URL(`../../build/${variant}.wasm`, import.meta.url)) });
    expect(sorted()).toEqual([1, 2, 3]);
    expect(engine('test')).toMatchObject({ whole: true, modules: { length: 1 } });
  });
});

test('all of them are there as soon as threads are', async () => {
  inParts();
  await init({ threads: 3 });
  expect(held().sort()).toEqual(['axes', 'gradients', 'recurrent', 'resampling', 'sampling', 'selection']);
  expect(sorted()).toEqual([1, 2, 3]);
});

test('threads are renewed when another one comes', async () => {
  inParts();
  await init({ threads: 2 });
  side('late', packed);
  take(engine('test'), 'late');
  expect(runtime().threads).toBe(1);
  expect(sorted()).toEqual([1, 2, 3]);
  await vi.waitFor(() => expect(runtime().threads).toBe(2), { timeout: 20_000 });
  expect(sorted()).toEqual([1, 2, 3]);
  expect(runtime().notes).toEqual([]);
});

test('the lane hears of those that come after it', async () => {
  await init();
  const [four, mixed] = [tensor([4]), tensor([3, 1, 2])];
  const twice = compile((x) => mul(x, 2), { inputs: [[1]] });
  const first = await twice.runAsync(four);
  expect(held()).toEqual([]);
  const ordered = compile((x) => sort(x)[0], { inputs: [[3]] });
  const second = await ordered.runAsync(mixed);
  expect([first.toArray(), second.toArray()]).toEqual([[8], [1, 2, 3]]);
  expect(runtime().notes.filter((note) => note.startsWith('runAsync'))).toEqual([]);
  for (const each of [four, mixed, first, second, twice, ordered]) each.dispose();
});
