/**
 * Program: an executable with memory, which runs with one call. What depends on constants alone is computed once, by update,
 * into memory that the program keeps; the rest runs over one planned arena.
 */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, OutOfMemoryError, wrongKind } from '../base/errors.ts';
import type { WebSignal } from '../base/platform.ts';
import { Shown } from '../base/shown.ts';
import { atOnce, type Steps } from '../base/steps.ts';
import { type Engine, engine, engineOrNull, refresh } from '../engine/engine.ts';
import type { Send } from '../engine/lane.ts';
import {
  adopt,
  allocate,
  collecting,
  moveAway,
  type Resources,
  release,
  type Storage,
} from '../engine/memory.ts';
import type { Answer } from '../engine/workerText.ts';
import type { Draw } from '../graph/draw.ts';
import { ARENA } from '../instructions/words.ts';
import type { broughtOf, Touched } from '../program/beside.ts';
import { type Binding, type Constant, type Executable, SLOT } from '../program/executable.ts';
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
import { emptyTensor, requireType, storageOf, Tensor } from '../tensor/tensor.ts';
import { type Saved, savedBytes } from './compiled/save.ts';
import type { WeightFormat } from './compiled/weights.ts';
import type { ProgramInput } from './inputs.ts';
import { leavesOf, mapResults, matchResults, type Results } from './results.ts';

/** The option of `Program.run`. */
export interface ProgramRunOptions<Out> {
  /** What an earlier run gave, or tensors of the same shapes: the results are written there, and nothing is allocated. */
  into?: Out | undefined;
}

/** The option of `Program.runAsync`. */
export interface RunAsyncOptions {
  /** Ends the waiting: the call rejects with the signal's reason, and does not run if it has not begun. */
  signal?: WebSignal | undefined;
}

/** The option of `Program.save`. */
export interface SaveOptions {
  /** How floats are stored. Default 'float32'. */
  weights?: WeightFormat | undefined;
}

/** What a run takes: the tensor of the only input, or a list of one for each. */
export type Given = Tensor<DType> | readonly Tensor<DType>[];

/** What a program consists of before it has memory. */
export interface ProgramParts {
  /** Its inputs, as errors name them. */
  readonly inputs: readonly ProgramInput[];
  /** What a run gives: tensors without values in the place of its results. */
  readonly form: Results;
  readonly executable: Executable;
  /** What the executable counts as captures. */
  readonly captures: readonly Constant[];
  /** What is drawn at each run, by slot. */
  readonly draws: readonly Draw[];
  /** What each run writes in place. */
  readonly written: readonly Storage[];
  /**
   * Where a model's programs share what they make of its constants, which nobody changes and which are read where they
   * are. Such a program belongs to its model, not to the scope that is open.
   */
  readonly prepacked?: Prepacked | undefined;
  /** Of what comes from elsewhere: throws where it would touch what is not its own. */
  readonly verify?: ((loaded: Loaded) => void) | undefined;
}

class ProgramResources implements Resources {
  /** What the function met, as the executable counts it. */
  readonly captures: Storage[] = [];
  /** Room for draws. */
  readonly storages: Storage[] = [];
  loaded: Loaded | null = null;
  readonly prepacked: Prepacked;
  readonly keys: string[] = [];
  /** Stands for the program, and for what stays of it, where it runs beside. */
  key = {};

  constructor(prepacked: Prepacked) {
    this.prepacked = prepacked;
  }

  /** What stays of it has changed, or is gone. */
  changed(): void {
    engineOrNull()?.lane?.forget(this.key);
    this.key = {};
  }

