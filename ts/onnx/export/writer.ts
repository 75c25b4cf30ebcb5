/**
 * A graph that is being written: nodes, constants and names. Forms (form.ts) call `op`, which appends a node and gives the
 * name of what it makes, and name constants by their values.
 */
import { type DType, sameShape, type TensorType } from '../../base/dtype.ts';
import { ModelError } from '../../base/errors.ts';

/** ONNX's numbers of the dtypes, and of those that stand between. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;

/** An attribute: integers, texts, and lists of these; floats are marked as such. */
export type Attribute = number | readonly number[] | string | readonly string[] | { readonly float: number };

export interface WrittenNode {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant of the file. */
export interface Initializer {
  readonly name: string;
  readonly element: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** Of a shape that Reshape takes: the shape of what it is given. */
  readonly from?: readonly number[];
}

/** What a call of an operator may say beside its attributes. */
export interface OpOptions {
  /** The first operator set that has it. */
  readonly since?: number;
  readonly outputs?: number;
}

export class Writer {
  readonly opset: number;
  readonly nodes: WrittenNode[] = [];
  readonly initializers: Initializer[] = [];
  /** The operator that is being written, for names and errors. */
  operator = '';
  /** Where its call was. */
  path = '';
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, string>();

  constructor(opset: number) {
    this.opset = opset;
  }

  /** `wanted`, or that with a number behind it where it is taken. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** Refuses what is being written. @throws ModelError that names the operator and its place */
  fail(reason: string): never {
    const place = this.path === '' ? '' : ` (in '${this.path}')`;
    throw new ModelError(`exportOnnx: ${this.operator}${place}: ${reason}`);
  }

  /** @throws ModelError where the operator set does not have it yet */
  requireSet(what: string, since: number): void {
    if (this.opset >= since) return;
    this.fail(`ONNX has ${what} since operator set ${since}, opset is ${this.opset}`);
  }

  /** Appends a node with one output and gives that. */
  op(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: OpOptions = {},
  ): string {
    return this.ops(operator, inputs, attributes, { ...options, outputs: 1 })[0] as string;
  }

  /** Appends a node and gives its outputs. */
  ops(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    { since = 0, outputs: count = 1 }: OpOptions,
  ): string[] {
    this.requireSet(operator, since);
    const given = [...inputs];
    while (given.at(-1) === '') given.pop();
    const base = this.path === '' ? operator : `${this.path}/${operator}`;
    const name = this.unique(base);
    const outputs = Array.from({ length: count }, (_, i) => this.unique(`${name}_output_${i}`));
    this.nodes.push({ operator, name, inputs: given, outputs, attributes });
    return outputs;
  }

  /** A constant of these bytes. Small floats that are equal are one; integers, which may be sizes, are each their own. */
  #constant(
    wanted: string,
    element: number,
    shape: readonly number[],
    view: ArrayBufferView,
    from?: readonly number[],
  ): string {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const isShared = element === ELEMENT.float32 && bytes.length <= 64;
    const key = isShared ? JSON.stringify([shape, [...bytes]]) : '';
    const known = isShared ? this.#constants.get(key) : undefined;
    if (known !== undefined) return known;
    const name = this.unique(wanted);
    this.initializers.push({ name, element, shape, bytes, ...(from !== undefined && { from }) });
    if (isShared) this.#constants.set(key, name);
    return name;
  }

  /** A weight under its name. */
  weight(wanted: string, { shape, dtype }: TensorType, values: ArrayBufferView): string {
    const name = this.unique(wanted);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    this.initializers.push({ name, element: ELEMENT[dtype], shape, bytes });
    return name;
  }

  floats(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant('constant', ELEMENT.float32, shape, Float32Array.from(values));
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant('constant', ELEMENT.int64, shape, BigInt64Array.from(values, BigInt));
  }

  /** One number of a dtype. */
  scalar(value: number, dtype: DType = 'float32'): string {
    const kinds = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, int8: Int8Array } as const;
    return this.#constant('constant', ELEMENT[dtype], [], kinds[dtype].of(value));
  }

  truth(value: boolean): string {
    return this.#constant('constant', ELEMENT.bool, [], Uint8Array.of(value ? 1 : 0));
  }

  /** x, of the shape `from`, under another. */
  reshape(x: string, from: readonly number[], shape: readonly number[]): string {
    if (sameShape({ shape: from }, { shape })) return x;
    const target = this.#constant(
      'shape',
      ELEMENT.int64,
      [shape.length],
      BigInt64Array.from(shape, BigInt),
      from,
    );
    if (!shape.includes(0)) return this.op('Reshape', [x, target]);
    return this.op('Reshape', [x, target], { allowzero: 1 }, { since: 14 });
  }

  cast(x: string, to: keyof typeof ELEMENT): string {
    return this.op('Cast', [x], { to: ELEMENT[to] });
  }

  /** A reduction that takes its axes as an attribute, or, since the operator set `since`, as an input. */
  reduce(operator: string, x: string, axes: readonly number[], keep: boolean, since = 18): string {
    const keepdims = keep ? 1 : 0;
    if (this.opset >= since) return this.op(operator, [x, this.integers(axes)], { keepdims });
    return this.op(operator, [x], { axes, keepdims });
  }
}
