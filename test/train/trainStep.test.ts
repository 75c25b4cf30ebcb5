// biome-ignore-all format: a table with a case a line.
/** A step of training as one program: the bits of the eager loop, and its memory, its failures, what it says of itself. */
import {
  add,
  BatchNorm2d,
  Conv2d,
  compile,
  Dropout,
  disposeRuntime,
  Flatten,
  GELU,
  gather,
  init,
  Linear,
  MaxPool2d,
  type Module,
  manualSeed,
  mean,
  memory,
  mul,
  ones,
  parameter,
  pow,
  ReLU,
  Sequential,
  SiLU,
  scope,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from 'striate';
import { Adam, AdamW, clipGradNorm, type Optimizer, RMSprop, SGD, trainStep } from 'striate/train';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { releaseCaches } from '../../ts/engine/memory.ts';
import { expectNothingLive, inThreads } from '../support/runtime.ts';
import { any, type Wrong } from '../support/wrong.ts';
import { numbers } from './network.ts';

const SIDE = 8;

function network(): Sequential {
  manualSeed(3);
  return new Sequential(
    new Conv2d(2, 6, 3, { padding: 1, bias: false }),
    new BatchNorm2d(6),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(6, 8, 3, { padding: 1 }),
    new ReLU(),
    new Flatten(),
    new Dropout({ p: 0.25 }),
    new Linear(8 * 16, 3),
  );
}

/** Batches of two sizes in turn. */
function batches(count: number): [Tensor, Tensor][] {
  const next = numbers(11);
  return Array.from({ length: count }, (_, i) => {
    const size = i % 3 === 2 ? 3 : 5;
    return [next([size, 2, SIDE, SIDE]), next([size, 3])];
  });
}

const squared = (net: Module, x: Tensor, y: Tensor) => mean(pow(sub(net.forward(x), y), 2));
const valuesOf = (net: Module) => Object.values(net.stateDict()).map((x) => x.toArray());

const OPTIMIZERS: Record<string, (params: Tensor[]) => Optimizer> = {
  SGD: (params) => new SGD(params, { lr: 0.05 }),
  'SGD with momentum': (params) => new SGD(params, { lr: 0.05, momentum: 0.9, nesterov: true }) as Optimizer,
  Adam: (params) => new Adam(params, { lr: 0.01, amsgrad: true }),
  AdamW: (params) => new AdamW(params, { lr: 0.01 }),
  RMSprop: (params) => new RMSprop(params, { centered: true, momentum: 0.5 }),
};

inThreads('a step of training', () => {
  describe.each(Object.keys(OPTIMIZERS))('%s', (name) => {
    test.each([undefined, 0.5])('has the bits of the eager loop, with gradients clipped to %s', (clipNorm) => {
      scope(() => {
        const all = batches(8);
        const nets = [network(), network()] as const;
        const [eager, planned] = nets.map((net) => OPTIMIZERS[name]!(net.parameters())) as [
          Optimizer,
          Optimizer,
        ];
        const rates = (optimizer: Optimizer, i: number) => {
          optimizer.lr = 0.01 / (i + 1);
        };
        manualSeed(5);
        const losses = all.map(([x, y], i) =>
          scope(() => {
            rates(eager, i);
            const { value, grads } = valueAndGrad(() => squared(nets[0], x, y), nets[0].parameters());
            if (clipNorm !== undefined) clipGradNorm(grads, clipNorm);
            eager.step(grads);
            return value.item();
          }),
        );
        manualSeed(5);
        let calls = 0;
        const step = trainStep(
          (x: Tensor, y: Tensor) => {
            calls += 1;
            return squared(nets[1], x, y);
          },
          planned,
          { clipNorm },
        );
        expect(
          all.map(([x, y], i) => {
            rates(planned, i);
            return step(x, y);
          }),
        ).toEqual(losses);
        expect(valuesOf(nets[1])).toEqual(valuesOf(nets[0]));
        expect(planned.stateDict()).toEqual(eager.stateDict());
        // One program for each of two shapes; SGD's momentum is there from the first step on.
        expect(calls).toBe(2);
        step.dispose();
      });
    });
  });

  test('gathers the gradients of several batches', () => {
    scope(() => {
      const all = batches(7);
      const [one, other] = [network().eval(), network().eval()];
      const [eager, planned] = [one, other].map((net) => new Adam(net.parameters(), { lr: 0.01 })) as [Adam, Adam];
      const step = trainStep((x: Tensor, y: Tensor) => squared(other, x, y), planned, {
        accumulate: 3,
        clipNorm: 1,
      });
      const pending: number[] = [];
      for (const [x, y] of all) {
        step(x, y);
        pending.push(step.pending);
      }
      expect(pending).toEqual([1, 2, 0, 1, 2, 0, 1]);
      for (const start of [0, 3]) {
        scope(() => {
          const parts = all
            .slice(start, start + 3)
            .map(([x, y]) => valueAndGrad(() => squared(one, x, y), one.parameters()).grads);
          const grads = one.parameters().map((_, i) =>
            parts.reduce<Tensor>((total, part) => add(total, mul(part[i]!, 1 / 3)), tensor([0])),
          );
          clipGradNorm(grads, 1);
          eager.step(grads);
        });
      }
      expect(valuesOf(other)).toEqual(valuesOf(one));
      expect(planned.stateDict()).toEqual(eager.stateDict());
      expect(step.summary()).toMatch(/zeros/);
      expect(step.profile({ runs: 1 }).length).toBeGreaterThan(10);
    });
  });

  test('what the function gives beside the loss', () => {
    scope(() => {
      const net = network();
      const step = trainStep(
        (x: Tensor, y: Tensor) => {
          const scores = net.forward(x);
          return [mean(pow(sub(scores, y), 2)), { scores, inputs: [x] }];
        },
        new SGD(net.parameters(), { lr: 0.1 }),
      );
      const [x, y] = batches(1)[0]!;
      const { loss, aux } = step(x, y);
      expect(aux.scores.shape).toEqual([5, 3]);
      expect(aux.inputs[0]!.toArray()).toEqual(x.toArray());
      expect(loss).toBeCloseTo(mean(pow(sub(aux.scores, y), 2)).item(), 6);
    });
  });

  test('parameters that are not trained, are used twice, are not used, or are met under another shape', () => {
    scope(() => {
      const made = () => [1, 2, 3, 4].map((value) => tensor([value, value]));
      const [eager, planned] = [made(), made()];
      // To gradients another handle is a constant; the update must wait for its readers all the same.
      const lossOf = ([w, frozen, , other]: Tensor[]) => {
        const flat = other!.reshape([1, 2]);
        return (x: Tensor) => add(mean(mul(mul(w!, w!), mul(x, frozen!))), sum(mul(flat, pow(other!, 2))));
      };
      const [lossEager, lossPlanned] = [lossOf(eager), lossOf(planned)];
      const x = tensor([1, -2]);
      const trained = ([w, , unused, other]: Tensor[]) => [w!, unused!, other!];
      const optimizer = new SGD(trained(planned), { lr: 0.1, weightDecay: 0.5 });
      const by = new SGD(trained(eager), { lr: 0.1, weightDecay: 0.5 });
      const step = trainStep(lossPlanned, optimizer);
      for (let i = 0; i < 3; i++) {
        const { value, grads } = valueAndGrad(() => lossEager(x), trained(eager));
        by.step(grads);
        expect(step(x)).toBe(value.item());
      }
      expect(planned.map((p) => p.toArray())).toEqual(eager.map((p) => p.toArray()));
      expect(planned[1]!.toArray()).toEqual([2, 2]);
    });
  });

  test('what the function itself assigns is written by each step', () => {
    scope(() => {
      const [w, count] = [tensor([2]), tensor([0])];
      const step = trainStep((x: Tensor) => {
        count.assign(add(count, 1));
        return mean(mul(w, x));
      }, new SGD([w], { lr: 1 }));
      expect([step(tensor([1])), step(tensor([1]))]).toEqual([2, 1]);
      expect(count.toArray()).toEqual([2]);
    });
  });

  test('a loss that is no finite number changes nothing', () => {
    scope(() => {
      const net = network();
      const optimizer = new Adam(net.parameters());
      const step = trainStep((x: Tensor, y: Tensor) => squared(net, x, y), optimizer);
      const [x, y] = batches(1)[0]!;
      step(x, y);
      const [values, state] = [valuesOf(net), optimizer.stateDict()];
      expect(step(tensor(new Float32Array(x.size).fill(Infinity), x.shape), y)).toBeNaN();
      expect(valuesOf(net)).toEqual(values);
      expect(optimizer.stateDict()).toEqual(state);
      expect(Number.isFinite(step(x, y))).toBe(true);
      expect(optimizer.stateDict().step).toBe(2);
    });
  });

  test('a fault of the data changes nothing', () => {
    scope(() => {
      const net = network();
      const optimizer = new SGD(net.parameters(), { lr: 1 });
      const step = trainStep(
        (x: Tensor, classes: Tensor<'int32'>) => mean(gather(net.forward(x), classes, { dim: 1 })),
        optimizer,
      );
      const [x] = batches(1)[0]!;
      const targets = (last: number) => tensor([0, 1, 2, 0, last], [5, 1], { dtype: 'int32' });
      const values = valuesOf(net);
      expect(() => step(x, targets(3))).toThrow('trainStep: gather');
      expect(valuesOf(net)).toEqual(values);
      step(x, targets(2));
      expect(valuesOf(net)).not.toEqual(values);
    });
  });

  test('allocates nothing, in the memory that was planned', () => {
    scope(() => {
      const net = network();
      const optimizer = new Adam(net.parameters());
      const step = trainStep((x: Tensor, y: Tensor) => squared(net, x, y), optimizer, { clipNorm: 1 });
      const [x, y] = batches(1)[0]!;
      step(x, y);
      releaseCaches();
      const before = memory.stats();
      for (let i = 0; i < 3; i++) step(x, y);
      expect(memory.stats()).toEqual({ ...before, cacheBytes: before.cacheBytes + step.peakBytes });
      expect(step.summary()).toContain(
        `planned peak of activations and gradients: ${step.peakBytes.toLocaleString('en')} bytes`,
      );
      step.dispose();
      step.dispose();
      expect(step.disposed).toBe(true);
    });
  });

  test('names its parts by the module that listed the parameters, or by another', () => {
    scope(() => {
      const inner = network();
      const outer = new Sequential(inner);
      const optimizer = new SGD(inner.parameters(), { lr: 1 });
      const body = (x: Tensor, y: Tensor) => squared(outer, x, y);
      const step = trainStep(body, optimizer);
      const [x, y] = batches(1)[0]!;
      step(x, y);
      const lines = step.summary().split('\n');
      expect(lines[0]).toMatch(/^name +operator/);
      for (const start of [/^0 +conv2d/, /^8 +gradient of linear/, /^8\.bias +SGD|^8\.bias +Optimizer.step/])
        expect(lines.some((line) => start.test(line)), `${start}`).toBe(true);
      const named = trainStep(body, optimizer, { model: outer });
      named(x, y);
      expect(named.summary()).toMatch(/^0\.0 +conv2d/m);
      const before = valuesOf(inner);
      const rows = step.profile({ runs: 2 });
      expect(valuesOf(inner)).toEqual(before);
      expect(rows.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
      expect(rows.map(({ name }) => name)).toContain('0.weight');
      // Nothing of the trace is left on the modules.
      expect(Object.keys(inner)).toEqual(Object.keys(network()));
      compile(outer, { inputs: [[1, 2, SIDE, SIDE]] });
    });
  });

  test('computes inner values again, with the same bits in less memory', () => {
    const block = (channels: number) =>
      new Sequential(
        new Conv2d(channels, 8, 3, { padding: 1 }),
        new BatchNorm2d(8),
        new GELU(),
        new Dropout({ p: 0.5 }),
        new Conv2d(8, 8, 3, { padding: 1 }),
        new MaxPool2d(3, { stride: 1, padding: 1 }),
        new SiLU(),
      );
    const run = (recompute: string[], accumulate = 1) =>
      scope(() => {
        manualSeed(4);
        const net = new Sequential(block(2), block(8), block(8), new Flatten(), new Linear(8 * SIDE * SIDE, 3));
        const optimizer = new SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
        const step = trainStep((x: Tensor, y: Tensor) => squared(net, x, y), optimizer, { recompute, accumulate });
        manualSeed(6);
        const losses = batches(4).map(([x, y]) => step(x, y));
        return { losses, values: valuesOf(net), peak: step.peakBytes, rows: step.summary().split('\n').length };
      });
    for (const accumulate of [1, 2]) {
      const plain = run([], accumulate);
      const one = run(['1'], accumulate);
      const all = run(['0', '1', '2', '2.4'], accumulate);
      for (const { losses, values } of [one, all]) expect({ losses, values }).toEqual({ losses: plain.losses, values: plain.values });
      expect(one.rows).toBeGreaterThan(plain.rows);
      expect(one.peak).toBeLessThan(plain.peak);
      expect(all.peak).toBeLessThan(0.75 * plain.peak);
    }
  });

  test('a step outlives its scope where it is returned', () => {
    const w = parameter(tensor([1]));
    const optimizer = new SGD([w], { lr: 0.5 });
    const step = scope(() => trainStep((x: Tensor) => mean(mul(w, x)), optimizer));
    const kept = scope(() => {
      const x = tensor([1]);
      return { losses: [step(x), step(x)] };
    });
    expect(kept.losses).toEqual([1, 0.5]);
    const lost = scope(() => [trainStep((x: Tensor) => mean(mul(w, x)), optimizer)].length);
    expect(lost).toBe(1);
    for (const one of [step, optimizer, w]) one.dispose();
  });
});

const net = () => new Linear(2, 1);
const sgd = (params = net().parameters()) => new SGD(params, { lr: 1 });

const wrong: Wrong[] = [
  ['no function', () => trainStep(any(3), sgd()), TypeError, 'trainStep: the first argument is 3, must be a function'],
  ['no optimizer', () => trainStep((x: Tensor) => mean(x), any({ lr: 1 })), TypeError, 'trainStep: optimizer is an Object, must be an optimizer: SGD, Adam, AdamW or RMSprop'],
  ['an option that there is not', () => trainStep((x: Tensor) => mean(x), sgd(), any({ clip: 1 })), TypeError, "trainStep: there is no option 'clip'; options are clipNorm, accumulate, recompute, model"],
  ['a norm of 0', () => trainStep((x: Tensor) => mean(x), sgd(), { clipNorm: 0 }), RangeError, 'trainStep: clipNorm is 0, must be above 0'],
  ['no batch', () => trainStep((x: Tensor) => mean(x), sgd(), { accumulate: 0 }), RangeError, 'trainStep: accumulate is 0, must be an integer, at least 1'],
  ['one name of a module', () => trainStep((x: Tensor) => mean(x), sgd(), { recompute: any('0') })(ones([2])), TypeError, "trainStep: recompute is '0', must be an array of modules' paths"],
  ['a name of no module', () => { const one = new Sequential(net(), net()); trainStep((x: Tensor) => mean(one.at(0)!.forward(x as never) as Tensor), sgd(one.parameters()), { recompute: ['1'] })(ones([1, 2])); }, RangeError, "trainStep: recompute names '1', there are 0"],
  ['a name where no modules are known', () => trainStep((x: Tensor) => mean(x), sgd([ones([1])]), { recompute: ['1'] })(ones([2])), RangeError, "trainStep: recompute names '1', there are no names"],
  ['a model that is none', () => trainStep((x: Tensor) => mean(x), sgd(), { model: any('net') }), TypeError, "trainStep: model is 'net', must be a Module"],
  ['a loss of many values', () => trainStep((x: Tensor) => x, sgd())(ones([2])), RangeError, 'trainStep: the function gave float32 of shape 2, must give one float32 value, or [that, aux] with whatever else is wanted of it'],
  ['an array for a batch', () => trainStep((x: Tensor) => mean(x), sgd())(any([1, 2])), TypeError, 'trainStep: xs[0] is [1, 2], must be a Tensor'],
  ['a disposed batch', () => { const x = ones([2]); x.dispose(); trainStep((x: Tensor) => mean(x), sgd())(x); }, TypeError, 'trainStep: xs[0] is disposed'],
  ['a parameter for a batch', () => { const w = ones([2]); trainStep((x: Tensor) => mean(mul(x, w)), sgd([w]))(w); }, RangeError, 'trainStep: xs[0] is written by the step, must have storage of its own'],
  ['a disposed optimizer', () => { const one = sgd(); const step = trainStep((x: Tensor) => mean(x), one); one.dispose(); step(ones([2])); }, TypeError, 'trainStep: the optimizer is disposed'],
  ['a disposed step', () => { const step = trainStep((x: Tensor) => mean(x), sgd()); step.dispose(); step(ones([2])); }, TypeError, 'trainStep: the step is disposed'],
  ['the summary of what has not run', () => trainStep((x: Tensor) => mean(x), sgd()).summary(), Error, 'trainStep.summary: the step has not run yet, call it with a batch first'],
  ['a profile of no runs', () => trainStep((x: Tensor) => mean(x), sgd()).profile({ runs: 0 }), RangeError, 'trainStep.profile: runs is 0, must be an integer, at least 1'],
];

describe('every wrong call has its sentence', () => {
  beforeAll(async () => {
    await init();
  });
  afterEach(expectNothingLive);
  afterAll(disposeRuntime);

  test.each(wrong)('%s', (_, call, kind, sentence) => {
    let error: Error | null = null;
    try {
      scope(() => void call());
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error?.message).toBe(sentence);
    expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
  });
});
