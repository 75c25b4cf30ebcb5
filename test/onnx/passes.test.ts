/** What passes do with a model: its constants never change, so that their numbers may be read. */
import { init, memory, type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { floats, model, type NodeSpec, TYPE } from './encode.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

/** Runs nodes on x [1, 2, 2, 4]; gives what is computed, and y. */
async function computed(nodes: NodeSpec[], weights: Uint8Array[], x: readonly number[]) {
  const shape = [1, 2, 2, 4];
  const bytes = model({ nodes, weights, inputs: { x: [shape, TYPE.float] }, outputs: ['y'], opset: 13 });
  const loaded = await loadModel(bytes);
  const given = tensor(x, shape);
  const y = loaded.run({ x: given }).y as Tensor;
  const found = {
    rows: loaded.profile({ x: given }, { runs: 1 }).map(({ operator }) => operator),
    y: [...y.data],
  };
  for (const one of [y, given, loaded]) one.dispose();
  return found;
}

const x = Array.from({ length: 16 }, (_, i) => i - 8);
const hardSwish = (v: number) => (v * Math.min(Math.max(v + 3, 0), 6)) / 6;

test('hard-swish in parts whose numbers are constants of one element', async () => {
  const nodes: NodeSpec[] = [
    { op: 'Add', in: ['x', 'three'], out: ['a'] },
    { op: 'Clip', in: ['a', 'zero', 'six'], out: ['b'] },
    { op: 'Mul', in: ['b', 'x'], out: ['c'] },
    { op: 'Div', in: ['c', 'sixth'], out: ['y'] },
  ];
  const weights = [
    floats('three', [1], [3]),
    floats('zero', [], [0]),
    floats('six', [], [6]),
    floats('sixth', [1, 1, 1, 1], [6]),
  ];
  const { rows, y } = await computed(nodes, weights, x);
  expect(rows).toEqual(['add + clip + mul + div']);
  expectSame(y, x.map(hardSwish), 4e-7);
});

test('a constant of several elements is no number', async () => {
  const nodes: NodeSpec[] = [
    { op: 'Max', in: ['x', 'many'], out: ['a'] },
    { op: 'Max', in: ['a', 'one'], out: ['y'] },
  ];
  const { rows, y } = await computed(nodes, [floats('many', [4], [1, 2, 3, 4]), floats('one', [1], [2])], x);
  expect(rows).toEqual(['maximum', 'clip']);
  expect(y).toEqual(x.map((v, i) => Math.max(v, (i % 4) + 1, 2)));
});
