// biome-ignore-all format: a table with a case a line.
// biome-ignore-all lint/suspicious/noFocusedTests: fit is the loop of training.
/** What is wrong within a training: a sentence, and net, optimiser, schedule, loader and generator are as they were, bit by bit. */
import { BatchNorm1d, crossEntropy, disposeRuntime, init, Linear, manualSeed, ReLU, rand, Sequential, scope, type Tensor, tensor } from 'striate';
import { Adam, DataLoader, ExponentialLR, fit, loadCheckpoint, SGD, saveCheckpoint, tensorDataset, trainStep } from 'striate/train';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { any } from '../support/wrong.ts';

const classes = (...of: number[]) => tensor(Int32Array.from(of));
const points = () => rand([4, 2], { seed: 1 });

/** A run that has made some steps. */
function begin() {
  manualSeed(1);
  const model = new Sequential(new Linear(2, 8), new BatchNorm1d(8), new ReLU(), new Linear(8, 3));
  const optimizer = new Adam(model.parameters(), { lr: 0.5, amsgrad: true });
  const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
  const loader = new DataLoader(tensorDataset(points(), classes(0, 1, 2, 0)), { batchSize: 2, shuffle: true });
  const step = trainStep((x: Tensor, y: Tensor<'int32'>) => crossEntropy(model.forward(x), y), optimizer);
  for (const [x, y] of loader) step(x, y);
  scheduler.step();
  const train = (data: unknown, more: object = {}) => fit(model, any({ data, loss: crossEntropy, optimizer, epochs: 9, schedule: scheduler, ...more }));
  return { model, optimizer, scheduler, loader, step, train };
}
type Run = ReturnType<typeof begin>;

const partsOf = ({ model, optimizer, scheduler, loader }: Run) => ({ model, optimizer, scheduler, loader });
/** One bad batch, disposed of by fit. */
const only = (x: () => unknown, y: () => unknown) => () => [[x(), y()]];
const NAN = () => tensor([[1, Number.NaN], [0, 1]]);

const cases: readonly [string, (run: Run) => unknown, RegExp][] = [
  ['a loss that is NaN', (run) => run.train(only(NAN, () => classes(0, 1))), /^fit: the loss is NaN at step 0 \(epoch 0\), at a learning rate of 0.25: the x of the batch is not finite; the largest gradient is that of '0.weight'$/],
  ['a loss that is infinite', (run) => run.train(only(points, () => classes(0, 1, 2, 0)), { loss: (output: Tensor, y: Tensor<'int32'>) => scope(() => crossEntropy(output, y, { weight: tensor([Infinity, 1, 1]), reduction: 'sum' })) }), /^fit: the loss is (Infinity|NaN) at step 0 .* largest gradient is that of/],
  ['a loss that is left out', async (run) => { await run.train(only(NAN, () => classes(0, 1)), { schedule: undefined, onNonFinite: 'skip', epochs: 1 }); throw new Error('skipped'); }, /^skipped$/],
  ['a class that there is not', (run) => run.train(only(points, () => classes(0, 1, 3, 0))), /^trainStep: crossEntropy: target holds 3 as element 2, must be from 0 to 2, the classes, or ignoreIndex/],
  ['a class that there is not, in a step', (run) => run.step(points(), classes(0, -2, 1, 0)), /^trainStep: crossEntropy: target holds -2 as element 1, must be from 0 to 2/],
  ['classes of another batch', (run) => run.train(only(points, () => classes(0, 1))), /^crossEntropy: target has shape 2, must be 4, one class for each/],
  ['classes that are bytes', (run) => run.train(only(points, () => classes(0, 1, 2, 0).cast('uint8'))), /^crossEntropy: target is uint8, must be int32/],
  ['no samples', (run) => run.train(new DataLoader(tensorDataset(rand([0, 2], { seed: 1 }), classes()))), /^DataLoader: dataset is empty, must have samples$/],
  ['no batches', (run) => run.train(() => []), /^fit: data gave no batches in epoch 0, must give some$/],
  ['a batch of another shape', (run) => run.train(only(() => rand([4, 3], { seed: 1 }), () => classes(0, 1, 2, 0))), /^linear: the last axis of x is 3, weight .*2/],
  ['an optimiser over what is disposed', () => { const gone = rand([2], { seed: 1 }); gone.dispose(); return new SGD([gone], { lr: 1 }); }, /^SGD: params\[0\] is disposed$/],
  ['an optimiser over integers', () => new SGD([any(classes(1))], { lr: 1 }), /^SGD: params\[0\] is int32, must be float32$/],
  ['a checkpoint of another model', (run) => loadCheckpoint(saveCheckpoint({ ...partsOf(run), model: new Linear(2, 2, { seed: 1 }) }), partsOf(run)), /^loadStateDict: missing keys: 0.weight, .*; unexpected keys: weight, bias$/],
  ['a checkpoint that is cut off', (run) => loadCheckpoint(saveCheckpoint(partsOf(run)).subarray(0, -1), partsOf(run)), /^readSafetensors: /],
  ['a parameter in two groups', ({ model }) => new SGD([{ params: model.parameters() }, { params: [model.parameters()[1]!] }], { lr: 1 }), /^SGD: params\[1\]\.params\[0\] is params\[0\]\.params\[1\] as well, a parameter must be there once$/],
  ['a rate that is negative', ({ model }) => new Adam(model.parameters(), { lr: -0.1 }), /^Adam: lr is -0.1, must be a finite number, at least 0$/],
  ['a rate that is NaN', ({ optimizer }) => { optimizer.lr = Number.NaN; }, /^Adam: lr is NaN, must be a number$/],
  ['a rate that became negative', ({ optimizer, step }) => { const { groups } = optimizer; const before = groups[0]!.lr; groups[0]!.lr = -1; try { step(points(), classes(0, 1, 2, 0)); } finally { groups[0]!.lr = before; } }, /groups\[0\].lr is -1, must be a finite number, at least 0$/],
];

beforeEach(async () => {
  await init();
});
afterEach(disposeRuntime); // with whatever the calls were given

test.each(cases)('%s', async (_, call, sentence) => {
  const run = begin();
  const before = saveCheckpoint(partsOf(run));
  let message = 'nothing was said';
  try {
    await call(run);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(sentence);
  expect(Buffer.compare(saveCheckpoint(partsOf(run)), before)).toBe(0);
});
