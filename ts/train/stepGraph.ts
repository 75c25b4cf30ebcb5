/**
 * The graph of a step of training: what the function computes, its gradients as valueAndGrad has them, and behind each gradient,
 * or behind all of them where they are clipped, the update of its parameter. Where gradients of several batches are gathered, the
 * first half adds them to sums, and the second one, which runs after the last of the batches, updates by these.
 */
import type { TensorType } from '../base/dtype.ts';
import { FILL } from '../graph/builtin.ts';
import { copiesOfOverwritten, differentiate } from '../graph/differentiate.ts';
import type { Entry } from '../graph/entry.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { optimize, type Pass } from '../graph/rewrite.ts';
import type { Trace } from '../graph/trace.ts';
import type { Handle, Node, Origin, Value } from '../graph/value.ts';
import { writeFill } from '../instructions/copy.ts';
import { countOf } from '../instructions/emit.ts';
import { UPDATE } from '../instructions/table.ts';
import { backward } from '../transforms/passes/backward.ts';
import { epilogue } from '../transforms/passes/epilogue.ts';
import { NORM, SQUARES } from './clip.ts';
import type { Prepared } from './optimizer.ts';
import { recompute } from './recompute.ts';
import { UPDATE_STEP } from './update.ts';

/** Where gradients of several batches go. */
export interface Gathering {
  /** One for each parameter. */
  readonly sums: readonly Handle[];
  /** The rates by which the rule of SGD adds. */
  readonly rates: Handle;
  /** What a batch's gradients count. */
  readonly share: number;
}

export interface StepPlan {
  readonly prepared: readonly Prepared[];
  /** The optimiser's class, and the parameters' names. */
  readonly optimizer: string;
  readonly names: readonly string[];
  readonly clipNorm: number | null;
  readonly gathering: Gathering | null;
  /** Paths of modules whose inner values are made again for their gradients. */
  readonly recompute: readonly string[];
}

/** Zeros in a tensor's place. inputs: the tensor. */
const CLEAR: Entry = {
  name: 'zeros',
  torch: 'torch.Tensor.zero_',
  onnx: [],
  args: ['x'],
  resolve: () => ({ outputs: [], state: [0], problem: null }),
  lower: (to, { types: [type], inputs: [x] }) => writeFill(to, { y: x! }, { count: countOf(type!.shape) }),
};

/** What has the bits of the parts: a step is what its function says. */
const STEP_PASSES: readonly Pass[] = /*#__PURE__*/ [epilogue, backward];

/** The graph of what a trace recorded and of the step that follows from it; `nodes`: how many the first half has. */
export function stepGraph(
  where: string,
  trace: Trace,
  results: readonly Value[],
  plan: StepPlan,
): { graph: Graph; nodes: number } {
  const { prepared, clipNorm, gathering } = plan;
  const all = [...prepared.flatMap(({ parameter, rates, arrays }) => [parameter, rates, ...arrays])];
  if (gathering !== null) all.push(gathering.rates, ...gathering.sums);
  const values = new Map<Handle, Value>();
  for (const handle of all) if (handle !== null) values.set(handle, trace.valueOf(handle));
  const share = gathering && trace.valueOf(gathering.share);
  const graph = graphOf(trace, where, results);
  const loss = results[0] as Value;
  const add = (handle: Handle | null) => handle && (values.get(handle) as Value);

  const xs = prepared.map(({ parameter }) => initial(add(parameter) as Value));
  graph.number();
  const copies = copiesOfOverwritten(graph, xs);
  const forward = graph.nodes.length;
  const seed = graph.add(FILL, [], [1, ...loss.shape], []).outputs[0] as Value;
  const seeds = [seed, ...results.slice(1).map(() => null)];
  let gradients = differentiate(where, graph, results, seeds, xs, copies);
  // Results for as long as nothing else reads them.
  const places = gradients.map((gradient) => graph.give(gradient));
  graph.number();
  recompute(graph, forward, plan.recompute);
  graph.settle();
  graph.number();
  optimize(graph, STEP_PASSES);
  graph.number();
  gradients = places.map((place) => graph.results[place] as Value);
  graph.withdraw(places.length);

  if (gathering !== null) {
    gradients = gradients.map((gradient, i) => {
      const inputs = [add(gathering.rates), gradient, share, loss, add(gathering.sums[i]!), null, null, null];
      const origins = [{ operator: 'gradient', path: plan.names[i] as string }];
      return graph.add(UPDATE_STEP, inputs, [UPDATE.sgd], origins, behind(gradient)).state[0] as Value;
    });
    graph.settle();
    graph.number();
  }
  const nodes = graph.nodes.length;
  const squares = (gradient: Value) => graph.add(SQUARES, [gradient], []).outputs[0] as Value;
  const factor = clipNorm && (graph.add(NORM, gradients.map(squares), [clipNorm]).outputs[1] as Value);
  prepared.forEach(({ rule, rates, parameter, arrays }, i) => {
    const gradient = gradients[i] as Value;
    const place =
      factor || isMetTwice(trace, initial(add(parameter) as Value)) ? undefined : behind(gradient);
    const origins: Origin[] = [{ operator: plan.optimizer, path: plan.names[i] as string }];
    const guard = gathering === null ? loss : null;
    const inputs = [
      add(rates),
      gradient,
      factor || null,
      guard,
      latest(graph, add(parameter) as Value),
      ...arrays.map(add),
    ];
    graph.add(UPDATE_STEP, inputs, [rule], origins, place);
    if (gathering !== null) graph.add(CLEAR, [gradient], [], origins);
  });
  if (gathering === null) graph.settle();
  return { graph, nodes };
}

/** Whether the function met a parameter's storage under another handle too, whose readers are not known as the parameter's. */
function isMetTwice({ values }: Trace, parameter: Value): boolean {
  return values.some(
    (value) => value !== parameter && value.kind === 'capture' && value.storage === parameter.storage,
  );
}

/** The place right behind what makes a value. */
const behind = ({ maker }: Value): number => (maker as Node).order + 0.5;

/** What the function may have written is a later version. */
const latest = (graph: Graph, value: Value): Value => graph.state.get(value) ?? value;

/** A followed tensor as the function met it first. */
function initial(value: Value): Value {
  let first = value;
  while (first.before !== null) first = first.before;
  return first;
}

/** What a graph's types are, for keys. */
export const typeText = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join()}]`;
