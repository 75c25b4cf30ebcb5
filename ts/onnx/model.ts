/**
 * Model: a checked graph and its weights, and the programs that were compiled of it, one per shape of the inputs, value
 * of those inputs from which shapes are computed, and set of wanted outputs. The last few programs are kept.
 */
import { checkOptions, integer } from '../base/checks.ts';
import { bytesPer, type DType } from '../base/dtype.ts';
import { ModelError } from '../base/errors.ts';
import { Pauses } from '../base/pause.ts';
import { Shown } from '../base/shown.ts';
import { atOnce, type Steps, TASK, withPauses } from '../base/steps.ts';
import { engine } from '../engine/engine.ts';
import type { Send } from '../engine/lane.ts';
import { adopt, collecting, type Resources, scope } from '../engine/memory.ts';
import { Prepacked } from '../program/prepacked.ts';
import { type ProfileOptions, type StepProfile, typesText } from '../program/report.ts';
import { type AnyTensor, requireType, Tensor } from '../tensor/tensor.ts';
import { savedBytes } from '../transforms/compiled/save.ts';
import {
  bindFeeds,
  checkShape,
  checkShapes,
  type Feed,
  type Feeds,
  type KnownShapes,
  knownShape,
  type ModelPort,
  names,
  type Shapes,
} from '../transforms/feeds.ts';
import {
  copiesOf,
  inTurn,
  type Program,
  type RunAsyncOptions,
  type SaveOptions,
  signalOf,
  weightsOf,
} from '../transforms/program.ts';
import type { Results } from '../transforms/results.ts';
import { type Lookup, tensorsOf } from './build.ts';
import type { Value } from './call.ts';
import { protoBytes } from './export/proto.ts';
import type { ExternalData } from './external.ts';
import type { CheckedGraph } from './handler.ts';
import { type ModuleOptions, OnnxModule } from './module.ts';
import { notesOf } from './notes.ts';
import { inputPort } from './ports.ts';
import type { ModelProto } from './protobuf.ts';
import { checkInto, checkOutputs, type ModelResults } from './results.ts';
import { Routine, Shared } from './routine.ts';
import type { Leg } from './stages.ts';
import { dtypeOf } from './weights.ts';

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
  /** How often the loops of one run may go round together: one without an end is an error then. Default: 100 000. */
  maxIterations?: number | undefined;
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

/** The options of `Model.runAsync`. */
export interface ModelRunAsyncOptions<Name extends string = string> extends RunAsyncOptions {
  /** As of `run`: names of the values to give instead of the model's outputs. */
  outputs?: readonly Name[] | undefined;
}

/** The options of `Model.save`. */
export interface ModelSaveOptions extends SaveOptions {
  /** Shapes of the inputs that have free axes, or a list of such: the file runs for each. Default: loadModel's. */
  inputShapes?: Shapes | readonly Shapes[] | undefined;
}

/** The option of `Model.summary`. */
export interface SummaryOptions {
  /** Shapes of the inputs that have free axes. Default: loadModel's, else those of the last run. */
  inputShapes?: Shapes | undefined;
}

const MAX_ITERATIONS = 100_000;

/** A node of a model's graph. */
export interface ModelNode {
  /** Its name, by which summaries call it. */
  readonly name: string;
  /** Its operator, with the domain before it where that is not ONNX's own. */
  readonly operator: string;
  /** The values that it makes: what the option `outputs` of `run` may name. */
  readonly outputs: readonly string[];
}

/** The program of a model of one stage, and the tensors that it takes. */
interface Whole {
  readonly program: Program<Results>;
  readonly tensors: readonly Tensor<DType>[];
}

class ModelResources implements Resources {
  readonly shared: Shared;

  constructor(shared: Shared) {
    this.shared = shared;
  }

