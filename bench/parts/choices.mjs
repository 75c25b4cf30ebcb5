// Whether the plan chooses well: convolutions of many shapes, each by every algorithm that accepts it, and what the
// plan's choice loses to the fastest one. The JSON has all times; the plan's estimates were fitted to such (docs/performance.md).
import { importTypeScript } from '../../scripts/lib/bundle.mjs';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { geomean } from '../race.mjs';
import { compile, conv2d, full, scope } from '../striate.mjs';
import { figure, times as ratio, table } from '../table.mjs';

const SAMPLES = 7;
const SAMPLE_MS = 0.6;
const LARGEST = 250e6; // multiply-accumulates
const WORST = 12; // rows that are shown
const NOTICED = 1.05; // a loss that counts as one
const WARM_UP = 40; // problems

const { ALGORITHM } = await importTypeScript('ts/instructions/table.ts');
const ALGORITHMS = Object.keys(ALGORITHM);

/** Every combination of the lists, as arrays. */
const combinations = (...lists) =>
  lists.reduce((all, list) => all.flatMap((one) => list.map((next) => [...one, next])), [[]]);

/** groups, channels per group in and out, [size of the kernel, stride], side of the map */
const GRID = [
  ...combinations(
    [1],
    [4, 16, 32, 64, 128, 256, 512],
    [4, 16, 32, 64, 128, 256, 512],
    [[3, 1]],
    [4, 6, 7, 8, 11, 14, 28, 56],
  ),
  ...combinations(
    [1],
    [8, 24, 64, 256],
    [8, 24, 64, 256],
    [
      [1, 1],
      [5, 1],
      [3, 2],
    ],
    [7, 14, 56],
  ),
  ...combinations(
    [1, 4, 32, 256],
    [1],
    [1, 2, 4, 8, 32],
    [
      [3, 1],
      [3, 2],
      [5, 1],
      [5, 2],
      [7, 1],
      [7, 2],
      [3, 3],
      [1, 1],
    ],
    [5, 7, 14, 28, 56],
  ),
  ...combinations(
    [1, 8, 32],
    [2, 4, 8, 16],
    [2, 4, 8, 16, 32],
    [
      [3, 1],
      [3, 2],
      [5, 1],
      [5, 2],
      [7, 2],
    ],
    [7, 14, 28, 56],
  ),
];

const nameOf = ([groups, inputs, outputs, [kernel, stride], side]) =>
  `${kernel}x${kernel}${stride > 1 ? ` s${stride}` : ''} ${inputs}->${outputs}${groups > 1 ? ` (${groups})` : ''} @${side}`;

const workOf = ([groups, inputs, outputs, [kernel, stride], side]) =>
  groups * inputs * outputs * (kernel * Math.ceil(side / stride)) ** 2;

/** The algorithm that there is for one that is wished for, and its best time of a run in microseconds. */
function time([groups, inputs, outputs, [kernel, stride], side], algorithm) {
  return scope(() => {
    const x = full([1, groups * inputs, side, side], 0.5);
    const weight = full([groups * outputs, inputs, kernel, kernel], 0.5);
    const call = (input) => conv2d(input, weight, null, { padding: kernel >> 1, stride, groups });
    const program = compile(call, { inputs: [x.shape], algorithm });
    const into = program.run(x);
    const found = program.profile(x, { runs: 1 }).find((step) => step.algorithm).algorithm;
    const sample = (runs) => {
      const begin = performance.now();
      for (let i = 0; i < runs; i++) program.run(x, { into });
      return (performance.now() - begin) / runs;
    };
    let best = Number.POSITIVE_INFINITY;
    if (algorithm === undefined || algorithm === found) {
      const runs = Math.ceil(SAMPLE_MS / sample(3));
      for (let i = 0; i < SAMPLES; i++) best = Math.min(best, sample(runs));
    }
    program.dispose();
    return { algorithm: found, us: best * 1000 };
  });
}

/** The times of all algorithms that accept a problem, and of the plan's choice among them. */
function measure(problem) {
  const chosen = time(problem).algorithm;
  const times = Object.fromEntries(
    ALGORITHMS.map((algorithm) => [algorithm, time(problem, algorithm)])
      .filter(([algorithm, { algorithm: found }]) => algorithm === found)
      .map(([algorithm, { us }]) => [algorithm, us]),
  );
  const fastest = ALGORITHMS.filter((one) => one in times).reduce((a, b) => (times[b] < times[a] ? b : a));
  return { name: nameOf(problem), problem, chosen, fastest, times, loss: times[chosen] / times[fastest] };
}

export async function run(bench) {
  const { filter, variants } = bench.options;
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    const grid = GRID.filter((problem) => workOf(problem) <= LARGEST && matches(filter, nameOf(problem)));
    // The optimising compiler comes meanwhile.
    for (const problem of grid.slice(0, WARM_UP)) measure(problem);
    const measured = grid.map((problem, i) => {
      if (i % 50 === 0) bench.progress(`choices, ${variant}: ${i} of ${grid.length}`);
      return { variant, ...measure(problem) };
    });
    const compared = measured.filter(({ times }) => Object.keys(times).length > 1);
    if (compared.length === 0) continue;
    const worst = compared.toSorted((a, b) => b.loss - a.loss).slice(0, WORST);
    const cells = worst.map(({ name, chosen, fastest, times, loss: lost }) => [
      name,
      chosen,
      figure(times[chosen]),
      fastest,
      figure(times[fastest]),
      ratio(lost),
    ]);
    const noticed = compared.filter(({ loss: lost }) => lost > NOTICED).length;
    bench.print(
      `\nchoices, ${variant}: ${compared.length} problems that several algorithms accept; the plan's choice takes ` +
        `${geomean(compared.map(({ loss: lost }) => lost)).toFixed(3)} of the fastest one's time (geometric mean), ` +
        `more than ${ratio(NOTICED)} for ${noticed}. The worst:\n\n` +
        table(['convolution', 'chosen', 'us', 'fastest', 'us', 'ratio'], cells, 1),
    );
    rows.push(...measured);
  }
  return rows;
}
