/** What a graph is made of: values, the nodes that make them, and what stands for a value in a call. */
import type { DType, TensorType } from '../base/dtype.ts';
import { isOwnTensor } from '../base/errors.ts';
import type { Storage } from '../engine/memory.ts';
import { Draw } from './draw.ts';
import type { Entry, Params, Resolved } from './entry.ts';

/** Anything that a node reads or makes. */
export interface Value extends TensorType {
  shape: readonly number[];
  /** Its place among the values of its trace, in the order in which they were met. */
  readonly id: number;
  /**
   * input: bound at each run. capture: storage that the function met. number: in a tensor's place. draw: the generator's
   * state. node: made by `maker`.
   */
  readonly kind: 'input' | 'capture' | 'number' | 'draw' | 'node';
  storage: Storage | null;
  number: number;
  draw: Draw | null;
  maker: Node | null;
  /** The version before this one: its maker writes it in that one's place. */
  readonly before: Value | null;
  /** The value within whose memory it lies, and where in it, in bytes; null: in memory of its own. */
  home: { readonly within: Value; readonly offset: number } | null;
  /** Whoever reads it, once for each time; the graph that it belongs to sets it and keeps it up to date. */
  uses: Use[];
}

/** A node's input, or a result, or the last version of a capture, which stays when the run has ended. */
export type Use = { readonly node: Node; readonly slot: number } | { readonly node: null };

/** One call of an operator. */
export interface Node {
  entry: Entry;
  /** Null where an optional tensor was left out. */
  readonly inputs: (Value | null)[];
  params: Params;
  resolved: Resolved;
  readonly outputs: Value[];
  /** New versions of inputs that it writes. */
  readonly state: readonly Value[];
  /** What it leaves for its gradient. */
  saved: readonly Value[];
  /** The path of the module whose forward made the call; '' outside any. */
  readonly path: string;
  /** The calls that it stands for, where it is no call itself. */
  origins: readonly Origin[];
  /** Nodes are sorted by it where their values leave a choice. */
  order: number;
}

export interface Origin {
  readonly operator: string;
  readonly path: string;
}

/** The calls that a node stands for. */
export function originsOf({ entry, path, origins }: Node): readonly Origin[] {
  return origins.length > 0 ? origins : [{ operator: entry.name, path }];
}

/** What stands for a tensor in a call: its type, and its storage or the value of a trace. */
export interface Handle extends TensorType {
  readonly resources: { readonly storage: Storage | null };
  readonly symbol: Value | null;
}

/** A tensor, a number in a tensor's place, the state of the generator, or null where an optional tensor is left out. */
export type Operand = Handle | number | Draw | null;

export function isHandle(value: unknown): value is Handle {
  return isOwnTensor(value);
}

export const NO_VALUES: readonly Value[] = [];
export const NO_ORIGINS: readonly Origin[] = [];
const NO_USES: Use[] = [];

/** A value of no graph yet. */
export function makeValue(
  id: number,
  { shape, dtype }: TensorType,
  kind: Value['kind'],
  maker: Node | null = null,
  before: Value | null = null,
): Value {
  return {
    id,
    shape,
    dtype,
    kind,
    storage: null,
    number: 0,
    draw: null,
    maker,
    before,
    home: null,
    uses: NO_USES,
  };
}

/** What a value is another shape of. */
export function unshaped(value: Value): Value {
  let base = value;
  while (base.maker?.entry.alias) base = base.maker.inputs[0] as Value;
  return base;
}

/** The nodes that read a value, under any shape. */
export function readersOf({ uses }: Value): Node[] {
  return uses.flatMap(({ node }) => {
    if (node === null) return [];
    return node.entry.alias ? readersOf(node.outputs[0] as Value) : [node];
  });
}

/** What a value is another shape or a later version of: where it lies. */
export function homeOf(value: Value): Value {
  let home = unshaped(value);
  while (home.before !== null) home = unshaped(home.before);
  return home;
}

/** The dtype that a number takes in a tensor's place: that of the last tensor beside it, behind a condition. */
export function scalarType(inputs: readonly Operand[]): DType {
  for (let i = inputs.length - 1; i >= 0; i--) {
    const input = inputs[i] as Operand;
    if (input !== null && typeof input !== 'number' && !(input instanceof Draw)) return input.dtype;
  }
  return 'float32';
}
