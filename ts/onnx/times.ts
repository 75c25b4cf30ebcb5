/**
 * When each name of a graph is known. static: from the weights alone, so it is computed once, on loading. planned: from
 * shapes, or from inputs of the model from which shapes are computed, so it is computed for each program. run: at each
 * run. given: it is there, with values, before a program is planned: an input, or what a node between programs made.
 *
 * A graph runs in stages, a program each. Stage s + 1 is planned when stage s has run: a node whose input's value must be
 * known, but is there at a run only, is of the stage behind; so is what reads an output of a node that runs between
 * programs, on tensors with values (a loop, or an operator that makes as many values as it finds). Most graphs have one.
 *
 * Forward over the nodes, a node's time is the latest of what it reads; where only a shape is read, that is planned at
 * most. Where the value that must be known comes from few numbers among the model's inputs, those become planned instead:
 * the program holds for one value of them. Then times are found once more.
 */
import { type CheckedGraph, draws, type GraphNode } from './handler.ts';
import { inputSpec } from './row.ts';

export interface Time {
  readonly how: 'static' | 'planned' | 'given' | 'run';
  readonly stage: number;
  /** It comes from inputs of few values. */
  readonly few: boolean;
}

/** When a node is computed: on loading, with the plan of its stage, in its program, or before that is planned. */
export interface Place {
  readonly how: 'static' | 'planned' | 'run' | 'between';
  readonly stage: number;
}

export interface Times {
  readonly of: ReadonlyMap<GraphNode, Place>;
  readonly names: ReadonlyMap<string, Time>;
  /** The inputs that are planned. */
  readonly planned: ReadonlySet<string>;
  /** By stage: the names by whose values a program is chosen. */
  readonly values: readonly ReadonlySet<string>[];
  /** A node that cannot be part of a program. */
  readonly isWhole: boolean;
}

const STATIC: Time = { how: 'static', stage: 0, few: true };
const ALONE: Place = { how: 'static', stage: 0 };

/** The times of a graph, of whose inputs (and names from around) `few` have few values; what is not given is a weight. */
export function timesOf(graph: CheckedGraph, inputs: readonly string[], few: ReadonlySet<string>): Times {
  const given = new Map(inputs.map((name): [string, Time] => [name, givenTime(few.has(name))]));
  const first = new Forward(graph, given);
  const planned = originsOf(graph, first, new Set(inputs));
  for (const name of planned) given.set(name, { how: 'planned', stage: 0, few: true });
  const { of, names, values, isWhole } = planned.size > 0 ? new Forward(graph, given) : first;
  return { of, names, planned, values, isWhole };
}

const givenTime = (few: boolean): Time => ({ how: 'given', stage: 0, few });

const needOf = ({ node, handler }: GraphNode, read: number) =>
  read < node.inputs.length ? inputSpec(handler, read)?.needs : undefined;

class Forward {
  readonly of = new Map<GraphNode, Place>();
  readonly names: Map<string, Time>;
  readonly values: Set<string>[] = [new Set()];
  /** Names whose value must be known, but is there at a run only. */
  readonly late = new Set<string>();
  isWhole = true;
  readonly #given: ReadonlyMap<string, Time>;

  constructor({ nodes }: CheckedGraph, given: ReadonlyMap<string, Time>) {
    this.#given = given;
    this.names = new Map(given);
    for (const node of nodes) this.#place(node);
  }

  #time(name: string): Time {
    return this.names.get(name) ?? STATIC;
  }

  #place(node: GraphNode): void {
    const { handler, reads } = node;
    if (reads.length === 0 && !draws(node)) {
      this.of.set(node, ALONE);
      for (const name of node.node.outputs) if (name !== '') this.names.set(name, STATIC);
      return;
    }
    const between = handler.between === true || !this.#fits(node);
    const isKnown =
      !draws(node) &&
      reads.every((name, read) => {
        const { how } = this.#time(name);
        return how === 'static' || how === 'planned' || needOf(node, read) !== undefined;
      });
    const how = !isKnown && between ? 'between' : isKnown ? 'planned' : 'run';
    let stage = 0;
    reads.forEach((name, read) => {
      stage = Math.max(stage, how === 'between' ? this.#ready(name) : this.#since(name, needOf(node, read)));
    });
    const isStatic = how === 'planned' && reads.every((name) => this.#time(name).how === 'static');
    this.of.set(node, { how: isStatic ? 'static' : how, stage });
    if (how === 'between' || stage > 0) this.isWhole = false;
    if (how !== 'between') this.#holdValues(node, stage);
    const few =
      how !== 'between' &&
      !draws(node) &&
      reads.every((name, read) => needOf(node, read) === 'shape' || this.#time(name).few);
    const time: Time = isStatic ? STATIC : { how: how === 'between' ? 'given' : how, stage, few };
    for (const name of node.node.outputs) if (name !== '') this.names.set(name, time);
  }

  /** The first stage before whose plan a name has values. */
  #ready(name: string): number {
    const { how, stage } = this.#time(name);
    return how === 'given' || how === 'static' || this.#given.has(name) ? stage : stage + 1;
  }

  /** The first stage of which a reader of a name can be. */
  #since(name: string, need: 'shape' | 'value' | undefined): number {
    const { how, stage } = this.#time(name);
    return how === 'run' && need === 'value' ? stage + 1 : stage;
  }

  /** A program is chosen by the values that it reads of what is given, and by those of an earlier stage that must be known. */
  #holdValues(node: GraphNode, stage: number): void {
    node.reads.forEach((name, read) => {
      const { how } = this.#time(name);
      const isValue = needOf(node, read) === 'value';
      const isHeld =
        how === 'planned' ? this.#given.has(name) : isValue && (how === 'given' || how === 'run');
      if (!isHeld) return;
      while (this.values.length <= stage) this.values.push(new Set());
      (this.values[stage] as Set<string>).add(name);
      if (how !== 'planned') this.late.add(name);
    });
  }

  /** Whether the graphs in a node's attributes can be part of the program around them. */
  #fits({ bodies }: GraphNode): boolean {
    let fits = true;
    for (const body of bodies.values()) {
      const around = new Map<string, Time>();
      for (const name of body.outer) {
        const time = this.#time(name);
        const isKnown = time.how === 'static' || time.how === 'planned';
        around.set(name, { ...time, how: isKnown ? time.how : 'run', stage: 0 });
      }
      const inner = new Forward(body, around);
      if (inner.isWhole && inner.late.size === 0) continue;
      fits = false;
      for (const name of originsOf(body, inner, new Set(body.outer))) this.late.add(name);
    }
    return fits;
  }
}

/** The inputs from which the values come that must be known, of those that come from inputs of few values alone. */
function originsOf(
  { makers }: CheckedGraph,
  { names, late }: Forward,
  inputs: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const pending = [...late].filter((name) => names.get(name)?.few);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const how = names.get(name)?.how;
    if (seen.has(name) || (how !== 'run' && how !== 'given')) continue;
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
