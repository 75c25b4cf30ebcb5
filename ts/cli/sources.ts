/** What is read: files, all pictures of a folder, '-' for standard input, and URLs. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Failure, lineOf, UsageError } from './problems.ts';

/** A file by its name, which is read when its turn comes. */
export interface Source {
  readonly name: string;
  read(): Promise<Uint8Array>;
}

const PICTURES = /\.(jpe?g|png|webp|gif|bmp)$/i;

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);

/** The files that are meant; a folder stands for the pictures in it, in the order of their names. */
export function sourcesOf(option: string, given: readonly string[]): Source[] {
  return given.flatMap((text): Source[] => {
    if (text === '-') return [{ name: '-', read: () => buffer(process.stdin) }];
    if (isUrl(text)) return [{ name: text, read: () => download(text) }];
    const found = statSync(text, { throwIfNoEntry: false });
    if (found === undefined) throw new UsageError(`${option}: there is no file '${text}'`);
    if (!found.isDirectory()) return [{ name: text, read: async () => readFileSync(text) }];
    const names = readdirSync(text)
      .filter((name) => PICTURES.test(name))
      .sort();
    if (names.length === 0)
      throw new UsageError(`${option}: the folder '${text}' holds no pictures (jpg, png, webp, gif, bmp)`);
    return names.map((name) => fileSource(path.join(text, name)));
  });
}

const fileSource = (name: string): Source => ({ name, read: async () => readFileSync(name) });

async function download(url: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    const inner = (cause as Error).cause;
    throw new Failure(`${url} cannot be read: ${lineOf(inner ?? cause)}`, { cause });
  }
  if (!response.ok) throw new Failure(`${url} was answered with status ${response.status}, must be 200`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A model is a path or a URL. */
export function modelSource(text: string): string {
  if (isUrl(text)) return text;
  const found = statSync(text, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`there is no model '${text}'`);
  if (found.isDirectory()) throw new UsageError(`'${text}' is a folder, must be a model`);
  return text;
}

/** Half-written files, which go when the command is interrupted. */
const halfWritten = new Set<string>();

/** Writes a file whole or not at all. */
export function writeWhole(file: string, bytes: Uint8Array | string): void {
  const folder = path.dirname(file);
  if (!existsSync(folder)) throw new UsageError(`--output: there is no folder '${folder}'`);
  const half = path.join(folder, `.${path.basename(file)}.${process.pid}`);
  halfWritten.add(half);
  try {
    writeFileSync(half, bytes);
    renameSync(half, file);
  } finally {
    clearFiles();
  }
}

/** Takes away what was not written whole. */
export function clearFiles(): void {
  for (const file of halfWritten) rmSync(file, { force: true });
  halfWritten.clear();
}
