/**
 * Program: a traced function that runs with one call. The trace is rewritten by passes and assembled; what depends on
 * constants alone is computed once, by update, into memory that the program keeps; the rest runs over one planned arena.
 */
import { checkOptions, integer } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, describe, wrongKind } from '../base/errors.ts';
import { Shown } from '../base/shown.ts';
import { type Engine, engine, refresh } from '../engine/engine.ts';
import { adopt, allocate, moveAway, type Resources, release, type Storage } from '../engine/memory.ts';
import type { Draw } from '../graph/draw.ts';
import type { Graph } from '../graph/graph.ts';
import { Trace } from '../graph/trace.ts';
import type { Value } from '../graph/value.ts';
import type { Choosing } from '../instructions/builder.ts';
import { ARENA } from '../instructions/words.ts';
import { assemble } from '../program/assemble.ts';
import { type Binding, SLOT } from '../program/executable.ts';
import type { Instructions } from '../program/instructions.ts';
import { Loaded } from '../program/loaded.ts';
import { Prepacked } from '../program/prepacked.ts';
import {
  type ProfileOptions,
  profileSteps,
  type StepProfile,
  summaryText,
  typesText,
} from '../program/report.ts';
import { type AnyTensor, emptyTensor, requireType, storageOf, symbolOf, Tensor } from '../tensor/tensor.ts';
import { type InputSpec, inputType, type ProgramInput } from './inputs.ts';
import { type Replan, rewritten } from './replan.ts';
import { leavesOf, mapResults, matchResults, type Results } from './results.ts';

/** The option of `Program.run`. */
export interface ProgramRunOptions<Out> {
  /** What an earlier run gave, or tensors of the same shapes: the results are written there, and nothing is allocated. */
  into?: Out | undefined;
}

/** What a run takes: the tensor of the only input, or a list of one for each. */
export type Given = Tensor<DType> | readonly Tensor<DType>[];

/** What is traced: a function, the tensors that may change later, and its modules by path. */
export interface Source {
  readonly run: (...xs: Tensor<DType>[]) => Results;
  /** Tensors that are read again by update(). */
  readonly parameters: readonly Tensor<DType>[];
  /** Has each module's forward run inside its path of the trace; gives what undoes that. */
  instrument?(trace: Trace): () => void;
}

interface GraphOptions {
  readonly inputs: readonly InputSpec[];
  /** Results to give, by the path of the module, or the name in the trace, that made them. */
  readonly outputs?: readonly string[] | undefined;
  readonly choosing?: Choosing | undefined;
  /**
   * Where a model's programs share what they make of its constants, which nobody changes and which are read where they
   * are. Such a program belongs to its model, not to the scope that is open.
   */
  readonly prepacked?: Prepacked | undefined;
  /** What earlier programs of the same function were made of. */
  readonly replan?: Replan | undefined;
  /** The function that the user called, for error sentences; without it `compile`. */
  readonly where?: string | undefined;
  /** Adds to the graph; what it gives are further results: a run then gives all of them as a list. */
  readonly extend?: ((graph: Graph) => readonly Value[]) | undefined;
}

class ProgramResources implements Resources {
  /** What the function met, as the executable counts it. */
  readonly captures: Storage[] = [];
  /** Room for draws. */
  readonly storages: Storage[] = [];
  loaded: Loaded | null = null;
  readonly prepacked: Prepacked;
  readonly keys: string[] = [];

  constructor(prepacked: Prepacked) {
    this.prepacked = prepacked;
  }

  free(): void {
    this.loaded?.release();
    this.loaded = null;
    for (const storage of [...this.captures.splice(0), ...this.storages.splice(0)]) release(storage);
    for (const key of this.keys.splice(0)) this.prepacked.release(key);
  }
}

/**
 * A function that was compiled for inputs of fixed shapes: `Out` is what a run gives, `In` what it takes.
 * @example
 * ```ts
 * const program = compile(net, { inputs: [[1, 3, 224, 224]] });
 * const scores = program.run(image);
 * ```
 */
