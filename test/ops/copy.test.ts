import { concat, type DType, outputShape, pad1d, pad2d, pad3d, permute, slice, type Tensor } from 'striate';
import { expect, test } from 'vitest';
import { numbers, type Problem, readProblems } from '../support/problems.ts';
import { gather, join, type Values } from '../support/reference.ts';
import { inThreads } from '../support/runtime.ts';
import { dtypeOf, expectTensor, inEachWay, operandOf, valuesOf } from '../support/values.ts';

interface Solution {
  readonly inputs: readonly Values[];
  readonly call: (xs: Tensor[]) => Tensor<DType>;
  readonly expected: Values;
}

const pads = { pad1d, pad2d, pad3d };

function padding(problem: Problem): Solution {
  const pad = pads[problem.op as keyof typeof pads];
  const x = operandOf(problem, 'x', 0);
  const pairs = (problem.values.get('padding') as string)
    .split(',')
    .map((pair) => pair.split(':').map(Number) as [number, number]);
  const value = numbers(problem, 'value', [0])[0] as number;
  const all = [[0, 0], [0, 0], ...pairs] as [number, number][];
  const shape = x.shape.map((size, axis) => size + all[axis]![0] + all[axis]![1]);
  expect(outputShape(pad, [x.shape], pairs)).toEqual(shape);
  return {
    inputs: [x],
    call: ([a]) => pad(a as Tensor, pairs, { value }),
    expected: gather(x, shape, (index) => index.map((i, axis) => i - all[axis]![0]), value),
  };
}

/** The positions along an axis, as Python's range after the same clamping. */
function along(size: number, start: number, end: number, step: number): number[] {
  const positions: number[] = [];
  const from = start < 0 ? start + size : start;
  const until = end < 0 ? Math.max(end + size, -1) : Math.min(end, size);
  for (let i = from; step > 0 ? i < until : i > until; i += step) positions.push(i);
  return positions;
}

const solvers: Record<string, (problem: Problem) => Solution> = {
  pad1d: padding,
  pad2d: padding,
  pad3d: padding,
  permute(problem) {
    const [x, axes] = [operandOf(problem, 'x', 0), numbers(problem, 'axes')];
    const where = (index: number[]) => x.shape.map((_, axis) => index[axes.indexOf(axis)] as number);
    const shape = axes.map((axis) => x.shape[axis] as number);
    return { inputs: [x], call: ([a]) => permute(a as Tensor, axes), expected: gather(x, shape, where) };
  },
  concat(problem) {
    const shapes = (problem.values.get('xs') as string).split('/').map((text) => text.split(',').map(Number));
    const inputs = shapes.map((shape, t) => valuesOf(problem, t, shape));
    const dim = numbers(problem, 'dim')[0] as number;
    return { inputs, call: (xs) => concat(xs, dim), expected: join(inputs, dim) };
  },
  slice(problem) {
    const x = operandOf(problem, 'x', 0);
    const [starts, ends, steps] = ['starts', 'ends', 'steps'].map((key) => numbers(problem, key)) as [
      number[],
      number[],
      number[],
    ];
    const picked = x.shape.map((size, axis) => along(size, starts[axis]!, ends[axis]!, steps[axis] ?? 1));
    return {
      inputs: [x],
      call: ([a]) => slice(a as Tensor, starts, ends, steps.length > 0 ? { steps } : {}),
      expected: gather(
        x,
        picked.map((list) => list.length),
        (index) => index.map((i, axis) => picked[axis]![i] as number),
      ),
    };
  },
};

inThreads('what only moves values', () => {
  for (const problem of readProblems('copy')) {
    test(`${problem.name}: ${problem.op}`, () => {
      const solver = solvers[problem.op];
      if (solver === undefined) throw new Error(`no operator is called ${problem.op}`);
      const { inputs, call, expected } = solver(problem);
      const dtype = dtypeOf(problem);
      inEachWay(
        inputs,
        dtype,
        (xs) => [call(xs)],
        ([y]) => expectTensor(y!, expected, dtype),
      );
    });
  }
});
