// biome-ignore-all format: a table with a case a line.
/** Optimisers: PyTorch's losses over 200 steps, what may be changed between steps, what they remember, and wrong calls. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { disposeRuntime, init, memory, ones, Sequential, scope, type Tensor, tensor, valueAndGrad, zeros } from 'striate';
import { Adam, AdamW, clipGradNorm, clipGradValue, RMSprop, SGD } from 'striate/train';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectNothingLive, inEachVariant, inThreads } from '../support/runtime.ts';
import { any, type Wrong } from '../support/wrong.ts';
import { learner } from './network.ts';

const CLASSES = { SGD, Adam, AdamW, RMSprop };
type Any = Adam;

interface Case {
  readonly name: string;
  readonly optimizer: keyof typeof CLASSES;
  readonly groups: readonly object[];
}

/** What test/train/generate.py wrote. */
function readCases(): (Case & { readonly losses: Float32Array })[] {
  const bytes = gunzipSync(readFileSync(fileURLToPath(new URL('optimizers.values', import.meta.url))));
  const length = bytes.readUInt32LE(0);
  const heads = JSON.parse(bytes.subarray(4, 4 + length).toString()) as Case[];
  const all = new Float32Array(Uint8Array.from(bytes.subarray(4 + length)).buffer);
  const steps = all.length / heads.length;
  return heads.map((head, i) => ({ ...head, losses: all.subarray(i * steps, (i + 1) * steps) }));
}

function make({ optimizer, groups }: Case, parts: readonly [Tensor[], Tensor[]]): Any {
  const Class = any(CLASSES[optimizer]);
  if (groups.length === 1) return new Class(parts.flat(), groups[0]);
  return new Class(
    parts.map((params, i) => ({ params, ...groups[i] })),
    { lr: 0.1 },
  );
}

inEachVariant("PyTorch's losses, step by step", () => {
  for (const one of readCases()) {
    test(one.name, () => {
      scope(() => {
        const { parts, parameters, batch, loss } = learner();
        const optimizer = make(one, parts);
        expect(one.losses.length).toBe(200);
        one.losses.forEach((expected, step) => {
          scope(() => {
            const { value, grads } = valueAndGrad(() => loss(...batch(step)), parameters);
            expect(Math.abs(value.item() / expected - 1), `step ${step}`).toBeLessThan(1e-4);
            optimizer.step(grads);
          });
        });
        expect(one.losses[196]).toBeLessThan(one.losses[0]! * 0.9);
      });
    });
  }
});

