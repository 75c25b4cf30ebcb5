/**
 * loadCompiled: what `save` wrote, as a model that runs. It needs neither the graph nor the planner nor the reader of ONNX: the
 * file holds instructions and where everything lies; what they pack of the constants is made once, on loading.
 */
import { checkOptions, integer } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import { ModelError, OutOfMemoryError, shapeText } from '../../base/errors.ts';
import { messageOf } from '../../base/realm.ts';
import { Shown } from '../../base/shown.ts';
import { type ModelSource, readSource } from '../../base/source.ts';
import { type Steps, withPauses } from '../../base/steps.ts';
import { engine } from '../../engine/engine.ts';
import { adopt, type Resources, release } from '../../engine/memory.ts';
import type { Loaded } from '../../program/loaded.ts';
import { Prepacked } from '../../program/prepacked.ts';
import { type ProfileOptions, type StepProfile, typesText } from '../../program/report.ts';
import { type AnyTensor, Tensor } from '../../tensor/tensor.ts';
import { bindFeeds, type Feed, type Feeds, type ModelPort } from '../feeds.ts';
import { inTurn, Program, type RunAsyncOptions, signalOf } from '../program.ts';
import { type ReadFile, readCompiled } from './read.ts';
import { bring } from './sides.ts';
import { storageOf } from './weights.ts';
import { requireWithin } from './within.ts';

/** The option of `CompiledModel.run`. */
export interface CompiledRunOptions<Out = Record<string, AnyTensor>> {
  /** What an earlier run gave, or tensors of the same shapes: the results are written there, and nothing is allocated. */
  into?: Out | undefined;
}

/** The shapes of a model's inputs have been given by these. */
const NO_SHAPES: ReadonlyMap<string, readonly number[]> = new Map();

class CompiledResources implements Resources {
  readonly programs: Program<unknown>[] = [];

  free(): void {
    for (const program of this.programs.splice(0)) program.dispose();
  }
}

/** What `save` wrote, loaded: it runs for the shapes that it was saved with. Made by `loadCompiled`. */
export class CompiledModel<Out = Record<string, AnyTensor>> extends Shown {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'CompiledModel';
  /** The inputs that must be given. */
  readonly inputs: readonly ModelPort[];
  /** The outputs. */
  readonly outputs: readonly ModelPort[];
  /** The shapes of the inputs that it runs for, by name. */
  readonly shapes: readonly Readonly<Record<string, readonly number[]>>[];
  /** What is computed otherwise than the model's file said. */
  readonly notes: readonly string[];
  /** What the model's file held besides, by key: the names of classes, who made it ... */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #engine = engine('loadCompiled');
  readonly #resources = new CompiledResources();
  readonly #file: string;
  readonly #isProgram: boolean;
  #disposed = false;

  /** @internal Made by `loadCompiled`. */
  constructor(
    file: string,
    { kind, inputs, outputs, notes, metadata, programs }: ReadFile,
    made: readonly Program<unknown>[],
  ) {
    super();
    this.#file = file;
    this.#isProgram = kind === 'program';
    this.inputs = inputs;
    this.outputs = outputs;
    this.notes = notes;
    this.metadata = metadata;
    this.shapes = programs.map((program) =>
      Object.fromEntries(program.inputs.map(({ name, shape }) => [name, shape])),
    );
    this.resources.programs.push(...made);
    adopt(this);
  }

  /** @internal */
  get resources(): CompiledResources {
    return this.#resources;
  }

  /** True after dispose(), the end of its scope, or disposeRuntime(). */
  get disposed(): boolean {
    return this.#disposed || !this.#engine.alive;
  }

