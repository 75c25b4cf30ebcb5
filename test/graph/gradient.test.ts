import {
  add,
  batchNorm,
  compile,
  Module,
  memory,
  mul,
  ones,
  parameter,
  relu,
  reshape,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from 'striate';
import { expect, test } from 'vitest';
import type { DType } from '../../ts/base/dtype.ts';
import { type Block, emitBinary, emitBinaryInto, emitScale } from '../../ts/instructions/emit.ts';
import { BINARY } from '../../ts/instructions/table.ts';
import { operator } from '../../ts/ops/operator.ts';
import { expectNothingLive, inEachVariant } from '../support/runtime.ts';

let lowered = 0;

/** a * b for tensors of one shape; counts how often its gradient is emitted. */
const product = operator(
  {
    name: 'product',
    torch: 'torch.mul',
    onnx: [],
    args: ['a', 'b'],
    numbers: true,
    resolve: ([a]) => ({ outputs: [a!], problem: null }),
    lower(to, { types, inputs, outputs }) {
      const [a, b] = inputs.map((buffer, i) => ({ buffer, shape: types[i]!.shape })) as [Block, Block];
      emitBinaryInto(to, BINARY.mul, 'float32', a, b, { buffer: outputs[0]!, shape: a.shape });
    },
    gradient(to, { types, inputs, gradients, wanted }) {
      lowered += 1;
      const dy = { buffer: gradients[0]!, shape: types[0]!.shape };
      const times = (i: number) =>
        emitBinary(to, BINARY.mul, dy, { buffer: inputs[i]!, shape: types[i]!.shape }).buffer;
      return [wanted[0] ? times(1) : null, wanted[1] ? times(0) : null];
    },
  },
  (invoke) =>
    (a: Tensor, b: Tensor | number): Tensor =>
      invoke([a, b] as unknown as Tensor<DType>[], [])[0] as unknown as Tensor,
);

/** Two outputs: 2x and 3x. */
const fork = operator(
  {
    name: 'fork',
    torch: 'torch.split',
    onnx: [],
    args: ['x'],
    resolve: ([x]) => ({ outputs: [x!, x!], problem: null }),
    lower(to, { types, inputs, outputs }) {
      const x = { buffer: inputs[0]!, shape: types[0]!.shape };
      outputs.forEach((y, i) => {
        emitBinaryInto(to, BINARY.add, 'float32', x, emitScale(to, x, i + 1), { buffer: y, shape: x.shape });
      });
    },
    gradient(to, { types, gradients }) {
      const [a, b] = gradients.map((buffer) => ({ buffer: buffer!, shape: types[0]!.shape })) as [
        Block,
        Block,
      ];
      return [emitBinary(to, BINARY.add, emitScale(to, a, 2), emitScale(to, b, 3)).buffer];
    },
  },
  (invoke) =>
    (x: Tensor): Tensor[] =>
      invoke([x as unknown as Tensor<DType>], []) as unknown as Tensor[],
);

const values = (t: Tensor) => [...t.toTypedArray()];

inEachVariant('gradients', () => {
  test('a value used twice, through a reshape, with a constant', () => {
    scope(() => {
      const x = tensor([1, 2, 3]);
      const c = tensor([5, 6, 7]);
      const { value, pullback, dispose } = vjp(
        (x) => product(product(reshape(x, [3, 1]), reshape(x, [3, 1])), reshape(c, [3, 1])),
        x,
      );
      expect(values(value)).toEqual([5, 24, 63]);
      const [dx] = pullback(tensor([[1], [1], [2]]));
      expect(dx!.shape).toEqual([3]);
      expect(values(dx!)).toEqual([10, 24, 84]);
      const [again] = pullback(ones([3, 1]));
      expect(values(again!)).toEqual([10, 24, 42]);
      dispose();
      dispose();
      expect(() => pullback(ones([3, 1]))).toThrow(TypeError);
    });
  });

  test('the record outlives what was used, and does not see later changes of the value', () => {
    scope(() => {
      const x = tensor([1, 2]);
      const record = vjp((x) => product(product(x, x), x), x);
      record.value.data.fill(100);
      record.value.dispose();
      expect(values(record.pullback(tensor([1, 1]))[0]!)).toEqual([3, 12]);
      x.dispose();
      expect(values(record.pullback(tensor([1, 1]))[0]!)).toEqual([3, 12]);
    });
  });

  test('a pullback refuses values that were written in place after they were read', () => {
    scope(() => {
      const sentence = (name: string) =>
        new Error(
          `pullback: ${name} was written in place after vjp read it, must stay as it was: call vjp again, or give it a clone()`,
        );
      const [x, c] = [tensor([1, 2]), tensor([[3, 4]])];
      const dy = ones([2]);
      const linear = vjp((x) => product(x, 2), x);
      const square = vjp((x) => product(x, x), x);
      const scaled = vjp((x) => product(x, reshape(c, [2])), x);
      x.assign([5, 6]);
      expect(() => square.pullback(dy)).toThrow(sentence('xs[0]'));
      expect(values(scaled.pullback(dy)[0]!)).toEqual([3, 4]);
      expect(values(linear.pullback(dy)[0]!)).toEqual([2, 2]);
      c.reshape([2]).assign(0);
      expect(() => scaled.pullback(dy)).toThrow(sentence('a tensor of shape 2'));
      expect(values(vjp((x) => product(x, x), x).pullback(dy)[0]!)).toEqual([10, 12]);
    });
  });

  test('writes of programs, of running statistics and of state dicts count; a function may write what it reads', () => {
    scope(() => {
      const [x, mean, variance] = [tensor([[1], [3]]), tensor([0.5]), tensor([1])];
      const dy = ones([2, 1]);
      const scaled = () => vjp((x) => mul(x, mean), x);
      const refused = (write: () => void) => {
        const record = scaled();
        expect(values(record.pullback(dy)[0]!)).toEqual([mean.item(), mean.item()]);
        write();
        expect(() => record.pullback(dy)).toThrow(/^pullback: a tensor of shape 1 was written/);
      };
      refused(() => batchNorm(x, mean, variance, null, null, { training: true }));
      refused(() => valueAndGrad((x) => (mean.assign(add(mean, 1)) ? sum(x) : x), x));
      refused(() =>
        compile((x) => (mean.assign(add(mean, 1)) ? relu(x) : x), { inputs: [[1]] }).run(ones([1])),
      );
      refused(() => compile((x) => relu(x), { inputs: [[1]] }).run(ones([1]), { into: mean }));
      class Net extends Module<[Tensor], Tensor> {
        mean = parameter(mean);
        override forward(x: Tensor): Tensor {
          return mul(x, this.mean);
        }
      }
      refused(() => new Net().loadStateDict({ mean: [7] }));
      const writes = vjp((x) => {
        const y = mul(x, mean);
        mean.assign(add(mean, 1));
        return y;
      }, x);
      expect(values(writes.pullback(dy)[0]!)).toEqual([7, 7]);
    });
  });

  test('parameters are followed by identity, one twice has its gradient twice, an unused one zeros', () => {
    scope(() => {
      const [x, unused] = [tensor([3]), tensor([1, 2])];
      const { value, grads } = valueAndGrad(() => product(x, product(x, 2)), x, x, unused);
      expect(value.item()).toBe(18);
      expect(grads.map(values)).toEqual([[12], [12], [0, 0]]);
    });
  });

  test('several outputs, of which one is not used', () => {
    scope(() => {
      const x = tensor([1, 2]);
      const { value, pullback } = vjp((x) => ({ second: fork(x)[1]! }), x);
      expect(values(value.second)).toEqual([3, 6]);
      expect(values(pullback({ second: tensor([1, 10]) })[0]!)).toEqual([3, 30]);
      const both = vjp((x) => fork(x), x);
      expect(values(both.pullback([tensor([1, 1]), tensor([1, 0])])[0]!)).toEqual([5, 2]);
      expect(() => both.pullback([tensor([1, 1])] as never)).toThrow(TypeError);
      expect(() => both.pullback([tensor([1, 1]), tensor([[1, 1]])])).toThrow(RangeError);
    });
  });

  test('the value may be an x, or nothing of it', () => {
    scope(() => {
      const x = tensor([4]);
      const itself = valueAndGrad((x) => x, x);
      expect([itself.value.item(), itself.grads[0].item()]).toEqual([4, 1]);
      itself.value.data[0] = 9;
      expect(x.item()).toBe(4);
      const other = valueAndGrad(() => tensor([7]), x);
      expect([other.value.item(), other.grads[0].item()]).toEqual([7, 0]);
      const { pullback } = vjp((x) => [x, product(x, x), x], x);
      expect(values(pullback([tensor([1]), tensor([10]), tensor([100])])[0]!)).toEqual([181]);
    });
  });

  test('the same structure is lowered once; numbers, constants and parameters are bound at each call', () => {
    scope(() => {
      const step = (x: Tensor, c: Tensor, n: number) => valueAndGrad((x) => product(product(x, c), n), x);
      const [x, y, c, d] = [tensor([3]), tensor([4]), tensor([5]), tensor([6])];
      step(x, c, 2);
      lowered = 0;
      const results = [step(x, c, 7), step(y, d, 10), step(x, d, 1)];
      expect(lowered).toBe(0);
      expect(results.map(({ value }) => value.item())).toEqual([105, 240, 18]);
      expect(results.map(({ grads }) => grads[0].item())).toEqual([35, 60, 6]);
      // Other wiring, other shapes, other xs are other structures.
      expect(valueAndGrad((x) => product(product(x, 7), c), x).grads[0].item()).toBe(35);
      expect(valueAndGrad((x) => product(product(x, c), x), x).grads[0].item()).toBe(30);
      expect(valueAndGrad((x, c) => product(product(x, c), 7), x, c).grads.map((g) => g.item())).toEqual([
        35, 21,
      ]);
      expect(lowered).toBeGreaterThan(0);
      lowered = 0;
      expect(valueAndGrad((x) => product(product(x, 8), c), x).grads[0].item()).toBe(40);
      expect(valueAndGrad((x) => product(product(x, c), x), x).grads[0].item()).toBe(30);
      expect(lowered).toBe(0);
    });
  });

  test('a hundred structures: the oldest are forgotten, a record keeps its own', () => {
    scope(() => {
      const first = scope(() => vjp((x) => product(x, x), ones([1000])));
      const before = memory.stats().cacheBytes;
      for (let n = 1; n <= 100; n++) {
        const { grads } = valueAndGrad(
          (x) => reshape(product(x, x), []),
          tensor([n], new Array(n % 5).fill(1)),
        );
        expect(values(grads[0])).toEqual([2 * n]);
        vjp((x) => product(x, product(x, x)), ones([n])).dispose();
      }
      expect(memory.stats().cacheBytes).toBeGreaterThan(before);
      expect(values(first.pullback(ones([1000]))[0]!)).toEqual(new Array(1000).fill(2));
    });
  });

  test('what is wrong has its sentence, and leaves nothing behind', () => {
    scope(() => {
      const x = tensor([1, 2]);
      const wrong = (call: () => unknown, kind: new (text: string) => Error, text: RegExp) => {
        expect(call).toThrow(kind);
        expect(call).toThrow(text);
      };
      wrong(() => valueAndGrad((x) => x, x), RangeError, /float32 of shape 2, must give one float32 value/);
      wrong(() => valueAndGrad(() => 3 as never, x), TypeError, /the function gave 3/);
      wrong(
        () => vjp((x) => x, tensor([1], null, { dtype: 'int32' }) as never),
        TypeError,
        /xs\[0\] is int32/,
      );
      wrong(() => vjp(3 as never, x), TypeError, /the first argument is 3, must be a function/);
      wrong(() => vjp((x) => tensor(x.data), x), TypeError, /symbolic/);
      wrong(() => vjp((x) => product(x, x).toArray() as never, x), TypeError, /symbolic/);
      wrong(() => vjp((x) => vjp((y) => y, x).value, x), TypeError, /inside another/);
      wrong(
        () =>
          vjp(() => {
            tensor([1, 2, 3]);
            throw new RangeError('mine');
          }, x),
        RangeError,
        /mine/,
      );
      expect([...x.data]).toEqual([1, 2]);
      x.dispose();
      wrong(() => vjp((x) => x, x), TypeError, /xs\[0\] is disposed/);
    });
    expectNothingLive();
  });

  test('a tensor made inside is a constant that lives as long as the record', () => {
    const x = tensor([2]);
    const record = vjp((x) => product(x, tensor([21])), x);
    expect(record.value.item()).toBe(42);
    const dy = tensor([1]);
    const [dx] = record.pullback(dy);
    expect(dx!.item()).toBe(21);
    for (const one of [x, dy, dx!, record.value, record]) one.dispose();
  });
});
