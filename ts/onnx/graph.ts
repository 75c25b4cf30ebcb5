/**
 * The checks of a graph that need no shapes: its operator set, that every operator is known and has the inputs and
 * attributes it can have, that every name is made once, and before it is read (nodes in another order are sorted).
 */
import { ModelError } from '../base/errors.ts';
import type { CheckedGraph, GraphNode, Handler } from './handler.ts';
import { checkNode, handlerFor, OPSETS, outerNames } from './nodes.ts';
import { sorted } from './order.ts';
import type { GraphProto, ModelProto, NodeProto } from './protobuf.ts';

type Table = ReadonlyMap<string, readonly Handler[]>;

/** Where a graph lies: the file, the operators, and what it may read of the graphs around it. */
interface Around {
  readonly file: string;
  readonly handlers: Table;
  readonly opset: number;
  /** ' in then_branch of node ...' for a graph in an attribute. */
  readonly within: string;
  readonly names: ReadonlySet<string>;
}

/** @throws ModelError */
export function checkGraph(model: ModelProto, handlers: Table): CheckedGraph {
  requireKnown(model, handlers);
  const around = {
    file: model.file,
    handlers,
    opset: checkOpset(model),
    within: '',
    names: new Set<string>(),
  };
  return checkPart(model.graph, around);
}

/** A graph of a model: its own, or one in an attribute. A name that is made again hides that of the graph around. */
function checkPart(proto: GraphProto, around: Around): CheckedGraph {
  const { opset } = around;
  const names = new Set(around.names);
  for (const { name } of [...proto.inputs, ...proto.initializers]) names.add(name);
  for (const { outputs } of proto.nodes) for (const name of outputs) names.add(name);
  const nodes = proto.nodes.map((node, index) => checkedNode(node, index, { ...around, names }));
  const makers = makersOf(around, proto, nodes);
  checkWiring(around, proto, nodes, makers);
  return {
    proto,
    opset,
    nodes: sorted(around.file + around.within, nodes, makers),
    makers,
    // Around the model's own graph there is nothing.
    outer: around.within === '' ? [] : outerNames(proto, nodes),
  };
}

function checkedNode(node: NodeProto, index: number, around: Around): GraphNode {
  const { file, handlers, opset, within } = around;
  const name = node.name || node.outputs[0] || '';
  const called =
    node.name === ''
      ? `node ${index}${within} (${node.operator}, makes '${name}')`
      : `node '${name}'${within} (${node.operator})`;
  const label = `${file}: ${called}`;
  const handler = handlerFor(handlers.get(node.operator) as readonly Handler[], opset, label);
  checkNode({ node, handler, label }, opset);
  const checked = { node, handler, label, name, ...insideOf(node, name, around) };
  const wrong = handler.check?.(checked);
  if (wrong !== undefined) throw new ModelError(`${label}: ${wrong}`);
  return checked;
}

type Inside = Pick<GraphNode, 'reads' | 'bodies' | 'signatures'>;

/** What a node without graphs in its attributes, as nearly all are, has of them. */
const NOTHING: Omit<Inside, 'reads'> = {
  bodies: /*#__PURE__*/ new Map(),
  signatures: /*#__PURE__*/ new Map(),
};

/** The graphs in a node's attributes, and all names that it reads with them. */
function insideOf(node: NodeProto, name: string, around: Around): Inside {
  let bodies: Map<string, CheckedGraph> | null = null;
  for (const [attribute, { graph }] of node.attributes) {
    if (graph === null) continue;
    const within = `${around.within} in ${attribute} of '${name}'`;
    bodies ??= new Map();
    bodies.set(attribute, checkPart(graph, { ...around, within }));
  }
  if (bodies === null) return { reads: node.inputs, ...NOTHING };
  const reads = [...node.inputs, ...new Set([...bodies.values()].flatMap(({ outer }) => outer))];
  const signatures = new Map(
    [...bodies].map(([attribute, { proto }]) => [
      attribute,
      { inputs: proto.inputs, outputs: proto.outputs },
    ]),
  );
  return { reads, bodies, signatures };
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
      const name = () => (node.name === '' ? `node ${index}${within}` : `'${node.name}'`);
      if (!handlers.has(node.operator)) {
        const names = unknown.get(node.operator);
        if (names === undefined) unknown.set(node.operator, [name()]);
        else names.push(name());
      }
      for (const inner of node.attributes.values())
        if (inner.graph !== null) visit(inner.graph, ` in ${name()}`);
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
function makersOf(
  { file, within }: Around,
  graph: GraphProto,
  nodes: readonly GraphNode[],
): Map<string, GraphNode> {
  const given = new Set<string>();
  const once = (name: string, what: string) => {
    if (name === '') throw new ModelError(`${file}: ${what} without a name${within}`);
    if (given.has(name)) throw new ModelError(`${file}: there are two of ${what} '${name}'${within}`);
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
  { file, within, names }: Around,
  graph: GraphProto,
  nodes: readonly GraphNode[],
  makers: ReadonlyMap<string, GraphNode>,
): void {
  const given = new Set([...graph.inputs, ...graph.initializers].map(({ name }) => name));
  const wrongWith = (name: string): string | null => {
    const maker = makers.get(name);
    if (maker === undefined)
      return given.has(name) || names.has(name) ? null : 'which no node, input or initializer makes';
    const index = maker.node.outputs.indexOf(name);
    const isGiven = index < (maker.handler.outputs ?? 1);
    return isGiven ? null : `output ${index} of ${maker.node.operator}, which is not supported`;
  };
  for (const { node, label, reads } of nodes) {
    reads.forEach((name, i) => {
      const wrong = name === '' ? null : wrongWith(name);
      if (wrong === null) return;
      const which = i < node.inputs.length ? `input ${i} is` : 'a graph in its attributes reads';
      throw new ModelError(`${label}: ${which} '${name}', ${wrong}`);
    });
  }
  if (graph.outputs.length === 0) throw new ModelError(`${file}: the graph${within} has no outputs`);
  const seen = new Set<string>();
  for (const { name } of graph.outputs) {
    const wrong = wrongWith(name);
    if (wrong !== null) throw new ModelError(`${file}: the graph's output${within} is '${name}', ${wrong}`);
    if (seen.has(name) && within === '')
      throw new ModelError(`${file}: the graph has the output '${name}' twice`);
    seen.add(name);
  }
}
