/** The packed package, installed into an empty folder: what it holds, and the same smoke on every runtime. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { disposeRuntime, init, scope, tensor } from 'striate';
import { writeNpy } from 'striate/files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { distName, ENTRIES } from '../../scripts/lib/entries.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { FILES, MODELS } from '../../scripts/zoo/models.mjs';
import { proseOf } from '../docs/markdown.ts';
import { adder } from '../onnx/adder.ts';
import { ISOLATED, inChromium } from './browser.ts';
import { EMBEDDED, filesUnder, type Installed, install, output, root } from './installed.ts';

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
        /\bimport\s*\((?!'\.\/[\w/-]+\.js'\))|\bimport\.meta\b|\bnew URL\(|\brequire\(/.exec(code)?.[0],
        file,
      ).toBe(undefined);
      for (const [, from] of code.matchAll(/^(?:import|export)\b[^'"]*?['"]([^'"\n]+)['"]/gm)) {
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
      [...read(file).matchAll(/^export \{([^}]*)\}/gm)]
        .flatMap(([, list]) => list!.split(',').map((one) => one.trim().replace(/^.* as /, '')))
        .sort();
    for (const entry of ['index.workerd', 'index.edge', 'slim', 'image.workerd', 'image.edge']) {
      const file = `dist/${entry}.js`;
      expect(names(file)).toEqual(names(`dist/${/^image/.test(entry) ? 'image' : 'index'}.js`));
      expect(read(file).length, file).toBeLessThan(8000);
    }
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

describe('threads', () => {
  const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);
  const stand = { threads: 2, after: 2, same: true };

  test.each([
    ['this Node', process.execPath, []],
    ['Deno without any permission', bin('deno'), ['run', '--quiet', '--no-prompt', '--cached-only']],
    ['Bun', bin('bun'), []],
  ] as const)(
    '%s, whose program ends by itself',
    async (_name, command, args) => {
      const text = await output(command, [...args, 'mainThreads.mjs'], installed.folder);
      expect(JSON.parse(text)).toMatchObject(stand);
    },
    60_000,
  );

  test.each([
    ['this Node', process.execPath, []],
    ['Deno that may read', bin('deno'), ['run', '--quiet', '--no-prompt', '--cached-only', '--allow-read']],
    ['Bun', bin('bun'), []],
  ] as const)(
    "%s, workers from the package's file",
    async (_name, command, args) => {
      const text = await output(command, [...args, 'mainHosted.mjs'], installed.folder);
      expect(JSON.parse(text)).toMatchObject(stand);
    },
    60_000,
  );

  const page = (policy: string) => `<!doctype html><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; ${policy}">
<script type="importmap">{ "imports": { "striate": "/node_modules/striate/dist/index.js" } }</script>
<script type="module">
import { threads } from './threads.mjs';
done(JSON.stringify({ isolated: crossOriginIsolated, ...await threads() }));
</script>`;

  test('headless Chromium, cross-origin isolated', async () => {
    const text = await inChromium(installed.folder, page('worker-src blob:'), ISOLATED);
    expect(JSON.parse(text)).toMatchObject({ isolated: true, ...stand, notes: [] });
  }, 600_000);

  test('headless Chromium that is not: one thread, and a note', async () => {
    const { isolated, threads, notes, same } = JSON.parse(
      await inChromium(installed.folder, page('worker-src blob:')),
    );
    expect({ isolated, threads, same }).toEqual({ isolated: false, threads: 1, same: true });
    expect(notes).toEqual([
      expect.stringMatching(/^one thread: no shared memory; a page has it when it is cross-origin isolated/),
    ]);
  }, 600_000);
});

interface Results {
  eager: number[];
  model: number[];
  compiled: number[];
  sigmoid: number[];
  /** Width, height, channels and pixels of each. */
  pictures: Record<string, number[]>;
  errors: string[];
  liveBytes: number;
  liveTensors: number;
}
interface Smoke {
  before: string;
  simd: Results;
  relaxed: Results | null;
}

