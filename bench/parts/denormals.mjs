// What denormal numbers (below 1.2e-38) cost: WebAssembly does not flush them to zero, and some processors compute with
// them in microcode. Each layer runs on ordinary numbers, on denormal ones, and on ordinary ones whose products are denormal.
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { race } from '../race.mjs';
import { avgPool2d, compile, conv2d, full, maxPool2d, relu, tensor } from '../striate.mjs';
import { figure, table, times } from '../table.mjs';

const ROUNDS = 15;
const SHAPE = [1, 64, 28, 28];
/** The size of the inputs, and of the weights that meet them. */
const SCALES = { ordinary: [1, 1], 'denormal inputs': [1e-40, 1], 'denormal products': [1e-20, 1e-20] };

const convolution = (groups, algorithm) => ({
  make: (scale) => {
    const weight = full([64, 64 / groups, 3, 3], 0.01 * scale);
    return compile((x) => conv2d(x, weight, null, { padding: 1, groups }), { inputs: [SHAPE], algorithm });
  },
});
const simple = (call) => ({ make: () => compile(call, { inputs: [SHAPE] }) });
const LAYERS = {
  'conv2d 3x3, gemm': convolution(1, 'gemm'),
  'conv2d 3x3, winograd': convolution(1, 'winograd'),
  'conv2d 3x3, depthwise': convolution(64, 'depthwise'),
  'avgPool2d 3x3': simple((x) => avgPool2d(x, 3, { stride: 1, padding: 1 })),
  'maxPool2d 3x3': simple((x) => maxPool2d(x, 3, { stride: 1, padding: 1 })),
  relu: simple((x) => relu(x)),
};

export async function run(bench) {
  const { filter, variants } = bench.options;
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const [name, { make }] of Object.entries(LAYERS)) {
      if (!matches(filter, name, 'denormals')) continue;
      bench.progress(`${name}, ${variant}`);
      const count = SHAPE.reduce((product, size) => product * size, 1);
      const runs = Object.values(SCALES).map(([inputs, weights]) => {
        const program = make(weights);
        const x = tensor(
          Float32Array.from({ length: count }, (_, i) => (((i * 7) % 11) - 4.5) * inputs),
          SHAPE,
        );
        const into = program.run(x);
        return () => program.run(x, { into });
      });
      const [ordinary, ...others] = await race(runs, { rounds: bench.rounds(ROUNDS) });
      rows.push({ name, variant, ms: ordinary, times: others.map((ms) => ms / ordinary) });
    }
  }
  if (rows.length > 0) {
    const cells = rows.map((row) => [row.name, row.variant, figure(row.ms), ...row.times.map(times)]);
    const titles = ['layer', 'variant', 'ms', ...Object.keys(SCALES).slice(1)];
    bench.print(`\ndenormals, time beside that of ordinary numbers:\n\n${table(titles, cells, 2)}`);
  }
  return rows;
}
