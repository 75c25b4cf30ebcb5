// biome-ignore-all format: a table with a case a line.
/** Checkpoints: a run that goes on from one has the bits of a run that did not stop; wrong files and parts change nothing. */
import { BatchNorm2d, Conv2d, Dropout, disposeRuntime, Flatten, init, Linear, manualSeed, mean, pow, ReLU, Sequential, scope, sub, type Tensor, tensor } from 'striate';
import { readSafetensors, writeSafetensors } from 'striate/files';
import { Adam, type CheckpointParts, DataLoader, loadCheckpoint, SGD, saveCheckpoint, tensorDataset, trainStep } from 'striate/train';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectNothingLive, inThreads } from '../support/runtime.ts';
import { any } from '../support/wrong.ts';
import { numbers } from './network.ts';

const [SIDE, STEPS, STEPS_PER_EPOCH] = [6, 9, 4];

const network = () =>
  new Sequential(
    new Conv2d(1, 4, 3),
    new BatchNorm2d(4),
    new ReLU(),
    new Flatten(),
    new Dropout({ p: 0.5 }),
    new Linear(64, 2),
  );

/** A rate that falls, and counts. */
class Falling {
  count = 0;
  readonly #optimizer: Adam;

  constructor(optimizer: Adam) {
    this.#optimizer = optimizer;
  }

  step(): void {
    this.count += 1;
    this.#optimizer.lr *= 0.9;
  }

  stateDict() {
    return { count: this.count, best: Infinity, least: -0 };
  }

  loadStateDict(state: ReturnType<Falling['stateDict']>): void {
    expect(Object.is(state.best, Infinity) && Object.is(state.least, -0)).toBe(true);
    this.count = state.count;
  }
}

/** A run from the beginning, each with other initial values. */
function begin(seed: number, accumulate: number) {
  manualSeed(seed);
  const model = network();
  const optimizer = new Adam(model.parameters(), { lr: 0.01, amsgrad: true });
  const next = numbers(5);
  const data = tensorDataset(next([15, 1, SIDE, SIDE]), next([15, 2]));
  const loader = new DataLoader(data, { batchSize: 4, shuffle: true });
  const step = trainStep((x: Tensor, y: Tensor) => mean(pow(sub(model.forward(x), y), 2)), optimizer, { clipNorm: 1, accumulate });
  return { model, optimizer, loader, step, scheduler: new Falling(optimizer) };
}

type Run = ReturnType<typeof begin>;

/** Makes steps until there were `end`; gives their losses. */
function go({ loader, step, scheduler }: Run, start: number, end: number): number[] {
  const losses: number[] = [];
  while (start + losses.length < end) {
    for (const [x, y] of loader) {
      losses.push(step(x!, y!));
      scheduler.step();
      x!.dispose();
      y!.dispose();
      if (start + losses.length === end) break;
    }
  }
  return losses;
}

const partsOf = ({ model, optimizer, loader, step, scheduler }: Run): CheckpointParts => ({ model, optimizer, loader, scheduler, step });

inThreads('checkpoints', () => {
  test.each([1, 3])('a run that stopped after any step goes on with the same bits, %i batches for an update', (accumulate) => {
    scope(() => {
      const whole = begin(1, accumulate);
      const losses = go(whole, 0, STEPS);
      const last = saveCheckpoint(partsOf(whole));
      for (let stop = 0; stop < STEPS; stop += stop === STEPS_PER_EPOCH - 1 ? 1 : 2) {
        scope(() => {
          const first = begin(1, accumulate);
          expect(go(first, 0, stop)).toEqual(losses.slice(0, stop));
          const bytes = saveCheckpoint({ ...partsOf(first), metadata: { stop, note: 'so far', none: Number.NaN } });
          const other = begin(2, accumulate);
          if (stop % 3 === 1) go(other, 0, 2);
          manualSeed(99);
          expect(loadCheckpoint(bytes, partsOf(other)).metadata).toEqual({ stop, note: 'so far', none: Number.NaN });
          expect(go(other, stop, STEPS)).toEqual(losses.slice(stop));
          expect(saveCheckpoint(partsOf(other))).toEqual(last);
        });
      }
    });
  });
});

/** A checkpoint of a small run, and what another run of other parts makes of it. */
function small(model = network(), lr = 1) {
  const optimizer = new SGD(model.parameters(), { lr, momentum: 0.5 });
  return { model, optimizer };
}

