// biome-ignore-all lint/suspicious/noFocusedTests: fit is the loop of training.
import {
  crossEntropy,
  Dropout,
  disposeRuntime,
  div,
  init,
  Linear,
  Module,
  manualSeed,
  memory,
  mseLoss,
  mul,
  ReLU,
  rand,
  relu,
  Sequential,
  scope,
  sum,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import {
  Adam,
  accuracy,
  type CheckpointInfo,
  type CheckpointOptions,
  DataLoader,
  type Epoch,
  ExponentialLR,
  fit,
  loadCheckpoint,
  OneCycleLR,
  ReduceLROnPlateau,
  type Scheduler,
  SGD,
  type StepInfo,
  tensorDataset,
} from 'striate/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Progress } from '../../ts/train/progress.ts';
import { withRuntime } from '../support/runtime.ts';
import { any, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';

/** Everything that a run needs: 60 points of the plane in two classes, a small net. */
function setting({ p = 0.1 } = {}) {
  manualSeed(1);
  const points = rand([60, 2], { seed: 9 });
  const classes = tensor(
    Int32Array.from({ length: 60 }, (_, i) => (points.data[2 * i]! > points.data[2 * i + 1]! ? 1 : 0)),
  );
  const samples = tensorDataset(points, classes);
  const net = new Sequential(new Linear(2, 8), new ReLU(), new Dropout({ p }), new Linear(8, 2));
  const optimizer = new Adam(net.parameters(), { lr: 0.05 });
  const data = new DataLoader(samples, { batchSize: 16, shuffle: true, seed: 3 });
  const validation = new DataLoader(samples, { batchSize: 25 });
  const dispose = () => {
    for (const one of [points, classes, net, optimizer]) one.dispose();
  };
  return {
    net,
    samples,
    validation,
    dispose,
    options: { data, optimizer, loss: crossEntropy, onWarning: () => {} },
  };
}

const values = (net: Module) => net.parameters().map((t) => [...t.data]);

withRuntime('fit', () => {
  test('learns; a row an epoch, with the validation by samples; modes as they were; nothing left alive', async () => {
    const { net, samples, validation, dispose, options } = setting();
    const seen: boolean[] = [];
    net.eval();
    const steps: StepInfo[] = [];
    const rows: Epoch[] = [];
    const alive = memory.stats().liveTensors;
    const history = await fit(net, {
      data: options.data,
      loss: (output, y) => {
        seen.push(net.training);
        return options.loss(output, y);
      },
      optimizer: options.optimizer,
      epochs: 12,
      validation,
      metrics: { accuracy },
      onWarning: () => {},
      onStep: (info) => {
        steps.push(info);
      },
      onEpoch: (row) => {
        rows.push(row);
      },
    });
    expect(memory.stats().liveTensors).toBe(alive);
    expect(rows).toEqual(history);
    expect(history.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(history[11]!.loss).toBeLessThan(history[0]!.loss / 2);
    expect(history[11]!.validation!.accuracy).toBeGreaterThan(0.9);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 48 }, (_, i) => i));
    expect([net.training, seen.includes(true), seen.includes(false)]).toEqual([false, true, true]);
    // The mean of the last epoch's losses by samples: 16, 16, 16 and 12.
    const last = steps.slice(-4).map(({ loss }) => loss);
    expect(history[11]!.loss).toBeCloseTo((16 * (last[0]! + last[1]! + last[2]!) + 12 * last[3]!) / 60, 6);
    scope(() => {
      const all = net.forward(samples.tensors[0]);
      expect(history[11]!.validation!.loss).toBeCloseTo(crossEntropy(all, samples.tensors[1]).item(), 5);
    });
    dispose();
  });

  test("an array of batches is the caller's and used in every epoch; what a function gives is disposed of", async () => {
    const net = new Linear(2, 1, { seed: 1 });
    const optimizer = new SGD(net.parameters(), { lr: 0.1 });
    const [x, y] = [rand([4, 2], { seed: 1 }), zeros([4, 1])];
    const epochs: number[] = [];
    await fit(net, { data: [[x, y]], loss: mseLoss, optimizer, epochs: 3 });
    expect([x.disposed, y.disposed]).toEqual([false, false]);
    const data = function* (epoch: number) {
      epochs.push(epoch);
      yield [x.clone(), y.clone()] as const;
    };
    const history = await fit(net, { data, loss: mseLoss, optimizer, epochs: 2 });
    expect([epochs, history.length]).toEqual([[0, 1], 2]);
    const later = async function* () {
      yield [x, y] as const;
    };
    await fit(net, { data: later, loss: mseLoss, optimizer, epochs: 1 });
    expect([x.disposed, y.disposed]).toEqual([true, true]);
    for (const one of [net, optimizer]) one.dispose();
  });

  test('schedules step after batches or epochs, or by what the validation says', async () => {
    const rates = async (make: (of: Adam) => Scheduler): Promise<number[]> => {
      const { net, dispose, validation, options } = setting();
      const found: number[] = [];
      const schedule = make(options.optimizer);
      await fit(net, {
        ...options,
        validation,
        schedule,
        epochs: 3,
        onStep: ({ lr }) => {
          found.push(lr);
        },
      });
      dispose();
      return found;
    };
    const byEpoch = await rates((of) => new ExponentialLR(of, { gamma: 0.5 }));
    expect(byEpoch).toEqual([
      0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.0125, 0.0125,
    ]);
    const byStep = await rates((of) => new OneCycleLR(of, { maxLr: 0.1, totalSteps: 12 }));
    expect(new Set(byStep).size).toBe(12);
    const plateau = await rates((of) => new ReduceLROnPlateau(of, { patience: 0, threshold: 100 }));
    expect(plateau[11]).toBeLessThan(plateau[0]!);
  });

  test('ends early when nothing has become better', async () => {
    const { net, dispose, validation, options } = setting();
    const earlyStop = { patience: 1, metric: 'half' };
    const history = await fit(net, {
      ...options,
      validation,
      epochs: 9,
      earlyStop,
      metrics: { half: () => 0.5 },
    });
    expect(history.length).toBe(3);
    dispose();
  });

  test.each([0, 1, 3, 5, 12])(
    'aborted after step %i and resumed, it ends with the same bits',
    async (stop) => {
      const begin = () => {
        const all = setting({ p: 0 });
        return { ...all, schedule: new ExponentialLR(all.options.optimizer, { gamma: 0.9 }) };
      };
      const whole = begin();
      await fit(whole.net, { ...whole.options, schedule: whole.schedule, epochs: 4 });
      const expected = values(whole.net);
      whole.dispose();

      const first = begin();
      const signal = { aborted: false };
      const history = await fit(first.net, {
        ...first.options,
        schedule: first.schedule,
        epochs: 4,
        signal,
        onStep: ({ step }) => {
          signal.aborted = step === stop;
        },
      });
      expect(history.length).toBe(Math.floor(stop / 4) + 1);
      const { data, optimizer } = first.options;
      const states = [optimizer.stateDict(), data.stateDict(), first.schedule.stateDict()] as const;
      const weights = values(first.net);
      first.dispose();

      const second = begin();
      second.net.parameters().forEach((one, i) => {
        one.assign(weights[i]!);
      });
      second.options.optimizer.loadStateDict(states[0]);
      second.options.data.loadStateDict(states[1]);
      second.schedule.loadStateDict(states[2]);
      const steps: number[] = [];
      const rest = await fit(second.net, {
        ...second.options,
        schedule: second.schedule,
        epochs: 4,
        onStep: ({ step }) => {
          steps.push(step);
        },
      });
      expect(steps).toEqual(Array.from({ length: 15 - stop }, (_, i) => stop + 1 + i));
      expect(rest.at(-1)!.epoch).toBe(3);
      expect(values(second.net)).toEqual(expected);
      second.dispose();
    },
  );

  test('saves checkpoints after so many steps and of the best epochs, from which a run goes on', async () => {
    const whole = setting();
    const saved: [CheckpointInfo, Uint8Array][] = [];
    const history = await fit(whole.net, {
      ...whole.options,
      validation: whole.validation,
      metrics: { accuracy },
      epochs: 4,
      checkpoint: {
        every: 6,
        best: 'accuracy',
        save: (bytes, info) => {
          saved.push([info, bytes]);
        },
      },
    });
    const accuracies = history.map(({ validation }) => validation!.accuracy!);
    const best = accuracies.flatMap((one, epoch) =>
      one > Math.max(-1, ...accuracies.slice(0, epoch)) ? [epoch] : [],
    );
    expect(saved.filter(([{ isBest }]) => isBest).map(([{ epoch }]) => epoch)).toEqual(best);
    const [sixth, twelfth] = saved.filter(([{ isBest }]) => !isBest);
    expect([sixth![0], twelfth![0]]).toEqual([
      { epoch: 1, steps: 6, isBest: false },
      { epoch: 2, steps: 12, isBest: false },
    ]);
    const expected = values(whole.net);
    whole.dispose();

    const { net, dispose, options } = setting();
    const parts = { model: net, optimizer: options.optimizer, loader: options.data };
    expect(loadCheckpoint(sixth![1], parts).metadata).toMatchObject({ epoch: 1, steps: 6 });
    await fit(net, { ...options, epochs: 4 });
    expect(values(net)).toEqual(expected); // dropout and all
    dispose();
  });

  /** Runs to the end, and again from every checkpoint of it: all end alike. */
  const resumes = async (
    more: object,
    checkpoint: Partial<CheckpointOptions>,
    make: (of: Adam) => Scheduler = (of) => new ExponentialLR(of, { gamma: 0.8 }),
  ): Promise<CheckpointInfo[]> => {
    const saved: [CheckpointInfo, Uint8Array][] = [];
    const run = async (bytes: Uint8Array | null, changes: object = {}) => {
      const { net, options, validation, dispose } = setting();
      const schedule = make(options.optimizer);
      const parts = { model: net, optimizer: options.optimizer, scheduler: schedule, loader: options.data };
      const resume = bytes === null ? undefined : loadCheckpoint(bytes, parts);
      const all = { ...options, validation, metrics: { accuracy }, schedule, epochs: 7, resume };
      const history = await fit(net, { ...all, ...more, ...changes });
      const last = values(net);
      dispose();
      return { history: history.map(({ seconds: _, ...row }) => row), last };
    };
    const save = (bytes: Uint8Array, info: CheckpointInfo) => {
      saved.push([info, bytes]);
    };
    const whole = await run(null, { checkpoint: { ...checkpoint, save } });
    expect(saved.length).toBeGreaterThan(2);
    for (const [, bytes] of [...saved]) expect(await run(bytes)).toEqual(whole);
    return saved.map(([info]) => info);
  };

  test('resumed after any step, also the last of an epoch, early stop and history are those of one run', async () => {
    const infos = await resumes({ earlyStop: { patience: 2 } }, { every: 1 });
    expect(infos.at(-1)!.steps).toBeLessThanOrEqual(28);
    const constant = { metrics: { one: () => 1 }, earlyStop: { patience: 2, metric: 'one' } };
    const ended = await resumes(constant, { every: 3 });
    expect(ended.at(-1)).toEqual({ epoch: 3, steps: 15, isBest: false });
  });

  test('resumed where gradients wait for an update, and without validation', async () => {
    await resumes(
      { accumulate: 3 },
      { every: 1 },
      (of) => new OneCycleLR(of, { maxLr: 0.1, totalSteps: 28 }),
    );
    await resumes({ validation: undefined, metrics: undefined, earlyStop: { minDelta: 0.2 } }, { every: 1 });
  });

  test('the best epoch so far is that of all runs; what early stop has ended stays so', async () => {
    const infos: CheckpointInfo[] = [];
    const best: Uint8Array[] = [];
    const run = async (bytes: Uint8Array | null, epochs: number, given: number[]) => {
      const { net, samples, options, dispose } = setting();
      const parts = { model: net, optimizer: options.optimizer, loader: options.data };
      const resume = bytes === null ? undefined : loadCheckpoint(bytes, parts);
      const history = await fit(net, {
        ...options,
        epochs,
        resume,
        validation: [samples.tensors],
        metrics: { figure: () => given.shift()! },
        checkpoint: {
          best: 'figure',
          save: (saved, info) => {
            infos.push(info);
            best.push(saved);
          },
        },
        earlyStop: { metric: 'figure', patience: 1 },
      });
      dispose();
      return history.map(({ validation }) => validation!.figure);
    };
    expect(await run(null, 1, [3])).toEqual([3]);
    expect(await run(best[0]!, 9, [1, 2, 0])).toEqual([3, 1, 2]);
    expect(infos.map(({ epoch }) => epoch)).toEqual([0]);
  });

  test.each([0, 1, 2, 3])(
    'aborted within validation or a step, the checkpoint of that goes on, epoch %i',
    async (stop) => {
      const begin = () => {
        const all = setting();
        const schedule = new ExponentialLR(all.options.optimizer, { gamma: 0.5 });
        const { optimizer, data } = all.options;
        return { ...all, schedule, parts: { model: all.net, optimizer, loader: data, scheduler: schedule } };
      };
      const whole = begin();
      const rates = async (of: ReturnType<typeof begin>, more: object) =>
        (
          await fit(of.net, {
            ...of.options,
            schedule: of.schedule,
            validation: of.validation,
            epochs: 4,
            ...more,
          })
        ).map(({ lr, validation }) => [lr, validation?.loss]);
      const expected = await rates(whole, {});
      const first = begin();
      const signal = { aborted: false };
      let saved: Uint8Array | null = null;
      let seen = 0;
      await rates(first, {
        signal,
        metrics: {
          none: () => {
            // The validation has three batches.
            signal.aborted = stop % 2 === 0 && seen++ === 3 * stop + 1;
            return 0;
          },
        },
        onStep: ({ step }: StepInfo) => {
          if (stop % 2 === 1) signal.aborted = step === 4 * stop + 2;
        },
        checkpoint: {
          onAbort: true,
          save: (bytes: Uint8Array) => {
            saved = bytes;
          },
        },
      });
      const second = begin();
      expect(await rates(second, { resume: loadCheckpoint(saved!, second.parts) })).toEqual(expected);
      expect(values(second.net)).toEqual(values(whole.net));
      for (const one of [whole, first, second]) one.dispose();
    },
  );

  test('yields to the event loop while it runs', async () => {
    const net = new Sequential(new Linear(400, 400), new Linear(400, 1));
    const optimizer = new SGD(net.parameters(), { lr: 1e-3 });
    const [x, y] = [rand([256, 400], { seed: 1 }), zeros([256, 1])];
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    await fit(net, {
      data: Array.from({ length: 150 }, () => [x, y] as const),
      loss: mseLoss,
      optimizer,
      epochs: 1,
    });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
    for (const one of [x, y, net, optimizer]) one.dispose();
  });
});

