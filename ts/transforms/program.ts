/**
 * Program: a traced function that runs with one call. The trace is fused and lowered; what depends on constants alone is
 * computed once, by update, into forms that the program keeps; the rest runs over one planned arena.
 */
import { bytesPer, DTYPES, type DType, type TensorType } from '../dtype.ts';
import { type Engine, engine, refresh } from '../engine/engine.ts';
import {
  adopt,
  allocate,
  countLive,
  type Disposable,
  type Hold,
  moveAway,
  release,
  type Storage,
  sharedArena,
} from '../engine/memory.ts';
import {
  checkOptions,
  describe,
  elementCount,
  integer,
  integers,
  oneOf,
  shapeText,
  wrongKind,
} from '../errors.ts';
import { type Binding, lowerGraph } from '../graph/build.ts';
import { DRAW_TYPE, type Draw } from '../graph/draw.ts';
import { fuse } from '../graph/fuse.ts';
import type { Node } from '../graph/graph.ts';
import { Trace } from '../graph/trace.ts';
import { type Choosing, Lowering, type Step } from '../instructions/builder.ts';
import { splitConstants } from '../program/constants.ts';
import { typeBytes } from '../program/eager.ts';
import { ARENA, Instructions } from '../program/instructions.ts';
import { assignOffsets, shareInPlace } from '../program/placement.ts';
import { Forms, formKeys } from '../program/prepacked.ts';
import { profileSteps, type StepProfile, summaryText } from '../program/report.ts';
import { emptyTensor, requireTensor, storageOf, Tensor } from '../tensor/tensor.ts';
import { leavesOf, mapResults, matchResults, type Results } from './results.ts';

/** An input's shape, or its shape with a dtype and a name. */
export type InputSpec = readonly number[] | { shape: readonly number[]; dtype?: DType; name?: string };

/** What is traced: a function, the tensors that may change later, and its modules by path. */
export interface Source {
  readonly run: (...xs: Tensor<DType>[]) => Results;
  /** Tensors that are read again by update(). */
  readonly parameters: readonly Tensor<DType>[];
  /** Has each module's forward run inside its path of the trace; gives what undoes that. */
  instrument?(trace: Trace): () => void;
}

export interface GraphOptions {
  readonly inputs: readonly InputSpec[];
  /** Results to give, by the path of the module, or the name in the trace, that made them. */
  readonly outputs?: readonly string[];
  readonly choosing?: Choosing;
  /**
   * Where a model's programs share what they make of its constants, which nobody changes and which are read where they
   * are. Such a program belongs to its model, not to the scope that is open.
   */
  readonly forms?: Forms;
  /** The function that the user called, for error sentences; without it `compile`. */
  readonly where?: string;
}

class ProgramHold implements Hold {
  readonly storages: Storage[] = [];
  readonly instructions: Instructions[] = [];
  readonly forms: Forms;
  readonly keys: string[] = [];
  readonly #engine: Engine;

  constructor(on: Engine, forms: Forms) {
    this.#engine = on;
    this.forms = forms;
  }

  free(): void {
    for (const one of this.instructions) {
      one.free();
      if (this.#engine.alive) countLive(-one.bytes);
    }
    for (const storage of this.storages) release(storage);
    for (const key of this.keys) this.forms.release(key);
    this.instructions.length = 0;
    this.storages.length = 0;
    this.keys.length = 0;
  }
}

export class Program<Out = Results> implements Disposable {
  /** The inputs' types, in order. */
  readonly inputs: readonly (TensorType & { readonly name: string })[];
  /** The outputs' types, in order. */
  readonly outputs: readonly TensorType[];
  /** Bytes of activations while it runs, planned: the arena that all programs share is at least so large. */
  readonly arenaBytes: number;
  /** Bytes of what it computed once: packed weights, folded biases. */
  readonly weightBytes: number;
  /** @internal */
  readonly hold: ProgramHold;
  readonly #engine: Engine;
  readonly #nodes: readonly Node[];
  readonly #form: Results;
  readonly #main: Instructions;
  readonly #prologue: Instructions | null;
  /** The bases of the inputs and of the outputs. */
  readonly #inputBases: number[] = [];
  readonly #outputBases: number[] = [];
  /** What is drawn at each run, and where it is written. */
  readonly #draws: { readonly draw: Draw; readonly storage: Storage }[] = [];
  #disposed = false;