describe('wrong files and parts', () => {
  beforeAll(async () => {
    await init();
  });
  afterEach(expectNothingLive);
  afterAll(disposeRuntime);

  const other = () => new Sequential(new Linear(2, 2));
  const changed = (change: (json: Record<string, unknown>) => unknown) => {
    const { tensors, metadata } = readSafetensors(saveCheckpoint(small()));
    const json = JSON.parse(metadata['striate.checkpoint']!);
    return writeSafetensors(tensors, { metadata: { 'striate.checkpoint': JSON.stringify(change(json)) } });
  };

  test.each<[string, () => unknown, string]>([
    ['a model that is none', () => saveCheckpoint(any({ model: {} })), 'saveCheckpoint: model is an Object, must be a Module'],
    ['no parts', () => saveCheckpoint(any(null)), 'saveCheckpoint: the parts is null, must be an object: { model, optimizer, ... }'],
    ['a part that there is not', () => saveCheckpoint(any({ ...small(), optim: 1 })), "saveCheckpoint: there is no option 'optim'; options are model, optimizer, scheduler, loader, step, metadata"],
    ['an optimizer that is none', () => saveCheckpoint({ ...small(), optimizer: any({ lr: 1 }) }), 'saveCheckpoint: optimizer is an Object, must be an optimizer'],
    ['a loader that is none', () => saveCheckpoint({ ...small(), loader: any([1]) }), 'saveCheckpoint: loader is [1], must be an object with stateDict and loadStateDict'],
    ['no bytes', () => loadCheckpoint(any('file'), small()), "readSafetensors: bytes is 'file', must be a Uint8Array or ArrayBuffer"],
    ['a file of tensors', () => loadCheckpoint(writeSafetensors(network().stateDict()), small()), 'loadCheckpoint: bytes is no checkpoint, must be what saveCheckpoint gave'],
    ['a file whose metadata is no JSON', () => loadCheckpoint(writeSafetensors({}, { metadata: { 'striate.checkpoint': '{' } }), small()), 'loadCheckpoint: bytes is no checkpoint, must be what saveCheckpoint gave'],
    ['a file without a generator', () => loadCheckpoint(changed(({ generator: _, ...rest }) => rest), small()), 'loadCheckpoint: the generator of bytes is undefined, must be an integer'],
    ['a file of another version', () => loadCheckpoint(changed((json) => ({ ...json, version: 2 })), small()), 'loadCheckpoint: bytes is no checkpoint, must be what saveCheckpoint gave'],
    ['a checkpoint of another model', () => loadCheckpoint(saveCheckpoint({ model: other() }), { model: network() }), 'loadStateDict: missing keys: 1.weight, 1.bias, 1.running_mean, 1.running_var, 5.weight, 5.bias; unexpected keys: none'],
    ['a checkpoint of another optimizer', () => { const { model } = small(); loadCheckpoint(saveCheckpoint(small()), { model, optimizer: new Adam(model.parameters()) }); }, 'loadCheckpoint: optimizer is an Adam, bytes holds SGD'],
    ['a checkpoint without an optimizer', () => loadCheckpoint(saveCheckpoint({ model: network() }), small()), 'loadCheckpoint: bytes holds no optimizer, parts must have none'],
    ['a checkpoint of an optimizer of fewer parameters', () => { const { model } = small(); loadCheckpoint(saveCheckpoint(small()), { model, optimizer: new SGD(model.parameters().slice(1), { lr: 1 }) }); }, 'SGD.loadStateDict: dict.groups[0] has 6 parameters, must have 5'],
    ['the gradients of another step', () => { const one = begin(1, 3); go(one, 0, 1); const two = begin(1, 3); const step = trainStep((x: Tensor) => mean(x), new SGD([tensor([1])], { lr: 1 }), { accumulate: 2 }); loadCheckpoint(saveCheckpoint(partsOf(one)), { model: two.model, step }); }, "trainStep.loadStateDict: state.sums is of other parameters, must be of the optimizer's"],
  ])('%s', (_, call, sentence) => {
    let error: Error | null = null;
    try {
      scope(() => void call());
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error?.message.slice(0, sentence.length)).toBe(sentence);
  });

  test('nothing has changed where a part does not fit', () => {
    scope(() => {
      const [one, two] = [small(), small(network(), 2)];
      const bytes = saveCheckpoint({ ...one, scheduler: { stateDict: () => 1, loadStateDict() {} } });
      const before = saveCheckpoint(two);
      let loads = 0;
      const scheduler = {
        stateDict: () => 2,
        loadStateDict(state: number) {
          loads += 1;
          if (state === 1) throw new RangeError('of another schedule');
        },
      };
      expect(() => loadCheckpoint(bytes, { ...two, scheduler })).toThrow('of another schedule');
      expect(loads).toBe(2);
      expect(saveCheckpoint(two)).toEqual(before);
      loadCheckpoint(saveCheckpoint(one), two);
      expect(two.optimizer.lr).toBe(1);
    });
  });
});