/** What is written to standard error meanwhile, as on a terminal or in a file. */
async function written(output: object, run: () => Promise<unknown>): Promise<string> {
  const own = Object.getOwnPropertyDescriptor(process, 'stderr')!;
  let text = '';
  const stderr = {
    ...output,
    write: (part: string) => {
      text += part;
    },
  };
  Object.defineProperty(process, 'stderr', { value: stderr, configurable: true });
  try {
    await run();
  } finally {
    Object.defineProperty(process, 'stderr', own);
  }
  return text;
}

withRuntime('progress', () => {
  const run = (progress: boolean) => async () => {
    const { net, dispose, validation, options } = setting();
    await fit(net, { ...options, validation, metrics: { accuracy }, epochs: 2, progress });
    dispose();
  };

  test('nothing unless it is asked for', async () => {
    expect(await written({ isTTY: true, columns: 80 }, run(false))).toBe('');
  });

  test('a line an epoch in files and pipes, without a carriage return', async () => {
    const lines = (await written({}, run(true))).split('\n');
    expect(lines).toEqual([
      expect.stringMatching(
        /^epoch 1\/2 {2}loss 0\.\d+ {2}validation loss 0\.\d+ {2}validation accuracy \S+ {2}seconds \S+$/,
      ),
      expect.stringMatching(/^epoch 2\/2 /),
      '',
    ]);
  });

  test('on a terminal a bar that is written over, of 79 columns at most', async () => {
    const text = await written({ isTTY: true, columns: 80 }, run(true));
    const parts = text.replaceAll('\x1b[K', '').split('\r');
    expect(parts.find((part) => part.startsWith('1/2 #####............... 1/4  loss 0.'))).toMatch(
      /\(0\.\d+\) {2}lr 0\.05 {2}\d+\/s {2}\d+ s left$/,
    );
    for (const part of parts.filter((one) => !one.includes('epoch'))) {
      expect(part.length).toBeLessThan(80);
    }
    expect(parts.filter((part) => part.includes('epoch')).length).toBe(2);
  });

  test('with neither length nor a terminal: a narrow one, batches that nobody counted, a long time', async () => {
    const text = await written({ isTTY: true, columns: 20 }, async () => {
      const progress = new Progress(true);
      progress.begin();
      const shown = { epoch: 0, epochs: 1, batch: 1, loss: 1e-8, lr: 1e6, samples: 4 };
      progress.step({ ...shown, batches: null });
      progress.step({ ...shown, batches: 10 ** 9 });
    });
    expect(text).toBe('\r1/1  loss 1.000e-8 \x1b[K\r1/1 1/1000000000  l\x1b[K');
  });

  test('what is long takes the place of the bar, so that the time left is seen', async () => {
    const text = await written({ isTTY: true, columns: 80 }, async () => {
      const progress = new Progress(true);
      progress.begin();
      const shown = { epochs: 100, batches: 18_750, loss: 0.12345, lr: 1e-5, samples: 64 };
      progress.step({ ...shown, epoch: 98, batch: 9375 });
    });
    expect(text.slice(1, -3)).toMatch(
      /^99\/100 ###\.\. 9375\/18750 {2}loss 0\.1235 \(0\.1235\) {2}lr 1\.000e-5 {2}\d+\/s {2}\d+ s left$/,
    );
    expect(text.length).toBeLessThanOrEqual(79 + '\r\x1b[K'.length);
  });
});