inThreads('optimizers', () => {
  test('options may be changed between steps, and arrays appear when they are needed', () => {
    scope(() => {
      const [p, q] = [tensor([1, 2]), tensor([3])];
      const optimizer = new SGD([{ params: [p] }, { params: [q], lr: 2 }], { lr: 1 });
      expect(optimizer.lr).toBe(1);
      expect(optimizer.groups.map(({ lr }) => lr)).toEqual([1, 2]);
      optimizer.step([ones([2]), ones([1])]);
      expect([p.toArray(), q.toArray()]).toEqual([[0, 1], [1]]);
      optimizer.lr = 0.5;
      optimizer.groups[1]!.weightDecay = 1;
      optimizer.groups[0]!.momentum = 0.5;
      optimizer.step({ p: ones([2]), q: ones([1]) });
      // Momentum begins with the gradient itself.
      expect([p.toArray(), q.toArray()]).toEqual([[-0.5, 0.5], [0]]);
      optimizer.step([ones([2]), ones([1])]);
      expect([p.toArray(), q.toArray()]).toEqual([[-1.25, -0.25], [-0.5]]);
      expect(optimizer.stateDict().state).toEqual([{ momentumBuffer: new Float32Array([1.5, 1.5]) }, {}]);
      expect(String(optimizer)).toBe(
        'SGD (1 parameter, lr: 0.5, momentum: 0.5, dampening: 0, weightDecay: 0, nesterov: false; 1 parameter, lr: 0.5, momentum: 0, dampening: 0, weightDecay: 1, nesterov: false)',
      );
    });
  });

  test.each([
    ['SGD', { lr: 0.1, momentum: 0.9 }],
    ['Adam', { amsgrad: true }],
    ['AdamW', {}],
    ['RMSprop', { centered: true, momentum: 0.5 }],
  ] as const)('what %s remembers goes over to another, to the bit', (optimizer, options) => {
    scope(() => {
      const [one, other] = [learner(), learner()];
      const [a, b] = [one, other].map(({ parts }) => make({ name: '', optimizer, groups: [options] }, parts));
      const step = ({ parameters, batch, loss }: typeof one, with_: Any, n: number) =>
        scope(() => with_.step(valueAndGrad(() => loss(...batch(n)), parameters).grads));
      for (let n = 0; n < 5; n++) step(one, a!, n);
      a!.lr = 0.003;
      one.parameters.forEach((p, i) => {
        other.parameters[i]!.assign(p);
      });
      b!.loadStateDict(structuredClone(a!.stateDict()));
      expect(b!.stateDict()).toEqual(a!.stateDict());
      for (let n = 5; n < 9; n++) {
        step(one, a!, n);
        step(other, b!, n);
      }
      expect(other.parameters.map((p) => p.toArray())).toEqual(one.parameters.map((p) => p.toArray()));
    });
  });

  test('gives its memory back, and no parameter', () => {
    const p = ones([100]);
    const before = memory.stats().liveBytes;
    const optimizer = new Adam([p]);
    scope(() => optimizer.step([ones([100])]));
    expect(memory.stats().liveBytes).toBe(before + 2 * 400 + 32);
    optimizer.dispose();
    optimizer.dispose();
    expect(optimizer.disposed).toBe(true);
    expect(memory.stats().liveBytes).toBe(before);
    expect(p.toArray()).toHaveLength(100);
    p.dispose();
  });

  test('norms are clipped in place, together', () => {
    scope(() => {
      const grads = [tensor([3, 0]), tensor([[0], [4]])];
      expect(clipGradNorm(grads, 10)).toBe(5);
      expect(grads[0]!.toArray()).toEqual([3, 0]);
      expect(clipGradNorm({ a: grads[0]!, b: grads[1]! }, 2.5)).toBe(5);
      expect(grads[0]!.data[0]).toBeCloseTo(1.5, 5);
      expect(grads[1]!.data[1]).toBeCloseTo(2, 5);
      expect(clipGradNorm([tensor([Number.NaN])], 1)).toBeNaN();
    });
  });

  test('values are clipped in place', () => {
    scope(() => {
      const grad = tensor([-3, -0.5, 0.5, 3, Infinity]);
      clipGradValue([grad], 1);
      expect(grad.toArray()).toEqual([-1, -0.5, 0.5, 1, 1]);
    });
  });
});

const p = () => ones([2]);
const bytes = () => ones([2], { dtype: 'uint8' });
const gone = () => {
  const made = p();
  made.dispose();
  return made;
};

