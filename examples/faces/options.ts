// What the user asked for.
import { parseArgs } from 'node:util';
import type { ModelName } from './views.ts';

export const HELP = `Finds faces in photographs with the two BlazeFace models.

  npm start                           a photograph that comes with the set-up
  npm start -- PHOTO...               JPEG, PNG, WebP, GIF or BMP files
  npm start -- [options] PHOTO...

  --model front|back|both   128 x 128 for near faces, 256 x 256 for farther ones (default: both)
  --score NUMBER            the least score that counts as a face, 0 to 1 (default: 0.5)
  --out FOLDER              where the annotated pictures go (default: build/faces)
  --json                    results as JSON on stdout, nothing else
  --help                    this text

Ends with 0, with 1 when a photograph failed (the others are still done), with 2 when an option is wrong.
`;

export interface Options {
  photos: string[];
  models: ModelName[];
  score: number;
  /** Relative to the folder from which npm was called; undefined: build/faces of the repository. */
  out: string | undefined;
  json: boolean;
  help: boolean;
}

/** Throws an Error with a sentence for the user. */
export function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      model: { type: 'string', default: 'both' },
      score: { type: 'string', default: '0.5' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const models: Record<string, ModelName[]> = { front: ['front'], back: ['back'], both: ['front', 'back'] };
  const chosen = Object.hasOwn(models, values.model) ? models[values.model] : undefined;
  if (chosen === undefined) throw new Error(`--model is '${values.model}', must be front, back or both`);
  const score = Number(values.score);
  if (values.score.trim() === '' || !(score >= 0 && score <= 1)) {
    throw new Error(`--score is '${values.score}', must be a number from 0 to 1`);
  }
  if (values.out === '') throw new Error('--out is empty, must be a folder');
  return {
    photos: positionals,
    models: chosen,
    score,
    out: values.out,
    json: values.json,
    help: values.help,
  };
}
