/**
 * Tensor: a handle on contiguous, counted storage in the linear memory, or, while a function is traced, a symbol that
 * has a shape and a dtype but no values.
 */
import { oneOf } from '../base/checks.ts';
import { DTYPES, type DType, type TensorType, type TypedArrays, viewOf } from '../base/dtype.ts';
import { asTensor, shapeText, wrongKind } from '../base/errors.ts';
import { INSPECT } from '../base/shown.ts';
import { adopt, allocate, countTensors, type Resources, release, type Storage } from '../engine/memory.ts';
import { CLONE, RESHAPE } from '../graph/builtin.ts';
import { Draw } from '../graph/draw.ts';
import type { Entry, Params } from '../graph/entry.ts';
import { typeBytes } from '../graph/resolve.ts';
import { currentTrace } from '../graph/trace.ts';
import { homeOf, type Value } from '../graph/value.ts';
import { execute } from '../program/eager.ts';
import { fitting, readData, type TensorData } from './data.ts';
import {
  ASSIGN,
  CAST,
  castParams,
  FLATTEN,
  flattenParams,
  PERMUTE,
  permuteParams,
  reshapeParams,
} from './moves.ts';
import { checksum, type JSONNumber, jsonNumbers, valuesText } from './print.ts';

/** What is the library's own in a tensor. */
class TensorResources implements Resources {
  storage: Storage | null;
  readonly symbol: Value | null;
  /** It is traced by identity just now, and has no values to look at. */
  followed = false;
  view: TypedArrays[DType] | null = null;

  constructor(storage: Storage | null, symbol: Value | null) {
    this.storage = storage;
    this.symbol = symbol;
  }

  /** Whether it has values to look at. */
  get readable(): boolean {
    return this.storage?.engine.alive === true && !this.followed;
  }

  free(): void {
    if (this.storage === null) return;
    if (this.storage.engine.alive) countTensors(-1);
    release(this.storage);
    this.storage = null;
  }
}

/** A number, or arrays of arrays of numbers: what `toArray` gives. */
export type NestedArray = number | NestedArray[];

/** A tensor in JSON. */
export interface TensorJSON<D extends DType = DType> {
  /** The element type. */
  readonly dtype: D;
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** In row-major order; NaN and infinities, for which JSON has no numbers, by name. Null when disposed or symbolic. */
  readonly data: readonly JSONNumber[] | null;
}

/**
 * A handle on values in the linear memory, made by `tensor`, `zeros` and every operator. Its storage is freed with
 * its last handle: by `dispose`, at the end of a `scope`, or, where the runtime can tell, when it is garbage
 * collected.
 * @example
 * ```ts
 * const x = tensor([[1, 2], [3, 4]]);
 * x.shape; // [2, 2]
 * x.dtype; // 'float32'
 * x.reshape([4]).toArray(); // [1, 2, 3, 4]
 * x.dispose();
 * ```
 */
export class Tensor<D extends DType = 'float32'> {
  /** Of minified bundles too. @internal */
  static readonly name: string = 'Tensor';
  /** The size of each axis; [] for a scalar. */
  readonly shape: readonly number[];
  /** The element type. */
  readonly dtype: D;
  /** How many elements. */
  readonly size: number;
  // Private, so that consoles and comparisons see none of it.
  readonly #resources: TensorResources;

  /** @internal Tensors are made by `tensor`, `zeros` and the operators. */
  constructor(shape: readonly number[], dtype: D, storage: Storage | null, symbol: Value | null = null) {
    let size = 1;
    for (let axis = 0; axis < shape.length; axis++) size *= shape[axis] as number;
    this.shape = shape;
    this.dtype = dtype;
    this.size = size;
    this.#resources = new TensorResources(storage, symbol);
    if (storage !== null) {
      countTensors(1);
      adopt(this);
    }
  }

  /** @internal */
  get resources(): TensorResources {
    return this.#resources;
  }

  /** The node of the trace that this stands for, null when it has values. @internal */
  get symbol(): Value | null {
    return this.#resources.symbol;
  }

  /** True after dispose(), the end of its scope, or disposeRuntime(). */
  get disposed(): boolean {
    const { symbol, storage } = this.#resources;
    return symbol === null && (storage === null || !storage.engine.alive);
  }

