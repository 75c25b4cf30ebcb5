// Whether large problems cost in proportion: nanoseconds per thousand multiply-accumulates of one algorithm at the same
// channels, from maps of 4 x 4 to layers of 10 GFLOP.
import { operationsOf } from '../layers.mjs';
import { matches } from '../options.mjs';
import { prepare, start } from '../peers/striate.mjs';
import { race } from '../race.mjs';
import { figure, table, times } from '../table.mjs';

const ROUNDS = 9;

/** algorithm, channels, size of the kernel, groups, sides of the maps */
const SERIES = [
  ['gemm', 64, 3, 1, [4, 28, 56, 112, 224, 336]],
  ['gemm', 256, 3, 1, [14, 28, 56, 84]],
  ['winograd', 32, 3, 1, [8, 56, 112, 224, 448]],
  ['winograd', 128, 3, 1, [14, 28, 56, 112, 168]],
  ['pointwise', 128, 1, 1, [6, 40, 56, 112, 224, 448]],
  ['pointwise', 512, 1, 1, [14, 28, 56, 112]],
  ['depthwise', 256, 3, 256, [15, 105, 150, 224, 300]],
];

const SMALLEST = 50e6; // operations of the range whose costs are compared
const SMALLEST_SIDE = 14;
const ONE = 2e6; // operations up to which a map counts as one of 1 MFLOP

const layerOf = ([algorithm, channels, kernel, groups], side) => ({
  name: `${algorithm} ${channels} @${side}`,
  operator: 'conv2d',
  inputs: [[1, channels, side, side]],
  weights: [[channels, channels / groups, kernel, kernel]],
  args: [],
  options: { padding: (kernel - 1) / 2, groups },
  algorithm,
});

/** The points of a series, its maps in turns. A forced algorithm that does not fit a map gives way to another: no point. */
async function measure(series, rounds) {
  const [algorithm, , , , sides] = series;
  const all = [];
  for (const side of sides) {
    const layer = layerOf(series, side);
    all.push({ side, operations: operationsOf(layer), contender: await prepare(layer) });
  }
  const points = all.filter(({ contender }) => contender.algorithm === algorithm);
  const milliseconds = await race(
    points.map(({ contender }) => contender.run),
    { rounds },
  );
  for (const { contender } of all) contender.dispose();
  // 1000 multiply-accumulates are 2000 operations.
  return points.map(({ side, operations }, i) => ({
    side,
    operations,
    ms: milliseconds[i],
    cost: (milliseconds[i] * 1e6 * 2000) / operations,
  }));
}

/** The spread of costs within the range, and what a map of 1 MFLOP costs beside the cheapest of the range. */
function judged(points) {
  const costs = points
    .filter(({ side, operations }) => side >= SMALLEST_SIDE && operations >= SMALLEST)
    .map(({ cost }) => cost);
  if (costs.length === 0) return {};
  const least = Math.min(...costs);
  const small = points.find(({ operations }) => operations <= ONE);
  return { spread: Math.max(...costs) / least, ...(small && { small: small.cost / least }) };
}

export async function run(bench) {
  const { filter, variants } = bench.options;
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const series of SERIES) {
      const [algorithm, channels, kernel] = series;
      const name = `${algorithm} ${kernel}x${kernel} ${channels} channels`;
      if (!matches(filter, name, 'scaling')) continue;
      bench.progress(`scaling, ${variant}: ${name}`);
      const points = await measure(series, bench.rounds(ROUNDS));
      rows.push({ name, variant, points, ...judged(points) });
    }
  }
  if (rows.length > 0) {
    const cells = rows.map(({ name, variant, points, spread, small }) => [
      name,
      variant,
      points.map(({ side, cost }) => `@${side} ${figure(cost)}`).join(', '),
      times(spread),
      times(small),
    ]);
    const header = ['series', 'variant', 'ns per 1000 multiply-accumulates', 'spread', '1 MFLOP'];
    bench.print(`\nscaling, ${bench.threadsText}:\n\n${table(header, cells, 3)}`);
  }
  return rows;
}
