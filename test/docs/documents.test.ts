/** What the documents name exists: paths, scripts, folders, functions; and nothing in them is of one machine. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { conv2d, disposeRuntime, init, relu } from 'striate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engine } from '../../ts/engine/engine.ts';
import { resolve } from '../../ts/graph/resolve.ts';
import { Builder } from '../../ts/instructions/builder.ts';
import { OP } from '../../ts/instructions/table.ts';
import { entryOf } from '../../ts/ops/operator.ts';
import {
  blocksOf,
  codeWords,
  DOCUMENTS,
  foldersIn,
  readText,
  root,
  section,
  tableRows,
  treePaths,
} from './markdown.ts';

const { scripts, version } = JSON.parse(readText('package.json')) as {
  scripts: Record<string, string>;
  version: string;
};

/** Made by set-up, build and tests: named in the documents, not in the repository. */
const MADE = /^(node_modules|build|dist|target|\.cache|tools|data)(\/|$)/;
const ROOTS = /^(\.ci|bench|crates|examples|scripts|test|ts)\//;
const FILES = /^[\w.-]+\.(md|json|toml|ts|mjs|lock)$/;

/** Commands in the documents: lines of shell blocks, and words set as code. */
const commandsOf = (markdown: string): string[] => [
  ...blocksOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n').map((line) => line.replace(/\s+#.*$/, ''))),
  ...codeWords(markdown),
];

