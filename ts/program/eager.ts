/**
 * A call with values: runs at once, as a program of its own. Programs are cached by everything they depend on but the
 * values: the operator, and options, shapes and dtypes as a list of numbers. The cache holds the plans of recent calls.
 */
import { dtypeId, type TensorType } from '../base/dtype.ts';
import { type Engine, engine, onDisposeRuntime, refresh } from '../engine/engine.ts';
import { allocate, countCache, onLowMemory, type Storage, sharedArena } from '../engine/memory.ts';
import { DRAW_TYPE, Draw } from '../graph/draw.ts';
import type { Entry, Params } from '../graph/entry.ts';
import { buffersBy, lower } from '../graph/lower.ts';
import { resolve, typeBytes } from '../graph/resolve.ts';
import { type Handle, type Operand, scalarType } from '../graph/value.ts';
import { Builder } from '../instructions/builder.ts';
import { ARENA } from '../instructions/words.ts';
import { SLOT } from './executable.ts';
import { Instructions } from './instructions.ts';

/** Plans of recent calls: at most so many, and so many bytes. */
const MAX_PLANS = 1024;
const MAX_PLAN_BYTES = 4 << 20;
/** How many numbers and draws there may be in a call. */
const SLOTS = 8;
/** Places that plans of one hash may take. */
const PROBES = 8;

interface Plan {
  readonly entry: Entry;
  readonly key: readonly number[];
  readonly outputs: readonly TensorType[];
  /** The inputs that it writes. */
  readonly written: readonly number[];
  /** Null for an alias: there is nothing to compute. */
  readonly instructions: Instructions | null;
  readonly bytes: number;
  /** Used since it was last considered for dropping. */
  recent: boolean;
}

/** By the hash of the key or a place behind it, the oldest first. */
const plans = new Map<number, Plan>();
let planBytes = 0;
/** Room for numbers in tensors' places and for draws, written before a run. */
let scalars: Storage | null = null;
/** The plan that is about to run: not to be dropped when memory is short. */
let active: Plan | null = null;
const key: number[] = [];

/** Runs an operator on tensors that have values; `make` makes a handle of each result's type and storage. */
export function execute<T extends { dispose(): void }>(
  entry: Entry,
  inputs: readonly Operand[],
  params: Params,
  make: (type: TensorType, storage: Storage) => T,
): T[] {
  const on = engine(entry.name);
  const plan = findPlan(on, entry, inputs, params);
  const { instructions } = plan;
  if (instructions === null) {
    const storage = (inputs[0] as Handle).resources.storage as Storage;
    storage.references += 1;
    return [make(plan.outputs[0] as TensorType, storage)];
  }
  const { outputs } = plan;
  const made: T[] = [];
  active = plan;
  try {
    scalars ??= allocate(entry.name, SLOT * SLOTS, true);
    const storages = new Array<Storage>(outputs.length);
    for (let i = 0; i < outputs.length; i++) {
      const type = outputs[i] as TensorType;
      const storage = allocate(entry.name, typeBytes(type));
      storages[i] = storage;
      made.push(make(type, storage));
    }
    const arena = sharedArena(entry.name, instructions.code.arenaBytes);
    let base = ARENA;
    instructions.bind(base++, arena);
    for (let i = 0; i < inputs.length; i++) instructions.bind(base++, addressOf(on, inputs, i, scalars));
    for (let i = 0; i < storages.length; i++) instructions.bind(base++, (storages[i] as Storage).address);
    instructions.run(entry.name);
    for (const i of plan.written) {
      const storage = (inputs[i] as Handle | null)?.resources.storage;
      if (storage) storage.version += 1;
    }
  } catch (error) {
    for (const one of made) one.dispose();
    throw error;
  } finally {
    active = null;
  }
  return made;
}

