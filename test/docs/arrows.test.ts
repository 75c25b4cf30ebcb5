/** Imports in ts/ run one way: from a folder to those below it, and among the files of a folder in no circle. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { root } from './markdown.ts';

/** From the lowest: ARCHITECTURE.md draws them. */
const ORDER = [
  ...['base', 'engine', 'instructions', 'graph', 'program', 'tensor', 'ops'],
  ...['transforms', 'layers', 'files', 'train', 'onnx', 'image', 'analyze', 'quantize', 'cli', 'entries'],
];

const files = readdirSync(path.join(root, 'ts'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));

/** What a file imports or exports from, within ts/; types as well. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, 'ts', file), 'utf8');
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => path.posix.join(path.posix.dirname(file), fileName))
    .filter((target) => files.includes(target));
}

const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** index.ts and the entries are the package's faces. */
const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] as string) : 'entries');

test('every folder has its place', () => {
  expect([...new Set(files.map(folderOf))].sort()).toEqual([...ORDER].sort());
  expect([...imports.values()].flat().length).toBeGreaterThan(300);
});

test('no file imports from a folder above its own', () => {
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets
      .filter((target) => ORDER.indexOf(folderOf(target)) > ORDER.indexOf(folderOf(file)))
      .map((target) => `${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no file imports itself by way of others', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    if (done.has(file) || way.includes(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});
