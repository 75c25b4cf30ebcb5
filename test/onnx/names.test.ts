/**
 * What is thrown by a model names the function that was called, also where the fault shows deep inside; any name may be in
 * a file.
 */
import { compile, disposeRuntime, init, memory, neg, ones, relu, type Tensor, vjp, zeros } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adder, using, values } from './adder.ts';
import { floats, model, rawTensor, TYPE } from './encode.ts';

beforeEach(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

/** The sentence of what `call` throws. */
function sentenceOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

describe('sentences name the function that was called', () => {
  test('where results are written', () =>
    using(adder, (loaded) => {
      const [x, y, flat, whole, gone] = [
        ones([1, 2]),
        zeros([1, 2]),
        zeros([2]),
        zeros([1, 2], { dtype: 'int32' }),
        zeros([1, 2]),
      ];
      gone.dispose();
      const into = (given: unknown) => sentenceOf(() => loaded.run({ x }, { into: { y: given } as never }));
      expect(into(flat)).toBe('Model.run: into.y has shape 2, must be 1x2');
      expect(into(whole)).toBe('Model.run: into.y is int32, must be float32');
      expect(into(gone)).toBe('Model.run: into.y is disposed');
      expect(into(5)).toBe('Model.run: into.y is 5, must be a Tensor');
      expect(into(x)).toBe(
        'Model.run: into shares the storage of an input or of another result, must have its own',
      );
      const both = { outputs: ['a', 'y'], into: { a: y, y } };
      expect(sentenceOf(() => loaded.run({ x }, both))).toMatch(/^Model\.run: into shares the storage/);
      for (const one of [x, y, flat, whole]) one.dispose();
    }));
  test('while another function is traced', () =>
    using(adder, (loaded) => {
      const traced = () =>
        compile(() => loaded.run({ x: Float32Array.of(1, 2) }).y as Tensor, { inputs: [[1]] });
      expect(sentenceOf(traced)).toBe('Model.run: a traced function cannot be traced inside another');
      const symbolic = () => compile((x) => loaded.run({ x }).y as Tensor, { inputs: [[1, 2]] });
      expect(sentenceOf(symbolic)).toMatch(/^Model\.run: input 'x' is symbolic/);
      const profiled = () =>
        compile((x) => [x, loaded.profile({ x: Float32Array.of(1, 2) })].slice(0, 1) as [Tensor], {
          inputs: [[1]],
        });
      expect(sentenceOf(profiled)).toBe('Model.profile: a traced function cannot be traced inside another');
      const summed = () =>
        compile((x) => [x, loaded.summary({ inputShapes: { x: [1, 2] } })].slice(0, 1) as [Tensor], {
          inputs: [[1]],
        });
      expect(sentenceOf(summed)).toBe('Model.summary: a traced function cannot be traced inside another');
    }));
  test('shapes that are too large', async () => {
    const inputShapes = { x: [2 ** 30, 2] };
    await expect(loadModel(adder, { inputShapes })).rejects.toThrow(/^loadModel: inputShapes\['x'\]/);
    await using(adder, (loaded) => {
      expect(sentenceOf(() => loaded.summary({ inputShapes }))).toMatch(
        /^Model\.summary: inputShapes\['x'\]/,
      );
      expect(sentenceOf(() => loaded.summary({ inputShapes: { x: [1, 3] } }))).toBe(
        "Model.summary: input 'x' has shape 1x3, must be [batch, 2]",
      );
    });
  });
  test('options and feeds of profile and summary', () =>
    using(adder, (loaded) => {
      const x = Float32Array.of(1, 2);
      expect(sentenceOf(() => loaded.profile({ x }, { runs: 0 }))).toMatch(/^Model\.profile: runs is 0/);
      expect(sentenceOf(() => loaded.profile({ x }, { times: 1 } as never))).toMatch(
        /^Model\.profile: there is no option 'times'/,
      );
      expect(sentenceOf(() => loaded.profile({}))).toBe("Model.profile: input 'x' is missing");
      expect(sentenceOf(() => loaded.summary({ shapes: {} } as never))).toMatch(
        /^Model\.summary: there is no option 'shapes'/,
      );
    }));
  test('an int64 beyond int32', () => {
    const bytes = model({ nodes: [{ op: 'Identity' }], inputs: { x: [[1], TYPE.int64] } });
    return using(bytes, (loaded) => {
      expect(sentenceOf(() => loaded.run({ x: BigInt64Array.of(2n ** 31n) }))).toBe(
        "Model.run: input 'x' holds 2147483648 at 0, must fit in int32",
      );
    });
  });
  test('no room: for weights, for what is made of them, for a run', async () => {
    disposeRuntime();
    await init({ maxMemoryBytes: 8 << 20 });
    const weight = (values: number) => [rawTensor('w', TYPE.float, [values], new Float32Array(values))];
    const add = (first: string, values: number) =>
      model({
        nodes: [{ op: 'Add', name: 'n', in: [first, 'w'] }],
        weights: weight(values),
        inputs: { x: [['n', 1]] },
      });
    await expect(loadModel(add('x', 4 << 20))).rejects.toThrow(/^loadModel: no room for 16777216 bytes/);
    await expect(loadModel(add('w', 1 << 20))).rejects.toThrow(
      /^model: node 'n' \(Add\): no room for \d+ bytes/,
    );
    await using(add('x', 1 << 10), (loaded) => {
      const x = new Float32Array(1 << 12);
      expect(sentenceOf(() => loaded.run({ x }))).toMatch(/^Model\.run: no room for \d+ bytes/);
      expect(sentenceOf(() => loaded.profile({ x }))).toMatch(/^Model\.profile: no room for \d+ bytes/);
    });
    disposeRuntime();
    await init();
  });
  test('the fault of a value', () => {
    const bytes = model({
      nodes: [{ op: 'RoiAlign', in: ['x', 'boxes', 'images'] }],
      inputs: { x: [[1, 1, 2, 2]], boxes: [[1, 4]], images: [[1], TYPE.int64] },
      opset: 16,
    });
    return using(bytes, (loaded) => {
      const feeds = { x: new Float32Array(4), boxes: Float32Array.of(0, 0, 1, 1), images: Int32Array.of(3) };
      expect(sentenceOf(() => loaded.run(feeds))).toMatch(/^Model\.run: .*boxes name image 3/);
      expect(sentenceOf(() => loaded.profile(feeds))).toMatch(/^Model\.profile: .*boxes name image 3/);
    });
  });
});

test('names that objects have of themselves', () => {
  const bytes = model({
    nodes: [
      { op: 'Add', in: ['__proto__', 'toString'], out: ['constructor'] },
      { op: 'Relu', in: ['constructor'], out: ['valueOf'] },
    ],
    weights: [floats('toString', [1], [1])],
    inputs: { ['__proto__']: [['hasOwnProperty']] },
    outputs: ['constructor', 'valueOf'],
  });
  return using(bytes, (loaded) => {
    const [x, name] = [Float32Array.of(-3, 2), '__proto__'];
    expect(sentenceOf(() => loaded.run({}))).toBe("Model.run: input '__proto__' is missing");
    expect(sentenceOf(() => loaded.summary({ inputShapes: {} }))).toMatch(/depend on '__proto__'/);
    expect(loaded.summary({ inputShapes: { [name]: [7] } })).toMatch(/ 7 /);
    expect(values(loaded.run({ [name]: x }) as never)).toEqual({ constructor: [-2, 3], valueOf: [0, 3] });
    const asked = loaded.run({ [name]: x }, { outputs: [name, 'toString'] });
    expect(Object.keys(asked)).toEqual([name, 'toString']);
    for (const one of Object.values(asked)) one.dispose();
    expect(sentenceOf(() => loaded.run({ [name]: x }, { into: {} }))).toBe(
      'Model.run: into.constructor is missing',
    );
  });
});

test('results that are called as what objects have of themselves', () => {
  const program = compile((x) => ({ constructor: relu(x), toString: neg(x) }), { inputs: [[2]] });
  const [x, dy] = [ones([2]), ones([2])];
  expect(sentenceOf(() => program.run(x, { into: {} as never }))).toBe(
    'Program.run: into.constructor is undefined, must be a Tensor',
  );
  const { value, pullback, dispose } = vjp((x) => ({ hasOwnProperty: relu(x) }), x);
  expect(sentenceOf(() => pullback({} as never))).toBe(
    'pullback: dy.hasOwnProperty is undefined, must be a Tensor',
  );
  const [dx] = pullback({ hasOwnProperty: dy });
  for (const one of [x, dy, dx, value.hasOwnProperty as Tensor]) one.dispose();
  dispose();
  program.dispose();
});
