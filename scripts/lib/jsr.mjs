// The package as JSR takes it, in build/jsr: dist/ with one entry for each subpath, whose types are named in its first line, and
// declarations that import each other by their own names.
import fs from 'node:fs';
import path from 'node:path';
import { removeAll } from './files.mjs';
import { root, run } from './report.mjs';

/** JSR's names have a scope, which must be ours there before the first publication. */
export const NAME = '@striate/striate';

const manifest = () => JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

/** What can be imported by name: the JavaScript entries of package.json's exports that have a subpath without an ending. */
const exportsOf = ({ exports }) =>
  Object.entries(exports).filter(([subpath]) => !/\.\w+$/.test(subpath.slice(1)));

/** Declarations whose imports name declarations, not JavaScript that need not be there; the library for `using` Deno has by itself. */
const forDeno = (text) =>
  text.replace(/^\/\/\/ <reference lib=.*\n/, '').replaceAll(/(from '\.[^']*)\.js'/g, "$1.d.ts'");

/** Makes the folder of what is in dist/, and gives it. */
export function jsrFolder() {
  const folder = path.join(root, 'build/jsr');
  removeAll(folder);
  // Exports have no conditions there, so the entries of edge runtimes, and what these import, stay with npm.
  const wanted = (file) =>
    /\.(js|d\.ts|wasm)$/.test(file) &&
    !/^(cli|worker|wasm|striate\.min)\.|\.(edge|workerd)\.js$|^codec/.test(file);
  const entries = exportsOf(manifest());
  const types = new Map(entries.map(([, { types, default: file }]) => [file, types]));
  for (const file of fs.readdirSync(path.join(root, 'dist'), { recursive: true }).filter(wanted)) {
    const from = path.join(root, 'dist', file);
    const to = path.join(folder, 'dist', file);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    const own = types.get(`./dist/${file}`);
    if (own) {
      const code = fs.readFileSync(from, 'utf8');
      fs.writeFileSync(to, `/* @ts-self-types="./${path.basename(own)}" */\n${code}`);
    } else if (file.endsWith('.d.ts')) fs.writeFileSync(to, forDeno(fs.readFileSync(from, 'utf8')));
    else fs.copyFileSync(from, to);
  }
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md'])
    fs.copyFileSync(path.join(root, file), path.join(folder, file));
  const { version, license } = manifest();
  const exports = Object.fromEntries(entries.map(([subpath, { default: file }]) => [subpath, file]));
  const settings = { name: NAME, version, license, exports };
  fs.writeFileSync(path.join(folder, 'jsr.json'), `${JSON.stringify(settings, null, 2)}\n`);
  return folder;
}

/** Has Deno check all that it checks before it publishes, types included; needs no network. Gives what it said. */
export async function dryRun(folder) {
  const deno = path.join(root, 'node_modules/.bin/deno');
  const args = ['publish', '--dry-run', '--allow-dirty'];
  const { output } = await run(deno, args, { cwd: folder, env: { NO_COLOR: '1' } });
  return output;
}
