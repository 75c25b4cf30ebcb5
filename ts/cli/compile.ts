/** `striate compile`: a model as one file that runs without planning, and what that changes: bytes, times, values. */
import path from 'node:path';
import type { Model } from 'striate/onnx';
import { anyInputs, type CommonOptions, inputShapes, openModel, startRuntime } from './load.ts';
import { difference, type Inputs, measured, measuredRow, shapesOf, shapesText, unique } from './measure.ts';
import { parseInteger, parseWord } from './parse.ts';
import { type PictureOptions, preparationOf, prepared, readPicture } from './pictures.ts';
import { UsageError } from './problems.ts';
import { sourcesOf, writeWhole } from './sources.ts';
import { Progress, table } from './terminal.ts';

export interface CompileCommandOptions extends CommonOptions, PictureOptions {
  readonly output: string;
  readonly weights: string;
  readonly shape: readonly string[];
  readonly runs: string;
}

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
    const { error } = await difference(model, output, feeds, () => progress.step('comparing'));
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
    console.log(
      table(
        ['file', 'bytes', 'first run', 'run'],
        [measuredRow(path.basename(file), before), measuredRow(path.basename(output), after)],
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
