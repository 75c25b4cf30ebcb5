/**
 * Gradients of a function of tensors, by reverse mode over its trace: what vjp and valueAndGrad (valueAndGrad.ts) share, and
 * vjp. The tensors are followed by identity wherever the function meets them; every other tensor is a constant.
 */
import type { DType, TensorType } from '../base/dtype.ts';
import { describe, shapeText, wrongKind } from '../base/errors.ts';
import { type Engine, engine, refresh } from '../engine/engine.ts';
import { adopt, allocate, type Resources, release, type Storage, scope } from '../engine/memory.ts';
import { FILL } from '../graph/builtin.ts';
import { copiesOfOverwritten, differentiate } from '../graph/differentiate.ts';
import { graphOf } from '../graph/graph.ts';
import { Trace } from '../graph/trace.ts';
import type { Value } from '../graph/value.ts';
import { assemble } from '../program/assemble.ts';
import { type List, SLOT } from '../program/executable.ts';
import { Loaded } from '../program/loaded.ts';
import { type Found, TraceCache } from '../program/traceCache.ts';
import { emptyTensor, requireTensor, requireType, storageOf, Tensor } from '../tensor/tensor.ts';
import { leavesOf, mapResults, matchResults, type Results } from './results.ts';

/** A function that was traced: its program, which the caller releases, and the values that it is to run on. */
export interface Traced extends Found {
  readonly on: Engine;
  readonly values: readonly Value[];
  /** What the function writes in place. */
  readonly written: readonly Storage[];
  /** What the function gave, with symbols for tensors. */
  readonly form: Results;
  /** The types of its tensors. */
  readonly outputs: readonly TensorType[];
}

/** A tensor that gradients are asked for, and what to call it. */
export type Named = readonly [name: string, x: unknown];

/** What is to be traced. */
interface Traceable {
  readonly body: unknown;
  /** What the function is called with. */
  readonly args: readonly unknown[];
  readonly xs: readonly Named[];
  /** 1 flows into its first result, which is one value, and nothing into others; else what a pullback is given. */
  readonly seeded: boolean;
}

/** The xs as arguments are called. */
export function namedByPlace(xs: readonly unknown[]): Named[] {
  return xs.map((x, i) => [`xs[${i}]`, x]);
}

/** Traces a function, finds or makes its program, and has `use` run it while everything that the trace met is alive. */
export function traced<T>(
  where: string,
  { body, args, xs, seeded }: Traceable,
  use: (found: Traced) => T,
): T {
  const on = engine(where);
  if (typeof body !== 'function') throw wrongKind(where, 'the first argument', body, 'a function');
  const inputs = xs.map(([name, x]): Tensor<DType> => {
    const tensor = requireTensor(where, name, x);
    storageOf(where, name, tensor);
    if (tensor.dtype === 'float32') return tensor;
    throw new TypeError(`${where}: ${name} is ${tensor.dtype}, must be float32`);
  });
  const cache = new TraceCache(where);
  const trace = new Trace(inputs, cache);
  try {
    const followed = inputs.map((x) => trace.valueOf(x));
    const form = trace.run(where, () => {
      for (const x of inputs) x.resources.followed = true;
      try {
        return body(...args) as Results;
      } finally {
        for (const x of inputs) x.resources.followed = false;
      }
    });
    const leaves = leavesOf(form, where);
    if (seeded) requireScalar(where, form);
    const results = leaves.map((leaf) => trace.valueOf(leaf));
    let found = cache.find(trace, followed, results);
    if (found === null) {
      found = makeProgram(on, where, trace, followed, results, seeded);
      cache.keep(trace, followed, results, found);
    } else found.loaded.retain();
    const outputs = results.map(({ shape, dtype }) => ({ shape, dtype }));
    const written = [...trace.state.keys()].map(({ storage }) => storage as Storage);
    return use({ on, ...found, values: trace.values, written, form, outputs });
  } finally {
    trace.close();
  }
}

/** @throws RangeError unless the function gave one float32 value, or that and something else */
export function requireScalar(where: string, form: Results): void {
  const value = Array.isArray(form) && form.length === 2 ? (form[0] as Results) : form;
  if (value instanceof Tensor && value.size === 1 && value.dtype === 'float32') return;
  const is = value instanceof Tensor ? `${value.dtype} of shape ${shapeText(value.shape)}` : describe(value);
  throw new RangeError(
    `${where}: the function gave ${is}, must give one float32 value, or [that, aux] with whatever else is wanted of it`,
  );
}

