// `npm test`: sets up, builds, checks formats, lints and types, and runs the native and the TypeScript tests.
// Arguments go to vitest. The closing line counts every single test and every other check as one each.
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { chromium, firefox } from './lib/browser.mjs';
import { attempt } from './lib/debian.mjs';
import { nodeModules } from './lib/modules.mjs';
import { NODES, nodeOf } from './lib/node.mjs';
import { main, Problem, root, run, seconds } from './lib/report.mjs';
import { pathWith, rustForTests } from './lib/rust.mjs';
import { buildModules } from './lib/wasmModules.mjs';
import { webkit } from './lib/webkit.mjs';

const rows = [];

/** Runs one check; one that throws counts as failed, whatever it counted before. */
async function check(title, work) {
  const start = performance.now();
  console.log(`\n=== ${title}`);
  let counts;
  try {
    counts = (await work()) ?? { passed: 1, failed: 0 };
  } catch (error) {
    console.error(error instanceof Problem ? error.message : error);
    counts = { passed: error.counts?.passed ?? 0, failed: Math.max(1, error.counts?.failed ?? 0) };
  }
  rows.push({ title, ...counts, time: seconds(start) });
  return counts.failed === 0;
}

const bin = (packageName, file) => path.join(root, 'node_modules', packageName, file);
const node = (file, ...args) => run(process.execPath, [file, ...args], { pass: true });

/** Rust files that rustfmt does not find itself: crates/core/build.rs lists them. */
function instructions() {
  const folder = path.join(root, 'crates/core/src/instructions');
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.rs'))
    .map((name) => path.join(folder, name));
}

/** Sums cargo's closing lines; a run that fails without a failed test (it does not compile) still fails. */
async function cargoTest(env) {
  const { code, stdout } = await run('cargo', ['test', '--workspace', '--locked'], {
    env,
    pass: true,
    allowFailure: true,
  });
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of stdout.matchAll(/^test result: .* (\d+) passed; (\d+) failed;/gm)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  if (code !== 0) throw Object.assign(new Problem(`cargo test ended with ${code}`), { counts });
  return counts;
}

async function vitest(args) {
  const report = path.join(root, 'build/vitest.json');
  fs.rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(process.execPath, [bin('vitest', 'vitest.mjs'), 'run', ...reporters, ...args], {
    pass: true,
    allowFailure: true,
  });
  if (!fs.existsSync(report)) throw new Problem(`vitest ended with ${code} and without a report`);
  const result = JSON.parse(fs.readFileSync(report, 'utf8'));
  // A file that cannot even be loaded has no tests to count.
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const counts = { passed: result.numPassedTests, failed: result.numFailedTests + broken.length };
  if (code !== 0) throw Object.assign(new Problem(`vitest ended with ${code}`), { counts });
  return counts;
}

/** Fetches what the tests of runtimes and bundlers need; they say what is missing. */
async function fetchRuntimes() {
  const { toolsFolder } = await import('../runtimes/place.mjs');
  const nodes = Object.keys(NODES).map((line) => attempt(() => nodeOf(Number(line))));
  await Promise.all([attempt(toolsFolder), ...nodes]);
}

/** One for each runtime and each bundler, and one for README's tables. */
async function runtimes() {
  const report = path.join(root, 'build/runtimes.json');
  fs.rmSync(report, { force: true });
  const { code } = await run(process.execPath, [path.join(root, 'scripts/runtimes.mjs')], {
    pass: true,
    allowFailure: true,
  });
  if (!fs.existsSync(report)) throw new Problem(`test:runtimes ended with ${code} and without a report`);
  const rows = Object.values(JSON.parse(fs.readFileSync(report, 'utf8'))).flat();
  const failed = rows.filter(({ error }) => error).length;
  const counts = { passed: rows.length - failed, failed };
  if (code !== 0) throw Object.assign(new Problem(`test:runtimes ended with ${code}`), { counts });
  return counts;
}

function summary() {
  console.log('');
  const width = Math.max(...rows.map(({ title }) => title.length));
  for (const { title, passed, failed, time } of rows) {
    const outcome = failed > 0 ? `${passed} passed, ${failed} FAILED` : `${passed} passed`;
    console.log(`${title.padEnd(width)}  ${time.padStart(8)}  ${outcome}`);
  }
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  if (sum('failed') > 0) process.exitCode = 1;
}

await main(async () => {
  let env;
  const ready = await check('set-up and build', async () => {
    await nodeModules();
    await buildModules();
    env = { PATH: pathWith(await rustForTests()) };
    // Here, where installing them may take its time; the tests that need them say what is missing.
    if (process.argv.length === 2) {
      for (const browser of [chromium, firefox, webkit]) await attempt(browser);
      await fetchRuntimes();
    }
  });
  if (ready) {
    const cargo = (...args) => run('cargo', args, { env, pass: true });
    await check('biome', () => node(bin('@biomejs/biome', 'bin/biome'), 'check', '.').then(() => undefined));
    await check('types of ts/', () => node(bin('typescript', 'bin/tsc'), '-p', 'ts').then(() => undefined));
    await check('types of all', () => node(bin('typescript', 'bin/tsc'), '-p', '.').then(() => undefined));
    const fmt = ['fmt', '--all', '--check', '--', ...instructions()];
    await check('cargo fmt', () => cargo(...fmt).then(() => undefined));
    const clippy = ['clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings'];
    await check('cargo clippy', () => cargo(...clippy).then(() => undefined));
    await check('cargo test', () => cargoTest(env));
    await check('vitest', () => vitest(process.argv.slice(2)));
    if (process.argv.length === 2) await check('runtimes and bundlers', runtimes);
  }
  summary();
});