  /** @internal Programs are made by `compile` and `loadModel`. */
  constructor(source: Source, options: GraphOptions) {
    const { where = 'compile' } = options;
    const on = engine(where);
    this.#engine = on;
    this.inputs = options.inputs.map((spec, i) => inputType(where, spec, i));
    const trace = new Trace(source.parameters);
    this.#form = traced(where, trace, source, this.inputs, options.outputs);
    const values = leavesOf(this.#form, where).map((leaf) => trace.valueOf(leaf));
    const graph = trace.graph(values);
    fuse(graph, new Set(values));
    this.#nodes = graph.nodes;
    this.outputs = values.map(({ shape, dtype }) => ({ shape, dtype }));
    const lowering = new Lowering(on, where, options.choosing);
    const bindings = lowerGraph(lowering, graph, options.forms !== undefined);
    const { before, main } = splitConstants(lowering.steps);
    this.hold = new ProgramHold(on, options.forms ?? new Forms(false));
    try {
      bindings.forEach((binding, i) => {
        if (binding.kind === 'fixed') this.#retain(binding.storage);
        if (binding.kind !== 'draw') return;
        const storage = allocate(where, typeBytes(DRAW_TYPE));
        this.hold.storages.push(storage);
        this.#draws.push({ draw: binding.draw, storage });
        bindings[i] = { kind: 'fixed', storage };
      });
      const { prologue, bytes } = this.#makeForms(where, lowering, before, main, bindings);
      this.weightBytes = bytes;
      this.#main = this.#load(where, lowering, main, bindings);
      this.#prologue = prologue.length > 0 ? this.#load(where, lowering, prologue, bindings) : null;
      this.arenaBytes = this.#main.code.arenaBytes;
      bindings.forEach((binding, i) => {
        if (binding.kind === 'input') this.#inputBases[binding.index] = ARENA + 1 + i;
        else if (binding.kind === 'output') this.#outputBases[binding.index] = ARENA + 1 + i;
      });
      this.#prepare(where);
    } catch (error) {
      this.hold.free();
      throw error;
    }
    if (options.forms === undefined) adopt(this);
  }

  #retain(storage: Storage): void {
    storage.references += 1;
    this.hold.storages.push(storage);
  }

  /** Storage for what the prologue makes and the main list reads; the steps that make what nobody has made yet. */
  #makeForms(
    where: string,
    lowering: Lowering,
    before: readonly Step[],
    main: readonly Step[],
    bindings: Binding[],
  ) {
    const fixed = new Map(lowering.externals.map((buffer, i) => [buffer, bindings[i]]));
    const keyOf = formKeys(before, (buffer) => {
      const binding = fixed.get(buffer);
      return binding?.kind === 'fixed' ? `@${binding.storage.address}` : '?';
    });
    const made = new Set(before.flatMap((step) => step.writes));
    const wanted = new Set<unknown>();
    let bytes = 0;
    for (const read of main.flatMap((step) => step.reads)) {
      if (read === null || read.place !== 'arena' || !made.has(read)) continue;
      const key = keyOf(read);
      const { storage, fresh } = this.hold.forms.acquire(where, key, read.bytes);
      this.hold.keys.push(key);
      bytes += read.bytes;
      lowering.externalize(read);
      bindings.push({ kind: 'fixed', storage });
      if (fresh) wanted.add(read);
    }
    const prologue: Step[] = [];
    for (const step of [...before].reverse()) {
      if (!step.writes.some((write) => wanted.has(write))) continue;
      prologue.unshift(step);
      for (const read of step.reads) wanted.add(read);
    }
    return { prologue, bytes };
  }

