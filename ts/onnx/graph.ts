/**
 * The checks of a graph that need no shapes: its operator set, that every operator is known and has the inputs and
 * attributes it can have, that every name is made once, and before it is read (nodes in another order are sorted).
 */
import { ModelError } from '../base/errors.ts';
import type { Handler } from './handler.ts';
import { checkNode, type GraphNode, handlerFor, OPSETS, readsOf } from './nodes.ts';
import type { GraphProto, ModelProto } from './protobuf.ts';

export interface CheckedGraph {
  readonly opset: number;
  /** Each node after those whose outputs it reads. */
  readonly nodes: readonly GraphNode[];
  /** The node that makes a name. */
  readonly makers: ReadonlyMap<string, GraphNode>;
}

/** @throws ModelError */
export function checkGraph(
  model: ModelProto,
  handlers: ReadonlyMap<string, readonly Handler[]>,
): CheckedGraph {
  requireKnown(model, handlers);
  const opset = checkOpset(model);
  const nodes = model.graph.nodes.map((node, index): GraphNode => {
    const name = node.name || node.outputs[0] || '';
    const called =
      node.name === ''
        ? `node ${index} (${node.operator}, makes '${name}')`
        : `node '${name}' (${node.operator})`;
    const label = `${model.file}: ${called}`;
    const handler = handlerFor(handlers.get(node.operator) as readonly Handler[], opset, label);
    return { node, handler, label, name, reads: readsOf(node) };
  });
  for (const node of nodes) checkNode(node, opset);
  const makers = makersOf(model, nodes);
  checkWiring(model, nodes, makers);
  return { opset, nodes: sorted(model, nodes, makers), makers };
}

function checkOpset({ file, opsets }: ModelProto): number {
  const opset = opsets.get('');
  const [first, last] = OPSETS;
  if (opset === undefined)
    throw new ModelError(`${file}: it names no operator set, must be one of ${first} to ${last}`);
  if (!(opset >= first && opset <= last)) {
    throw new ModelError(`${file}: operator set ${opset} is not supported, must be ${first} to ${last}`);
  }
  return opset;
}

/** How many nodes of an unknown operator are named; the rest is counted. */
const NAMED = 5;

/** All operators that are not known in one error, those of graphs in attributes too: whoever reads it wants the whole list. */
function requireKnown({ file, graph }: ModelProto, handlers: ReadonlyMap<string, readonly Handler[]>): void {
  const unknown = new Map<string, string[]>();
  const visit = ({ nodes }: GraphProto, within: string): void => {
    nodes.forEach((node, index) => {
      const name = node.name === '' ? `node ${index}${within}` : `'${node.name}'`;
      if (!handlers.has(node.operator)) {
        const names = unknown.get(node.operator);
        if (names === undefined) unknown.set(node.operator, [name]);
        else names.push(name);
      }
      for (const inner of node.attributes.values())
        if (inner.graph !== null) visit(inner.graph, ` in ${name}`);
    });
  };
  visit(graph, '');
  if (unknown.size === 0) return;
  const parts = [...unknown].map(([operator, names]) => {
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
    return `${operator || '(no operator)'} (${names.length} x: ${names.slice(0, NAMED).join(', ')}${more})`;
  });
  const [subject, verb] = unknown.size === 1 ? ['operator', 'is'] : ['operators', 'are'];
  throw new ModelError(`${file}: ${unknown.size} ${subject} ${verb} not supported: ${parts.join('; ')}`);
}

