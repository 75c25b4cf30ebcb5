// `npm run fuzz -- [--problems N] [--seed S] [--variant simd|relaxed] [--op NAME]`: random problems against the plain
// loops of test/families, in all variants or in one. Each failing problem is printed as a line for its family. With
// `--models N` mutations of the two BlazeFace models instead, with `--images N` mutations of small picture files, with
// `--quantized N` random models on bytes against integer loops, with `--compiled N` compiled files with other numbers in them.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fetchData } from './fetch-data.mjs';
import { importTypeScript } from './lib/bundle.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root, run } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

/** Bundles the fuzzer with all families of test/families. */
async function load() {
  const families = fs.readdirSync(path.join(root, 'test/families')).filter((file) => file.endsWith('.ts'));
  const imports = families.map((file, i) => `import * as f${i} from '../../test/families/${file}';`);
  const merged = (key) => `Object.assign({}, ${families.map((_, i) => `f${i}.${key}`).join(', ')})`;
  const entry = path.join(root, 'build/run/fuzz.ts');
  fs.mkdirSync(path.dirname(entry), { recursive: true });
  fs.writeFileSync(
    entry,
    [
      ...imports,
      `export const lines = [${families.map((_, i) => `f${i}.lines`).join(', ')}].join('\\n');`,
      `export const operators = { references: ${merged('references')}, generators: ${merged('generators')} };`,
      "export { fuzz } from '../../test/support/fuzz.ts';",
      "export { fuzzImages } from '../../test/support/fuzzImages.ts';",
      "export { controlModels } from '../../test/support/controlModels.ts';",
      "export { fuzzModels } from '../../test/support/fuzzModels.ts';",
      "export { parseCall } from '../../test/support/calls.ts';",
      "export { compiledFiles, fuzzCompiled } from '../../test/support/fuzzCompiled.ts';",
      "export { fuzzQuantized } from '../../test/support/fuzzQuantized.ts';",
      "export { quantizedModels } from '../../test/support/quantized.ts';",
      "export { fileOf, names } from '../../test/image/pictures.ts';",
      "export { init, disposeRuntime } from '../../ts/index.ts';",
    ].join('\n'),
  );
  return importTypeScript('build/run/fuzz.ts');
}

const bytesOf = (file) => new Uint8Array(fs.readFileSync(file));

function bar(done, all) {
  if (!process.stdout.isTTY) return;
  const filled = Math.round((done / all) * 40);
  process.stdout.write(`\r[${'#'.repeat(filled)}${' '.repeat(40 - filled)}] ${done} of ${all}`);
  if (done === all) process.stdout.write('\r\x1b[K');
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      problems: { type: 'string', default: '1000' },
      models: { type: 'string' },
      images: { type: 'string' },
      quantized: { type: 'string' },
      compiled: { type: 'string' },
      threads: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      variant: { type: 'string' },
      op: { type: 'string' },
    },
  });
  const problems = Number(values.problems);
  const seed = Number(values.seed);
  const [models, images, quantized, compiled] = [
    values.models,
    values.images,
    values.quantized,
    values.compiled,
  ].map((n) => (n === undefined ? null : Number(n)));
  const threads = Number(values.threads);
  const counts = [problems, threads, models ?? 1, images ?? 1, quantized ?? 1, compiled ?? 1];
  if (!Number.isInteger(seed) || !counts.every((n) => n > 0))
    throw new Problem(
      'fuzz: --problems, --models, --images, --quantized, --compiled, --threads and --seed are integers',
    );
  await nodeModules();
  await buildModules();
  const flag = '--experimental-wasm-relaxed-simd';
  if (process.version.startsWith('v20.') && !process.execArgv.includes(flag)) {
    const { code } = await run(process.execPath, [flag, ...process.argv.slice(1)], {
      pass: true,
      allowFailure: true,
    });
    process.exitCode = code;
    return;
  }
  const { controlModels, quantizedModels, fileOf, names, operators, lines, ...loaded } = await load();
  const { fuzz, fuzzImages, fuzzModels, fuzzQuantized, compiledFiles, fuzzCompiled, parseCall, ...runtime } =
    loaded;
  const { init, disposeRuntime } = runtime;
  if (images !== null) {
    const progress = (done) => bar(done, images);
    const { ran, trapped, wrong, slowest } = await fuzzImages(names.map(fileOf), { images, seed, progress });
    for (const line of wrong) console.log(line);
    console.log(
      `${images} pictures, ${ran} decoded, ${wrong.length} wrong, ${trapped} traps contained, the slowest refusal ${Math.round(slowest)} ms`,
    );
    if (wrong.length > 0) process.exitCode = 1;
    return;
  }
  const files =
    models === null
      ? []
      : [
          ...Object.values(fetchData({ log: () => {} }).models).map(bytesOf),
          ...controlModels,
          ...quantizedModels,
        ];
  for (const variant of values.variant === undefined ? ['simd', 'relaxed'] : [values.variant]) {
    await init({ variant, threads, maxMemoryBytes: 64 * 2 ** 20 });
    if (compiled !== null) {
      const calls = lines
        .split('\n')
        .map(parseCall)
        .filter((call) => call !== null);
      const progress = (done) => bar(done, compiled);
      const all = await compiledFiles(calls);
      const { loaded, ran, wrong, slowest } = await fuzzCompiled(all, { compiled, seed, progress });
      bar(compiled, compiled);
      for (const line of wrong) console.log(line);
      console.log(
        `${variant}: ${compiled} compiled files of ${all.length} programs, ${loaded} loaded, ${ran} ran, ${wrong.length} wrong, the slowest ${Math.round(slowest)} ms`,
      );
      if (wrong.length > 0) process.exitCode = 1;
      disposeRuntime();
      continue;
    }
    if (quantized !== null) {
      const progress = (done) => bar(done, quantized);
      const { wrong, liveBytes } = await fuzzQuantized({ models: quantized, seed, progress });
      bar(quantized, quantized);
      for (const line of wrong) console.log(line);
      console.log(`${variant}: ${quantized} models on bytes, ${wrong.length} wrong, ${liveBytes} bytes live`);
      if (wrong.length + liveBytes > 0) process.exitCode = 1;
      disposeRuntime();
      continue;
    }
    if (models !== null) {
      const progress = (done) => bar(done, models);
      const { ran, wrong, liveBytes } = await fuzzModels(files, { models, seed, progress });
      bar(models, models);
      for (const line of wrong) console.log(line);
      console.log(`${variant}: ${models} models, ${ran} ran, ${wrong.length} wrong, ${liveBytes} bytes live`);
      if (wrong.length + liveBytes > 0) process.exitCode = 1;
      disposeRuntime();
      continue;
    }
    const result = fuzz(operators, {
      problems,
      seed,
      op: values.op,
      progress: (done) => bar(done, problems),
    });
    bar(problems, problems);
    for (const line of [...result.wrong, ...result.traps]) console.log(line);
    const { wrong, traps, liveBytes } = result;
    console.log(
      `${variant}: ${problems} problems, ${wrong.length} wrong, ${traps.length} traps, ${liveBytes} bytes live`,
    );
    if (wrong.length + traps.length + liveBytes > 0) process.exitCode = 1;
    disposeRuntime();
  }
});
