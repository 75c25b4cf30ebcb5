/** Quantised models: what they give, what they are made of, what their reports say, and what can be done with them. */
import {
  add,
  Conv2d,
  concat,
  div,
  full,
  linear,
  loadCompiled,
  Module,
  maxPool2d,
  mul,
  ones,
  randn,
  relu,
  Sequential,
  scope,
  softmax,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { exportOnnx, loadModel, type Model } from 'striate/onnx';
import { type QuantizedModel, type QuantizeOptions, quantize } from 'striate/quantize';
import { expect, test } from 'vitest';
import { engine } from '../../ts/engine/engine.ts';
import { ALGORITHM, BYTES } from '../../ts/instructions/table.ts';
import { limitOf } from '../../ts/program/limit.ts';
import { floats, model as modelBytes, TYPE } from '../onnx/encode.ts';
import { inEachVariant, withRuntime } from '../support/runtime.ts';
import { decibelsOf, Net, noise, valuesOf } from './nets.ts';

/** The net on integers, and the floats that it gives for other pictures than those it was quantised on. */
async function quantizedNet(
  options: QuantizeOptions,
  use: (found: { q: QuantizedModel; decibels: number; others: Tensor[] }) => unknown,
): Promise<void> {
  const net = new Net();
  const [pictures, others] = [noise(8), noise(4, 50)];
  const q = await quantize(net, pictures, options);
  const expected = valuesOf(others, (x) => net.forward(x));
  const found = valuesOf(others, (x) => q.run(x).output as Tensor);
  const decibels = decibelsOf(
    expected.flatMap((one) => [...one]),
    found.flatMap((one) => [...one]),
  );
  await use({ q, decibels, others });
  for (const one of [net, q, ...pictures, ...others]) one.dispose();
}

/** The nodes' operators, in order. */
const operators = (model: Model): string[] => model.nodes.map(({ operator }) => operator);

withRuntime('a net on integers', () => {
  test('gives about what it gave on floats, in less than a third of the bytes for large layers', () =>
    quantizedNet({}, ({ q, decibels }) => {
      expect(decibels).toBeGreaterThan(25);
      const report = q.report();
      expect(report.layers.map(({ name, operator, precision }) => [name, operator, precision])).toEqual(
        ['stem', 'depthwise', 'pointwise', 'wide', 'last']
          .map((name) => [`${name}/Conv`, 'Conv', 'int8'])
          .concat([['scores/Gemm', 'Gemm', 'float32']]),
      );
      const wide = report.layers.find(({ name }) => name === 'wide/Conv');
      expect(wide).toMatchObject({ bytesBefore: 4 * (8 * 8 * 9 + 8), bytesAfter: 8 * 8 * 9 + 13 * 8 });
      expect(report.bytesAfter).toBeLessThan(report.bytesBefore);
      for (const { precision, signalToNoise, signalToNoiseInModel } of report.layers) {
        if (precision === 'int8') expect(signalToNoise).toBeGreaterThan(25);
        expect(signalToNoiseInModel).toBeGreaterThan(20);
      }
    }));

  test.each([
    { method: 'percentile', percentile: 99.9 },
    { method: 'mse' },
    { bits: 7 },
    { biasCorrection: false },
    { equalize: false },
    { keepHeads: false },
  ] as const)('by %o', (options) =>
    quantizedNet(options, ({ q, decibels }) => {
      expect(decibels).toBeGreaterThan(20);
      expect(String(q.report())).toContain(
        `ranges by ${'method' in options ? options.method : 'minmax'} of 8 inputs, weights of ${'bits' in options ? 7 : 8} bits`,
      );
    }),
  );

  test('with 7 bits no weight is beyond 63', () =>
    quantizedNet({ bits: 7 }, ({ q, others }) => {
      const weights = q.origin.proto.graph.initializers.filter(({ name }) => name.includes('weight/'));
      const names = weights.filter(({ type }) => type === TYPE.int8).map(({ name }) => name);
      const found = names.map((name) => {
        const [values] = valuesOf(others.slice(0, 1), (x) => q.run(x, { outputs: [name] })[name] as Tensor);
        return Math.max(...(values as Float32Array).map(Math.abs));
      });
      expect(found.filter((one) => one === 63)).toHaveLength(5);
      expect(Math.max(...found)).toBe(63);
    }));

  test('keeps one scale through what moves, chooses and puts together', () =>
    quantizedNet({}, ({ q }) => {
      const scales = q.origin.proto.graph.nodes
        .filter(({ operator }) => operator === 'QuantizeLinear')
        .map(({ inputs }) => inputs[1] as string);
      expect(new Set(scales).size).toBeLessThan(scales.length);
      expect(operators(q)).not.toContain('BatchNormalization');
    }));

  test('leaves in floats what is excluded, and what loses too much, and says so', async () => {
    await quantizedNet({ exclude: ['wide/Conv'] }, ({ q }) => {
      const rows = q.report().layers.filter(({ precision }) => precision === 'float32');
      expect(rows).toMatchObject([
        { name: 'wide/Conv', reason: 'excluded', signalToNoise: null },
        { name: 'scores/Gemm', reason: 'what it gives is read as floats alone, and its weights are few' },
      ]);
      expect(String(q.report())).toContain('in floats: wide/Conv: excluded');
    });
    await quantizedNet({ threshold: 200 }, ({ q, decibels }) => {
      expect(decibels).toBeGreaterThan(100);
      expect(q.report().layers.every(({ precision }) => precision === 'float32')).toBe(true);
      expect(String(q.report())).toMatch(
        /in floats: stem\/Conv: it alone would have \d+\.\d dB, below the threshold of 200/,
      );
    });
  });

  test('is a model like any other: as a file of ONNX, compiled, summed up, profiled', () =>
    quantizedNet({}, async ({ q, others }) => {
      const [expected] = valuesOf(others, (x) => q.run(x).output as Tensor);
      const again = await loadModel(q.toOnnx());
      expect(operators(again)).toEqual(operators(q));
      expect(valuesOf(others.slice(0, 1), (x) => again.run(x).output as Tensor)).toEqual([expected]);
      const compiled = await loadCompiled(q.save({ inputShapes: { input: [1, 3, 16, 16] } }));
      expect(valuesOf(others.slice(0, 1), (x) => compiled.run(x).output as Tensor)).toEqual([expected]);
      expect(q.summary()).toContain('packed weights');
      expect(q.profile(others[0] as Tensor, { runs: 1 }).length).toBeGreaterThan(5);
      for (const one of [again, compiled]) one.dispose();
    }));

  test('takes batches of any size where the module does', async () => {
    const [net, pictures] = [new Conv2d(3, 2, 3, { seed: 1 }), noise(2)];
    const q = await quantize(net, pictures);
    expect(q.inputs[0]?.shape).toEqual(['batch', 3, 16, 16]);
    for (const one of [net, q, ...pictures]) one.dispose();
  });
});

withRuntime('channels of one size', () => {
  /** A convolution whose channels differ by a thousand, a depthwise one, a sum, a pool and a part of zeros. */
  class Uneven extends Module {
    a = new Conv2d(3, 4, 3, { padding: 1, seed: 1 });
    b = new Conv2d(4, 4, 3, { padding: 1, groups: 4, seed: 2 });
    c = new Conv2d(4, 4, 1, { seed: 3 });
    d = new Conv2d(6, 4, 1, { seed: 4 });
    forward(x: Tensor): Tensor {
      const y = relu(this.a.forward(x));
      const z = maxPool2d(relu(add(y, this.c.forward(this.b.forward(y)))), 2);
      return this.d.forward(concat([z, zeros([1, 2, 8, 8])], 1));
    }
  }

  test('lose less than channels that differ, and are the same function', async () => {
    const net = new Uneven();
    scope(() => {
      const factors = tensor([16, 4, 1, 0.25], [4, 1, 1, 1]);
      net.a.weight.assign(mul(net.a.weight, factors));
      net.d.weight.assign(div(net.d.weight, tensor([16, 4, 1, 0.25, 1, 1], [1, 6, 1, 1])));
    });
    const pictures = noise(4);
    const expected = valuesOf(pictures, (x) => net.forward(x)).flatMap((one) => [...one]);
    const decibels: number[] = [];
    for (const options of [{ equalize: false }, {}, { threshold: 200 }]) {
      const q = await quantize(net, pictures, { keepHeads: false, ...options });
      const found = valuesOf(pictures, (x) => q.run(x).output as Tensor).flatMap((one) => [...one]);
      decibels.push(decibelsOf(expected, found));
      q.dispose();
    }
    const [uneven, even, floats] = decibels as [number, number, number];
    expect(even).toBeGreaterThan(uneven + 4);
    expect(floats).toBeGreaterThan(110);
    for (const one of [net, ...pictures]) one.dispose();
  });
});

withRuntime('the integers', () => {
  test('are those that the formulas give', async () => {
    class Two extends Module {
      a = new Conv2d(1, 1, 1, { bias: true });
      b = new Conv2d(1, 1, 1, { bias: false });
      forward(x: Tensor): Tensor {
        return this.b.forward(relu(this.a.forward(x)));
      }
    }
    const net = new Two();
    net.loadStateDict({ 'a.weight': [[[[2]]]], 'a.bias': [-10], 'b.weight': [[[[-0.3]]]] } as never, {
      strict: true,
    });
    const x = tensor(
      Array.from({ length: 16 }, (_, i) => i - 3),
      [1, 1, 4, 4],
    );
    const q = await quantize(net, [x], { biasCorrection: false, equalize: false, keepHeads: false });
    // x from -3 to 12; relu(2 x - 10) from 0 to 14.
    const f = Math.fround;
    const [xs, ys] = [f(15 / 255), f(14 / 255)];
    const zero = Math.round(3 / xs);
    const round = (value: number) => {
      const whole = Math.round(value);
      return whole - value === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
    };
    const [aScale, bScale] = [f(2 / 127), f(f(0.3) / 127)];
    const bias = round(-10 / f(aScale * xs)) * f(aScale * xs);
    const expected = x.data.map((value) => {
      const back = (Math.min(255, Math.max(0, round(value / xs) + zero)) - zero) * xs;
      const y = Math.max(0, back * 127 * aScale + bias);
      return Math.min(255, round(y / ys)) * ys * -127 * bScale;
    });
    const [found] = valuesOf([x], (one) => q.run(one).output as Tensor);
    for (const [i, value] of expected.entries()) expect(found?.[i]).toBeCloseTo(value, 5);
    for (const one of [net, x, q]) one.dispose();
  });

  test('of biases are small enough beside weights of nearly nothing', async () => {
    class Tiny extends Module {
      conv = new Conv2d(1, 2, 1);
      forward(x: Tensor): Tensor {
        return this.conv.forward(x);
      }
    }
    const net = new Tiny();
    net.loadStateDict({ 'conv.weight': [[[[1e-12]]], [[[0]]]], 'conv.bias': [5, 0] } as never);
    const x = ones([1, 1, 2, 2]);
    const q = await quantize(net, [x]);
    const [found] = valuesOf([x], (one) => q.run(one).output as Tensor);
    expect([...(found as Float32Array)].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([
      5, 5, 5, 5, 0, 0, 0, 0,
    ]);
    for (const one of [net, x, q]) one.dispose();
  });

  test('of a mean error are taken back by the bias', async () => {
    const net = new Conv2d(4, 4, 1, { seed: 3, bias: false });
    const pictures = Array.from({ length: 4 }, (_, i) =>
      tensor(
        Float32Array.from({ length: 256 }, (_, k) => ((k * 7919 + i * 31) % 97) / 10 + 1),
        [1, 4, 8, 8],
      ),
    );
    const means: number[] = [];
    for (const biasCorrection of [false, true]) {
      const q = await quantize(net, pictures, { biasCorrection });
      const expected = valuesOf(pictures, (x) => net.forward(x));
      const found = valuesOf(pictures, (x) => q.run(x).output as Tensor);
      let sum = 0;
      for (let c = 0; c < 4; c++) {
        let error = 0;
        for (const [i, values] of expected.entries())
          for (let k = 64 * c; k < 64 * c + 64; k++)
            error += (found[i]?.[k] as number) - (values[k] as number);
        sum += Math.abs(error / 256);
      }
      means.push(sum);
      q.dispose();
    }
    expect(means[1]).toBeLessThan((means[0] as number) / 10);
    for (const one of [net, ...pictures]) one.dispose();
  });
});

withRuntime('what is quantised', () => {
  test('may be a model of ONNX below set 13, with clips of attributes', async () => {
    const bytes = modelBytes({
      nodes: [
        { op: 'Conv', in: ['x', 'w'], out: ['a'], name: 'first' },
        { op: 'Clip', in: ['a'], out: ['b'], name: 'bound', attributes: {} },
        { op: 'Dropout', in: ['b'], out: ['c'], name: 'drop' },
        { op: 'Conv', in: ['c', 'v'], out: ['d'], name: 'second' },
        { op: 'Softmax', in: ['d'], out: ['y'], name: 'soft' },
      ],
      weights: [floats('w', [2, 1, 1, 1], [1, -2]), floats('v', [2, 2, 1, 1], [1, 0.5, -0.25, 1])],
      inputs: { x: [[1, 1, 2, 2]] },
      outputs: ['y'],
      opset: 9,
    });
    const model = await loadModel(bytes);
    const x = tensor([1, -2, 0.5, 3], [1, 1, 2, 2]);
    const q = await quantize(model, [x]);
    const [expected, found] = [model, q].map((one) => valuesOf([x], () => one.run(x).y as Tensor)[0]);
    expect(decibelsOf(expected as Float32Array, found as Float32Array)).toBeGreaterThan(30);
    expect(q.origin.proto.opsets.get('')).toBe(13);
    for (const one of [model, q, x]) one.dispose();
  });

  test('may be given by a generator whose tensors go when the next is asked for', async () => {
    async function* pictures() {
      for (let i = 0; i < 3; i++) {
        const [x] = noise(1, i);
        yield x as Tensor;
        x?.dispose();
      }
    }
    const net = new Net();
    const q = await quantize(net, pictures());
    expect(q.report().samples).toBe(3);
    for (const one of [net, q]) one.dispose();
  });

  test('may have several inputs, by name, and constants beside them', async () => {
    class Pair extends Module<[Tensor, Tensor]> {
      conv = new Conv2d(3, 2, 1, { seed: 1 });
      forward(a: Tensor, b: Tensor): Tensor {
        return softmax(concat([this.conv.forward(a), this.conv.forward(b), full([1, 1, 16, 16], 2)], 1), {
          dim: 1,
        });
      }
    }
    const net = new Pair();
    const [left, right] = noise(2) as [Tensor, Tensor];
    const q = await quantize(net, [{ left, right }]);
    expect(q.inputs.map(({ name }) => name)).toEqual(['left', 'right']);
    for (const one of [net, q, left, right]) one.dispose();
  });
});

withRuntime('quantising', () => {
  test('tells how far it is, lets others run, and ends on demand', async () => {
    const net = new Net();
    const pictures = noise(3);
    const seen: [number, number][] = [];
    const q = await quantize(net, pictures, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)).toEqual([12, 12]);
    expect(seen.every(([done], i) => i === 0 || done >= (seen[i - 1] as [number, number])[0])).toBe(true);
    q.dispose();
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(quantize(net, pictures, { signal: controller.signal, onProgress })).rejects.toThrow(
      'enough',
    );
    await expect(quantize(net, pictures, { signal: controller.signal })).rejects.toThrow('enough');
    const odd = { aborted: true } as AbortSignal;
    await expect(quantize(net, pictures, { signal: odd })).rejects.toThrow('quantize: the signal ended it');
    for (const one of [net, ...pictures]) one.dispose();
  });

  test.each([[[96]], [[3, 96]], [[2, 2, 96]]])(
    'multiplies bytes where the results stay floats, of x %o',
    async (shape) => {
      const [first, last, bias] = [
        randn([64, 96], { seed: 1 }),
        randn([10, 64], { seed: 2 }),
        randn([10], { seed: 3 }),
      ];
      const x = randn(shape, { seed: 4 });
      const file = exportOnnx((x) => linear(relu(linear(x, first)), last, bias), { inputs: [shape] });
      const model = await loadModel(file);
      const q = await quantize(model, [x], { threshold: -100, keepHeads: false });
      const names = q.profile(x, { runs: 1 }).map(({ operator }) => operator);
      expect(names).toContain('quantizedConv');
      expect(names.filter((name) => /linear|matmul/.test(name.replace(/.* \+ quantize$/, '')))).toEqual([]);
      const [want, found] = [model, q].map((one) => valuesOf([x], (x) => one.run(x).output as Tensor)[0]!);
      expect(found).toHaveLength(want!.length);
      expect(decibelsOf(want!, found!)).toBeGreaterThan(25);
      for (const one of [first, last, bias, x, model, q]) one.dispose();
    },
  );

  test('leaves the model as it was', async () => {
    const net = new Net();
    const model = await loadModel(exportOnnx(net, { inputs: [[1, 3, 16, 16]] }));
    const [x] = noise(1) as [Tensor];
    const before = valuesOf([x], () => model.run(x).output as Tensor);
    const q = await quantize(model, [x]);
    expect(valuesOf([x], () => model.run(x).output as Tensor)).toEqual(before);
    expect(operators(model)).not.toContain('QuantizeLinear');
    for (const one of [net, model, x, q]) one.dispose();
  });

  test('reports as text, JSON and bars', () =>
    quantizedNet({}, ({ q }) => {
      const report = q.report();
      expect(JSON.parse(JSON.stringify(report))).toMatchObject({ method: 'minmax', bits: 8, samples: 8 });
      const [head, , , titles, first] = String(report).split('\n');
      expect(head).toBe('5 of 6 layers on integers; ranges by minmax of 8 inputs, weights of 8 bits');
      expect(titles).toMatch(/^layer +operator +runs on +dB alone +dB in model +bytes +before$/);
      expect(first).toMatch(/^stem\/Conv +Conv +int8 +\d+\.\d +\d+\.\d +320 +896$/);
      const svg = report.toSvg({ title: 'Net & co', width: 400 });
      expect(svg).toContain('aria-label="Net &#38; co: output ');
      expect(svg.match(/<rect /g)).toHaveLength(12);
      expect(svg).toContain('width="400"');
    }));
});

inEachVariant('steps on bytes', () => {
  test('have a limit of their own: products of bytes are faster than those of floats, and no step as fast as they', async () => {
    const net = new Sequential(
      new Conv2d(16, 64, 1),
      new Conv2d(64, 64, 1),
      new Conv2d(64, 64, 3, { padding: 1, groups: 64 }),
      new Conv2d(64, 64, 3),
      new Conv2d(64, 4, 1),
    );
    const x = randn([1, 16, 24, 24], { seed: 1 });
    const model = await quantize(net, [x], { threshold: -100, keepHeads: false });
    const rows = model.profile(x, { runs: 5 }).filter(({ gflops }) => gflops > 0);
    expect(rows.map(({ algorithm }) => algorithm)).toEqual([
      'bytes',
      'bytes',
      'bytes-depthwise',
      'bytes-3x3',
      'bytes',
    ]);
    for (const { share, limit, milliseconds } of rows) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);
      expect(limit).toBeLessThan(milliseconds);
    }
    const on = engine('limitOf');
    const least = (algorithm: number) => limitOf(on, { macs: 1e9, bytes: 0, algorithm });
    expect(least(BYTES.bytes)).toBeLessThan(least(ALGORITHM.gemm));
    expect(least(BYTES['bytes-depthwise'])).toBe(least(BYTES.bytes));
    expect(least(BYTES['bytes-3x3'])).toBeLessThanOrEqual(least(BYTES.bytes));
    for (const one of [net, model, x]) one.dispose();
  });
});
