/**
 * Problem lines: `name | operator | key=value ...`, one case a line, `#` for comments. The native tests read the same
 * files. Element i of tensor t (in the order of the operator's arguments) is ((7 i + 3 t) mod 11) - 5.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Problem {
  readonly name: string;
  readonly op: string;
  readonly values: ReadonlyMap<string, string>;
  readonly line: number;
}

export const PROBLEM_FILES = ['conv', 'pool', 'elementwise', 'copy', 'facade'] as const;

/** The problems of test/problems/NAME.txt. */
export function readProblems(name: string): Problem[] {
  const text = readFileSync(fileURLToPath(new URL(`../problems/${name}.txt`, import.meta.url)), 'utf8');
  return text.split('\n').flatMap((content, index) => {
    const trimmed = content.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const [title, op, fields = ''] = trimmed.split('|').map((part) => part.trim());
    if (title === undefined || op === undefined) throw new Error(`${name}.txt:${index + 1}: no operator`);
    const values = new Map<string, string>();
    for (const field of fields.split(/\s+/).filter(Boolean)) {
      const at = field.indexOf('=');
      if (at < 1) throw new Error(`${name}.txt:${index + 1}: '${field}' is no key=value`);
      values.set(field.slice(0, at), field.slice(at + 1));
    }
    return [{ name: title, op, values, line: index + 1 }];
  });
}

/** A list of integers, or `fallback` where the key is absent. */
export function numbers(problem: Problem, key: string, fallback: number[] = []): number[] {
  const text = problem.values.get(key);
  return text === undefined ? fallback : text === '' ? [] : text.split(',').map(Number);
}

/** One number for each of `rank` axes. */
export function perAxis(problem: Problem, key: string, rank: number, fallback: number): number[] {
  const given = numbers(problem, key, [fallback]);
  return given.length === 1 ? new Array<number>(rank).fill(given[0] as number) : given;
}

/** The small integers of tensor `t`. */
export function integersOf(t: number, shape: readonly number[]): number[] {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return Array.from({ length: size }, (_, i) => ((i * 7 + t * 3) % 11) - 5);
}
