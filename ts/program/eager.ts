/**
 * A call with values: runs at once, as a program of its own. Programs are cached by everything they depend on but the
 * values: operator, options, shapes and dtypes, as a list of numbers. The cache holds the plans of recent calls.
 */
import { bytesPer, type DType, dtypeId, type TensorType } from '../dtype.ts';
import { type Engine, engine, onDisposeRuntime, refresh } from '../engine/engine.ts';
import { allocate, countCache, onLowMemory, type Storage, sharedArena } from '../engine/memory.ts';
import { DRAW_TYPE, Draw } from '../graph/draw.ts';
import { outputTypes, scalarType } from '../graph/trace.ts';
import { Builder } from '../instructions/builder.ts';
import type { Entry, Operand, Params } from '../ops/operator.ts';
import { emptyTensor, Tensor } from '../tensor/tensor.ts';
import { ARENA, Instructions } from './instructions.ts';

/** Plans of recent calls: at most so many, and so many bytes. */
const MAX_PLANS = 1024;
const MAX_PLAN_BYTES = 4 << 20;
/** Bytes that a number or a draw takes, and how many there may be. */
const SLOT = 16;
const SLOTS = 8;

interface Plan {
  readonly entry: Entry;
  readonly key: readonly number[];
  readonly outputs: readonly TensorType[];
  /** Null for an alias: there is nothing to compute. */
  readonly instructions: Instructions | null;
  readonly bytes: number;
  /** Used since it was last considered for dropping. */
  recent: boolean;
}

/** By the hash of the key, the oldest first. */
const plans = new Map<number, Plan>();
let planBytes = 0;
/** Room for numbers in tensors' places and for draws, written before a run. */
let scalars: Storage | null = null;
/** The plan that is about to run: not to be dropped when memory is short. */
let active: Plan | null = null;
const key: number[] = [];

/** Runs an operator on tensors that have values. */
export function execute(entry: Entry, inputs: readonly Operand[], params: Params): Tensor<DType>[] {
  const on = engine(entry.name);
  const plan = findPlan(on, entry, inputs, params);
  const { instructions } = plan;
  if (instructions === null) {
    const storage = (inputs[0] as Tensor<DType>).hold.storage as Storage;
    storage.references += 1;
    const type = plan.outputs[0] as TensorType;
    return [new Tensor(type.shape, type.dtype, storage)];
  }
  const outputs: Tensor<DType>[] = [];
  active = plan;
  try {
    scalars ??= allocate(entry.name, SLOT * SLOTS, true);
    for (const type of plan.outputs) outputs.push(emptyTensor(entry.name, type.shape, type.dtype));
    const arena = sharedArena(entry.name, instructions.code.arenaBytes);
    let base = ARENA;
    instructions.bind(base++, arena);
    for (let i = 0; i < inputs.length; i++) instructions.bind(base++, addressOf(on, inputs, i, scalars));
    for (const output of outputs) instructions.bind(base++, (output.hold.storage as Storage).address);
    instructions.run(entry.name);
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  } finally {
    active = null;
  }
  return outputs;
}

function addressOf(on: Engine, inputs: readonly Operand[], index: number, scalars: Storage): number {
  const input = inputs[index] as Operand;
  if (input === null) return 0;
  if (input instanceof Tensor) return (input.hold.storage as Storage).address;
  const address = scalars.address + SLOT * (index % SLOTS);
  const { f32, i32 } = refresh(on);
  if (input instanceof Draw) i32.set(input.next(), address >>> 2);
  else if (scalarType(inputs) === 'float32') f32[address >>> 2] = input;
  else i32[address >>> 2] = input;
  return address;
}

/** The plan of a call, found by a hash of its key and compared in full. */
function findPlan(on: Engine, entry: Entry, inputs: readonly Operand[], params: Params): Plan {
  let length = 0;
  for (let i = 0; i < params.length; i++) key[length++] = params[i] as number;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as Operand;
    if (input === null) key[length++] = -1;
    else if (typeof input === 'number') key[length++] = -2;
    else if (input instanceof Draw) key[length++] = -3;
    else {
      const { shape } = input;
      key[length++] = dtypeId(input.dtype);
      key[length++] = shape.length;
      for (let d = 0; d < shape.length; d++) key[length++] = shape[d] as number;
    }
  }
  let hash = length;
  for (let i = 0; i < length; i++) {
    const number = key[i] as number;
    hash = Math.imul(hash ^ number ^ (number * 65536), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  const known = plans.get(hash);
  if (known?.entry === entry && sameKey(known.key, length)) {
    known.recent = true;
    return known;
  }
  const plan = makePlan(on, entry, inputs, params, key.slice(0, length));
  forget(hash);
  plans.set(hash, plan);
  planBytes += plan.bytes;
  countCache(plan.bytes);
  while (plans.size > 1 && (plans.size > MAX_PLANS || planBytes > MAX_PLAN_BYTES)) dropOldest(plan);
  return plan;
}

function sameKey(other: readonly number[], length: number): boolean {
  if (other.length !== length) return false;
  for (let i = 0; i < length; i++) if (!Object.is(other[i], key[i])) return false;
  return true;
}

function makePlan(
  on: Engine,
  entry: Entry,
  inputs: readonly Operand[],
  params: Params,
  ownKey: readonly number[],
): Plan {
  const dtype = scalarType(inputs);
  const types = inputs.map((input): TensorType | null => {
    if (input === null) return null;
    if (typeof input === 'number') return { shape: [], dtype };
    if (input instanceof Draw) return DRAW_TYPE;
    return { shape: input.shape, dtype: input.dtype };
  });
  const results = outputTypes(entry, types, params);
  let instructions: Instructions | null = null;
  if (entry.lower !== undefined) {
    const lowering = new Builder(on, entry.name);
    // An input that is left out has its base too, so that input i is always bound to the same one.
    const bases = types.map((type) => lowering.external(type === null ? 0 : typeBytes(type)));
    const reads = bases.map((base, i) => (types[i] === null ? null : base));
    const outputs = results.map((type) => lowering.external(typeBytes(type)));
    entry.lower(lowering, { types, outputTypes: results, params, inputs: reads, outputs });
    instructions = new Instructions(on, entry.name, lowering.encode(lowering.steps, lowering.arenaBytes));
  }
  const bytes = instructions?.bytes ?? 0;
  return { entry, key: ownKey, outputs: results, instructions, bytes, recent: false };
}

export function typeBytes(type: TensorType): number {
  let bytes = bytesPer(type.dtype);
  for (const axis of type.shape) bytes *= axis;
  return bytes;
}

/** Drops the oldest plan; one that was used since it was last considered becomes the newest instead. */
function dropOldest(keep: Plan): void {
  for (const [hash, plan] of plans) {
    if (plan !== keep && !plan.recent) {
      forget(hash);
      return;
    }
    plan.recent = false;
    plans.delete(hash);
    plans.set(hash, plan);
  }
}

function forget(hash: number): void {
  const plan = plans.get(hash);
  if (plan === undefined || plan === active) return;
  plan.instructions?.free();
  plans.delete(hash);
  planBytes -= plan.bytes;
  countCache(-plan.bytes);
}

onLowMemory(() => {
  for (const hash of plans.keys()) forget(hash);
});
onDisposeRuntime(() => {
  plans.clear();
  planBytes = 0;
  scalars = null;
});
