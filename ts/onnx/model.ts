/**
 * Model: a checked graph and its weights, and the programs that were compiled of it, one per shape of the inputs, value
 * of those inputs from which shapes are computed, and set of wanted outputs. The last few programs are kept.
 */
import { checkOptions, integer } from '../base/checks.ts';
import { bytesPer, type DType } from '../base/dtype.ts';
import { ModelError, OutOfMemoryError } from '../base/errors.ts';
import { Shown } from '../base/shown.ts';
import { engine } from '../engine/engine.ts';
import { adopt, type Resources, scope } from '../engine/memory.ts';
import { Prepacked } from '../program/prepacked.ts';
import { type ProfileOptions, type StepProfile, typesText } from '../program/report.ts';
import type { AnyTensor, Tensor } from '../tensor/tensor.ts';
import { Program } from '../transforms/program.ts';
import { build, type Plan } from './build.ts';
import { MAX_VALUES } from './call.ts';
import { computeConstants } from './constants.ts';
import type { ExternalData } from './external.ts';
import {
  bindFeeds,
  checkShape,
  checkShapes,
  type Feed,
  type Feeds,
  inputPort,
  type KnownShapes,
  knownShape,
  type ModelPort,
  names,
  type Shapes,
} from './feeds.ts';
import type { CheckedGraph } from './graph.ts';
import { notesOf } from './notes.ts';
import type { ModelProto } from './protobuf.ts';
import { checkInto, checkOutputs, type ModelResults } from './results.ts';
import { timesOf } from './times.ts';
import { copied, dtypeOf } from './weights.ts';

/** The options of `loadModel`. */
export interface ModelOptions {
  /**
   * Shapes for inputs with free axes: what a typed array or a flat list gets. When the shapes of all inputs are known, the
   * program is compiled on loading.
   */
  inputShapes?: Shapes | undefined;
  /** 'exact' computes convolutions without transforms that round differently. Default: init's. */
  accuracy?: 'fast' | 'exact' | undefined;
  /**
   * Files that hold weights, by the paths that the model names: `{ 'model.onnx.data': bytes }`, or anything else that is a
   * source. Those that are not given are read from beside the model where it came from a path or a URL.
   */
  externalData?: ExternalData | undefined;
}

/** The options of `Model.run`. */
export interface RunOptions<Name extends string = string> {
  /** Tensors of the outputs' shapes, by name, into which the results are written: then nothing is allocated. */
  into?: { readonly [N in Name]: AnyTensor } | undefined;
  /**
   * Names of the values to give instead of the model's outputs: any that the graph computes, but constants of which
   * others were made on loading.
   */
  outputs?: readonly Name[] | undefined;
}

/** The option of `Model.summary`. */
export interface SummaryOptions {
  /** Shapes of the inputs that have free axes. Default: loadModel's, else those of the last run. */
  inputShapes?: Shapes | undefined;
}

/** Programs kept for each model. */
const MAX_PROGRAMS = 16;

class ModelResources implements Resources {
  readonly programs = new Map<string, Program<ModelResults>>();
  /** What the programs make of the weights: shared. */
  readonly prepacked = new Prepacked(true);
  readonly tensors: Tensor<DType>[] = [];

  free(): void {
    this.freePrograms();
    for (const one of this.tensors) one.dispose();
    this.tensors.length = 0;
  }

  freePrograms(): void {
    for (const program of this.programs.values()) program.dispose();
    this.programs.clear();
  }
}

/**
 * An ONNX model that runs: its weights, and the programs that were compiled of it for the shapes it was given. Made
 * by `loadModel`.
 */
export class Model extends Shown {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Model';
  /** The inputs that must be given. */
  readonly inputs: readonly ModelPort[];
  /** The outputs. */
  readonly outputs: readonly ModelPort[];
  /** What is computed otherwise than the file says: of which of its types (double as float32), and where. */
  readonly notes: readonly string[];
  readonly #resources = new ModelResources();
  readonly #file: string;
  readonly #plan: Plan;
  /** Inputs by whose value a program is chosen. */
  readonly #planned: ReadonlySet<string>;
  readonly #accuracy: 'fast' | 'exact' | undefined;
  readonly #shapes: KnownShapes;
  readonly #engine = engine('loadModel');
  #disposed = false;

