// In the page: each case by both libraries, whose outputs are compared before they take turns. `call` is what Node calls.
import { exportOnnx } from '../../dist/onnx.js';
import { quantize } from '../../dist/quantize.js';
import { modelsOf, stepOf } from '../bytes.mjs';
import { LAYERS } from '../layers.mjs';
import * as litert from '../peers/litert.mjs';
import * as ours from '../peers/striate.mjs';
import { largestDifference } from '../peers.mjs';
import { median, race } from '../race.mjs';
import * as striate from '../striate.mjs';
import { valuesOf } from '../values.mjs';
import { mirrored, mirroredBack, scaleOf, toTflite } from './convert.mjs';
import { applied, layerNetwork, mobileNetV2 } from './networks.mjs';

const { compile, loadModel, tensor } = striate;

/** Of the largest value: what rounding, Winograd and float16 weights may make of a float, and what bytes make of it. */
const WRONG = { float32: 2e-3, bytes: 0.04, network: 0.25 };

function check(what, values, expected, most) {
  const difference = largestDifference(values, expected);
  if (!(difference <= most))
    throw new Error(`${what} differs by ${difference} of the largest value, at most ${most}`);
  return difference;
}

const layerOf = (name) => LAYERS.find((one) => one.group === 'sixteen' && one.name === name);

/** What a network's values are in floats: their shapes, their ranges, and the last of them. */
function traced(network, x) {
  const program = compile(applied(network, striate), { inputs: [network.shape] });
  const values = [program.run(x)].flat();
  const shapes = values.map(({ shape }) => [...shape]);
  const arrays = values.map((value) => value.toTypedArray());
  const ranges = arrays.map((array) => {
    let [least, most] = [0, 0];
    for (const value of array) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return [least, most];
  });
  for (const value of values) value.dispose();
  program.dispose();
  return { shapes, ranges, last: arrays.at(-1) };
}

/** LiteRT.js on a network in floats or on bytes, its outputs as ours are. */
async function theirs(network, { data, shape }, { shapes, ranges }, isOfBytes) {
  const model = toTflite(network, shapes, isOfBytes ? ranges : undefined);
  const [height, width] = shape.slice(2);
  const pixels = mirrored(data, shape);
  const { scales, zero } = scaleOf(ranges[0]);
  const clamped = (value) => Math.max(-128, Math.min(127, Math.round(value / scales[0]) + zero));
  const given = isOfBytes ? Int8Array.from(pixels, clamped) : pixels;
  const contender = await litert.prepare(model, {
    shape: [1, height, width, shape[1]],
    type: isOfBytes ? 'int8' : 'float32',
    data: given,
  });
  const out = scaleOf(ranges.at(-1));
  return {
    ...contender,
    async output() {
      const [values] = await contender.output();
      const floats = isOfBytes
        ? Float32Array.from(values, (value) => (value - out.zero) * out.scales[0])
        : values;
      return shapes.at(-1).length === 4 ? mirroredBack(floats, shapes.at(-1)) : floats;
    },
  };
}

const WARM_MS = 500;

/** Runs until the engine has compiled what it runs by its better compiler: it begins only when a function was called a while. */
async function warm({ run }) {
  const end = performance.now() + WARM_MS;
  while (performance.now() < end) await run();
}

async function raced(one, other, rounds) {
  for (const each of [one, other]) await warm(each);
  const [ms, theirMs] = await race([one.run, other.run], { rounds });
  one.dispose();
  other.dispose();
  return { ms, theirMs };
}

async function floatLayer(name, rounds) {
  const layer = layerOf(name);
  const [x] = valuesOf(layer).inputs;
  const network = layerNetwork(layer);
  const one = await ours.prepare(layer);
  const xs = tensor(x.data, x.shape);
  const other = await theirs(network, x, traced(network, xs), false);
  xs.dispose();
  const difference = check('LiteRT.js', await other.output(), one.output(), WRONG.float32);
  return { algorithm: one.algorithm, difference, ...(await raced(one, other, rounds)) };
}

