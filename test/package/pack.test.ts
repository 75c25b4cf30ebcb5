/** The packed package, installed into an empty folder: what it holds. What runtimes make of it: `npm run test:runtimes`. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { disposeRuntime, init, scope, tensor } from 'striate';
import { writeNpy } from 'striate/files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { ENTRIES } from '../../scripts/lib/entries.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { FILES, MODELS } from '../../scripts/zoo/models.mjs';
import { proseOf } from '../docs/markdown.ts';
import { adder } from '../onnx/adder.ts';
import { filesUnder, type Installed, install, output, root } from './installed.ts';

/** A program for Node, which nobody imports. */
const CLI = 'dist/cli.js';

let installed: Installed;
let files: string[];
const read = (file: string): string => fs.readFileSync(path.join(installed.striate, file), 'utf8');

beforeAll(async () => {
  installed = await install();
  files = filesUnder(installed.striate);
}, 300_000);

afterAll(() => {
  fs.rmSync(installed.folder, { recursive: true, force: true });
});

describe('what is in it', () => {
  test('npm pack builds what is missing, and takes dist and the documents', () => {
    expect(installed.packed).toMatch(/prepack/);
    const others = files.filter((file) => !file.startsWith('dist/'));
    expect(others).toEqual([
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'docs/api.md',
      'docs/bench.svg',
      'docs/cli.md',
      'docs/export.md',
      'docs/images.md',
      'docs/layers.jpg',
      'docs/models.md',
      'docs/operators.md',
      'docs/performance.md',
      'docs/picture.jpg',
      'docs/quantization.md',
      'docs/scale.md',
      'docs/training.md',
      'docs/window.jpg',
      'package.json',
    ]);
    console.log(`tarball: ${installed.tarballBytes} bytes, ${files.length} files`);
  });

  test('what the documents link to is beside them', () => {
    for (const file of files.filter((one) => one.endsWith('.md'))) {
      const links = [...proseOf(read(file)).matchAll(/\]\(([^)#\s]+)/g)].map(([, to]) => to!);
      for (const to of links.filter((one) => !/^https?:/.test(one)))
        expect(files, `${file}: ${to}`).toContain(path.posix.join(path.posix.dirname(file), to));
    }
  });

  test('no dependencies, no side effects, no install scripts', () => {
    const manifest = JSON.parse(read('package.json'));
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(manifest.peerDependencies ?? {}).toEqual({});
    expect(manifest.optionalDependencies ?? {}).toEqual({});
    expect(manifest.sideEffects).toEqual(['./dist/worker.js']); // a script, which nobody imports
    expect(Object.keys(manifest.scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(pre|post)?install$|^prepare$/)]),
    );
  });

  test('every file that package.json names is there', () => {
    const manifest = JSON.parse(read('package.json'));
    const named = (value: unknown): string[] =>
      typeof value === 'string' ? [value] : Object.values(value as object).flatMap(named);
    const { main, module, types, exports } = manifest;
    for (const file of named([main, module, types, exports])) {
      const [start, end = ''] = file.replace('./', '').split('*') as [string, string?];
      const isNamed = (one: string) =>
        file.includes('*') ? one.startsWith(start) && one.endsWith(end) : one === start;
      expect(files.filter(isNamed), file).not.toEqual([]);
    }
    for (const entry of Object.keys(ENTRIES)) expect(exports).toHaveProperty([entry.replace('striate', '.')]);
    expect(Object.keys(exports['.'])[0]).toBe('types'); // TypeScript takes the first condition that fits
    expect(Object.keys(exports['.']).at(-1)).toBe('default');
  });

  test('JavaScript holds no import that a bundler or a browser would stumble over', () => {
    const beside = /^\.{1,2}\/[\w./-]+\.(js|wasm|wasm\?module)$/;
    for (const file of files.filter((one) => one.endsWith('.js') && one !== CLI)) {
      const code = read(file).replace(/^\s*(\/\*\*?[\s\S]*?\*\/|\/\/.*)$/gm, '');
      // What is imported when it is needed is a file beside it, named in full.
      expect(
        /\bimport\s*\((?!(['"])\.\/[\w/-]+\.js\1\))|\bimport\.meta\b|\bnew URL\(|\brequire\(/.exec(code)?.[0],
        file,
      ).toBe(undefined);
      for (const [, from] of code.matchAll(/(?:^|;)(?:import|export)\b[^'"]*?['"]([^'"\n]+)['"]/gm)) {
        expect(from, file).toMatch(beside);
        expect(files).toContain(path.posix.join(path.posix.dirname(file), from!.replace('?module', '')));
      }
    }
  });

  test('every JavaScript file has its source map, whose sources are relative and whole', () => {
    for (const file of files.filter((one) => one.endsWith('.js') && one !== CLI)) {
      expect(read(file), file).toContain(`//# sourceMappingURL=${path.basename(file)}.map`);
      const map = JSON.parse(read(`${file}.map`));
      expect(map.sources.filter((source: string) => !source.startsWith('../'))).toEqual([]);
      expect(map.sourcesContent?.length, file).toBe(map.sources.length);
    }
  });

  test('names no machine: no folder of the build, no registry', () => {
    const folders = [root.replace(/[/\\]$/, ''), os.homedir(), os.tmpdir()].filter((one) => one.length > 1);
    const lock = fs.readFileSync(path.join(root, 'package-lock.json'), 'latin1');
    for (const [file, text] of [
      ...files.map((one) => [one, fs.readFileSync(path.join(installed.striate, one), 'latin1')] as const),
      ['package-lock.json', lock] as const,
    ]) {
      for (const folder of folders) expect(text.includes(`${folder}/`), `${folder} in ${file}`).toBe(false);
      expect(
        /"resolved": "https?:|\bregistry\.(?!test\b)[\w-]+\.\w+|\/rustc\/|\.cargo\//.exec(text)?.[0],
        file,
      ).toBe(undefined);
    }
  });

  test('workerd, edge-light and slim entries have the same names and none of the embedded bytes', () => {
    const names = (file: string): string[] =>
      [...read(file).matchAll(/\bexport\s*\{([^}]*)\}/g)]
        .flatMap(([, list]) => list!.split(',').map((one) => one.trim().replace(/^.* as /, '')))
        .sort();
    for (const entry of ['index.workerd', 'index.edge', 'slim', 'image.workerd', 'image.edge']) {
      const file = `dist/${entry}.js`;
      const whole = names(`dist/${/^image/.test(entry) ? 'image' : 'index'}.js`);
      expect(whole.length).toBeGreaterThan(5);
      expect(names(file)).toEqual(whole);
      expect(read(file).length, file).toBeLessThan(8000);
    }
    expect(names('dist/index.node.js')).toEqual(names('dist/index.js'));
  });
});

describe('types', () => {
  test('declarations hold no `any`', () => {
    for (const file of files.filter((one) => one.endsWith('.d.ts'))) {
      const code = read(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(/.*(?:[:<|(,]|=>|\bas)\s*any\b.*/.exec(code)?.[0], file).toBe(undefined);
    }
  });
});

describe('the command line', () => {
  test('is there as `npx striate`, holds its libraries and their licences', async () => {
    expect(fs.readdirSync(path.join(installed.folder, 'node_modules'))).not.toContain('commander');
    expect(read(CLI)).toMatch(/^#!\/usr\/bin\/env node\n/);
    for (const name of ['commander', 'cli-table3', 'cli-progress', 'picocolors'])
      expect(read(CLI)).toMatch(new RegExp(`\n${name}\n\n[\\s\\S]*?Copyright`));
    const bin = path.join(installed.folder, 'node_modules/.bin/striate');
    expect((await output(bin, ['--version'], installed.folder)).trim()).toBe(
      JSON.parse(read('package.json')).version,
    );
  });

  test('runs a model on an array, in an empty folder', async () => {
    const folder = fs.mkdtempSync(path.join(installed.folder, 'empty-'));
    await init();
    fs.writeFileSync(path.join(folder, 'adder.onnx'), adder);
    fs.writeFileSync(
      path.join(folder, 'x.npy'),
      scope(() => writeNpy(tensor([[1, 5]]))),
    );
    disposeRuntime();
    const bin = path.join(installed.folder, 'node_modules/.bin/striate');
    const text = await output(
      bin,
      ['run', 'adder.onnx', '--input', 'x.npy', '--output', 'y.json', '--json'],
      folder,
    );
    expect(JSON.parse(text).results[0].outputs.y).toMatchObject({ shape: [1, 2], dtype: 'float32' });
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'y.json'), 'utf8')).tensors.y.data).toEqual([2, 3]);
  });

  describe('on photographs, with networks of others, in an empty folder', () => {
    const NEEDED = {
      'resnet50-thin': 'classes.onnx',
      yolov8n: 'faces.onnx',
      'ppocr4-detection': 'lines.onnx',
      'ppocr4-recognition': 'letters.onnx',
      'ppocr4-characters': 'letters.txt',
    };
    let folder: string;
    // biome-ignore lint/suspicious/noExplicitAny: what JSON holds
    const run = async (...args: string[]): Promise<any> => {
      const bin = path.join(installed.folder, 'node_modules/.bin/striate');
      return JSON.parse(await output(bin, ['run', ...args, '--json'], folder)).results[0];
    };

    beforeAll(async () => {
      folder = fs.mkdtempSync(path.join(installed.folder, 'empty-'));
      const needed = [...MODELS, ...FILES].filter(({ name }) => name in NEEDED);
      await fetchModels(needed);
      for (const one of needed)
        fs.copyFileSync(fileOf(one), path.join(folder, NEEDED[one.name as keyof typeof NEEDED]));
      fs.copyFileSync(fetchData({ log: () => {} }).photos[0]!, path.join(folder, 'photo.jpg'));
      fs.copyFileSync(path.join(root, 'examples/pictures/page.jpg'), path.join(folder, 'page.jpg'));
      fs.writeFileSync(path.join(folder, 'classes.txt'), 'safe\nnot safe\n');
    }, 300_000);

    test('the top labels of a photograph', async () => {
      const prepared = ['--order', 'bgr', '--preset', 'none', '--mean', '104,117,123'];
      const { outputs } = await run(
        ...['classes.onnx', '--image', 'photo.jpg', '--labels', 'classes.txt', ...prepared],
      );
      const [{ top }] = Object.values<{ top: { label: string; probability: number }[] }>(outputs) as [
        { top: { label: string; probability: number }[] },
      ];
      expect(top.map(({ label }) => label)).toEqual(['safe', 'not safe']);
      expect(top[0]!.probability).toBeGreaterThan(0.9);
    }, 120_000);

    test('boxes, drawn', async () => {
      const { boxes, drawn } = await run('faces.onnx', '--image', 'photo.jpg', '--boxes', 'boxes.png');
      expect(drawn).toBe('boxes.png');
      expect(fs.readFileSync(path.join(folder, drawn)).subarray(1, 4).toString()).toBe('PNG');
      expect(boxes.length).toBeGreaterThan(0);
      for (const { label, score, box } of boxes) {
        expect(label).toMatch(/^[A-Z_]+$/);
        expect(score).toBeGreaterThan(0.25);
        expect(box[2] - box[0]).toBeGreaterThan(20);
      }
      expect(boxes.some(({ label }: { label: string }) => label.startsWith('FACE'))).toBe(true);
    }, 120_000);

    test('text, line by line', async () => {
      const { boxes } = await run(
        ...['lines.onnx', '--image', 'page.jpg', '--order', 'bgr', '--preset', 'imagenet'],
        ...['--read', 'letters.onnx', '--characters', 'letters.txt', '--boxes', 'text.jpg'],
      );
      const texts = boxes.map(({ text }: { text: string }) => text.replaceAll(' ', ''));
      expect(texts.slice(0, 2)).toEqual(['Notesonlighthouses', 'Howfaralighthouseisseen']);
      expect(texts).toEqual(expect.arrayContaining(['GullRock', '38m', '29.1km', '30.0km']));
      expect(fs.existsSync(path.join(folder, 'text.jpg'))).toBe(true);
    }, 300_000);
  });
});
