// What gradients cost: a convolution's backward passes beside its forward pass, and a gradient's overhead per operator.
//
// Forward is a compiled program with packed weights: as the library chooses, and with its general algorithm. The gradients
// read weights and values at the call, as training does; `eager` is the forward pass that does so too.
import { matches } from '../options.mjs';
import { prepare, prepareEager, start } from '../peers/striate.mjs';
import { race } from '../race.mjs';
import { add, mul, ones, scope, sum, valueAndGrad } from '../striate.mjs';
import { figure, table, times } from '../table.mjs';

const ROUNDS = 15;

const layer = (name, operator, x, weight, options) => ({
  name,
  operator,
  inputs: [x],
  weights: [weight],
  args: [],
  options,
});

const LAYERS = [
  layer('3x3 16->16 @112', 'conv2d', [1, 16, 112, 112], [16, 16, 3, 3], { padding: 1 }),
  layer('3x3 64->64 @56', 'conv2d', [1, 64, 56, 56], [64, 64, 3, 3], { padding: 1 }),
  layer('3x3 128->128 @28', 'conv2d', [1, 128, 28, 28], [128, 128, 3, 3], { padding: 1 }),
  layer('3x3 256->256 @14', 'conv2d', [1, 256, 14, 14], [256, 256, 3, 3], { padding: 1 }),
  layer('3x3 s2 32->64 @56', 'conv2d', [1, 32, 56, 56], [64, 32, 3, 3], { padding: 1, stride: 2 }),
  layer('5x5 s2 48->64 @28', 'conv2d', [1, 48, 28, 28], [64, 48, 5, 5], { padding: 2, stride: 2 }),
  layer('dilated 2, 3x3 32->32 @56', 'conv2d', [1, 32, 56, 56], [32, 32, 3, 3], { padding: 2, dilation: 2 }),
  layer('1x1 256->256 @14', 'conv2d', [1, 256, 14, 14], [256, 256, 1, 1], {}),
  layer('depthwise 3x3 128 @28', 'conv2d', [1, 128, 28, 28], [128, 1, 3, 3], { padding: 1, groups: 128 }),
  layer('1-D 3 64->64 @3000', 'conv1d', [1, 64, 3000], [64, 64, 3], { padding: 1 }),
  layer('3-D 3x3x3 16->32 @16x28x28', 'conv3d', [1, 16, 16, 28, 28], [32, 16, 3, 3, 3], { padding: 1 }),
  layer('transposed 4x4 s2 64->32 @28', 'convTranspose2d', [1, 64, 28, 28], [64, 32, 4, 4], {
    padding: 1,
    stride: 2,
  }),
];

async function measure(one, rounds) {
  const contenders = {
    forward: await prepare(one),
    gemm: await prepare({ ...one, algorithm: 'gemm' }),
    eager: prepareEager(one),
    input: await prepare({ ...one, pass: 'input' }),
    weight: await prepare({ ...one, pass: 'weight' }),
  };
  try {
    const names = Object.keys(contenders);
    const ms = await race(
      names.map((name) => contenders[name].run),
      { rounds },
    );
    return Object.fromEntries(names.map((name, i) => [name, ms[i]]));
  } finally {
    for (const contender of Object.values(contenders)) contender.dispose();
  }
}

/** The ratios that count: to the chosen forward where the stride is 1, else to the general algorithm. */
function ratios({ options, operator, weights, inputs }, { forward, gemm, input, weight }) {
  const isDense = (options.stride ?? 1) === 1 && !operator.startsWith('convTranspose');
  return {
    isDense,
    channels: Math.min(weights[0][0], inputs[0][1]) / (options.groups ?? 1),
    inputRatio: input / (isDense ? forward : gemm),
    weightRatio: weight / gemm,
  };
}

/** Microseconds per operator of a gradient whose trace was seen before, on one element. */
async function overhead(rounds, count) {
  const [x, y] = [ones([1]), ones([1])];
  const chain = (one) => {
    let value = one;
    for (let i = 0; i < count; i++) value = i % 2 ? mul(value, y) : add(value, y);
    return sum(value);
  };
  const [ms] = await race([() => scope(() => void valueAndGrad(chain, x))], { rounds });
  return { operators: count, us: (ms * 1000) / count };
}

function print(bench, variant, layers, overheads) {
  const header = ['layer', 'forward', 'gemm', 'eager', 'by input', 'ratio', 'by weight', 'ratio'];
  const cells = layers.map((row) => [
    row.name,
    ...[row.forward, row.gemm, row.eager, row.input].map((ms) => figure(ms)),
    times(row.inputRatio),
    figure(row.weight),
    times(row.weightRatio),
  ]);
  bench.print(`\ngradients, ${variant}, ${bench.threadsText}, ms:\n\n${table(header, cells)}`);
  const rows = overheads.map(({ operators, us }) => [operators, figure(us)]);
  if (rows.length === 0) return;
  bench.print(
    `\na known gradient on one element, forward and backward, us per operator:\n\n${table(['operators', 'us'], rows)}`,
  );
}

export async function run(bench) {
  const { filter, variants } = bench.options;
  const rounds = bench.rounds(ROUNDS);
  const wanted = LAYERS.filter(({ name }) => matches(filter, name, 'gradients'));
  const results = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    const layers = [];
    for (const one of wanted) {
      bench.progress(`gradients, ${variant}: ${one.name}`);
      const ms = await measure(one, rounds);
      layers.push({ name: one.name, variant, ...ms, ...ratios(one, ms) });
    }
    const overheads = [];
    if (matches(filter, 'overhead', 'gradients')) {
      for (const count of [10, 100]) overheads.push(await overhead(rounds, count));
    }
    if (layers.length + overheads.length === 0) continue;
    print(bench, variant, layers, overheads);
    results.push({ variant, layers, overheads });
  }
  return results;
}
