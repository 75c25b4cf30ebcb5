/** The stages of a run that wanted names need: the nodes of each, what its program takes from before, and what it gives. */
import { needed, type Plan } from './build.ts';
import type { GraphNode } from './handler.ts';
import type { Times } from './times.ts';

/** A stage of a run. */
export interface Leg {
  readonly stage: number;
  /** The wanted names of its run, as text. */
  readonly key: string;
  /** What runs before its program, on tensors with values. */
  readonly between: readonly GraphNode[];
  /** What its program, and the plan of that, is made of. */
  readonly nodes: readonly GraphNode[];
  /** Names that are there before it. */
  readonly takes: readonly string[];
  /** Those of them by whose values its program is chosen. */
  readonly holds: ReadonlySet<string>;
  /** Those of them that are known since an earlier stage was planned. */
  readonly plannedBefore: ReadonlySet<string>;
  /** What its program computes for later; of a run with one stage, what is wanted. */
  readonly gives: readonly string[];
  /** What its plan knows for later. */
  readonly plans: readonly string[];
  /** Its nodes run one by one: in a loop's body the values of each turn would make another program. */
  readonly isEager: boolean;
}

/** The stages in order. */
export function legsOf(plan: Plan, times: Times, wanted: readonly string[], isLoop: boolean): Leg[] {
  const { nodes, makers, staying } = plan;
  const found = needed(makers, wanted);
  const stages = new Map<number, { between: GraphNode[]; own: GraphNode[] }>([[0, { between: [], own: [] }]]);
  for (const node of nodes) {
    if (!found.has(node) || staying.has(node)) continue;
    const { how, stage } = times.of.get(node)!;
    let at = stages.get(stage);
    if (at === undefined) {
      at = { between: [], own: [] };
      stages.set(stage, at);
    }
    (how === 'between' ? at.between : at.own).push(node);
  }
  const howOf = (name: string) => times.names.get(name)?.how ?? 'static';
  const isStaying = (name: string) => makers.has(name) && howOf(name) === 'static';
  const legs: Leg[] = [];
  const readLater = new Set(wanted.filter((name) => !isStaying(name)));
  for (const [stage, { between, own }] of [...stages].sort(([a], [b]) => b - a)) {
    // What is made of constants alone is part of each program that reads it.
    const asked = stage > 0 ? [] : times.isWhole ? wanted : wanted.filter(isStaying);
    const reads = [...new Set([...own.flatMap((node) => node.reads), ...asked])];
    const constant = needed(makers, reads.filter(isStaying));
    const all = nodes.filter((node) => constant.has(node));
    const makes = new Set(own.flatMap(({ node }) => node.outputs));
    const later = [...makes].filter((name) => readLater.has(name));
    const takes = reads.filter((name) => !makes.has(name) && howOf(name) !== 'static');
    const holds = new Set(takes.filter((name) => times.values[stage]?.has(name)));
    const isPlanned = (name: string) => howOf(name) === 'planned';
    legs.push({
      stage,
      key: JSON.stringify(wanted),
      between,
      nodes: [...all, ...own],
      takes,
      holds,
      plannedBefore: new Set(takes.filter((name) => isPlanned(name) && !holds.has(name))),
      gives: times.isWhole ? wanted : [...asked, ...later.filter((name) => !isPlanned(name))],
      plans: times.isWhole ? [] : later.filter(isPlanned),
      isEager: isLoop && holds.size > 0,
    });
    for (const node of [...own, ...between]) for (const name of node.reads) readLater.add(name);
  }
  return legs.reverse();
}
