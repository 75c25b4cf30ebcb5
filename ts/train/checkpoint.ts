/**
 * Checkpoints: a run of training as one safetensors file, from which it goes on with the same bits as if it had not stopped. The
 * tensors are the module's under `model.`, the optimiser's arrays under `optimizer.` and the place of their parameter, and gradients
 * that wait for an update under `step.`; whatever is a number or a text, and the state of the generator behind random numbers, is
 * JSON in the metadata.
 */
import { checkOptions, integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { describe, wrongKind } from '../base/errors.ts';
import { engine } from '../engine/engine.ts';
import { scope } from '../engine/memory.ts';
import { type FileBytes, readSafetensors, writeSafetensors } from '../files/index.ts';
import { generatorState, setGeneratorState } from '../graph/draw.ts';
import { type AnyModule, Module } from '../layers/module.ts';
import { emptyTensor, type Tensor } from '../tensor/tensor.ts';
import { Optimizer, type OptimizerState } from './optimizer.ts';
import type { TrainStep, TrainStepState } from './trainStep.ts';

/** What gives its state as JSON, and takes it: a schedule, a DataLoader. */
export interface Resumable {
  /** Where it stands. */
  stateDict(): unknown;
  /** Goes on where another stood. */
  loadStateDict(state: never): unknown;
}

/** What a checkpoint holds of a run. */
export interface CheckpointParts {
  /** Parameters and buffers. */
  model: AnyModule;
  /** Its count of steps, its options and its arrays. */
  optimizer?: Optimizer | undefined;
  /** A schedule. */
  scheduler?: Resumable | undefined;
  /** A DataLoader: its seed, the epoch and the batch. */
  loader?: Resumable | undefined;
  /** A step of training with `accumulate`: the gradients that wait for an update. */
  step?: Pick<TrainStep, 'stateDict' | 'loadStateDict'> | undefined;
  /** Whatever else is to be kept, as JSON. */
  metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What `loadCheckpoint` gives. */
export interface LoadedCheckpoint {
  /** What was saved as such. */
  readonly metadata: Record<string, unknown>;
  /** The gradients that waited for an update, where a step of training was saved. */
  readonly step: TrainStepState | null;
}

/** Everything that a checkpoint holds, in memory. */
interface Saved {
  readonly model: Record<string, Tensor<DType>>;
  readonly optimizer: { readonly name: string; readonly state: OptimizerState } | null;
  readonly scheduler: unknown;
  readonly loader: unknown;
  readonly step: TrainStepState | null;
  readonly generator: ReturnType<typeof generatorState>;
  readonly metadata: unknown;
}

/** The name in the metadata, and the version of what stands there. */
const [KEY, VERSION] = ['striate.checkpoint', 1];
const PARTS = ['model', 'optimizer', 'scheduler', 'loader', 'step', 'metadata'];

function requireParts(where: string, parts: CheckpointParts): void {
  engine(where);
  if (typeof parts !== 'object' || parts === null)
    throw wrongKind(where, 'the parts', parts, 'an object: { model, optimizer, ... }');
  checkOptions(where, parts, PARTS);
  const { model, optimizer, scheduler, loader, step } = parts;
  if (!((model as unknown) instanceof Module)) throw wrongKind(where, 'model', model, 'a Module');
  if (optimizer !== undefined && !(optimizer instanceof Optimizer))
    throw wrongKind(where, 'optimizer', optimizer, 'an optimizer');
  for (const [name, part] of Object.entries({ scheduler, loader, step })) {
    const has = (part as Partial<Resumable> | null | undefined)?.stateDict;
    if (part !== undefined && typeof has !== 'function')
      throw wrongKind(where, name, part, 'an object with stateDict and loadStateDict');
  }
}

function capture({ model, optimizer, scheduler, loader, step, metadata }: CheckpointParts): Saved {
  return {
    model: model.stateDict(),
    optimizer: optimizer ? { name: optimizer.constructor.name, state: optimizer.stateDict() } : null,
    scheduler: scheduler?.stateDict() ?? null,
    loader: loader?.stateDict() ?? null,
    step: step?.stateDict() ?? null,
    generator: generatorState(),
    metadata: metadata ?? {},
  };
}

/** JSON has neither infinities nor NaN nor a negative zero. */
const asText = (_: string, value: unknown) =>
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? { number: Object.is(value, -0) ? '-0' : String(value) }
    : value;

function asNumber(_: string, value: unknown): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const { number } = (value ?? {}) as { number?: unknown };
  return keys.length === 1 && typeof number === 'string' && /^(NaN|-?Infinity|-0)$/.test(number)
    ? Number(number)
    : value;
}

function tensorOf(values: Float32Array): Tensor {
  const made = emptyTensor('saveCheckpoint', [values.length], 'float32');
  made.data.set(values);
  return made;
}

/**
 * A run of training as the bytes of a safetensors file: parameters, buffers and whatever else is given, and the state of the generator
 * that `manualSeed` seeds. Module and tensors stay as they are; the module's can be read by other programs, under `model.`.
 * @param parts the run's: a module, and its optimiser, schedule, loader, step, and other values as JSON
 * @throws TypeError for what is none of these
 * @example
 * ```ts
 * const optimizer = new Adam(net.parameters());
 * const bytes = saveCheckpoint({ model: net, optimizer, metadata: { epoch: 3 } });
 * const { metadata } = loadCheckpoint(bytes, { model: net, optimizer });
 * ```
 */
export function saveCheckpoint(parts: CheckpointParts): Uint8Array<ArrayBuffer> {
  requireParts('saveCheckpoint', parts);
  const { model, optimizer, step, ...rest } = capture(parts);
  const text = JSON.stringify(
    {
      version: VERSION,
      ...rest,
      optimizer: optimizer && {
        name: optimizer.name,
        step: optimizer.state.step,
        groups: optimizer.state.groups,
      },
      step: step && { pending: step.pending },
    },
    asText,
  );
  return scope(() => {
    const tensors = new Map(Object.entries(model).map(([name, x]) => [`model.${name}`, x]));
    optimizer?.state.state.forEach((arrays, i) => {
      for (const [name, values] of Object.entries(arrays))
        tensors.set(`optimizer.${i}.${name}`, tensorOf(values));
    });
    step?.sums.forEach((values, i) => {
      tensors.set(`step.${i}`, tensorOf(values));
    });
    return { bytes: writeSafetensors(tensors, { metadata: { [KEY]: text } }) };
  }).bytes;
}

function read(where: string, bytes: FileBytes, parameters: number): Saved {
  const { tensors, metadata } = readSafetensors(bytes);
  const json = parsed(Object.hasOwn(metadata, KEY) ? metadata[KEY] : undefined);
  if (json?.version !== VERSION)
    throw new RangeError(`${where}: bytes is no checkpoint, must be what saveCheckpoint gave`);
  integer(where, 'the generator of bytes', json.generator?.stream, 0, Number.MAX_SAFE_INTEGER);
  const under = (prefix: string) =>
    Object.entries(tensors).flatMap(([name, x]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), x as Tensor<DType>] as const] : [],
    );
  const values = (x: Tensor<DType> | undefined) => x?.toTypedArray() as Float32Array;
  const state = Array.from({ length: parameters }, (_, i) =>
    Object.fromEntries(under(`optimizer.${i}.`).map(([name, x]) => [name, values(x)])),
  );
  const { optimizer, step } = json;
  const sums = new Map(under('step.'));
  return {
    ...json,
    model: Object.fromEntries(under('model.')),
    optimizer: optimizer && {
      name: optimizer.name,
      state: { step: optimizer.step, groups: optimizer.groups, state },
    },
    step: step && {
      pending: step.pending,
      sums: Array.from({ length: sums.size }, (_, i) => values(sums.get(`${i}`))),
    },
  };
}

