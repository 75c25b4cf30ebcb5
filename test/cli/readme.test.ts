/** What README shows of the command line is what it prints, but for times. */
import { beforeAll, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { blocksOf, readText, root } from '../docs/markdown.ts';
import { buildDist } from '../package/installed.ts';
import { striate } from './command.ts';

const shown = blocksOf(readText('README.md')).flatMap(({ text }) => {
  const [command = '', ...lines] = text.trimEnd().split('\n');
  return command.startsWith('$ npx striate ') ? [{ args: command.split(' ').slice(3), lines }] : [];
});

beforeAll(async () => {
  fetchData({ log: () => {} });
  await buildDist();
}, 300_000);

/** Times, what follows from them, and which of several steps took longest; the variant that this runtime has. */
const steady = (line: string) =>
  /GFLOP|█/.test(line) && !line.startsWith('step ')
    ? 'a step'
    : line
        .replaceAll(/\b(simd|relaxed)\b/g, 'VARIANT')
        .replaceAll(/[\d.]+( more)?: [\d.]+ ms$|[\d.]+ - [\d.]+ .*$|[\d.]+ ms/g, 'TIME')
        .replaceAll(/ +/g, ' ');

test('run, summary and bench are shown', () => {
  expect(shown.map(({ args }) => args[0])).toEqual(['run', 'summary', 'bench']);
});

test.each(shown)('$args', async ({ args, lines }) => {
  const { code, out, err } = await striate(args, { COLUMNS: '100' }, root);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const printed = out.trimEnd().split('\n').map(steady);
  const gap = lines.indexOf('...');
  const [first, last] = gap < 0 ? [lines, []] : [lines.slice(0, gap), lines.slice(gap + 1)];
  expect(printed.slice(0, first.length)).toEqual(first.map(steady));
  expect(printed.slice(printed.length - last.length)).toEqual(last.map(steady));
  if (gap < 0) expect(printed).toHaveLength(lines.length);
});
