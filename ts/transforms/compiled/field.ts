/** Values of a file's header, which may hold anything: each is read as what it must be, or a ModelError says what it is and where. */
import { DTYPES, type DType } from '../../base/dtype.ts';
import { describe, ModelError } from '../../base/errors.ts';

export class Field {
  readonly value: unknown;
  readonly #file: string;
  readonly #path: string;

  constructor(file: string, path: string, value: unknown) {
    this.#file = file;
    this.#path = path;
    this.value = value;
  }

  /** @throws ModelError that says what it must be */
  refuse(must: string): never {
    throw new ModelError(`${this.#file}: ${this.#path} is ${describe(this.value)}, must be ${must}`);
  }

  get isNull(): boolean {
    return this.value === null || this.value === undefined;
  }

  get isText(): boolean {
    return typeof this.value === 'string';
  }

  get isList(): boolean {
    return Array.isArray(this.value);
  }

  /** A property, which an object may lack. */
  of(name: string): Field {
    if (typeof this.value !== 'object' || this.value === null || this.isList) this.refuse('an object');
    const own = Object.hasOwn(this.value, name) ? (this.value as Record<string, unknown>)[name] : undefined;
    return new Field(this.#file, `${this.#path}.${name}`, own);
  }

  /** An object's properties. */
  entries(): [string, Field][] {
    if (typeof this.value !== 'object' || this.value === null || this.isList) this.refuse('an object');
    return Object.keys(this.value).map((key) => [key, this.of(key)]);
  }

  list(): Field[] {
    if (!Array.isArray(this.value)) this.refuse('a list');
    return this.value.map((one, i) => new Field(this.#file, `${this.#path}[${i}]`, one));
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.refuse('a text');
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.refuse('true or false');
  }

  /** An integer from `least` to `most`. */
  integer(least = 0, most = 2 ** 32 - 1): number {
    const { value } = this;
    return isInteger(value, least, most) ? value : this.refuse(`an integer from ${least} to ${most}`);
  }

  integers(least = 0, most = 2 ** 32 - 1): number[] {
    const { value } = this;
    if (!Array.isArray(value)) this.refuse('a list');
    // There are many, and a field of each takes longer than all else.
    for (let i = 0; i < value.length; i++)
      if (!isInteger(value[i], least, most)) this.list()[i]!.integer(least, most);
    return value as number[];
  }

  dtype(): DType {
    return DTYPES.includes(this.value as DType) ? (this.value as DType) : this.refuse(DTYPES.join(', '));
  }

  type(): { readonly shape: readonly number[]; readonly dtype: DType } {
    const shape = this.of('shape');
    const sizes = shape.integers(0, 2 ** 31 - 1);
    if (sizes.reduce((a, b) => a * b, 1) >= 2 ** 31) shape.refuse('of fewer than 2^31 elements');
    return { shape: sizes, dtype: this.of('dtype').dtype() };
  }
}

function isInteger(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
