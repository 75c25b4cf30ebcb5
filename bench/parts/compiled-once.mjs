// One start, for compiled.mjs: `node compiled-once.mjs FILE SIDE` prints the milliseconds from before the import to the results of a
// model's first run, on a picture of SIDE x SIDE. A file that ends with .onnx is planned here, another one was ahead of time.
import { readFileSync } from 'node:fs';

const [file, side] = process.argv.slice(2);
const start = performance.now();
const { init, loadCompiled, rand } = await import('../../dist/index.js');
const load = file.endsWith('.onnx') ? (await import('../../dist/onnx.js')).loadModel : loadCompiled;
await init();
const model = await load(new Uint8Array(readFileSync(file)));
const results = model.run(rand([1, Number(side), Number(side), 3], { seed: 1 }));
const [first] = Object.values(results)[0].data;
const ms = performance.now() - start;
if (!Number.isFinite(first)) throw new Error(`the first result is ${first}`);
console.log(ms);
