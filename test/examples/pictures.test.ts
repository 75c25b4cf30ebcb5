/** The examples that look at pictures and listen: what they find in the pictures and the sound that come with them. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { disposeRuntime } from 'striate';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as detect from '../../examples/detect.ts';
import * as lines from '../../examples/lines.ts';
import * as pitch from '../../examples/pitch.ts';
import * as readText from '../../examples/read-text.ts';
import type { Files } from '../../examples/support.ts';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { FILES, MODELS } from '../../scripts/zoo/models.mjs';
import { root } from '../docs/markdown.ts';

interface Example {
  readonly needs: readonly string[];
  main(args: readonly string[], files: Files, folder: string): Promise<number>;
}

const out = mkdtempSync(path.join(tmpdir(), 'striate-examples-'));
const examples = path.join(root, 'examples');
let said: string[] = [];

beforeEach(() => {
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line) => said.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  disposeRuntime();
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** What an example finds, as it prints it with --json. */
// biome-ignore lint/suspicious/noExplicitAny: each example's own
async function run({ needs, main }: Example, ...args: string[]): Promise<any[]> {
  const needed = [...MODELS, ...FILES].filter(({ name }) => needs.includes(name));
  await fetchModels(needed);
  said = [];
  const files = Object.fromEntries(needed.map((one) => [one.name, fileOf(one)]));
  expect(await main([...args, '--json', '--out', out], files, examples)).toBe(0);
  expect(said).toHaveLength(1);
  return JSON.parse(said[0]!);
}

/** The network leaves out some of the spaces. */
const letters = (text: string) => text.replaceAll(' ', '');

test('read-text: signs, turned and upside down', async () => {
  const [{ lines: found, picture }] = await run(readText, path.join(examples, 'pictures/sign.jpg'));
  const read = found.map(({ text, upsideDown }: readText.Line) => [letters(text), upsideDown]);
  expect(read).toEqual([
    ['HarbourStreet48', false],
    ['Ferryleavesat17:35', false],
    ['Pleaseturnmeover', true],
    ['HB20417', false],
  ]);
  for (const { score } of found) expect(score).toBeGreaterThan(0.9);
  expect(existsSync(picture)).toBe(true);
}, 120_000);

test('detect: the parts of a page', async () => {
  const [{ parts, picture }] = await run(detect);
  const counts = (label: string) => parts.filter((part: detect.Part) => part.label === label).length;
  const labels = ['title', 'figure', 'figure caption', 'table', 'table caption'];
  expect(labels.map(counts)).toEqual([3, 1, 1, 1, 1]);
  const [x1, y1, x2, y2] = parts.find((part: detect.Part) => part.label === 'table').box.map(Math.round);
  for (const [found, drawn] of [
    [x1, 190],
    [y1, 798],
    [x2, 810],
    [y2, 942],
  ])
    expect(Math.abs(found - drawn!)).toBeLessThan(15);
  expect(existsSync(picture)).toBe(true);
}, 120_000);

test('lines: the bars of a chart', async () => {
  const [{ lines: found, picture }] = await run(lines);
  // The left side of the last bar, from the page's drawing.
  const near = (at: readonly number[], x: number, y: number) => Math.hypot(at[0]! - x, at[1]! - y) < 14;
  const sides = found.filter(({ from, to }: lines.Segment) => near(from, 660, 469) && near(to, 660, 627));
  expect(sides.length).toBeGreaterThan(0);
  expect(found.length).toBeGreaterThan(20);
  expect(existsSync(picture)).toBe(true);
}, 120_000);

test('pitch: a scale and a chord', async () => {
  const [{ notes }] = await run(pitch);
  const names = notes.map(({ name }: pitch.Note) => name);
  expect(names.slice(0, 8)).toEqual(['C4', 'D4', 'E4', 'F4', 'G4', 'A4', 'B4', 'C5']);
  expect(names.slice(8)).toEqual(expect.arrayContaining(['C4', 'E4', 'G4']));
  notes.slice(0, 8).forEach(({ start }: pitch.Note, i: number) => {
    expect(Math.abs(start - (0.2 + 0.5 * i))).toBeLessThan(0.05);
  });
}, 120_000);

test('pitch: files of sound, and what is none', () => {
  const wav = new Uint8Array(44 + 8);
  const view = new DataView(wav.buffer);
  const text = (at: number, value: string) =>
    wav.set(
      [...value].map((one) => one.charCodeAt(0)),
      at,
    );
  text(0, 'RIFF');
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 2, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, 8, true);
  [16384, -16384, 32767, 32767].forEach((value, i) => {
    view.setInt16(44 + 2 * i, value, true);
  });
  const { samples, rate } = pitch.readWav(wav);
  expect([rate, samples[0], samples[1]! > 0.99]).toEqual([8000, 0, true]);
  expect(() => pitch.readWav(wav.subarray(0, 36))).toThrow('the WAV file has no samples');
  expect(() => pitch.readWav(new Uint8Array(20))).toThrow('must be a WAV file');
});

test('a wrong score is refused, help is printed', async () => {
  await expect(detect.main(['--score', '2'], {}, examples)).rejects.toThrow(
    '--score is 2, must be from 0 to 1',
  );
  expect(await lines.main(['--help'], {}, examples)).toBe(0);
  expect(said[0]).toMatch(/npm run example -- lines PICTURE/);
});