/** What stands in the metadata; null for what is no JSON. */
function parsed(text: string | undefined) {
  try {
    return JSON.parse(text ?? 'null', asNumber);
  } catch {
    return null;
  }
}

/** Writes into the parts what was saved. @throws where it does not fit */
function restore(parts: CheckpointParts, saved: Saved): void {
  const { model, optimizer, scheduler, loader, step } = parts;
  model.loadStateDict(saved.model);
  if (optimizer && saved.optimizer) optimizer.loadStateDict(saved.optimizer.state);
  scheduler?.loadStateDict(saved.scheduler as never);
  loader?.loadStateDict(saved.loader as never);
  if (step && saved.step) step.loadStateDict(saved.step);
  setGeneratorState(saved.generator);
}

/**
 * Has a run go on where `saveCheckpoint` found it, or another run of the same parts: values of parameters, buffers, optimiser,
 * schedule, loader and step are taken over, and the state of the generator.
 * @param bytes what saveCheckpoint gave
 * @param parts as `saveCheckpoint` had them, or some of them
 * @returns the metadata that were saved, and what `resume` of `fit` needs besides
 * @throws RangeError for what is no checkpoint, is one of other parts, or lacks some; TypeError for wrong kinds. Nothing has been
 * changed then
 */
export function loadCheckpoint(bytes: FileBytes, parts: CheckpointParts): LoadedCheckpoint {
  const where = 'loadCheckpoint';
  requireParts(where, parts);
  return scope(() => {
    const saved = read(where, bytes, parts.optimizer?.parameters.length ?? 0);
    for (const name of ['optimizer', 'scheduler', 'loader', 'step'] as const) {
      if (parts[name] !== undefined && saved[name] === null)
        throw new RangeError(`${where}: bytes holds no ${name}, parts must have none`);
    }
    const { name } = saved.optimizer ?? {};
    const own = parts.optimizer?.constructor.name;
    if (own !== undefined && own !== name)
      throw new RangeError(`${where}: optimizer is ${describe(parts.optimizer)}, bytes holds ${name}`);
    const { model, ...rest } = capture(parts);
    const copies = Object.entries(model).map(([key, x]) => [key, x.clone()] as const);
    try {
      restore(parts, saved);
    } catch (error) {
      restore(parts, { ...rest, model: Object.fromEntries(copies) });
      throw error;
    }
    return { metadata: saved.metadata as Record<string, unknown>, step: saved.step };
  });
}