  free(): void {
    this.changed();
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
  /** What it reads of what its function met, by index. */
  readonly #constants: readonly Constant[];
  /** What each run writes in place. */
  readonly #written: readonly Storage[];
  /** What is drawn at each run, and the address that it is written to. */
  readonly #draws: readonly (readonly [Draw, number])[];

  /** @internal Programs are made by `compile`, `loadModel` and `loadCompiled`. */
  constructor(where: string, parts: ProgramParts) {
    super();
    const { executable, prepacked } = parts;
    this.#engine = engine(where);
    this.inputs = parts.inputs;
    this.outputs = executable.outputs;
    this.arenaBytes = executable.main.arenaBytes;
    this.#form = parts.form;
    this.#written = parts.written;
    this.#constants = parts.captures;
    this.#resources = new ProgramResources(prepacked ?? new Prepacked(false));
    try {
      const loaded = new Loaded(this.#engine, where, executable, 'live');
      this.resources.loaded = loaded;
      parts.verify?.(loaded);
      this.weightBytes = this.#bindWeights(where, loaded, parts.captures);
      this.#draws = this.#bindDraws(where, loaded, parts.draws);
    } catch (error) {
      this.resources.free();
      throw error;
    }
    if (prepacked === undefined) adopt(this);
  }

  /** A program, made in steps. @internal */
  static *making<Out = Results, In extends Given = Given>(
    where: string,
    parts: ProgramParts,
  ): Steps<Program<Out, In>> {
    const program = new Program<Out, In>(where, parts);
    const { captures, loaded } = program.resources;
    let isMade = false;
    try {
      yield* loaded!.prepare(where, captures, (base) => program.#hold(where, loaded as Loaded, base));
      isMade = true;
      return program;
    } finally {
      if (!isMade) program.resources.free();
    }
  }

  /** Binds what stays: the storage that the function met, and what is there of what a prologue makes; gives the bytes of the latter. */
  #bindWeights(where: string, loaded: Loaded, constants: readonly Constant[]): number {
    const { captures } = this.resources;
    for (const constant of constants) {
      constant.storage.references += 1;
      captures.push(constant.storage);
    }
    const bases = loaded.bases('capture');
    loaded.bind(
      'main',
      'capture',
      captures.map((storage, i) => (bases[i] === undefined ? 0 : storage.address)),
    );
    const { bindings, pieces } = loaded.executable;
    const missing = new Set(pieces.flatMap(({ makes }) => makes));
    for (const base of loaded.bases('made')) if (!missing.has(base)) this.#hold(where, loaded, base);
    return bindings.reduce((sum, one) => sum + (one.kind === 'made' ? one.bytes : 0), 0);
  }

  /** Binds what a prologue makes, where all programs with the same constants have it. */
  #hold(where: string, loaded: Loaded, base: number): void {
    const { keys, prepacked } = this.resources;
    const { key, bytes } = loaded.executable.bindings[base - ARENA - 1] as Binding & { kind: 'made' };
    const { address } = prepacked.acquire(where, key, bytes);
    keys.push(key);
    for (const list of ['prologue', 'main'] as const) loaded.bindBase(list, base, address);
  }

  /** Gives draws room of their own. */
  #bindDraws(where: string, loaded: Loaded, draws: readonly Draw[]): [Draw, number][] {
    const { slotBytes } = loaded.executable;
    if (slotBytes === 0) return [];
    const room = allocate(where, slotBytes);
    this.resources.storages.push(room);
    loaded.bindAt('main', 'slot', room.address);
    return draws.map((draw, i) => [draw, room.address + SLOT * i]);
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
    const inputs = this.#checked(where, xs);
    if (options?.into !== undefined) {
      this.#runInto(where, inputs, options.into);
      return options.into;
    }
    return this.#made(where, (outputs) => this.#execute(where, inputs, outputs));
  }

