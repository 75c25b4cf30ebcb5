/** Checks of what a user gives: each names the function and the argument, says what it is and what it must be. */
import { counted, describe, isOwnTensor, shapeText, wrongKind } from './errors.ts';

/** An integer of at least `min`, or an error that says what it is; of `{ dim: 1 }` in the place of dim what to write. */
export function integer(where: string, name: string, value: unknown, min: number, max = 0x7fffffff): number {
  if (typeof value !== 'number') {
    const inner = (value as Record<string, unknown> | null | undefined)?.[name];
    const hint = typeof inner === 'number' ? `: write ${inner}` : '';
    throw wrongKind(where, name, value, `an integer${hint}`);
  }
  if (!Number.isInteger(value) || value < min || value > max) {
    const range = max === 0x7fffffff && value < min ? `at least ${min}` : `from ${min} to ${max}`;
    throw new RangeError(`${where}: ${name} is ${value}, must be an integer, ${range}`);
  }
  return value;
}

/** A number, NaN too: what is filled in. */
export function fill(where: string, name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongKind(where, name, value, 'a number');
  return value;
}

/** A number, NaN excepted. */
export function real(where: string, name: string, value: unknown): number {
  const number = fill(where, name, value);
  if (Number.isNaN(number)) throw new RangeError(`${where}: ${name} is NaN, must be a number`);
  return number;
}

/** One of a few names. */
export function oneOf(where: string, name: string, value: unknown, names: readonly string[]): void {
  if (names.includes(value as string)) return;
  const kind = typeof value === 'string' ? RangeError : TypeError;
  throw new kind(
    `${where}: ${name} is ${describe(value)}, must be ${names.map((one) => `'${one}'`).join(' or ')}`,
  );
}

/** What to write for numbers in a row, as PyTorch takes a shape or axes: the end of a sentence, and nothing for other values. */
export function asList(row: readonly unknown[]): string {
  if (typeof row[0] !== 'number') return '';
  return `: write [${row.filter((one) => typeof one === 'number').join(', ')}]`;
}

/**
 * A list of integers of at least `min` (and of `length`, when given). `row`: this and what stood behind it, where somebody may
 * have written the list's numbers as arguments.
 */
export function integers(
  where: string,
  name: string,
  value: unknown,
  min: number,
  length?: number,
  row: readonly unknown[] = [value],
): number[] {
  if (!Array.isArray(value)) throw wrongKind(where, name, value, `an array of integers${asList(row)}`);
  if (length !== undefined && value.length !== length) {
    throw new RangeError(
      `${where}: ${name} has ${counted(value.length, 'entry', 'entries')}, must have ${length}`,
    );
  }
  return value.map((entry, i) => integer(where, `${name}[${i}]`, entry, min));
}

/** One number for all of `rank` axes, or a list of one for each. */
export function perAxis(where: string, name: string, value: unknown, rank: number, min: number): number[] {
  if (typeof value === 'number') {
    const size = integer(where, name, value, min);
    return rank === 1 ? [size] : rank === 2 ? [size, size] : [size, size, size];
  }
  if (Array.isArray(value)) return integers(where, name, value, min, rank);
  throw wrongKind(where, name, value, `an integer or an array of ${rank}`);
}

/** Options that take texts, and those that take true or false, as far as PyTorch has them early in its order. */
const TEXTS = /^(mode|padding|paddingMode|approximate|dtype|variant)$/;
const FLAGS = /^(bias|training|keepDim|returnIndices|alignCorners|strict)$/;

/** Options that take a list. */
const LISTS = /^(stride|padding|dilation|outputPadding|outputSize|size|dim|steps|inputs|outputs)$/;

/** What to write for an option that was given by position, as PyTorch takes it: the first that such a value is for. */
function asOption(value: unknown, known: readonly string[]): string {
  const kind = typeof value;
  const option = known.find((name) =>
    Array.isArray(value)
      ? LISTS.test(name)
      : kind === 'number'
        ? name === 'padding' || !(TEXTS.test(name) || FLAGS.test(name))
        : (kind === 'string' && TEXTS.test(name)) || (kind === 'boolean' && FLAGS.test(name)),
  );
  return option ? `: write { ${option}: ${describe(value)} }` : '';
}

/** The options object itself: absent, or an object whose keys are all known, in the order in which PyTorch takes them. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options) || isOwnTensor(options)) {
    throw wrongKind(where, 'options', options, `an object${asOption(options, known)}`);
  }
  for (const key in options) {
    if (!known.includes(key)) {
      throw new TypeError(
        `${where}: there is no option '${key}'${known.length > 0 ? `; options are ${known.join(', ')}` : ''}`,
      );
    }
  }
}

/** An axis of `rank`, counted from the end when negative. */
export function axisIndex(where: string, name: string, value: unknown, rank: number): number {
  if (rank === 0) throw new RangeError(`${where}: ${name} is ${describe(value)}, but a scalar has no axes`);
  const axis = integer(where, name, value, -rank, rank - 1);
  return axis < 0 ? axis + rank : axis;
}

/** The number of elements of a shape; a RangeError when it is above 2^31 - 1 bytes' worth. */
export function elementCount(where: string, shape: readonly number[], bytes = 4): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis] as number;
  if (size * bytes > 0x7fffffff) {
    throw new RangeError(`${where}: shape ${shapeText(shape)} has more than 2^31 - 1 bytes`);
  }
  return size;
}
