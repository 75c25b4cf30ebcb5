/**
 * A net that is run for what happens inside: its layers' values, and gradients that flow back from one of them, rectifiers passing
 * them by a rule of their own where one is given.
 */
import type { DType } from '../base/dtype.ts';
import { scope } from '../engine/memory.ts';
import { differentiate } from '../graph/differentiate.ts';
import type { Backward, Entry } from '../graph/entry.ts';
import type { Graph } from '../graph/graph.ts';
import { currentTrace, type Trace } from '../graph/trace.ts';
import { originsOf, type Value } from '../graph/value.ts';
import { countOf, emitUnary } from '../instructions/emit.ts';
import { ACTIVATION } from '../instructions/table.ts';
import { sourceOf } from '../layers/compile.ts';
import { zeros } from '../ops/create.ts';
import { requireTensor, symbolOf, type Tensor } from '../tensor/tensor.ts';
import type { Program } from '../transforms/program.ts';
import { leavesOf, type Results } from '../transforms/results.ts';
import { tracedProgram } from '../transforms/traced.ts';
import { type Layer, moduleOf, type Net, netOf } from './net.ts';

/**
 * How rectifiers pass gradients back. deconvnet: what is positive of them (Zeiler & Fergus, 2013); guided: that, and only where the
 * rectifier let its input through (Springenberg et al., 2014).
 */
export type Rule = 'deconvnet' | 'guided';

const RECTIFIERS = ['relu', 'relu6', 'leakyRelu', 'prelu', 'clip'];
/** Activations of which nobody has said how they pass gradients back; erf is the one in parts of a gelu. */
const OTHERS = [
  ...[
    'elu',
    'selu',
    'gelu',
    'silu',
    'mish',
    'softplus',
    'sigmoid',
    'tanh',
    'hardSwish',
    'hardSigmoid',
    'erf',
  ],
];

/** Values of a net by what `pick` chooses, for one input, as typed arrays with their shapes. */
export interface Seen {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A program that runs the net and gives the values that `pick` chooses; it belongs to the open scope. */
export function programOf(
  where: string,
  given: unknown,
  inputs: readonly { readonly shape: readonly number[]; readonly dtype: DType }[],
  pick: (net: Net) => readonly Value[],
  extend?: (graph: Graph, net: Net) => readonly Value[],
): Program {
  const net = moduleOf(given);
  const source = sourceOf(where, net, 'eval');
  let seen: Net | null = null;
  const run = (...xs: Tensor<DType>[]): Results => {
    const count = xs.length - (extend === undefined ? 0 : 1);
    const trace = currentTrace() as Trace;
    const results = leavesOf(source.run(...xs.slice(0, count)), where).map((leaf) => trace.valueOf(leaf));
    seen = netOf(trace, results, net);
    return pick(seen).map((value) => symbolOf(value)) as unknown as Results;
  };
  return tracedProgram(
    { ...source, run },
    {
      inputs,
      where,
      ...(extend && { extend: (graph: Graph) => extend(graph, seen as unknown as Net) }),
    },
  );
}

/** The layer that a name means, or what the net gives first. */
export const layerOr = (where: string, layer: unknown) => (net: Net) =>
  layer === undefined ? (net.results[0] as Value) : net.valueOf(where, layer);

/** What flows back. */
export interface Flow {
  /** From where: a layer's name; without it from what the net gives. */
  readonly from?: string | undefined;
  /** To where: a layer's name; without it to the first input. */
  readonly to?: string | undefined;
  readonly rule?: Rule | undefined;
  /** What flows into the layer, chosen by its values. */
  seed(from: Seen): Float32Array;
}

/** The values of both ends, and what flows into the end. */
export interface Flowed {
  /** The last layer whose maps have more than one place; null where none has. */
  readonly lastArea: string | null;
  readonly from: Seen;
  readonly to: Seen;
  readonly gradient: Seen;
}

/** Runs the net on x and has a gradient flow back. */
export function flowBack(where: string, net: unknown, x: Tensor, flow: Flow): Flowed {
  const { shape, dtype } = requireTensor(where, 'x', x);
  const ends = (found: Net): Value[] => [
    layerOr(where, flow.from)(found),
    flow.to === undefined ? (found.inputs[0] as Value) : found.valueOf(where, flow.to),
  ];
  return scope(() => {
    let lastArea: string | null = null;
    const probe = programOf(where, net, [{ shape, dtype }], (found) => {
      const hasArea = ({ node }: Layer) => countOf(node.outputs[0]!.shape.slice(2)) > 1;
      lastArea = found.layers.filter(hasArea).at(-1)?.name ?? null;
      return ends(found).slice(0, 1);
    });
    const first = (probe.run(x) as unknown as Tensor[])[0] as Tensor;
    const from = seenOf(first);
    const program = programOf(
      where,
      net,
      [x, from].map((one) => ({ shape: one.shape, dtype: 'float32' as const })),
      ends,
      (graph, found) => {
        if (flow.rule !== undefined) changeRectifiers(where, graph, found, flow.rule);
        const [start, end] = graph.results as [Value, Value];
        return differentiate(where, graph, [start], [found.inputs[1] as Value], [end]);
      },
    );
    const seed = zeros([...from.shape]);
    seed.data.set(flow.seed(from));
    const [, to, gradient] = program.run([x, seed]) as unknown as Tensor[];
    return { from, to: seenOf(to!), gradient: seenOf(gradient!), lastArea };
  });
}

const seenOf = (t: Tensor): Seen => ({ shape: [...t.shape], data: t.toTypedArray() });

/** Puts rectifiers in the place of those of the graph, which compute the same and pass gradients by the rule. */
function changeRectifiers(where: string, graph: Graph, net: Net, rule: Rule): void {
  for (const node of [...graph.nodes]) {
    const { name } = node.entry;
    const [from, to] = node.params;
    const cuts = name === 'clip' && from !== 0;
    if (OTHERS.includes(name) || cuts) {
      const layer = net.layers.find((one) => one.node === node)?.name ?? name;
      throw new TypeError(
        `${where}: layer '${layer}' is ${name}${cuts ? ` from ${from} to ${to}` : ''}, must be a rectifier: relu, relu6, leakyRelu, prelu or clip from 0`,
      );
    }
    if (!RECTIFIERS.includes(name)) continue;
    const { inputs, params, order, outputs } = node;
    const made = graph.add(passing(node.entry, rule), inputs, params, originsOf(node), order);
    graph.replace(outputs[0] as Value, made.outputs[0] as Value);
    graph.erase(node);
  }
  graph.settle();
}

function passing(entry: Entry, rule: Rule): Entry {
  const positive = (
    to: Parameters<NonNullable<Entry['gradient']>>[0],
    node: Backward,
    buffer: Backward['gradients'][number],
  ) => emitUnary(to, ACTIVATION.relu, { buffer: buffer!, shape: node.outputTypes[0]!.shape }).buffer;
  return {
    ...entry,
    // What fuses rectifiers into other operators would take the rule away.
    traits: {},
    gradient(to, node) {
      if (rule === 'deconvnet')
        return node.inputs.map((_, i) => (i === 0 ? positive(to, node, node.gradients[0]!) : null));
      const [own] = entry.gradient!(to, {
        ...node,
        wanted: node.wanted.map((wanted, i) => wanted && i === 0),
      });
      return node.inputs.map((_, i) => (i === 0 ? positive(to, node, own!) : null));
    },
  };
}
