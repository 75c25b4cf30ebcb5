/**
 * Calls as lines: `name | operator | arguments`, where arguments is a JSON list without its brackets, exactly what the
 * public function is given, a tensor being a string. `overlapping | maxPool2d | "2x3x7x5", 3, { "stride": 2 }`.
 * A fourth part, where there is one, is the expected result as nested arrays.
 *
 *   "2x3x4"      float32, small integers: element i of tensor t (its order in the line) is ((7 i + 3 t) mod 11) - 5
 *   "2x3:int32"  the same of another dtype; of uint8 plus 5
 *   "2x3:int32<12"   ((7 i + 3 t) mod 12), for indices
 *   "2x3~"       reals in [-1, 1)         "2x3+"  reals in [0.5, 1.5)
 *   "2x3#"       distinct values, 0.25 apart, in no order; none is a multiple of 0.25
 *   "scalar"     stands for the shape: "scalar", "scalar~"
 *   {"values": [[1, 2]], "shape": [1, 2], "dtype": "int32"}     shape and dtype may be left out; "NaN", "Infinity" and
 *                                                               "-Infinity" may be values
 */
import type { DType } from 'striate';
import { countOf, type Plain } from './plain.ts';
import { Choices } from './random.ts';

/** How a tensor's values were made. */
export type Kind = 'integers' | 'reals' | 'ramp' | 'literal';

/** A tensor of a line. */
export interface Given extends Plain {
  readonly kind: Kind;
}

export interface Call {
  readonly name: string;
  readonly op: string;
  /** The arguments, with a Given in each tensor's place. */
  readonly args: readonly unknown[];
  /** The tensors in their order. */
  readonly tensors: readonly Given[];
  /** From the fourth part of the line: the results, one tensor each. */
  readonly expected: readonly Given[] | null;
  readonly line: string;
}

const TENSOR = /^(scalar|\d+(?:x\d+)*)(?::(float32|int32|uint8|int8))?(?:<(\d+))?([~+#])?$/;

/** The small integers of tensor `t`. */
export const integersOf = (t: number, shape: readonly number[]): number[] =>
  Array.from({ length: countOf(shape) }, (_, i) => ((7 * i + 3 * t) % 11) - 5);

/** The values that a tensor's text stands for; null for any other text. */
export function fromText(text: string, t: number): Given | null {
  const found = TENSOR.exec(text);
  if (found === null) return null;
  const [, sizes = '', dtype = 'float32', below, how] = found;
  const shape = sizes === 'scalar' ? [] : sizes.split('x').map(Number);
  const type = { shape, dtype: dtype as DType };
  const size = countOf(shape);
  if (how === undefined) {
    const shift = dtype === 'uint8' ? 0 : 5;
    const value = (i: number) =>
      below === undefined ? ((7 * i + 3 * t) % 11) - shift : (7 * i + 3 * t) % Number(below);
    return { ...type, kind: 'integers', data: Array.from({ length: size }, (_, i) => value(i)) };
  }
  const choose = new Choices(1000 * t + size);
  if (how === '#') {
    const data = Array.from({ length: size }, (_, i) => (i - (size >> 1)) * 0.25 + 0.125 + t / 32);
    for (let i = size - 1; i > 0; i--) {
      const j = choose.integer(0, i);
      [data[i], data[j]] = [data[j] as number, data[i] as number];
    }
    return { ...type, kind: 'ramp', data };
  }
  const value = () => Math.fround(how === '+' ? 0.5 + choose.next() : 2 * choose.next() - 1);
  return { ...type, kind: 'reals', data: Array.from({ length: size }, value) };
}

interface Literal {
  readonly values: unknown;
  readonly shape?: number[];
  readonly dtype?: DType;
}

function fromLiteral({ values, shape, dtype = 'float32' }: Literal): Given {
  const found: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) found.push(level.length);
  const flat = [values].flat(Infinity).map(Number);
  const data = dtype === 'float32' ? flat.map(Math.fround) : flat;
  return { shape: shape ?? found, dtype, kind: 'literal', data };
}

/** A copy of `value` with something else in it wherever `change` gives it. */
export function replace(value: unknown, change: (part: unknown) => unknown): unknown {
  const changed = change(value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((part) => replace(part, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replace(part, change)]));
}

export const isGiven = (part: unknown): part is Given =>
  typeof part === 'object' && part !== null && 'kind' in part;

/** JSON with a Given in the place of each tensor's text, and all of them in their order. */
export function readTensors(json: readonly unknown[]): { args: unknown[]; tensors: Given[] } {
  const tensors: Given[] = [];
  const args = replace([...json], (part) => {
    const literal = typeof part === 'object' && part !== null && Object.hasOwn(part, 'values');
    const made =
      typeof part === 'string'
        ? fromText(part, tensors.length)
        : literal
          ? fromLiteral(part as Literal)
          : null;
    if (made === null) return undefined;
    tensors.push(made);
    return made;
  }) as unknown[];
  return { args, tensors };
}

/** Reads one line; null for a comment and for an empty one. @throws Error that says what is wrong with it */
export function parseCall(line: string): Call | null {
  const trimmed = line.trim();
  if (trimmed === '' || trimmed.startsWith('#')) return null;
  const [name, op, text, outputs] = trimmed.split(/ \|(?: |$)/).map((part) => part.trim());
  if (!name || !op || text === undefined) throw new Error(`'${trimmed}' is not: name | operator | arguments`);
  let json: unknown;
  try {
    json = JSON.parse(`[${text}]`);
  } catch (error) {
    throw new Error(`'${trimmed}': ${(error as Error).message}`);
  }
  const { args, tensors } = readTensors(json as unknown[]);
  const expected =
    outputs === undefined
      ? null
      : (JSON.parse(`[${outputs}]`) as unknown[]).map((values) =>
          fromLiteral(Array.isArray(values) ? { values } : (values as Literal)),
        );
  return { name, op, args, tensors, expected, line: trimmed };
}

/** The arguments with other things in the tensors' places. */
export function argumentsWith(call: Call, tensors: readonly unknown[]): unknown[] {
  return replace(call.args, (part) =>
    isGiven(part) ? tensors[call.tensors.indexOf(part)] : undefined,
  ) as unknown[];
}

/** Copies of a call's tensors, which a reference may write. */
export function plainTensors(call: Call): Plain[] {
  return call.tensors.map(({ shape, dtype, data }) => ({ shape: [...shape], dtype, data: [...data] }));
}
