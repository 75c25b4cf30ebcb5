/** `striate run`: a model on pictures or arrays, and what it gives. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { AnyTensor, DType, RuntimeInfo, Tensor } from 'striate';
import { readNpy, readNpz, writeNpy, writeNpz } from 'striate/files';
import type { Model } from 'striate/onnx';
import { type CommonOptions, openModel, startRuntime } from './load.ts';
import { parseInteger, parseNamed } from './parse.ts';
import { UsageError } from './problems.ts';
import { type Described, describeOutput, labelsOf, readLabels, type Scored } from './scores.ts';
import { writeWhole } from './sources.ts';
import { colors, digits, lineWidth, Progress, table } from './terminal.ts';

export interface RunOptions extends CommonOptions {
  readonly input: readonly string[];
  readonly outputs?: string;
  readonly output?: string;
  readonly top: string;
  readonly labels?: string;
}

/** What goes in at a time: its name, how it was prepared, and its tensors by the names of inputs. */
interface Item {
  readonly name: string;
  readonly feeds: () => Promise<Record<string, Tensor<DType>>>;
}

/** What came out of an item. */
interface Result {
  readonly input: string;
  readonly milliseconds: number;
  readonly tensors: Record<string, AnyTensor>;
  readonly outputs: Record<string, Described>;
}

export async function run(file: string, options: RunOptions): Promise<void> {
  const top = parseInteger('--top', options.top, 1);
  const write = options.output === undefined ? null : writerOf(options.output);
  const info = await startRuntime(options);
  const model = await openModel(file);
  const labels = options.labels === undefined ? labelsOf(model.metadata) : readLabels(options.labels);
  const items = itemsOf(model, options);
  const results: Result[] = [];
  const progress = new Progress(items.length);
  for (const { name, feeds } of items) {
    const inputs = await feeds();
    const start = performance.now();
    const tensors: Record<string, AnyTensor> = model.run(inputs, wantedOf(options.outputs));
    const milliseconds = performance.now() - start;
    for (const one of Object.values(inputs)) one.dispose();
    const outputs = Object.entries(tensors).map(([key, one]) => [key, describeOutput(one, top, labels)]);
    results.push({ input: name, milliseconds, tensors, outputs: Object.fromEntries(outputs) });
    await progress.step(path.basename(name));
  }
  progress.end();
  const all = {
    model: file,
    runtime: runtimeOf(info),
    results: results.map(({ tensors: _, ...rest }) => rest),
  };
  write?.(results, all);
  if (options.json) console.log(JSON.stringify(all, null, 2));
  else for (const one of results) print(one);
  if (options.output !== undefined && !options.json) console.log(`written: ${options.output}`);
}

const runtimeOf = ({ version, variant, threads }: RuntimeInfo) => ({ version, variant, threads });

const wantedOf = (outputs: string | undefined) =>
  outputs === undefined ? {} : { outputs: outputs.split(',') };

function itemsOf(model: Model, { input }: RunOptions): Item[] {
  if (input.length === 0) throw new UsageError('there is nothing to run on: give --input NAME=FILE.npy');
  const names = model.inputs.map(({ name }) => name);
  const files = new Map<string, string>();
  for (const text of input) {
    // An archive brings the names itself.
    const [name, file] =
      text.endsWith('.npz') && !text.includes('=') ? ['', text] : parseNamed('--input', text, names);
    files.set(name, file);
  }
  const title = [...files.values()].map((one) => path.basename(one)).join(', ');
  return [
    {
      name: title,
      feeds: async () => Object.assign({}, ...[...files].map(([name, file]) => readArrays(name, file))),
    },
  ];
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
      return (results) => {
        const [only, ...more] = Object.values(named(results));
        if (only === undefined || more.length > 0)
          throw new UsageError(
            `--output is '${file}', of one array, but there are ${more.length + 1}: write a .npz`,
          );
        writeWhole(file, writeNpy(only));
      };
    default:
      throw new UsageError(`--output is '${file}', must end with .npz, .npy or .json`);
  }
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

function print({ input, milliseconds, outputs }: Result): void {
  console.log(`${colors.bold(input)}  ${colors.dim(`${digits(milliseconds)} ms`)}`);
  const rest = Object.entries(outputs).filter(([name, { top, probabilities }]) => {
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
