/** docs/models.md has a row for each network of the zoo, and says of each whether it is right. */
import { expect, test } from 'vitest';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { readText, tableRows } from './markdown.ts';

const markdown = readText('docs/models.md');
const [header = [], ...rows] = tableRows(markdown);
const verdict = header.indexOf('verdict');

test('every network has its row, with its package', () => {
  const shown = rows.map(([name, pack]) => `${name}: ${pack}`);
  expect(shown).toEqual(MODELS.map(({ name, pack }) => `${name}: ${pack.name} ${pack.version}`));
});

test('what is not right is explained', () => {
  for (const row of rows.filter((cells) => cells[verdict] !== 'right'))
    expect(markdown).toContain(`\n- ${row[0]}: `);
});

test('counts what is right', () => {
  const right = rows.filter((cells) => cells[verdict] === 'right').length;
  expect(markdown).toContain(`${right} of ${MODELS.length} are right.`);
});

test('networks have names, packages and hashes of their own', () => {
  expect(new Set(MODELS.map(({ name }) => name)).size).toBe(MODELS.length);
  expect(new Set(MODELS.map(({ sha256 }) => sha256)).size).toBe(MODELS.length);
  expect(MODELS.filter(({ sha256 }) => !/^[0-9a-f]{64}$/.test(sha256))).toEqual([]);
});
