/** A problem line's tensors, as plain values and in the linear memory; and an operator's result in every way of calling it. */
import { compile, type DType, scope, type Tensor, tensor } from 'striate';
import { expect } from 'vitest';
import { expectSame } from './compare.ts';
import { integersOf, numbers, type Problem } from './problems.ts';
import type { Values } from './reference.ts';

export function dtypeOf(problem: Problem): DType {
  return (problem.values.get('dtype') ?? 'float32') as DType;
}

/** Tensor `t` of the line, of this shape. */
export function valuesOf(problem: Problem, t: number, shape: readonly number[]): Values {
  const shift = dtypeOf(problem) === 'uint8' ? 5 : 0;
  return { shape, data: integersOf(t, shape).map((value) => value + shift) };
}

/** Tensor `t` of the line, whose shape is under `key`. */
export function operandOf(problem: Problem, key: string, t: number): Values {
  return valuesOf(problem, t, numbers(problem, key));
}

/** Values in the linear memory. */
export function place({ shape, data }: Values, dtype: DType = 'float32'): Tensor {
  return tensor<number[], DType>(Array.from(data), shape, { dtype }) as unknown as Tensor;
}

/** Compares a result's dtype, shape and values. */
export function expectTensor(actual: Tensor<DType>, expected: Values, dtype: string, tolerance = 0): void {
  expect([actual.dtype, actual.shape]).toEqual([dtype, expected.shape]);
  expectSame(actual.data, expected.data, tolerance);
}

/**
 * Calls an operator at once; in a program; and in a program where it may write over its first operand. Gives the
 * results of each way to `check`, and expects the inputs to be as they were.
 */
export function inEachWay(
  inputs: readonly Values[],
  dtype: DType,
  call: (xs: Tensor[]) => Tensor<DType>[],
  check: (results: Tensor<DType>[]) => void,
): void {
  scope(() => {
    const xs = inputs.map((values) => place(values, dtype));
    check(call(xs));
    const specs = inputs.map(({ shape }) => ({ shape, dtype }));
    const given = xs as unknown as Tensor<DType>[];
    check(
      compile((...symbols: Tensor[]) => call(symbols), { inputs: specs }).run(
        given as never,
      ) as Tensor<DType>[],
    );
    const copied = (symbols: Tensor[]) => call(symbols.map((symbol) => symbol.clone()));
    check(
      compile((...symbols: Tensor[]) => copied(symbols), { inputs: specs }).run(
        given as never,
      ) as Tensor<DType>[],
    );
    for (const [i, x] of xs.entries())
      expectTensor(x as unknown as Tensor<DType>, inputs[i] as Values, dtype);
  });
}
