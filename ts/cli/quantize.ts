/** `striate quantize`: a model on integers, from pictures such as it will see, and what that changes: bytes, times, values. */
import path from 'node:path';
import type { Tensor } from 'striate';
import type { Model } from 'striate/onnx';
import { type QuantizedModel, type QuantizeOptions, quantize } from 'striate/quantize';
import { type CommonOptions, openModel, startRuntime } from './load.ts';
import { difference, type Inputs, measured, measuredRow, shapesOf, unique } from './measure.ts';
import { parseInteger, parseNumbers, parseWord } from './parse.ts';
import { type PictureOptions, preparationOf, prepared, readPicture } from './pictures.ts';
import { Failure, lineOf, UsageError } from './problems.ts';
import { sourcesOf, writeWhole } from './sources.ts';
import { Progress, table } from './terminal.ts';

export interface QuantizeCommandOptions extends CommonOptions, Omit<PictureOptions, 'image'> {
  readonly images: readonly string[];
  readonly output: string;
  readonly method: string;
  readonly percentile: string;
  readonly exclude?: string;
  readonly threshold: string;
  readonly bits: string;
  readonly biasCorrection: boolean;
  readonly weights: string;
  readonly runs: string;
}

export async function quantizeModel(file: string, options: QuantizeCommandOptions): Promise<void> {
  const { output } = options;
  if (!/\.(striate|onnx)$/.test(output))
    throw new UsageError(`--output is '${output}', must end with .striate or .onnx`);
  const weights = parseWord('--weights', options.weights, ['float32', 'float16', 'int8']);
  const runs = parseInteger('--runs', options.runs, 1);
  const how = optionsOf(options);
  await startRuntime(options);
  const model = await openModel(file);
  const feeds = await feedsOf(model, options);
  const progress = new Progress(100);
  try {
    const onProgress = (done: number, total: number) =>
      progress.to(Math.floor((95 * done) / total), 'quantising');
    const quantized = await inOneLine(model, feeds, { ...how, onProgress });
    const report = quantized.report();
    const shapes = unique(shapesOf(feeds));
    writeWhole(
      output,
      output.endsWith('.onnx') ? quantized.toOnnx() : quantized.save({ weights, inputShapes: shapes }),
    );
    const { error, agreement } = await difference(model, output, feeds, () => progress.to(97, 'comparing'));
    const [before, after] = [
      await measured(file, feeds[0] as Inputs, runs),
      await measured(output, feeds[0] as Inputs, runs),
    ];
    progress.end();
    if (options.json) {
      const all = { model: file, output, pictures: feeds.length, before, after, error, agreement, report };
      console.log(JSON.stringify(all, null, 2));
      return;
    }
    console.log(`${report}\n\nwritten: ${output}\n`);
    console.log(
      table(
        ['file', 'bytes', 'first run', 'run'],
        [measuredRow(path.basename(file), before), measuredRow(path.basename(output), after)],
        3,
      ),
    );
    console.log(
      `\nlargest difference on these pictures: ${error.toPrecision(2)} of the output's largest value${
        agreement === null ? '' : `; the same best class in ${agreement.same} of ${agreement.rows}`
      }`,
    );
  } finally {
    progress.end();
  }
}

function optionsOf(options: QuantizeCommandOptions): QuantizeOptions {
  return {
    method: parseWord('--method', options.method, ['minmax', 'percentile', 'mse']),
    percentile: parseNumbers('--percentile', options.percentile)[0],
    threshold: parseNumbers('--threshold', options.threshold)[0],
    bits: Number(parseWord('--bits', options.bits, ['7', '8'])) as 7 | 8,
    biasCorrection: options.biasCorrection,
    ...(options.exclude !== undefined && { exclude: options.exclude.split(',') }),
  };
}

/** The pictures as the model takes them. */
async function feedsOf(model: Model, options: QuantizeCommandOptions): Promise<Inputs[]> {
  const preparation = preparationOf(model, { ...options, image: options.images });
  const feeds: Record<string, Tensor<never>>[] = [];
  for (const source of sourcesOf('--images', options.images))
    feeds.push({
      [preparation.input]: prepared(await readPicture(source), preparation) as unknown as Tensor<never>,
    });
  return feeds;
}

/** @throws Failure in one line: what cannot be quantised is no wrong use */
async function inOneLine(model: Model, feeds: Inputs[], options: QuantizeOptions): Promise<QuantizedModel> {
  try {
    return await quantize(model, feeds, options);
  } catch (cause) {
    throw new Failure(lineOf(cause), { cause });
  }
}