function addressOf(on: Engine, inputs: readonly Operand[], index: number, scalars: Storage): number {
  const input = inputs[index] as Operand;
  if (input === null) return 0;
  if (typeof input !== 'number' && !(input instanceof Draw))
    return (input.resources.storage as Storage).address;
  const address = scalars.address + SLOT * (index % SLOTS);
  const { f32, i32 } = refresh(on);
  if (typeof input !== 'number') i32.set(input.next(), address >>> 2);
  else if (scalarType(inputs) === 'float32') f32[address >>> 2] = input;
  else i32[address >>> 2] = input;
  return address;
}

/** Writes the numbers of a call; gives how many. */
function writeKey(inputs: readonly Operand[], params: Params): number {
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
  return length;
}

/** The plan of a call, found by a hash of operator and numbers and compared in full. */
function findPlan(on: Engine, entry: Entry, inputs: readonly Operand[], params: Params): Plan {
  const length = writeKey(inputs, params);
  const { name } = entry;
  let hash = length ^ (name.length << 8) ^ (name.charCodeAt(name.length - 1) << 16);
  for (let i = 0; i < length; i++) {
    const number = key[i] as number;
    hash = Math.imul(hash ^ number ^ (number * 65536), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  let free: number | undefined;
  for (let place = hash; place < hash + PROBES; place++) {
    const known = plans.get(place);
    if (known === undefined) free ??= place;
    else if (known.entry === entry && isKey(known.key, length)) {
      known.recent = true;
      return known;
    }
  }
  const place = free ?? hash;
  const plan = makePlan(on, entry, inputs, params, key.slice(0, length));
  forget(place);
  plans.set(place, plan);
  planBytes += plan.bytes;
  countCache(plan.bytes);
  while (plans.size > 1 && (plans.size > MAX_PLANS || planBytes > MAX_PLAN_BYTES)) dropOldest(plan);
  return plan;
}

function isKey(other: readonly number[], length: number): boolean {
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
  // Each is a value of its own, also where a tensor is given twice.
  const types = inputs.map((input): TensorType | null => {
    if (input === null) return null;
    if (typeof input === 'number') return { shape: [], dtype };
    const { shape, dtype: own } = input instanceof Draw ? DRAW_TYPE : input;
    return { shape, dtype: own };
  });
  const resolved = resolve(entry, types, params);
  const { outputs, state: written = [] } = resolved;
  if (entry.lower === undefined)
    return { entry, key: ownKey, outputs, written, instructions: null, bytes: 0, recent: false };
  const to = new Builder(on, entry.name);
  const buffers = buffersBy((type: TensorType) => to.external(typeBytes(type)));
  const results = outputs.map((type) => ({ ...type }));
  // An input that is left out has its base too, so that input i is always bound to the same one.
  for (const type of types) {
    if (type === null) to.external(0);
    else buffers.of(type);
  }
  results.forEach(buffers.of);
  lower(to, { entry, inputs: types, params, resolved, outputs: results }, buffers);
  const instructions = new Instructions(on, entry.name, to.encode(to.steps, to.arenaBytes), [entry.name]);
  return { entry, key: ownKey, outputs, written, instructions, bytes: instructions.bytes, recent: false };
}

/** Drops the oldest plan; one that was used since it was last considered becomes the newest instead. */
function dropOldest(keep: Plan): void {
  for (const [place, plan] of plans) {
    if (plan !== keep && !plan.recent) {
      forget(place);
      return;
    }
    plan.recent = false;
    plans.delete(place);
    plans.set(place, plan);
  }
}

function forget(place: number): void {
  const plan = plans.get(place);
  if (plan === undefined || plan === active) return;
  plan.instructions?.free();
  plans.delete(place);
  planBytes -= plan.bytes;
  countCache(-plan.bytes);
}

onLowMemory(() => {
  for (const place of plans.keys()) forget(place);
});
onDisposeRuntime(() => {
  plans.clear();
  planBytes = 0;
  scalars = null;
});
