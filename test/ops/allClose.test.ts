/** allClose: torch.allclose's meaning, written out from its documentation. */
import { allClose, compile, ones, relu, scope, sum, type Tensor, tensor, valueAndGrad, zeros } from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

inEachVariant('allClose', () => {
  test.each<[string, number[], number[], object, boolean]>([
    ['the same', [1, 2], [1, 2], {}, true],
    ["relative to b, torch's example", [10000, 1e-7], [10000.1, 1e-8], {}, false],
    ["torch's other example", [10000, 1e-8], [10000.1, 1e-9], {}, true],
    ['relative to b, not to a', [1, 1], [2, 2], { rtol: 0.5, atol: 0 }, true],
    ['and the other way round', [2, 2], [1, 1], { rtol: 0.5, atol: 0 }, false],
    ['just within atol', [0], [0.5], { rtol: 0, atol: 0.5 }, true],
    ['no tolerance', [1], [1 + 2 ** -23], { rtol: 0, atol: 0 }, false],
    ['only the last differs', [1, 2, 3], [1, 2, 4], {}, false],
    ['infinities', [inf, -inf], [inf, -inf], {}, true],
    ['infinities of both signs', [inf], [-inf], {}, false],
    ['finite and infinite, which is its own bound', [1], [inf], {}, false],
    ['infinite and finite', [inf], [1], { rtol: 1e9 }, false],
    ['NaN', [nan], [nan], {}, false],
    ['NaN, equal', [nan, 1], [nan, 1], { equalNaN: true }, true],
    ['NaN and a number, equal', [nan], [1], { equalNaN: true }, false],
    ['signed zeros', [0], [-0], { rtol: 0, atol: 0 }, true],
    ['nothing', [], [], {}, true],
  ])('%s', (_name, a, b, options, expected) => {
    scope(() => expect(allClose(tensor(a), tensor(b), options)).toBe(expected));
  });

  test('shapes broadcast', () => {
    scope(() => {
      const x = tensor([
        [1, 2],
        [1, 2],
        [1, 2],
      ]);
      expect(allClose(x, tensor([1, 2]))).toBe(true);
      expect(allClose(tensor([1, 2]), x)).toBe(true);
      expect(allClose(x, tensor([2, 1]))).toBe(false);
      expect(
        allClose(
          tensor([[1], [2]]),
          tensor([
            [1, 1],
            [2, 2],
          ]),
        ),
      ).toBe(true);
      expect(allClose(tensor([[1], [2]]), tensor([[1, 2]]))).toBe(false);
      expect(allClose(ones([2, 3]), tensor(1))).toBe(true);
      expect(allClose(zeros([0, 3]), ones([3]))).toBe(true);
    });
  });

  test('every dtype, without wrapping', () => {
    scope(() => {
      const least = -(2 ** 31);
      expect(allClose(tensor(Int32Array.of(least)), tensor(Int32Array.of(2 ** 31 - 1)), { rtol: 0.5 })).toBe(
        false,
      );
      expect(allClose(tensor(Uint8Array.of(250)), tensor(Uint8Array.of(255)), { atol: 5 })).toBe(true);
      expect(allClose(tensor(Int8Array.of(-128)), tensor(Int8Array.of(127)), { atol: 1 })).toBe(false);
    });
  });

  test('where there are no values it says why', () => {
    const sentence = 'allClose: a is symbolic: inside a traced function a tensor has a shape but no values';
    const compare = (x: Tensor) => {
      allClose(x, x);
      return sum(relu(x));
    };
    scope(() => {
      expect(() => compile(compare, { inputs: [[2]] })).toThrow(sentence);
      expect(() => valueAndGrad(compare, ones([2]))).toThrow(sentence);
    });
  });
});