export class Program<Out = Results, In extends Given = Given> extends Shown {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Program';
  /** The inputs' types, in order. */
  readonly inputs: readonly ProgramInput[];
  /** The outputs' types, in order. */
  readonly outputs: readonly TensorType[];
  /** Bytes of activations while it runs, planned: the arena that all programs share is at least so large. */
  readonly arenaBytes: number;
  /** Bytes of what it computed once: packed weights, folded biases. */
  readonly weightBytes: number;
  readonly #resources: ProgramResources;
  readonly #engine: Engine;
  readonly #form: Results;
  /** What each run writes in place. */
  readonly #written: readonly Storage[];
  /** What is drawn at each run, and the address that it is written to. */
  readonly #draws: readonly (readonly [Draw, number])[];

  /** @internal Programs are made by `compile` and `loadModel`. */
  constructor(source: Source, options: GraphOptions) {
    super();
    const { where = 'compile' } = options;
    const on = engine(where);
    this.#engine = on;
    this.inputs = options.inputs.map((spec, i) => inputType(where, spec, i));
    const trace = new Trace(source.parameters);
    this.#resources = new ProgramResources(options.prepacked ?? new Prepacked(false));
    try {
      let form = traced(where, trace, source, this.inputs, options.outputs);
      const leaves = leavesOf(form, where).map((leaf) => trace.valueOf(leaf));
      this.#written = [...trace.state.keys()].map(({ storage }) => storage as Storage);
      const { extend, replan } = options;
      const extended =
        extend &&
        ((made: Graph) => {
          const more = extend(made);
          for (const value of more) made.give(value);
          form = [...leaves, ...more].map((value) => symbolOf(value) as AnyTensor);
        });
      const graph =
        replan?.graphOf(trace, where, leaves) ?? rewritten(trace, where, leaves, false, { extend: extended });
      const { prepacked } = this.resources;
      const { executable, captures, slots } = assemble(on, where, graph, {
        constants: { kind: 'fixed', prepacked },
        choosing: options.choosing,
      });
      this.outputs = executable.outputs;
      // Symbols would keep the graph.
      this.#form = mapResults(form, where, ({ shape, dtype }) => new Tensor(shape, dtype, null));
      const loaded = new Loaded(on, where, executable, 'live');
      this.resources.loaded = loaded;
      this.arenaBytes = executable.main.arenaBytes;
      this.weightBytes = this.#bindWeights(where, loaded, captures);
      this.#draws = this.#bindDraws(where, loaded, slots);
    } catch (error) {
      this.resources.free();
      throw error;
    } finally {
      trace.close();
    }
    if (options.prepacked === undefined) adopt(this);
  }