const wrong: Wrong[] = [
  ['a module', () => new SGD(any(new Sequential()), { lr: 1 }), TypeError, 'SGD: params is a Sequential, must be an array of tensors, or of groups { params, lr, ... }: write net.parameters()'],
  ['nothing', () => new SGD(any(undefined), { lr: 1 }), TypeError, 'SGD: params is undefined, must be an array of tensors, or of groups { params, lr, ... }'],
  ['no parameter', () => new Adam([]), RangeError, 'Adam: params is empty, must hold at least one tensor'],
  ['a number among tensors', () => new Adam(any([p(), 1])), TypeError, 'Adam: params[1] is 1, must be a Tensor'],
  ['a tensor among groups', () => new Adam(any([{ params: [p()] }, p()])), TypeError, 'Adam: params[1] is a Tensor, must be a group { params, lr, ... }'],
  ['integers', () => new Adam(any([p(), bytes()])), TypeError, 'Adam: params[1] is uint8, must be float32'],
  ['a disposed parameter', () => new AdamW([gone()]), TypeError, 'AdamW: params[0] is disposed'],
  ['a group without parameters', () => new AdamW([{ params: [] }]), TypeError, 'AdamW: params[0].params is [], must be an array of at least one tensor'],
  ['a parameter twice', () => { const one = p(); return new SGD([one, one], { lr: 1 }); }, RangeError, 'SGD: params[1] is params[0] as well, a parameter must be there once'],
  ['a parameter in two groups, under two shapes', () => { const one = p(); return new SGD([{ params: [one] }, { params: [one.reshape([1, 2])] }], { lr: 1 }); }, RangeError, 'SGD: params[1].params[0] is params[0].params[0] as well, a parameter must be there once'],
  ['an option that there is not', () => new SGD([p()], any({ lr: 1, betas: [0, 0] })), TypeError, "SGD: there is no option 'betas'; options are lr, momentum, dampening, weightDecay, nesterov"],
  ['an option of a group that there is not', () => new Adam([any({ params: [p()], momentum: 1 })]), TypeError, "Adam: params[0]: there is no option 'momentum'; options are params, lr, betas, eps, weightDecay, amsgrad"],
  ['a rate in the place of options', () => new SGD([p()], any(0.1)), TypeError, 'SGD: options is 0.1, must be an object: write { lr: 0.1 }'],
  ['no rate', () => new SGD([p()]), TypeError, 'SGD: lr is undefined, must be a number'],
  ['a negative rate', () => new SGD([p()], { lr: -1 }), RangeError, 'SGD: lr is -1, must be a finite number, at least 0'],
  ['a rate that is NaN', () => new RMSprop([p()], { lr: Number.NaN }), RangeError, 'RMSprop: lr is NaN, must be a number'],
  ['an infinite rate of a group', () => new RMSprop([{ params: [p()], lr: Infinity }]), RangeError, 'RMSprop: params[0].lr is Infinity, must be a finite number, at least 0'],
  ['one beta', () => new Adam([p()], { betas: any([0.9]) }), TypeError, 'Adam: betas is [0.9], must be an array of 2 numbers'],
  ['a beta of 1', () => new Adam([p()], { betas: [0.9, 1] }), RangeError, 'Adam: betas[1] is 1, must be at least 0 and below 1'],
  ['a text for a flag', () => new Adam([p()], { amsgrad: any('yes') }), TypeError, "Adam: amsgrad is 'yes', must be true or false"],
  ["Nesterov's without momentum", () => new SGD([p()], { lr: 1, nesterov: true }), RangeError, 'SGD: nesterov is true, momentum must be above 0 and dampening 0, they are 0 and 0'],
  ['clip by nothing', () => clipGradNorm([p()], 0), RangeError, 'clipGradNorm: maxNorm is 0, must be above 0'],
  ['clip to NaN', () => clipGradValue([p()], Number.NaN), RangeError, 'clipGradValue: value is NaN, must be a number'],
  ['clip no gradients', () => clipGradNorm([], 1), RangeError, 'clipGradNorm: grads is empty, must hold at least one tensor'],
  ['clip a tensor', () => clipGradNorm(any(p()), 1), TypeError, 'clipGradNorm: grads is a Tensor, must be an array of tensors, or an object of them by name'],
  ['clip integers', () => clipGradNorm(any([bytes()]), 1), TypeError, 'clipGradNorm: grads[0] is uint8, must be float32'],
];