  /** @internal Models are made by `loadModel`. */
  constructor(proto: ModelProto, graph: CheckedGraph, options: ModelOptions) {
    super();
    this.#file = proto.file;
    this.#accuracy = options.accuracy;
    const initializers = new Set(proto.graph.initializers.map(({ name }) => name));
    this.inputs = proto.graph.inputs
      .filter(({ name }) => !initializers.has(name))
      .map((info) => inputPort(proto.file, info));
    this.outputs = proto.graph.outputs.map(({ name, type, shape }) => ({
      name,
      dtype: dtypeOf(type) ?? 'float32',
      shape,
    }));
    this.notes = notesOf(proto);
    this.#shapes =
      options.inputShapes === undefined
        ? new Map()
        : checkShapes('loadModel', options.inputShapes, this.inputs);
    const { of: times, planned } = timesOf(
      graph,
      this.inputs.map(({ name }) => name),
    );
    this.#planned = planned;
    this.#plan = computeConstants(proto, graph, times);
    this.resources.tensors.push(...this.#plan.constants.values());
    adopt(this);
    try {
      this.#compileKnown();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** @internal */
  get resources(): ModelResources {
    return this.#resources;
  }

  /** True after dispose(), the end of its scope, or disposeRuntime(). */
  get disposed(): boolean {
    return this.#disposed || !this.#engine.alive;
  }

  /**
   * Runs the model. `inputs` has a tensor, a typed array or (nested) arrays of numbers for each input's name; where there
   * is one input, its value alone will do. Numbers that are not nested get the shape of their input. The results are new
   * tensors of the caller's, by name: of each output, or of what `outputs` names.
   * @throws TypeError, RangeError that name the input; ModelError when an operator refuses these shapes
   * @example
   * ```ts
   * const model = await loadModel('detector.onnx');
   * const { boxes } = model.run({ image, threshold: [0.5] });
   * const { features } = model.run(image, { outputs: ['features'] });
   * ```
   */
  run<const Name extends string = string>(
    inputs: Feeds | Feed,
    options: RunOptions<Name> = {},
  ): Record<Name, AnyTensor> {
    this.#requireAlive('Model.run');
    checkOptions('Model.run', options, ['into', 'outputs']);
    const wanted = this.#wanted(options.outputs);
    const { into } = options;
    if (into !== undefined) checkInto(into, wanted);
    return this.#with('Model.run', inputs, wanted, (program, tensors) =>
      program.runFor('Model.run', tensors, into === undefined ? undefined : { into }),
    ) as Record<Name, AnyTensor>;
  }

  /**
   * A row per step: name, operator, algorithm, milliseconds and GFLOP/s, medians of `runs` runs (default 10), and the share
   * of what this machine could do at best. `inputs` is what `run` takes.
   */
  profile(inputs: Feeds | Feed, options: ProfileOptions = {}): StepProfile[] {
    this.#requireAlive('Model.profile');
    checkOptions('Model.profile', options, ['runs']);
    const runs = integer('Model.profile', 'runs', options.runs ?? 10, 1);
    return this.#with('Model.profile', inputs, this.#wanted(undefined), (program, tensors) =>
      program.profileFor('Model.profile', tensors, { runs }),
    );
  }

  /**
   * A row per step of the program for these shapes, and totals. Without shapes: loadModel's, else those of the last run.
   * @throws RangeError when a shape is not known
   */
  summary(options: SummaryOptions = {}): string {
    this.#requireAlive('Model.summary');
    checkOptions('Model.summary', options, ['inputShapes']);
    const given = options.inputShapes;
    const shapes = this.#fixedShapes(
      'Model.summary',
      given === undefined ? this.#shapes : checkShapes('Model.summary', given, this.inputs),
    );
    if (shapes !== null)
      return this.#program('Model.summary', shapes, new Map(), this.#wanted(undefined)).summary();
    const last = given === undefined ? [...this.resources.programs.values()].pop() : undefined;
    if (last !== undefined) return last.summary();
    const free = this.inputs.filter(
      ({ name, shape }) => this.#planned.has(name) || !shape?.every((size) => typeof size === 'number'),
    );
    throw new RangeError(
      `Model.summary: the shapes depend on ${names(free)}: give inputShapes, or run the model first`,
    );
  }

  /** What it takes and gives, how much it is, and its notes: what consoles show. */
  override toString(): string {
    if (this.disposed) return `Model ${this.#file} (disposed)`;
    const bytes = this.#resources.tensors.reduce((sum, one) => sum + one.size * bytesPer(one.dtype), 0);
    const size = `nodes: ${this.#plan.nodes.length}, weights: ${bytes} bytes`;
    const types = `(${typesText(this.inputs)}) -> (${typesText(this.outputs)})`;
    return [`Model ${this.#file} ${types}; ${size}`, ...this.notes].join('\n  ');
  }

  /** Gives everything back; may be called again. */
  dispose(): void {
    this.#disposed = true;
    this.resources.free();
  }

