/** A written graph as a ModelProto, and one graph of two that were written for different sizes of free axes. */
import type { DType } from '../../base/dtype.ts';
import { ModelError } from '../../base/errors.ts';
import { Message } from './wire.ts';
import { type Attribute, ELEMENT, type Initializer, type Writer, type WrittenNode } from './writer.ts';

/** An input or output; `axes` names those that are free. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly axes: readonly (number | string)[];
}

/** A graph that was written, and what it takes and gives. */
export interface Written {
  readonly writer: Writer;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** The version of the format that has an operator set. */
export const formatOf = (opset: number) => (opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : 7);

export function modelBytes({ writer, inputs, outputs }: Written): Uint8Array<ArrayBuffer> {
  const graph = new Message();
  for (const node of writer.nodes) graph.message(1, nodeOf(node));
  graph.string(2, 'striate');
  for (const one of writer.initializers) graph.message(5, tensorOf(one));
  for (const port of inputs) graph.message(11, portOf(port));
  for (const port of outputs) graph.message(12, portOf(port));
  return new Message()
    .integer(1, formatOf(writer.opset))
    .string(2, 'striate')
    .message(7, graph)
    .message(8, new Message().string(1, '').integer(2, writer.opset))
    .finish();
}

function nodeOf({ operator, name, inputs, outputs, attributes }: WrittenNode): Message {
  const node = new Message();
  for (const input of inputs) node.string(1, input);
  for (const output of outputs) node.string(2, output);
  node.string(3, name).string(4, operator);
  for (const [key, value] of Object.entries(attributes)) node.message(5, attributeOf(key, value));
  return node;
}

function attributeOf(name: string, value: Attribute): Message {
  const attribute = new Message().string(1, name);
  if (typeof value === 'number') return attribute.integer(3, value).integer(20, 2);
  if (typeof value === 'string') return attribute.string(4, value).integer(20, 3);
  if ('float' in value) return attribute.float(2, value.float).integer(20, 1);
  if (typeof value[0] === 'string') {
    for (const one of value) attribute.string(9, one as string);
    return attribute.integer(20, 8);
  }
  for (const one of value) attribute.integer(8, one as number);
  return attribute.integer(20, 7);
}

function tensorOf({ name, element, shape, bytes }: Initializer): Message {
  const tensor = new Message();
  for (const size of shape) tensor.integer(1, size);
  return tensor.integer(2, element).string(8, name).bytes(9, bytes);
}

function portOf({ name, dtype, axes }: Port): Message {
  const shape = new Message();
  for (const axis of axes) {
    const dimension = new Message();
    if (typeof axis === 'number') dimension.integer(1, axis);
    else dimension.string(2, axis);
    shape.message(1, dimension);
  }
  const tensor = new Message().integer(1, ELEMENT[dtype]).message(2, shape);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}

/** The graph that both are. @throws ModelError that names an operator which they have otherwise */
export function merged(first: Written, second: Written): Written {
  const free = first.inputs
    .flatMap(({ axes }) => axes.filter((axis) => typeof axis === 'string'))
    .map((name) => `'${name}'`)
    .join(', ');
  const differs = (what: string): never => {
    throw new ModelError(`exportOnnx: ${what} depends on the size of a free axis (${free}): give its size`);
  };
  const text = ({ operator, inputs, outputs, attributes }: WrittenNode) =>
    JSON.stringify([operator, inputs, outputs, attributes]);
  const others = second.writer.nodes;
  first.writer.nodes.forEach((node, i) => {
    const other = others[i];
    if (other === undefined || text(node) !== text(other)) differs(`${node.operator} '${node.name}'`);
  });
  if (others.length !== first.writer.nodes.length) differs('the graph');
  first.writer.initializers.forEach((one, i) => {
    const other = second.writer.initializers[i] as Initializer;
    if (one.bytes.length === other?.bytes.length && one.bytes.every((byte, at) => byte === other.bytes[at]))
      return;
    const readers = first.writer.nodes.filter(({ inputs }) => inputs.includes(one.name));
    const shape = other?.from === undefined || one.from === undefined ? null : openShape(one, other);
    if (shape === null) differs(readers.map(({ operator, name }) => `${operator} '${name}'`).join(', '));
    else first.writer.initializers[i] = { ...one, bytes: new Uint8Array(BigInt64Array.from(shape).buffer) };
  });
  const inner = new Map(
    first.inputs.flatMap(({ axes, shape }, i) =>
      axes.flatMap((axis, at) =>
        typeof axis === 'string' ? [[`${shape[at]} ${second.inputs[i]!.shape[at]}`, axis] as const] : [],
      ),
    ),
  );
  const outputs = first.outputs.map((port, i): Port => {
    const other = second.outputs[i]!.shape;
    const axes = port.shape.map((size, at) =>
      size === other[at] ? size : (inner.get(`${size} ${other[at]}`) ?? `${port.name}_axis${at}`),
    );
    return { ...port, axes };
  });
  return { ...first, outputs };
}

/** A shape with 0 where an axis stays what it was, and one -1; null where that does not do. */
function openShape(one: Initializer, other: Initializer): bigint[] | null {
  const sizes = [one, other].map(({ bytes }) => new BigInt64Array(bytes.slice().buffer)) as [
    BigInt64Array,
    BigInt64Array,
  ];
  if (sizes[0].length !== sizes[1].length) return null;
  let open = 0;
  const shape = Array.from(sizes[0], (size, axis) => {
    const next = sizes[1][axis];
    if (size === next) return size;
    const stays = BigInt(one.from![axis] ?? -1) === size && BigInt(other.from![axis] ?? -1) === next;
    if (stays) return 0n;
    open += 1;
    return -1n;
  });
  return open > 1 || (shape.filter((size) => size === 0n).length > 0 && sizes[0].includes(0n)) ? null : shape;
}