/** The program of a function and its gradients: of two lists, or, where 1 flows into its first result, of one. */
function makeProgram(
  on: Engine,
  where: string,
  trace: Trace,
  xs: readonly Value[],
  results: readonly Value[],
  seeded: boolean,
): Found {
  const graph = graphOf(trace, where, results);
  const copies = copiesOfOverwritten(graph, xs);
  const half = { nodes: graph.nodes.length, results: results.length };
  const seeds = results.map((result, i): Value | null => {
    if (!seeded) return graph.input(result);
    if (i > 0) return null;
    return graph.add(FILL, [], [1, ...result.shape], []).outputs[0] as Value;
  });
  for (const gradient of differentiate(where, graph, results, seeds, xs, copies)) graph.give(gradient);
  const plan = { constants: { kind: 'late' }, ...(!seeded && { half }) } as const;
  const { executable, captures, late, slots } = assemble(on, where, graph, plan);
  return {
    loaded: new Loaded(on, where, executable, 'cache'),
    captures: captures.map(({ id }) => id),
    late: late.map(({ id }) => id),
    slots: slots.map(({ id }) => id),
  };
}

/** The memory of one run. */
export interface Memory {
  readonly captures: readonly number[];
  readonly slots: number;
  readonly record: number;
}

/** Runs one list; a result that it does not make has no address. */
export function run(
  where: string,
  loaded: Loaded,
  list: List,
  { captures, slots, record }: Memory,
  inputs: readonly number[],
  outputs: readonly number[],
): void {
  loaded.bind(list, 'capture', captures);
  loaded.bind(list, 'input', inputs);
  loaded.bind(list, 'output', outputs);
  loaded.bindAt(list, 'slot', slots);
  loaded.bindAt(list, 'record', record);
  loaded.run(where, list);
}

/** Runs the main list, and counts what the function writes in place as written. */
export function runMain(
  where: string,
  { loaded, written }: Traced,
  memory: Memory,
  outputs: readonly number[],
): void {
  run(where, loaded, 'main', memory, [], outputs);
  for (const storage of written) storage.version += 1;
}

export const addressOf = (tensor: Tensor<DType> | null): number => tensor?.resources.storage?.address ?? 0;

/** Where the storage is that the program reads; numbers and draws are written to `room`. */
export function memoryOf({ on, captures, slots, values }: Traced, room: number, record: number): Memory {
  slots.forEach((id, i) => {
    const { draw, dtype, number } = values[id] as Value;
    const { i32, f32 } = refresh(on);
    const slot = (room + SLOT * i) >>> 2;
    if (draw !== null) i32.set(draw.next(), slot);
    else if (dtype === 'float32') f32[slot] = number;
    else i32[slot] = number;
  });
  const addresses = captures.map((id) => (values[id] as Value).storage!.address);
  return { captures: addresses, slots: room, record };
}

export function emptyTensors(where: string, types: readonly TensorType[]): Tensor<DType>[] {
  const made: Tensor<DType>[] = [];
  try {
    for (const { shape, dtype } of types) made.push(emptyTensor(where, shape, dtype));
    return made;
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  }
}

/** One gradient per x, of its shape. */
export type Gradients<Xs extends readonly Tensor[]> = { [I in keyof Xs]: Tensor };

/** What a record keeps for its pullbacks: storage of its own, and references on what the function met. */
class RecordResources implements Resources {
  readonly storages: Storage[] = [];
  loaded: Loaded | null;

  /** The program is the record's to release. */
  constructor(loaded: Loaded) {
    this.loaded = loaded;
  }

  free(): void {
    for (const storage of this.storages.splice(0)) release(storage);
    this.loaded?.release();
    this.loaded = null;
  }
}

/** Storage of the user's that a pullback reads where it is, and its version when the function ran. */
interface Late {
  readonly name: string;
  readonly storage: Storage;
  readonly version: number;
}

/** A value and its pullback: what `vjp` gives. */
export class Vjp<Y, Xs extends readonly Tensor[] = readonly Tensor[]> {
  /** Of minified bundles too. @internal */
  static readonly name: string = 'Vjp';
  /** What the function gave. */
  readonly value: Y;
  readonly #resources: RecordResources;
  readonly #memory: Memory;
  readonly #form: Results;
  readonly #outputs: readonly TensorType[];
  readonly #xs: readonly TensorType[];
  readonly #late: readonly Late[];
  readonly #engine: Engine;

