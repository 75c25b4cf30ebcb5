/** What a graph is made of: values, the nodes that make them, and what stands for a value in a call. */
import type { DType, TensorType } from '../dtype.ts';
import type { Storage } from '../engine/memory.ts';
import type { Draw } from './draw.ts';
import type { Entry, Params } from './entry.ts';

/** Anything that a node reads or makes. */
export interface Value extends TensorType {
  /** Its place among the values of its trace, in the order in which they were met. */
  readonly id: number;
  /**
   * input: bound at each run. capture: storage that the function met. number: in a tensor's place. draw: the generator's
   * state. node: made by `maker`.
   */
  readonly kind: 'input' | 'capture' | 'number' | 'draw' | 'node';
  readonly storage: Storage | null;
  readonly number: number;
  readonly draw: Draw | null;
  maker: Node | null;
  /** The version before this one: its maker writes it in that one's place. */
  readonly before: Value | null;
  /** Whoever reads it, once for each time; kept up to date by the graph that it belongs to. */
  uses: Use[];
}

/** A node's input, or a result, or the last version of a capture, which stays when the run has ended. */
export type Use = { readonly node: Node; readonly slot: number } | { readonly node: null };

/** One call of an operator. */
export interface Node {
  readonly entry: Entry;
  /** Null where an optional tensor was left out. */
  readonly inputs: (Value | null)[];
  readonly params: Params;
  readonly outputs: Value[];
  /** New versions of inputs that it writes. */
  readonly state: readonly Value[];
  /** What it leaves for its gradient. */
  saved: readonly Value[];
  /** The calls that it stands for. */
  readonly origins: readonly Origin[];
  /** Nodes are sorted by it where their values leave a choice. */
  order: number;
}

export interface Origin {
  readonly operator: string;
  /** The path of the module whose forward made the call; '' outside any. */
  readonly path: string;
}

/** What stands for a tensor in a call: its type, and its storage or the value of a trace. */
export interface Handle extends TensorType {
  readonly hold: { readonly storage: Storage | null };
  readonly symbol: Value | null;
}

/** A tensor, a number in a tensor's place, the state of the generator, or null where an optional tensor is left out. */
export type Operand = Handle | number | Draw | null;

export function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'symbol' in value && 'hold' in value;
}

export const NO_VALUES: readonly Value[] = Object.freeze([]) as readonly Value[];

/** A value without uses. */
export function makeValue(
  id: number,
  { shape, dtype }: TensorType,
  kind: Value['kind'],
  { storage = null, number = 0, draw = null, maker = null, before = null }: Partial<Value> = {},
): Value {
  return { id, shape, dtype, kind, storage, number, draw, maker, before, uses: [] };
}

/** Whether a value is known before the program runs. */
export function isFixed(value: Value): boolean {
  return value.kind === 'capture' || value.kind === 'number';
}

/** The dtype that a number takes in a tensor's place: that of the first tensor beside it. */
export function scalarType(inputs: readonly Operand[]): DType {
  for (const input of inputs)
    if (input !== null && typeof input !== 'number' && 'symbol' in input) return input.dtype;
  return 'float32';
}
