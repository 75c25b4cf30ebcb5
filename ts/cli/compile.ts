/** `striate compile`: a model as one file that runs without planning, and what that changes: bytes, times, values. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { loadCompiled, scope } from 'striate';
import type { Model, Shapes } from 'striate/onnx';
import {
  type AnyModel,
  anyInputs,
  type CommonOptions,
  inputShapes,
  openAny,
  openModel,
  startRuntime,
} from './load.ts';
import { parseInteger, parseWord } from './parse.ts';
import { type PictureOptions, preparationOf, prepared, readPicture } from './pictures.ts';
import { UsageError } from './problems.ts';
import { sourcesOf, writeWhole } from './sources.ts';
import { byteText, digits, Progress, table } from './terminal.ts';

export interface CompileCommandOptions extends CommonOptions, PictureOptions {
  readonly output: string;
  readonly weights: string;
  readonly shape: readonly string[];
  readonly runs: string;
}

/** A file, and what it takes to load and to run it. */
interface Measured {
  readonly bytes: number;
  /** Milliseconds from its bytes to the first results, and of a run after that (median). */
  readonly first: number;
  readonly run: number;
}

type Inputs = Parameters<AnyModel['run']>[0];

export async function compileModel(file: string, options: CompileCommandOptions): Promise<void> {
  const { output } = options;
  if (!output.endsWith('.striate')) throw new UsageError(`--output is '${output}', must end with .striate`);
  const weights = parseWord('--weights', options.weights, ['float32', 'float16', 'int8']);
  const runs = parseInteger('--runs', options.runs, 1);
  await startRuntime(options);
  const model = await openModel(file);
  const feeds = await feedsOf(model, options);
  const shapes = shapesOf(feeds);
  const progress = new Progress(feeds.length + 3);
  try {
    await progress.step('compiling');
    const bytes = model.save({ weights, inputShapes: unique(shapes) });
    writeWhole(output, bytes);
    const error = await largestError(model, output, feeds, () => progress.step('comparing'));
    await progress.step('measuring');
    const before = await measured(file, feeds[0] as Inputs, runs);
    const after = await measured(output, feeds[0] as Inputs, runs);
    progress.end();
    const inputs = unique(shapes);
    if (options.json) {
      console.log(
        JSON.stringify({ model: file, output, weights, shapes: inputs, before, after, error }, null, 2),
      );
      return;
    }
    console.log(`written: ${output}, weights ${weights}, for ${inputs.map(shapesText).join(', or ')}\n`);
    const row = (name: string, { bytes, first, run }: Measured) => [
      name,
      byteText(bytes),
      ...[first, run].map((time) => `${digits(time)} ms`),
    ];
    console.log(
      table(
        ['file', 'bytes', 'first run', 'run'],
        [row(path.basename(file), before), row(path.basename(output), after)],
        3,
      ),
    );
    const on = options.image.length > 0 ? 'these pictures' : 'random values';
    console.log(`\nlargest difference on ${on}: ${error.toPrecision(2)} of the output's largest value`);
  } finally {
    progress.end();
  }
}

/** What the model is tried with: the pictures that are given, or random values. */
async function feedsOf(model: Model, options: CompileCommandOptions): Promise<Inputs[]> {
  if (options.image.length === 0) return [anyInputs(model, inputShapes(model, options.shape))];
  const preparation = preparationOf(model, options);
  const feeds: Inputs[] = [];
  for (const source of sourcesOf('--image', options.image))
    feeds.push({ [preparation.input]: prepared(await readPicture(source), preparation) });
  return feeds;
}

const shapesOf = (feeds: readonly Inputs[]): Shapes[] =>
  feeds.map((one) =>
    Object.fromEntries(
      Object.entries(one).map(([name, value]) => [name, (value as { shape: readonly number[] }).shape]),
    ),
  );

const unique = (shapes: readonly Shapes[]): Shapes[] => [
  ...new Map(shapes.map((one) => [JSON.stringify(one), one])).values(),
];

const shapesText = (shapes: Shapes): string =>
  Object.entries(shapes)
    .map(([name, shape]) => `${name} ${shape.join('x')}`)
    .join(' and ');

/** The largest difference of an output's values to the model's, as a share of the model's largest, over all outputs. */
async function largestError(
  model: Model,
  compiled: string,
  feeds: readonly Inputs[],
  each: () => Promise<void>,
): Promise<number> {
  const loaded = await loadCompiled(compiled);
  let most = 0;
  for (const inputs of feeds) {
    scope(() => {
      const [expected, found] = [model.run(inputs), loaded.run(inputs)];
      for (const [name, one] of Object.entries(expected)) most = Math.max(most, errorOf(one, found[name]!));
    });
    await each();
  }
  loaded.dispose();
  return most;
}

function errorOf(
  expected: { readonly data: ArrayLike<number> },
  found: { readonly data: ArrayLike<number> },
) {
  let [scale, most] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const value = expected.data[i] as number;
    scale = Math.max(scale, Math.abs(value));
    most = Math.max(most, Math.abs(value - (found.data[i] as number)));
  }
  return scale > 0 ? most / scale : most;
}

/** Loads a file anew and runs it. */
async function measured(file: string, inputs: Inputs, runs: number): Promise<Measured> {
  const start = performance.now();
  const model = await openAny(file);
  scope(() => void model.run(inputs));
  const first = performance.now() - start;
  const times = Array.from({ length: runs }, () => {
    const from = performance.now();
    scope(() => void model.run(inputs));
    return performance.now() - from;
  }).sort((a, b) => a - b);
  model.dispose();
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return { bytes, first, run: times[times.length >> 1] as number };
}
