// What the examples have in common: their arguments, pictures in from files, and annotated pictures out to build/examples.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage, encodeJpeg, type Picture } from 'striate/image';

/** Files by the name that `needs` of an example gives them. */
export type Files = Readonly<Record<string, string>>;

export interface Arguments {
  /** Paths of what is to be looked at. */
  readonly inputs: readonly string[];
  /** Print JSON, and nothing else, on standard output. */
  readonly json: boolean;
  /** Where annotated pictures go. */
  readonly out: string;
  /** Only results of at least this score. */
  readonly score: number;
}

/** Reads the command line; undefined after --help, whose text `help` begins. Paths are relative to where npm was called. */
export function readArguments(
  args: readonly string[],
  help: string,
  given: { inputs: readonly string[]; score: number },
): Arguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      out: { type: 'string' },
      score: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(`${help}

  --out DIR      where annotated pictures go (build/examples)
  --score S      only what has at least this score, 0 to 1 (${given.score})
  --json         results as JSON on standard output`);
    return undefined;
  }
  const score = values.score === undefined ? given.score : Number(values.score);
  if (!(score >= 0 && score <= 1)) throw new RangeError(`--score is ${values.score}, must be from 0 to 1`);
  const folder = process.env.INIT_CWD ?? process.cwd();
  const here = (path: string) => resolve(folder, path);
  return {
    inputs: positionals.length > 0 ? positionals.map(here) : given.inputs,
    json: values.json ?? false,
    out: values.out === undefined ? resolve('build/examples') : here(values.out),
    score,
  };
}

/** A picture file: JPEG, PNG, WebP, GIF or BMP. */
export async function readPicture(path: string): Promise<Picture> {
  try {
    return await decodeImage(readFileSync(path));
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Writes `NAME.KIND.jpg` into the folder and gives its path. */
export function writePicture(picture: Picture, path: string, kind: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${parse(path).name}.${kind}.jpg`);
  writeFileSync(file, encodeJpeg(picture));
  return file;
}

/** A picture with its longer side at most `limit`, both sides multiples of `of`: [height, width]. */
export function sizeWithin({ height, width }: Picture, limit: number, of: number): [number, number] {
  const scale = Math.min(1, limit / Math.max(height, width));
  const side = (length: number) => Math.max(of, Math.round((length * scale) / of) * of);
  return [side(height), side(width)];
}
