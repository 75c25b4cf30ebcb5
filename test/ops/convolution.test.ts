import {
  add,
  type CompileOptions,
  compile,
  conv1d,
  conv2d,
  conv3d,
  outputShape,
  relu,
  scope,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { ALGORITHM } from '../../ts/instructions/table.ts';
import { WINOGRAD } from '../support/checks.ts';
import { expectSame } from '../support/compare.ts';
import { integersOf, numbers, type Problem, readProblems } from '../support/problems.ts';
import { convolve } from '../support/reference.ts';
import { inEachVariant } from '../support/runtime.ts';
import { axesOf, windowOptions } from '../support/windows.ts';

const convolutions = { conv1d, conv2d, conv3d };

function convolutionOf({ op }: Problem) {
  const found = convolutions[op as keyof typeof convolutions];
  if (found === undefined) throw new Error(`no convolution is called ${op}`);
  return found;
}

/** The line's tensors as plain values, and what the plain loops make of them. */
function solve(problem: Problem) {
  const [xShape, wShape] = [numbers(problem, 'x'), numbers(problem, 'w')];
  const x = { shape: xShape, data: integersOf(0, xShape) };
  const w = { shape: wShape, data: integersOf(1, wShape) };
  const bias = problem.values.has('bias') ? integersOf(2, [wShape[0] as number]) : null;
  const axes = axesOf(
    problem,
    xShape.slice(2),
    wShape.slice(2),
    xShape.slice(2).map(() => 1),
  );
  const flip = problem.values.get('flipKernel') === '1';
  return { x, w, bias, y: convolve(x, w, bias, axes, numbers(problem, 'groups', [1])[0] as number, flip) };
}

const ALGORITHMS = Object.keys(ALGORITHM) as (keyof typeof ALGORITHM)[];

inEachVariant('convolution', () => {
  for (const problem of readProblems('conv')) {
    const { x, w, bias, y } = solve(problem);
    const convolution = convolutionOf(problem);
    const options = windowOptions(problem);
    const largest = Array.from(y.data).reduce((most, value) => Math.max(most, Math.abs(value)), 1);

    test(problem.name, () => {
      expect(outputShape(convolution, [x.shape, w.shape], options)).toEqual(y.shape);
      scope(() => {
        const tensors = [tensor(x.data, x.shape), tensor(w.data, w.shape), bias && tensor(bias)] as const;
        const eager = convolution(...tensors, options);
        expect(eager.shape).toEqual(y.shape);
        // Eager calls choose as compiled ones do, or more carefully.
        const program = compile((one) => convolution(one!, tensors[1], null, options), { inputs: [x.shape] });
        expectSame(eager.data, y.data, program.summary().includes('winograd') ? WINOGRAD : 0);
      });
    });

    test(`${problem.name}, compiled, with a residual and an activation, by each algorithm`, () => {
      const extra = integersOf(5, y.shape);
      const expected = Array.from(y.data, (value, i) => Math.max(0, value + (extra[i] as number)));
      scope(() => {
        const [weight, offset] = [tensor(w.data, w.shape), bias && tensor(bias)];
        const inputs = [tensor(x.data, x.shape), tensor(extra, y.shape)];
        const run = (how: Pick<CompileOptions, 'algorithm' | 'accuracy'>) => {
          const program = compile((one, two) => relu(add(convolution(one!, weight, offset, options), two!)), {
            inputs: [x.shape, y.shape],
            ...how,
          });
          const [, taken] = program.summary().match(`${problem.op} \\+ add \\+ relu +(\\w+)`) ?? [];
          expect(ALGORITHMS).toContain(taken);
          const { data } = program.run(inputs);
          const most = expected.reduce((most, value) => Math.max(most, value), 1);
          expectSame(data, expected, taken === 'winograd' ? (WINOGRAD * largest) / most : 0);
          return taken;
        };
        expect(run({ accuracy: 'exact' })).not.toBe('winograd');
        for (const algorithm of ALGORITHMS) run({ algorithm });
      });
    });
  }
});
