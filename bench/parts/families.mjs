// What each family of operators costs in the kernels: bytes of code by the Rust files that it comes from, of the module as the compiler
// leaves it, with its names, before wasm-opt; and the share of what is then loaded, of which code is nearly all.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { codeSizes } from '../../scripts/lib/names.mjs';
import { root } from '../../scripts/lib/report.mjs';
import { buildModules } from '../../scripts/lib/wasmModules.mjs';
import { matches } from '../options.mjs';
import { percent, table } from '../table.mjs';

const NAMED = 'target/wasm/simd/wasm32-unknown-unknown/release/striate_wasm.wasm';

/** Modules of striate-core by family, the first that fits. */
const FAMILIES = {
  'bytes: quantised layers': /::(quantize|interleave)|^kernels::integer/,
  'gradients of convolution, pooling, norms': /::(weight_|planes|\w*gradient|accumulate|norm_gradient|stats)/,
  'losses and optimisers': /::(loss|cross_entropy|update|dropout)/,
  'deformable convolution, sampling, regions': /::(deform|grid_sample|roi_|resample|taps|corners)/,
  'pictures as inputs': /::(picture|antialias)|^half/,
  'recurrent layers': /::recurrent/,
  'sorting, selecting, random numbers': /::(sort|select|suppress|scatter|random|cumulate|triangle|choose)/,
  convolution: /::conv|^kernels::/,
  pooling: /::pool/,
  'activations and arithmetic': /::(activation|unary|binary|compare|softmax|reduce|affine|cast)|^math/,
};
const COMMON = 'all else: memory, programs, threads, geometry, copies';

const familyOf = (name) => Object.entries(FAMILIES).find(([, pattern]) => pattern.test(name))?.[0] ?? COMMON;

export async function run(bench) {
  if (!matches(bench.options.filter, 'families')) return [];
  const file = path.join(root, NAMED);
  // A build leaves it; modules from the cache come without.
  if (!existsSync(file)) await buildModules({ force: true });
  const sums = new Map([...Object.keys(FAMILIES), COMMON].map((family) => [family, 0]));
  for (const { path: name, bytes } of codeSizes(readFileSync(file))) {
    const family = familyOf(name);
    sums.set(family, sums.get(family) + bytes);
  }
  const all = [...sums.values()].reduce((one, other) => one + other);
  const rows = [...sums].map(([name, bytes]) => ({ name, bytes, share: bytes / all }));
  const cells = rows.map(({ name, bytes, share }) => [name, String(bytes), percent(share)]);
  bench.print(
    `\ncode of the kernels, simd, by families, bytes:\n\n${table(['family', 'bytes', 'share'], cells)}`,
  );
  return rows;
}
