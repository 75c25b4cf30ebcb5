import {
  type AnyTensor,
  add,
  Conv2d,
  compile,
  Flatten,
  type InputSpec,
  Linear,
  Module,
  maxPool2d,
  ones,
  type Program,
  relu,
  Sequential,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { expect, expectTypeOf, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';

class Net extends Module {
  conv = new Conv2d(1, 2, 1);
  heads = [new Linear(8, 3), new Linear(8, 1)];
  body: Module = new Sequential(new Flatten());
  forward(x: Tensor): Tensor {
    const y = this.body.forward(this.conv.forward(x));
    return add(this.heads[0]!.forward(y), this.heads[1]!.forward(y));
  }
}

const shape = [1, 1, 2, 2] as const;

withRuntime('compile', () => {
  test('the names of outputs are the keys of what a run gives, with the dtypes that the layers tell', () => {
    scope(() => {
      const net = new Net();
      const program = compile(net, { inputs: [shape], outputs: ['conv', 'heads.1', 'body', 'body.0'] });
      const x = ones(shape);
      const results = program.run(x);
      expectTypeOf(results).toEqualTypeOf<{
        conv: Tensor;
        'heads.1': Tensor;
        body: Tensor;
        'body.0': AnyTensor;
      }>();
      expect(Object.keys(results)).toEqual(['conv', 'heads.1', 'body', 'body.0']);
      expect(results.conv.shape).toEqual([1, 2, 2, 2]);
      expect(relu(results['body.0'].as('float32')).shape).toEqual([1, 8]);
      // @ts-expect-error: not asked for
      expect(results['heads.0']).toBeUndefined();
      expect(program.run(x, { into: results })).toBe(results);
    });
  });

  test('names that are known only when it runs', () => {
    scope(() => {
      const names: string[] = ['conv'];
      const results = compile(new Net(), { inputs: [shape], outputs: names }).run(ones(shape));
      expectTypeOf(results).toEqualTypeOf<{ [name: string]: AnyTensor }>();
      expect(results.conv?.shape).toEqual([1, 2, 2, 2]);
      const given = names.length > 1 ? names : undefined;
      const either = compile(new Net(), { inputs: [shape], outputs: given }).run(ones(shape));
      expectTypeOf(either).toEqualTypeOf<Tensor | { [name: string]: AnyTensor }>();
      expect((either as Tensor).shape).toEqual([1, 3]);
    });
  });

  test("without names a run gives what forward gives, and takes the inputs' dtypes", () => {
    scope(() => {
      const program = compile(new Net(), { inputs: [shape], outputs: undefined, mode: undefined });
      expectTypeOf(program).toExtend<Program<Tensor>>();
      const x = ones(shape);
      expect(program.run(x).toArray()).toEqual(program.run([x]).toArray());
      const bytes = zeros(shape, { dtype: 'uint8' });
      // @ts-expect-error: the input is float32
      expect(() => program.run(bytes)).toThrow(
        new TypeError('Program.run: inputs[0] is uint8, must be float32'),
      );
      // @ts-expect-error: the same of profile
      expect(() => program.profile([bytes])).toThrow(TypeError);
    });
  });

  test("a function's parameters have the dtypes of the inputs", () => {
    scope(() => {
      const program = compile(
        (x, bytes, ints) => {
          expectTypeOf(x).toEqualTypeOf<Tensor>();
          expectTypeOf(bytes).toEqualTypeOf<Tensor<'uint8'>>();
          expectTypeOf(ints).toEqualTypeOf<Tensor<'int32'>>();
          return { sum: add(x, ints.cast('float32')), pooled: [maxPool2d(x, 1), bytes] as const };
        },
        { inputs: [shape, { shape, dtype: 'uint8' }, { shape, dtype: 'int32', name: 'ints' }] },
      );
      const [x, bytes, ints] = [
        ones(shape),
        tensor(Uint8Array.of(1, 2, 3, 4), shape),
        ones(shape, { dtype: 'int32' }),
      ];
      const results = program.run([x, bytes, ints]);
      expectTypeOf(results.sum).toEqualTypeOf<Tensor>();
      expectTypeOf(results.pooled).toEqualTypeOf<readonly [Tensor, Tensor<'uint8'>]>();
      expect(results.sum.toArray()).toEqual([
        [
          [
            [2, 2],
            [2, 2],
          ],
        ],
      ]);
      expect(results.pooled[1].data).toEqual(bytes.data);
      // @ts-expect-error: three inputs
      expect(() => program.run(x)).toThrow(new RangeError('Program.run: x has 1 tensor, must have 3'));
      // @ts-expect-error: the second is uint8
      expect(() => program.run([x, x, ints])).toThrow(TypeError);
      // @ts-expect-error: a function of int32 on float32
      compile((a: Tensor<'int32'>) => a, { inputs: [[1]] });
    });
  });

  test('inputs that are known only when it runs', () => {
    scope(() => {
      const shapes: number[][] = [[2], [2]];
      const sum = compile((a, b) => add(a!, b!), { inputs: shapes });
      expect(sum.run([ones([2]), ones([2])]).toArray()).toEqual([2, 2]);
      const specs: InputSpec[] = [{ shape: [2], dtype: 'int32' }];
      const program = compile((...xs) => add(xs[0]!.as('int32'), 1), { inputs: specs });
      const result = program.run(ones([2], { dtype: 'int32' }));
      expectTypeOf(result).toEqualTypeOf<Tensor<'int32'>>();
      expect(result.toArray()).toEqual([2, 2]);
    });
  });
});
