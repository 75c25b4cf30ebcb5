/** `striate run`: a model on pictures or arrays, and what it gives. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AnyTensor, DType, RuntimeInfo, Tensor } from 'striate';
import { pictureGrid } from 'striate/analyze';
import { readNpy, readNpz, writeNpy, writeNpz } from 'striate/files';
import { type DecodedPicture, encodePng, type RgbaPicture, toImage } from 'striate/image';
import { type BoxOptions, Detection, nameOf, type Seen } from './detection.ts';
import { type AnyModel, type CommonOptions, openAny, startRuntime } from './load.ts';
import { parseInteger, parseNamed } from './parse.ts';
import { type PictureOptions, type Preparation, preparationOf, prepared, readPicture } from './pictures.ts';
import { UsageError } from './problems.ts';
import { type Described, describeOutput, labelsOf, readLabels, type Scored } from './scores.ts';
import { sourcesOf, writeWhole } from './sources.ts';
import { colors, digits, lineWidth, Progress, table, wrapped } from './terminal.ts';

export interface RunOptions extends CommonOptions, PictureOptions, BoxOptions {
  readonly input: readonly string[];
  readonly outputs?: string;
  readonly output?: string;
  readonly top: string;
  readonly labels?: string;
}

/** What goes in at a time: its name, its tensors by the names of inputs, and the picture that is among them. */
interface Item {
  readonly name: string;
  readonly open: () => Promise<{ feeds: Record<string, Tensor<DType>>; picture?: DecodedPicture }>;
}

/** What came out of an item. */
interface Result {
  readonly input: string;
  readonly milliseconds: number;
  readonly tensors: Record<string, AnyTensor>;
  readonly outputs: Record<string, Described>;
  readonly boxes?: readonly Seen[];
  /** Where they were drawn. */
  readonly drawn?: string;
}

export async function run(file: string, options: RunOptions): Promise<void> {
  const top = parseInteger('--top', options.top, 1);
  const write = options.output === undefined ? null : writerOf(options.output);
  const info = await startRuntime(options);
  const model = await openAny(file);
  const detection = await Detection.of(options);
  const labels = options.labels === undefined ? labelsOf(model.metadata) : readLabels(options.labels);
  const { items, preparation } = itemsOf(model, options, detection !== null);
  detection?.requireRoom(items.length);
  const results: Result[] = [];
  const progress = new Progress(items.length);
  for (const { name, open } of items) {
    const { feeds, picture } = await open();
    const start = performance.now();
    const tensors: Record<string, AnyTensor> = model.run(feeds, wantedOf(options.outputs));
    const milliseconds = performance.now() - start;
    for (const one of Object.values(feeds)) one.dispose();
    const outputs = Object.entries(tensors).map(([key, one]) => [key, describeOutput(one, top, labels)]);
    const result = { input: name, milliseconds, tensors, outputs: Object.fromEntries(outputs) };
    if (detection === null || preparation === null || picture === undefined) results.push(result);
    else {
      const boxes = detection.find(picture, tensors, preparation, labels);
      const drawn = detection.draw(picture, name, boxes);
      results.push({ ...result, boxes, ...(drawn !== null && { drawn }) });
    }
    await progress.step(path.basename(name));
  }
  progress.end();
  const prepared = [preparation?.text, detection?.text].filter((text) => typeof text === 'string');
  const all = {
    model: file,
    runtime: runtimeOf(info),
    ...(prepared.length > 0 && { prepared: prepared.join('; boxes: ') }),
    results: results.map(({ tensors: _, ...rest }) => rest),
  };
  write?.(results, all);
  if (options.json) console.log(JSON.stringify(all, null, 2));
  else {
    if (all.prepared !== undefined) console.log(wrapped(`prepared: ${all.prepared}`, '  '));
    for (const one of results) print(one);
    if (options.output !== undefined) console.log(`written: ${options.output}`);
  }
}

const runtimeOf = ({ version, variant, threads }: RuntimeInfo) => ({ version, variant, threads });

const wantedOf = (outputs: string | undefined) =>
  outputs === undefined ? {} : { outputs: outputs.split(',') };

/** A picture each, or the arrays alone; arrays that stand beside pictures go to the other inputs. */
function itemsOf(
  model: AnyModel,
  options: RunOptions,
  detects: boolean,
): { items: Item[]; preparation: Preparation | null } {
  const { image, input } = options;
  const names = model.inputs.map(({ name }) => name);
  // An archive brings the names itself.
  const files = input.map((text): readonly [name: string, file: string] =>
    text.endsWith('.npz') && !text.includes('=') ? ['', text] : parseNamed('--input', text, names),
  );
  const arrays = (): Record<string, AnyTensor> =>
    Object.assign({}, ...files.map(([name, file]) => readArrays(name, file)));
  if (image.length > 0) {
    const others = files.map(([name]) => name);
    const preparation = preparationOf(model, options, { others, detects });
    const items = sourcesOf('--image', image).map((source) => ({
      name: source.name,
      open: async () => {
        const picture = await readPicture(source);
        return { feeds: { ...arrays(), [preparation.input]: prepared(picture, preparation) }, picture };
      },
    }));
    return { items, preparation };
  }
  if (input.length === 0)
    throw new UsageError('there is nothing to run on: give --image FILE, or --input NAME=FILE.npy');
  const name = files.map(([, file]) => path.basename(file)).join(', ');
  return { items: [{ name, open: async () => ({ feeds: arrays() }) }], preparation: null };
}

