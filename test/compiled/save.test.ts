/** save and loadCompiled: the bits of run, from one file, for every shape and form; what is damaged or hostile is refused. */
import {
  add,
  allClose,
  BatchNorm2d,
  Conv2d,
  compile,
  concat,
  conv2d,
  disposeRuntime,
  dropout,
  Flatten,
  full,
  init,
  Linear,
  loadCompiled,
  ModelError,
  manualSeed,
  maxPool2d,
  mul,
  ones,
  ReLU,
  randn,
  relu,
  Sequential,
  scope,
  sub,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { loadModel } from 'striate/onnx';
import { expect, test, vi } from 'vitest';
import { floats, model, TYPE } from '../onnx/encode.ts';
import { controlModels } from '../support/controlModels.ts';
import { expectNothingLive, inEachVariant } from '../support/runtime.ts';

const net = () =>
  new Sequential(
    new Conv2d(3, 16, 3, { padding: 1, seed: 1 }),
    new BatchNorm2d(16),
    new ReLU(),
    new Conv2d(16, 16, 3, { padding: 1, seed: 2 }),
    new Flatten(),
    new Linear(16 * 16 * 16, 10, { seed: 3 }),
  ).eval();

/** y = relu(conv(x, w)) for pictures of any size, and its sums. */
const FREE = model({
  nodes: [
    { op: 'Conv', in: ['x', 'w'], out: ['c'] },
    { op: 'Relu', in: ['c'], out: ['y'] },
    { op: 'ReduceSum', in: ['y'], out: ['s'], attributes: { keepdims: 0 } },
  ],
  weights: [
    floats(
      'w',
      [4, 1, 3, 3],
      Array.from({ length: 36 }, (_, i) => Math.sin(i)),
    ),
  ],
  inputs: { x: [['N', 1, 'H', 'W']] },
  outputs: ['y', 's'],
});

/** A residual whose channels go on with zeros: y = relu(x - 1) -> [y, 0] + conv(y). */
const PADDED = model({
  nodes: [
    { op: 'Sub', in: ['x', 'one'], out: ['d'] },
    { op: 'Relu', in: ['d'], out: ['r'] },
    { op: 'Concat', in: ['r', 'zeros'], out: ['p'], attributes: { axis: 1 } },
    { op: 'Conv', in: ['r', 'w'], out: ['c'] },
    { op: 'Add', in: ['c', 'p'], out: ['y'] },
  ],
  weights: [
    floats('one', [], [0.25]),
    floats('zeros', [1, 4, 32, 32], new Array(4096).fill(0)),
    floats(
      'w',
      [8, 4, 1, 1],
      Array.from({ length: 32 }, (_, i) => Math.sin(i)),
    ),
  ],
  inputs: { x: [[1, 4, 32, 32]] },
  outputs: ['y'],
});

/** x in a shape that comes with it. */
const RESHAPED = model({
  nodes: [{ op: 'Reshape', in: ['x', 'to'], out: ['y'] }],
  inputs: { x: [[2, 3]], to: [[2], TYPE.int64] },
  outputs: ['y'],
});

/** The clock goes on by so many milliseconds whenever it is read. */
function everyStepTakes(milliseconds: number) {
  let time = 0;
  return vi.spyOn(performance, 'now').mockImplementation(() => (time += milliseconds));
}

inEachVariant('save', () => {
  test('a program gives the same bits, in the form of its function, whatever becomes of its module', async () => {
    const layers = net();
    const program = compile(layers, { inputs: [[2, 3, 16, 16]] });
    const x = randn([2, 3, 16, 16], { seed: 4 });
    const expected = program.run(x);
    const bytes = program.save();
    const summary = program.summary();
    for (const one of [layers, program]) one.dispose();
    const loaded = await loadCompiled<Tensor>(bytes);
    expect(loaded.inputs).toEqual([{ name: 'inputs[0]', dtype: 'float32', shape: [2, 3, 16, 16] }]);
    for (const given of [x, [x] as never, { 'inputs[0]': x }, x.toTypedArray()]) {
      const y = loaded.run(given);
      expect(y.toTypedArray()).toEqual(expected.toTypedArray());
      y.dispose();
    }
    const beside = await loaded.runAsync(x);
    expect(beside.toTypedArray()).toEqual(expected.toTypedArray());
    expect(loaded.summary()).toBe(summary);
    expect(loaded.profile(x, { runs: 1 }).map(({ operator }) => operator)).toContain('linear');
    const into = ones([2, 10]);
    expect(loaded.run(x, { into })).toBe(into);
    expect(into.toTypedArray()).toEqual(expected.toTypedArray());
    expect(`${loaded}`).toMatch(/^CompiledModel model \(inputs\[0\]: float32 \[2, 3, 16, 16\]\)/);
    for (const one of [x, expected, beside, into, loaded]) one.dispose();
    expect(`${loaded}`).toBe('CompiledModel model (disposed)');
  });

  test('nested results, several inputs of other dtypes, draws', async () => {
    const program = compile(
      (a: Tensor, b: Tensor<'uint8'>) => ({
        list: maxPool2d(a, 2, { returnIndices: true }),
        constructor: { b },
      }),
      {
        inputs: [
          { shape: [1, 1, 4, 4], name: 'a' },
          { shape: [3], dtype: 'uint8', name: 'b' },
        ],
      },
    );
    const [a, b] = [randn([1, 1, 4, 4], { seed: 5 }), tensor([1, 2, 3], null, { dtype: 'uint8' })];
    const loaded = await loadCompiled<ReturnType<typeof program.run>>(program.save());
    scope(() => {
      const [expected, found] = [program.run([a, b]), loaded.run({ a, b })];
      expect(Object.keys(found)).toEqual(['list', 'constructor']);
      expect(found.list.map((one) => one.toArray())).toEqual(expected.list.map((one) => one.toArray()));
      expect(found.constructor.b.toArray()).toEqual([1, 2, 3]);
    });
    const dropping = compile((t: Tensor) => dropout(t, { p: 0.5, training: true }), { inputs: [[40]] });
    const again = await loadCompiled<Tensor>(dropping.save());
    scope(() => {
      const t = ones([40]);
      manualSeed(3);
      const expected = [dropping.run(t), dropping.run(t)].map((one) => one.toArray());
      manualSeed(3);
      expect([again.run(t), again.run(t)].map((one) => one.toArray())).toEqual(expected);
    });
    for (const one of [a, b, program, loaded, dropping, again]) one.dispose();
  });

  test('a model for several shapes, which share their weights', async () => {
    const source = await loadModel(FREE);
    const shapes = [
      [1, 1, 5, 7],
      [2, 1, 9, 4],
    ];
    const bytes = source.save({ inputShapes: shapes.map((x) => ({ x })) });
    expect(bytes.length).toBeLessThan(source.save({ inputShapes: { x: shapes[0]! } }).length * 2);
    const loaded = await loadCompiled(bytes);
    expect(loaded.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['N', 1, 'H', 'W'] }]);
    scope(() => {
      for (const shape of shapes) {
        const x = randn(shape, { seed: 6 });
        const [expected, found] = [source.run({ x }), loaded.run({ x })];
        expect(Object.keys(found)).toEqual(['y', 's']);
        for (const key of ['y', 's']) expect(found[key]!.toArray()).toEqual(expected[key]!.toArray());
      }
      expect(() => loaded.run(randn([1, 1, 5, 5]))).toThrow(
        new RangeError(
          'CompiledModel.run: the inputs have the shapes 1x1x5x5, was saved for 1x1x5x7, or 2x1x9x4',
        ),
      );
    });
    for (const one of [source, loaded]) one.dispose();
    expect(() => loaded.run({})).toThrow(new TypeError('CompiledModel.run: the model is disposed'));
  });

  test('floats of 16 and 8 bits: smaller, and as near as they say', async () => {
    const layers = net();
    const program = compile(layers, { inputs: [[1, 3, 16, 16]] });
    const x = randn([1, 3, 16, 16], { seed: 7 });
    const expected = scope(() => program.run(x).toTypedArray());
    const scale = Math.max(...expected.map(Math.abs));
    const plain = program.save().length;
    for (const [weights, size, error] of [
      ['float16', 0.55, 2e-3],
      ['int8', 0.32, 2e-2],
    ] as const) {
      const bytes = program.save({ weights });
      expect(bytes.length / plain).toBeLessThan(size);
      const loaded = await loadCompiled<Tensor>(bytes);
      const found = scope(() => loaded.run(x).toTypedArray());
      const most = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
      expect(most / scale).toBeLessThan(error);
      expect(most).toBeGreaterThan(0);
      loaded.dispose();
    }
    for (const one of [x, layers, program]) one.dispose();
  });

  test('what is one number is in no file, and in no memory where it is joined', async () => {
    const x = randn([1, 4, 32, 32], { seed: 8 });
    const padded = await loadModel(PADDED);
    const loaded = await loadCompiled(padded.save());
    scope(() => {
      const [expected, once, again] = [padded.run({ x }), loaded.run({ x }), loaded.run({ x })];
      const r = relu(sub(x, 0.25));
      const whole = concat([r, zeros([1, 4, 32, 32])], 1);
      const w = tensor(
        Array.from({ length: 32 }, (_, i) => Math.sin(i)),
        [8, 4, 1, 1],
      );
      expect(allClose(expected.y!, add(conv2d(r, w), whole), { atol: 1e-5 })).toBe(true);
      for (const found of [once, again]) expect(found.y!.toArray()).toEqual(expected.y!.toArray());
    });
    expect(padded.save().length).toBeLessThan(4096);
    expect(padded.summary()).toMatch(/ full .*packed weights: \d{3} bytes/s);
    const kept = full([64, 8], 3);
    const program = compile((a: Tensor) => mul(a, kept), { inputs: [[64, 8]] });
    const again = await loadCompiled<Tensor>(program.save());
    expect(program.save().length).toBeLessThan(2048);
    scope(() => expect(again.run(ones([64, 8])).toArray()).toEqual(kept.toArray()));
    for (const one of [x, padded, loaded, kept, program, again]) one.dispose();
  });

  test('other tasks go on between the constants that loading packs', async () => {
    const layers = net();
    const program = compile(layers, { inputs: [[2, 3, 16, 16]] });
    const bytes = program.save();
    for (const one of [layers, program]) one.dispose();
    const steps = everyStepTakes(20);
    let tasks = 0;
    const count = (): void => {
      tasks++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    try {
      const loaded = await loadCompiled(bytes);
      // One for each pack of weights: two convolutions and the linear layer.
      expect(tasks).toBeGreaterThanOrEqual(3);
      loaded.dispose();
    } finally {
      clearImmediate(next);
      steps.mockRestore();
    }
  });

  test('what cannot be saved says why', async () => {
    const norm = new BatchNorm2d(2);
    const training = compile(norm, { inputs: [[2, 2, 3, 3]], mode: 'train' });
    expect(() => training.save()).toThrow(
      new RangeError(
        "Program.save: the program writes tensors in place (running statistics of mode 'train', or assign), which a file does not keep",
      ),
    );
    expect(() => training.save({ weights: 'int4' } as never)).toThrow(
      new RangeError("Program.save: weights is 'int4', must be 'float32' or 'float16' or 'int8'"),
    );
    const free = await loadModel(FREE);
    expect(() => free.save()).toThrow(
      new RangeError("Model.save: the shapes depend on 'x': give inputShapes"),
    );
    expect(() => free.save({ inputShapes: [] })).toThrow(
      new RangeError('Model.save: inputShapes is empty, must hold at least one'),
    );
    const loop = await loadModel(controlModels[1]!);
    expect(() => loop.save()).toThrow(
      new ModelError(
        'model: it runs in stages, planned with what those before gave, which a compiled file cannot hold',
      ),
    );
    const reshaped = await loadModel(RESHAPED);
    expect(() => reshaped.save()).toThrow(
      new ModelError("model: its shapes depend on the values of 'to', which a compiled file cannot hold"),
    );
    reshaped.dispose();
    for (const one of [norm, training, free, loop]) one.dispose();
    expect(() => free.save()).toThrow(new TypeError('Model.save: the model is disposed'));
  });
});

test.each([
  ['before', (dispose: () => void) => dispose()],
  ['between', setImmediate],
])('a runtime that is disposed %s the constants are packed', async (_, when) => {
  await init();
  const program = compile(net(), { inputs: [[2, 3, 16, 16]] });
  const bytes = program.save();
  const steps = everyStepTakes(20);
  const loading = loadCompiled(bytes);
  when(disposeRuntime);
  await expect(loading).rejects.toThrow(
    new Error('loadCompiled: disposeRuntime was called while the model was loading'),
  );
  steps.mockRestore();
  await init();
  (await loadCompiled(bytes)).dispose();
  expectNothingLive();
  disposeRuntime();
});
