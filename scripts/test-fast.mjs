// `npm run test:fast -- [--since REF] [--help]`: the inner loop, under a minute where kernels need no build: lint, types,
// and the tests that the changed files can touch. Long lists of cases are sampled (test/support/sample.ts).
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root, run, seconds } from './lib/report.mjs';
import { pathWith, rustForTests } from './lib/rust.mjs';
import { buildModules } from './lib/wasmModules.mjs';

const help = `npm run test:fast -- [--since REF]

Lints, checks types, and runs the tests of what changed since the last commit, or since REF (a branch: main).
  test/families/NAME.ts, ts/ops/NAME.ts   every line of that family
  any other .ts                           the tests that import it, with a sample of each family's lines
  crates/                                 the native tests, and a sample of everything
  nothing                                 a sample of everything
Left to npm test: test/package, test/docs, test/threads, test/bench, test/torch, test/blazeface, test/site.`;

const HEAVY = ['package', 'docs', 'threads', 'bench', 'torch', 'blazeface', 'site'];
const bin = (packageName, file) => path.join(root, 'node_modules', packageName, file);

/** Files that differ from a commit, and new ones; those that are gone are left out. */
async function changedFiles(since) {
  const git = async (...args) => (await run('git', args)).stdout.split('\n').filter(Boolean);
  const [base] = since === undefined ? ['HEAD'] : await git('merge-base', since, 'HEAD');
  const files = [
    ...(await git('diff', '--name-only', base)),
    ...(await git('ls-files', '--others', '--exclude-standard')),
  ];
  return files.filter((file) => fs.existsSync(path.join(root, file)));
}

/** The families that have lines of the operators which these files define. */
function familiesOf(files) {
  const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
  const operators = files
    .filter((file) => file.startsWith('ts/ops/'))
    .flatMap((file) => [...read(file).matchAll(/^export const (\w+) = \/\*#__PURE__\*\//gm)])
    .map(([, name]) => name);
  return fs
    .readdirSync(path.join(root, 'test/families'))
    .filter((file) => {
      if (files.includes(`test/families/${file}`)) return true;
      const text = read(`test/families/${file}`);
      return operators.some((name) => text.includes(`| ${name} |`));
    })
    .map((file) => path.basename(file, '.ts'));
}

/** Arguments of vitest: everything where the changed files say nothing about tests. */
function testsOf(files) {
  const apart = HEAVY.flatMap((folder) => ['--exclude', `test/${folder}/**`]);
  const sources = files.filter((file) => /^(ts|test)\/.*\.ts$/.test(file));
  const native = files.some((file) => /^(crates|Cargo)/.test(file));
  const what = sources.length > 0 && !native ? ['related', '--run', ...sources] : ['run'];
  return [bin('vitest', 'vitest.mjs'), ...what, ...apart, '--passWithNoTests', '--reporter=dot'];
}

/** Runs the checks side by side and prints what failed, then a row for each. */
async function checkAll(checks) {
  const rows = await Promise.all(
    Object.entries(checks).map(async ([title, [command, args, env]]) => {
      const start = performance.now();
      const { code, output } = await run(command, args, { env, allowFailure: true });
      return { title, code, output, time: seconds(start) };
    }),
  );
  for (const { title, code, output } of rows)
    if (code !== 0) console.log(`\n=== ${title}\n${output.trimEnd()}`);
  console.log('');
  for (const { title, code, output, time } of rows) {
    const counted = /^\s*Tests\s+(.*)$/m.exec(output)?.[1] ?? '';
    console.log(`${title.padEnd(14)} ${time.padStart(8)}  ${code === 0 ? 'passed' : 'FAILED'}  ${counted}`);
  }
  if (rows.some(({ code }) => code !== 0)) process.exitCode = 1;
}

await main(async () => {
  const options = { since: { type: 'string' }, help: { type: 'boolean', default: false } };
  let given;
  try {
    given = parseArgs({ options }).values;
  } catch (error) {
    throw new Problem(`${error.message}\n\n${help}`);
  }
  if (given.help) return console.log(help);
  await nodeModules();
  await buildModules();
  const files = await changedFiles(given.since);
  const families = familiesOf(files);
  console.log(`${files.length} changed files; families run whole: ${families.join(', ') || 'none'}`);
  const node = process.execPath;
  const tsc = [
    bin('typescript', 'bin/tsc'),
    '-p',
    '.',
    '--incremental',
    '--tsBuildInfoFile',
    'build/types.json',
  ];
  const checks = {
    lint: [node, [bin('@biomejs/biome', 'bin/biome'), 'check', '.']],
    types: [node, tsc],
    tests: [node, testsOf(files), { STRIATE_FAST: families.join(','), NO_COLOR: '1' }],
  };
  if (files.some((file) => /^(crates|Cargo)/.test(file))) {
    const env = { PATH: pathWith(await rustForTests()) };
    checks['native tests'] = ['cargo', ['test', '--workspace', '--locked', '--quiet'], env];
  }
  await checkAll(checks);
});
