/**
 * What a row of the operators' tables says of a node: the operator sets that it holds for, the inputs, attributes and outputs
 * that it may have. nodes.ts checks nodes against it; a row's `build` finds everything as it is declared here.
 */
import type { AttributeKind, ValueInfo } from './protobuf.ts';

export interface InputSpec {
  /** ONNX's name. */
  readonly name: string;
  readonly optional?: true;
  /** Any number of inputs, at least one; the last of its row. */
  readonly variadic?: true;
  /**
   * What of it is known when a program is planned: its shape, which is all that is read of it, or its value, few numbers
   * of which the program is made. Without it the value may come with each run.
   */
  readonly needs?: 'shape' | 'value';
  /** A bound, a scale of integers or the like: no weight that is trained. */
  readonly setting?: true;
  /** What it may be. Default: a tensor. */
  readonly holds?: 'sequence' | 'any';
}

export interface AttributeSpec {
  readonly kind: Exclude<AttributeKind, 'other'>;
  /** What it is where the node does not have it. */
  readonly otherwise?: number | string;
  readonly required?: true;
  /** The values that are supported. */
  readonly allowed?: readonly (number | string)[];
}

/** A row, but for what it builds. */
export interface Row {
  /** The first operator set that the row holds for; it ends where the operator's next row begins. */
  readonly since?: number;
  /** The last one, of an operator that is gone afterwards. */
  readonly until?: number;
  /** A name alone is an input that must be there. */
  readonly inputs: readonly (string | InputSpec)[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** How many outputs it gives; further ones (a dropout's mask) must not be read by anything. Default 1. */
  readonly outputs?: number;
  /** It draws numbers: what it gives is another at each run. A number: only where that input is given. */
  readonly random?: true | number;
  /** What it makes of weights is left to programs, which know then what it was made of. */
  readonly stays?: true;
  /**
   * It looks at values, or makes as many as they tell: it runs between two programs, or while one is planned, on tensors
   * that have values.
   */
  readonly between?: true;
}

const specs = /*#__PURE__*/ new WeakMap<Row, readonly InputSpec[]>();

/** Input `index` of a row; undefined beyond the last. */
export function inputSpec(row: Row, index: number): InputSpec | undefined {
  let own = specs.get(row);
  if (own === undefined) {
    own = row.inputs.map((input) => (typeof input === 'string' ? { name: input } : input));
    specs.set(row, own);
  }
  const last = own[own.length - 1];
  return own[index] ?? (last?.variadic ? last : undefined);
}

/** The name and what it needs of an input whose value is known when planning. */
export const value = (name: string): InputSpec => ({ name, needs: 'value' });
export const setting = (name: string): InputSpec => ({ name, setting: true });
export const shapeOnly = (name: string): InputSpec => ({ name, needs: 'shape' });
/** A list of tensors; and what may be either. */
export const sequence = (name: string): InputSpec => ({ name, holds: 'sequence' });
export const any = (name: string): InputSpec => ({ name, holds: 'any' });
export const variadic = (name: string): InputSpec => ({ name, variadic: true });
export const optional = (input: string | InputSpec): InputSpec =>
  typeof input === 'string' ? { name: input, optional: true } : { ...input, optional: true };

export const int = (otherwise?: number): AttributeSpec => withDefault('int', otherwise);
export const float = (otherwise?: number): AttributeSpec => withDefault('float', otherwise);
export const ints: AttributeSpec = { kind: 'ints' };
export const floats: AttributeSpec = { kind: 'floats' };
export const strings: AttributeSpec = { kind: 'strings' };
export const tensorValue: AttributeSpec = { kind: 'tensor' };
export const body: AttributeSpec = { kind: 'graph', required: true };
/** A string of these; the first where there is none. */
export const choice = (...allowed: readonly [string, ...string[]]): AttributeSpec => ({
  kind: 'string',
  allowed,
  otherwise: allowed[0],
});
/** An integer that has one value in every model that is supported. */
export const only = (one: number): AttributeSpec => ({ kind: 'int', allowed: [one], otherwise: one });
export const required = (spec: AttributeSpec): AttributeSpec => ({ ...spec, required: true });

function withDefault(kind: 'int' | 'float', otherwise: number | undefined): AttributeSpec {
  return otherwise === undefined ? { kind } : { kind, otherwise };
}

/** The inputs and outputs of a graph. */
export interface Signature {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}
