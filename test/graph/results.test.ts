import {
  add,
  batchNorm,
  compile,
  concat,
  conv2d,
  Module,
  memory,
  mul,
  ones,
  parameter,
  relu,
  reshape,
  scope,
  split,
  type Tensor,
  tensor,
} from 'striate';
import { expect, expectTypeOf, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

const shape = [1, 2, 3, 4];
const values = Array.from({ length: 24 }, (_, i) => ((i * 7) % 11) - 5);
const input = () => tensor(values, shape);
const doubled = values.map((v) => 2 * v);
const positive = values.map((v) => Math.max(v, 0));

inEachVariant('results of a program', () => {
  test('an input that is the output is copied', () => {
    scope(() => {
      const x = input();
      const y = compile((a) => a, { inputs: [shape] }).run(x);
      expectSame(y.data, values);
      y.data.fill(9);
      expectSame(x.data, values);
    });
  });

  test('a constant that is the output is copied, at each run', () => {
    scope(() => {
      const constant = tensor([1, 2]);
      const program = compile((a) => [relu(a!), constant], { inputs: [shape] });
      const [, first] = program.run(input()) as [Tensor, Tensor];
      first.data.fill(9);
      const [, second] = program.run(input()) as [Tensor, Tensor];
      expectSame(second.data, [1, 2]);
      expectSame(constant.data, [1, 2]);
    });
  });

  test('one value asked for three times, twice under another shape', () => {
    scope(() => {
      const program = compile(
        (a) => {
          const y = relu(a!);
          return { flat: reshape(y, [-1]), y, again: y, tall: reshape(y, [24, 1]) };
        },
        { inputs: [shape] },
      );
      const results = program.run(input());
      expect(Object.keys(results)).toEqual(['flat', 'y', 'again', 'tall']);
      expect(results.tall.shape).toEqual([24, 1]);
      const all = Object.values(results);
      for (const [i, one] of all.entries()) {
        expectSame(one.data, positive);
        one.data.fill(i);
      }
      for (const [i, one] of all.entries()) expectSame(one.data, new Array(24).fill(i));
    });
  });

  test('an input under another shape', () => {
    scope(() => {
      const x = input();
      const y = compile((a) => reshape(a!, [6, 4]), { inputs: [shape] }).run(x);
      expect(y.shape).toEqual([6, 4]);
      y.data.fill(0);
      expectSame(x.data, values);
    });
  });

  test('an output that later operators read', () => {
    scope(() => {
      const program = compile(
        (a) => {
          const y = add(a!, a!);
          return [y, relu(y), mul(relu(y), -1)];
        },
        { inputs: [shape] },
      );
      const [a, b, c] = program.run(input()) as [Tensor, Tensor, Tensor];
      expectSame(a.data, doubled);
      expectSame(
        b.data,
        positive.map((v) => 2 * v),
      );
      expectSame(
        c.data,
        positive.map((v) => -2 * v),
      );
    });
  });

  test('arrays in objects in arrays keep their form', () => {
    scope(() => {
      const program = compile((a) => [{ both: [a!, relu(a!)] }, a!] as const, { inputs: [shape] });
      const [{ both }, x] = program.run(input());
      expectSame(both[1]!.data, positive);
      expectSame(x.data, values);
    });
  });

  test('no output at all', () => {
    scope(() => {
      expect(compile(() => [], { inputs: [shape] }).run(input())).toEqual([]);
    });
  });

  test('an input that nothing reads', () => {
    scope(() => {
      const program = compile((_, b) => relu(b!), { inputs: [[5], shape] });
      expectSame(program.run([ones([5]), input()]).data, positive);
    });
  });

  test('the same tensor as both inputs', () => {
    scope(() => {
      const x = input();
      expectSame(compile((a, b) => add(a!, b!), { inputs: [shape, shape] }).run([x, x]).data, doubled);
      expectSame(x.data, values);
    });
  });

  test('a function of constants alone', () => {
    scope(() => {
      const constant = input();
      const program = compile((a) => [relu(constant), a!], { inputs: [[1]] });
      expectSame((program.run(ones([1])) as Tensor[])[0]!.data, positive);
    });
  });

  test('pieces of a split, one of them empty, one of them unused', () => {
    scope(() => {
      const program = compile(
        (a) => {
          const [none, one, , rest] = split(a!, [0, 1, 1, 2], 3) as [Tensor, Tensor, Tensor, Tensor];
          return [none, concat([rest, one], 3)];
        },
        { inputs: [shape] },
      );
      const [none, mixed] = program.run(input()) as [Tensor, Tensor];
      expect(none.shape).toEqual([1, 2, 3, 0]);
      expect(mixed.shape).toEqual([1, 2, 3, 3]);
      expectSame(mixed.data.slice(0, 3), [values[2], values[3], values[0]] as number[]);
    });
  });

  test('zero batch', () => {
    scope(() => {
      const program = compile((a) => relu(conv2d(a!, ones([3, 2, 1, 1]))), { inputs: [[0, 2, 3, 4]] });
      expect(program.run(tensor([], [0, 2, 3, 4])).shape).toEqual([0, 3, 3, 4]);
    });
  });

  test('inner layers asked for by name are neither fused away nor overwritten', () => {
    scope(() => {
      class Double extends Module {
        forward(x: Tensor): Tensor {
          return add(x, x);
        }
      }
      class Net extends Module {
        weight = parameter(tensor([1, 0, 0, 1], [2, 2, 1, 1]));
        inner = new Double();
        last = [new Double(), new Double()];
        forward(x: Tensor): Tensor {
          const y = this.inner.forward(conv2d(x, this.weight));
          return (this.last[1] as Double).forward(relu((this.last[0] as Double).forward(y)));
        }
      }
      const net = new Net();
      const program = compile(net, { inputs: [shape], outputs: ['last.0', 'inner', 'last.1'] });
      const results = program.run(input());
      expectTypeOf(results).toEqualTypeOf<{ 'last.0': Tensor; inner: Tensor; 'last.1': Tensor }>();
      expect(Object.keys(results)).toEqual(['last.0', 'inner', 'last.1']);
      expectSame(results.inner.data, doubled);
      expectSame(
        results['last.0'].data,
        values.map((v) => 4 * v),
      );
      expectSame(
        results['last.1'].data,
        positive.map((v) => 8 * v),
      );
      expect(Object.keys(net.inner)).toEqual([]);
      expect(Object.hasOwn(net.inner, 'forward')).toBe(false);
    });
  });

  test('what the function makes inside is given back, what the program needs stays', () => {
    const program = compile((a) => add(a!, ones(shape)), { inputs: [shape] });
    expect(memory.stats().liveTensors).toBe(0);
    scope(() =>
      expectSame(
        program.run(input()).data,
        values.map((v) => v + 1),
      ),
    );
    program.dispose();
  });

  test('batch norm in train mode gives running statistics back at each run, in eval mode it does not', () => {
    scope(() => {
      const [mean, variance] = [tensor([0, 0]), tensor([1, 1])];
      const run = (training: boolean) =>
        compile((a) => batchNorm(a!, mean, variance, null, null, { training, momentum: 0.5 }), {
          inputs: [shape],
        }).run(input());
      run(false);
      expectSame(mean.data, [0, 0]);
      run(true);
      const channel = (c: number) => values.slice(12 * c, 12 * c + 12);
      const average = (list: number[]) => list.reduce((sum, v) => sum + v, 0) / list.length;
      const expected = [0, 1].map((c) => average(channel(c)) / 2);
      expectSame(mean.data, expected, 1e-6);
      run(true);
      expectSame(
        mean.data,
        expected.map((v) => 1.5 * v),
        1e-6,
      );
    });
  });
});
