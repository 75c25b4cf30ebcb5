/**
 * One node being computed or recorded: what a handler sees of it. Every value is a Tensor. A symbol is there at each run
 * only; a tensor with values is known: a weight, or computed while the program is planned.
 */
import type { DType } from '../base/dtype.ts';
import { counted, ModelError } from '../base/errors.ts';
import { reshape } from '../ops/reshape.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { NodeProto, TensorProto } from './protobuf.ts';
import { inputSpec, type Row, type Signature } from './row.ts';
import { tensorFrom } from './weights.ts';

/** Values that a program is made of are few: shapes have up to eight axes. */
export const MAX_VALUES = 1024;

/** What a name stands for: a tensor, or a sequence of them. */
export type Value = Tensor<DType> | readonly Tensor<DType>[];

type Capture = (tensor: Tensor<DType>) => Tensor<DType>;

/** Runs a graph in an attribute of the node on its inputs; gives its outputs, of which each has handles of its own. */
export type RunBody = (attribute: string, inputs: readonly Value[]) => Value[];

/** Whether a value is there before a run: no part of it is a symbol. */
export function isKnown(value: Value): boolean {
  return value instanceof Tensor ? value.symbol === null : value.every(({ symbol }) => symbol === null);
}

/** Whether a tensor's values may be looked at: it is no symbol, and no trace follows it. */
const isReadable = ({ symbol, resources }: Tensor<DType>): boolean => symbol === null && !resources.followed;

/** A node and its row. */
interface Called {
  readonly node: NodeProto;
  readonly handler: Row;
  /** The file, node and operator, as errors name them. */
  readonly label: string;
  readonly signatures: ReadonlyMap<string, Signature>;
}

export class Call {
  /** The inputs; undefined where one is left out. A sequence, where the row allows it, is asked for by `value`. */
  readonly inputs: readonly (Tensor<DType> | undefined)[];
  /** Runs a graph in an attribute. */
  readonly body: RunBody;
  /** It is a call of a module that is trained: dropout drops, batch norm goes by the batch's own statistics. */
  readonly isTraining: boolean;
  readonly #of: Called;
  readonly #values: readonly (Value | undefined)[];
  readonly #capture: Capture | null;

  /** Where the node is recorded, `capture` gives symbols for known tensors, so that what is made of them is recorded too. */
  constructor(
    of: Called,
    values: readonly (Value | undefined)[],
    capture: Capture | null,
    body: RunBody,
    isTraining = false,
  ) {
    this.#of = of;
    this.isTraining = isTraining;
    this.#values = values;
    this.inputs = values as readonly (Tensor<DType> | undefined)[];
    this.#capture = capture;
    this.body = body;
  }

  /** Input `index` as it is, a tensor or a sequence. */
  value(index: number): Value | undefined {
    return this.#values[index];
  }

  /** The inputs from `index` on, which are not left out. */
  values(index: number): Value[] {
    return this.#values
      .slice(index)
      .map((value, i) => value ?? this.fail(`input ${index + i} is left out, but the operator needs it`));
  }

  /** What a graph in an attribute takes and gives. */
  signature(attribute: string): Signature {
    return this.#of.signatures.get(attribute) as Signature;
  }

  /** How many outputs the node names. */
  get outputCount(): number {
    return this.#of.node.outputs.length;
  }

  fail(reason: string): never {
    throw new ModelError(`${this.#of.label}: ${reason}`);
  }

  /** Input `index`. */
  tensor(index: number): Tensor<DType> {
    return this.#captured(this.inputs[index] as Tensor<DType>);
  }

  /** Input `index` under another shape. Of a known tensor that is the same storage: nothing to record. */
  reshaped(index: number, shape: readonly number[]): Tensor<DType> {
    return this.#captured(reshape(this.inputs[index] as Tensor<DType>, shape));
  }

  #captured(tensor: Tensor<DType>): Tensor<DType> {
    return this.#capture === null ? tensor : this.#capture(tensor);
  }

  /** Input `index` for an operator that takes float32 only, and says so when it is something else. */
  float32(index: number): Tensor {
    return this.tensor(index) as unknown as Tensor;
  }

  /** An input that may be left out. */
  optional(index: number): Tensor | null {
    return this.has(index) ? this.float32(index) : null;
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  shape(index: number): readonly number[] {
    return (this.inputs[index] as Tensor<DType>).shape;
  }

  /** The numbers of input `index` when they are known and few; undefined otherwise. */
  known(index: number): readonly number[] | undefined {
    const tensor = this.inputs[index];
    if (tensor === undefined || !isReadable(tensor) || tensor.size > MAX_VALUES) return undefined;
    return Array.from(tensor.data);
  }

  /** The numbers of this name: an attribute's, or an input's whose value is known; undefined where there is neither. */
  list(name: string): readonly number[] | undefined {
    const { handler, node } = this.#of;
    const attribute = node.attributes.get(name);
    if (attribute !== undefined) return attribute.kind === 'floats' ? attribute.floats : attribute.ints;
    const index = handler.inputs.findIndex((_, i) => inputSpec(handler, i)?.name === name);
    if (index < 0) return undefined;
    const tensor = this.inputs[index];
    if (tensor === undefined) return undefined;
    if (!isReadable(tensor))
      this.fail(
        `${name} (input '${node.inputs[index]}') is symbolic: while a function is traced it must have values`,
      );
    return (
      this.known(index) ??
      this.fail(
        `${name} (input '${node.inputs[index]}') has ${tensor.size} values, must have at most ${MAX_VALUES}`,
      )
    );
  }

  /** The numbers of this name, which must be there. */
  numbers(name: string): readonly number[] {
    return this.list(name) ?? this.fail(`${name} is missing`);
  }

  /** An attribute, or the default of its row. */
  int(name: string): number {
    return this.#of.node.attributes.get(name)?.int ?? (this.#otherwise(name) as number);
  }

  float(name: string): number {
    return this.#of.node.attributes.get(name)?.float ?? (this.#otherwise(name) as number);
  }

  string(name: string): string {
    return this.#of.node.attributes.get(name)?.string ?? (this.#otherwise(name) as string);
  }

  /** The texts of a list attribute. */
  texts(name: string): readonly string[] {
    return this.#of.node.attributes.get(name)?.strings ?? [];
  }

  /** Whether the node has an attribute. */
  given(name: string): boolean {
    return this.#of.node.attributes.has(name);
  }

  /** A new tensor of an attribute's values. */
  tensorAttribute(name: string): Tensor<DType> {
    const proto = this.#of.node.attributes.get(name)?.tensor as TensorProto;
    const what = `${this.#of.label}: attribute ${name}`;
    return tensorFrom(proto, what);
  }

  /** A list attribute with one entry per axis, or `otherwise` on every axis. */
  perAxis(name: string, axes: number, otherwise: number): number[] {
    const values = this.list(name);
    if (values === undefined) return new Array<number>(axes).fill(otherwise);
    if (values.length !== axes)
      this.fail(`${name} has ${counted(values.length, 'entry', 'entries')}, must have ${axes}`);
    return [...values];
  }

  /** An axis of `rank`, counted from the end when negative. */
  axis(value: number, rank: number, what = 'axis'): number {
    if (!Number.isInteger(value) || value < -rank || value >= rank) {
      this.fail(`${what} is ${value}, must be from ${-rank} to ${rank - 1}`);
    }
    return value < 0 ? value + rank : value;
  }

  #otherwise(name: string): number | string | undefined {
    return this.#of.handler.attributes?.[name]?.otherwise;
  }
}