/** Our time is that of the layer's own step, theirs a call of a model of it alone; `bits` of our weights. */
async function byteLayer(name, rounds, bits) {
  const layer = layerOf(name);
  const [given] = valuesOf(layer).inputs;
  const network = layerNetwork(layer);
  const { x, float, bytes } = await modelsOf(layer, { bits });
  const [expected, made] = [float, bytes].map((model) => Object.values(model.run(x))[0].toTypedArray());
  check('the layer on bytes', made, expected, WRONG.bytes);
  const trace = traced(network, x);
  const other = await theirs(network, given, trace, true);
  const difference = check('LiteRT.js', await other.output(), trace.last, WRONG.bytes);
  await warm(other);
  await warm({ run: () => stepOf(bytes, x, 5) });
  const [own, their] = [[], []];
  for (let round = 0; round < rounds; round++) {
    own.push(stepOf(bytes, x, 5));
    their.push((await race([other.run], { rounds: 1, warmUpMs: 5 }))[0]);
  }
  for (const one of [other, bytes, float]) one.dispose();
  return { difference, ms: median(own), theirMs: median(their) };
}

function contenderOf(model, feeds, output) {
  const into = model.run(feeds);
  return {
    run: () => void model.run(feeds, { into }),
    output: () => output(into),
    dispose: () => model.dispose(),
  };
}

async function mobileNet(isOfBytes, rounds, bits) {
  const network = mobileNetV2();
  const [given] = valuesOf({ inputs: [network.shape], weights: [] }).inputs;
  const x = tensor(given.data, given.shape);
  const trace = traced(network, x);
  const net = applied(network, striate);
  const float = await loadModel(exportOnnx((one) => net(one).at(-1), { inputs: [network.shape] }));
  const settings = { threshold: -100, keepHeads: false, bits };
  const model = isOfBytes ? await quantize(float, [x], settings) : float;
  const one = contenderOf(model, x, (into) => Object.values(into)[0].toTypedArray());
  const other = await theirs(network, given, trace, isOfBytes);
  const most = isOfBytes ? WRONG.network : WRONG.float32;
  check('the network', one.output(), trace.last, most);
  const difference = check('LiteRT.js', await other.output(), trace.last, most);
  return { difference, ...(await raced(one, other, rounds)) };
}

/** Our outputs in the order of theirs: boxes of both grids, then scores of both. */
async function blazeFace(rounds) {
  const bytes = async (file) => new Uint8Array(await (await fetch(file)).arrayBuffer());
  const model = await loadModel(await bytes('/models/blazeface.onnx'));
  const [{ data, shape }] = valuesOf({ inputs: [[1, 128, 128, 3]], weights: [] }).inputs;
  const pixels = data.map((value) => Math.max(-1, Math.min(1, value / 2)));
  const one = contenderOf(model, tensor(pixels, shape), (into) => {
    const [score, score2, box, box2] = Object.values(into).map((value) => [...value.toTypedArray()]);
    return Float32Array.from([...box, ...box2, ...score, ...score2]);
  });
  const given = { shape, type: 'float32', data: pixels };
  const other = await litert.prepare(await bytes('/models/blazeface.tflite'), given);
  const outputs = (await other.output()).sort((a, b) => b.length - a.length);
  const difference = check(
    'LiteRT.js',
    Float32Array.from(outputs.flatMap((values) => [...values])),
    one.output(),
    WRONG.float32,
  );
  return { difference, ...(await raced(one, other, rounds)) };
}

/** What a call costs: the sum of two numbers. */
async function callOnly(rounds) {
  const network = { shape: [1, 1, 1, 1], nodes: [{ operator: 'add', from: [0, 0] }] };
  const given = { data: Float32Array.of(1), shape: network.shape };
  const x = tensor(given.data, given.shape);
  const net = applied(network, striate);
  const program = compile((one) => net(one)[1], { inputs: [network.shape] });
  const other = await theirs(network, given, traced(network, x), false);
  return raced(contenderOf(program, x), other, rounds);
}

const CASES = { floatLayer, byteLayer, mobileNet, blazeFace, callOnly };

await striate.init({ variant: 'relaxed', threads: 1 });
await litert.start('/bench/node_modules/@litertjs/core/wasm/');
globalThis.call = (name, ...args) => CASES[name](...args);