describe.each(DOCUMENTS)('%s', (document) => {
  const markdown = readText(document);

  test('names paths that exist', () => {
    const words = commandsOf(markdown).flatMap((command) => command.split(/\s+/));
    const paths = words.filter(
      (word) => (ROOTS.test(word) || FILES.test(word)) && !/[*{}<>]|NAME/.test(word),
    );
    expect(paths.filter((word) => !MADE.test(word) && !existsSync(path.join(root, word)))).toEqual([]);
  });

  test('links to what exists', () => {
    const links = [...markdown.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1] as string);
    expect(links.filter((link) => !/^https?:/.test(link) && !existsSync(path.join(root, link)))).toEqual([]);
    const anchors = [...markdown.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]);
    const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(({ 1: heading = '' }) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors.filter((anchor) => !headings.includes(anchor as string))).toEqual([]);
  });

  test('names scripts of package.json that exist', () => {
    const builtIn = ['ci', 'install', 'pack', 'rebuild', 'start', 'test', 'run'];
    const named = commandsOf(markdown).flatMap(
      (command) => command.match(/^npm (?:run )?([\w:-]+)/)?.[1] ?? [],
    );
    expect(named.filter((name) => !(name in scripts) && !builtIn.includes(name))).toEqual([]);
  });

  test('names no folder of one machine and no host', () => {
    const hosts = markdown.match(/https?:\/\/[^\s)'"`>]+/g) ?? [];
    expect(hosts.filter((url) => !/^https:\/\/(keepachangelog\.com|semver\.org)\//.test(url))).toEqual([]);
    expect(markdown.match(/(?<![\w.~$])\/(home|root|Users|work|tmp|opt|mnt|var|srv)\/\S*/g) ?? []).toEqual(
      [],
    );
    expect(markdown.match(/\b\d{1,3}(\.\d{1,3}){3}\b|localhost:\d+/g) ?? []).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const markdown = readText('ARCHITECTURE.md');
  const tree = treePaths(blocksOf(section(markdown, '## Folders'))[0]?.text ?? '');

  test('draws folders and files that exist', () => {
    expect(tree.filter((entry) => !existsSync(path.join(root, entry)))).toEqual([]);
  });

  test('draws every folder at the top, in ts/ and in the sources of each crate', () => {
    const crates = foldersIn('crates');
    const inCrates = crates.flatMap((crate) => foldersIn(`${crate}/src`));
    const wanted = [...foldersIn('.'), ...foldersIn('ts'), ...crates, ...inCrates];
    expect(wanted.filter((folder) => !tree.includes(folder))).toEqual([]);
  });

  test('shows code as it is', () => {
    const shown = blocksOf(section(markdown, '## How to add an operator')).filter(
      ({ language }) => language === 'ts',
    );
    const source = readText('ts/tensor/moves.ts');
    expect(shown.length).toBe(2);
    for (const { text } of shown) {
      expect(text.split('\n').length).toBeGreaterThan(4);
      expect(source).toContain(text.trimEnd());
    }
  });

  test('names functions where they are: rows of tables that begin with a file', () => {
    const rows = tableRows(markdown).flatMap((cells) => {
      const at = cells.findIndex((cell) => /^`[\w./-]+\.(ts|rs|mjs)`$/.test(cell));
      return at < 0 || cells[at + 1] === undefined ? [] : [[cells[at]!.slice(1, -1), cells[at + 1]!]];
    });
    expect(rows.length).toBeGreaterThan(10);
    const missing = rows.flatMap(([file, names]) => {
      const text = readFileSync(path.join(root, file!), 'utf8');
      const words = codeWords(names!).flatMap((word) => word.match(/[\w]+/g) ?? []);
      return words
        .filter((word) => !new RegExp(`\\b${word}\\b`).test(text))
        .map((word) => `${word} in ${file}`);
    });
    expect(missing).toEqual([]);
  });
});

describe('the word format in ARCHITECTURE.md', () => {
  beforeAll(async () => {
    await init();
  });
  afterAll(disposeRuntime);

  const wordsShown = (mark: string) => {
    const block = blocksOf(readText('ARCHITECTURE.md')).find(({ marks }) => marks.includes(mark));
    const lines = block?.text.split('\n').map((line) => line.replace(/ {2,}.*$/, ''));
    const words = lines?.join(' ').match(/-?\d+|[a-z]\w*/gi);
    return words?.map((word) => OP[word as keyof typeof OP] ?? Number(word));
  };

  test('is that of relu', () => {
    const lowering = new Builder(engine('test'), 'test');
    const type = { shape: [4], dtype: 'float32' } as const;
    const inputs = [lowering.external(16)];
    const outputs = [lowering.external(16)];
    entryOf(relu)!.lower?.(lowering, {
      types: [type],
      outputTypes: [type],
      params: [],
      problem: resolve(entryOf(relu)!, [type], []).problem,
      inputs,
      outputs,
    });
    expect(lowering.encode(lowering.steps, lowering.arenaBytes).words).toEqual(wordsShown('relu'));
  });

  test('a convolution is two instructions, and padding is resolved', () => {
    const lowering = new Builder(engine('test'), 'test');
    const types = [[1, 8, 8, 8], [8, 8, 3, 3], [8]].map((shape) => ({ shape, dtype: 'float32' as const }));
    const inputs = types.map(() => lowering.external(4));
    const outputs = [lowering.external(4)];
    const params = [2, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0];
    const { outputs: outputTypes, problem } = resolve(entryOf(conv2d)!, types, params);
    expect(outputTypes[0]?.shape).toEqual([1, 8, 8, 8]);
    entryOf(conv2d)!.lower?.(lowering, { types, outputTypes, params, problem, inputs, outputs });
    expect(lowering.steps.map(({ opcode }) => opcode)).toEqual([OP.convPack, OP.conv]);
    expect(codeWords(readText('ARCHITECTURE.md'))).toContain(`[${params.join(', ')}]`);
  });
});

describe('CHANGELOG.md', () => {
  test('begins with the version of the package, or with what is not yet released', () => {
    const headings = [...readText('CHANGELOG.md').matchAll(/^## \[([^\]]+)\]/gm)].map((match) => match[1]);
    expect(headings.find((heading) => heading !== 'Unreleased')).toBe(version);
  });
});

describe('the licence', () => {
  test('is the one that package.json names', () => {
    expect(readText('LICENSE')).toMatch(/^MIT License/);
    expect(JSON.parse(readText('package.json'))).toMatchObject({ license: 'MIT' });
  });
});
