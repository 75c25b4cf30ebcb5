import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as striate from 'striate';
import { Tensor } from 'striate';
import { expect, test } from 'vitest';
import { cast } from '../../ts/ops/cast.ts';
import { clone } from '../../ts/ops/clone.ts';
import type { Entry } from '../../ts/ops/operator.ts';
import { references } from '../reference/index.ts';
import { type Call, parseCall } from '../support/calls.ts';
import { PROBLEM_FILES, readProblems } from '../support/problems.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Every operator: an exported function with its entry; cast and clone are methods of Tensor. */
const operators = new Map<string, Entry>([
  ['cast', cast.entry],
  ['clone', clone.entry],
]);
for (const [name, value] of Object.entries(striate)) {
  if (typeof value === 'function' && 'entry' in value) operators.set(name, value.entry as Entry);
}

test('an operator is exported under the name in its entry, or is a method of Tensor', () => {
  for (const [name, entry] of operators) expect(entry.name, name).toBe(name);
  for (const method of ['cast', 'clone']) expect(Tensor.prototype).toHaveProperty(method);
});

/** The lines of the files in the form of test/support/calls.ts, which problems.test.ts runs. */
const callFiles = readdirSync(at('test/problems'))
  .map((file) => file.replace('.txt', ''))
  .filter((file) => !(PROBLEM_FILES as readonly string[]).includes(file));

function readCalls(file: string): Call[] {
  const lines = readFileSync(at(`test/problems/${file}.txt`), 'utf8').split('\n');
  return lines.map(parseCall).filter((call) => call !== null);
}

test('every operator has problem lines, and every problem line an operator', () => {
  const lines = [
    ...PROBLEM_FILES.flatMap((file) => readProblems(file).map(({ op }) => op)),
    ...callFiles.flatMap((file) => readCalls(file).map(({ op }) => op)),
  ];
  expect(
    [...operators.keys()].filter((name) => !lines.includes(name)),
    'operators without problem lines',
  ).toEqual([]);
  expect(
    [...new Set(lines)].filter((op) => !operators.has(op)),
    'lines of no operator',
  ).toEqual([]);
});

test('every problem file has its tests, and every line of a file a name of its own', () => {
  const tests = readdirSync(at('test/ops')).filter((file) => file.endsWith('.test.ts'));
  const sources = tests.map((file) => readFileSync(at(`test/ops/${file}`), 'utf8')).join();
  for (const file of [...PROBLEM_FILES, ...callFiles]) {
    const known = callFiles.includes(file);
    if (!known) expect(sources, `tests of ${file}.txt`).toContain(`readProblems('${file}')`);
    const names = (known ? readCalls(file) : readProblems(file)).map(({ name, op }) => `${name}: ${op}`);
    expect(
      names.filter((name, i) => names.indexOf(name) !== i),
      `repeated names in ${file}.txt`,
    ).toEqual([]);
  }
});

test('every line in the newer form has a reference, and every reference a line', () => {
  const ops = new Set(callFiles.flatMap((file) => readCalls(file).map(({ op }) => op)));
  expect(
    [...ops].filter((op) => references[op] === undefined),
    'operators without a reference',
  ).toEqual([]);
  expect(
    Object.keys(references).filter((op) => !ops.has(op)),
    'references without a line',
  ).toEqual([]);
});

test('every operator has its names in PyTorch and ONNX, its arguments, and a way to be computed', () => {
  for (const [name, entry] of operators) {
    expect(entry.torch, name).toMatch(/^torch(vision)?\./);
    expect(Array.isArray(entry.onnx), name).toBe(true);
    expect(entry.args.length, name).toBeGreaterThan(0);
    expect(entry.lower !== undefined || entry.alias === true, `${name} has lower, or is an alias`).toBe(true);
  }
});

test('every file of ts/ops that holds an operator has it exported', () => {
  const own = [...operators.keys(), 'random'];
  for (const file of readdirSync(at('ts/ops'))) {
    const text = readFileSync(at(`ts/ops/${file}`), 'utf8');
    for (const [, name] of text.matchAll(/^export const (\w+) = \/\*#__PURE__\*\//gm))
      expect(own, `${file}: ${name}`).toContain(name);
  }
});
