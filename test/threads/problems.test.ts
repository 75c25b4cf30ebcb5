/** Every problem with two, three and four threads: values and gradients have the bits that one thread gives. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as striate from 'striate';
import { compile, type DType, disposeRuntime, init, runtime, scope, type Tensor, vjp } from 'striate';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ALGORITHM } from '../../ts/instructions/table.ts';
import { argumentsWith, type Call, parseCall, plainTensors } from '../support/calls.ts';
import { place, publicFunction } from '../support/checks.ts';
import { integersOf, numbers, PROBLEM_FILES, type Problem, readProblems } from '../support/problems.ts';
import { expectNothingLive, variants } from '../support/runtime.ts';
import { asUsual, inParts } from '../support/threads.ts';
import { windowOptions } from '../support/windows.ts';

type Any = Tensor<DType>;
interface Given {
  readonly title: string;
  readonly plain: readonly { shape: number[]; dtype: DType; data: number[] }[];
  run(tensors: readonly Any[]): unknown;
}

const folder = fileURLToPath(new URL('../problems/', import.meta.url));

function ofCall(call: Call): Given {
  return {
    title: `${call.op}: ${call.name}`,
    plain: plainTensors(call) as Given['plain'],
    run: (tensors) => publicFunction(call.op)(...argumentsWith(call, tensors)),
  };
}

/** Of a line of conv.txt or pool.txt. */
function ofWindow(problem: Problem): Given {
  const { op, values } = problem;
  const operator = (striate as unknown as Record<string, (...args: unknown[]) => unknown>)[op]!;
  const integers = (t: number, shape: number[]) => ({
    shape,
    dtype: 'float32' as const,
    data: integersOf(t, shape),
  });
  const [x, w] = [numbers(problem, 'x'), numbers(problem, 'w')];
  const kernel = numbers(problem, 'kernelSize');
  const bias = values.has('bias') ? [integers(2, [w[0] as number])] : [];
  return {
    title: `${op}: ${problem.name}`,
    plain: [integers(0, x), ...(w.length > 0 ? [integers(1, w), ...bias] : [])],
    run: ([first, weight, offset = null]) =>
      weight === undefined
        ? operator(first, kernel.length === 1 ? kernel[0] : kernel, windowOptions(problem))
        : operator(first, weight, offset, windowOptions(problem)),
  };
}

const problems: Given[] = [
  ...['conv', 'pool'].flatMap((file) => readProblems(file).map(ofWindow)),
  ...readdirSync(folder)
    .filter((file) => !(PROBLEM_FILES as readonly string[]).includes(file.slice(0, -4)))
    .flatMap((file) => readFileSync(`${folder}${file}`, 'utf8').split('\n').map(parseCall))
    .flatMap((call) => (call === null ? [] : [ofCall(call)])),
];

const ALGORITHMS = Object.keys(ALGORITHM) as (keyof typeof ALGORITHM)[];

const listOf = (results: unknown): Any[] => [results].flat(Infinity) as Any[];
const bytes = ({ dtype, shape, data }: Any): string =>
  `${dtype} [${shape}] ${Buffer.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).toString('base64')}`;

/** What a problem gives, to the bit: at once, compiled, by each algorithm, and its gradients; an error's sentence is a result as well. */
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
