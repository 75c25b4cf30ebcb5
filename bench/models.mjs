// The two BlazeFace models: striate (dist/) against onnxruntime-web, one thread each, the same input, in one process.
// A round runs both, so that a change of the machine's pace meets both; the medians of the rounds are compared.
//
//   node bench/models.mjs [rounds]
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import sharp from 'sharp';
import { disposeRuntime, init, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { fetchData } from '../scripts/fetch-data.mjs';
import { describeMachine, median, printTable, ranAgainWithRelaxedSimd } from './machine.mjs';

const SIZES = { front: 128, back: 256 };
const WARM_UP = 20; // V8 has compiled all kernels with its optimising compiler by then

async function readInput(size) {
  const photo = fileURLToPath(new URL('../test/blazeface/photo6.png', import.meta.url));
  const pixels = await sharp(photo).resize(size, size).raw().toBuffer();
  return Float32Array.from(pixels, (v) => v / 127.5 - 1);
}

/** Milliseconds of `rounds` runs of both, after a warm-up. */
async function race(ours, theirs, rounds) {
  const times = { ours: [], theirs: [] };
  for (let round = -WARM_UP; round < rounds; round++) {
    const start = performance.now();
    ours();
    const middle = performance.now();
    await theirs();
    const end = performance.now();
    if (round < 0) continue;
    times.ours.push(middle - start);
    times.theirs.push(end - middle);
  }
  return { ours: median(times.ours), theirs: median(times.theirs) };
}

async function measure(name, variant, rounds) {
  const { models } = fetchData();
  const size = SIZES[name];
  const values = await readInput(size);
  const shape = [1, size, size, 3];
  await init({ variant });
  const model = await loadModel(models[name]);
  const x = tensor(values, shape);
  const feeds = { [model.inputs[0].name]: x };
  const into = model.run(feeds);
  const session = await ort.InferenceSession.create(readFileSync(models[name]), { logSeverityLevel: 3 });
  const theirFeeds = { [session.inputNames[0]]: new ort.Tensor('float32', values, shape) };
  const { ours, theirs } = await race(
    () => model.run(feeds, { into }),
    () => session.run(theirFeeds),
    rounds,
  );
  await session.release();
  await disposeRuntime();
  const cells = [ours.toFixed(2), theirs.toFixed(2), (theirs / ours).toFixed(2)];
  return [`BlazeFace ${name} ${size}, ${variant}`, ...cells];
}

if (!(await ranAgainWithRelaxedSimd())) {
  const rounds = Number(process.argv[2] ?? 100);
  ort.env.wasm.numThreads = 1;
  const rows = [];
  for (const name of Object.keys(SIZES)) {
    for (const variant of ['relaxed', 'simd']) rows.push(await measure(name, variant, rounds));
  }
  console.log(`\nms per run, median of ${rounds}, interleaved: ${describeMachine()}\n`);
  printTable(['model', 'striate', 'onnxruntime-web', 'ratio'], rows);
}