  /** The instructions of these steps, with everything bound that stays. */
  #load(
    where: string,
    lowering: Lowering,
    steps: readonly Step[],
    bindings: readonly Binding[],
  ): Instructions {
    shareInPlace(steps);
    const made = new Instructions(this.#engine, where, lowering.encode(steps, assignOffsets(steps)));
    this.hold.instructions.push(made);
    countLive(made.bytes);
    bindings.forEach((binding, i) => {
      if (binding.kind === 'fixed') made.bind(ARENA + 1 + i, binding.storage.address);
    });
    return made;
  }

  get disposed(): boolean {
    return this.#disposed || !this.#engine.alive;
  }

  #requireAlive(where: string): void {
    if (this.disposed) throw new TypeError(`${where}: the program is disposed`);
  }

  /**
   * Runs on tensors of the compiled shapes and gives what the function gave, as new tensors; with `into`, tensors of the
   * right shapes, the results are written there and nothing at all is allocated.
   * @throws TypeError, RangeError when an input or `into` does not fit
   */
  run(xs: Tensor<DType> | readonly Tensor<DType>[], options?: { into?: Out }): Out {
    return this.runFor('Program.run', xs, options);
  }

  /** `run`, called by `where`. @internal */
  runFor(where: string, xs: Tensor<DType> | readonly Tensor<DType>[], options?: { into?: Out }): Out {
    this.#requireAlive(where);
    if (options !== undefined) checkOptions(where, options, ['into']);
    const inputs = xs instanceof Tensor ? [xs] : xs;
    if (!Array.isArray(inputs)) {
      throw wrongKind(where, 'x', xs, `a Tensor or an array of ${this.inputs.length}`);
    }
    if (inputs.length !== this.inputs.length) {
      throw new RangeError(`${where}: x has ${inputs.length} tensors, must have ${this.inputs.length}`);
    }
    for (let i = 0; i < inputs.length; i++)
      this.#check(where, this.inputs[i]!.name, inputs[i], this.inputs[i]!);
    const into = options?.into;
    if (into !== undefined) {
      const matched = matchResults(this.#form, into, where, 'into');
      for (const [i, { name, value }] of matched.entries())
        this.#check(where, name, value, this.outputs[i] as TensorType);
      const given = matched.map(({ value }) => value);
      const storages = [...inputs, ...(given as Tensor<DType>[])].map((tensor) => tensor.hold.storage);
      for (let i = inputs.length; i < storages.length; i++) {
        if (storages.indexOf(storages[i] as Storage) === i) continue;
        throw new RangeError(
          `${where}: into shares the storage of an input or of another result, must have its own`,
        );
      }
      try {
        this.#execute(where, inputs, given as Tensor<DType>[]);
      } catch (error) {
        if (this.#engine.held)
          for (const tensor of given as Tensor<DType>[]) moveAway(where, storageOf(where, 'into', tensor));
        throw error;
      }
      return into;
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

  #execute(where: string, inputs: readonly Tensor<DType>[], outputs: readonly Tensor<DType>[]): void {
    this.#bind(where, inputs, outputs);
    this.#main.run(where);
  }

  /** Binds the arena, the inputs and the outputs. */
  #bind(where: string, inputs: readonly Tensor<DType>[], outputs: readonly Tensor<DType>[]): void {
    this.#main.bind(ARENA, sharedArena(where, this.arenaBytes));
    for (const { draw, storage } of this.#draws)
      refresh(this.#engine).i32.set(draw.next(), storage.address >>> 2);
    for (let i = 0; i < inputs.length; i++)
      this.#main.bind(this.#inputBases[i] as number, addressOf(inputs[i]));
    for (let i = 0; i < outputs.length; i++)
      this.#main.bind(this.#outputBases[i] as number, addressOf(outputs[i]));
  }

  #check(where: string, name: string, tensor: unknown, type: TensorType): void {
    const { shape, dtype } = requireTensor(where, name, tensor);
    storageOf(where, name, tensor as Tensor<DType>);
    if (dtype !== type.dtype) throw new TypeError(`${where}: ${name} is ${dtype}, must be ${type.dtype}`);
    if (shape.length !== type.shape.length || shape.some((size, axis) => size !== type.shape[axis])) {
      throw new RangeError(
        `${where}: ${name} has shape ${shapeText(shape)}, must be ${shapeText(type.shape)}`,
      );
    }
  }

  /** Reads the module's parameters again, after they changed, and packs them. */
  update(): void {
    this.#requireAlive('Program.update');
    this.#prepare('Program.update');
  }

  /** Computes what depends on constants alone. */
  #prepare(where: string): void {
    if (this.#prologue === null) return;
    this.#prologue.bind(ARENA, sharedArena(where, this.#prologue.code.arenaBytes));
    this.#prologue.run(where);
  }

  /** A row per step: name, operator, algorithm, milliseconds and GFLOP/s, medians of `runs` runs (default 10). */
  profile(xs: Tensor<DType> | readonly Tensor<DType>[], options: { runs?: number } = {}): StepProfile[] {
    return this.profileFor('Program.profile', xs, options);
  }

  /** `profile`, called by `where`. @internal */
  profileFor(
    where: string,
    xs: Tensor<DType> | readonly Tensor<DType>[],
    options: { runs?: number },
  ): StepProfile[] {
    checkOptions(where, options, ['runs']);
    const runs = integer(where, 'runs', options.runs ?? 10, 1);
    const outputs = leavesOf(this.runFor(where, xs), where);
    try {
      this.#bind(where, xs instanceof Tensor ? [xs] : xs, outputs);
      return profileSteps(where, this.#nodes, this.#main, runs);
    } finally {
      for (const output of outputs) output.dispose();
    }
  }

  /** A row per step: operator, algorithm, output shape, parameters, multiply-accumulates, bytes; totals; peak memory. */
  summary(): string {
    this.#requireAlive('Program.summary');
    return summaryText(this.#nodes, this.#main.code, { arena: this.arenaBytes, weights: this.weightBytes });
  }

  /** Gives everything back; may be called again. */
  dispose(): void {
    this.#disposed = true;
    this.hold.free();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function addressOf(tensor: Tensor<DType> | undefined): number {
  return tensor?.hold.storage?.address ?? 0;
}

/** Runs the function in the trace; gives its results, or those that were asked for by name. */
function traced(
  where: string,
  trace: Trace,
  source: Source,
  inputs: readonly TensorType[],
  outputs: readonly string[] | undefined,
): Results {
  const symbols = inputs.map((type) => trace.input(type));
  const undo = source.instrument?.(trace);
  try {
    const results = trace.run(where, () => trace.inside('', () => source.run(...symbols)));
    return outputs === undefined ? results : named(where, trace, outputs);
  } finally {
    undo?.();
  }
}

function inputType(where: string, spec: InputSpec, index: number): TensorType & { name: string } {
  const isShape = Array.isArray(spec);
  if (typeof spec !== 'object' || spec === null) {
    throw wrongKind(where, `inputs[${index}]`, spec, 'a shape or { shape, dtype, name }');
  }
  if (!isShape) checkOptions(`${where}: inputs[${index}]`, spec, ['shape', 'dtype', 'name']);
  const {
    shape,
    dtype = 'float32',
    name = `inputs[${index}]`,
  } = isShape
    ? { shape: spec as readonly number[] }
    : (spec as { shape: readonly number[]; dtype?: DType; name?: string });
  oneOf(where, `inputs[${index}].dtype`, dtype, DTYPES);
  const checked = integers(where, `inputs[${index}]`, shape, 0);
  elementCount(`${where}: inputs[${index}]`, checked, bytesPer(dtype));
  return { shape: checked, dtype, name };
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
    found.push([name, new Tensor(value.shape, value.dtype, null, value)]);
  }
  return Object.fromEntries(found);
}
