// Steps of gradient descent of LeNet-5 on batches of 64 pictures of 28 x 28, beside PyTorch's on one thread (where python3 has
// it): the same weights, pictures and steps, so the same losses. An epoch of MNIST is 60 000 pictures.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { median } from '../race.mjs';
import {
  conv2d,
  crossEntropy,
  flatten,
  linear,
  maxPool2d,
  relu,
  SGD,
  tensor,
  trainStep,
} from '../striate.mjs';
import { figure, table, times } from '../table.mjs';

const NAME = 'LeNet-5, batches of 64';
const BATCH = 64;
const EPOCH = 60_000 / BATCH;
const RATE = 0.05;
const STEPS = 20;
const ROUNDS = 15;
const SHAPES = [
  [6, 1, 5, 5],
  [16, 6, 5, 5],
  [120, 400],
  [84, 120],
  [10, 84],
];

const waves = (shape, k, scale) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => scale * Math.sin(i * 1.3 + k)),
    shape,
  );

/** A step: gives its loss. */
function training() {
  const parameters = SHAPES.flatMap((shape, k) => [
    waves(shape, k, shape.slice(1).reduce((a, b) => a * b) ** -0.5),
    tensor(new Float32Array(shape[0])),
  ]);
  const [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5] = parameters;
  const x = waves([BATCH, 1, 28, 28], 9, 1);
  const classes = tensor(
    Int32Array.from({ length: BATCH }, (_, i) => i % 10),
    [BATCH],
  );
  const loss = (images, target) => {
    let h = maxPool2d(relu(conv2d(images, w1, b1, { padding: 2 })), 2);
    h = flatten(maxPool2d(relu(conv2d(h, w2, b2)), 2), 1);
    h = linear(relu(linear(relu(linear(h, w3, b3)), w4, b4)), w5, b5);
    return crossEntropy(h, target);
  };
  const step = trainStep(loss, new SGD(parameters, { lr: RATE }));
  return () => step(x, classes);
}

/** PyTorch, which does `steps` when it is asked: [seconds, loss]; null where no python3 has it. */
async function torch() {
  for (const python of ['python3', '/usr/bin/python3']) {
    const child = spawn(python, [fileURLToPath(new URL('training.py', import.meta.url)), String(BATCH)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.on('error', () => {}); // not there: its output ends at once
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value: version = 'missing' } = await lines.next();
    if (version === 'missing') continue;
    return {
      version,
      async steps(count) {
        child.stdin.write(`${count}\n`);
        return (await lines.next()).value.split(' ').map(Number);
      },
      end: () => child.stdin.end(),
    };
  }
  return null;
}

function ours(step, count) {
  const before = performance.now();
  let loss = 0;
  for (let i = 0; i < count; i++) loss = step();
  return [(performance.now() - before) / 1000, loss];
}

export async function run(bench) {
  const { filter, variants } = bench.options;
  if (!matches(filter, NAME)) return [];
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    bench.progress(`training, ${variant}`);
    const step = training();
    const peer = await torch();
    const seconds = { ours: [], torch: [] };
    for (let round = 0; round < bench.rounds(ROUNDS); round++) {
      const [own, loss] = ours(step, STEPS);
      seconds.ours.push(own);
      if (peer === null) continue;
      const [theirs, itsLoss] = await peer.steps(STEPS);
      if (Math.abs(loss - itsLoss) > 1e-3 * Math.abs(itsLoss) + 1e-5)
        throw new Error(`training: the loss is ${loss}, PyTorch's ${itsLoss}`);
      seconds.torch.push(theirs);
    }
    peer?.end();
    const ms = (all) => (all.length === 0 ? undefined : (1000 * median(all)) / STEPS);
    rows.push({
      name: NAME,
      variant,
      ms: ms(seconds.ours),
      torch: peer?.version,
      torchMs: ms(seconds.torch),
    });
  }
  const cells = rows.map(({ name, variant, ms, torchMs }) => [
    `${name}, ${variant}`,
    figure(ms),
    figure((ms * EPOCH) / 1000),
    figure(torchMs),
    times(torchMs && torchMs / ms),
  ]);
  const version = rows[0]?.torch ? `PyTorch ${rows[0].torch}` : 'PyTorch (python3 does not have it)';
  const header = ['training', 'ms a step', 's an epoch of MNIST', `${version}, ms`, 'ratio'];
  bench.print(`\ntraining, forward, backward and update, ${bench.threadsText}:\n\n${table(header, cells)}`);
  return rows;
}
