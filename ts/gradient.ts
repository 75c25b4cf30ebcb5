/**
 * vjp and valueAndGrad: gradients of a function of tensors, by reverse mode over its trace. The tensors are followed by
 * identity wherever the function meets them; every other tensor is a constant.
 */
import type { DType, TensorType } from './dtype.ts';
import { type Engine, engine, refresh } from './engine.ts';
import { describe, shapeText, wrongKind } from './errors.ts';
import { type GradientProgram, gradientProgram, type Place } from './graph/gradient.ts';
import type { Value } from './graph/graph.ts';
import { ARENA, type Instructions } from './graph/instructions.ts';
import { leavesOf, type Results } from './graph/results.ts';
import { Trace } from './graph/trace.ts';
import { allocate, release, type Storage, scope, sharedArena } from './memory.ts';
import { emptyTensor, requireTensor, storageOf, Tensor } from './tensor.ts';

/** What `vjp` gives. */
export interface Vjp<Y> {
  /** What the function gave. */
  readonly value: Y;
  /** The gradient of each x, of its shape, for what flows into the value; may be called again until dispose(). */
  pullback(dy: Y): Tensor[];
  /** Gives back what was kept for pullback. */
  dispose(): void;
}

/** Bytes that a number or a draw takes. */
const SLOT = 16;

/** A function's trace: its program, and the values that it is run on. */
interface Traced {
  readonly on: Engine;
  readonly program: GradientProgram;
  readonly form: Results;
  readonly outputs: readonly TensorType[];
}

/** Traces a function and finds its program. */
function trace(where: string, body: unknown, xs: readonly unknown[], seeded: boolean): Traced {
  const on = engine(where);
  if (typeof body !== 'function') throw wrongKind(where, 'the first argument', body, 'a function');
  xs.forEach((x, i) => {
    const tensor = requireTensor(where, `x${i}`, x);
    storageOf(where, `x${i}`, tensor);
    if (tensor.dtype !== 'float32') {
      throw new TypeError(`${where}: x${i} is ${tensor.dtype}, must be float32`);
    }
  });
  const inputs = xs as readonly Tensor<DType>[];
  const open = new Trace(inputs);
  const form = open.run(where, () => body(...inputs)) as Results;
  const leaves = leavesOf(form, where);
  if (seeded && (!(form instanceof Tensor) || form.size !== 1 || form.dtype !== 'float32')) {
    const is = form instanceof Tensor ? `${form.dtype} of shape ${shapeText(form.shape)}` : describe(form);
    throw new RangeError(`${where}: the function gave ${is}, must give one float32 value`);
  }
  const values = leaves.map((leaf) => open.valueOf(leaf));
  const graph = open.graph(values);
  const followed = inputs.map((x) => open.valueOf(x));
  const program = gradientProgram(on, where, graph, followed, seeded);
  return { on, program, form, outputs: values.map(({ shape, dtype }) => ({ shape, dtype })) };
}

/** What the places of a program are bound to at one run. */
interface Binding {
  readonly outputs?: readonly Tensor<DType>[];
  readonly seeds?: readonly Tensor<DType>[];
  readonly gradients?: readonly Tensor<DType>[];
  readonly record?: number;
  /** The address of each value. */
  readonly addresses: ReadonlyMap<Value, number>;
}

function run(where: string, instructions: Instructions, places: readonly Place[], binding: Binding): void {
  instructions.bind(ARENA, sharedArena(where, instructions.code.arenaBytes));
  const addressOf = (tensor?: Tensor<DType>) => tensor?.hold.storage?.address ?? 0;
  places.forEach((place, i) => {
    const address =
      place.kind === 'value'
        ? binding.addresses.get(place.value)
        : place.kind === 'record'
          ? (binding.record ?? 0) + place.offset
          : addressOf(binding[`${place.kind}s`]?.[place.index]);
    instructions.bind(ARENA + 1 + i, address ?? 0);
  });
  instructions.run(where);
}

/** Addresses of everything that a program reads and does not make; numbers and draws are written to `slots`. */
function bindValues({ on, program }: Traced, slots: Storage): Map<Value, number> {
  const addresses = new Map<Value, number>();
  let next = slots.address;
  for (const place of program.places) {
    if (place.kind !== 'value') continue;
    const { value } = place;
    if (value.tensor !== null) {
      addresses.set(value, (value.tensor.hold.storage as Storage).address);
      continue;
    }
    const { i32, f32 } = refresh(on);
    if (value.draw !== undefined) i32.set(value.draw.next(), next >>> 2);
    else if (value.dtype === 'float32') f32[next >>> 2] = value.scalar;
    else i32[next >>> 2] = value.scalar;
    addresses.set(value, next);
    next += SLOT;
  }
  return addresses;
}

function slotBytes({ program }: Traced): number {
  return (
    SLOT * program.places.filter((place) => place.kind === 'value' && place.value.tensor === null).length
  );
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

/**
 * The value of `body` and the gradients of its one result with respect to `xs`.
 * @throws RangeError when the result is not one value; TypeError for an x that is not a float32 tensor
 */
export function valueAndGrad<Xs extends readonly Tensor[]>(
  body: (...xs: Xs) => Tensor,
  ...xs: Xs
): { value: Tensor; grads: { [I in keyof Xs]: Tensor } } {
  const where = 'valueAndGrad';
  return scope(() => {
    const traced = trace(where, body, xs, true);
    const slots = allocate(where, slotBytes(traced));
    const outputs = emptyTensors(where, traced.outputs);
    const gradients = emptyTensors(where, xs);
    try {
      const addresses = bindValues(traced, slots);
      run(where, traced.program.forward, traced.program.places, { outputs, gradients, addresses });
    } finally {
      release(slots);
    }
    return { value: outputs[0], grads: gradients };
  }) as unknown as { value: Tensor; grads: { [I in keyof Xs]: Tensor } };
}
