// A process that trains one network with this library: `node training-process.mjs lenet|resnet20 BATCH VARIANT THREADS`. It
// prints what it is, the losses of its first steps and the bytes that a step needs; then for each line on stdin, a number, it
// does so many steps and prints the milliseconds that they took. training.py is the same in PyTorch.
import { createInterface } from 'node:readline';
import * as striate from '../striate.mjs';

const { add, batchNorm, conv2d, crossEntropy, flatten, globalAvgPool, linear, maxPool2d, relu, tensor } =
  striate;

const FIRST = 5;
const [name, batchText, variant, threadsText] = process.argv.slice(2);
const batch = Number(batchText);

const countOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** The same numbers in both languages, spread evenly from -scale to scale. */
function spread(shape, seed, scale) {
  const each = (_, i) =>
    scale * ((2 * ((i * i * 7919 + i * 104_729 + seed * 1_299_709) % 65_537)) / 65_537 - 1);
  return tensor(Float32Array.from({ length: countOf(shape) }, each), shape);
}

const parameters = [];
function weight(shape) {
  const made = spread(shape, parameters.length, Math.sqrt(3 / countOf(shape.slice(1))));
  parameters.push(made);
  return made;
}
function constant(size, value) {
  const made = tensor(new Float32Array(size).fill(value), [size]);
  parameters.push(made);
  return made;
}

function lenet() {
  const layers = [
    [6, 1, 5, 5],
    [16, 6, 5, 5],
    [120, 400],
    [84, 120],
    [10, 84],
  ].map((shape) => [weight(shape), constant(shape[0], 0)]);
  return {
    shape: [1, 28, 28],
    forward(x) {
      let h = maxPool2d(relu(conv2d(x, ...layers[0], { padding: 2 })), 2);
      h = flatten(maxPool2d(relu(conv2d(h, ...layers[1])), 2), 1);
      return linear(relu(linear(relu(linear(h, ...layers[2])), ...layers[3])), ...layers[4]);
    },
  };
}

/** He et al., 2015, for CIFAR: three stages of three blocks; where the size changes, the shortcut is a convolution. */
function resnet20() {
  function convolution(inputs, outputs, kernel, stride) {
    const kernels = weight([outputs, inputs, kernel, kernel]);
    const [scale, shift] = [constant(outputs, 1), constant(outputs, 0)];
    const [mean, variance] = [new Float32Array(outputs), new Float32Array(outputs).fill(1)];
    const running = [mean, variance].map((values) => tensor(values, [outputs]));
    return (x) => {
      const y = conv2d(x, kernels, null, { stride, padding: kernel >> 1 });
      return batchNorm(y, ...running, scale, shift, { training: true });
    };
  }
  const stem = convolution(3, 16, 3, 1);
  const blocks = [];
  let inputs = 16;
  for (const outputs of [16, 32, 64]) {
    for (let i = 0; i < 3; i++) {
      const stride = inputs === outputs ? 1 : 2;
      const [first, second] = [convolution(inputs, outputs, 3, stride), convolution(outputs, outputs, 3, 1)];
      const shortcut = stride === 1 ? (x) => x : convolution(inputs, outputs, 1, stride);
      blocks.push((x) => relu(add(second(relu(first(x))), shortcut(x))));
      inputs = outputs;
    }
  }
  const [w, b] = [weight([10, 64]), constant(10, 0)];
  return {
    shape: [3, 32, 32],
    forward(x) {
      let h = relu(stem(x));
      for (const block of blocks) h = block(h);
      return linear(flatten(globalAvgPool(h), 1), w, b);
    },
  };
}

await striate.init({ variant, threads: Number(threadsText) });
const { shape, forward } = { lenet, resnet20 }[name]();
const x = spread([batch, ...shape], 99, 1);
const classes = tensor(
  Int32Array.from({ length: batch }, (_, i) => i % 10),
  [batch],
);
const optimizer = new striate.SGD(parameters, { lr: 0.01, momentum: 0.9 });
const step = striate.trainStep((images, target) => crossEntropy(forward(images), target), optimizer);
const losses = Array.from({ length: FIRST }, () => step(x, classes));
const version = `striate, ${variant}`;
console.log(JSON.stringify({ version, threads: striate.runtime().threads, losses, bytes: step.peakBytes }));
if (process.env.STRIATE_PROFILE) console.log(JSON.stringify(step.profile({ runs: 20 })));

for await (const line of createInterface({ input: process.stdin })) {
  const before = performance.now();
  for (let i = 0; i < Number(line); i++) step(x, classes);
  console.log(performance.now() - before);
}
striate.disposeRuntime();
