/**
 * Error classes, and the form of every sentence: which function, which argument, what it is, what it must be. TypeError is a wrong
 * kind, RangeError a wrong value or shape.
 */

/** There is no memory for what was asked; everything alive stays usable. */
export class OutOfMemoryError extends Error {
  /** The class, by name. */
  override readonly name = 'OutOfMemoryError';
  /** The bytes that were asked for. */
  readonly bytes: number;

  /** Thrown by the library: what was refused, the bytes, and the limit. */
  constructor(what: string, bytes: number, limit: number) {
    super(`${what}: no room for ${bytes} bytes; the limit is ${limit} bytes (init's maxMemoryBytes)`);
    this.bytes = bytes;
  }
}

/** A model file is damaged, or uses what is not supported. */
export class ModelError extends Error {
  /** The class, by name. */
  override readonly name = 'ModelError';
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
      return withArticle((value as object).constructor?.name || 'object');
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      return String(value);
  }
}

/** A tensor of this library, told without its class, which stands above. */
export function isOwnTensor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'symbol' in value && 'resources' in value;
}

/** What to write for a tensor of another library: the end of a sentence, and nothing for other values. */
export function asTensor(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  // onnxruntime has dims, the others a shape; TensorFlow.js gives its values by a method.
  const shape = ['dims', 'shape'].find((name) => name in value);
  const data = ['dataSync', 'data'].find((name) => name in value);
  if (shape === undefined || data === undefined) return '';
  return ` of this library: write tensor(t.${data}${data === 'data' ? '' : '()'}, t.${shape})`;
}

/** A name behind its article; U is spoken as a consonant in those that there are (Uint8Array). */
const withArticle = (name: string): string => `${/^[AEIO]/i.test(name) ? 'an' : 'a'} ${name}`;

/** So many of something: `1 entry`, `2 entries`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `[2, 3, 4]` as `2x3x4`; the shape of a scalar as `scalar`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}
