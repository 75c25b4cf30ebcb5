/**
 * The packed declarations as programs of each setting read them, every option as one that may be undefined, and what
 * publint and attw say of the tarball. user.txt and options.txt are the programs.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesUnder, here, type Installed, install, output, root } from './installed.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await install();
}, 300_000);
afterAll(() => fs.rmSync(installed.folder, { recursive: true, force: true }));

const modules = path.join(root, 'node_modules');
const packageOf = (name: string) =>
  JSON.parse(fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8'));

/** Where an application has @types/node of this version: copied, with what it stands on, as npm would lay it out. */
function addNodeTypes(folder: string, from: string): void {
  const needed = createRequire(path.join(modules, from, 'package.json')).resolve('undici-types/package.json');
  const to = path.join(folder, 'node_modules');
  fs.cpSync(path.join(modules, from), path.join(to, '@types/node'), { recursive: true });
  fs.cpSync(path.dirname(needed), path.join(to, 'undici-types'), { recursive: true });
}

interface Setting {
  readonly compiler: string;
  readonly module: string;
  readonly moduleResolution: string;
  readonly lib: readonly string[];
  /** The package of @types/node. */
  readonly node?: string;
}
const BROWSER = ['es2022', 'dom'];
const PLAIN = ['es2022'];
const [NEWEST, OWN, LEAST] = ['typescript-7', 'typescript', 'typescript-5.7'];
const node = (compiler: string, types: string): Setting => ({
  compiler,
  module: 'nodenext',
  moduleResolution: 'nodenext',
  lib: PLAIN,
  node: types,
});

const settings: Record<string, Setting> = {
  'a bundler': { compiler: NEWEST, module: 'esnext', moduleResolution: 'bundler', lib: BROWSER },
  'a bundler, the TypeScript of this repository': {
    compiler: OWN,
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: BROWSER,
  },
  node16: { compiler: NEWEST, module: 'node16', moduleResolution: 'node16', lib: BROWSER },
  'Node 20 without DOM': node(NEWEST, '@types/node'),
  'Node 22 without DOM': node(NEWEST, 'types-node-22'),
  'Node 24 without DOM': node(NEWEST, 'types-node-24'),
  'no platform at all': { compiler: NEWEST, module: 'nodenext', moduleResolution: 'nodenext', lib: PLAIN },
  'the least TypeScript, Node 20 without DOM': node(LEAST, '@types/node'),
  'the least TypeScript, node10': {
    compiler: LEAST,
    module: 'esnext',
    moduleResolution: 'node10',
    lib: BROWSER,
  },
};

/** Makes the project of a setting in a folder of the application, and compiles it: what the compiler says. */
function compile(name: string, { compiler, module, moduleResolution, lib, node }: Setting): Promise<string> {
  const folder = path.join(installed.folder, name.replaceAll(/\W+/g, '-'));
  fs.mkdirSync(folder);
  if (node !== undefined) addNodeTypes(folder, node);
  // Without DOM and Node there is no console, which user.ts writes to.
  const programs = lib === PLAIN && node === undefined ? ['options'] : ['user', 'options'];
  for (const one of programs) {
    fs.copyFileSync(path.join(here, `${one}.txt`), path.join(folder, `${one}.ts`));
  }
  const compilerOptions = {
    module,
    moduleResolution,
    lib,
    target: 'es2022',
    types: node === undefined ? [] : ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  const files = programs.map((one) => `${one}.ts`);
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  return output(process.execPath, [path.join(modules, compiler, 'bin/tsc'), '-p', folder], folder);
}

describe.concurrent('programs compile', () => {
  test.each(Object.entries(settings))(
    '%s',
    async (name, setting) => {
      expect(await compile(name, setting)).toBe('');
    },
    120_000,
  );
});

test('package.json says which TypeScript is the least', () => {
  const { typeScriptVersion } = packageOf('../');
  expect(packageOf(LEAST).version.split('.').slice(0, 2).join('.')).toBe(typeScriptVersion);
});

test('every option may be undefined', () => {
  const strict: string[] = [];
  let options = 0;
  for (const file of filesUnder(installed.striate).filter((one) => one.endsWith('.d.ts'))) {
    const text = fs.readFileSync(path.join(installed.striate, file), 'utf8');
    const visit = (one: ts.Node): void => {
      if (ts.isPropertySignature(one) && one.questionToken && isOption(one.parent)) {
        options += 1;
        // `Names` is a type parameter that holds undefined.
        if (!/\bundefined$|^Names$/.test(one.type?.getText() ?? '')) strict.push(`${file}: ${one.getText()}`);
      }
      ts.forEachChild(one, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
  expect(options).toBeGreaterThan(100);
  expect(strict).toEqual([]);
});

/** Whether properties are those of an options object: of an interface of that name, or written out as a parameter's type. */
function isOption(owner: ts.Node): boolean {
  const named = /^(?!Graph|Step).*Options?$/;
  if (ts.isInterfaceDeclaration(owner)) return named.test(owner.name.text);
  return ts.isTypeLiteralNode(owner) && ts.isParameter(owner.parent);
}

describe.concurrent('the tarball', () => {
  const tarball = () => {
    const name = fs.readdirSync(installed.folder).find((one) => one.endsWith('.tgz')) as string;
    return path.join(installed.folder, name);
  };
  const run = (name: string, file: string, ...args: string[]) =>
    output(process.execPath, [path.join(modules, name, file), ...args], installed.folder);

  test('publint finds nothing', async () => {
    expect(await run('publint', 'src/cli.js', tarball(), '--strict')).toContain('All good!');
  }, 120_000);

  // striate is ES modules only, which Node's require takes: not a problem of its types.
  test('are the types wrong? No', async () => {
    const modulesOnly = ['--ignore-rules', 'cjs-resolves-to-esm'];
    const said = await run('@arethetypeswrong/cli', 'dist/index.js', tarball(), ...modulesOnly);
    expect(said).toContain('No problems found');
  }, 120_000);
});
