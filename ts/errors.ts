/**
 * Every error class, and the sentences of what is wrong: which function, which argument, what it is, what it
 * must be. TypeError is a wrong kind, RangeError a wrong value or shape. Faults of the Rust side arrive as a code
 * and up to three integers (crates/core/src/fault.rs says which) and get their words here.
 */
import { FAULT } from './boundary.ts';

/** No memory for what was asked; everything alive stays usable. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
  /** The bytes that were asked for. */
  readonly bytes: number;
  constructor(what: string, bytes: number, limit: number) {
    super(`${what}: no room for ${bytes} bytes; the limit is ${limit} bytes (init's maxMemoryBytes)`);
    this.bytes = bytes;
  }
}

/** A model file that is wrong or not supported. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
}

const AXES: readonly (readonly string[])[] = [
  [],
  ['length'],
  ['height', 'width'],
  ['depth', 'height', 'width'],
];

/** The name of spatial axis `axis` of `rank`. */
export function axisName(rank: number, axis: number): string {
  return AXES[rank]?.[axis] ?? `axis ${axis}`;
}

/** The sentence of a fault: `where` says the function and, for a window, the axis. */
export function faultError(where: string, code: number, values: ArrayLike<number>): Error {
  const [a = 0, b = 0] = [values[0], values[1]];
  switch (code) {
    case FAULT.notPositive:
      return new RangeError(
        `${where}: ${['kernel', 'stride', 'dilation'][a] ?? 'size'} is ${b}, must be at least 1`,
      );
    case FAULT.negativePadding:
      return new RangeError(`${where}: padding is ${a}, must not be negative`);
    case FAULT.kernelTooLarge:
      return new RangeError(`${where}: kernel spans ${a} elements, the padded input has only ${b}`);
    case FAULT.poolPadding:
      return new RangeError(`${where}: padding is ${a}, must be at most half the kernel size ${b}`);
    case FAULT.tooLarge:
      return new RangeError(`${where}: sizes multiply to more than 2^31 - 1 bytes`);
    case FAULT.indexOutside:
      return new RangeError(
        `${where}: indices holds ${a}, must be from 0 to ${b - 1}, the positions in a plane of ${b}`,
      );
    case FAULT.outputPadding:
      return new RangeError(`${where}: outputPadding is ${a}, must be from 0 to ${b}`);
    case FAULT.outputSize:
      return new RangeError(`${where}: outputSize is ${a}, must be from ${b} to ${values[2]}`);
    case FAULT.noOutput:
      return new RangeError(`${where}: the output would have ${a} elements, must have at least 1`);
    case FAULT.batchOutside:
      return new RangeError(`${where}: boxes name image ${a}, must be from 0 to ${b - 1}`);
    default:
      return new Error(
        `${where}: internal fault ${code} (${Array.from(values).join(', ')}); please report it`,
      );
  }
}

/** The error of a value that is of the wrong kind. */
export function wrongKind(where: string, name: string, value: unknown, must: string): TypeError {
  return new TypeError(wrong(where, name, value, must));
}

/** The error of a value of the right kind that is none of those it may be. */
export function wrongValue(where: string, name: string, value: unknown, must: string): RangeError {
  return new RangeError(wrong(where, name, value, must));
}

const wrong = (where: string, name: string, value: unknown, must: string): string =>
  `${where}: ${name} is ${describe(value)}, must be ${must}`;

/** What a value is, in a few words. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value))
    return value.length > 8 ? `an array of ${value.length}` : `[${value.map(describe).join(', ')}]`;
  switch (typeof value) {
    case 'string':
      return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
    case 'object':
      return `a ${(value as object).constructor?.name ?? 'object'}`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      return String(value);
  }
}

/** `[2, 3, 4]` as `2x3x4`; the shape of a scalar as `scalar`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

/** An integer of at least `min`, or an error that says what it is. */
export function integer(where: string, name: string, value: unknown, min: number, max = 0x7fffffff): number {
  if (typeof value !== 'number') throw wrongKind(where, name, value, 'an integer');
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

/** A list of integers of at least `min` (and of `length`, when given). */
export function integers(
  where: string,
  name: string,
  value: unknown,
  min: number,
  length?: number,
): number[] {
  if (!Array.isArray(value)) throw wrongKind(where, name, value, 'an array of integers');
  if (length !== undefined && value.length !== length) {
    throw new RangeError(`${where}: ${name} has ${value.length} entries, must have ${length}`);
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

/** The options object itself: absent, or an object whose keys are all known. */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw wrongKind(where, 'options', options, 'an object');
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
  for (const axis of shape) size *= axis;
  if (size * bytes > 0x7fffffff) {
    throw new RangeError(`${where}: shape ${shapeText(shape)} has more than 2^31 - 1 bytes`);
  }
  return size;
}