  /**
   * A live view of the linear memory. Take it anew after any call: the memory may have grown.
   * @throws TypeError when disposed or symbolic
   */
  get data(): TypedArrays[D] {
    return this.#read('Tensor.data');
  }

  #read(where: string): TypedArrays[D] {
    const storage = readable(where, 'tensor', this);
    // First, since the memory may grow when values come in from outside.
    const { address } = storage;
    const { buffer } = storage.engine.memory;
    let view = this.#resources.view as TypedArrays[D] | null;
    if (view === null || view.buffer !== buffer || view.byteOffset !== address) {
      view = viewOf(this.dtype, buffer, address, this.size);
      this.#resources.view = view;
    }
    return view;
  }

  /**
   * The values as nested arrays, a number for a scalar.
   * @throws TypeError when disposed or symbolic
   */
  toArray(): NestedArray {
    const data = this.#read('Tensor.toArray');
    const { shape } = this;
    let offset = 0;
    const level = (axis: number): NestedArray => {
      if (axis === shape.length) return data[offset++] as number;
      return Array.from({ length: shape[axis] as number }, () => level(axis + 1));
    };
    return level(0);
  }

  /**
   * A copy of the values outside the linear memory.
   * @throws TypeError when disposed or symbolic
   */
  toTypedArray(): TypedArrays<ArrayBuffer>[D] {
    return this.#read('Tensor.toTypedArray').slice() as TypedArrays<ArrayBuffer>[D];
  }

  /** What node:assert compares besides the properties: it sees neither getters nor iterators. @internal */
  get [Symbol.toStringTag](): string {
    return this.#resources.readable ? `Tensor ${checksum(this.data)}` : 'Tensor';
  }

  /** The values in row-major order, as `data` has them; vitest and jest compare them so. */
  [Symbol.iterator](): IterableIterator<number> {
    return this.#read('Tensor')[Symbol.iterator]();
  }

  /**
   * `Tensor float32 [2, 2] [[1, 2], [3, 4]]`, which consoles show as well. Of more than 1000 elements each axis shows its first
   * and last three; what is disposed or symbolic says so.
   */
  toString(): string {
    const without = this.disposed ? '(disposed)' : '(symbolic)';
    const values = this.#resources.readable ? valuesText(this.data, this.shape) : without;
    return `Tensor ${this.dtype} [${this.shape.join(', ')}] ${values}`;
  }

  /** What consoles show. @internal */
  [INSPECT](): string {
    return this.toString();
  }

  /**
   * For JSON.stringify; `tensor(Float32Array.from(data), shape)` is the tensor again. It never throws: test runners call it to show
   * what differs, when that may be disposed.
   */
  toJSON(): TensorJSON<D> {
    return {
      dtype: this.dtype,
      shape: this.shape,
      data: this.#resources.readable ? jsonNumbers(this.data) : null,
    };
  }

  /**
   * This tensor with its dtype known to the types, where it came from a file or a model.
   * @throws TypeError when it is another
   */
  as<T extends DType>(dtype: T): Tensor<T> {
    if ((this.dtype as DType) === dtype) return this as unknown as Tensor<T>;
    oneOf('Tensor.as', 'dtype', dtype, DTYPES);
    throw new TypeError(`Tensor.as: the tensor is ${this.dtype}, must be ${dtype}`);
  }

  /**
   * The only value.
   * @throws RangeError when there is not exactly one; TypeError when disposed or symbolic
   */
  item(): number {
    const data = this.#read('Tensor.item');
    if (data.length !== 1)
      throw new RangeError(`Tensor.item: tensor has ${data.length} elements, must have 1`);
    return data[0] as number;
  }

  /** A copy in storage of its own. */
  clone(): Tensor<D> {
    return this.#call(CLONE, []);
  }

  /**
   * A copy with another dtype. float32 to an integer: towards 0, what lies beyond the dtype (infinities too) gives its
   * nearest end, NaN gives 0. int32 to float32: to the nearest float, ties to even. int32 to 8 bits, and 8 bits to the other
   * 8 bits: the low 8 bits.
   * @throws RangeError for what is no dtype
   */
  cast<T extends DType>(dtype: T): Tensor<T> {
    return this.#call(CAST, castParams(dtype));
  }

  /**
   * The same storage under another shape of the same size; one axis may be -1.
   * @throws RangeError when the sizes differ
   */
  reshape(shape: readonly number[]): Tensor<D>;
  reshape(...row: readonly unknown[]): Tensor<D> {
    return this.#call(RESHAPE, reshapeParams(this.shape, row));
  }

  /**
   * The axes from `startDim` to `endDim` as one, on the same storage.
   * @throws RangeError for axes that there are not
   */
  flatten(startDim = 0, endDim = -1): Tensor<D> {
    return this.#call(FLATTEN, flattenParams(this.shape, startDim, endDim));
  }

  /**
   * A copy whose axis `i` is this one's axis `axes[i]`.
   * @throws RangeError when `axes` does not name each axis once
   */
  permute(axes: readonly number[]): Tensor<D>;
  permute(...row: readonly unknown[]): Tensor<D> {
    return this.#call(PERMUTE, permuteParams(this.shape, row));
  }

  /**
   * Writes values in place, so that every handle on this storage has them: those of a tensor of the same shape and dtype, of
   * nested arrays of the same shape, of a flat or typed array of as many elements (which become this dtype as `tensor` makes
   * them), or one number for all. In a traced function (compile, vjp, valueAndGrad) it is a write that each run makes, in its
   * place between reads; no gradient flows into what was overwritten, and what later reads get flows to the source. Gives
   * this tensor.
   * @throws RangeError for another shape, and numbers that the dtype cannot hold; TypeError for another dtype, and for a traced function's own arguments and results
   * of operators, which have no storage to write
   */
  assign(source: Tensor<D> | TensorData): this {
    const trace = currentTrace();
    if (trace === null || this.symbol === null) storageOf('assign', 'tensor', this);
    else if (homeOf(this.symbol).kind !== 'capture') throw symbolic('assign', 'tensor');
    let from = source as Tensor<D>;
    if (source instanceof Tensor) {
      if (trace === null || source.symbol === null) storageOf('assign', 'source', source);
      requireSame('assign', 'source', source, this);
      if (trace === null) this.data.set(source.data);
    } else {
      const values = this.#valuesOf(source);
      from = trace === null ? this : emptyTensor('assign', this.shape, this.dtype);
      if (typeof source === 'number') from.data.fill(source);
      else from.data.set(values);
    }
    if (trace === null) storageOf('assign', 'tensor', this).version += 1;
    else trace.record(ASSIGN, [this, from], []);
    return this;
  }

  /** What is no tensor, as this tensor's values: of its shape, or in a row. */
  #valuesOf(source: unknown): ArrayLike<number> {
    const given = readData('assign', 'source', source);
    const values = fitting('assign', 'source', given, this.dtype);
    if (typeof source === 'number') return values;
    const { shape } = given;
    const isRow = shape.length === 1 && values.length === this.size;
    requireSame('assign', 'source', { shape: isRow ? this.shape : shape, dtype: this.dtype }, this);
    return values;
  }

  #call<T extends DType>(entry: Entry, params: Params): Tensor<T> {
    return invoke(entry, [this], params)[0] as Tensor<DType> as Tensor<T>;
  }

  /** Gives this handle's storage back; may be called again. */
  dispose(): void {
    this.#resources.free();
  }

  /** For `using`; a runtime that lacks Symbol.dispose has no `using` either, and the key is harmless there. */
  [Symbol.dispose](): void {
    this.#resources.free();
  }
}

