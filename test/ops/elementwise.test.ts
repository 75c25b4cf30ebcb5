/** Arithmetic and activations where lines do not reach: NaN, the infinities, bounds of a type, exponents of another type. */
import type { DType, Tensor } from 'striate';
import * as striate from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inThreads } from '../support/runtime.ts';

function expectValues(y: Tensor<DType>, shape: number[], data: number[], dtype: DType): void {
  expect([y.dtype, y.shape]).toEqual([dtype, shape]);
  expectSame(y.data, data);
}

inThreads('elementwise', () => {
  test('NaN passes through what PyTorch lets it through, infinity ends where it should', () => {
    striate.scope(() => {
      const x = striate.tensor([Number.NaN, Infinity, -Infinity]);
      const cases: [Tensor, number[]][] = [
        [striate.relu(x), [Number.NaN, Infinity, 0]],
        [striate.relu6(x), [Number.NaN, 6, 0]],
        [striate.clip(x, -1, 1), [Number.NaN, 1, -1]],
        [striate.sigmoid(x), [Number.NaN, 1, 0]],
        [striate.maximum(x, 0), [Number.NaN, Infinity, 0]],
        [striate.minimum(0, x), [Number.NaN, 0, -Infinity]],
        [striate.sub(x, x), [Number.NaN, Number.NaN, Number.NaN]],
      ];
      for (const [y, values] of cases) expectValues(y, [3], values, 'float32');
    });
  });

  test("a power of another dtype's exponent has the base's dtype", () => {
    const power = striate.pow as unknown as (a: Tensor<DType>, b: Tensor<DType> | number) => Tensor<DType>;
    const whole = (values: number[]) => striate.tensor(Int32Array.from(values)) as Tensor<DType>;
    const real = (values: number[]) => striate.tensor(values) as unknown as Tensor<DType>;
    const cases: [Tensor<DType>, () => Tensor<DType> | number, number[], DType][] = [
      [real([2.5, -2]), () => whole([2, 3]), [6.25, -8], 'float32'],
      [whole([4, 9]), () => real([0.5, 1]), [2, 9], 'int32'],
      [whole([4, 9]), () => 0.5, [2, 3], 'int32'],
    ];
    for (const [base, exponent, values, dtype] of cases) {
      striate.scope(() => {
        const program = striate.compile((a) => power(a, exponent()), {
          inputs: [{ shape: [2], dtype }],
        });
        const given = exponent();
        for (const y of [power(base, given), program.run(base)]) expectValues(y, [2], values, dtype);
      });
      base.dispose();
    }
  });

  test('a bound beyond the dtype of integers is its last value', () => {
    striate.scope(() => {
      const x = striate.tensor(Int32Array.of(-7, 7));
      expectValues(striate.clip(x, -Infinity, 3e9), [2], [-7, 7], 'int32');
      expectValues(striate.clip(x, 0, Infinity), [2], [0, 7], 'int32');
      expectValues(striate.clip(striate.tensor(Uint8Array.of(1, 200)), -5, 300), [2], [1, 200], 'uint8');
      expectValues(striate.clip(striate.tensor(Uint8Array.of(1)), 300), [1], [255], 'uint8');
    });
  });

  test('NaN can be filled in', () => {
    striate.scope(() => {
      const x = striate.full([1, 1, 1], Number.NaN);
      expectValues(
        striate.pad1d(x, 1, { value: Number.NaN }),
        [1, 1, 3],
        Array(3).fill(Number.NaN),
        'float32',
      );
    });
  });
});
