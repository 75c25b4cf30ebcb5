/**
 * Values of tensors that lie in other files than the model's: which files, by paths from the model's folder, and ranges of
 * their bytes. A file is read once, and the tensors get views of it.
 */
import { ModelError } from '../base/errors.ts';
import { messageOf } from '../base/realm.ts';
import { type ModelSource, readSource } from '../base/source.ts';
import type { External, GraphProto, ModelProto, TensorProto } from './protobuf.ts';
import { externalRange } from './weights.ts';

/** Files of a model's weights, by the paths that the model names. */
export type ExternalData = Readonly<Record<string, ModelSource>>;

/** A tensor whose values are elsewhere, and what names it in errors. */
interface Absent {
  readonly tensor: TensorProto;
  readonly what: string;
}

/**
 * Gives each tensor the bytes that it names: from what the user has given, else from beside the model.
 * @throws ModelError that names tensor and file
 */
export async function readExternal(
  { file, graph }: ModelProto,
  given: ExternalData,
  beside: ((path: string) => Promise<Uint8Array>) | null,
): Promise<void> {
  const readers = new Map<string, Absent[]>();
  for (const absent of absentIn(graph, file)) {
    externalRange(absent.tensor, absent.what);
    const path = pathFrom(absent);
    const list = readers.get(path);
    if (list === undefined) readers.set(path, [absent]);
    else list.push(absent);
  }
  const read = async ([path, tensors]: [string, Absent[]]) => {
    const { location } = tensors[0]!.tensor.external as External;
    const name = Object.hasOwn(given, location) ? location : path;
    const bytes = Object.hasOwn(given, name)
      ? (await readSource('loadModel', given[name] as ModelSource, `externalData['${name}']`)).bytes
      : await readBeside(path, tensors[0]!, beside);
    for (const one of tensors) take(one, path, bytes);
  };
  await Promise.all([...readers].map(read));
}

/** The tensors of a graph, and of the graphs in its nodes' attributes, whose values are elsewhere. */
function* absentIn({ initializers, nodes }: GraphProto, file: string): Generator<Absent> {
  for (const tensor of initializers)
    if (tensor.external !== null) yield { tensor, what: `${file}: initializer '${tensor.name}'` };
  for (const { name, operator, outputs, attributes } of nodes) {
    for (const [attribute, { tensor, graph }] of attributes) {
      const what = `${file}: node '${name || outputs[0]}' (${operator}): attribute ${attribute}`;
      if (tensor !== null && tensor.external !== null) yield { tensor, what };
      if (graph !== null) yield* absentIn(graph, file);
    }
  }
}

/** The file's path from the model's folder. Files of a Windows machine may have backslashes in it. */
function pathFrom({ tensor, what }: Absent): string {
  const { location } = tensor.external as External;
  const names = location.split(/[/\\]/).filter((name) => name !== '.');
  if (names.every((name) => name !== '' && name !== '..' && !name.includes('\0'))) return names.join('/');
  throw new ModelError(
    `${what}: its values are in '${location}', must be in a file of the model's folder or below it`,
  );
}

async function readBeside(
  path: string,
  { what }: Absent,
  beside: ((path: string) => Promise<Uint8Array>) | null,
): Promise<Uint8Array> {
  if (beside === null) {
    throw new ModelError(
      `${what}: its values are in the file '${path}': give its bytes as loadModel's externalData: { '${path}': bytes }`,
    );
  }
  try {
    return await beside(path);
  } catch (cause) {
    throw new ModelError(`${what}: its values are in the file '${path}': ${messageOf(cause)}`, { cause });
  }
}

/** The tensor's bytes as a view. */
function take({ tensor, what }: Absent, path: string, bytes: Uint8Array): void {
  const { start, end } = externalRange(tensor, what);
  if (end > bytes.length) {
    throw new ModelError(
      `${what}: its values are bytes ${start} to ${end} of the file '${path}', which has ${bytes.length}`,
    );
  }
  tensor.raw = bytes.subarray(start, end);
  tensor.external = null;
}