describe('runs on', () => {
  let reference: Smoke;
  const bin = (name: string): string =>
    path.join(root, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name);
  const main = async (command: string, ...args: string[]): Promise<Smoke> =>
    JSON.parse(await output(command, [...args, 'main.mjs'], installed.folder));

  /** The simd variant gives the same bits everywhere; the relaxed one is exact only on small integers. */
  function expectSame(smoke: Smoke, relaxed: boolean): void {
    expect(smoke.before).toBe(reference.before);
    expect(smoke.simd).toEqual(reference.simd);
    expect(smoke.relaxed !== null).toBe(relaxed);
    if (smoke.relaxed === null) return;
    const { compiled, sigmoid, ...exact } = smoke.relaxed;
    expect(smoke.simd).toMatchObject(exact);
    for (const [values, expected] of [
      [compiled, smoke.simd.compiled],
      [sigmoid, smoke.simd.sigmoid],
    ] as const) {
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    }
  }

  beforeAll(async () => {
    reference = await main(process.execPath);
  }, 60_000);

  test('this Node: textbook numbers, errors as sentences, nothing alive at the end', () => {
    const { before, simd } = reference;
    expect(before).toBe('Error: tensor: call `await init()` first');
    expect(simd).toMatchObject({
      eager: [19, 25, 37, 43],
      model: [19, 25, 37, 43],
      liveBytes: 0,
      liveTensors: 0,
    });
    expect(simd.compiled).toHaveLength(75);
    expect(simd.errors).toEqual([
      expect.stringMatching(/^RangeError: conv2d: stride is 0, must be/),
      expect.stringMatching(/^ModelError: /),
      'Error: decodeImage: bytes is a PNG file that ends early',
    ]);
    const colors = [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 200, 100, 50, 255, 255, 255];
    const { jpeg, bmp, encodedJpeg, ...others } = simd.pictures;
    for (const pixels of Object.values(others)) expect(pixels).toEqual([3, 2, 3, ...colors]);
    expect(bmp).toEqual([1, 1, 3, 3, 2, 1]);
    expect(jpeg!.slice(0, 3)).toEqual([3, 2, 3]);
    for (const [i, grey] of [10, 60, 90, 120, 180, 250].entries())
      expect(Math.abs(jpeg![3 + i * 3]! - grey)).toBeLessThan(12);
    for (const [i, value] of colors.entries())
      expect(Math.abs(encodedJpeg![3 + i]! - value)).toBeLessThan(12);
  });

  test('this Node with relaxed SIMD', async () => {
    const flags = process.version.startsWith('v20.') ? ['--experimental-wasm-relaxed-simd'] : [];
    expectSame(await main(process.execPath, ...flags), true);
  }, 60_000);

  test('Deno without any permission', async () => {
    expectSame(await main(bin('deno'), 'run', '--quiet', '--no-prompt', '--cached-only'), true);
  }, 60_000);

  test('Bun', async () => {
    expectSame(await main(bin('bun')), true);
  }, 60_000);

  test('headless Chromium, unbundled, under a content security policy', async () => {
    const imports = Object.fromEntries(
      Object.keys(ENTRIES).map((entry) => [entry, `/node_modules/striate/dist/${distName(entry)}.js`]),
    );
    const policy = "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
    const page = `<!doctype html><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
import { smoke } from './smoke.mjs';
done(JSON.stringify(await smoke()));
</script>`;
    expectSame(JSON.parse(await inChromium(installed.folder, page)), true);
  }, 600_000);

  /** Workers and edge functions import a compiled module; Node gets the same by this plugin. */
  const wasmImports: Plugin = {
    name: 'wasm-imports',
    setup({ onResolve, onLoad }) {
      const filter = /\.wasm(\?module)?$/;
      onResolve({ filter }, ({ path: file, resolveDir }) => ({
        path: path.join(resolveDir, file.replace('?module', '')),
        namespace: 'wasm',
      }));
      onLoad({ filter, namespace: 'wasm' }, ({ path: file }) => ({
        contents: `import fs from 'node:fs';\nexport default new WebAssembly.Module(fs.readFileSync(${JSON.stringify(file)}));`,
        resolveDir: installed.folder,
      }));
    },
  };

  test.each([
    ['workerd', true],
    ['edge-light', false],
  ])(
    'what bundlers take for %s',
    async (condition, hasRelaxed) => {
      const outfile = path.join(installed.folder, condition, 'main.mjs');
      await build({
        absWorkingDir: installed.folder,
        entryPoints: ['main.mjs'],
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'neutral',
        external: ['node:fs'],
        conditions: [condition],
        plugins: [wasmImports],
        logLevel: 'error',
      });
      expect(fs.readFileSync(outfile, 'utf8')).not.toMatch(EMBEDDED);
      const flags = process.version.startsWith('v20.') ? ['--experimental-wasm-relaxed-simd'] : [];
      expectSame(
        JSON.parse(await output(process.execPath, [...flags, outfile], installed.folder)),
        hasRelaxed,
      );
    },
    60_000,
  );
});
