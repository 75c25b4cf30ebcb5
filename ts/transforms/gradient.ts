/**
 * vjp and valueAndGrad: gradients of a function of tensors, by reverse mode over its trace. The tensors are followed by
 * identity wherever the function meets them; every other tensor is a constant.
 */
import type { DType, TensorType } from '../dtype.ts';
import { type Engine, engine, refresh } from '../engine/engine.ts';
import {
  adopt,
  allocate,
  type Disposable,
  type Hold,
  release,
  type Storage,
  scope,
  sharedArena,
} from '../engine/memory.ts';
import { describe, shapeText, wrongKind } from '../errors.ts';
import type { Value } from '../graph/graph.ts';
import { Trace } from '../graph/trace.ts';
import { GradientProgram, SLOT } from '../program/gradient.ts';
import { ARENA, type Instructions } from '../program/instructions.ts';
import { Recognition } from '../program/traceCache.ts';
import { emptyTensor, requireTensor, storageOf, Tensor } from '../tensor/tensor.ts';
import { leavesOf, mapResults, matchResults, type Results } from './results.ts';

/** A function that was traced: its program, which the caller releases, and the values that it is to run on. */
interface Traced {
  readonly on: Engine;
  readonly program: GradientProgram;
  readonly values: readonly Value[];
  /** What the function gave, with symbols for tensors. */
  readonly form: Results;
}

/** Traces a function and finds or makes its program. */
function traced(where: string, body: unknown, xs: readonly unknown[], seeded: boolean): Traced {
  const on = engine(where);
  if (typeof body !== 'function') throw wrongKind(where, 'the first argument', body, 'a function');
  const inputs = xs.map((x, i): Tensor<DType> => {
    const tensor = requireTensor(where, `xs[${i}]`, x);
    storageOf(where, `xs[${i}]`, tensor);
    if (tensor.dtype === 'float32') return tensor;
    throw new TypeError(`${where}: xs[${i}] is ${tensor.dtype}, must be float32`);
  });
  const recognition = new Recognition(where);
  const trace = new Trace(inputs, recognition);
  const followed = inputs.map((x) => trace.valueOf(x));
  const form = trace.run(where, () => {
    for (const x of inputs) x.hold.followed = true;
    try {
      return body(...inputs) as Results;
    } finally {
      for (const x of inputs) x.hold.followed = false;
    }
  });
  const leaves = leavesOf(form, where);
  if (seeded && (!(form instanceof Tensor) || form.size !== 1 || form.dtype !== 'float32')) {
    const is = form instanceof Tensor ? `${form.dtype} of shape ${shapeText(form.shape)}` : describe(form);
    throw new RangeError(`${where}: the function gave ${is}, must give one float32 value`);
  }
  const results = leaves.map((leaf) => trace.valueOf(leaf));
  let program = recognition.find(trace, followed, results);
  if (program === null) {
    program = new GradientProgram(on, where, trace.graph(results), followed, seeded);
    recognition.keep(trace, followed, results, program);
  }
  return { on, program: program.retain(), values: trace.values, form };
}

/** The addresses that the places of a program have at one run. */
interface Addresses {
  /** Of what the trace met, by id. */
  readonly values: readonly number[];
  readonly outputs: readonly Tensor<DType>[];
  readonly seeds: readonly (Tensor<DType> | null)[];
  readonly gradients: readonly Tensor<DType>[];
  readonly record: number;
}

const NONE: readonly Tensor<DType>[] = [];

function run(where: string, { places }: GradientProgram, half: Instructions, at: Addresses): void {
  half.bind(ARENA, sharedArena(where, half.code.arenaBytes));
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as (typeof places)[number];
    let address = 0;
    if (place.kind === 'value') address = at.values[place.id] as number;
    else if (place.kind === 'record') address = at.record + place.offset;
    else {
      const tensors = place.kind === 'output' ? at.outputs : place.kind === 'seed' ? at.seeds : at.gradients;
      address = tensors[place.index]?.hold.storage?.address ?? 0;
    }
    half.bind(ARENA + 1 + i, address);
  }
  half.run(where);
}

/** Where the values lie that a program reads and does not make; numbers and draws are written to `slots`. */
function addressesOf({ on, program, values }: Traced, slots: number): number[] {
  const addresses: number[] = [];
  let slot = slots;
  for (const place of program.places) {
    if (place.kind !== 'value') continue;
    const { tensor, draw, dtype, scalar } = values[place.id] as Value;
    if (tensor !== null) {
      addresses[place.id] = tensor.hold.storage?.address ?? 0;
      continue;
    }
    const { i32, f32 } = refresh(on);
    if (draw !== null) i32.set(draw.next(), slot >>> 2);
    else if (dtype === 'float32') f32[slot >>> 2] = scalar;
    else i32[slot >>> 2] = scalar;
    addresses[place.id] = slot;
    slot += SLOT;
  }
  return addresses;
}

function emptyTensors(where: string, types: readonly TensorType[]): Tensor<DType>[] {
  const made: Tensor<DType>[] = [];
  try {
    for (const { shape, dtype } of types) made.push(emptyTensor(where, shape, dtype));
    return made;
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  }
}

/** One gradient per x. */
type Gradients<Xs extends readonly Tensor[]> = { [I in keyof Xs]: Tensor };

/**
 * The value of `body` and the gradients of its one result with respect to `xs`, each of its x's shape. The xs are followed
 * by identity wherever the function meets them, so `valueAndGrad(() => loss(net.forward(x)), ...net.parameters())` works.
 * @throws RangeError when the result is not one value; TypeError for an x that is no float32 tensor, and when called
 * inside a traced function
 */
