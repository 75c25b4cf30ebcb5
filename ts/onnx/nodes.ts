/**
 * A node against its row of the operators' tables: the operator set, the number of inputs, what must be there, attributes
 * of the right kind and value. Nothing here depends on shapes.
 */
import { counted, ModelError } from '../base/errors.ts';
import type { GraphNode, Handler } from './handler.ts';
import type { Attribute, GraphProto, NodeProto } from './protobuf.ts';
import type { AttributeSpec } from './row.ts';
import { inputSpec } from './row.ts';
import { checkTensor } from './weights.ts';

/** The operator sets that are read. */
export const OPSETS = [7, 24] as const;

/** The row that holds for an operator set. @throws ModelError */
export function handlerFor(rows: readonly Handler[], opset: number, label: string): Handler {
  const [first] = rows as [Handler];
  const { since = OPSETS[0] } = first;
  if (opset < since)
    throw new ModelError(`${label}: the operator begins with operator set ${since}, the model's is ${opset}`);
  const handler = rows.reduce((found, row) => (opset >= (row.since ?? OPSETS[0]) ? row : found), first);
  const { until = OPSETS[1] } = handler;
  if (opset > until)
    throw new ModelError(`${label}: the operator ends with operator set ${until}, the model's is ${opset}`);
  return handler;
}

/** @throws ModelError that names the node, and the input or attribute */
export function checkNode(
  { node, handler, label }: Pick<GraphNode, 'node' | 'handler' | 'label'>,
  opset: number,
): void {
  const { inputs } = handler;
  const specs = inputs.map((_, index) => inputSpec(handler, index)!);
  const min = specs.filter((spec) => !spec.optional).length;
  const max = specs[specs.length - 1]?.variadic ? Number.POSITIVE_INFINITY : specs.length;
  const count = node.inputs.length;
  if (count < min || count > max) {
    const range =
      min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
    throw new ModelError(
      `${label}: it has ${counted(count, 'input')}, must have ${range} in operator set ${opset}`,
    );
  }
  node.inputs.forEach((name, index) => {
    const spec = inputSpec(handler, index)!;
    if (name === '' && !spec.optional)
      throw new ModelError(`${label}: input ${index} is left out, but the operator needs ${spec.name}`);
  });
  if (node.outputs.every((name) => name === '')) throw new ModelError(`${label}: it has no output`);
  checkAttributes(node, handler, label, opset);
}

function checkAttributes(node: NodeProto, { attributes = {} }: Handler, label: string, opset: number): void {
  for (const [name, attribute] of node.attributes) {
    if (Object.hasOwn(attributes, name)) {
      checkAttribute(name, attribute, attributes[name] as AttributeSpec, label);
      continue;
    }
    const known = Object.keys(attributes).sort().join(', ') || 'none';
    throw new ModelError(
      `${label}: attribute '${name}' is not known in operator set ${opset}; known here: ${known}`,
    );
  }
  for (const name in attributes) {
    if (attributes[name]?.required && !node.attributes.has(name))
      throw new ModelError(`${label}: attribute ${name} is missing`);
  }
}

function checkAttribute(name: string, attribute: Attribute, spec: AttributeSpec, label: string): void {
  const { kind, allowed } = spec;
  if (attribute.kind !== kind)
    throw new ModelError(`${label}: attribute ${name} is of type ${attribute.kind}, must be ${kind}`);
  if (kind === 'graph' && attribute.graph === null)
    throw new ModelError(`${label}: attribute ${name} holds no graph`);
  if (kind === 'tensor') {
    if (attribute.tensor === null) throw new ModelError(`${label}: attribute ${name} holds no tensor`);
    checkTensor(attribute.tensor, `${label}: attribute ${name}`);
  }
  const found = kind === 'string' ? attribute.string : attribute.int;
  if (allowed === undefined || allowed.includes(found)) return;
  const text = (one: number | string) => (typeof one === 'string' ? `'${one}'` : `${one}`);
  throw new ModelError(
    `${label}: attribute ${name} is ${text(found)}, must be ${allowed.map(text).join(' or ')}`,
  );
}

/** The names that a graph reads and does not make: it has them from the graphs around it. */
export function outerNames(
  { initializers, inputs, outputs }: GraphProto,
  nodes: readonly GraphNode[],
): string[] {
  const own = new Set([...inputs, ...initializers].map(({ name }) => name));
  for (const { node } of nodes) for (const name of node.outputs) own.add(name);
  const read = [...nodes.flatMap(({ reads }) => reads), ...outputs.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => name !== '' && !own.has(name));
}
