/** Every convolution of the lines, compiled, with a residual and an activation, by each algorithm. */
import { add, type CompileOptions, compile, relu, scope, type Tensor } from 'striate';
import { expect, test } from 'vitest';
import { ALGORITHM } from '../../ts/instructions/table.ts';
import { argumentsWith, integersOf } from '../support/calls.ts';
import { place, publicFunction, WINOGRAD } from '../support/checks.ts';
import { expectSame } from '../support/compare.ts';
import { references } from '../support/families.ts';
import type { Plain } from '../support/plain.ts';
import { inEachVariant } from '../support/runtime.ts';
import { allCallsToRun } from '../support/sample.ts';

const ALGORITHMS = Object.keys(ALGORITHM) as (keyof typeof ALGORITHM)[];
const magnitude = (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 1);

inEachVariant('convolution', () => {
  for (const call of allCallsToRun) {
    if (!/^conv\dd$/.test(call.op) || call.tensors.some(({ kind }) => kind !== 'integers')) continue;
    test(`${call.op}: ${call.name}`, () => {
      const y = references[call.op]!.run(...call.args) as Plain;
      const extra = integersOf(5, y.shape);
      const expected = y.data.map((value, i) => Math.max(0, value + (extra[i] as number)));
      scope(() => {
        const [x, ...weights] = call.tensors.map(place) as unknown as [Tensor, ...Tensor[]];
        const inputs = [x, place({ ...y, data: extra }) as unknown as Tensor];
        const convolve = (one: Tensor) =>
          publicFunction(call.op)(...argumentsWith(call, [one, ...weights])) as Tensor;
        const run = (how: Pick<CompileOptions, 'algorithm' | 'accuracy'>) => {
          const shapes = [x.shape, y.shape];
          const program = compile((one, two) => relu(add(convolve(one!), two!)), { inputs: shapes, ...how });
          const [, taken] = program.summary().match(`${call.op} \\+ add \\+ relu +(\\w+)`) ?? [];
          expect(ALGORITHMS).toContain(taken);
          const tolerance = (WINOGRAD * magnitude(y.data)) / magnitude(expected);
          expectSame(program.run(inputs).data, expected, taken === 'winograd' ? tolerance : 0);
          return taken;
        };
        expect(run({ accuracy: 'exact' })).not.toBe('winograd');
        for (const algorithm of ALGORITHMS) run({ algorithm });
      });
    });
  }
});
