import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type DType,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  minPool1d,
  minPool2d,
  minPool3d,
  outputShape,
  scope,
  sumPool1d,
  sumPool2d,
  sumPool3d,
  type Tensor,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { numbers, type Problem, perAxis, readProblems } from '../support/problems.ts';
import { maxPool, poolWindows } from '../support/reference.ts';
import { inEachVariant } from '../support/runtime.ts';
import { dtypeOf, expectTensor, inEachWay, operandOf } from '../support/values.ts';
import { axesOf, windowOptions } from '../support/windows.ts';

const pools = { maxPool1d, maxPool2d, maxPool3d };

/** The least value, which a window outside the input has. */
const least: Record<string, number> = { float32: -Infinity, int8: -128, uint8: 0 };

function solve(problem: Problem): void {
  const pool = pools[problem.op as keyof typeof pools];
  const dtype = dtypeOf(problem);
  const x = operandOf(problem, 'x', 0);
  const spatial = x.shape.slice(2);
  const kernel = perAxis(problem, 'kernelSize', spatial.length, 1);
  const options = windowOptions(problem);
  const { values, positions } = maxPool(
    x,
    kernel,
    axesOf(problem, spatial, kernel, kernel),
    options.ceilMode === true,
  );
  const expected = {
    ...values,
    data: Array.from(values.data, (v) => (v === -Infinity ? (least[dtype] as number) : v)),
  };
  const size = numbers(problem, 'kernelSize').length === 1 ? (kernel[0] as number) : kernel;
  if (dtype === 'float32') expect(outputShape(pool, [x.shape], size, options)).toEqual(values.shape);
  const call = ([a]: Tensor[]) =>
    [pool(a as Tensor, size, options as { returnIndices: true })].flat() as Tensor<DType>[];
  inEachWay([x], dtype, call, ([y, indices]) => {
    expectTensor(y!, expected, dtype);
    if (options.returnIndices) expectTensor(indices!, { shape: values.shape, data: positions }, 'int32');
    else expect(indices).toBeUndefined();
  });
}

/** The same windows with the other reductions. */
function solveOthers(problem: Problem): void {
  const x = operandOf(problem, 'x', 0);
  const spatial = x.shape.slice(2);
  const rank = spatial.length as 1 | 2 | 3;
  const kernel = perAxis(problem, 'kernelSize', rank, 1);
  const { returnIndices, ...options } = windowOptions(problem);
  const axes = axesOf(problem, spatial, kernel, kernel);
  const { shape, windows } = poolWindows(x, kernel, axes, options.ceilMode === true);
  const taps = kernel.reduce((product, size) => product * size, 1);
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  const calls: [(a: Tensor) => Tensor, (values: number[], places: number) => number, number][] = [
    [
      (a) => [minPool1d, minPool2d, minPool3d][rank - 1]!(a, kernel, options),
      (values) => Math.min(...values),
      0,
    ],
    [(a) => [sumPool1d, sumPool2d, sumPool3d][rank - 1]!(a, kernel, options), total, 0],
    [(a) => average[rank - 1]!(a, kernel, options), (values, places) => total(values) / places, 1e-6],
    [
      (a) => average[rank - 1]!(a, kernel, { ...options, countIncludePad: false }),
      (values) => total(values) / values.length,
      1e-6,
    ],
    [
      (a) => average[rank - 1]!(a, kernel, { ...options, divisorOverride: 4 }),
      (values) => total(values) / 4,
      0,
    ],
    [
      (a) => powers[rank - 1]!(a, 2, kernel, options),
      (values, places) => Math.sqrt((total(values.map((v) => v * v)) / places) * taps),
      1e-6,
    ],
    [
      (a) => powers[rank - 1]!(a, 3, kernel, { ...options, absolute: true }),
      (values) => total(values.map((v) => Math.abs(v) ** 3)) ** (1 / 3),
      1e-6,
    ],
  ];
  scope(() => {
    const a = tensor(Array.from(x.data), x.shape);
    for (const [call, reduce, tolerance] of calls) {
      const y = call(a as Tensor);
      expect(y.shape).toEqual(shape);
      // A window without an element has no mean.
      const expected = windows.map(({ values, places }, i) => {
        const value = reduce(values, places);
        return Number.isNaN(value) && values.length === 0 ? (y.data[i] as number) : value;
      });
      expectSame(y.data, expected, tolerance);
    }
  });
}

const average = [avgPool1d, avgPool2d, avgPool3d];
const powers = [lpPool1d, lpPool2d, lpPool3d];

inEachVariant('pooling', () => {
  for (const problem of readProblems('pool')) {
    if (problem.op in pools) test(problem.name, () => solve(problem));
    if (dtypeOf(problem) === 'float32') test(`${problem.name}, other reductions`, () => solveOthers(problem));
  }
});