  /** A tensor for each input. @throws TypeError, RangeError */
  #checked(where: string, xs: Given): readonly Tensor<DType>[] {
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
    return inputs;
  }

  /** New tensors for the results, which `fill` writes, in the form of what the function gave. */
  #made(where: string, fill: (outputs: Tensor<DType>[]) => void): Out {
    const outputs = this.#empty(where);
    try {
      fill(outputs);
    } catch (error) {
      for (const output of outputs) output.dispose();
      throw error;
    }
    return this.#formed(where, outputs);
  }

  /** New tensors for the results. */
  #empty(where: string): Tensor<DType>[] {
    const outputs: Tensor<DType>[] = [];
    try {
      for (const { shape, dtype } of this.outputs) outputs.push(emptyTensor(where, shape, dtype));
      return outputs;
    } catch (error) {
      for (const output of outputs) output.dispose();
      throw error;
    }
  }

  /** Results in the form of what the function gave. */
  #formed(where: string, outputs: readonly Tensor<DType>[]): Out {
    let next = 0;
    return mapResults(this.#form, where, () => outputs[next++] as Tensor<DType>) as Out;
  }

  /**
   * `run` in a worker of the library's own, where there are workers: this thread goes on meanwhile. The inputs are copied at
   * the call; calls take turns in their order; the values are those of `run`. With `init({ threads })` the worker
   * shares the memory; else it has one of its own, to which the program is brought at its first call there. Where there are no
   * workers it runs in place, and `runtime().notes` says so.
   * @throws what `run` throws, as a rejection; the signal's reason when it is aborted
   * @example
   * ```ts
   * const program = compile(net, { inputs: [[1, 3, 224, 224]] });
   * const scores = await program.runAsync(image, { signal: AbortSignal.timeout(1000) });
   * ```
   */
  async runAsync(xs: In, options: RunAsyncOptions = {}): Promise<Out> {
    const where = 'Program.runAsync';
    this.#requireAlive(where);
    const signal = signalOf(where, options, []);
    return inTurn(this.#engine, signal, this.#checked(where, xs), (own, send) =>
      this.runBeside(where, own, send),
    );
  }

  /** Runs by the lane, or in place where there is none. @internal */
  async runBeside(where: string, inputs: readonly Tensor<DType>[], send: Send | null): Promise<Out> {
    if (send === null) return this.runFor(where, inputs);
    const { broughtOf, visitOf } = await import('../program/beside.ts');
    const loaded = this.#requireAlive(where);
    const result = this.#engine.shared
      ? await this.#visit(where, loaded, inputs, (touched) =>
          send(visitOf(this.#engine, where, loaded, touched)),
        )
      : await this.#bring(where, loaded, inputs, { send, broughtOf });
    for (const storage of this.#written) storage.version += 1;
    return result;
  }

  /** Runs in the lane's memory, which is this one. What it writes in place is a copy until it has run. */
  async #visit(
    where: string,
    loaded: Loaded,
    inputs: readonly Tensor<DType>[],
    visit: (touched: Touched) => Promise<Answer>,
  ): Promise<Out> {
    const { captures, keys, prepacked } = this.resources;
    const copies: [index: number, copy: Storage][] = [];
    const outputs = this.#empty(where);
    try {
      for (const [i] of loaded.boundOf('capture')) {
        const copy = allocate(where, captures[i]!.bytes, true);
        copies.push([i, copy]);
        captures[i]!.copyTo(copy.address);
      }
      const touched = {
        input: inputs.map((one) => storageOf(where, 'x', one)),
        output: outputs.map((one) => storageOf(where, 'result', one)),
        capture: new Map(copies),
        made: prepacked.storagesOf(keys),
        draws: this.#draws.map(([draw]) => draw.next()),
      };
      this.#requireRun(where, loaded, await visit(touched));
      // Whoever disposed of the program meanwhile asks for no more than the results.
      for (const [i, copy] of copies) if (captures[i]) copy.copyTo(captures[i].address);
    } catch (error) {
      for (const output of outputs) output.dispose();
      throw error;
    } finally {
      for (const [, copy] of copies) release(copy);
    }
    return this.#formed(where, outputs);
  }

  /** Runs in a memory of the lane's own. */
  async #bring(
    where: string,
    loaded: Loaded,
    inputs: readonly Tensor<DType>[],
    { send, broughtOf: brought }: { send: Send; broughtOf: typeof broughtOf },
  ): Promise<Out> {
    const { captures, key } = this.resources;
    const [read, drawn, given, made] = (['capture', 'slot', 'input', 'output'] as const).map((kind) =>
      loaded.boundOf(kind),
    ) as [Bases, Bases, Bases, Bases];
    const answer = await send({
      key,
      bring: () => brought(this.#engine, where, loaded, this.inputs, captures),
      writes: [
        ...given.map(([i, base]) => [base, storageOf(where, 'x', inputs[i]!).read()] as const),
        ...drawn.map(([i, base]) => [base, drawnBytes(this.#draws[i]![0])] as const),
        ...read.map(([i, base]) => [base, captures[i]!.read()] as const),
      ],
      reads: [...made, ...read].map(([, base]) => base),
    });
    const values = this.#requireRun(where, loaded, answer);
    let next = 0;
    const result = this.#made(where, (outputs) => {
      for (const [i] of made) storageOf(where, 'result', outputs[i]!).write(values[next++]!);
    });
    // Whoever disposed of the program meanwhile asks for no more than the results.
    for (const [i] of read) captures[i]?.write(values[next++]!);
    return result;
  }

  /** What a run beside has given. @throws what went wrong with it */
  #requireRun(where: string, loaded: Loaded, answer: Answer): readonly Uint8Array<ArrayBuffer>[] {
    if (!this.#engine.alive) throw new TypeError(`${where}: the program is disposed`);
    if (typeof answer === 'number')
      throw new OutOfMemoryError(where, answer, this.#engine.info.maxMemoryBytes);
    if (typeof answer === 'string') throw new Error(`${where}: ${answer}`);
    if (answer instanceof Int32Array) throw loaded.failure(where, answer);
    return answer;
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
    const where = 'Program.update';
    const loaded = this.#requireAlive(where);
    const { captures, prepacked } = this.resources;
    const work = loaded.prepare(where, captures, (base) => {
      const { key } = loaded.executable.bindings[base - ARENA - 1] as Binding & { kind: 'made' };
      const { address } = prepacked.renew(where, key);
      for (const list of ['prologue', 'main'] as const) loaded.bindBase(list, base, address);
    });
    atOnce(work);
    this.resources.changed();
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

  /**
   * The program as bytes that `loadCompiled` runs, without tracing or planning: its instructions, planned for as many threads
   * as there are here, and the constants that it is made of, a module's parameters as they are now. `weights`: how floats are
   * stored, 'float16' (half the bytes, relative error 5e-4), or 'int8' (weights of products with a scale for each output
   * channel, or for each index of another axis where that loses less, error at most 1/254 of the largest there; all other floats as
   * float16). They are float32 again when they
   * have been loaded. The file belongs to this version of the library.
   * @throws RangeError for a program that writes what its module keeps (`mode: 'train'`); TypeError for wrong options
   */
  save(options: SaveOptions = {}): Uint8Array<ArrayBuffer> {
    const format = weightsOf('Program.save', options, []);
    const saved = this.savedFor('Program.save');
    const outputs = this.outputs.map((type, i) => ({ ...type, name: `results[${i}]` }));
    const about = { inputs: this.inputs, outputs, notes: [], metadata: {} };
    return savedBytes('program', about, [saved], format);
  }

  /** What is saved of it. @throws RangeError @internal */
  savedFor(where: string): Saved {
    const { executable } = this.#requireAlive(where);
    if (this.#written.length > 0)
      throw new RangeError(
        `${where}: the program writes tensors in place (running statistics of mode 'train', or assign), which a file does not keep`,
      );
    return {
      inputs: this.inputs,
      form: this.#form,
      executable,
      captures: this.#constants,
      draws: this.#draws.map(([draw]) => draw),
    };
  }

  /** Lets go of the constants, which the program has taken what it reads of: update() reads them no more. @internal */
  settle(): void {
    for (const storage of this.resources.captures.splice(0)) release(storage);
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

/** The indices and bases of one kind. */
type Bases = (readonly [index: number, base: number])[];

/** The state of the generator for one run. */
function drawnBytes(draw: Draw): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Int32Array.from(draw.next()).buffer);
}

/** The signal of an asynchronous run's options. @throws TypeError @internal */
export function signalOf(
  where: string,
  options: RunAsyncOptions,
  others: readonly string[],
): WebSignal | undefined {
  checkOptions(where, options, ['signal', ...others]);
  const { signal } = options;
  if (signal !== undefined && typeof signal?.aborted !== 'boolean')
    throw wrongKind(where, 'signal', signal, 'an AbortSignal');
  return signal;
}

/** The option `weights` of `save`. @throws TypeError, RangeError @internal */
export function weightsOf(where: string, options: SaveOptions, others: readonly string[]): WeightFormat {
  checkOptions(where, options, ['weights', ...others]);
  const { weights = 'float32' } = options;
  oneOf(where, 'weights', weights, ['float32', 'float16', 'int8']);
  return weights;
}

/** The values of tensors, which nobody else has. @internal */
export function copiesOf(tensors: readonly Tensor<DType>[]): readonly Tensor<DType>[] {
  return collecting(() => tensors.map((one) => one.clone())).result;
}

let lane: Promise<typeof import('../engine/lane.ts')> | null = null;

/** Has copies of tensors, made now, used by the lane when their turn has come. @internal */
export async function inTurn<T>(
  on: Engine,
  signal: WebSignal | undefined,
  tensors: readonly Tensor<DType>[],
  job: (own: readonly Tensor<DType>[], send: Send | null) => Promise<T>,
): Promise<T> {
  const own = copiesOf(tensors);
  try {
    // One promise for all, so that calls that wait for it go on in their order.
    lane ??= import('../engine/lane.ts');
    const { laneOf } = await lane;
    return await laneOf(on).enqueue(signal, (send) => job(own, send));
  } finally {
    for (const one of own) one.dispose();
  }
}

function bindTensors(main: Instructions, bases: readonly number[], tensors: readonly Tensor<DType>[]): void {
  for (let i = 0; i < tensors.length; i++) {
    // What has no bytes has no base.
    const base = bases[i];
    if (base !== undefined) main.bind(base, tensors[i]!.resources.storage?.address ?? 0);
  }
}
