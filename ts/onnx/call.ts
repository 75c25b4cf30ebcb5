/**
 * One node being imported: what a handler sees of it. A value that flows between nodes is a Tensor (symbolic while the
 * program is traced, or a constant) or a Host: numbers that are known when importing, such as a shape. Arithmetic on
 * shapes stays on the host, so that no kernel runs for it; a Host becomes a constant where a kernel needs it.
 */

import type { DType } from '../dtype.ts';
import { ModelError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { NodeProto, TensorProto } from './protobuf.ts';

/** Beyond this many elements a constant is a tensor and no shape: shapes have up to eight axes. */
export const HOST_LIMIT = 1024;

export class Host {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: DType;

  constructor(values: readonly number[], shape: readonly number[] = [values.length], dtype: DType = 'int32') {
    this.values = values;
    this.shape = shape;
    this.dtype = dtype;
  }
}

export type Flow = Tensor<DType> | Host;

/** The kinds of attribute that an operator may have; 'other' ones are refused on loading. */
export type AttributeSchema = Readonly<
  Record<string, 'float' | 'int' | 'string' | 'tensor' | 'floats' | 'ints' | 'strings'>
>;

/** How an operator of ONNX becomes calls of ours. */
export interface Handler {
  /** The first operator set that has it, when that is later than 9. */
  readonly since?: number;
  /** How many inputs it takes. */
  readonly inputs: readonly [min: number, max: number];
  /** How many outputs it gives; further ones (a dropout's mask) must not be read by anything. */
  readonly outputs?: number;
  readonly attributes?: AttributeSchema;
  /** Inputs whose value, not only shape, must be known when importing. */
  readonly host?: readonly number[];
  /** It reads its input's shape only. */
  readonly shapeOnly?: true;
  /** Tried when all inputs are known: the result without running anything. */
  fold?(call: Call): Host | undefined;
  build(call: Call): Flow | Flow[];
}

export type Handlers = Readonly<Record<string, Handler>>;

export interface CallSite {
  readonly node: NodeProto;
  readonly label: string;
  readonly opset: number;
  /** Makes the tensor of a Host; the same one each time. */
  constant(host: Host): Tensor<DType>;
  /** The tensor of a tensor attribute, made on loading. */
  attributeTensor(tensor: TensorProto): Tensor<DType>;
}

export class Call {
  readonly inputs: readonly (Flow | undefined)[];
  readonly #site: CallSite;

  constructor(site: CallSite, inputs: readonly (Flow | undefined)[]) {
    this.#site = site;
    this.inputs = inputs;
  }

  get opset(): number {
    return this.#site.opset;
  }

  /** How many outputs the node names. */
  get outputCount(): number {
    return this.#site.node.outputs.length;
  }

  fail(reason: string): never {
    throw new ModelError(`${this.#site.label}: ${reason}`);
  }

  /** Input `index` as it is. */
  flow(index: number): Flow {
    return this.inputs[index] ?? this.fail(`input ${index} is missing`);
  }

  /** Input `index` as a tensor. */
  tensor(index: number): Tensor<DType> {
    const flow = this.flow(index);
    return flow instanceof Host ? this.#site.constant(flow) : flow;
  }

  /** Input `index` for an operator that takes float32 only, and says so when it is something else. */
  float32(index: number): Tensor {
    return this.tensor(index) as unknown as Tensor;
  }

  /** An input that may be left out. */
  optional(index: number): Tensor | null {
    return this.inputs[index] === undefined ? null : this.float32(index);
  }

  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  shape(index: number): readonly number[] {
    return this.flow(index).shape;
  }

  /** The numbers of input `index` when they are known and few; undefined otherwise. */
  known(index: number): readonly number[] | undefined {
    const flow = this.inputs[index];
    return flow === undefined ? undefined : hostOf(flow)?.values;
  }

  /** The numbers of input `index`, which must be known when importing; `what` says what they are. */
  numbers(index: number, what: string): readonly number[] {
    const flow = this.flow(index);
    const host = hostOf(flow);
    if (host !== undefined) return host.values;
    const name = this.#site.node.inputs[index];
    const size = flow.shape.reduce((a, b) => a * b, 1);
    return this.fail(
      size > HOST_LIMIT
        ? `${what} (input '${name}') has ${size} values, must have at most ${HOST_LIMIT}`
        : `${what} (input '${name}') must be known when importing, but is computed from an input's values`,
    );
  }

  integer(name: string, otherwise: number): number {
    return this.#attribute(name)?.int ?? otherwise;
  }

  integers(name: string): readonly number[] | undefined {
    return this.#attribute(name)?.ints;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name)?.float ?? otherwise;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name)?.floats;
  }

  tensorAttribute(name: string): Tensor<DType> | undefined {
    const tensor = this.#attribute(name)?.tensor;
    return tensor ? this.#site.attributeTensor(tensor) : undefined;
  }

  /** A string attribute that must be one of `allowed`; the first is the default. */
  choice<T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
    const value = this.#attribute(name)?.string;
    if (value === undefined) return allowed[0];
    const found = allowed.find((one) => one === value);
    return (
      found ??
      this.fail(`attribute ${name} is '${value}', must be ${allowed.map((one) => `'${one}'`).join(' or ')}`)
    );
  }

  /** A list attribute with one entry per axis, or `otherwise` on every axis. */
  perAxis(name: string, axes: number, otherwise: number): number[] {
    const values = this.integers(name);
    if (values === undefined) return new Array<number>(axes).fill(otherwise);
    if (values.length !== axes)
      this.fail(`attribute ${name} has ${values.length} entries, must have ${axes}`);
    return [...values];
  }

  /** An axis of `rank`, counted from the end when negative. */
  axis(value: number, rank: number, what = 'axis'): number {
    if (!Number.isInteger(value) || value < -rank || value >= rank) {
      this.fail(`${what} is ${value}, must be from ${-rank} to ${rank - 1}`);
    }
    return value < 0 ? value + rank : value;
  }

  #attribute(name: string) {
    return this.#site.node.attributes.get(name);
  }
}

/** The numbers of a flow, when it is a Host or a small constant. */
export function hostOf(flow: Flow): Host | undefined {
  if (flow instanceof Host) return flow;
  if (flow.symbol !== null || flow.size > HOST_LIMIT) return undefined;
  return new Host(Array.from(flow.data), flow.shape, flow.dtype);
}
