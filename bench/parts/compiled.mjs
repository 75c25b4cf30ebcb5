// Models made ahead of time: what their files take beside the ONNX file, and how soon they give results, from before the import, each
// time in a new process, in turns.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { quantize } from '../../dist/quantize.js';
import { valuesOf as feedsOf, ourFeeds } from '../../scripts/zoo/feeds.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { median } from '../race.mjs';
import { loadModel, tensor } from '../striate.mjs';
import { figure, table, times } from '../table.mjs';

const PROCESSES = 15;
const NETWORKS = { 'blazeface-front': 128, 'blazeface-back': 256 };
const once = fileURLToPath(new URL('compiled-once.mjs', import.meta.url));

/** The bytes of each way to store a model, by its name. */
async function filesOf(model) {
  const onnx = new Uint8Array(fs.readFileSync(fileOf(model)));
  const float = await loadModel(onnx);
  const feeds = [];
  for (const run of model.runs) feeds.push(ourFeeds(tensor, await feedsOf(run)));
  const bytes = await quantize(float, feeds);
  const files = {
    onnx,
    float32: float.save(),
    float16: float.save({ weights: 'float16' }),
    int8: float.save({ weights: 'int8' }),
    'on bytes': bytes.save({ weights: 'int8' }),
  };
  for (const one of [bytes, float]) one.dispose();
  return files;
}

function startOf(file, side) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [once, file, String(side)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

async function measure(model, folder, bench) {
  const files = Object.entries(await filesOf(model)).map(([kind, bytes]) => {
    const file = path.join(folder, `${model.name}-${kind}${kind === 'onnx' ? '.onnx' : '.striate'}`);
    fs.writeFileSync(file, bytes);
    return { kind, file, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, starts: [] };
  });
  const starts = bench.rounds(PROCESSES);
  for (let round = 0; round < starts; round++) {
    bench.progress(`compiled: ${model.name}, round ${round + 1} of ${starts}`);
    for (const one of round % 2 === 0 ? files : files.toReversed())
      one.starts.push(startOf(one.file, NETWORKS[model.name]));
  }
  const [onnx] = files;
  return files.map(({ kind, bytes, gzip, starts: ms }) => ({
    ...{ name: model.name, kind, bytes, gzip, share: bytes / onnx.bytes },
    ...{ ms: median(ms), startShare: median(ms.map((value, i) => value / onnx.starts[i])) },
  }));
}

export async function run(bench) {
  const models = MODELS.filter(
    ({ name }) => name in NETWORKS && matches(bench.options.filter, name, 'compiled'),
  );
  if (models.length === 0) return [];
  await fetchModels(models);
  await start({ variant: bench.options.variants[0], threads: 1 });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'striate-compiled-'));
  try {
    const rows = [];
    for (const model of models) rows.push(...(await measure(model, folder, bench)));
    const cells = rows.map((row) => [
      ...[row.name, row.kind, row.bytes, times(row.share), row.gzip],
      ...[figure(row.ms), times(row.startShare)],
    ]);
    const header = ['model', 'file', 'bytes', 'of ONNX', 'gzip', 'import to results, ms', 'of ONNX'];
    bench.print(`\ncompiled, one thread:\n\n${table(header, cells, 2)}`);
    return rows;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
