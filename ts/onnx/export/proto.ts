/** A model as it was read, or as it was changed since, as the bytes of an ONNX file. Weights of other files stand in it. */
import type {
  Attribute,
  AttributeKind,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfo,
} from '../protobuf.ts';
import { formatOf } from './model.ts';
import { Message } from './wire.ts';

/** The file. */
export function protoBytes({ opsets, graph, metadata }: ModelProto): Uint8Array<ArrayBuffer> {
  const model = new Message()
    .integer(1, formatOf(opsets.get('') ?? 0))
    .string(2, 'striate')
    .message(7, graphOf(graph, 'graph'));
  for (const [domain, version] of opsets)
    model.message(8, new Message().string(1, domain).integer(2, version));
  for (const [key, value] of metadata) model.message(14, new Message().string(1, key).string(2, value));
  return model.finish();
}

function graphOf({ nodes, initializers, inputs, outputs }: GraphProto, name: string): Message {
  const graph = new Message();
  for (const node of nodes) graph.message(1, nodeOf(node));
  graph.string(2, name);
  for (const one of initializers)
    if (one.places === null) graph.message(5, tensorOf(one));
    else graph.message(15, sparseOf(one, one.places));
  for (const port of inputs) graph.message(11, portOf(port));
  for (const port of outputs) graph.message(12, portOf(port));
  return graph;
}

function nodeOf({ name, operator, inputs, outputs, attributes }: NodeProto): Message {
  const node = new Message();
  for (const input of inputs) node.string(1, input);
  for (const output of outputs) node.string(2, output);
  // A domain has dots, an operator has none.
  const at = operator.lastIndexOf('.');
  node.string(3, name).string(4, operator.slice(at + 1));
  for (const [key, value] of attributes) node.message(5, attributeOf(key, value));
  return at < 0 ? node : node.string(7, operator.slice(0, at));
}

/** The largest int64, which exporters write for "to the end", has become 2^63 as a number. */
const atMost = (value: number): number => Math.min(value, 2 ** 63 - 1024);

/** AttributeProto.type of the kinds. */
const TYPE: Readonly<Record<AttributeKind, number>> = {
  ...{ float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8, other: 0 },
};

function attributeOf(name: string, one: Attribute): Message {
  const attribute = new Message().string(1, name);
  const { tensor } = one;
  const isSparse = tensor !== null && tensor.places !== null;
  if (one.kind === 'float') attribute.float(2, one.float);
  else if (one.kind === 'int') attribute.integer(3, atMost(one.int));
  else if (one.kind === 'string') attribute.string(4, one.string);
  else if (one.kind === 'graph' && one.graph !== null) attribute.message(6, graphOf(one.graph, name));
  else if (one.kind === 'floats') for (const value of one.floats) attribute.float(7, value);
  else if (one.kind === 'ints') for (const value of one.ints) attribute.integer(8, atMost(value));
  else if (one.kind === 'strings') for (const value of one.strings) attribute.string(9, value);
  else if (tensor !== null && isSparse) attribute.message(22, sparseOf(tensor, tensor.places as TensorProto));
  else if (tensor !== null) attribute.message(5, tensorOf(tensor));
  return attribute.integer(20, isSparse ? 11 : TYPE[one.kind]);
}

function tensorOf({ name, dims, type, raw, floats, doubles, int32s, int64s }: TensorProto): Message {
  const tensor = new Message();
  for (const size of dims) tensor.integer(1, size);
  tensor.integer(2, type);
  for (const piece of floats) tensor.bytes(4, piece);
  for (const value of int32s) tensor.integer(5, value);
  for (const value of int64s) tensor.integer(7, atMost(value));
  tensor.string(8, name);
  if (raw !== null) tensor.bytes(9, raw);
  for (const piece of doubles) tensor.bytes(10, piece);
  return tensor;
}

/** The values of a sparse tensor have its name; `dims` are those of the whole. */
function sparseOf(values: TensorProto, places: TensorProto): Message {
  const sparse = new Message()
    .message(1, tensorOf({ ...values, dims: places.dims.slice(0, 1) }))
    .message(2, tensorOf(places));
  for (const size of values.dims) sparse.integer(3, size);
  return sparse;
}

function portOf({ name, type, shape }: ValueInfo): Message {
  const tensor = new Message().integer(1, type);
  if (shape !== null) tensor.message(2, shapeOf(shape));
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}

/** A free axis is written by its name, and as nothing where it has none. */
function shapeOf(shape: readonly (number | string)[]): Message {
  const message = new Message();
  for (const axis of shape) {
    const dimension = new Message();
    if (typeof axis === 'number') dimension.integer(1, axis);
    else if (axis !== '?') dimension.string(2, axis);
    message.message(1, dimension);
  }
  return message;
}
