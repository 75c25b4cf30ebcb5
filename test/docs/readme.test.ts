/** README's examples run as they are pasted and print what README shows; what it lists is what there is. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { ENTRIES } from '../../scripts/lib/entries.mjs';
import { handlerTable } from '../../ts/onnx/handlers/all.ts';
import { blocksOf, codeWords, readText, root, section } from './markdown.ts';

const readme = readText('README.md');
const blocks = blocksOf(readme);
const examples = blocks.flatMap((block, i) =>
  block.marks.includes('run') ? [{ ...block, printed: blocks[i + 1] }] : [],
);
const folder = 'build/docs';
const fileOf = ({ language, line }: { language: string; line: number }) =>
  `${folder}/line${line}.${language}`;

describe('README', () => {
  beforeAll(() => {
    fetchData({ log: () => {} });
    mkdirSync(path.join(root, folder), { recursive: true });
    for (const example of examples) writeFileSync(path.join(root, fileOf(example)), example.text);
  });
  afterAll(() => rmSync(path.join(root, folder), { recursive: true, force: true }));

  test('has examples, each with what it prints', () => {
    expect(examples.length).toBeGreaterThan(3);
    for (const { line, printed } of examples) expect(printed?.language, `line ${line}`).toBe('text');
  });

  test('the first example is at most ten lines of code', () => {
    const lines = examples[0]?.text.split('\n').filter((line) => line.trim() !== '');
    expect(lines?.length).toBeLessThanOrEqual(10);
  });

  test.each(examples)('the example at line $line prints what README shows', async (example) => {
    const { build } = await import('esbuild');
    const { language, line, printed } = example;
    const outfile = path.join(root, folder, `line${line}.mjs`);
    await build({
      absWorkingDir: root,
      entryPoints: [fileOf({ language, line })],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'es2022',
      packages: 'external',
      tsconfig: 'tsconfig.json',
      logLevel: 'silent',
    });
    const { stdout, stderr } = spawnSync(process.execPath, [outfile], { cwd: root, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toBe(printed?.text);
  });

  test('the TypeScript examples have no type errors', { timeout: 120_000 }, () => {
    const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const files = examples
      .filter(({ language }) => language === 'ts')
      .map((example) => path.join(root, fileOf(example)));
    const program = ts.createProgram(files, { ...options, moduleDetection: ts.ModuleDetectionKind.Force });
    const found = files.flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)));
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  test('names everything that the entries export, and nothing else', async () => {
    const words = codeWords(section(readme, '## What it does').split('\nNames, options')[0] as string);
    const names = words.filter(
      (word) => /^[A-Za-z]\w+$/.test(word) && word !== 'Nd' && !/^[123]d$/.test(word),
    );
    const listed = names.flatMap((name) =>
      name.endsWith('Nd') ? [1, 2, 3].map((rank) => name.replace(/Nd$/, `${rank}d`)) : [name],
    );
    const entries = await Promise.all(
      Object.values(ENTRIES).map((file) => import(/* @vite-ignore */ path.join(root, file))),
    );
    const exported = entries.flatMap((entry) => Object.keys(entry));
    expect([...new Set(listed)].sort()).toEqual([...new Set(exported)].sort());
  });

  test("names ONNX's operators that are read", () => {
    const [, text = ''] = readme.match(/<!-- onnx:begin -->([\s\S]*?)<!-- onnx:end -->/) ?? [];
    expect(codeWords(text)).toEqual([...handlerTable().keys()].sort());
  });
});
