// The example from photographs to faces: how many, where, and what it says to what is wrong.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { disposeRuntime } from 'striate';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeAnchors } from '../../examples/faces/anchors.ts';
import { type Data, main, type Result } from '../../examples/faces/main.ts';
import { bestOf, blend } from '../../examples/faces/nms.ts';
import { chooseViews } from '../../examples/faces/views.ts';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { expectNothingLive } from '../support/runtime.ts';

/** [left, top, side] in pixels, from left to right; looked at in the annotated pictures: each box is on a face. */
const FACES = [
  [
    [419, 404, 188],
    [840, 459, 197],
    [1485, 252, 164],
  ],
  [
    [323, 184, 245],
    [893, 279, 190],
    [1467, 193, 204],
  ],
  [
    [583, 388, 214],
    [1069, 272, 235],
    [1477, 358, 205],
  ],
  [
    [236, 258, 180],
    [677, 133, 164],
    [978, 225, 192],
    [1281, 197, 185],
  ],
  [
    [331, 919, 252],
    [578, 471, 182],
    [773, 159, 166],
    [1116, 269, 161],
    [1409, 426, 252],
  ],
  [
    [236, 538, 230],
    [651, 382, 230],
    [1146, 348, 230],
    [1488, 327, 229],
  ],
];
/** In pixels of photographs 1920 wide: decoders and resamplers may differ a little between releases. */
const NEAR = 12;

const data: Data = fetchData({ log: () => {} });
const folder = mkdtempSync(join(tmpdir(), 'striate-faces-'));
const said = { log: [] as string[], error: [] as string[] };

beforeEach(() => {
  said.log = [];
  said.error = [];
  vi.spyOn(console, 'log').mockImplementation((line) => said.log.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => said.error.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(() => {
  disposeRuntime();
  rmSync(folder, { recursive: true, force: true });
});

async function find(...args: string[]): Promise<Result[]> {
  expect(await main([...args, '--json', '--out', folder], data)).toBe(0);
  expect(said.log).toHaveLength(1);
  return JSON.parse(said.log[0] as string);
}

test.each(['both', 'front', 'back'])('finds every face of the six photographs, model %s', async (model) => {
  const results = await find('--model', model, ...data.photos);
  for (const [i, result] of results.entries()) {
    const found = result.faces
      .map(({ left, top, right }) => [left, top, right - left])
      .sort(([a = 0], [b = 0]) => a - b);
    expect(found.length, result.photo).toBe(FACES[i]?.length);
    // One model alone is rougher: its box must still cover the recorded one's middle and be of its size.
    for (const [k, [left = 0, top = 0, side = 0]] of found.entries()) {
      const [wantedLeft = NaN, wantedTop = NaN, wantedSide = NaN] = FACES[i]?.[k] ?? [];
      const near = model === 'both' ? NEAR : wantedSide / 2;
      for (const [got, wanted] of [
        [left, wantedLeft],
        [top, wantedTop],
        [side, wantedSide],
      ] as const) {
        expect(Math.abs(got - wanted), `${result.photo}, face ${k + 1}`).toBeLessThanOrEqual(near);
      }
    }
    const { width, height } = await sharp(result.picture).metadata();
    expect([width, height]).toEqual([result.width, result.height]);
  }
  expectNothingLive();
});

test('a photograph that the camera noted as turned is turned upright', async () => {
  const path = join(folder, 'turned.jpg');
  const photo = data.photos[5] as string;
  await sharp(photo).resize(600).rotate(90).withMetadata({ orientation: 8 }).toFile(path);
  const [result] = await find(path);
  expect(result?.faces).toHaveLength(4);
  expect(result?.width).toBe(600);
});

test.each([
  ['one pixel', 1, 1],
  ['one row', 9, 1],
  ['no face', 300, 200],
])('%s: no face and no error', async (_, width, height) => {
  const path = join(folder, 'plain.png');
  await sharp({ create: { width, height, channels: 4, background: '#8a6' } })
    .png()
    .toFile(path);
  const [result] = await find(path);
  expect(result?.faces).toEqual([]);
  expect(existsSync(result?.picture as string)).toBe(true);
});

test('a file that is no image, a folder and a missing file are named; the photograph between them is done', async () => {
  const note = join(folder, 'note.jpg');
  writeFileSync(note, 'no picture');
  const missing = join(folder, 'missing.jpg');
  const photo = data.photos[2] as string;
  expect(await main([note, folder, photo, missing, '--out', folder], data)).toBe(1);
  expect(said.error).toHaveLength(3);
  expect(said.error[0]).toMatch(`${note}: must be an image`);
  expect(said.error[1]).toMatch(`${folder}: must be an image file`);
  expect(said.error[2]).toBe(`${missing}: no such file`);
  expect(said.log.join('\n')).toMatch(/3 faces\n {2}1\. score 0\.9\d+ .*right eye \d+,\d+/);
});

test('without arguments it ends with what to try next', async () => {
  expect(await main([], { ...data, photos: data.photos.slice(2, 3) })).toBe(0);
  const next = (said.log.at(-1) as string).trim().split('\n');
  expect(next.slice(1).map((line) => line.trim().split(/ {2,}/)[0])).toEqual([
    'npm start -- PHOTO...',
    'npm start -- see',
    'npm run bench -- layers --filter sixteen',
    'npm test',
  ]);
});

test.each([
  [['--modl', 'front'], /--modl/],
  [['--model', 'side'], /--model is 'side', must be front, back or both/],
  [['--score', '2'], /--score is '2', must be a number from 0 to 1/],
  [['--score', ''], /--score is ''/],
])('wrong options %j', async (args, sentence) => {
  expect(await main(args, data)).toBe(2);
  expect(said.error.join()).toMatch(sentence);
});

test('an anchor for each row of the outputs, the first in the middle of the first cell', () => {
  const anchors = makeAnchors();
  expect(anchors).toHaveLength(896);
  expect(anchors[0]).toEqual({ x: 1 / 32, y: 1 / 32 });
  expect(anchors[895]).toEqual({ x: 15 / 16, y: 15 / 16 });
});

function face(score: number, left: number, top: number, side: number) {
  return { score, left, top, right: left + side, bottom: top + side, points: [{ x: left, y: top }] };
}

test('blending weighs by score and leaves a face apart alone', () => {
  const [first, second, ...more] = blend([face(0.5, 3, 0, 10), face(1, 0, 0, 10), face(0.75, 50, 0, 10)]);
  expect(first).toMatchObject({ score: 1, left: 1, right: 11, points: [{ x: 1, y: 0 }] });
  expect(second).toEqual(face(0.75, 50, 0, 10));
  expect(more).toEqual([]);
});

test('of several views the best is kept, also against a partial one inside it', () => {
  expect(bestOf([face(0.6, 6, 6, 4), face(0.9, 0, 0, 10), face(0.8, 20, 0, 10)]).map((f) => f.score)).toEqual(
    [0.9, 0.8],
  );
});

test('views: squares of the short side reach both ends and overlap by half', () => {
  const photo = { width: 2500, height: 1000 };
  const views = chooseViews(photo, 'front');
  expect(views.map((view) => view?.left)).toEqual([0, 500, 1000, 1500]);
  expect(chooseViews(photo, 'back')).toHaveLength(5);
  expect(chooseViews({ ...photo, width: 1000 }, 'front')).toEqual([null]);
});