/** Wrong calls of an optimiser that has made a step. */
const wrongSteps: [string, (one: Adam, params: Tensor[]) => unknown, new () => Error, string][] = [
  ['too few gradients', (one) => one.step([p()]), RangeError, 'Adam.step: grads has 1 tensor, must have 2'],
  ['one gradient alone', (one) => one.step(any(p())), TypeError, 'Adam.step: grads is a Tensor, must be an array of tensors, or an object of them by name'],
  ['a gradient of another shape', (one) => one.step([p(), ones([1, 2])]), RangeError, 'Adam.step: grads[1] has shape 1x2, must be 2'],
  ['a gradient of another dtype', (one) => one.step([any(bytes()), p()]), TypeError, 'Adam.step: grads[0] is uint8, must be float32'],
  ['a disposed gradient', (one) => one.step([p(), gone()]), TypeError, 'Adam.step: grads[1] is disposed'],
  ['a rate set to NaN', (one) => { one.lr = Number.NaN; }, RangeError, 'Adam: lr is NaN, must be a number'],
  ['a rate of a group that became negative', (one) => { one.groups[0]!.lr = -1; try { one.step([p(), p()]); } finally { one.groups[0]!.lr = 1e-3; } }, RangeError, 'Adam.step: groups[0].lr is -1, must be a finite number, at least 0'],
  ['no state', (one) => one.loadStateDict(any(null)), TypeError, 'Adam.loadStateDict: dict is null, must be what stateDict() gives'],
  ['the state of another number of parameters', (one) => one.loadStateDict(new Adam([p()]).stateDict()), RangeError, 'Adam.loadStateDict: dict has 1 group of 1 parameter, must have 1 group of 2 parameters'],
  ['the state of other groups', (one) => one.loadStateDict({ ...one.stateDict(), groups: [{ ...one.stateDict().groups[0], params: 3 }] }), RangeError, 'Adam.loadStateDict: dict.groups[0] has 3 parameters, must have 2'],
  ['the state of parameters of other sizes', (one) => one.loadStateDict({ ...one.stateDict(), state: [{}, { expAvg: new Float32Array(3) }] }), RangeError, 'Adam.loadStateDict: dict.state[1].expAvg must be a Float32Array of 2 elements, for a parameter of shape 2'],
  ['the state of another class', (one) => one.loadStateDict(new RMSprop([p(), p()]).stateDict()), TypeError, 'Adam.loadStateDict: dict.groups[0].betas is undefined, must be an array of 2 numbers'],
];

describe('every wrong call has its sentence', () => {
  beforeAll(async () => {
    await init();
  });
  afterEach(expectNothingLive);
  afterAll(disposeRuntime);

  function check(call: () => unknown, kind: new (...args: never[]) => Error, sentence: string): void {
    try {
      call();
    } catch (error) {
      expect((error as Error).message).toBe(sentence);
      expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
      return;
    }
    expect.fail('no error');
  }

  test.each(wrong)('%s', (_, call, kind, sentence) => scope(() => check(call, kind, sentence)));

  test.each(wrongSteps)('%s, and nothing has changed', (_, call, kind, sentence) => {
    scope(() => {
      const params = [zeros([2]), p()];
      const one = new Adam(params);
      one.step([p(), p()]);
      const [values, state] = [params.map((x) => x.toArray()), one.stateDict()];
      check(() => call(one, params), kind, sentence);
      expect(params.map((x) => x.toArray())).toEqual(values);
      expect(one.stateDict()).toEqual(state);
    });
  });

  test('a parameter that was disposed, an optimizer that was', () => {
    scope(() => {
      const params = [p(), p()];
      const one = new SGD(params, { lr: 1 });
      params[1]!.dispose();
      const sentence = 'SGD.step: groups[0].params[1] is disposed';
      check(() => one.step([p(), p()]), TypeError, sentence);
      expect(params[0]!.toArray()).toEqual([1, 1]);
      one.dispose();
      check(() => one.step([p(), p()]), TypeError, 'SGD.step: the optimizer is disposed');
      check(() => one.stateDict(), TypeError, 'SGD.stateDict: the optimizer is disposed');
    });
  });
});