function readArrays(name: string, file: string): Record<string, AnyTensor> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch {
    throw new UsageError(`--input: the file '${file}' cannot be read`);
  }
  if (name === '') return readNpz(bytes);
  if (!file.endsWith('.npz')) return { [name]: readNpy(bytes) };
  const { [name]: wanted, ...others } = readNpz(bytes);
  for (const one of Object.values(others)) one.dispose();
  if (wanted === undefined) throw new UsageError(`--input: '${file}' holds no array '${name}'`);
  return { [name]: wanted };
}

type Writer = (results: readonly Result[], all: object) => void;

/** How results are written, by the file's ending. */
function writerOf(file: string): Writer {
  switch (path.extname(file)) {
    case '.npz':
      return (results) => writeWhole(file, writeNpz(named(results)));
    case '.json':
      return (results, all) => {
        const tensors = Object.entries(named(results));
        writeWhole(file, `${JSON.stringify({ ...all, tensors: Object.fromEntries(tensors) })}\n`);
      };
    case '.npy':
      return (results) => writeWhole(file, writeNpy(only(file, named(results))));
    case '.png':
      return (results) => writeWhole(file, encodePng(pictureOf(file, only(file, named(results)))));
    default:
      throw new UsageError(`--output is '${file}', must end with .npz, .npy, .json or .png`);
  }
}

/** The one array that a file can hold. */
function only(file: string, tensors: Record<string, AnyTensor>): AnyTensor {
  const [one, ...more] = Object.values(tensors);
  if (one !== undefined && more.length === 0) return one;
  throw new UsageError(
    `--output is '${file}', of one array, but there are ${more.length + 1}: name one by --outputs, or write a .npz`,
  );
}

/** An output as a picture: of 3 or 4 channels from 0 to 1 itself, of others its maps side by side. */
function pictureOf(file: string, one: AnyTensor): RgbaPicture {
  const { shape } = one;
  if (shape.length !== 4)
    throw new UsageError(
      `--output is '${file}', but the output has the shape [${shape.join(', ')}], must have 4 axes`,
    );
  return one.dtype === 'float32' && [3, 4].includes(shape[1] as number)
    ? toImage(one as Tensor)
    : pictureGrid(one);
}

/** Outputs by name; those of several inputs below the name of each. */
function named(results: readonly Result[]): Record<string, AnyTensor> {
  const entries = results.flatMap(({ input, tensors }) =>
    Object.entries(tensors).map(
      ([name, one]) => [results.length > 1 ? `${input}/${name}` : name, one] as const,
    ),
  );
  return Object.fromEntries(entries);
}

function print({ input, milliseconds, outputs, boxes, drawn }: Result): void {
  console.log(`${colors.bold(input)}  ${colors.dim(`${digits(milliseconds)} ms`)}`);
  if (boxes !== undefined) {
    console.log(indented(boxes.length > 0 ? boxesText(boxes) : 'no boxes'));
    if (drawn !== undefined) console.log(`  drawn: ${drawn}`);
    return;
  }
  const rest = Object.entries(outputs).filter(([name, { top, probabilities, reading }]) => {
    if (reading !== undefined) {
      console.log(`  ${name}: text`);
      console.log(
        indented(
          table(['text', 'probability'], [[reading.text, reading.score.toFixed(4)]], 1, lineWidth() - 2),
        ),
      );
      return false;
    }
    if (top === undefined) return true;
    const how =
      probabilities === 'softmax' ? 'the probabilities are the softmax of the scores' : 'probabilities';
    console.log(`  ${name}: ${how}`);
    console.log(indented(topText(top)));
    return false;
  });
  if (rest.length === 0) return;
  const rows = rest.map(([name, { dtype, shape, min, mean, max, notFinite }]) => [
    ...[name, dtype, `[${shape.join(', ')}]`],
    ...[min, mean, max].map((value) => (value === undefined ? '-' : digits(value))),
    ...(notFinite === undefined ? ['-'] : [`${notFinite}`]),
  ]);
  const head = ['output', 'dtype', 'shape', 'min', 'mean', 'max', 'NaN, inf'];
  console.log(indented(table(head, rows, 4, lineWidth() - 2)));
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');

function topText(top: readonly Scored[]): string {
  const rows = top.map(({ index, label, probability }) => [
    ...[label ?? `class ${index}`, { share: probability }],
    ...[probability.toFixed(4), `${index}`],
  ]);
  return table(['label', '', 'probability', 'class'], rows, 2, lineWidth() - 2);
}

/** A row for each box: what it holds, how sure that is, and its corners. */
function boxesText(boxes: readonly Seen[]): string {
  const rows = boxes.map((one) => [
    nameOf(one),
    (one.textScore ?? one.score).toFixed(4),
    ...one.box.map((value) => `${Math.round(value)}`),
  ]);
  const title = boxes.some(({ text }) => text !== undefined) ? 'text' : 'label';
  return table([title, 'score', 'x1', 'y1', 'x2', 'y2'], rows, 5, lineWidth() - 2);
}
