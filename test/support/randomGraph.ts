/**
 * Random functions made of operators, the same for a seed whenever they are called: on tensors, on symbols, and on plain
 * numbers by the operators' references. Two kinds: of small integers that stay below 2^20, so that every order of a sum
 * gives the same; and of reals, with more operators, for gradients.
 */
import { type Tensor, tensor } from 'striate';
import { publicFunction } from './checks.ts';
import { references } from './families.ts';
import { type Rule, realRules, rules } from './graphRules.ts';
import type { Plain } from './plain.ts';
import { Choices } from './random.ts';

/** What a graph needs of its values: a Tensor, a symbol, and plain numbers have it. */
export interface Shaped {
  readonly shape: readonly number[];
}

/** How operators are called, and constants made. */
interface Kit<T extends Shaped> {
  call(operator: string, ...args: readonly unknown[]): T | readonly T[];
  constant(plain: Plain): T;
}

export const tensors: Kit<Tensor> = {
  call: (operator, ...args) => publicFunction(operator)(...args) as Tensor,
  constant: ({ data, shape }) => tensor(data, shape),
};

/** The references, in double precision. */
export const plain: Kit<Plain> = {
  call(operator, ...args) {
    const reference = references[operator];
    if (reference === undefined) throw new Error(`no family of test/families has a reference of ${operator}`);
    return reference.run(...args);
  },
  constant: (values) => ({ ...values, data: [...values.data] }),
};

/** A value, and the largest magnitude that it can hold; of reals, one that it does not exceed by much. */
export interface Bounded<T extends Shaped = Shaped> {
  readonly t: T;
  readonly most: number;
}

export type Kind = 'integers' | 'reals';

/** Above this a value is made smaller before it is used. */
const LIMIT = { integers: 2 ** 12, reals: 2 ** 6 };
const OFTEN = ['conv', 'conv', 'batchNorm', 'add', 'relu', 'residual', 'separable'];

const sizeOf = (shape: readonly number[]) => shape.reduce((product, axis) => product * axis, 1);
const sameShape = (a: Shaped, b: Shaped) => a.shape.join() === b.shape.join();

/** A function of a list of tensors that calls the same operators each time. */
export class RandomGraph<T extends Shaped> {
  readonly kind: Kind;
  readonly #seed: number;
  readonly #kit: Kit<T>;
  /** Weights and the like, which the first call makes; what has no gradient and may be written is in `states`. */
  readonly constants: T[] = [];
  readonly states: T[] = [];
  #next = { constant: 0, state: 0 };
  choose: Choices;
  #values: Bounded<T>[] = [];
  #kept: T[] = [];
  /** The names of the rules of the last call. */
  readonly steps: string[] = [];

  constructor(seed: number, kit: Kit<T>, kind: Kind) {
    this.#seed = seed;
    this.#kit = kit;
    this.kind = kind;
    this.choose = new Choices(seed);
  }

  /** The inputs' shapes. */
  static shapes(seed: number, kind: Kind): number[][] {
    const choose = new Choices(~seed);
    const [most, widths] = kind === 'integers' ? [12, [1, 3, 8, 17]] : [6, [1, 3, 5, 9]];
    const shape = [choose.integer(1, 2), choose.integer(1, 4), choose.integer(1, most), choose.of(widths)];
    return Array.from({ length: choose.integer(1, 2) }, () => shape);
  }

  call(operator: string, ...args: readonly unknown[]): T {
    return this.#kit.call(operator, ...args) as T;
  }

  /** The results of an operator that gives several. */
  callForMany(operator: string, ...args: readonly unknown[]): readonly T[] {
    return this.#kit.call(operator, ...args) as readonly T[];
  }

  #made(list: T[], at: number, shape: readonly number[], value: () => number): T {
    const data = Array.from({ length: sizeOf(shape) }, value);
    list[at] ??= this.#kit.constant({ shape: [...shape], data, dtype: 'float32' });
    return list[at];
  }

  #drawn(most: number): number {
    if (this.kind === 'integers') return this.choose.integer(-most, most);
    return Math.fround(most * (2 * this.choose.next() - 1));
  }

  /** A constant of magnitudes up to `most`; the same tensor whenever the function is called. */
  constant(shape: readonly number[], most: number): T {
    return this.#made(this.constants, this.#next.constant++, shape, () => this.#drawn(most));
  }

  /** Means and variances that a norm reads, and writes in training. */
  statistics(shape: readonly number[]): [mean: T, variance: T] {
    const mean = this.#made(this.states, this.#next.state++, shape, () => this.#drawn(2));
    return [mean, this.#made(this.states, this.#next.state++, shape, () => 1)];
  }

  /** A weight of which each output sums `fan` products, and how much larger the output may be. */
  weight(shape: readonly number[], fan: number): [T, number] {
    return this.kind === 'integers'
      ? [this.constant(shape, 1), fan]
      : [this.constant(shape, 2 / fan ** 0.5), 1];
  }

  /** Makes a value one of the results: what nothing reads need not be computed, nor written. */
  keep(t: T): T {
    this.#kept.push(t);
    return t;
  }

  /** A value of the same shape; the value itself where there is no other. */
  like(x: Bounded<T>): Bounded<T> {
    return this.choose.of(this.#values.filter((other) => sameShape(other.t, x.t)));
  }

  #smaller(x: Bounded<T>): Bounded<T> {
    if (x.most <= LIMIT[this.kind]) return x;
    // A bound would end the gradient of reals.
    const t = this.kind === 'integers' ? this.call('clip', x.t, -4, 4) : this.call('mul', x.t, 4 / x.most);
    return { t, most: 4 };
  }

  /** Calls 5 to 30 operators and gives some of the values: inputs, repeats and inner ones may be among them. */
  run(xs: readonly T[]): T[] {
    this.choose = new Choices(this.#seed);
    this.#next = { constant: 0, state: 0 };
    this.#values = xs.map((t) => ({ t, most: 5 }));
    this.#kept = [];
    this.steps.length = 0;
    const known: Readonly<Record<string, Rule>> =
      this.kind === 'integers' ? rules : { ...rules, ...realRules };
    const names = [...Object.keys(known), ...OFTEN];
    const wanted = this.choose.integer(5, 30);
    while (this.steps.length < wanted) {
      const recent = this.choose.next() < 0.6;
      const x = recent ? (this.#values[this.#values.length - 1] as Bounded<T>) : this.choose.of(this.#values);
      const name = this.choose.of(names);
      this.#values.push(...(known[name] as Rule)(this, this.#smaller(x)));
      this.steps.push(name);
    }
    const last = this.#values[this.#values.length - 1] as Bounded<T>;
    const some = Array.from({ length: this.choose.integer(0, 3) }, () => this.choose.of(this.#values));
    return [...[last, ...some].map(({ t }) => t), ...this.#kept];
  }
}