/** Divides by the sum of the inputs. */
class Quotient extends Module {
  first = new Linear(2, 2, { seed: 1 });
  divide = new (class extends Module {
    forward(x: Tensor): Tensor {
      return div(x, mul(sum(x), 0));
    }
  })();
  last = new Linear(2, 2, { seed: 2 });
  forward(x: Tensor): Tensor {
    return this.last.forward(this.divide.forward(relu(this.first.forward(x))));
  }
}

describe('what is wrong is said', () => {
  let x: Tensor;
  let y: Tensor<'int32'>;
  let net: Linear;
  let optimizer: SGD;
  beforeAll(async () => {
    await init();
    x = rand([4, 2], { seed: 1 });
    y = tensor(Int32Array.of(0, 1, 1, 0));
    net = new Linear(2, 2, { seed: 3 });
    optimizer = new SGD(net.parameters(), { lr: 0.1 });
  });
  afterAll(disposeRuntime);
  const run = (changes: object, of: unknown = net) =>
    fit(any(of), any({ data: [[x, y]], loss: crossEntropy, optimizer, epochs: 1, ...changes }));
  const notFinite = async (of: Module, changes: object) => {
    const own = new SGD(of.parameters(), { lr: 0.5 });
    const before = values(of);
    try {
      await run({ optimizer: own, ...changes }, of);
    } finally {
      expect(values(of)).toEqual(before);
      expect(of.modules().every((module) => module.training && !Object.hasOwn(module, 'forward'))).toBe(true);
      for (const one of [of, own]) one.dispose();
    }
  };
  const wrongInput = () => {
    const bad = tensor([[1, Number.NaN]]);
    return notFinite(new Linear(2, 2, { seed: 1 }), {
      data: [
        [x, y],
        [bad, y],
      ]
        .slice(1)
        .map(([a]) => [a, tensor(Int32Array.of(0))]),
    });
  };
  const wrongParameter = () => {
    const bad = new Sequential(new Linear(2, 2, { seed: 1 }), new Linear(2, 2, { seed: 2 }));
    bad.parameters()[2]!.data[0] = Number.POSITIVE_INFINITY;
    return notFinite(bad, {});
  };
  const wrongLoss = () =>
    notFinite(new Linear(2, 2, { seed: 1 }), {
      loss: (output: Tensor) => mul(sum(output), Number.POSITIVE_INFINITY),
    });
  const at = 'fit: the loss is NaN at step 0 (epoch 0), at a learning rate of 0.5:';
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['no net', () => run({}, () => x), TypeError, 'fit: net is a function, must be a Module'],
    ['no options', () => any(fit)(net), TypeError, 'fit: options is undefined, must be an object'],
    ['an option that there is not', () => run({ batchSize: 3 }), TypeError, "fit: there is no option 'batchSize'; options are data, loss, optimizer, epochs, schedule, validation, metrics, clipNorm, accumulate, earlyStop, checkpoint, resume, onNonFinite, onStep, onEpoch, onWarning, signal, progress"],
    ['no data', () => run({ data: undefined }), TypeError, 'fit: data is undefined, must be a DataLoader, an iterable of [x, y], or a function that gives one'],
    ['validation that is a number', () => run({ validation: 0.1 }), TypeError, 'fit: validation is 0.1, must be a DataLoader, an iterable of [x, y], or a function that gives one'],
    ['a function that gives no data', () => run({ data: () => 3 }), TypeError, 'fit: data is 3, must be a DataLoader, an iterable of [x, y], or a function that gives one'],
    ['a batch that is a tensor', () => run({ data: [x] }), TypeError, 'fit: data gave a Tensor, must give batches [x, y] of tensors'],
    ['a batch of one', () => run({ data: [[x]] }), TypeError, 'fit: data gave [a Tensor], must give batches [x, y] of tensors'],
    ['no batches', () => run({ data: [] }), RangeError, 'fit: data gave no batches in epoch 0, must give some'],
    ['no batches to validate', () => run({ validation: [] }), RangeError, 'fit: validation gave no batches, must give some'],
    ['a generator that has ended', () => run({ epochs: 2, data: (function* () { yield [x.clone(), y.clone()]; })() }), RangeError, 'fit: data gave no batches in epoch 1, must give some'],
    ['no loss', () => run({ loss: 'crossEntropy' }), TypeError, "fit: loss is 'crossEntropy', must be a function"],
    ['a metric that is no function', () => run({ metrics: { accuracy: 1 } }), TypeError, 'fit: accuracy is 1, must be a function'],
    ['a callback that is no function', () => run({ onEpoch: 1 }), TypeError, 'fit: onEpoch is 1, must be a function'],
    ['warnings to no function', () => run({ onWarning: 'never' }), TypeError, "fit: onWarning is 'never', must be a function"],
    ['no optimiser', () => run({ optimizer: 0.1 }), TypeError, 'fit: optimizer is 0.1, must be an optimizer such as new SGD(params, { lr: 0.1 })'],
    ['no schedule', () => run({ schedule: 0.1 }), TypeError, 'fit: schedule is 0.1, must be a scheduler such as new StepLR(optimizer, { stepSize: 1 })'],
    ['a schedule of another optimiser', () => run({ schedule: new ExponentialLR({ groups: [] }, { gamma: 1 }) }), RangeError, 'fit: schedule is of another optimizer, must be of the same'],
    ['epochs that are left out', () => run({ epochs: undefined }), TypeError, 'fit: epochs is undefined, must be an integer'],
    ['a signal that is none', () => run({ signal: true }), TypeError, 'fit: signal is true, must be an AbortSignal'],
    ['a norm of nothing', () => run({ clipNorm: -1 }), RangeError, 'fit: clipNorm is -1, must be above 0'],
    ['another end', () => run({ onNonFinite: 'stop' }), RangeError, "fit: onNonFinite is 'stop', must be 'throw' or 'skip'"],
    ['progress that is a text', () => run({ progress: 'bar' }), TypeError, "fit: progress is 'bar', must be true or false"],
    ['a metric that nobody computes', () => run({ earlyStop: { metric: 'f1' }, validation: [[x, y]], metrics: { accuracy } }), RangeError, "fit: earlyStop.metric is 'f1', must be 'loss' or 'accuracy'"],
    ['checkpoints to nowhere', () => run({ checkpoint: { every: 3 } }), TypeError, 'fit: checkpoint: save is undefined, must be a function'],
    ['checkpoints after no steps', () => run({ checkpoint: { every: 0, save: () => {} } }), RangeError, 'fit: checkpoint: every is 0, must be an integer, at least 1'],
    ['the best of what is no name', () => run({ checkpoint: { best: true, save: () => {} } }), TypeError, 'fit: checkpoint: best is true, must be a name'],
    ['the best by nothing', () => run({ checkpoint: { best: 'f1', save: () => {} } }), RangeError, "fit: checkpoint.best is 'f1', must be 'loss'"],
    ['a checkpoint on abort that is no choice', () => run({ checkpoint: { onAbort: 1, save: () => {} } }), TypeError, 'fit: checkpoint: onAbort is 1, must be true or false'],
    ['nothing to resume', () => run({ resume: { metadata: { epoch: 1 } } }), TypeError, 'fit: resume is an Object, must be what loadCheckpoint gave for a checkpoint of fit'],
    ['resumed at no step', () => run({ resume: { metadata: { epoch: 1, steps: -1, fit: { history: [], part: { samples: 0 } } } } }), RangeError, 'fit: resume.metadata.steps is -1, must be an integer, at least 0'],
    ['resumed with a loader that is not', () => run({ data: new DataLoader(tensorDataset(x, y)), resume: { metadata: { epoch: 1, steps: 1, fit: { history: [{ epoch: 0, loss: 1 }], part: { samples: 0 } } } } }), RangeError, 'fit: data stands in epoch 0, of which nothing was loaded, must stand in epoch 1 as resume: give it to loadCheckpoint as loader'],
    ['another kind of better', () => run({ earlyStop: { mode: 'least' } }), RangeError, "fit: earlyStop: mode is 'least', must be 'min' or 'max'"],
    ['patience that is negative', () => run({ earlyStop: { patience: -1 } }), RangeError, 'fit: earlyStop: patience is -1, must be an integer, at least 0'],
    ['an x that is not finite', wrongInput, RangeError, `${at} the x of the batch is not finite; the largest gradient is that of 'weight'`],
    ['a parameter that is not finite', wrongParameter, RangeError, `${at} the parameter '1.weight' is not finite; the largest gradient is that of '0.weight'`],
    ['a layer whose output is not finite', () => notFinite(new Quotient(), {}), RangeError, `${at} the output of 'divide' is not finite; the largest gradient is that of 'first.weight'`],
    ['a loss that alone is not finite', wrongLoss, RangeError, "fit: the loss is Infinity at step 0 (epoch 0), at a learning rate of 0.5: the loss, unlike every output, is not finite; the largest gradient is that of 'weight'"],
  ];
  refused(calls);

  test.each([{ earlyStop: { metric: 'f1' } }, { checkpoint: { best: 'f1', save: () => {} } }])(
    'before any step, also what would be asked for after an epoch: %j',
    async (changes) => {
      const before = values(net);
      await expect(run({ ...changes, validation: [[x, y]] })).rejects.toThrow("is 'f1', must be 'loss'");
      expect(values(net)).toEqual(before);
    },
  );

  test('a batch whose loss is not finite is left out on demand', async () => {
    const bad = tensor([[1, Number.NaN]]);
    const one = tensor(Int32Array.of(0));
    const losses: number[] = [];
    const history = await run({
      data: [
        [x, y],
        [bad, one],
        [x, y],
      ],
      onNonFinite: 'skip',
      onStep: ({ loss }: StepInfo) => {
        losses.push(loss);
      },
    });
    expect(losses).toEqual([expect.any(Number), Number.NaN, expect.any(Number)]);
    expect(history[0]!.loss).toBeCloseTo((losses[0]! + losses[2]!) / 2, 6);
  });
});