  /** Binds what stays: the storage that the function met, and what the prologue makes, now; gives the bytes of the latter. */
  #bindWeights(where: string, loaded: Loaded, values: readonly Value[]): number {
    const { captures, keys, prepacked } = this.resources;
    for (const { storage } of values) {
      // Nobody but the trace holds it.
      if (storage!.references === 1) throw new TypeError(`${where}: constant is disposed`);
      storage!.references += 1;
      captures.push(storage!);
    }
    const bases = loaded.bases('capture');
    loaded.bind(
      'main',
      'capture',
      captures.map((storage, i) => (bases[i] === undefined ? 0 : storage.address)),
    );
    const { bindings, pieces } = loaded.executable;
    const hold = (base: number): void => {
      const { key, bytes } = bindings[base - ARENA - 1] as Binding & { kind: 'made' };
      const { address } = prepacked.acquire(where, key, bytes);
      keys.push(key);
      for (const list of ['prologue', 'main'] as const) loaded.bindBase(list, base, address);
    };
    const missing = new Set(pieces.flatMap(({ makes }) => makes));
    for (const base of loaded.bases('made')) if (!missing.has(base)) hold(base);
    loaded.prepare(where, captures, hold);
    return bindings.reduce((sum, one) => sum + (one.kind === 'made' ? one.bytes : 0), 0);
  }

  /** Gives draws room of their own. */
  #bindDraws(where: string, loaded: Loaded, slots: readonly Value[]): [Draw, number][] {
    const { slotBytes } = loaded.executable;
    if (slotBytes === 0) return [];
    const room = allocate(where, slotBytes);
    this.resources.storages.push(room);
    loaded.bindAt('main', 'slot', room.address);
    return slots.map(({ draw }, i) => [draw as Draw, room.address + SLOT * i]);
  }

  /** @internal */
  get resources(): ProgramResources {
    return this.#resources;
  }

  /** True after dispose(), the end of its scope, or disposeRuntime(). */
  get disposed(): boolean {
    return this.resources.loaded === null || !this.#engine.alive;
  }

  #requireAlive(where: string): Loaded {
    const { loaded } = this.resources;
    if (loaded === null || this.disposed) throw new TypeError(`${where}: the program is disposed`);
    return loaded;
  }

  /**
   * Runs on tensors of the compiled shapes and gives what the function gave, as new tensors; with `into`, tensors of the
   * right shapes, the results are written there and nothing at all is allocated.
   * @throws TypeError, RangeError when an input or `into` does not fit
   */
  run(xs: In, options?: ProgramRunOptions<Out>): Out {
    return this.runFor('Program.run', xs, options);
  }

  /** `run`, called by `where`. @internal */
  runFor(where: string, xs: Given, options?: ProgramRunOptions<Out>): Out {
    this.#requireAlive(where);
    if (options !== undefined) checkOptions(where, options, ['into']);
    const inputs = xs instanceof Tensor ? [xs] : xs;
    if (!Array.isArray(inputs)) {
      throw wrongKind(where, 'x', xs, `a Tensor or an array of ${this.inputs.length}`);
    }
    if (inputs.length !== this.inputs.length) {
      throw new RangeError(
        `${where}: x has ${counted(inputs.length, 'tensor')}, must have ${this.inputs.length}`,
      );
    }
    for (let i = 0; i < inputs.length; i++)
      requireType(where, this.inputs[i]!.name, inputs[i], this.inputs[i]!);
    if (options?.into !== undefined) {
      this.#runInto(where, inputs, options.into);
      return options.into;
    }
    const outputs: Tensor<DType>[] = [];
    try {
      for (const { shape, dtype } of this.outputs) outputs.push(emptyTensor(where, shape, dtype));
      this.#execute(where, inputs, outputs);
    } catch (error) {
      for (const output of outputs) output.dispose();
      throw error;
    }
    let next = 0;
    return mapResults(this.#form, where, () => outputs[next++] as Tensor<DType>) as Out;
  }

  /** Writes the results into tensors of the caller's. */
  #runInto(where: string, inputs: readonly Tensor<DType>[], into: Out): void {
    const matched = matchResults(this.#form, into, where, 'into');
    const given = matched.map(({ name, value }, i) => requireType(where, name, value, this.outputs[i]!));
    const storages = [...inputs, ...given].map((tensor) => tensor.resources.storage);
    for (let i = inputs.length; i < storages.length; i++) {
      if (storages.indexOf(storages[i]!) === i) continue;
      throw new RangeError(
        `${where}: into shares the storage of an input or of another result, must have its own`,
      );
    }
    try {
      this.#execute(where, inputs, given);
      for (const tensor of given) storageOf(where, 'into', tensor).version += 1;
    } catch (error) {
      if (this.#engine.deferred)
        for (const tensor of given) moveAway(where, storageOf(where, 'into', tensor));
      throw error;
    }
  }

  #execute(where: string, inputs: readonly Tensor<DType>[], outputs: readonly Tensor<DType>[]): void {
    this.#bind(where, inputs, outputs).run(where);
    for (const storage of this.#written) storage.version += 1;
  }

  /** Draws, and binds the arena, the inputs and the outputs of the main list, which it gives. */
  #bind(where: string, inputs: readonly Tensor<DType>[], outputs: readonly Tensor<DType>[]): Instructions {
    const loaded = this.#requireAlive(where);
    const main = loaded.ready(where);
    for (const [draw, address] of this.#draws) refresh(this.#engine).i32.set(draw.next(), address >>> 2);
    bindTensors(main, loaded.bases('input'), inputs);
    bindTensors(main, loaded.bases('output'), outputs);
    return main;
  }

  /**
   * Reads the module's parameters again, after they changed, and packs them.
   * @throws TypeError when disposed
   */
  update(): void {
    this.#requireAlive('Program.update').prepare('Program.update', this.resources.captures, () => {});
  }

  /**
   * A row per step: name, operator, algorithm, milliseconds and GFLOP/s, medians of `runs` runs (default 10), and the share of
   * what this machine could do at best.
   */
  profile(xs: In, options: ProfileOptions = {}): StepProfile[] {
    return this.profileFor('Program.profile', xs, options);
  }

  /** `profile`, called by `where`. @internal */
  profileFor(where: string, xs: Given, options: ProfileOptions): StepProfile[] {
    checkOptions(where, options, ['runs']);
    const runs = integer(where, 'runs', options.runs ?? 10, 1);
    const outputs = leavesOf(this.runFor(where, xs), where);
    try {
      const main = this.#bind(where, xs instanceof Tensor ? [xs] : xs, outputs);
      return profileSteps(this.#engine, where, this.#requireAlive(where).executable, main, runs);
    } finally {
      for (const output of outputs) output.dispose();
    }
  }

  /** A row per step: operator, algorithm, output shape, parameters, multiply-accumulates, bytes; totals; peak memory. */
  summary(): string {
    const { executable } = this.#requireAlive('Program.summary');
    return summaryText(executable, this.weightBytes);
  }

  /** What it takes and gives, and how much it is: what consoles show. */
  override toString(): string {
    const { loaded } = this.#resources;
    if (loaded === null || this.disposed) return 'Program (disposed)';
    const steps = loaded.executable.rows.filter(({ fixed }) => !fixed).length;
    const size = `weights: ${this.weightBytes} bytes, activations: ${this.arenaBytes} bytes`;
    return `Program (${typesText(this.inputs)}) -> (${typesText(this.outputs)}); steps: ${steps}, ${size}`;
  }

  /** Gives everything back; may be called again. */
  dispose(): void {
    this.resources.free();
  }

  /** For `using`: as dispose(). */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function bindTensors(main: Instructions, bases: readonly number[], tensors: readonly Tensor<DType>[]): void {
  for (let i = 0; i < tensors.length; i++) {
    // What has no bytes has no base.
    const base = bases[i];
    if (base !== undefined) main.bind(base, tensors[i]!.resources.storage?.address ?? 0);
  }
}

/** Runs the function in the trace; gives its results, or those that were asked for by name. @internal */
export function traced(
  where: string,
  trace: Trace,
  source: Source,
  inputs: readonly TensorType[],
  outputs: readonly string[] | undefined,
): Results {
  const symbols = inputs.map((type) => symbolOf(trace.input(type)));
  const undo = source.instrument?.(trace);
  try {
    const results = trace.run(where, () => trace.inside('', () => source.run(...symbols)));
    return outputs === undefined ? results : named(where, trace, outputs);
  } finally {
    undo?.();
  }
}

/** The results that were asked for by name. */
function named(where: string, trace: Trace, names: readonly string[]): Results {
  const found: [string, Results][] = [];
  for (const name of names) {
    const value = trace.named.get(name);
    if (value === undefined) {
      const known = [...trace.named.keys()].filter((key) => key !== '').join(', ');
      throw new RangeError(
        `${where}: outputs names ${describe(name)}, there are ${known === '' ? 'no names' : known}`,
      );
    }
    found.push([name, symbolOf(value) as AnyTensor]);
  }
  return Object.fromEntries(found);
}
