import { add, compile, conv1d, conv2d, conv3d, outputShape, relu, scope, tensor } from 'striate';
import { expect, test } from 'vitest';
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

inEachVariant('convolution', () => {
  for (const problem of readProblems('conv')) {
    test(problem.name, () => {
      const { x, w, bias, y } = solve(problem);
      const convolution = convolutionOf(problem);
      const options = windowOptions(problem);
      expect(outputShape(convolution, [x.shape, w.shape], options)).toEqual(y.shape);
      scope(() => {
        const tensors = [tensor(x.data, x.shape), tensor(w.data, w.shape), bias && tensor(bias)] as const;
        const eager = convolution(...tensors, options);
        expect(eager.shape).toEqual(y.shape);
        expectSame(eager.data, y.data);
      });
    });

    test(`${problem.name}, compiled, with a residual and an activation`, () => {
      const { x, w, bias, y } = solve(problem);
      const convolution = convolutionOf(problem);
      const options = windowOptions(problem);
      const extra = integersOf(5, y.shape);
      scope(() => {
        const [weight, offset] = [tensor(w.data, w.shape), bias && tensor(bias)];
        const program = compile((one, two) => relu(add(convolution(one!, weight, offset, options), two!)), {
          inputs: [x.shape, y.shape],
        });
        expect(program.summary()).toContain(`${problem.op} + add + relu`);
        const result = program.run([tensor(x.data, x.shape), tensor(extra, y.shape)]);
        const expected = Array.from(y.data, (value, i) => Math.max(0, value + (extra[i] as number)));
        expectSame(result.data, expected);
      });
    });
  }
});
