/** Random calls and small networks against PyTorch's values (test/torch/generate.py), forward and backward. */
import { fileURLToPath } from 'node:url';
import { type DType, scope, type Tensor, vjp } from 'striate';
import { describe, test } from 'vitest';
import { fromText, type Given, isGiven, readTensors, replace } from '../support/calls.ts';
import { place, publicFunction } from '../support/checks.ts';
import { difference, expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';
import { readTorchCases, type TorchCase } from './values.ts';

/** Of the largest expected value: what differs is the order of float32 sums. */
const TOLERANCE = 1e-5;
const TOLERANCES: Record<string, number> = {
  // Errors of a dozen operators add up, and normalisations multiply them.
  network: 5e-5,
};

type Any = Tensor<DType>;

const operatorOf = ({ name }: TorchCase) => name.split(' ')[0] as string;

/** Runs the steps; gives what the last one gives. */
function runSteps(steps: readonly unknown[], tensors: readonly Given[], values: readonly Any[]): Any[] {
  const results: Any[][] = [];
  for (const [op, args] of steps as [string, unknown[]][]) {
    const given = replace(args, (part) => {
      if (isGiven(part)) return values[tensors.indexOf(part)];
      const reference = typeof part === 'string' ? /^\$(\d+)(?:\.(\d+))?$/.exec(part) : null;
      return reference === null ? undefined : results[Number(reference[1])]?.[Number(reference[2] ?? 0)];
    }) as unknown[];
    results.push([publicFunction(op)(...given)].flat() as Any[]);
  }
  return results[results.length - 1] as Any[];
}

function check(torch: TorchCase): void {
  const { args: steps, tensors } = readTensors(torch.steps);
  const tolerance = TOLERANCES[operatorOf(torch)] ?? TOLERANCE;
  let at = 0;
  // In a network, a gradient that is all cancellation (a bias before a normalisation) has the others' rounding errors.
  let least = 0;
  const compare = (what: string, actual: Any, shape: readonly number[], dtype: string) => {
    const [is, must] = [`${actual.dtype} [${actual.shape}]`, `${dtype} [${shape}]`];
    if (is !== must) throw new Error(`${what} is ${is}, must be ${must}`);
    const expected = torch.numbers.subarray(at, at + actual.size);
    at += actual.size;
    const found = difference(actual.data, expected, dtype === 'float32' ? tolerance : 0, least);
    if (found !== null) throw new Error(`${what}: ${found}`);
  };
  scope(() => {
    const values = tensors.map(place);
    const outputs = runSteps(steps, tensors, values);
    for (const [i, [shape, dtype]] of torch.outputs.entries())
      compare(`output ${i}`, outputs[i] as Any, shape, dtype);
    const { gradients, written = [] } = torch;
    const fresh = tensors.map(place);
    if (gradients.length > 0) {
      const body = (...xs: Tensor[]) => {
        const all = fresh.map((t, i) =>
          gradients.includes(i) ? (xs[gradients.indexOf(i)] as unknown as Any) : t,
        );
        return runSteps(steps, tensors, all).filter(
          ({ dtype }) => dtype === 'float32',
        ) as unknown as Tensor[];
      };
      const flows = torch.outputs.flatMap(([shape, dtype], i) =>
        dtype === 'float32' ? [place(fromText(`${shape.join('x') || 'scalar'}~`, 1000 + i) as Given)] : [],
      );
      const { pullback } = vjp(body, ...(gradients.map((t) => fresh[t]) as unknown as Tensor[]));
      const found = pullback(flows as unknown as Tensor[]);
      if (torch.steps.length > 1)
        least = torch.numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 10;
      for (const [i, t] of gradients.entries())
        compare(
          `gradient of tensor ${t}`,
          found[i] as unknown as Any,
          (tensors[t] as Given).shape,
          'float32',
        );
    }
    for (const t of written) {
      const [x, same] = [values[t] as Any, fresh[t] as Any];
      compare(`tensor ${t}, written`, x, x.shape, 'float32');
      if (gradients.length > 0) expectSame(same.data, x.data, 1e-6, `tensor ${t}, written by vjp`);
    }
  });
}

const own = ['torch', 'few', 'indexing', 'resampling', 'choosing', 'loss'].map((name) =>
  fileURLToPath(new URL(`${name}.values`, import.meta.url)),
);
const files = process.env.STRIATE_TORCH === undefined ? own : [process.env.STRIATE_TORCH];

inEachVariant('as PyTorch', () => {
  const all = files.flatMap(readTorchCases);
  for (const op of new Set(all.map(operatorOf))) {
    describe(op, () => {
      for (const torch of all.filter((one) => operatorOf(one) === op)) {
        test(torch.name, () => {
          try {
            check(torch);
          } catch (error) {
            throw new Error(`${(error as Error).message}\n  ${JSON.stringify(torch.steps)}`, {
              cause: error,
            });
          }
        });
      }
    });
  }
});
