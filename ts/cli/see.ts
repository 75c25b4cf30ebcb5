/** `striate see`: the maps of a layer for a picture, side by side, as a PNG file. */
import { scope } from 'striate';
import { pictureGrid } from 'striate/analyze';
import { encodePng } from 'striate/image';
import type { Model } from 'striate/onnx';
import { type CommonOptions, openModel, startRuntime } from './load.ts';
import { parseInteger, parseWord } from './parse.ts';
import { type PictureOptions, preparationOf, prepared, readPicture } from './pictures.ts';
import { UsageError } from './problems.ts';
import { sourcesOf, writeWhole } from './sources.ts';
import { wrapped } from './terminal.ts';

export interface SeeOptions extends CommonOptions, PictureOptions {
  readonly layer: string;
  readonly output: string;
  readonly columns?: string;
  readonly colormap: string;
  readonly normalize: string;
  readonly zoom?: string;
}

/** The name of a value, or of the node that makes it, as a summary has it. */
const madeBy = ({ nodes }: Model, layer: string): string =>
  nodes.find(({ name, outputs }) => name === layer && !outputs.includes(layer))?.outputs[0] ?? layer;

/** Maps become at least so large, in pixels, where --zoom does not say how much. */
const LARGE_ENOUGH = 64;

export async function see(file: string, options: SeeOptions): Promise<void> {
  const { layer, output } = options;
  if (!output.endsWith('.png')) throw new UsageError(`--output is '${output}', must end with .png`);
  const settings = {
    colormap: parseWord('--colormap', options.colormap, ['gray', 'viridis', 'coolwarm']),
    normalize: parseWord('--normalize', options.normalize, ['each', 'all']),
    ...(options.columns !== undefined && { columns: parseInteger('--columns', options.columns, 1) }),
  };
  const [source, ...more] = sourcesOf('--image', options.image);
  if (source === undefined || more.length > 0)
    throw new UsageError(`--image names ${more.length + 1} pictures, must name one`);
  await startRuntime(options);
  const model = await openModel(file);
  const preparation = preparationOf(model, options);
  const picture = await readPicture(source);
  const { shape, grid } = scope(() => {
    const feeds = { [preparation.input]: prepared(picture, preparation) };
    const value = madeBy(model, layer);
    const maps = model.run(feeds, { outputs: [value] })[value]!;
    const { shape } = maps;
    if (shape.length !== 4)
      throw new UsageError(`--layer: '${layer}' has the shape [${shape.join(', ')}], must have 4 axes`);
    const small = Math.max(1, Math.ceil(LARGE_ENOUGH / Math.max(shape[2]!, shape[3]!)));
    const scale = options.zoom === undefined ? small : parseInteger('--zoom', options.zoom, 1);
    return { shape, grid: pictureGrid(maps, { ...settings, scale }) };
  });
  writeWhole(output, encodePng(grid));
  const { width, height } = grid;
  const [, channels, high, wide] = shape;
  if (options.json) {
    console.log(
      JSON.stringify(
        { model: file, image: source.name, prepared: preparation.text, layer, shape, output, width, height },
        null,
        2,
      ),
    );
    return;
  }
  console.log(wrapped(`prepared: ${preparation.text}`, '  '));
  console.log(`${layer}: ${channels} maps of ${high}x${wide}`);
  console.log(`written: ${output}, ${width}x${height} pixels`);
}
