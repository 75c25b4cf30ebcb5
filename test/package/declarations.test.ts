/** What a user's editor is given: dist/*.d.ts. They compile, show public names only, and say of each what it is. */
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { beforeAll, expect, test } from 'vitest';
import { apiReport, withoutDocs } from '../../scripts/lib/declarations.mjs';
import { distName, ENTRIES } from '../../scripts/lib/entries.mjs';
import { referencePages } from '../../scripts/site/reference.mjs';
import { buildDist, filesUnder, root } from './installed.ts';

const dist = path.join(root, 'dist');
const texts = () =>
  filesUnder(dist)
    .filter((file) => file.endsWith('.d.ts'))
    .map((file) => fs.readFileSync(path.join(dist, file), 'utf8'));

beforeAll(async () => {
  await buildDist();
}, 300_000);

/** What the compiler says of the declarations, as libraries are seldom checked, and of a file that imports them. */
function errorsOf(file: string): string[] {
  const paths = Object.fromEntries(
    Object.keys(ENTRIES).map((entry) => [entry, [path.join(dist, `${distName(entry)}.d.ts`)]]),
  );
  const program = ts.createProgram([...Object.values(paths).flat(), path.join(root, file)], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    paths,
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file: at, start }) => {
    const line = at === undefined || start === undefined ? '' : at.text.slice(start).split('\n')[0];
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

test('they compile as libraries are, and what keeps the dtype says so', () => {
  expect(errorsOf('test/types/dtypes.ts')).toEqual([]);
}, 60_000);

/** The names that the examples do not make themselves. */
const GIVEN = `
declare const x: Tensor, y: Tensor, w: Tensor, weight: Tensor, bias: Tensor, runningMean: Tensor, runningVar: Tensor;
declare const image: Tensor;
declare const net: Module;
`;

test('the examples compile', () => {
  const examples = texts().flatMap((text) =>
    [...text.matchAll(/@example\n([\s\S]*?)(?=\n *\* @|\*\/)/g)].map(([, code = '']) =>
      code.replaceAll(/^ *\* ?(```\w*$)?/gm, ''),
    ),
  );
  expect(examples.length).toBeGreaterThan(25);
  const names = (entry: string) =>
    [...fs.readFileSync(path.join(dist, entry), 'utf8').matchAll(/^export \{([^}]*)\}/gm)].flatMap(
      ([, list = '']) => list.split(',').map((name) => name.trim().replace(/^.* as /, '')),
    );
  const known = new Set<string>();
  const imports = Object.keys(ENTRIES).map((entry) => {
    const more = names(`${distName(entry)}.d.ts`).filter((name) => !known.has(name));
    for (const name of more) known.add(name);
    return `import { ${more.join(', ')} } from '${entry}';`;
  });
  const file = 'build/examples.ts';
  fs.writeFileSync(
    path.join(root, file),
    [
      ...imports,
      GIVEN,
      ...examples.map((code, i) => `export async function example${i}() {\n${code}\n}`),
    ].join('\n'),
  );
  expect(errorsOf(file)).toEqual([]);
}, 60_000);

test('every name, option and member has a docstring', () => {
  expect(withoutDocs(dist)).toEqual([]);
});

test('nothing internal is in them', () => {
  const words = [
    '@internal',
    'Entry',
    'Engine',
    'Storage',
    'Value',
    'Trace',
    'Layered',
    'Executable',
    'Loaded',
  ];
  const members = [
    'entry',
    'layer',
    'validate',
    'resources',
    'symbol',
    'setTraining',
    'runFor',
    'profileFor',
  ];
  for (const text of texts()) {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '');
    for (const word of words) expect(code).not.toMatch(new RegExp(`(?<![\\w@])${word}\\b`));
    // What an option is called may be the name of something internal: a layer's name is a text.
    for (const name of members)
      expect(code).not.toMatch(new RegExp(`^ +(readonly )?${name}\\??[(:<](?! string)`, 'm'));
  }
});

test('docs/api.md is what they declare', () => {
  const report = fs.readFileSync(path.join(root, 'docs/api.md'), 'utf8');
  expect(apiReport(dist), 'out of date; `npm run generate` writes it').toBe(report);
});

test("the site's reference has every public name, with what it says", () => {
  const pages = referencePages(dist) as { place: string; markdown: string }[];
  const all = pages.map(({ markdown }) => markdown).join('\n');
  const names = [
    ...apiReport(dist).matchAll(/^(?:abstract class|class|interface|function|const|type) (\w+)/gm),
  ];
  expect(names.length).toBeGreaterThan(400);
  // A heading, the declaration, and text behind it.
  const sections = new Map(
    all
      .split(/^## /m)
      .map((text) => [text.slice(0, text.indexOf('\n')), text.replace(/```ts[\s\S]*?```/, '')]),
  );
  const silent = names
    .map((match) => match[1] as string)
    .filter((name) => (sections.get(name) ?? '').trim() === name || !sections.has(name));
  expect(silent).toEqual([]);
  expect(sections.get('conv2d')).toMatch(/- `weight`: .*\n[\s\S]*- Throws: /);
});
