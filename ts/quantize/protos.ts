/** Parts of an ONNX graph, made: tensors, attributes, nodes. */
import type { Attribute, GraphProto, NodeProto, TensorProto } from '../onnx/protobuf.ts';

/** TensorProto.DataType. */
export const [FLOAT, UINT8, INT8, INT32, INT64, FLOAT16] = [1, 2, 3, 6, 7, 10] as const;

const TYPE_OF = new Map<unknown, number>([
  [Float32Array, FLOAT],
  [Uint8Array, UINT8],
  [Int8Array, INT8],
  [Int32Array, INT32],
  [BigInt64Array, INT64],
]);

export type Values = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** A tensor of these values, which it does not copy. */
export function tensorProto(name: string, dims: readonly number[], values: Values): TensorProto {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    ...{ name, dims: [...dims], type: TYPE_OF.get(values.constructor) as number, raw },
    ...{ floats: [], doubles: [], int32s: [], int64s: [], external: null, places: null },
  };
}

export const int64s = (name: string, values: readonly number[]): TensorProto =>
  tensorProto(
    name,
    [values.length],
    BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))),
  );

const EMPTY: Attribute = {
  ...{ kind: 'other', float: 0, int: 0, string: '', tensor: null, graph: null, reference: '' },
  ...{ floats: [], ints: [], strings: [] },
};

export const intAttribute = (int: number): Attribute => ({ ...EMPTY, kind: 'int', int });
export const stringAttribute = (string: string): Attribute => ({ ...EMPTY, kind: 'string', string });

/** A node with one output. */
export const nodeProto = (
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): NodeProto => ({
  ...{ name: output, operator, inputs: [...inputs], outputs: [output] },
  attributes: new Map(Object.entries(attributes)),
});

/** The bytes of a graph's constants, as the file has them. */
export function constantBytes({ initializers, nodes }: GraphProto): number {
  const tensors = [
    ...initializers,
    ...nodes.flatMap(({ attributes }) => [...attributes.values()].flatMap(({ tensor }) => tensor ?? [])),
  ];
  const lengthOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);
  return tensors.reduce((sum, { raw, floats, doubles, int32s, int64s }) => {
    const listed = lengthOf(floats) + lengthOf(doubles) + 4 * int32s.length + 8 * int64s.length;
    return sum + (raw?.length ?? listed);
  }, 0);
}