  free(): void {
    this.shared.freePrograms();
    for (const one of this.shared.tensors.splice(0)) one.dispose();
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
  /** What the file holds besides, by key: the names of classes, who made it ... */
  readonly metadata: Readonly<Record<string, string>>;
  /** The graph's nodes in the order in which they are computed. */
  readonly nodes: readonly ModelNode[];
  readonly #resources: ModelResources;
  readonly #proto: ModelProto;
  readonly #options: ModelOptions;
  readonly #file: string;
  readonly #routine: Routine;
  readonly #shapes: KnownShapes;
  /** Those of the outputs. */
  readonly #names: readonly string[];
  readonly #engine = engine('loadModel');
  #disposed = false;

  /** @internal Models are made by `loadModel`. */
  constructor(proto: ModelProto, graph: CheckedGraph, options: ModelOptions) {
    super();
    this.#proto = proto;
    this.#options = options;
    this.#file = proto.file;
    const initializers = new Set(proto.graph.initializers.map(({ name }) => name));
    this.inputs = proto.graph.inputs
      .filter(({ name }) => !initializers.has(name))
      .map((info) => inputPort(proto.file, info));
    this.outputs = proto.graph.outputs.map(({ name, type, shape }) => ({
      name,
      dtype: dtypeOf(type) ?? 'float32',
      shape,
    }));
    this.#names = this.outputs.map(({ name }) => name);
    this.notes = notesOf(proto);
    this.metadata = Object.fromEntries(proto.metadata);
    this.nodes = graph.nodes.map(({ name, node: { operator, outputs } }) => ({ name, operator, outputs }));
    this.#shapes =
      options.inputShapes === undefined
        ? new Map()
        : checkShapes('loadModel', options.inputShapes, this.inputs);
    const { accuracy, maxIterations = MAX_ITERATIONS } = options;
    const choosing = accuracy === undefined ? {} : { accuracy };
    const shared = new Shared(proto.file, choosing, new Prepacked(true), maxIterations);
    this.#resources = new ModelResources(shared);
    try {
      this.#routine = new Routine(shared, graph, {
        inputs: this.inputs.map(({ name }) => name),
        few: new Set(this.inputs.filter(isFew).map(({ name }) => name)),
        isFixed: this.inputs.every(({ shape }) => shape?.every((size) => typeof size === 'number')),
        around: () => undefined,
        loop: null,
        isTurn: false,
        once: null,
      });
    } catch (error) {
      this.#resources.free();
      throw error;
    }
    adopt(this);
  }

  /** A model, made in steps. @internal */
  static *making(proto: ModelProto, graph: CheckedGraph, options: ModelOptions): Steps<Model> {
    const model = new Model(proto, graph, options);
    let isMade = false;
    try {
      yield* model.#compileKnown();
      isMade = true;
      return model;
    } finally {
      if (!isMade) model.dispose();
    }
  }

  /** @internal */
  get resources(): ModelResources {
    return this.#resources;
  }

  /** What it was made of, and the values that are the same at each run. @internal */
  get origin(): { readonly proto: ModelProto; readonly options: ModelOptions; readonly constant: Lookup } {
    return { proto: this.#proto, options: this.#options, constant: this.#routine.constant };
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
    return this.#with('Model.run', inputs, (values, lookup) => {
      if (!this.#routine.times.isWhole) return this.#staged(values, wanted, into);
      const { program, tensors } = this.#whole(lookup, wanted);
      return program.runFor('Model.run', tensors, into === undefined ? undefined : { into });
    }) as Record<Name, AnyTensor>;
  }

  /**
   * `run` in a worker of the library's own, where there are workers: this thread goes on meanwhile. It plans shapes that are new, in
   * steps between which other tasks run, and runs the graphs of If, Loop and Scan. The inputs are copied at the call; calls take turns in their
   * order; the values are those of `run`. With `init({ threads })` the worker shares the memory; else it has one of its own, to which a
   * program is brought at its first call there. Where there are no workers it runs in place, and `runtime().notes` says so.
   * @throws what `run` throws, as a rejection; the signal's reason when it is aborted
   * @example
   * ```ts
   * const model = await loadModel('detector.onnx');
   * const { boxes } = await model.runAsync({ image });
   * ```
   */
  async runAsync<const Name extends string = string>(
    inputs: Feeds | Feed,
    options: ModelRunAsyncOptions<Name> = {},
  ): Promise<Record<Name, AnyTensor>> {
    const where = 'Model.runAsync';
    this.#requireAlive(where);
    const signal = signalOf(where, options, ['outputs']);
    const wanted = this.#wanted(options.outputs, where);
    const check = () => {
      this.#requireAlive(where);
      if (signal?.aborted) throw signal.reason;
    };
    const job = async (own: readonly Tensor<DType>[], send: Send | null): Promise<ModelResults> => {
      this.#requireAlive(where);
      this.resources.shared.begin(where);
      const values = new Map(this.inputs.map(({ name }, i): [string, Value] => [name, own[i]!]));
      if (!this.#routine.times.isWhole) return this.#stagedBeside(where, values, wanted, send, check);
      const lookup: Lookup = (name) => values.get(name) ?? this.#routine.constant(name);
      const { program, tensors } = await withPauses(this.#planning(lookup, wanted), check);
      return (await program.runBeside(where, tensors, send)) as ModelResults;
    };
    return this.#with(where, inputs, (values) =>
      inTurn(this.#engine, signal, [...values.values()] as Tensor<DType>[], job),
    ) as Promise<Record<Name, AnyTensor>>;
  }

  /**
   * A row per step: name, operator, algorithm, milliseconds and GFLOP/s, medians of `runs` runs (default 10), and the share
   * of what this machine could do at best. `inputs` is what `run` takes.
   */
  profile(inputs: Feeds | Feed, options: ProfileOptions = {}): StepProfile[] {
    this.#requireAlive('Model.profile');
    checkOptions('Model.profile', options, ['runs']);
    const runs = integer('Model.profile', 'runs', options.runs ?? 10, 1);
    return this.#with('Model.profile', inputs, (values, lookup) => {
      const wanted = this.#wanted(undefined);
      if (!this.#routine.times.isWhole) return this.#profileStages(values, wanted, runs);
      const { program, tensors } = this.#whole(lookup, wanted);
      return program.profileFor('Model.profile', tensors, { runs });
    });
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
    if (shapes !== null) return this.#compiled('Model.summary', shapes).summary();
    const { programs, times } = this.#routine;
    const last = given !== undefined ? [] : times.isWhole ? programs.slice(-1) : programs;
    if (last.length > 0) return last.map((program) => program.summary()).join('\n\n');
    if (!times.isWhole)
      throw new RangeError(
        'Model.summary: the model runs in stages, planned with what those before gave: run the model first',
      );
    const free = this.inputs.filter(
      ({ name, shape }) => times.planned.has(name) || !shape?.every((size) => typeof size === 'number'),
    );
    throw new RangeError(
      `Model.summary: the shapes depend on ${names(free)}: give inputShapes, or run the model first`,
    );
  }

  /**
   * The model as bytes that `loadCompiled` runs, for these shapes of its inputs, without the reader of ONNX and without
   * planning, as `Program.save`.
   * @throws RangeError where a shape is not known; ModelError for a model that runs in stages (Loop, or shapes that are
   * computed of values), which a file of one program for each shape does not hold; TypeError for wrong options
   * @example
   * ```ts
   * const model = await loadModel('detector.onnx');
   * const bytes = model.save({ weights: 'float16', inputShapes: [{ image: [1, 3, 480, 640] }, { image: [1, 3, 640, 480] }] });
   * ```
   */
  save(options: ModelSaveOptions = {}): Uint8Array<ArrayBuffer> {
    const where = 'Model.save';
    this.#requireAlive(where);
    const format = weightsOf(where, options, ['inputShapes']);
    const { inputShapes } = options;
    const asked = Array.isArray(inputShapes) ? (inputShapes as readonly Shapes[]) : [inputShapes as Shapes];
    if (asked.length === 0) throw new RangeError(`${where}: inputShapes is empty, must hold at least one`);
    const { planned, isWhole } = this.#routine.times;
    if (!isWhole || planned.size > 0) {
      const why = isWhole
        ? `its shapes depend on the values of ${names(this.inputs.filter(({ name }) => planned.has(name)))}`
        : 'it runs in stages, planned with what those before gave';
      throw new ModelError(`${this.#file}: ${why}, which a compiled file cannot hold`);
    }
    this.resources.shared.begin(where);
    // What the model's own programs have packed is left alone: a file says how everything is made.
    const prepacked = new Prepacked(true);
    const programs: Program<Results>[] = [];
    try {
      for (const shapes of asked) {
        const known = this.#fixedShapes(
          where,
          shapes === undefined ? this.#shapes : checkShapes(where, shapes, this.inputs),
        );
        if (known === null) {
          const free = this.inputs.filter(({ shape }) => !shape?.every((size) => typeof size === 'number'));
          throw new RangeError(`${where}: the shapes depend on ${names(free)}: give inputShapes`);
        }
        const [leg] = this.#routine.legs(this.#wanted(undefined)) as [Leg];
        programs.push(this.#routine.apart(leg, this.#lookupFor(known), prepacked));
      }
      const saved = programs.map((program) => program.savedFor(where));
      return savedBytes('model', this, saved, format);
    } finally {
      for (const program of programs) program.dispose();
    }
  }

  /**
   * The model as a Module with weights of its own: its float weights are parameters under their names in the file (of one
   * that loading folded, what became of it), running statistics of batch norm are buffers. `forward` takes the inputs in
   * their order and gives the output, or an object of several by name; it runs at once, in compiled programs, and under
   * gradients. It begins as by `eval()`, and gives then what `run` gives; after `train()` batch norm and dropout are those of
   * training. What is not to be trained is left out of what an optimiser is given:
   * `net.namedParameters().filter(([name]) => name.startsWith('head.'))`. Weights of the graphs of If, Loop and Scan stay
   * this model's, which must then outlive the module.
   * @throws TypeError, RangeError for wrong options
   * @example
   * ```ts
   * const model = await loadModel('scores.onnx');
   * const scores = model.toModule();
   * const { grads } = valueAndGrad(() => mean(pow(sub(scores.forward(x), y), 2)), scores);
   * const features = model.toModule({ outputs: ['/features/Relu_output_0'] }).forward(x);
   * ```
   */
  toModule<Out = Tensor>(options: ModuleOptions = {}): OnnxModule<Out> {
    this.#requireAlive('Model.toModule');
    checkOptions('Model.toModule', options, ['outputs']);
    const outputs = this.#wanted(options.outputs, 'Model.toModule');
    return new OnnxModule<Out>({ routine: this.#routine, inputs: this.inputs, outputs });
  }

  /**
   * The model as an ONNX file: what `loadModel` read, weights of files of their own in it and calls of its own functions as their
   * nodes; of a quantised model the graph with QuantizeLinear and DequantizeLinear, which other runtimes read as well.
   * @example
   * ```ts
   * const model = await loadModel('detector.onnx'); // and detector.onnx.data beside it
   * const bytes = model.toOnnx(); // in one file
   * ```
   */
  toOnnx(): Uint8Array<ArrayBuffer> {
    this.#requireAlive('Model.toOnnx');
    return protoBytes(this.#proto);
  }

  /** What it takes and gives, how much it is, and its notes: what consoles show. */
  override toString(): string {
    if (this.disposed) return `Model ${this.#file} (disposed)`;
    const bytes = this.#resources.shared.tensors.reduce(
      (sum, one) => sum + one.size * bytesPer(one.dtype),
      0,
    );
    const size = `nodes: ${this.#routine.plan.nodes.length}, weights: ${bytes} bytes`;
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
  #wanted(outputs: readonly string[] | undefined, where = 'Model.run'): readonly string[] {
    if (outputs === undefined) return this.#names;
    return checkOutputs(where, outputs, this.#routine.plan, this.inputs, this.outputs);
  }

  #with<T>(where: string, feeds: Feeds | Feed, use: (values: Map<string, Value>, lookup: Lookup) => T): T {
    const { tensors, made } = bindFeeds(where, feeds, this.inputs, this.#shapes);
    const { constant } = this.#routine;
    try {
      this.resources.shared.begin(where);
      const values = new Map(
        this.inputs.map(({ name }, i): [string, Value] => [name, tensors[i] as Tensor<DType>]),
      );
      return use(values, (name) => values.get(name) ?? constant(name));
    } finally {
      for (const one of made) one.dispose();
    }
  }

  /** The program of a model of one stage, and the tensors that it takes. */
  #whole(lookup: Lookup, wanted: readonly string[]): Whole {
    return atOnce(this.#planning(lookup, wanted));
  }

  /** The same in steps. */
  *#planning(lookup: Lookup, wanted: readonly string[]): Steps<Whole> {
    const [leg] = this.#routine.legs(wanted) as [Leg];
    const { program, inputs } = yield* this.#routine.planning(leg, lookup);
    return { program, tensors: inputs.map((name) => lookup(name) as Tensor<DType>) };
  }

  /** Runs stage after stage. */
  #staged(values: Map<string, Value>, wanted: readonly string[], into: object | undefined): ModelResults {
    const given = new Set(values.values());
    return scope(() => {
      const found = this.#routine.execute(values, () => undefined, wanted);
      return Object.fromEntries(
        wanted.map((name) => {
          const value = this.#output(name, found);
          const target = (into as Record<string, unknown> | undefined)?.[name];
          if (into !== undefined)
            return [name, requireType('Model.run', `into.${name}`, target, value).assign(value)];
          const isOwn = !given.has(value) && value.resources.storage?.references === 1;
          return [name, isOwn && this.#routine.constant(name) === undefined ? value : value.clone()];
        }),
      ) as ModelResults;
    });
  }

  /** Runs stage after stage, each program by the lane. */
  async #stagedBeside(
    where: string,
    values: Map<string, Value>,
    wanted: readonly string[],
    send: Send | null,
    check: () => void,
  ): Promise<ModelResults> {
    const stages = this.#routine.stages(values, () => undefined, wanted);
    const made: { dispose(): void }[] = [];
    const pauses = new Pauses(TASK);
    const go = (results: Readonly<Record<string, Value>>) => {
      // Another run may have come between.
      this.resources.shared.where = where;
      const step = collecting(() => stages.next(results));
      made.push(...step.made);
      return step.result;
    };
    try {
      let step = go({});
      while (!step.done) {
        if (step.value === undefined) {
          await pauses.maybe();
          check();
          step = go({});
          continue;
        }
        const { program, tensors } = step.value;
        const results = (await program.runBeside(where, tensors, send)) as Readonly<Record<string, Value>>;
        made.push(...Object.values(results).flatMap(tensorsOf));
        check();
        step = go(results);
      }
      const found = step.value;
      return Object.fromEntries(
        wanted.map((name) => [name, copiesOf([this.#output(name, found)])[0]!]),
      ) as ModelResults;
    } finally {
      stages.return(undefined as never);
      pauses.end();
      for (const one of made) one.dispose();
    }
  }

  /** The tensor that an output is. @throws ModelError */
  #output(name: string, found: Lookup): Tensor<DType> {
    const value = found(name) as Value;
    if (value instanceof Tensor) return value;
    throw new ModelError(
      `${this.#file}: '${name}' is a sequence of tensors, which a model's output must not be`,
    );
  }

  /** Rows of each stage's program, and of the nodes between programs, which run once. */
  #profileStages(values: Map<string, Value>, wanted: readonly string[], runs: number): StepProfile[] {
    const rows: StepProfile[] = [];
    scope(() => {
      this.#routine.execute(values, () => undefined, wanted, {
        program: (program, tensors) => rows.push(...program.profileFor('Model.profile', tensors, { runs })),
        node: ({ name, node: { operator } }, milliseconds) =>
          rows.push({ name, operator, algorithm: '', milliseconds, gflops: 0, limit: 0, share: 0 }),
      });
    });
    return rows;
  }

  /** Shapes of all inputs, when they are known without a run; null otherwise. */
  #fixedShapes(where: string, shapes: KnownShapes): Map<string, readonly number[]> | null {
    const { isWhole, planned } = this.#routine.times;
    if (planned.size > 0 || !isWhole) return null;
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

  /** The program for inputs of these shapes, by whose values nothing is chosen. */
  #compiled(where: string, shapes: ReadonlyMap<string, readonly number[]>): Program<Results> {
    this.resources.shared.begin(where);
    return this.#whole(this.#lookupFor(shapes), this.#wanted(undefined)).program;
  }

  /** Finds for inputs what has no more than their types, and the constants. */
  #lookupFor(shapes: ReadonlyMap<string, readonly number[]>): Lookup {
    const types = this.inputs.map(({ name, dtype }): [string, Value] => [
      name,
      new Tensor(shapes.get(name) as readonly number[], dtype, null),
    ]);
    const inputs = new Map(types);
    return (name) => inputs.get(name) ?? this.#routine.constant(name);
  }

  /** Compiles on loading what can be: the first run is then as fast as the others, and mistakes show early. */
  *#compileKnown(): Steps<void> {
    const shapes = this.#fixedShapes('loadModel', this.#shapes);
    if (shapes === null) return;
    this.resources.shared.begin('loadModel');
    try {
      yield* this.#planning(this.#lookupFor(shapes), this.#wanted(undefined));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ModelError(`${this.#file}: ${error.message}`, { cause: error });
    }
  }
}

/** At most so many numbers are a shape or a setting; more are data. */
const FEW = 16;

/** An input that looks like a setting: programs may hold for one value of it. Others are looked at stage by stage. */
function isFew({ shape, dtype }: ModelPort): boolean {
  if (shape === null) return dtype !== 'float32';
  const [size] = shape;
  if (size === undefined) return true;
  return shape.length === 1 && (typeof size === 'number' ? size <= FEW : dtype !== 'float32');
}