  /**
   * Runs the model. `inputs` has a tensor, a typed array or (nested) arrays of numbers for each input's name; where there is
   * one input, its value alone will do; of a saved program also a list of tensors in their order. What a model gives are
   * tensors by name; what a program gives has the form of what its function gave.
   * @throws TypeError, RangeError that name the input; RangeError for shapes that were not saved
   * @example
   * ```ts
   * const model = await loadCompiled('detector.striate');
   * const { boxes } = model.run({ image });
   * ```
   */
  run(inputs: Feeds | Feed, options: CompiledRunOptions<Out> = {}): Out {
    return this.#with('CompiledModel.run', inputs, (program, tensors) => {
      checkOptions('CompiledModel.run', options, ['into']);
      const { into } = options;
      return program.runFor('CompiledModel.run', tensors, into === undefined ? undefined : { into }) as Out;
    });
  }

  /**
   * `run` in a worker of the library's own, where there are workers, as `Program.runAsync`.
   * @throws what `run` throws, as a rejection; the signal's reason when it is aborted
   */
  async runAsync(inputs: Feeds | Feed, options: RunAsyncOptions = {}): Promise<Out> {
    const where = 'CompiledModel.runAsync';
    const signal = signalOf(where, options, []);
    return this.#with(where, inputs, (program, tensors) =>
      inTurn(
        this.#engine,
        signal,
        tensors,
        (own, send) => program.runBeside(where, own, send) as Promise<Out>,
      ),
    );
  }

  /**
   * A row per step: name, operator, algorithm, milliseconds and GFLOP/s, medians of `runs` runs (default 10), and the share
   * of what this machine could do at best. `inputs` is what `run` takes.
   */
  profile(inputs: Feeds | Feed, options: ProfileOptions = {}): StepProfile[] {
    checkOptions('CompiledModel.profile', options, ['runs']);
    const runs = integer('CompiledModel.profile', 'runs', options.runs ?? 10, 1);
    return this.#with('CompiledModel.profile', inputs, (program, tensors) =>
      program.profileFor('CompiledModel.profile', tensors, { runs }),
    );
  }

  /** A row per step, and totals: of each of the shapes that it was saved with. */
  summary(): string {
    this.#requireAlive('CompiledModel.summary');
    return this.resources.programs.map((program) => program.summary()).join('\n\n');
  }

  /** What it takes and gives, and how much it is: what consoles show. */
  override toString(): string {
    if (this.disposed) return `CompiledModel ${this.#file} (disposed)`;
    const { programs } = this.resources;
    const types = `(${typesText(this.inputs)}) -> (${typesText(this.outputs)})`;
    const bytes = Math.max(...programs.map(({ weightBytes }) => weightBytes));
    return `CompiledModel ${this.#file} ${types}; shapes: ${programs.length}, weights: ${bytes} bytes`;
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

  /** Has a program, and the tensors that it takes, used; numbers that were given became tensors for as long. */
  #with<T>(
    where: string,
    given: Feeds | Feed,
    use: (program: Program<unknown>, tensors: readonly Tensor<DType>[]) => T,
  ): T {
    this.#requireAlive(where);
    const { tensors, made } = bindFeeds(where, byOrder(given, this.inputs), this.inputs, this.#known());
    try {
      const of = (program: Program<unknown>) => this.#taken(program, tensors);
      const program = this.#programFor(where, of);
      return use(program, of(program));
    } finally {
      for (const one of made) one.dispose();
    }
  }

  /** The tensors that a program takes, in its order: one of a model may take some of the inputs alone. */
  #taken<T>({ inputs }: Program<unknown>, values: readonly T[]): T[] {
    if (this.#isProgram) return [...values];
    return inputs.map(({ name }) => values[this.inputs.findIndex((port) => port.name === name)] as T);
  }

  /** The shapes of inputs, where there is one program. */
  #known(): ReadonlyMap<string, readonly number[]> {
    const [program, another] = this.resources.programs;
    if (another !== undefined) return NO_SHAPES;
    return new Map(program!.inputs.map(({ name, shape }) => [name, shape]));
  }

  #programFor(
    where: string,
    taken: (program: Program<unknown>) => readonly Tensor<DType>[],
  ): Program<unknown> {
    const { programs } = this.resources;
    const text = (shapes: readonly { readonly shape: readonly number[] }[]) =>
      shapes.map(({ shape }) => shapeText(shape)).join(' and ');
    const found = programs.find((program) => text(program.inputs) === text(taken(program)));
    if (found !== undefined) return found;
    const there = programs.map(({ inputs }) => text(inputs)).join(', or ');
    const asked = text(taken(programs[0] as Program<unknown>));
    throw new RangeError(`${where}: the inputs have the shapes ${asked}, was saved for ${there}`);
  }
}

/** A file's programs, their constants packed, in steps. */
function* making(file: string, { weights, programs }: ReadFile): Steps<Program<unknown>[]> {
  const storages = weights.map(storageOf);
  // What several programs make of a constant is made by the first and shared.
  const prepacked = new Prepacked(false);
  const made: Program<unknown>[] = [];
  let isMade = false;
  try {
    for (const { captures, ...parts } of programs) {
      const constants = captures.map((index) => ({
        ...{ storage: storages[index]!, shape: weights[index]!.shape, dtype: weights[index]!.dtype },
        isFactor: false,
      }));
      const verify = (loaded: Loaded) => requireWithin(loaded, parts.inputs, constants);
      const given = { ...parts, captures: constants, written: [], prepacked, verify };
      made.push(yield* Program.making<unknown>('loadCompiled', given));
    }
    isMade = true;
    return made;
  } catch (error) {
    // Rust refuses words that are no instructions, `verify` those that reach beyond their memory.
    if (error instanceof OutOfMemoryError) throw error;
    throw new ModelError(`${file}: ${messageOf(error)}`, { cause: error });
  } finally {
    for (const program of made) {
      if (isMade) program.settle();
      else program.dispose();
    }
    for (const storage of storages) release(storage);
  }
}

/** A list of tensors, one for each input, by name. */
function byOrder(given: Feeds | Feed, ports: readonly ModelPort[]): Feeds | Feed {
  const isList = Array.isArray(given) && given.length > 0 && given.every((one) => one instanceof Tensor);
  if (!isList || (given as unknown[]).length !== ports.length) return given;
  return Object.fromEntries(ports.map(({ name }, i) => [name, (given as unknown as Feed[])[i]])) as Feeds;
}

/**
 * Loads what `Program.save` or `Model.save` wrote. It runs at once for the shapes that it was saved with: nothing is traced or
 * planned, and neither is ONNX read. The type parameter says what a run gives: by default tensors by name.
 *
 * A file holds instructions: damage is found by checksums, and what would read or write beyond its own memory is refused, so that a
 * file of a stranger can be loaded. What it computes, and for how long, nobody checks.
 * @throws ModelError for a file that is damaged, of another version, or no such file; TypeError for a source that is none;
 * Error where it cannot be read
 * @example
 * ```ts
 * const model = await loadCompiled('detector.striate');
 * const { boxes } = model.run({ image });
 * ```
 */
export async function loadCompiled<Out = Record<string, AnyTensor>>(
  source: ModelSource,
): Promise<CompiledModel<Out>> {
  const on = engine('loadCompiled');
  const { bytes, file } = await readSource('loadCompiled', source);
  const read = readCompiled(bytes, file);
  await bring(
    on,
    read.programs.map(({ executable }) => executable),
  );
  const check = () => {
    if (!on.alive) throw new Error('loadCompiled: disposeRuntime was called while the model was loading');
  };
  check();
  const programs = await withPauses(making(file, read), check);
  return new CompiledModel<Out>(file, read, programs);
}