export function valueAndGrad<Xs extends readonly Tensor[]>(
  body: ((...xs: NoInfer<Xs>) => Tensor) | (() => Tensor),
  ...xs: Xs
): { value: Tensor; grads: Gradients<Xs> } {
  const where = 'valueAndGrad';
  return scope(() => {
    const found = traced(where, body, xs, true);
    const { program } = found;
    let slots: Storage | null = null;
    try {
      if (program.slotBytes > 0) slots = allocate(where, program.slotBytes);
      const outputs = emptyTensors(where, program.outputs);
      const gradients = emptyTensors(where, xs);
      const values = addressesOf(found, slots?.address ?? 0);
      run(where, program, program.forward, { values, outputs, seeds: NONE, gradients, record: 0 });
      return { value: outputs[0], grads: gradients };
    } finally {
      if (slots !== null) release(slots);
      program.release();
    }
  }) as unknown as { value: Tensor; grads: Gradients<Xs> };
}

/** What a record keeps for its pullbacks: storage of its own, and references on what the function met. */
class RecordHold implements Hold {
  readonly storages: Storage[] = [];
  program: GradientProgram | null;

  /** The program is the record's to release. */
  constructor(program: GradientProgram) {
    this.program = program;
  }

  free(): void {
    for (const storage of this.storages.splice(0)) release(storage);
    this.program?.release();
    this.program = null;
  }
}

/** What `vjp` gives. */
export class Vjp<Y, Xs extends readonly Tensor[] = readonly Tensor[]> implements Disposable {
  /** What the function gave. */
  readonly value: Y;
  /** @internal */
  readonly hold: RecordHold;
  readonly #values: readonly number[];
  readonly #record: number;
  readonly #form: Results;
  readonly #xs: readonly TensorType[];
  readonly #engine: Engine;

  /** @internal */
  constructor(found: Traced, xs: readonly Tensor<DType>[]) {
    const { program, values, form, on } = found;
    this.#engine = on;
    this.#form = form;
    this.#xs = xs.map(({ shape, dtype }) => ({ shape, dtype }));
    this.hold = new RecordHold(program);
    let outputs: Tensor<DType>[] = [];
    try {
      const own = allocate('vjp', program.recordBytes + program.slotBytes);
      this.hold.storages.push(own);
      this.#record = own.address;
      for (const { tensor } of values) {
        const storage = tensor?.hold.storage;
        if (!storage) continue;
        storage.references += 1;
        this.hold.storages.push(storage);
      }
      outputs = emptyTensors('vjp', program.outputs);
      this.#values = addressesOf(found, own.address + program.recordBytes);
      const at = { values: this.#values, outputs, seeds: NONE, gradients: NONE, record: this.#record };
      run('vjp', program, program.forward, at);
    } catch (error) {
      for (const output of outputs) output.dispose();
      this.hold.free();
      throw error;
    }
    let next = 0;
    this.value = mapResults(form, 'vjp', () => outputs[next++] as Tensor<DType>) as Y;
    adopt(this);
  }

  /**
   * The gradient of each x, of its shape, where `dy`, of the value's form, flows into the value. May be called again.
   * @throws TypeError after dispose(), or when dy is not of the value's form; RangeError for a shape that is not the value's
   */
  readonly pullback = (dy: Y): Gradients<Xs> => {
    const { program } = this.hold;
    if (program === null || this.disposed) throw new TypeError('pullback: the gradient record is disposed');
    const seeds = matchResults(this.#form, dy, 'pullback', 'dy').map(({ value: seed }, i) => {
      // Nothing flows into integers.
      if (program.outputs[i]?.dtype !== 'float32') return null;
      const tensor = requireTensor('pullback', 'dy', seed);
      storageOf('pullback', 'dy', tensor);
      const { shape, dtype } = program.outputs[i] as TensorType;
      if (tensor.dtype !== dtype) throw new TypeError(`pullback: dy is ${tensor.dtype}, must be ${dtype}`);
      if (shapeText(tensor.shape) !== shapeText(shape)) {
        throw new RangeError(
          `pullback: dy has shape ${shapeText(tensor.shape)}, must be ${shapeText(shape)}`,
        );
      }
      return tensor;
    });
    const gradients = emptyTensors('pullback', this.#xs);
    try {
      const at = { values: this.#values, outputs: NONE, seeds, gradients, record: this.#record };
      run('pullback', program, program.backward as Instructions, at);
    } catch (error) {
      for (const one of gradients) one.dispose();
      throw error;
    }
    return gradients as unknown as Gradients<Xs>;
  };

  get disposed(): boolean {
    return this.hold.program === null || !this.#engine.alive;
  }

  /** Gives back what was kept for pullback; the value stays. May be called again. */
  readonly dispose = (): void => {
    this.hold.free();
  };

  [Symbol.dispose](): void {
    this.hold.free();
  }
}

/**
 * The value of `body`, and its pullback: the product of a vector with the Jacobian, for reverse mode. The xs are followed
 * by identity wherever the function meets them; what is kept for pullback belongs to the record until dispose() or the
 * end of the scope.
 * @throws TypeError for an x that is no float32 tensor, and when called inside a traced function
 */
export function vjp<Y, Xs extends readonly Tensor[]>(
  body: ((...xs: NoInfer<Xs>) => Y) | (() => Y),
  ...xs: Xs
): Vjp<Y, Xs> {
  return scope(() => new Vjp<Y, Xs>(traced('vjp', body, xs, false), xs as readonly Tensor<DType>[]));
}