/** A tensor of any dtype: `dtype` tells the types which. */
export type AnyTensor = { [D in DType]: Tensor<D> }[DType];

/** A tensor's storage. @throws TypeError that names the argument when it is disposed, symbolic or no tensor */
export function storageOf(where: string, name: string, tensor: Tensor<DType>): Storage {
  const storage = tensor.resources.storage;
  if (storage?.engine.alive) return storage;
  if (tensor.symbol !== null) throw symbolic(where, name);
  throw new TypeError(`${where}: ${name} is disposed`);
}

/** The storage of a tensor whose values may be looked at. @throws TypeError when it is disposed, symbolic or followed */
export function readable(where: string, name: string, tensor: Tensor<DType>): Storage {
  const storage = storageOf(where, name, tensor);
  if (tensor.resources.followed || currentTrace()?.writes(storage)) throw symbolic(where, name);
  return storage;
}

function symbolic(where: string, name: string): TypeError {
  return new TypeError(
    `${where}: ${name} is symbolic: inside a traced function a tensor has a shape but no values`,
  );
}

/** `value` as a tensor. @throws TypeError that says what it is instead */
export function requireTensor(where: string, name: string, value: unknown): Tensor<DType> {
  if (value instanceof Tensor) return value;
  throw wrongKind(where, name, value, `a Tensor${asTensor(value)}`);
}

