/**
 * Mutated models against the promise that a damaged file is an error of the library and nothing else: it does not hang, trap or
 * leave a byte. Nothing of vitest: `npm run fuzz -- --models N` (scripts/fuzz.mjs) and test/onnx/fuzz.test.ts run it.
 */
import { memory, OutOfMemoryError, scope, zeros } from 'striate';
import { loadModel, type Model, ModelError } from 'striate/onnx';
import { readModel } from '../../ts/onnx/protobuf.ts';
import { mutate } from './mutate.ts';
import { Choices } from './random.ts';

/** Milliseconds within which a file must be refused or run; a busy machine takes its time. */
const PATIENCE = 5000;

export interface ModelFuzzResult {
  /** How many mutations still ran. */
  readonly ran: number;
  /** What was wrong, by seed and number. */
  readonly wrong: string[];
  readonly liveBytes: number;
}

/** The bytes that are no weights: where a change has consequences. */
function structureOf(bytes: Uint8Array): number[] {
  const isWeight = new Uint8Array(bytes.length);
  for (const { raw } of readModel(bytes, 'model').graph.initializers)
    if (raw !== null)
      isWeight.fill(1, raw.byteOffset - bytes.byteOffset, raw.byteOffset - bytes.byteOffset + raw.length);
  return [...isWeight.keys()].filter((at) => isWeight[at] === 0);
}

/** Runs a model on zeros where its inputs' shapes are known. */
function runOnce(model: Model): void {
  scope(() => {
    const inputs = model.inputs.map(({ name, shape, dtype }) => {
      const sizes = shape?.map((size) => (typeof size === 'number' ? size : 1)) ?? [1];
      return [name, zeros(sizes, { dtype })] as const;
    });
    model.run(Object.fromEntries(inputs));
  });
}

/** Whether an error is one that a user is to see. */
function isKnown(error: unknown): boolean {
  if (error instanceof ModelError || error instanceof OutOfMemoryError) return true;
  const isWrongUse = error instanceof RangeError || error instanceof TypeError;
  return isWrongUse && /^(Model\.run|zeros): /.test(error.message);
}

/** Loads and runs `models` mutations of the files with the kernels that are loaded. */
export async function fuzzModels(
  files: readonly Uint8Array[],
  given: { readonly models: number; readonly seed: number; readonly progress?: (done: number) => void },
): Promise<ModelFuzzResult> {
  const { models, seed, progress } = given;
  const originals = files.map((bytes) => ({ bytes, structure: structureOf(bytes) }));
  const live = memory.stats().liveBytes;
  const wrong: string[] = [];
  let ran = 0;
  for (let index = 0; index < models; index++) {
    const choose = new Choices(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
    const { bytes, structure } = choose.of(originals);
    const start = performance.now();
    let model: Model | null = null;
    try {
      model = await loadModel(mutate(choose, bytes, structure));
      runOnce(model);
      ran += 1;
    } catch (error) {
      if (!isKnown(error)) wrong.push(`model ${seed}:${index}: ${(error as Error).stack ?? error}`);
    }
    model?.dispose();
    const [took, left] = [performance.now() - start, memory.stats().liveBytes - live];
    if (took > PATIENCE) wrong.push(`model ${seed}:${index}: took ${Math.round(took)} ms`);
    if (left !== 0) {
      wrong.push(`model ${seed}:${index}: leaves ${left} bytes`);
      break;
    }
    progress?.(index + 1);
    // What is collected is let go of between tasks only.
    if (index % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { ran, wrong, liveBytes: memory.stats().liveBytes - live };
}