  /** @internal */
  constructor(found: Traced, xs: readonly Tensor<DType>[]) {
    const { loaded, values, form, on } = found;
    const { recordBytes, slotBytes } = loaded.executable;
    this.#engine = on;
    this.#form = form;
    this.#outputs = found.outputs;
    this.#xs = xs.map(({ shape, dtype }) => ({ shape, dtype }));
    this.#resources = new RecordResources(loaded);
    let outputs: Tensor<DType>[] = [];
    try {
      const own = allocate('vjp', recordBytes + slotBytes);
      this.resources.storages.push(own);
      for (const { storage } of values) {
        if (storage === null) continue;
        storage.references += 1;
        this.resources.storages.push(storage);
      }
      outputs = emptyTensors('vjp', this.#outputs);
      this.#memory = memoryOf(found, own.address + recordBytes, own.address);
      runMain('vjp', found, this.#memory, outputs.map(addressOf));
    } catch (error) {
      for (const output of outputs) output.dispose();
      this.resources.free();
      throw error;
    }
    this.#late = found.late.map((id): Late => {
      const { storage, shape } = values[id] as Value;
      const place = xs.findIndex((x) => x.resources.storage === storage);
      const name = place < 0 ? `a tensor of shape ${shapeText(shape)}` : `xs[${place}]`;
      return { name, storage: storage as Storage, version: (storage as Storage).version };
    });
    let next = 0;
    this.value = mapResults(form, 'vjp', () => outputs[next++] as Tensor<DType>) as Y;
    adopt(this);
  }

  /**
   * The gradient of each x, of its shape, where `dy`, of the value's form, flows into the value. May be called again.
   * @throws TypeError after dispose(), or when dy is not of the value's form; RangeError for a shape that is not the value's;
   * Error when values that the gradient is computed from were written in place since (what is written through `data` is not
   * noticed)
   */
  readonly pullback = (dy: Y): Gradients<Xs> => {
    const { loaded } = this.resources;
    if (loaded === null || this.disposed) throw new TypeError('pullback: the gradient record is disposed');
    for (const { name, storage, version } of this.#late) {
      if (storage.version === version) continue;
      throw new Error(
        `pullback: ${name} was written in place after vjp read it, must stay as it was: call vjp again, or give it a clone()`,
      );
    }
    const seeds = matchResults(this.#form, dy, 'pullback', 'dy').map(({ name, value: seed }, i) => {
      // Nothing flows into integers.
      if (this.#outputs[i]?.dtype !== 'float32') return null;
      return requireType('pullback', name, seed, this.#outputs[i] as TensorType);
    });
    const gradients = emptyTensors('pullback', this.#xs);
    try {
      const results = [...this.#outputs.map(() => 0), ...gradients.map(addressOf)];
      run('pullback', loaded, 'second', this.#memory, seeds.map(addressOf), results);
    } catch (error) {
      for (const one of gradients) one.dispose();
      throw error;
    }
    return gradients as unknown as Gradients<Xs>;
  };

  /** @internal */
  get resources(): RecordResources {
    return this.#resources;
  }

  /** True after dispose(), the end of its scope, or disposeRuntime(). */
  get disposed(): boolean {
    return this.resources.loaded === null || !this.#engine.alive;
  }

  /** Gives back what was kept for pullback; the value stays. May be called again. */
  readonly dispose = (): void => {
    this.resources.free();
  };

  /** For `using`: as dispose(). */
  [Symbol.dispose](): void {
    this.resources.free();
  }
}

/**
 * The value of `body`, and its pullback: the product of a vector with the Jacobian, for reverse mode. The xs are
 * followed by identity wherever the function meets them; every other tensor is a constant. What is kept for
 * pullback belongs to the record until dispose() or the end of the scope.
 * @param body what is computed of the xs: a tensor, or an array or object of them
 * @param xs float32 tensors
 * @throws TypeError for an x that is no float32 tensor, and when called inside a traced function
 * @example
 * ```ts
 * const { value, pullback, dispose } = vjp((x, w) => conv2d(x, w), x, w);
 * const [dx, dw] = pullback(ones(value.shape));
 * dispose();
 * ```
 */
export function vjp<Y, Xs extends readonly Tensor[]>(
  body: ((...xs: NoInfer<Xs>) => Y) | (() => Y),
  ...xs: Xs
): Vjp<Y, Xs> {
  return scope(() =>
    traced(
      'vjp',
      { body, args: xs, xs: namedByPlace(xs), seeded: false },
      (found) => new Vjp<Y, Xs>(found, xs as readonly Tensor<DType>[]),
    ),
  );
}
