/**
 * A step of training for inputs of fixed types: its graph (stepGraph.ts) as one planned program, and what it is bound to. What
 * the function itself writes (running statistics) is set back where a run fails, or gives a loss that is no finite number.
 */
import type { DType, TensorType } from '../base/dtype.ts';
import { type Engine, refresh } from '../engine/engine.ts';
import { allocate, release, type Storage } from '../engine/memory.ts';
import type { Draw } from '../graph/draw.ts';
import { Trace } from '../graph/trace.ts';
import type { Value } from '../graph/value.ts';
import { align } from '../instructions/builder.ts';
import { instrument } from '../layers/compile.ts';
import type { AnyModule } from '../layers/module.ts';
import { assemble } from '../program/assemble.ts';
import { type List, SLOT } from '../program/executable.ts';
import { Loaded } from '../program/loaded.ts';
import { profileSteps, rowsText, type StepProfile } from '../program/report.ts';
import { emptyTensor, symbolOf, type Tensor } from '../tensor/tensor.ts';
import { requireScalar } from '../transforms/gradient.ts';
import { leavesOf, mapResults, type Results } from '../transforms/results.ts';
import { requireNames } from './recompute.ts';
import { type StepPlan, stepGraph } from './stepGraph.ts';

/** What is traced. */
export interface StepSource extends StepPlan {
  readonly body: (...xs: Tensor<DType>[]) => Results;
  readonly types: readonly TensorType[];
  /** Modules whose parts are known by their paths. */
  readonly roots: readonly AnyModule[];
}

/** What a run gives: the loss, and what the function gave beside it. */
export interface StepResult {
  readonly loss: number;
  readonly aux: Results | null;
}

const WHERE = 'trainStep';
/** Bytes in front of slots: the loss. */
const LOSS = 64;

export class StepProgram {
  readonly #on: Engine;
  /** The types of what it takes. */
  readonly inputs: readonly TensorType[];
  readonly #loaded: Loaded;
  /** What the function gave beside the loss, with symbols for tensors. */
  readonly #aux: Results | null;
  readonly #captures: readonly Storage[];
  /** What the function itself writes, and what anything writes. */
  readonly #kept: readonly Storage[];
  readonly #written: ReadonlySet<Storage>;
  readonly #draws: readonly (readonly [draw: Draw, offset: number])[];
  /** The loss, then slots, then copies of what the function writes. */
  readonly #own: Storage;
  readonly #copies: number;

