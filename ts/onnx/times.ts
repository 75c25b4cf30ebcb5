/**
 * When each name of a graph is known. static: from the weights alone, so it is computed once, on loading. planned: from
 * shapes, or from inputs of the model from which shapes are computed, so it is computed for each program. run: at each
 * run.
 *
 * Forward over the nodes, a node's time is the latest of what it reads; where only a shape is read, that is planned at
 * most. An input of an operator whose value must be known, and would be there at a run only, makes the inputs of the
 * model that it comes from planned: programs hold for one value of them. Then times are found once more.
 */
import { ModelError } from '../base/errors.ts';
import type { CheckedGraph } from './graph.ts';
import type { GraphNode } from './nodes.ts';
import { inputSpec } from './row.ts';

export type Time = 'static' | 'planned' | 'run';

interface Times {
  /** Of a node. */
  readonly of: ReadonlyMap<GraphNode, Time>;
  /** The model's inputs that are planned. */
  readonly planned: ReadonlySet<string>;
}

const ORDER: readonly Time[] = ['static', 'planned', 'run'];
const later = (a: Time, b: Time): Time => (ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b);

const needOf = ({ node, handler }: GraphNode, read: number) =>
  read < node.inputs.length ? inputSpec(handler, read)?.needs : undefined;

/** The times of a graph whose inputs have these names. @throws ModelError where a value that must be known is random */
export function timesOf(graph: CheckedGraph, inputs: readonly string[]): Times {
  const given = new Map<string, Time>(inputs.map((name) => [name, 'run']));
  const first = forward(graph, given);
  const planned = originsOf(graph, first.names, valuesAtRun(graph, first.names), new Set(inputs));
  for (const name of planned) given.set(name, 'planned');
  const { names, nodes } = planned.size > 0 ? forward(graph, given) : first;
  for (const [node, read] of valuesAtRun(graph, names)) {
    throw new ModelError(
      `${node.label}: ${inputSpec(node.handler, read)?.name} is '${node.node.inputs[read]}', whose value must be known before a run, but is random`,
    );
  }
  return { of: nodes, planned };
}

/** From the given names on; what no node makes and is not given is a weight. */
function forward({ nodes }: CheckedGraph, given: ReadonlyMap<string, Time>) {
  const names = new Map(given);
  const times = new Map<GraphNode, Time>();
  for (const node of nodes) {
    const time = node.reads.reduce<Time>(
      (latest, name, read) => {
        const own = names.get(name) ?? 'static';
        return later(latest, own === 'run' && needOf(node, read) === 'shape' ? 'planned' : own);
      },
      node.handler.random ? 'run' : 'static',
    );
    times.set(node, time);
    for (const name of node.node.outputs) if (name !== '') names.set(name, time);
  }
  return { names, nodes: times };
}

/** The inputs of nodes whose value must be known, but is there at a run only. */
function valuesAtRun({ nodes }: CheckedGraph, names: ReadonlyMap<string, Time>): [GraphNode, number][] {
  return nodes.flatMap((node) =>
    node.node.inputs.flatMap((name, read): [GraphNode, number][] =>
      names.get(name) === 'run' && needOf(node, read) === 'value' ? [[node, read]] : [],
    ),
  );
}

/** The model's inputs that the values of these come from. */
function originsOf(
  { makers }: CheckedGraph,
  names: ReadonlyMap<string, Time>,
  values: readonly [GraphNode, number][],
  inputs: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const pending = values.map(([{ node }, read]) => node.inputs[read] as string);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name) || names.get(name) !== 'run') continue;
    seen.add(name);
    const maker = makers.get(name);
    if (maker === undefined) {
      if (inputs.has(name)) found.add(name);
      continue;
    }
    maker.reads.forEach((read, index) => {
      if (needOf(maker, index) !== 'shape') pending.push(read);
    });
  }
  return found;
}
