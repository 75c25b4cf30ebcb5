/** What every command begins with: the runtime, and a model with the shapes of its inputs. */
import {
  type AnyTensor,
  disposeRuntime,
  type Feeds,
  init,
  loadCompiled,
  type ModelPort,
  type RuntimeInfo,
  rand,
  type StepProfile,
  type Tensor,
  zeros,
} from 'striate';
import { loadModel, type Model, ModelError } from 'striate/onnx';
import { parseInteger, parseNamed, parseShape, parseWord } from './parse.ts';
import { Failure, lineOf, UsageError } from './problems.ts';
import { modelSource } from './sources.ts';

/** The options of every command, as texts. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly variant?: string;
  readonly threads?: string;
}

/** Loads the kernels; `variant` is what --variant says, or one of what it lists. */
export async function startRuntime({ variant, threads }: CommonOptions): Promise<RuntimeInfo> {
  disposeRuntime();
  return init({
    ...(variant !== undefined && { variant: parseWord('--variant', variant, ['simd', 'relaxed']) }),
    ...(threads !== undefined && {
      threads: threads === 'auto' ? threads : parseInteger('--threads', threads, 1),
    }),
  });
}

const WHAT_TO_DO =
  ': what helps is another operator set (7 to 24) on export, folding what depends on constants (onnxsim), or writing them by operators of docs/operators.md';

/** A model of a file: ONNX, or compiled. */
export interface AnyModel {
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly notes: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The shapes that a compiled model runs for. */
  readonly shapes?: readonly Readonly<Record<string, readonly number[]>>[];
  run(inputs: Feeds, options?: { outputs?: readonly string[] }): Record<string, AnyTensor>;
  profile(inputs: Feeds): StepProfile[];
  summary(options?: { inputShapes?: Record<string, number[]> }): string;
  dispose(): void;
}

const isCompiled = (file: string): boolean => /\.striate$/i.test(file);

/** A model of either kind: a name that ends with .striate is a compiled one's. @throws Failure */
export async function openAny(text: string): Promise<AnyModel> {
  if (!isCompiled(text)) return openModel(text);
  const source = modelSource(text);
  try {
    return (await loadCompiled(source)) as AnyModel;
  } catch (cause) {
    throw new Failure(lineOf(cause), { cause });
  }
}

/** @throws Failure that says what to do where operators are not supported */
export async function openModel(text: string): Promise<Model> {
  const source = modelSource(text);
  try {
    return await loadModel(source);
  } catch (cause) {
    const isUnknown = cause instanceof ModelError && /operators? (is|are) not supported/.test(cause.message);
    throw new Failure(lineOf(cause) + (isUnknown ? WHAT_TO_DO : ''), { cause });
  }
}

/** The shapes of a model's inputs: what --shape says, else the file's, where a free first axis is 1. @throws UsageError */
export function inputShapes(model: AnyModel, given: readonly string[]): Record<string, number[]> {
  const names = model.inputs.map(({ name }) => name);
  const told = new Map(given.map((text) => parseNamed('--shape', text, names)));
  return Object.fromEntries(
    model.inputs.map((port) => {
      const text = told.get(port.name);
      const saved = model.shapes?.[0]?.[port.name];
      if (text === undefined && saved !== undefined) return [port.name, [...saved]];
      return [port.name, text === undefined ? ownShape(port) : parseShape('--shape', text)];
    }),
  );
}

function ownShape({ name, shape }: ModelPort): number[] {
  const sizes = shape?.map((size, axis) => (axis === 0 && typeof size === 'string' ? 1 : size));
  if (sizes?.every((size) => typeof size === 'number')) return sizes as number[];
  const is = shape === null ? 'is of unknown rank' : `has free axes, [${shape.join(', ')}]`;
  throw new UsageError(`the input '${name}' ${is}: give --shape ${name}=${example(shape)}`);
}

const example = (shape: ModelPort['shape']): string =>
  (shape ?? ['?', 3, '?', '?'])
    .map((size, i) => (typeof size === 'number' ? size : i === 0 ? 1 : 224))
    .join('x');

/** Numbers for inputs of which only the shape counts: random floats, and integers of 0. */
export function anyInputs(model: AnyModel, shapes: Record<string, number[]>): Record<string, Tensor<never>> {
  return Object.fromEntries(
    model.inputs.map(({ name, dtype }) => {
      const shape = shapes[name] as number[];
      const made = dtype === 'float32' ? rand(shape, { seed: 1 }) : zeros(shape, { dtype });
      return [name, made as unknown as Tensor<never>];
    }),
  );
}

/** x: float32 [1, 3, 224, 224] */
export const portText = ({ name, dtype, shape }: ModelPort): string =>
  `${name}: ${dtype} [${shape?.join(', ') ?? '...'}]`;
