import { type DType, maxPool1d, maxPool2d, maxPool3d, outputShape, type Tensor } from 'striate';
import { expect, test } from 'vitest';
import { numbers, perAxis, type Problem, readProblems } from '../support/problems.ts';
import { maxPool } from '../support/reference.ts';
import { inEachVariant } from '../support/runtime.ts';
import { dtypeOf, expectTensor, inEachWay, operandOf } from '../support/values.ts';
import { axesOf, windowOptions } from '../support/windows.ts';

const pools = { maxPool1d, maxPool2d, maxPool3d };

/** The least value, which a window outside the input has. */
const least: Record<string, number> = { float32: -Infinity, int8: -128, uint8: 0 };

function solve(problem: Problem): void {
  const pool = pools[problem.op as keyof typeof pools];
  if (pool === undefined) throw new Error(`no pool is called ${problem.op}`);
  const dtype = dtypeOf(problem);
  const x = operandOf(problem, 'x', 0);
  const spatial = x.shape.slice(2);
  const kernel = perAxis(problem, 'kernelSize', spatial.length, 1);
  const options = windowOptions(problem);
  const { values, positions } = maxPool(x, kernel, axesOf(problem, spatial, kernel, kernel), options.ceilMode === true);
  const expected = { ...values, data: Array.from(values.data, (v) => (v === -Infinity ? (least[dtype] as number) : v)) };
  const size = numbers(problem, 'kernelSize').length === 1 ? (kernel[0] as number) : kernel;
  if (dtype === 'float32') expect(outputShape(pool, [x.shape], size, options)).toEqual(values.shape);
  const call = ([a]: Tensor[]) => [pool(a as Tensor, size, options as { returnIndices: true })].flat() as Tensor<DType>[];
  inEachWay([x], dtype, call, ([y, indices]) => {
    expectTensor(y!, expected, dtype);
    if (options.returnIndices) expectTensor(indices!, { shape: values.shape, data: positions }, 'int32');
    else expect(indices).toBeUndefined();
  });
}

inEachVariant('pooling', () => {
  for (const problem of readProblems('pool')) test(problem.name, () => solve(problem));
});
