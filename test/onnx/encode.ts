/** Writes ONNX models for the tests: a message is a list of [field number, value] pairs. */

export type Field = readonly [number, number | bigint | string | Uint8Array | Float];

/** A 32-bit float field; plain numbers are varints. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

export function message(fields: readonly Field[]): Uint8Array {
  const bytes: number[] = [];
  for (const [field, value] of fields) {
    if (typeof value === 'number' || typeof value === 'bigint')
      bytes.push(...varint(field * 8), ...varint(value));
    else if (value instanceof Float)
      bytes.push(...varint(field * 8 + 5), ...bytesOf(Float32Array.of(value.value)));
    else {
      const inner = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      bytes.push(...varint(field * 8 + 2), ...varint(inner.length));
      for (const byte of inner) bytes.push(byte);
    }
  }
  return Uint8Array.from(bytes);
}

export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export const TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  half: 10,
  double: 11,
};

/** A TensorProto with raw data. */
export function rawTensor(
  name: string,
  type: number,
  dims: readonly number[],
  raw: ArrayBufferView,
): Uint8Array {
  return message([...dims.map((dim): Field => [1, dim]), [2, type], [8, name], [9, bytesOf(raw)]]);
}

export function floats(name: string, dims: readonly number[], values: readonly number[]): Uint8Array {
  return rawTensor(name, TYPE.float, dims, Float32Array.from(values));
}

/** Floats between -0.5 and 0.75 that follow a pattern. */
export function some(name: string, dims: readonly number[]): Uint8Array {
  const size = dims.reduce((a, b) => a * b, 1);
  return floats(
    name,
    dims,
    Array.from({ length: size }, (_, i) => ((7 * i) % 11) / 8 - 0.5),
  );
}

export function int64s(
  name: string,
  values: readonly (number | bigint)[],
  dims = [values.length],
): Uint8Array {
  return rawTensor(name, TYPE.int64, dims, BigInt64Array.from(values, BigInt));
}

/** A SparseTensorProto: values, the places of these, and the dims of the whole. */
export function sparseTensor(
  values: Uint8Array,
  places: Uint8Array | null,
  dims: readonly number[],
): Uint8Array {
  return message([
    [1, values],
    ...(places === null ? [] : [[2, places] as Field]),
    ...dims.map((dim): Field => [3, dim]),
  ]);
}

/** A SparseTensorProto as an attribute. */
export class Sparse {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A GraphProto as an attribute (bytes alone are a tensor); null: it has the type of one, but no graph. */
export class Graph {
  readonly bytes: Uint8Array | null;
  constructor(spec: ModelSpec | null) {
    this.bytes = spec === null ? null : graph({ inputs: {}, ...spec });
  }
}

export type Attribute =
  | number
  | string
  | Uint8Array
  | readonly number[]
  | Float
  | readonly Float[]
  | readonly string[]
  | Graph
  | Sparse
  | Reference;

/** In a function: an attribute that is the call's one of that name. */
export class Reference {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An AttributeProto: a number is an int, a Float a float, bytes a tensor; lists are ints or floats. */
export function attribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === 'number')
    return message([
      [1, name],
      [3, value],
      [20, 2],
    ]);
  if (typeof value === 'string')
    return message([
      [1, name],
      [4, value],
      [20, 3],
    ]);
  if (value instanceof Float)
    return message([
      [1, name],
      [2, value],
      [20, 1],
    ]);
  if (value instanceof Reference)
    return message([
      [1, name],
      [21, value.name],
    ]);
  if (value instanceof Graph)
    return message([[1, name], ...(value.bytes === null ? [] : [[6, value.bytes] as Field]), [20, 5]]);
  if (value instanceof Sparse)
    return message([
      [1, name],
      [22, value.bytes],
      [20, 11],
    ]);
  if (value instanceof Uint8Array)
    return message([
      [1, name],
      [5, value],
      [20, 4],
    ]);
  if (typeof (value as readonly unknown[])[0] === 'string')
    return message([[1, name], ...(value as readonly string[]).map((one): Field => [9, one]), [20, 8]]);
  const list = value as readonly (number | Float)[];
  if (list[0] instanceof Float) return message([[1, name], ...list.map((one): Field => [7, one]), [20, 6]]);
  return message([[1, name], ...list.map((one): Field => [8, one as number]), [20, 7]]);
}