/** `value` as a tensor with values, of a type. @throws TypeError, RangeError that say what it is instead */
export function requireType(where: string, name: string, value: unknown, type: TensorType): Tensor<DType> {
  const tensor = requireTensor(where, name, value);
  storageOf(where, name, tensor);
  requireSame(where, name, tensor, type);
  return tensor;
}

/** @throws TypeError, RangeError where a type is not the one that it must be */
function requireSame(where: string, name: string, { shape, dtype }: TensorType, type: TensorType): void {
  if (dtype !== type.dtype) throw new TypeError(`${where}: ${name} is ${dtype}, must be ${type.dtype}`);
  if (shape.length !== type.shape.length || shape.some((size, axis) => size !== type.shape[axis])) {
    throw new RangeError(`${where}: ${name} has shape ${shapeText(shape)}, must be ${shapeText(type.shape)}`);
  }
}

/** A new tensor with undefined values. */
export function emptyTensor<D extends DType>(where: string, shape: readonly number[], dtype: D): Tensor<D> {
  return new Tensor(shape, dtype, allocate(where, typeBytes({ shape, dtype })));
}

/** The symbolic tensor of a trace's value. */
export function symbolOf(value: Value): Tensor<DType> {
  return new Tensor(value.shape, value.dtype, null, value);
}

/** A tensor, a number in a tensor's place, the state of the generator, or null where an optional tensor is left out. */
export type Operand = Tensor<DType> | number | Draw | null;

/**
 * Calls an operator; one tensor per output. A call with tensors that have values runs at once; with a symbolic or followed
 * tensor it records a node of the open trace.
 * @throws TypeError that names the argument that is no tensor or disposed
 */
export function invoke(entry: Entry, inputs: readonly Operand[], params: Params): Tensor<DType>[] {
  const trace = currentTrace();
  let record = false;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as Operand;
    if (input instanceof Tensor) {
      if (trace?.follows(input)) record = true;
      else if (!input.resources.storage?.engine.alive) refuse(entry, input, i);
    } else if (!mayStand(entry, input, i, inputs.length)) refuse(entry, input, i);
  }
  if (trace !== null) {
    if (record) return trace.record(entry, inputs, params).map(symbolOf);
    for (const input of inputs) if (input instanceof Tensor) trace.reads(input);
  }
  return execute(entry, inputs, params, tensorOf);
}

/** Whether what is no tensor may stand in the place of one. */
function mayStand(entry: Entry, input: Operand, index: number, count: number): boolean {
  if (input === null) return index >= (entry.required ?? count);
  return (typeof input === 'number' && entry.numbers === true) || input instanceof Draw;
}

/** Throws the error of an input that is no tensor with values. */
function refuse(entry: Entry, input: Operand, index: number): void {
  const name = entry.list ? `${entry.args[0]}[${index}]` : (entry.args[index] as string);
  const mayBeNull =
    index >= (entry.required ?? index + 1) && index < entry.args.length - (entry.optionTensors ?? 0);
  if (mayBeNull && typeof input === 'object' && !(input instanceof Tensor)) {
    throw wrongKind(entry.name, name, input, 'a Tensor: write null before the options');
  }
  storageOf(entry.name, name, requireTensor(entry.name, name, input));
}

function tensorOf({ shape, dtype }: TensorType, storage: Storage): Tensor<DType> {
  return new Tensor(shape, dtype, storage);
}