  constructor(on: Engine, source: StepSource) {
    this.#on = on;
    this.inputs = source.types;
    const trace = new Trace(source.prepared.map(({ parameter }) => parameter));
    try {
      const form = traced(trace, source);
      requireScalar(WHERE, form);
      requireNames(WHERE, source.recompute, trace.named.keys());
      this.#aux = Array.isArray(form) ? (form[1] as Results) : null;
      const results = leavesOf(form, WHERE).map((leaf) => trace.valueOf(leaf));
      this.#kept = storagesOf([...trace.state.keys()]);
      const { graph, nodes } = stepGraph(WHERE, trace, results, source);
      const half = source.gathering !== null && { half: { nodes, results: results.length } };
      const plan = { constants: { kind: 'late' }, ...half } as const;
      const { executable, captures, slots } = assemble(on, WHERE, graph, plan);
      this.#captures = storagesOf(captures);
      this.#written = new Set(storagesOf([...graph.state.keys()]));
      this.#copies = LOSS + align(executable.slotBytes);
      const bytes = this.#kept.reduce((sum, one) => sum + align(one.bytes), this.#copies);
      this.#own = allocate(WHERE, bytes);
      try {
        this.#loaded = new Loaded(on, WHERE, executable, 'live');
      } catch (error) {
        release(this.#own);
        throw error;
      }
      for (const storage of this.#captures) storage.references += 1;
      this.#draws = this.#writeNumbers(slots);
    } finally {
      trace.close();
    }
  }

  /** Writes numbers where they stay; gives the draws, which each run makes anew. */
  #writeNumbers(slots: readonly Value[]): (readonly [Draw, number])[] {
    const { f32, i32 } = refresh(this.#on);
    return slots.flatMap(({ draw, dtype, number }, i) => {
      const offset = LOSS + SLOT * i;
      if (draw !== null) return [[draw, offset] as const];
      const words = dtype === 'float32' ? f32 : i32;
      words[(this.#own.address + offset) >>> 2] = number;
      return [];
    });
  }

  /** Whether a tensor's memory is written by the step. */
  writes({ resources: { storage } }: Tensor<DType>): boolean {
    return storage !== null && this.#written.has(storage);
  }

  /** Runs forward and backward, and the update where that is part of it. */
  run(inputs: readonly Tensor<DType>[]): StepResult {
    const aux: Tensor<DType>[] = [];
    const { outputs } = this.#loaded.executable;
    try {
      for (const { shape, dtype } of outputs.slice(1)) aux.push(emptyTensor(WHERE, shape, dtype));
      for (const [draw, offset] of this.#draws)
        refresh(this.#on).i32.set(draw.next(), (this.#own.address + offset) >>> 2);
      this.#bind('main', inputs, aux);
      this.#copy('away');
      this.#loaded.run(WHERE, 'main');
    } catch (error) {
      this.#copy('back');
      for (const one of aux) one.dispose();
      throw error;
    }
    const loss = refresh(this.#on).f32[this.#own.address >>> 2] as number;
    if (Number.isFinite(loss)) for (const storage of this.#written) storage.version += 1;
    else this.#copy('back');
    let next = 0;
    const given = this.#aux && mapResults(this.#aux, WHERE, () => aux[next++] as Tensor<DType>);
    return { loss, aux: given };
  }

  /** Runs the update by the gradients that were gathered. */
  update(): void {
    this.#bind('second', [], []);
    this.#loaded.run(WHERE, 'second');
    for (const storage of this.#written) storage.version += 1;
  }

  #bind(list: List, inputs: readonly Tensor<DType>[], aux: readonly Tensor<DType>[]): void {
    const address = ({ address: at }: Storage) => at;
    const of = (tensor: Tensor<DType>) => tensor.resources.storage?.address ?? 0;
    this.#loaded.bind(list, 'capture', this.#captures.map(address));
    this.#loaded.bind(list, 'input', inputs.map(of));
    this.#loaded.bind(list, 'output', [this.#own.address, ...aux.map(of)]);
    this.#loaded.bindAt(list, 'slot', this.#own.address + LOSS);
  }

  /** Copies what the function writes to where it is kept during a run, or back from there. */
  #copy(way: 'away' | 'back'): void {
    const memory = new Uint8Array(refresh(this.#on).u32.buffer);
    let at = this.#own.address + this.#copies;
    for (const { address, bytes } of this.#kept) {
      const [from, to] = way === 'away' ? [address, at] : [at, address];
      memory.copyWithin(to, from, from + bytes);
      at += align(bytes);
    }
  }

  /** Times each step on inputs of zeros; what it writes is as before afterwards. */
  profile(inputs: readonly Tensor<DType>[], runs: number): StepProfile[] {
    const { executable } = this.#loaded;
    const aux = executable.outputs.slice(1).map(({ shape, dtype }) => emptyTensor(WHERE, shape, dtype));
    const view = ({ address, bytes }: Storage) =>
      new Uint8Array(refresh(this.#on).u32.buffer, address, bytes);
    const before = [...this.#written].map((storage) => [storage, view(storage).slice()] as const);
    try {
      return (['main', 'second'] as const).flatMap((list) => {
        const words = executable[list];
        if (words === null) return [];
        this.#bind(list, inputs, aux);
        const own = new Set(words.rows);
        const rows = executable.rows.map((row, i) => (own.has(i) ? row : { ...row, fixed: true }));
        const timed = { ...executable, main: words, rows };
        return profileSteps(this.#on, WHERE, timed, this.#loaded.ready(WHERE, list), runs);
      });
    } finally {
      for (const [storage, bytes] of before) view(storage).set(bytes);
      for (const one of aux) one.dispose();
    }
  }

  /** Bytes of the arena that is in use while it runs. */
  get peakBytes(): number {
    const { main, second } = this.#loaded.executable;
    return Math.max(main.arenaBytes, second?.arenaBytes ?? 0);
  }

  /** A row per node, and totals. */
  table(): string {
    return rowsText(this.#loaded.executable);
  }

  free(): void {
    this.#loaded.release();
    for (const storage of this.#captures) release(storage);
    release(this.#own);
  }
}

const storagesOf = (values: readonly Value[]): Storage[] => values.map(({ storage }) => storage as Storage);

/** Runs the function in the trace, with its parameters followed and its modules known by path. */
function traced(trace: Trace, { body, types, prepared, roots }: StepSource): Results {
  const symbols = types.map((type) => symbolOf(trace.input(type)));
  const undo = roots.map((root) => instrument(root, trace));
  try {
    return trace.run(WHERE, () => {
      for (const { parameter } of prepared) parameter.resources.followed = true;
      try {
        return body(...symbols);
      } finally {
        for (const { parameter } of prepared) parameter.resources.followed = false;
      }
    });
  } finally {
    for (const one of undo.reverse()) one();
  }
}