export interface NodeSpec {
  op: string;
  in?: readonly string[];
  out?: readonly string[];
  name?: string;
  domain?: string;
  attributes?: Readonly<Record<string, Attribute>>;
}

export function node({
  op,
  in: inputs = ['x'],
  out = ['y'],
  name = '',
  domain = '',
  attributes = {},
}: NodeSpec): Uint8Array {
  return message([
    ...inputs.map((one): Field => [1, one]),
    ...out.map((one): Field => [2, one]),
    [3, name],
    [4, op],
    ...Object.entries(attributes).map(([key, value]): Field => [5, attribute(key, value)]),
    [7, domain],
  ]);
}

type PortSpec = readonly [shape: readonly (number | string)[], type?: number];

function port(name: string, [shape, type = TYPE.float]: PortSpec): Uint8Array {
  const axes = shape.map((axis): Field => [1, message([[typeof axis === 'number' ? 1 : 2, axis]])]);
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, type],
            [2, message(axes)],
          ]),
        ],
      ]),
    ],
  ]);
}

export interface ModelSpec {
  nodes: readonly NodeSpec[];
  /** TensorProtos. */
  weights?: readonly Uint8Array[];
  /** SparseTensorProtos. */
  sparse?: readonly Uint8Array[];
  inputs?: Readonly<Record<string, PortSpec>>;
  /** By name alone, or with their types. */
  outputs?: readonly string[] | Readonly<Record<string, PortSpec>>;
  opset?: number;
  functions?: readonly FunctionSpec[];
}

/** A FunctionProto, of domain 'own' unless another is given. */
export interface FunctionSpec {
  name: string;
  domain?: string;
  in: readonly string[];
  out: readonly string[];
  nodes: readonly NodeSpec[];
  attributes?: readonly string[];
  defaults?: Readonly<Record<string, Attribute>>;
  opset?: number;
}

function functionOf({ name, domain = 'own', in: inputs, out, nodes, ...more }: FunctionSpec): Uint8Array {
  return message([
    [1, name],
    ...inputs.map((one): Field => [4, one]),
    ...out.map((one): Field => [5, one]),
    ...(more.attributes ?? []).map((one): Field => [6, one]),
    ...nodes.map((one): Field => [7, node(one)]),
    [9, message([[2, more.opset ?? 13]])],
    [10, domain],
    ...Object.entries(more.defaults ?? {}).map(([key, value]): Field => [11, attribute(key, value)]),
  ]);
}

export function graph({
  nodes,
  weights = [],
  sparse = [],
  inputs = { x: [[1]] },
  outputs = ['y'],
}: ModelSpec): Uint8Array {
  return message([
    ...nodes.map((one): Field => [1, node(one)]),
    [2, 'graph'],
    ...weights.map((one): Field => [5, one]),
    ...sparse.map((one): Field => [15, one]),
    ...Object.entries(inputs).map(([name, one]): Field => [11, port(name, one)]),
    ...(Array.isArray(outputs)
      ? outputs.map((name): Field => [12, message([[1, name]])])
      : Object.entries(outputs as Readonly<Record<string, PortSpec>>).map(
          ([name, one]): Field => [12, port(name, one)],
        )),
  ]);
}

export function model(spec: ModelSpec): Uint8Array {
  return message([
    [1, 7],
    [7, graph(spec)],
    [
      8,
      message([
        [1, ''],
        [2, spec.opset ?? 13],
      ]),
    ],
    ...(spec.functions ?? []).map((one): Field => [25, functionOf(one)]),
  ]);
}
