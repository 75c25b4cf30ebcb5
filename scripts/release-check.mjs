// `npm run release:check`: what must hold before a version is published. One version everywhere, a changelog that says what is in it, no
// file that is not committed, the repository's address, what JSR asks for, and all tests, publint, are-the-types-wrong, sizes and the list
// of public names among them.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildDist, WASM } from './lib/dist.mjs';
import { dryRun, jsrFolder, NAME } from './lib/jsr.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root, run } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

const HELP = `npm run release:check -- [options]

  --no-tests   all but the tests
  --help       this text
`;

const read = (file, encoding = 'utf8') => fs.readFileSync(path.join(root, file), encoding);
const json = (file) => JSON.parse(read(file));

/** The version that the build wrote into a module, in its last section (scripts/lib/wasm.mjs). */
const versionIn = (file) => /striate([\d.]+) [\w-]+$/.exec(read(file, 'latin1'))?.[1];

/** Where a version is written, and what is written there. */
function versions() {
  const lock = json('package-lock.json');
  return {
    'package.json': json('package.json').version,
    'package-lock.json': lock.version,
    "package-lock.json's packages": lock.packages[''].version,
    'Cargo.toml': /^\[workspace\.package\]\nversion = "(.*)"/m.exec(read('Cargo.toml'))?.[1],
    ...Object.fromEntries(
      ['striate-core', 'striate-wasm', 'striate-codec'].map((name) => [
        `Cargo.lock, ${name}`,
        new RegExp(`name = "${name}"\\nversion = "(.*)"`).exec(read('Cargo.lock'))?.[1],
      ]),
    ),
    ...Object.fromEntries(WASM.map((name) => [`dist/${name}`, versionIn(`dist/${name}`)])),
    'dist/worker.js': /of striate ([\d.]+),/.exec(read('dist/worker.js'))?.[1],
  };
}

/** What a section of the changelog holds; undefined where it is not there. */
function sectionOf(name) {
  const [, text] = read('CHANGELOG.md').split(`\n## [${name}]`);
  return text?.split('\n## [', 1)[0].replace(/^.*\n/, '').trim();
}

async function oneVersion() {
  const all = versions();
  const { 'package.json': version } = all;
  const others = Object.entries(all).filter(([, one]) => one !== version);
  if (others.length > 0)
    throw new Problem(others.map(([where, one]) => `${where} has ${one}, must have ${version}`).join('\n'));
}

async function changelog() {
  const { version } = json('package.json');
  const [unreleased, own] = ['Unreleased', version].map(sectionOf);
  if (!own) throw new Problem(`CHANGELOG.md has no section [${version}]`);
  if (unreleased) throw new Problem(`CHANGELOG.md's [Unreleased] is not empty: it belongs to a version`);
}

async function committed() {
  const { stdout } = await run('git', ['status', '--porcelain']);
  if (stdout.trim() !== '') throw new Problem(`not committed:\n${stdout}`);
}

/** What only who publishes can know: where the sources are, which npm links to and shows provenance by. */
async function repository() {
  const { url } = json('package.json').repository ?? {};
  if (!url)
    throw new Problem(
      'package.json has no repository: fill in { "type": "git", "url": "git+https://..." }, without which npm shows no provenance',
    );
}

/** As `deno publish` would take it; the scope of its name must be ours on JSR. */
const jsr = () => dryRun(jsrFolder());

const tests = () => run(process.execPath, [path.join(root, 'scripts/test.mjs')], { pass: true });

await main(async () => {
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: { 'no-tests': flag, help: { ...flag, short: 'h' } },
  });
  if (values.help) return console.log(HELP);
  await nodeModules();
  await buildModules();
  await buildDist();
  const checks = {
    'one version': oneVersion,
    changelog,
    'all is committed': committed,
    repository,
    [`${NAME} for JSR`]: jsr,
  };
  if (!values['no-tests']) checks.tests = tests;
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`passed  ${name}`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.log(`FAILED  ${name}\n${error.message.replace(/^/gm, '        ')}`);
      process.exitCode = 1;
    }
  }
});
