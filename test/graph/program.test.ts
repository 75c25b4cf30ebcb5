import {
  add,
  BatchNorm2d,
  batchNorm,
  Conv2d,
  compile,
  cumSum,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  manualSeed,
  memory,
  mul,
  ones,
  ReLU,
  randn,
  relu,
  Sequential,
  scope,
  sigmoid,
  type Tensor,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

class Block extends Module {
  conv1: Conv2d;
  bn1: BatchNorm2d;
  conv2: Conv2d;
  bn2: BatchNorm2d;
  downsample: Sequential | null;
  constructor(from: number, to: number, stride: number) {
    super();
    this.conv1 = new Conv2d(from, to, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(to);
    this.conv2 = new Conv2d(to, to, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(to);
    this.downsample =
      stride === 1
        ? null
        : new Sequential(new Conv2d(from, to, 1, { stride, bias: false }), new BatchNorm2d(to));
  }
  forward(x: Tensor): Tensor {
    const y = relu(this.bn1.forward(this.conv1.forward(x)));
    return relu(add(this.bn2.forward(this.conv2.forward(y)), this.downsample?.forward(x) ?? x));
  }
}

class Residual extends Module {
  stem = new Sequential(
    new Conv2d(3, 8, 3, { stride: 2, padding: 1, bias: false }),
    new BatchNorm2d(8),
    new ReLU(),
  );
  blocks = [new Block(8, 8, 1), new Block(8, 16, 2)];
  pool = new MaxPool2d(2);
  head = new Sequential(new Flatten(), new Linear(16 * 2 * 2, 10));
  forward(x: Tensor): Tensor {
    let y = this.stem.forward(x);
    for (const block of this.blocks) y = block.forward(y);
    return this.head.forward(this.pool.forward(y));
  }
}

const shape = [2, 3, 16, 16];

inEachVariant('programs', () => {
  test('a residual network in eval mode gives what forward gives, with its running statistics', () => {
    scope(() => {
      manualSeed(7);
      const net = new Residual();
      const x = randn(shape);
      // In training the statistics move away from 0 and 1.
      for (let i = 0; i < 3; i++) net.run(x).dispose();
      net.eval();
      const program = compile(net, { inputs: [shape] });
      expectSame(program.run(x).data, net.run(x).data, 1e-5);
      expect(program.summary()).toContain('conv2d + batchNorm + add + relu');
    });
  });

  test('the same under another trainer: compile leaves the mode of each part as it was', () => {
    scope(() => {
      const net = new Residual();
      net.head.eval();
      compile(net, { inputs: [shape], mode: 'eval' });
      expect([net.training, net.stem.training, net.head.training]).toEqual([true, true, false]);
      compile(net, { inputs: [shape], mode: 'train' });
      expect([net.training, net.stem.training, net.head.training]).toEqual([true, true, false]);
      expect(() => compile(net, { inputs: [[1, 4, 16, 16]] })).toThrow(
        'conv2d: input has 4 channels, weight expects 3',
      );
      expect([net.training, net.stem.training, net.head.training]).toEqual([true, true, false]);
      expect(Object.hasOwn(net.stem, 'forward')).toBe(false);
    });
  });

  test('in train mode it runs as training does, and gives running statistics back', () => {
    scope(() => {
      manualSeed(3);
      const eager = new Residual();
      const compiled = new Residual();
      compiled.loadStateDict(eager.stateDict());
      const x = randn(shape);
      const program = compile(compiled, { inputs: [shape], mode: 'train' });
      for (let i = 0; i < 2; i++) {
        // A copy: what eager allocates may make the memory grow.
        const values = program.run(x).data.slice();
        expectSame(values, eager.forward(x).data, 1e-4);
      }
      for (const [key, value] of Object.entries(eager.stateDict())) {
        expectSame((compiled.stateDict()[key] as Tensor).data, value.data, 1e-5);
      }
    });
  });

  test('running statistics that are inputs are not written', () => {
    scope(() => {
      const shapes = [[2, 3, 4, 4], [3], [3]];
      const [x, mean, variance] = shapes.map((one, i) => randn(one, { seed: i })) as [Tensor, Tensor, Tensor];
      const before = [mean.toTypedArray(), variance.toTypedArray()];
      const normed = (a?: Tensor, b?: Tensor, c?: Tensor) =>
        batchNorm(a!, b!, c!, null, null, { training: true });
      const program = compile(normed, { inputs: shapes });
      const y = program.run([x, mean, variance]);
      expect([mean.toTypedArray(), variance.toTypedArray()]).toEqual(before);
      expectSame(y.data, normed(x, mean, variance).data);
      expect(mean.toTypedArray()).not.toEqual(before[0]);
    });
  });

  test('it does not see later changes of parameters and statistics until update()', () => {
    scope(() => {
      const net = new Residual().eval();
      const [x, program] = [randn(shape, { seed: 1 }), compile(net, { inputs: [shape] })];
      const before = program.run(x);
      for (const value of Object.values(net.stateDict())) {
        const { data } = value;
        for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) * 1.25 + 0.01;
      }
      expectSame(program.run(x).data, before.data);
      program.update();
      expectSame(program.run(x).data, net.run(x).data, 1e-5);
      expect(program.run(x).data[0]).not.toBe(before.data[0]);
    });
  });

  test('it outlives its module and the constants it was made of', () => {
    scope(() => {
      const net = new Residual().eval();
      const x = randn(shape, { seed: 1 });
      const program = compile(net, { inputs: [shape] });
      const before = program.run(x);
      net.dispose();
      expectSame(program.run(x).data, before.data);
      program.update();
      expectSame(program.run(x).data, before.data);
    });
  });

  test('run with into allocates nothing in the linear memory', () => {
    scope(() => {
      const net = new Residual().eval();
      const [x, program] = [randn(shape, { seed: 1 }), compile(net, { inputs: [shape] })];
      const into = program.run(x);
      const expected = into.toTypedArray();
      const before = memory.stats();
      for (let i = 0; i < 5; i++) {
        into.data.fill(0);
        expect(program.run(x, { into })).toBe(into);
        expect(memory.stats()).toEqual(before);
        expectSame(into.data, expected);
      }
    });
  });

  test('programs share one arena, as large as the largest plan', () => {
    scope(() => {
      const chain = (a: Tensor | undefined) => {
        let y = sigmoid(a!);
        for (let i = 0; i < 4; i++) y = mul(add(y, a!), 2);
        return y;
      };
      const { cacheBytes } = memory.stats();
      const programs = [100, 4000, 800].map((n) => compile(chain, { inputs: [[n]] }));
      const inputs = [100, 4000, 800].map((n) => ones([n]));
      const first = programs.map((program, i) => program.run(inputs[i]!).toTypedArray());
      const largest = Math.max(...programs.map((program) => program.arenaBytes));
      expect(memory.stats().cacheBytes - cacheBytes).toBeLessThanOrEqual(largest);
      for (const i of [2, 1, 0, 1, 2]) expectSame(programs[i]!.run(inputs[i]!).data, first[i]!);
    });
  });

  test('the plan of a chain needs two buffers at most, of parallel paths what is alive at once', () => {
    scope(() => {
      const bytes = 4 * 640;
      const chain = compile(
        (a) => {
          let y = relu(a!);
          for (let i = 0; i < 20; i++) y = cumSum(y.permute([1, 0]), 1);
          return relu(y);
        },
        { inputs: [[32, 20]] },
      );
      expect(chain.arenaBytes).toBe(2 * bytes);
      const inPlace = compile((a) => add(relu(sigmoid(relu(a!))), 1), { inputs: [[640]] });
      expect(inPlace.arenaBytes).toBeLessThanOrEqual(bytes + 64);
      const wide = compile(
        (a) => {
          const parts = Array.from({ length: 10 }, (_, i) => mul(a!, i));
          return parts.reduceRight((sum, part) => add(sum, part));
        },
        { inputs: [[640]] },
      );
      expect(wide.arenaBytes).toBeLessThanOrEqual(10 * bytes + 10 * 64);
      expectSame(wide.run(ones([640])).data, new Array(640).fill(45));
    });
  });

  test('a plan that no memory holds is refused when it runs, not before, and nothing is lost', () => {
    scope(() => {
      const huge = compile(
        (a) => {
          const y = mul(a!, ones([2 ** 14, 1]));
          const parts = [1, 2, 3, 4, 5].map((n) => add(y, n).permute([1, 0]));
          return parts
            .reduce((sum, part) => add(sum, part))
            .reshape([-1])
            .reshape([2 ** 14, 2 ** 14])
            .permute([1, 0]);
        },
        { inputs: [[1, 2 ** 14]] },
      );
      expect(huge.arenaBytes).toBeGreaterThan(2 ** 31);
      const x = ones([1, 2 ** 14]);
      const before = memory.stats();
      expect(() => huge.run(x)).toThrow(/^Program.run: no room for \d+ bytes/);
      expect(memory.stats()).toMatchObject({ liveBytes: before.liveBytes, liveTensors: before.liveTensors });
      expectSame(relu(tensor([-1, 2])).data, [0, 2]);
    });
  });

  test('random numbers made inside a function are drawn anew at each run; with a seed they stay', () => {
    scope(() => {
      const noisy = (a: Tensor | undefined) => add(a!, randn([8]));
      const same = (a: Tensor | undefined) => add(a!, randn([8], { seed: 3 }));
      const x = ones([8]);
      manualSeed(11);
      const expected = [noisy(x), noisy(x)].map((one) => one.toTypedArray());
      const program = compile(noisy, { inputs: [[8]] });
      manualSeed(11);
      for (const values of expected) expectSame(program.run(x).data, values);
      const fixed = compile(same, { inputs: [[8]] });
      for (let i = 0; i < 2; i++) expectSame(fixed.run(x).data, same(x).toTypedArray());
    });
  });

  test('summary has a row per step, and totals', () => {
    scope(() => {
      const net = new Sequential(new Conv2d(1, 2, 3), new ReLU(), new Flatten(), new Linear(8, 3));
      const lines = compile(net, { inputs: [[1, 1, 4, 4]] })
        .summary()
        .split('\n');
      expect(lines[0]).toMatch(/^name +operator +algorithm +output +parameters +macs +bytes$/);
      expect(lines[1]).toMatch(/^0 +conv2d \+ relu +\S+ +1x2x2x2 +20 +72 +32$/);
      expect(lines[3]).toMatch(/^3 +linear +\S+ +1x3 +27 +24 +12$/);
      expect(lines.join('\n')).toContain('parameters: 47   multiply-accumulates: 96');
      expect(lines.join('\n')).toMatch(
        /planned peak of activations: [\d,]+ bytes {3}packed weights: [\d,]+ bytes/,
      );
    });
  });

  test('profile has a row per step with its time, and leaves nothing', () => {
    scope(() => {
      const net = new Residual().eval();
      const program = compile(net, { inputs: [shape] });
      const x = randn(shape, { seed: 1 });
      const before = memory.stats();
      const rows = program.profile(x, { runs: 3 });
      expect(memory.stats()).toMatchObject({ liveBytes: before.liveBytes, liveTensors: before.liveTensors });
      expect(rows.map((row) => row.name)).toContain('blocks.1.downsample.0');
      for (const { milliseconds, gflops, limit, share, operator } of rows) {
        expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect(gflops).toBeGreaterThanOrEqual(0);
        expect(limit).toBeGreaterThanOrEqual(0);
        expect(limit).toBeLessThanOrEqual(milliseconds);
        expect(share).toBeLessThanOrEqual(1);
        expect(operator).not.toBe('');
      }
      const macs = rows.filter((row) => row.operator.startsWith('conv2d'));
      expect(macs.every((row) => row.algorithm !== '')).toBe(true);
    });
  });

  test('integers and bytes', () => {
    scope(() => {
      const program = compile((a, b) => ({ ints: add(a, 3), bytes: mul(b, b) }), {
        inputs: [
          { shape: [2], dtype: 'int32' },
          { shape: [3], dtype: 'uint8' },
        ],
      });
      const ints = tensor(Int32Array.of(1, -2));
      const bytes = tensor(Uint8Array.of(1, 20, 15));
      const results = program.run([ints, bytes]);
      expect(results.ints.data).toEqual(Int32Array.of(4, 1));
      expect(results.bytes.data).toEqual(Uint8Array.of(1, 144, 225));
    });
  });

  test('a scope in a function looks at what it gives, not at the thousands of calls behind it', () => {
    scope(() => {
      const deep = (x: Tensor) =>
        scope(() => {
          let y = x;
          for (let i = 0; i < 20_000; i++) y = mul(y, -1);
          return y;
        });
      expect(
        compile(deep, { inputs: [[2]] })
          .run(tensor([1, -2]))
          .toArray(),
      ).toEqual([1, -2]);
    });
  });
});
