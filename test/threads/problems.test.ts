/** Every problem with two, three and four threads: values and gradients have the bits that one thread gives. */
import * as striate from 'striate';
import { compile, type DType, disposeRuntime, init, runtime, scope, type Tensor, vjp } from 'striate';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ALGORITHM } from '../../ts/instructions/table.ts';
import { argumentsWith, plainTensors } from '../support/calls.ts';
import { place, publicFunction } from '../support/checks.ts';
import { calls } from '../support/families.ts';
import type { Plain } from '../support/plain.ts';
import { expectNothingLive, variants } from '../support/runtime.ts';
import { asUsual, inParts } from '../support/threads.ts';

type Any = Tensor<DType>;
interface Given {
  readonly title: string;
  readonly plain: readonly Plain[];
  run(tensors: readonly Any[]): unknown;
}

const problems: Given[] = calls.map((call) => ({
  title: `${call.op}: ${call.name}`,
  plain: plainTensors(call),
  run: (tensors) => publicFunction(call.op)(...argumentsWith(call, tensors)),
}));

const ALGORITHMS = Object.keys(ALGORITHM) as (keyof typeof ALGORITHM)[];

const listOf = (results: unknown): Any[] => [results].flat(Infinity) as Any[];
const bytes = ({ dtype, shape, data }: Any): string =>
  `${dtype} [${shape}] ${Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).toString('base64')}`;

/**
 * What a problem gives, to the bit: at once, compiled, by each algorithm, and its gradients; an error's sentence is a result
 * as well.
 */
function solve({ title, plain, run }: Given): string[] {
  const isConvolution = /conv/i.test(title.split(':')[0]!);
  const attempt = (work: () => string[]): string[] => {
    try {
      return scope(work);
    } catch (error) {
      return [String(error)];
    }
  };
  striate.manualSeed(5);
  return [
    ...attempt(() => listOf(run(plain.map(place))).map(bytes)),
    ...attempt(() => {
      const tensors = plain.map(place);
      const program = compile((x) => run([x as Any, ...tensors.slice(1)]) as Tensor, { inputs: [plain[0]!] });
      return listOf(program.run(tensors[0]!)).map(bytes);
    }),
    // With frozen weights, by each algorithm that accepts.
    ...(isConvolution ? ALGORITHMS : []).flatMap((algorithm) =>
      attempt(() => {
        const [x, ...weights] = plain.map(place) as [Any, ...Any[]];
        const inputs = [plain[0]!];
        const program = compile((x) => run([x as Any, ...weights]) as Tensor, { inputs, algorithm });
        return listOf(program.run(x)).map(bytes);
      }),
    ),
    ...attempt(() => {
      const tensors = plain.map(place);
      const wanted = tensors.filter(({ dtype }) => dtype === 'float32') as Tensor[];
      const body = (...xs: Tensor[]) =>
        listOf(run(tensors.map((t) => xs[wanted.indexOf(t as Tensor)] ?? t))).filter(
          ({ dtype }) => dtype === 'float32',
        ) as Tensor[];
      const { value, pullback } = vjp(body, ...wanted);
      return pullback(value).map(bytes);
    }),
  ];
}

describe.each(variants)('%s', (variant) => {
  const expected = new Map<Given, string[]>();
  beforeAll(async () => {
    await init({ variant });
    for (const problem of problems) expected.set(problem, solve(problem));
    disposeRuntime();
  }, 300_000);
  afterEach(expectNothingLive);

  describe.each([2, 3, 4])('%i threads', (threads) => {
    beforeAll(async () => {
      inParts();
      await init({ variant, threads });
    });
    afterAll(() => {
      disposeRuntime();
      asUsual();
    });
    test('stand', () => expect(runtime()).toMatchObject({ threads }));
    for (const problem of problems)
      test(problem.title, () => expect(solve(problem)).toEqual(expected.get(problem)));
  });
});