  /** For `using`: as dispose(). */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #requireAlive(where: string): void {
    if (this.disposed) throw new TypeError(`${where}: the model is disposed`);
  }

  /** Names that were asked for, or the model's outputs. */
  #wanted(outputs: readonly string[] | undefined): readonly string[] {
    if (outputs === undefined) return this.outputs.map(({ name }) => name);
    return checkOutputs(outputs, this.#plan, this.inputs, this.outputs);
  }

  #with<T>(
    where: string,
    feeds: Feeds | Feed,
    wanted: readonly string[],
    use: (program: Program<ModelResults>, tensors: Tensor<DType>[]) => T,
  ): T {
    const { tensors, made } = bindFeeds(where, feeds, this.inputs, this.#shapes);
    try {
      const shapes = new Map(this.inputs.map(({ name }, i) => [name, (tensors[i] as Tensor<DType>).shape]));
      const values = new Map<string, Tensor<DType>>();
      this.inputs.forEach(({ name }, i) => {
        if (this.#planned.has(name)) values.set(name, fewValues(where, name, tensors[i] as Tensor<DType>));
      });
      const program = this.#program(where, shapes, values, wanted);
      return use(
        program,
        tensors.filter((_, i) => !values.has((this.inputs[i] as ModelPort).name)),
      );
    } finally {
      for (const one of made) one.dispose();
    }
  }

  /** The program for these shapes and values: a kept one, moved to the end of the map, or a new one. */
  #program(
    where: string,
    shapes: ReadonlyMap<string, readonly number[]>,
    values: ReadonlyMap<string, Tensor<DType>>,
    wanted: readonly string[],
  ): Program<ModelResults> {
    const parts = this.inputs.map(
      ({ name }) => `${shapes.get(name)?.join('x')}=${values.get(name)?.data.join(',') ?? ''}`,
    );
    const key = JSON.stringify([parts.join(';'), ...wanted]);
    const { programs } = this.resources;
    let program = programs.get(key);
    programs.delete(key);
    if (program === undefined) {
      try {
        program = this.#compile(where, shapes, values, wanted);
      } catch (error) {
        if (!(error instanceof OutOfMemoryError) || programs.size === 0) throw error;
        this.resources.freePrograms();
        program = this.#compile(where, shapes, values, wanted);
      }
    }
    programs.set(key, program);
    if (programs.size > MAX_PROGRAMS) {
      const [oldest, first] = programs.entries().next().value as [string, Program<ModelResults>];
      programs.delete(oldest);
      first.dispose();
    }
    return program;
  }

  #compile(
    where: string,
    shapes: ReadonlyMap<string, readonly number[]>,
    values: ReadonlyMap<string, Tensor<DType>>,
    wanted: readonly string[],
  ): Program<ModelResults> {
    const ports = this.inputs.filter(({ name }) => !values.has(name));
    const choosing = this.#accuracy === undefined ? {} : { accuracy: this.#accuracy };
    const run = (...xs: Tensor<DType>[]): ModelResults => {
      const given = new Map<string, Tensor<DType>>();
      // The program holds for these values, also when the user's tensor has others later.
      for (const [name, { data, dtype, shape }] of values)
        given.set(name, copied(where, { values: data.slice(), dtype, shape }));
      ports.forEach(({ name }, i) => {
        given.set(name, xs[i] as Tensor<DType>);
      });
      return Object.fromEntries(build(this.#plan, given, wanted)) as ModelResults;
    };
    const inputs = ports.map(({ name, dtype }) => ({
      name,
      dtype,
      shape: shapes.get(name) as readonly number[],
    }));
    let program: Program<ModelResults> | null = null;
    // The scope ends the handles of constants that were computed on the way; the program keeps what it needs of them.
    scope(() => {
      program = new Program<ModelResults>(
        { run, parameters: [] },
        { inputs, where, prepacked: this.resources.prepacked, choosing },
      );
    });
    return program as unknown as Program<ModelResults>;
  }

  /** Shapes of all inputs, when they are known without a run; null otherwise. */
  #fixedShapes(where: string, shapes: KnownShapes): Map<string, readonly number[]> | null {
    if (this.#planned.size > 0) return null;
    const axes = new Map<string, number>();
    for (const port of this.inputs) {
      const shape = shapes.get(port.name);
      if (shape !== undefined) checkShape(where, port, shape, axes);
    }
    const found = new Map<string, readonly number[]>();
    for (const port of this.inputs) {
      const shape = knownShape(port, shapes, axes);
      if (shape === null) return null;
      found.set(port.name, shape);
    }
    return found;
  }

  /** Compiles on loading what can be: the first run is then as fast as the others, and mistakes show early. */
  #compileKnown(): void {
    const shapes = this.#fixedShapes('loadModel', this.#shapes);
    if (shapes === null) return;
    try {
      this.#program('loadModel', shapes, new Map(), this.#wanted(undefined));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ModelError(`${this.#file}: ${error.message}`, { cause: error });
    }
  }
}

/** An input from which a shape is computed, which has few values. */
function fewValues(where: string, name: string, given: Tensor<DType>): Tensor<DType> {
  if (given.size <= MAX_VALUES) return given;
  throw new RangeError(
    `${where}: input '${name}' has ${given.size} values, must have at most ${MAX_VALUES}: shapes are computed from them`,
  );
}
