// The command: photographs in; per face a line, per photograph its times and the path of an annotated picture, out.
import { mkdirSync } from 'node:fs';
import { join, parse, relative, resolve } from 'node:path';
import { init } from 'striate';
import { KEY_POINTS } from './anchors.ts';
import { FaceDetector } from './detect.ts';
import { drawFaces } from './draw.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { readPhoto } from './photo.ts';
import { type FoundFace, findFaces } from './search.ts';
import { describeTimes, Stopwatch } from './stopwatch.ts';
import type { ModelName } from './views.ts';

const NEXT = `
What to try next:
  npm start -- PHOTO...                        the faces in photographs of yours
  npm start -- see                             the playground: a page in which one sees what convolutions do
  npm run bench -- layers --filter sixteen     how fast single layers are on this machine
  npm test                                     every check and every test`;

/** Where the models and a default photograph are. */
export interface Data {
  models: Record<ModelName, string>;
  photos: string[];
}

export interface Result {
  photo: string;
  picture: string;
  width: number;
  height: number;
  faces: FoundFace[];
  milliseconds: Record<string, number>;
}

/** Gives the process's exit code. Paths are relative to the folder from which npm was called. */
export async function main(args: string[], data: Data): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${message(error).split('. ')[0]}\nnpm start -- --help shows what there is.`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const folder = process.env.INIT_CWD ?? process.cwd();
  const photos = options.photos.length > 0 ? options.photos : data.photos.slice(-1);
  const out = options.out === undefined ? resolve('build/faces') : resolve(folder, options.out);
  const say = options.json ? () => {} : console.log;

  let detectors: Map<ModelName, FaceDetector>;
  try {
    makeFolder(out);
    detectors = await loadDetectors(options.models, data, say);
  } catch (error) {
    console.error(message(error));
    return 1;
  }
  const results: Result[] = [];
  const names = new Set<string>();
  let failures = 0;
  for (const path of photos.map((photo) => resolve(folder, photo))) {
    try {
      const result = await detect(path, join(out, freshName(path, names)), detectors, options.score);
      results.push(result);
      say(describe(result, folder));
    } catch (error) {
      failures++;
      console.error(message(error));
    }
  }
  for (const detector of detectors.values()) detector.dispose();
  if (options.json) console.log(JSON.stringify(results, null, 2));
  if (args.length === 0) say(NEXT);
  return failures > 0 ? 1 : 0;
}

async function loadDetectors(models: ModelName[], data: Data, say: (line: string) => void) {
  const watch = new Stopwatch();
  const { variant, threads } = await watch.measure('init', () => init());
  const detectors = new Map<ModelName, FaceDetector>();
  for (const model of models) {
    detectors.set(model, await watch.measure(`load ${model}`, () => FaceDetector.load(data.models[model])));
  }
  say(`striate: variant ${variant}, ${threads} thread${threads > 1 ? 's' : ''}`);
  say(`  milliseconds: ${describeTimes(watch.milliseconds)}`);
  return detectors;
}

async function detect(
  path: string,
  picture: string,
  detectors: Map<ModelName, FaceDetector>,
  score: number,
): Promise<Result> {
  const watch = new Stopwatch();
  const photo = await watch.measure('decode', () => readPhoto(path));
  const faces = await findFaces(photo, detectors, score, watch);
  await watch.measure('draw', () => drawFaces(photo, faces, picture));
  const { width, height } = photo;
  return { photo: path, picture, width, height, faces, milliseconds: watch.milliseconds };
}

function describe(result: Result, folder: string): string {
  const { photo, width, height, faces, milliseconds, picture } = result;
  return [
    '',
    `${relative(folder, photo)}, ${width} x ${height}: ${faces.length} face${faces.length === 1 ? '' : 's'}`,
    ...faces.map((face, i) => `  ${i + 1}. ${describeFace(face)}`),
    `  milliseconds: ${describeTimes(milliseconds)}`,
    `  picture: ${picture}`,
  ].join('\n');
}

function describeFace(face: FoundFace): string {
  const [left, top] = [Math.round(face.left), Math.round(face.top)];
  const [width, height] = [Math.round(face.right - face.left), Math.round(face.bottom - face.top)];
  const points = face.points.map(({ x, y }, i) => `${KEY_POINTS[i]} ${Math.round(x)},${Math.round(y)}`);
  return `score ${face.score.toFixed(3)} (${face.model}), box ${left},${top} ${width} x ${height}, ${points.join(', ')}`;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new Error(`--out is ${path}, must be a folder that can be made or written: ${message(error)}`);
  }
}

/** Two photographs of the same name in different folders must not write the same picture. */
function freshName(path: string, taken: Set<string>): string {
  const { name } = parse(path);
  let fresh = `${name}.faces.jpg`;
  for (let i = 2; taken.has(fresh); i++) fresh = `${name}-${i}.faces.jpg`;
  taken.add(fresh);
  return fresh;
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
