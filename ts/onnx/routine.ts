/**
 * A graph that runs: the model's own, or one in a node's attribute. Its constants are computed once; what is left runs in
 * stages (times.ts): nodes between programs, then a program, planned with what is known by then. Programs are kept, one
 * for the shapes of what a stage takes, the values that it must know, and what it is to give. A graph in an attribute
 * reads the names around it; what is constant there is constant here, and makes no input of its programs.
 */
import { type DType, sameShape } from '../base/dtype.ts';
import { ModelError, OutOfMemoryError } from '../base/errors.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { scope, scoped } from '../engine/memory.ts';
import type { Pass } from '../graph/rewrite.ts';
import type { Choosing } from '../instructions/builder.ts';
import type { Prepacked } from '../program/prepacked.ts';
import { copied, type Numbers } from '../tensor/copied.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Program } from '../transforms/program.ts';
import { Replan } from '../transforms/replan.ts';
import type { Results } from '../transforms/results.ts';
import { planning } from '../transforms/traced.ts';
import {
  assign,
  type Body,
  build,
  building,
  compute,
  type Lookup,
  type Mode,
  needed,
  type Plan,
  sharing,
  tensorsOf,
} from './build.ts';
import { MAX_VALUES, type Value } from './call.ts';
import { computeConstants } from './constants.ts';
import type { CheckedGraph, GraphNode } from './handler.ts';
import { type Leg, legsOf } from './stages.ts';
import { type Times, timesOf } from './times.ts';
import { halvesOf } from './unchanging.ts';

/** Programs kept for each graph: those of a loop's body see more shapes. */
const MAX_PROGRAMS = 16;
const MAX_BODY_PROGRAMS = 64;

/** What the graphs of a model share. */
export class Shared {
  readonly file: string;
  readonly choosing: Choosing;
  readonly prepacked: Prepacked;
  readonly routines: Routine[] = [];
  /** What the programs' graphs are rewritten by before all else. */
  readonly passes = new Set<Pass>();
  /** What the programs read: the weights, and what was made of them. */
  readonly tensors: Tensor<DType>[] = [];
  /** The function that the user called, for error sentences. */
  where = 'loadModel';
  readonly #maxIterations: number;
  #iterations = 0;

  constructor(file: string, choosing: Choosing, prepacked: Prepacked, maxIterations: number) {
    this.file = file;
    this.choosing = choosing;
    this.prepacked = prepacked;
    this.#maxIterations = maxIterations;
  }

