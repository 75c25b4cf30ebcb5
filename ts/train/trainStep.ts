/** trainStep: a step of training as one call, and one program for each set of shapes. */
import { checkOptions, integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { describe, wrongKind } from '../base/errors.ts';
import { type Engine, engine } from '../engine/engine.ts';
import { adopt, type Resources, release, scope } from '../engine/memory.ts';
import type { Handle } from '../graph/value.ts';
import { type AnyModule, holderOf, Module } from '../layers/module.ts';
import type { ProfileOptions, StepProfile } from '../program/report.ts';
import { emptyTensor, requireTensor, storageOf, type Tensor } from '../tensor/tensor.ts';
import type { Results } from '../transforms/results.ts';
import { requireLimit } from './clip.ts';
import { Optimizer, type Prepared, type Slot, slot, viewOf } from './optimizer.ts';
import { type Gathering, typeText } from './stepGraph.ts';
import { StepProgram } from './stepProgram.ts';

/** The options of `trainStep`. */
export interface TrainStepOptions {
  /** The norm of all gradients together is made at most this, as by `clipGradNorm`. Default: they are left as they are. */
  clipNorm?: number | undefined;
  /** Parameters are updated after so many calls, by the mean of their gradients. Default 1. */
  accumulate?: number | undefined;
  /**
   * Paths of modules (`features.3`), whose inner values are not kept for their gradients but computed again before them: the same
   * values in less memory and more time. Default none.
   */
  recompute?: readonly string[] | undefined;
  /**
   * The module that the function calls, by whose paths the parts of the step are named. Default: what listed the optimiser's
   * parameters (`net.parameters()`).
   */
  model?: AnyModule | undefined;
}

/** What the function may give: the loss, or the loss and whatever else is wanted of the run. */
type Scored = Tensor | readonly [loss: Tensor, aux: unknown];

/** What a step gives for a function that gives Y: the loss, and where there is one, the aux. */
export type StepOutput<Y> = Y extends readonly [Tensor, infer Aux]
  ? {
      /** The loss before the update. */
      readonly loss: number;
      /** What the function gave beside it, with tensors of the caller's. */
      readonly aux: Aux;
    }
  : number;

/** The gradients of a step with `accumulate` that wait for an update, as copies. */
export interface TrainStepState {
  /** The calls that they are of. */
  readonly pending: number;
  /** Their sums so far, of each parameter in order. */
  readonly sums: readonly Float32Array[];
}

/** A step of training: what `trainStep` gives. */
export interface TrainStep<Xs extends readonly Tensor<DType>[] = readonly Tensor<DType>[], Y = Tensor> {
  /**
   * Computes loss and gradients of a batch and updates the parameters; gives the loss before the update. Where it is no finite
   * number, nothing is updated.
   * @throws what the function throws for shapes that do not fit; TypeError, RangeError for what is no tensor, and for what the
   * step itself writes; nothing has been updated then
   */
  (...xs: Xs): StepOutput<Y>;
  /** Calls whose gradients wait for an update; 0 unless there is `accumulate`. */
  readonly pending: number;
  /** Bytes of activations and gradients while it runs, planned: the arena that all programs share is at least so large. */
  readonly peakBytes: number;
  /** A row per operator of the program that ran last, forward, backward and update; totals; planned peak memory. */
  summary(): string;
  /**
   * Times each operator of the program that ran last, on inputs of zeros: rows as `Program.profile` gives them, medians of
   * `runs` runs (default 10). Parameters and state stay as they are.
   */
  profile(options?: ProfileOptions): StepProfile[];
  /** The gradients that wait for an update: for checkpoints. */
  stateDict(): TrainStepState;
  /**
   * Goes on from what `stateDict` of a step with the same parameters gave.
   * @throws RangeError where it does not fit
   */
  loadStateDict(state: TrainStepState): void;
  /** True after dispose(), the end of its scope, or disposeRuntime(). */
  readonly disposed: boolean;
  /** Gives the programs back, not the optimiser and its parameters; may be called again. */
  dispose(): void;
  /** For `using`: as dispose(). */
  [Symbol.dispose](): void;
}

const WHERE = 'trainStep';
/** Sets of shapes whose programs are kept. */
const MAX_PROGRAMS = 16;

interface Settings {
  readonly clipNorm: number | null;
  readonly accumulate: number;
  readonly recompute: readonly string[];
  readonly model: AnyModule | null;
}

/** Programs, and where gradients are gathered. */
class StepResources implements Resources {
  /** By the types of inputs and the form of the update; the one that was used last comes last. */
  readonly programs = new Map<string, StepProgram>();
  readonly slots: Slot[] = [];
  isAlive = true;

  free(): void {
    this.isAlive = false;
    for (const program of this.programs.values()) program.free();
    this.programs.clear();
    for (const { resources } of this.slots.splice(0)) release(resources.storage);
  }
}

class Steps {
  readonly resources = new StepResources();
  readonly #on: Engine;
  readonly #body: (...xs: Tensor<DType>[]) => Results;
  readonly #optimizer: Optimizer;
  readonly #settings: Settings;
  pending = 0;

  constructor(body: (...xs: Tensor<DType>[]) => Results, optimizer: Optimizer, settings: Settings) {
    this.#on = engine(WHERE);
    this.#body = body;
    this.#optimizer = optimizer;
    this.#settings = settings;
  }

  get disposed(): boolean {
    return !this.resources.isAlive || !this.#on.alive;
  }

  call(xs: readonly unknown[]): number | { loss: number; aux: Results } {
    this.#requireAlive(WHERE);
    const inputs = xs.map((x, i): Tensor<DType> => {
      const tensor = requireTensor(WHERE, `xs[${i}]`, x);
      storageOf(WHERE, `xs[${i}]`, tensor);
      return tensor;
    });
    const prepared = this.#optimizer.prepare(WHERE);
    const program = this.#program(inputs, prepared);
    inputs.forEach((x, i) => {
      if (program.writes(x))
        throw new RangeError(`${WHERE}: xs[${i}] is written by the step, must have storage of its own`);
    });
    const { loss, aux } = program.run(inputs);
    if (Number.isFinite(loss)) this.#advance(program);
    return aux === null ? loss : { loss, aux };
  }

  #advance(program: StepProgram): void {
    const { accumulate } = this.#settings;
    if (accumulate > 1) {
      this.pending += 1;
      if (this.pending < accumulate) return;
      program.update();
      this.pending = 0;
    }
    this.#optimizer.advance();
  }

  #program(inputs: readonly Tensor<DType>[], prepared: readonly Prepared[]): StepProgram {
    const form = ({ rule, arrays }: Prepared) => `${rule}${arrays.map(Boolean)}`;
    const key = `${inputs.map(typeText)}|${[...new Set(prepared.map(form))]}`;
    const { programs } = this.resources;
    const known = programs.get(key);
    if (known !== undefined) {
      programs.delete(key);
      programs.set(key, known);
      return known;
    }
    const { clipNorm, recompute, model } = this.#settings;
    const made = scope(() => {
      const roots = model === null ? rootsOf(prepared) : [model];
      const source = {
        body: this.#body,
        types: inputs.map(({ shape, dtype }) => ({ shape, dtype })),
        prepared,
        optimizer: this.#optimizer.constructor.name,
        names: namesOf(prepared, roots),
        clipNorm,
        recompute,
        gathering: this.#gathering(this.#optimizer.parameters),
        roots,
      };
      return { program: new StepProgram(this.#on, source) };
    });
    programs.set(key, made.program);
    for (const [oldest, program] of programs) {
      if (programs.size <= MAX_PROGRAMS) break;
      programs.delete(oldest);
      program.free();
    }
    return made.program;
  }

  /** Where gradients of several batches are added up, shared by all programs. */
  #gathering(parameters: readonly Tensor[]): Gathering | null {
    const { accumulate } = this.#settings;
    if (accumulate === 1) return null;
    const { slots } = this.resources;
    if (slots.length === 0) {
      slots.push(slot(WHERE, this.#on, [8]));
      // p - lr g, with lr = -1 and nothing else.
      viewOf(slots[0] as Slot)[0] = 1;
      for (const { shape } of parameters) slots.push(slot(WHERE, this.#on, shape));
    }
    return { rates: slots[0] as Handle, sums: slots.slice(1), share: 1 / accumulate };
  }

  stateDict(): TrainStepState {
    this.#requireAlive('trainStep.stateDict');
    const sums = this.pending === 0 ? [] : this.resources.slots.slice(1).map((one) => viewOf(one).slice());
    return { pending: this.pending, sums };
  }

  loadStateDict({ pending, sums }: TrainStepState): void {
    const where = 'trainStep.loadStateDict';
    this.#requireAlive(where);
    const { accumulate } = this.#settings;
    integer(where, 'state.pending', pending, 0, accumulate - 1);
    const { parameters } = this.#optimizer;
    const fits =
      sums.length === parameters.length && parameters.every(({ size }, i) => sums[i]?.length === size);
    if (pending > 0 && !fits)
      throw new RangeError(`${where}: state.sums is of other parameters, must be of the optimizer's`);
    if (accumulate > 1) this.#gathering(parameters);
    this.resources.slots.slice(1).forEach((one, i) => {
      viewOf(one).set(sums[i] ?? new Float32Array(viewOf(one).length));
    });
    this.pending = pending;
  }

  #last(where: string): StepProgram {
    this.#requireAlive(where);
    const last = [...this.resources.programs.values()].at(-1);
    if (last === undefined) throw new Error(`${where}: the step has not run yet, call it with a batch first`);
    return last;
  }

  get peakBytes(): number {
    return this.#last('trainStep.peakBytes').peakBytes;
  }

  summary(): string {
    const program = this.#last('trainStep.summary');
    const { parameters } = this.#optimizer;
    const bytes = (count: number) => count.toLocaleString('en');
    const own = parameters.reduce((sum, { size }) => sum + 4 * size, 0);
    return [
      program.table(),
      `planned peak of activations and gradients: ${bytes(program.peakBytes)} bytes   trained parameters: ${bytes(own)} bytes   ${this.#optimizer.constructor.name}: ${bytes(this.#optimizer.stateBytes)} bytes`,
    ].join('\n');
  }

  profile(options: ProfileOptions = {}): StepProfile[] {
    const where = 'trainStep.profile';
    checkOptions(where, options, ['runs']);
    const runs = integer(where, 'runs', options.runs ?? 10, 1);
    const program = this.#last(where);
    return scope(() => {
      const inputs = program.inputs.map(({ shape, dtype }) => emptyTensor(where, shape, dtype).assign(0));
      return program.profile(inputs, runs);
    });
  }

  #requireAlive(where: string): void {
    if (this.disposed) throw new TypeError(`${where}: the step is disposed`);
  }
}

/** The modules that listed the parameters. */
function rootsOf(prepared: readonly Prepared[]): AnyModule[] {
  const found = prepared.map(({ parameter }) => holderOf(parameter));
  return [...new Set(found)].filter((root) => root !== null);
}

/** The parameters' names in these modules; '' where they have none. */
function namesOf(prepared: readonly Prepared[], roots: readonly AnyModule[]): string[] {
  const names = new Map(
    roots.flatMap((root) => root.namedParameters().map(([name, x]) => [x, name] as const)),
  );
  return prepared.map(({ parameter }) => names.get(parameter) ?? '');
}

/**
 * A function that makes a step of training: loss and gradients of a batch, and the update of the optimiser's parameters by them.
 * All of it is one program for each set of the inputs' shapes, made at the first call with them, planned in memory together;
 * nothing is allocated while it runs. Its values have the bits of valueAndGrad, clipGradNorm and optimizer.step.
 *
 * The function is called once for each set of shapes, as by compile: what it does besides operators is done then. What may
 * change between steps are the values of tensors and the optimiser's options. Layers are in the mode that they are in then:
 * modules start in training, so that batch norm records statistics and dropout draws anew in each step.
 * @param f gives the loss of a batch, one float32 value, or [loss, aux]: then a step gives { loss, aux }
 * @param optimizer whose parameters are updated; all others, of the same modules too, stay as they are
 * @throws TypeError, RangeError for what is no function, no optimiser, and options that cannot be
 * @example
 * ```ts
 * const optimizer = new Adam(net.parameters(), { lr: 1e-3 });
 * const step = trainStep((input: Tensor, target: Tensor) => mean(pow(sub(net.forward(input), target), 2)), optimizer);
 * const loss = step(x, y); // a number
 * ```
 */
export function trainStep<Xs extends readonly Tensor<DType>[], const Y extends Scored>(
  f: (...xs: Xs) => Y,
  optimizer: Optimizer,
  options?: TrainStepOptions,
): TrainStep<Xs, Y> {
  engine(WHERE);
  if (typeof f !== 'function') throw wrongKind(WHERE, 'the first argument', f, 'a function');
  if (!(optimizer instanceof Optimizer))
    throw wrongKind(WHERE, 'optimizer', optimizer, 'an optimizer: SGD, Adam, AdamW or RMSprop');
  checkOptions(WHERE, options, ['clipNorm', 'accumulate', 'recompute', 'model']);
  const { clipNorm, accumulate = 1, recompute = [], model } = options ?? {};
  const settings: Settings = {
    clipNorm: clipNorm === undefined ? null : requireLimit(WHERE, 'clipNorm', clipNorm),
    accumulate: integer(WHERE, 'accumulate', accumulate, 1),
    recompute,
    model: model ?? null,
  };
  if (model !== undefined && !((model as unknown) instanceof Module))
    throw new TypeError(`${WHERE}: model is ${describe(model)}, must be a Module`);
  const steps = new Steps(f as unknown as (...xs: Tensor<DType>[]) => Results, optimizer, settings);
  const step = (...xs: Tensor<DType>[]) => steps.call(xs);
  const dispose = () => steps.resources.free();
  Object.defineProperties(step, {
    pending: { get: () => steps.pending },
    peakBytes: { get: () => steps.peakBytes },
    disposed: { get: () => steps.disposed },
    resources: { value: steps.resources },
    summary: { value: () => steps.summary() },
    profile: { value: (given?: ProfileOptions) => steps.profile(given) },
    stateDict: { value: () => steps.stateDict() },
    loadStateDict: { value: (state: TrainStepState) => steps.loadStateDict(state) },
    dispose: { value: dispose },
    [Symbol.dispose]: { value: dispose },
  });
  const made = step as unknown as TrainStep<Xs, Y> & { readonly resources: StepResources };
  adopt(made);
  return made;
}
