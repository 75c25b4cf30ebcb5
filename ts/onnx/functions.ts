/**
 * Functions that a model brings along: a call of one becomes the function's own nodes. What they make gets a name of its own in
 * each call; what the function is given and gives has the call's names; an attribute that refers to one of the function's has the
 * call's value, or the function's default.
 */
import { ModelError } from '../base/errors.ts';
import type { Attribute, FunctionProto, GraphProto, ModelProto, NodeProto } from './protobuf.ts';

/** Functions within functions, and nodes that all calls become: enough for what exporters write. */
const MAX_DEPTH = 32;
const MAX_NODES = 200_000;

/** The model without calls of its functions. @throws ModelError that names the function */
export function inlined(model: ModelProto): ModelProto {
  if (model.functions.size === 0) return model;
  const graph = new Inliner(model).graph(model.graph, 0);
  return { ...model, graph };
}

/** What the names and attributes of a function are in a call. */
interface Scope {
  readonly names: ReadonlyMap<string, string>;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly prefix: string;
}

class Inliner {
  readonly #model: ModelProto;
  #calls = 0;
  #nodes = 0;

  constructor(model: ModelProto) {
    this.#model = model;
  }

  graph(graph: GraphProto, depth: number): GraphProto {
    return { ...graph, nodes: this.#expanded(graph.nodes, depth) };
  }

  #expanded(nodes: readonly NodeProto[], depth: number): NodeProto[] {
    return nodes.flatMap((node) => {
      const made = this.#model.functions.get(node.operator);
      if (made !== undefined) return this.#call(node, made, depth);
      return [withGraphs(node, (inner) => this.graph(inner, depth))];
    });
  }

  #call(call: NodeProto, { nodes, inputs, outputs, opsets, defaults }: FunctionProto, depth: number) {
    const { file } = this.#model;
    const where = `${file}: function ${call.operator}`;
    if (depth === MAX_DEPTH) throw new ModelError(`${where} is called more than ${MAX_DEPTH} deep`);
    this.#nodes += nodes.length;
    if (this.#nodes > MAX_NODES)
      throw new ModelError(`${where}: its calls become more than ${MAX_NODES} nodes`);
    if (call.inputs.length > inputs.length || call.outputs.length > outputs.length)
      throw new ModelError(
        `${where} is called with ${call.inputs.length} inputs for ${call.outputs.length} outputs, must be at most ${inputs.length} for ${outputs.length}`,
      );
    const [own, models] = [opsets.get(''), this.#model.opsets.get('')];
    if (own !== undefined && own !== models)
      throw new ModelError(`${where} is of operator set ${own}, must be of the model's, ${models}`);
    const prefix = `${call.name || call.operator}#${this.#calls++}/`;
    const names = new Map<string, string>();
    for (const { outputs: made } of nodes) for (const name of made) names.set(name, `${prefix}${name}`);
    for (const [i, name] of inputs.entries()) names.set(name, call.inputs[i] ?? '');
    outputs.forEach((name, i) => {
      if (call.outputs[i]) names.set(name, call.outputs[i]);
    });
    names.set('', '');
    const scope = { names, attributes: new Map([...defaults, ...call.attributes]), prefix };
    const passed = outputs.flatMap((name, i): NodeProto[] =>
      inputs.includes(name) && call.outputs[i]
        ? [identity(call.inputs[inputs.indexOf(name)] ?? '', call.outputs[i])]
        : [],
    );
    const body = nodes.map((node) => renamed(node, scope));
    return [...this.#expanded(body, depth + 1), ...passed];
  }
}

/** What passes a function unchanged. */
const identity = (from: string, to: string): NodeProto => ({
  name: to,
  operator: 'Identity',
  inputs: [from],
  outputs: [to],
  attributes: new Map(),
});

function withGraphs(node: NodeProto, change: (graph: GraphProto) => GraphProto): NodeProto {
  const attributes = new Map(
    [...node.attributes].map(([name, one]) => [
      name,
      one.graph === null ? one : { ...one, graph: change(one.graph) },
    ]),
  );
  return { ...node, attributes };
}

/** A node of a function in a call of it. */
function renamed(node: NodeProto, scope: Scope): NodeProto {
  const { names, attributes: given, prefix } = scope;
  const nameOf = (name: string) => names.get(name) ?? name;
  const attributes = new Map<string, Attribute>();
  for (const [name, one] of node.attributes) {
    const found = one.reference === '' ? one : given.get(one.reference);
    if (found !== undefined) attributes.set(name, found);
  }
  return withGraphs(
    {
      ...node,
      name: node.name === '' ? '' : `${prefix}${node.name}`,
      inputs: node.inputs.map(nameOf),
      outputs: node.outputs.map(nameOf),
      attributes,
    },
    (graph) => renamedGraph(graph, scope),
  );
}

/** A graph in an attribute: the names that it has itself hide the function's. */
function renamedGraph(graph: GraphProto, scope: Scope): GraphProto {
  const names = new Map(scope.names);
  for (const { name } of [...graph.inputs, ...graph.initializers]) names.delete(name);
  for (const { outputs } of graph.nodes) for (const name of outputs) if (name !== '') names.delete(name);
  const inner = { ...scope, names };
  return {
    ...graph,
    nodes: graph.nodes.map((node) => renamed(node, inner)),
    outputs: graph.outputs.map((one) => ({ ...one, name: names.get(one.name) ?? one.name })),
  };
}