  /** The same for graphs that are not kept. */
  apart(): Shared {
    return new Shared(this.file, this.choosing, this.prepacked, this.#maxIterations);
  }

  /** A run begins. */
  begin(where: string): void {
    this.where = where;
    this.#iterations = 0;
  }

  /** A loop goes round once more. @throws ModelError */
  iterate(label: string): void {
    this.#iterations += 1;
    if (this.#iterations <= this.#maxIterations) return;
    throw new ModelError(
      `${label}: the loops of this run went round ${this.#maxIterations} times, loadModel's maxIterations, without an end`,
    );
  }

  get hasPrograms(): boolean {
    return this.routines.some(({ programs }) => programs.length > 0);
  }

  freePrograms(): void {
    for (const routine of this.routines) routine.freePrograms();
  }
}

/** A stage's program, and what its plan knows that later stages read. */
interface Planned {
  readonly id: number;
  readonly program: Program<Results>;
  /** The names of its inputs, in order. */
  readonly inputs: readonly string[];
  readonly known: ReadonlyMap<string, Numbers | readonly Numbers[]>;
}

/** A stage's program, and what it takes. */
interface StageRun {
  readonly program: Program<Results>;
  readonly tensors: Tensor<DType>[];
}

/** What a stage's program gives. */
type StageResults = Readonly<Record<string, Value>>;

/** What sees a run's stages: profiles. */
export interface Observer {
  program(program: Program<Results>, tensors: Tensor<DType>[]): void;
  node(node: GraphNode, milliseconds: number): void;
}

interface Given {
  /** The names that are given at each run, those from around included. */
  readonly inputs: readonly string[];
  /** Those of few values. */
  readonly few: ReadonlySet<string>;
  /** Each of them has one shape. */
  readonly isFixed: boolean;
  /** The constants of the graphs around. */
  readonly around: Lookup;
  /** The node whose body it is, where that goes round. */
  readonly loop: string | null;
  /** It runs at each turn of the loop, which is counted. */
  readonly isTurn: boolean;
  /** What a body makes once for all turns. */
  readonly once: Once | null;
}

/** The part of a loop's body that does not change while it goes round. */
interface Once {
  readonly routine: Routine;
  /** Inputs of the body that stay what they are, and their names around it. */
  readonly fixed: ReadonlyMap<string, string>;
}

export class Routine implements Body {
  readonly plan: Plan;
  readonly times: Times;
  readonly #shared: Shared;
  readonly #given: Given;
  readonly #ports: readonly string[];
  readonly #results: readonly string[];
  readonly #bodies = new Map<GraphNode, ReadonlyMap<string, Routine>>();
  readonly #legs = new Map<string, readonly Leg[]>();
  readonly #programs = new Map<string, Planned>();
  /** What was asked for last, and for what: most runs are like the last one. */
  #lastLegs: { readonly wanted: readonly string[]; readonly legs: readonly Leg[] } | null = null;
  #lastPlanned: { readonly leg: Leg; readonly planned: Planned } | null = null;
  readonly #replans = new Map<Leg, Replan>();
  #count = 0;

  constructor(shared: Shared, graph: CheckedGraph, given: Given) {
    this.#shared = shared;
    this.#given = given;
    this.#ports = graph.proto.inputs.map(({ name }) => name);
    this.#results = graph.proto.outputs.map(({ name }) => name);
    this.times = timesOf(graph, given.inputs, given.few);
    const { of } = this.times;
    const { file } = shared;
    const bodies = (node: GraphNode, constants: Lookup) => bodiesOf(shared.apart(), node, constants);
    this.plan = computeConstants({ file, graph, times: of, around: given.around, bodies });
    for (const value of this.plan.constants.values()) shared.tensors.push(...tensorsOf(value));
    shared.routines.push(this);
    for (const { handler } of this.plan.nodes)
      for (const pass of handler.passes ?? []) shared.passes.add(pass);
    for (const node of this.plan.nodes) {
      if (node.bodies.size === 0) continue;
      this.#bodies.set(node, bodiesOf(shared, node, this.constant));
      forgetBodies(node);
    }
  }

  /** A name's value, where it is one for all runs. */
  readonly constant: Lookup = (name) => this.plan.constants.get(name) ?? this.#given.around(name);

  freePrograms(): void {
    for (const { program } of this.#programs.values()) program.dispose();
    this.#programs.clear();
    this.#lastPlanned = null;
  }

  /** The programs that are kept, the last that ran last. */
  get programs(): Program<Results>[] {
    return [...this.#programs.values()].map(({ program }) => program);
  }

  /** What the body finds around it while its loop goes round, given what lies there; `run` has a routine give its results. */
  begin(around: Lookup, run: (routine: Routine, around: Lookup) => Value[]): Lookup {
    const { once } = this.#given;
    if (once === null) return around;
    const { routine, fixed } = once;
    const made = run(routine, (name) => around(fixed.get(name) ?? name));
    const values = new Map(routine.#results.map((name, i) => [name, made[i] as Value]));
    return (name) => values.get(name) ?? around(name);
  }

  inline(mode: Mode, inputs: readonly Value[], outside: Lookup): Value[] {
    this.#enter();
    const around = this.begin(outside, (routine, there) => routine.inline(mode, [], there));
    const lookup: Lookup = (name) => this.constant(name) ?? around(name);
    return this.evaluate(mode, this.#named(inputs), { lookup, wanted: this.#results });
  }

  /** The wanted values, each under a handle of its own where they are computed; what is no node's is found by `lookup`. */
  evaluate(
    mode: Mode,
    values: Map<string, Value>,
    how: { readonly lookup: Lookup; readonly wanted: readonly string[]; readonly isTraining?: boolean },
  ): Value[] {
    const { nodes, makers, staying } = this.plan;
    const { wanted, lookup } = how;
    const found = needed(makers, wanted);
    const run = () => {
      const order = nodes.filter((node) => found.has(node));
      build(order, values, { ...how, bodies: this.#bodies, staying }, mode);
      return wanted.map((name) => (values.get(name) ?? lookup(name)) as Value);
    };
    return mode === 'record' ? run() : scope(() => run().map(sharing));
  }

  run(inputs: readonly Value[], around: Lookup): Value[] {
    this.#enter();
    return scope(() => {
      const found = this.execute(this.#named(inputs), around, this.#results);
      return this.#results.map((name) => sharing(found(name) as Value));
    });
  }

  #enter(): void {
    const { loop, isTurn } = this.#given;
    if (isTurn) this.#shared.iterate(loop as string);
  }

  #named(inputs: readonly Value[]): Map<string, Value> {
    return new Map(inputs.map((value, i) => [this.#ports[i] as string, value]));
  }

  /** Runs the stages; what it gives finds the wanted names by then, as handles of the open scope or of others. */
  execute(
    values: Map<string, Value>,
    around: Lookup,
    wanted: readonly string[],
    observer?: Observer,
  ): Lookup {
    const stages = this.stages(values, around, wanted, observer);
    for (let results: StageResults = {}; ; ) {
      const { done, value } = stages.next(results);
      if (done) return value;
      if (value === undefined) continue;
      observer?.program(value.program, value.tensors);
      results = value.program.runFor(this.#shared.where, value.tensors) as StageResults;
    }
  }

  /**
   * The stages' programs, one after the other, for whoever runs them and gives their results, and nothing between the steps of a
   * plan; then as `execute`.
   */
  *stages(
    values: Map<string, Value>,
    around: Lookup,
    wanted: readonly string[],
    observer?: Observer,
  ): Generator<StageRun | undefined, Lookup, StageResults> {
    const lookup: Lookup = (name) => values.get(name) ?? this.constant(name) ?? around(name);
    const ids: number[] = [];
    for (const leg of this.legs(wanted)) {
      for (const node of leg.between) this.#runNode(node, values, lookup, observer);
      if (leg.isEager) {
        const { staying } = this.plan;
        build(leg.nodes, values, { lookup, bodies: this.#bodies, staying }, 'compute');
      } else if (leg.nodes.length > 0) {
        const planned = yield* this.planning(leg, lookup, ids);
        ids.push(planned.id);
        const tensors = planned.inputs.flatMap((name) => tensorsOf(lookup(name) as Value));
        const results = (yield { program: planned.program, tensors }) as StageResults;
        for (const name of leg.gives) values.set(name, results[name] as Value);
        for (const [name, numbers] of planned.known) values.set(name, tensorOf(numbers));
      }
    }
    return lookup;
  }

  #runNode(
    node: GraphNode,
    values: Map<string, Value>,
    lookup: Lookup,
    observer: Observer | undefined,
  ): void {
    const bodies = this.#bodies.get(node);
    const start = performance.now();
    const begun = new Map<string, Lookup>();
    const results = compute(node, lookup, (attribute, inputs) => {
      const body = bodies!.get(attribute)!;
      const around = begun.get(attribute) ?? body.begin(lookup, (once, there) => once.run([], there));
      begun.set(attribute, around);
      return body.run(inputs, around);
    });
    assign(node, results, values);
    observer?.node(node, performance.now() - start);
  }

  /** The stages that the wanted names need. */
  legs(wanted: readonly string[]): readonly Leg[] {
    if (this.#lastLegs?.wanted === wanted) return this.#lastLegs.legs;
    const key = JSON.stringify(wanted);
    let legs = this.#legs.get(key);
    if (legs === undefined) {
      legs = legsOf(this.plan, this.times, wanted, this.#given.loop !== null);
      this.#legs.set(key, legs);
    }
    this.#lastLegs = { wanted, legs };
    return legs;
  }

  /** The program of a stage for these values: a kept one, moved to the end of the map, or a new one. */
  planned(leg: Leg, lookup: Lookup): Planned {
    return atOnce(this.planning(leg, lookup));
  }

  /** The same in steps. */
  *planning(leg: Leg, lookup: Lookup, before: readonly number[] = []): Steps<Planned> {
    const last = this.#lastPlanned;
    if (last?.leg === leg && fits(leg, last.planned, lookup)) return last.planned;
    const parts = leg.takes.map((name) => {
      const value = lookup(name) as Value;
      return leg.plannedBefore.has(name)
        ? ''
        : typeKey(value) + (leg.holds.has(name) ? valueKey(this.#few(name, value)) : '');
    });
    const key = JSON.stringify([
      leg.stage,
      leg.plannedBefore.size > 0 ? before : [],
      parts.join(';'),
      leg.key,
    ]);
    let planned = this.#programs.get(key);
    this.#programs.delete(key);
    if (planned === undefined) {
      try {
        planned = yield* this.#compile(leg, lookup);
      } catch (error) {
        if (!(error instanceof OutOfMemoryError) || !this.#shared.hasPrograms) throw error;
        this.#shared.freePrograms();
        planned = yield* this.#compile(leg, lookup);
      }
      // Another call may have made it meanwhile.
      this.#programs.get(key)?.program.dispose();
    }
    this.#programs.set(key, planned);
    this.#lastPlanned = { leg, planned };
    if (this.#programs.size > (this.#given.loop !== null ? MAX_BODY_PROGRAMS : MAX_PROGRAMS)) {
      const [oldest, first] = this.#programs.entries().next().value as [string, Planned];
      this.#programs.delete(oldest);
      first.program.dispose();
    }
    return planned;
  }

  /** A program of its own, which makes all that it needs of the constants; its maker disposes of it. */
  apart(leg: Leg, lookup: Lookup, prepacked: Prepacked): Program<Results> {
    return atOnce(this.#compile(leg, lookup, prepacked)).program;
  }

  *#compile(leg: Leg, lookup: Lookup, own?: Prepacked): Steps<Planned> {
    const { where, choosing } = this.#shared;
    const prepacked = own ?? this.#shared.prepacked;
    const held = leg.takes.filter((name) => leg.holds.has(name) || leg.plannedBefore.has(name));
    const inputs = leg.takes.filter((name) => !held.includes(name));
    const known = new Map<string, Numbers | readonly Numbers[]>();
    const { constant } = this;
    const bodies = this.#bodies;
    const { staying } = this.plan;
    const steps = function* (...xs: Tensor<DType>[]): Steps<Results> {
      const values = new Map<string, Value>();
      // The program holds for these values, also when the tensor has others later.
      for (const name of held) values.set(name, tensorOf(numbersOf(lookup(name) as Value)));
      for (const name of inputs) {
        const value = lookup(name) as Value;
        values.set(
          name,
          value instanceof Tensor ? (xs.shift() as Tensor<DType>) : xs.splice(0, value.length),
        );
      }
      yield* building(leg.nodes, values, { lookup: constant, bodies, staying }, 'record');
      const found = (name: string) => values.get(name) ?? constant(name);
      for (const name of leg.plans) known.set(name, numbersOf(found(name) as Value));
      return Object.fromEntries(leg.gives.map((name) => [name, found(name)])) as Results;
    };
    const ports = inputs.flatMap((name) =>
      tensorsOf(lookup(name) as Value).map(({ dtype, shape }) => ({ name, dtype, shape })),
    );
    const isOnce = own !== undefined || (this.#given.isFixed && held.length === 0);
    const replan =
      (own === undefined ? this.#replans.get(leg) : undefined) ??
      new Replan([...this.#shared.passes], isOnce);
    if (own === undefined) this.#replans.set(leg, replan);
    const options = { inputs: ports, where, prepacked, choosing, replan };
    // Handles of constants that were computed on the way end with the plan; the program keeps what it needs of them.
    const program = yield* scoped(planning<Results>({ steps, parameters: [] }, options));
    return { id: this.#count++, program, inputs, known };
  }

  /** A value of which a program is made, which must have few numbers. */
  #few(name: string, value: Value): Value {
    for (const { size } of tensorsOf(value)) {
      if (size <= MAX_VALUES) continue;
      const reason = `has ${size} values, must have at most ${MAX_VALUES}: shapes are computed from them`;
      if (this.#given.loop === null && this.#given.inputs.includes(name))
        throw new RangeError(`${this.#shared.where}: input '${name}' ${reason}`);
      throw new ModelError(`${this.#shared.file}: value '${name}' ${reason}`);
    }
    return value;
  }
}

/** Whether a stage's program, which depends on types alone, is for values of these types. */
function fits(leg: Leg, { program, inputs }: Planned, lookup: Lookup): boolean {
  if (leg.holds.size > 0 || leg.plannedBefore.size > 0) return false;
  return inputs.every((name, i) => {
    const [value, port] = [lookup(name), program.inputs[i]];
    return value instanceof Tensor && value.dtype === port?.dtype && sameShape(value, port);
  });
}

/** What a program depends on of a value. */
function typeKey(value: Value): string {
  if (value instanceof Tensor) return `${value.dtype} ${value.shape.join('x')}`;
  return `[${value.map(typeKey).join()}]`;
}

function valueKey(value: Value): string {
  return `=${tensorsOf(value)
    .map(({ data }) => data.join())
    .join('|')}`;
}

function numbersOf(value: Value): Numbers | readonly Numbers[] {
  const one = ({ data, dtype, shape }: Tensor<DType>): Numbers => ({ values: data.slice(), dtype, shape });
  return value instanceof Tensor ? one(value) : value.map(one);
}

/** New tensors of the open scope. */
function tensorOf(numbers: Numbers | readonly Numbers[]): Value {
  return Array.isArray(numbers)
    ? (numbers as readonly Numbers[]).map((one) => copied('Model.run', one))
    : copied('Model.run', numbers as Numbers);
}

/** The graphs in a node's attributes, made ready. */
function bodiesOf(shared: Shared, node: GraphNode, constant: Lookup): Map<string, Routine> {
  const ready = new Map<string, Routine>();
  for (const [attribute, graph] of node.bodies) {
    const fixed = node.handler.invariants?.(node) ?? new Map<string, string>();
    const around: Lookup = (name) => constant(fixed.get(name) ?? name);
    const isKnown = (name: string) => around(name) !== undefined;
    const loop = node.handler.between === true ? node.label : null;
    const halves = loop === null ? { once: null, each: graph } : halvesOf(graph, fixed, isKnown);
    const of = (part: CheckedGraph, more: Pick<Given, 'isTurn' | 'once'>) => {
      const inputs = [
        ...part.proto.inputs.map(({ name }) => name).filter((name) => !fixed.has(name) || !isKnown(name)),
        ...part.outer.filter((name) => !isKnown(name)),
      ];
      return new Routine(shared, part, { inputs, few: new Set(), isFixed: false, around, loop, ...more });
    };
    const once = halves.once && { routine: of(halves.once, { isTurn: false, once: null }), fixed };
    ready.set(attribute, of(halves.each, { isTurn: loop !== null, once }));
  }
  return ready;
}

/** Lets go of the file's bytes in a node's attributes. */
function forgetBodies(node: GraphNode): void {
  node.bodies.clear();
  for (const attribute of node.node.attributes.values()) attribute.graph = null;
}