/** Which node makes each name; a name is made once, by a node or as an input or initializer. */
function makersOf({ file, graph }: ModelProto, nodes: readonly GraphNode[]): Map<string, GraphNode> {
  const given = new Set<string>();
  const once = (name: string, what: string) => {
    if (name === '') throw new ModelError(`${file}: ${what} without a name`);
    if (given.has(name)) throw new ModelError(`${file}: there are two of ${what} '${name}'`);
    given.add(name);
  };
  for (const { name } of graph.inputs) once(name, 'input');
  // Up to version 3 of the format, every initializer is an input as well.
  const inputs = new Set(given);
  given.clear();
  for (const { name } of graph.initializers) once(name, 'initializer');
  for (const name of inputs) given.add(name);
  const makers = new Map<string, GraphNode>();
  for (const maker of nodes) {
    for (const name of maker.node.outputs) {
      if (name === '') continue;
      if (given.has(name) || makers.has(name)) {
        const other = makers.get(name)?.name;
        throw new ModelError(
          `${maker.label}: output '${name}' is already ${other === undefined ? 'an input or initializer' : `made by node '${other}'`}`,
        );
      }
      makers.set(name, maker);
    }
  }
  return makers;
}

function checkWiring(
  { file, graph }: ModelProto,
  nodes: readonly GraphNode[],
  makers: ReadonlyMap<string, GraphNode>,
): void {
  const given = new Set([...graph.inputs, ...graph.initializers].map(({ name }) => name));
  const check = (name: string, reader: string) => {
    const maker = makers.get(name);
    if (maker === undefined) {
      if (!given.has(name))
        throw new ModelError(`${reader} '${name}', which no node, input or initializer makes`);
      return;
    }
    const index = maker.node.outputs.indexOf(name);
    if (index >= (maker.handler.outputs ?? 1)) {
      throw new ModelError(
        `${reader} '${name}', output ${index} of ${maker.node.operator}, which is not supported`,
      );
    }
  };
  for (const { node, label, reads } of nodes) {
    reads.forEach((name, i) => {
      const which = i < node.inputs.length ? `input ${i} is` : 'a graph in its attributes reads';
      if (name !== '') check(name, `${label}: ${which}`);
    });
  }
  if (graph.outputs.length === 0) throw new ModelError(`${file}: the graph has no outputs`);
  const seen = new Set<string>();
  for (const { name } of graph.outputs) {
    check(name, `${file}: the graph's output is`);
    if (seen.has(name)) throw new ModelError(`${file}: the graph has the output '${name}' twice`);
    seen.add(name);
  }
}

/** Kahn's algorithm; among the nodes that are ready the file's order is kept. */
function sorted(
  { file }: ModelProto,
  nodes: readonly GraphNode[],
  makers: ReadonlyMap<string, GraphNode>,
): GraphNode[] {
  const readers = new Map<GraphNode, GraphNode[]>();
  const waiting = new Map<GraphNode, number>();
  for (const reader of nodes) {
    const before = new Set(
      reader.reads.map((name) => makers.get(name)).filter((maker) => maker !== undefined),
    );
    waiting.set(reader, before.size);
    for (const maker of before) {
      const list = readers.get(maker);
      if (list === undefined) readers.set(maker, [reader]);
      else list.push(reader);
    }
  }
  const order = nodes.filter((node) => waiting.get(node) === 0);
  for (const node of order) {
    for (const reader of readers.get(node) ?? []) {
      const left = (waiting.get(reader) as number) - 1;
      waiting.set(reader, left);
      if (left === 0) order.push(reader);
    }
  }
  if (order.length < nodes.length) {
    const stuck = nodes.filter((node) => (waiting.get(node) as number) > 0).slice(0, NAMED);
    throw new ModelError(
      `${file}: nodes wait for each other's outputs in a cycle: ${stuck.map(({ name }) => `'${name}'`).join(', ')}`,
    );
  }
  return isSorted(nodes, makers) ? [...nodes] : order;
}

function isSorted(nodes: readonly GraphNode[], makers: ReadonlyMap<string, GraphNode>): boolean {
  const done = new Set<GraphNode>();
  for (const node of nodes) {
    for (const name of node.reads) {
      const maker = makers.get(name);
      if (maker !== undefined && !done.has(maker)) return false;
    }
    done.add(node);
  }
  return true;
}
