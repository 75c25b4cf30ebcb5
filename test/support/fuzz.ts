/**
 * Random problems against the plain loops, and random nonsense against the promise that bad input throws and nothing
 * else. Nothing of vitest: `npm run fuzz` (scripts/fuzz.mjs) and test/ops/fuzz.test.ts run it.
 */
import * as striate from 'striate';
import { memory, scope } from 'striate';
import { argumentsWith, type Call, parseCall } from './calls.ts';
import { checkForward, checkGradients, METHODS, place, publicFunction, quick } from './checks.ts';
import type { Family } from './families.ts';
import type { Arguments } from './generate.ts';
import { Choices } from './random.ts';
import { spoil } from './spoil.ts';

interface FuzzOptions {
  readonly problems: number;
  readonly seed: number;
  /** This operator only. */
  readonly op?: string | undefined;
  /** Called now and then with the number of problems done. */
  readonly progress?: (done: number) => void;
}

interface FuzzResult {
  readonly problems: number;
  /** Problems with a wrong result, as lines with what is wrong. */
  readonly wrong: string[];
  /** Problems that ended the kernels. */
  readonly traps: string[];
  readonly liveBytes: number;
}

const text = (title: string, op: string, args: Arguments): string =>
  `${title} | ${op} | ${JSON.stringify(args).slice(1, -1)}`;

/** Problem `index` of a seed: its line, and whether it is nonsense. */
function randomLine(
  generators: Family['generators'],
  ops: readonly string[],
  seed: number,
  index: number,
): { line: string; nonsense: boolean } {
  const choose = new Choices(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const op = choose.of(ops);
  const nonsense = choose.next() < 0.2;
  let args: Arguments | null = null;
  while (args === null) args = generators[op]!(choose);
  if (nonsense) args = spoil(choose, args);
  return { line: text(`fuzz ${seed}:${index}`, op, args), nonsense };
}

/** Whatever is given must give tensors, or one of the errors that a user is to see. */
function runNonsense(call: Call): void {
  scope(() => {
    const args = argumentsWith(call, call.tensors.map(place));
    if (METHODS.includes(call.op) && !(args[0] instanceof striate.Tensor)) return;
    try {
      publicFunction(call.op)(...args);
    } catch (error) {
      const message = (error as Error).message;
      const known =
        error instanceof TypeError ||
        error instanceof RangeError ||
        error instanceof striate.OutOfMemoryError;
      // Sentences begin with the operator's name; what JavaScript itself throws does not.
      if (!known || !message.startsWith(`${call.op}:`)) throw error;
    }
  });
}

/** Runs `problems` problems of a seed with the kernels that are loaded. */
export function fuzz(
  { generators, references }: Pick<Family, 'generators' | 'references'>,
  given: FuzzOptions,
): FuzzResult {
  const { problems, seed, op, progress } = given;
  const ops = Object.keys(generators).filter((name) => op === undefined || op === name);
  const wrong: string[] = [];
  const traps: string[] = [];
  if (ops.length === 0)
    return { problems: 0, wrong: [`no operator is called ${op}`], traps: [], liveBytes: 0 };
  for (let index = 0; index < problems; index++) {
    const { line, nonsense } = randomLine(generators, ops, seed, index);
    const note = (list: string[], error: unknown) => list.push(`${line}\n    ${(error as Error).message}`);
    try {
      const call = parseCall(line) as Call;
      const reference = references[call.op];
      if (nonsense) runNonsense(call);
      else if (reference !== undefined) {
        checkForward(call, reference, index % 8 > 0 ? quick : {});
        checkGradients(call, reference, quick);
      }
      const { liveBytes, liveTensors } = memory.stats();
      if (liveBytes + liveTensors > 0)
        throw new Error(`${liveBytes} bytes and ${liveTensors} tensors are left`);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) {
        note(traps, error);
        break;
      }
      note(wrong, error);
      if (wrong.length >= 50) break;
    }
    if (progress !== undefined && (index + 1) % 100 === 0) progress(index + 1);
  }
  return {
    problems,
    wrong: wrong as string[],
    traps: traps as string[],
    liveBytes: memory.stats().liveBytes,
  };
}
