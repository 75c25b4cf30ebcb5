import {
  abs,
  add,
  Conv2d,
  clip,
  compile,
  concat,
  flatten,
  Module,
  maxPool2d,
  memory,
  ones,
  pad2d,
  permute,
  relu,
  reshape,
  Sequential,
  scope,
  slice,
  split,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

const live = () => {
  const { liveBytes, liveTensors } = memory.stats();
  return { liveBytes, liveTensors };
};

inEachVariant('counted storage', () => {
  test('reshape and flatten share it, and it is freed with the last handle', () => {
    const x = tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]);
    const y = x.reshape([3, -1]);
    const z = flatten(y);
    expect(live()).toEqual({ liveBytes: 24, liveTensors: 3 });
    z.data[0] = 9;
    expect(x.data[0]).toBe(9);
    x.dispose();
    expect(x.disposed).toBe(true);
    expect(y.disposed).toBe(false);
    expectSame(y.data, [9, 2, 3, 4, 5, 6]);
    y.dispose();
    expect(live()).toEqual({ liveBytes: 24, liveTensors: 1 });
    expectSame(relu(z).dispose() ?? z.data, [9, 2, 3, 4, 5, 6]);
    z.dispose();
  });

  test('disposing a handle twice does not take the storage from the other', () => {
    const x = ones([4]);
    const y = reshape(x, [2, 2]);
    x.dispose();
    x.dispose();
    x[Symbol.dispose]();
    expectSame(y.data, [1, 1, 1, 1]);
    y.dispose();
  });

  const nothingToDo: Record<string, (x: Tensor) => Tensor | Tensor[]> = {
    'permute in order': (x) => permute(x, [0, 1, 2, 3]),
    'a slice of all': (x) => slice(x, [0], [9]),
    'a split in one': (x) => split(x, 9),
    'concat of one': (x) => concat([x]),
    'padding of 0': (x) => pad2d(x, 0),
    'pooling of one pixel': (x) => maxPool2d(x, 1),
    'a cast to its own dtype': (x) => x.cast('float32'),
    clone: (x) => x.clone(),
    'clip without bounds': (x) => clip(x),
    'adding 0': (x) => add(x, 0),
    abs: (x) => abs(x),
  };
  test.each(Object.entries(nothingToDo))('%s gives new storage', (_, call) => {
    scope(() => {
      const x = ones([1, 2, 3, 3]);
      const y = [call(x)].flat()[0] as Tensor;
      expect(y).not.toBe(x);
      expect(y.shape).toEqual(x.shape);
      y.data.fill(5);
      expectSame(x.data, new Array(18).fill(1));
      x.dispose();
      expectSame(y.data, new Array(18).fill(5));
    });
  });

  test.each([
    ['reshape to the same shape', (x: Tensor) => reshape(x, x.shape)],
    ['flatten of one axis', (x: Tensor) => flatten(x, 1, 1)],
  ])('%s gives a new handle on the same storage', (_, call) => {
    scope(() => {
      const x = ones([2, 3]);
      const y = call(x);
      expect(y).not.toBe(x);
      expect(y.data.byteOffset).toBe(x.data.byteOffset);
    });
  });

  test('empty tensors have no values and are counted', () => {
    scope(() => {
      const x = zeros([0, 3]);
      expect(x.toArray()).toEqual([]);
      expect(x.data.length).toBe(0);
      expect(relu(x).shape).toEqual([0, 3]);
      expect(memory.stats().liveTensors).toBe(2);
      expect(memory.stats().liveBytes).toBe(0);
    });
  });
});

inEachVariant('scope', () => {
  test('disposes what was made inside and moves what is returned', () => {
    const y = scope(() => relu(add(ones([3]), ones([3]))));
    expect(live()).toEqual({ liveBytes: 12, liveTensors: 1 });
    expectSame(y.data, [2, 2, 2]);
    y.dispose();
  });

  test('what is returned through two scopes belongs to the outermost', () => {
    const outer = scope(() => {
      const inner = scope(() => scope(() => [ones([1]), { deep: [ones([2])] }] as const));
      expect(memory.stats().liveTensors).toBe(2);
      return inner[1].deep[0];
    });
    expect(live()).toEqual({ liveBytes: 8, liveTensors: 1 });
    outer?.dispose();
  });

  test('what was disposed inside stays so when it is returned', () => {
    const y = scope(() => {
      const made = ones([1]);
      made.dispose();
      return made;
    });
    expect(y.disposed).toBe(true);
  });

  test('a view that is returned keeps its storage alive', () => {
    const y = scope(() => reshape(add(ones([4]), 1), [2, 2]));
    expectSame(y.data, [2, 2, 2, 2]);
    y.dispose();
  });

  test('values of any kind are returned', () => {
    expect(scope(() => 3)).toBe(3);
    expect(scope(() => null)).toBe(null);
    expect(scope(() => undefined)).toBe(undefined);
    const circle: unknown[] = [];
    circle.push(circle);
    expect(scope(() => circle)).toBe(circle);
  });

  test('what was made outside is left alone, also when it is returned', () => {
    const x = ones([2]);
    scope(() => x);
    expect(x.disposed).toBe(false);
    x.dispose();
  });

  test('an exception disposes everything and passes on', () => {
    const failure = new Error('mine');
    expect(() =>
      scope(() => {
        ones([4]);
        scope(() => ones([5]));
        throw failure;
      }),
    ).toThrow(failure);
    expect(live()).toEqual({ liveBytes: 0, liveTensors: 0 });
  });

  test('a Promise is a TypeError, and what was made is disposed', async () => {
    let promise: Promise<Tensor> | undefined;
    expect(() =>
      scope(() => {
        promise = Promise.resolve(ones([1]));
        return promise;
      }),
    ).toThrow(new TypeError('scope: the function returned a Promise, must be synchronous'));
    expect((await promise)?.disposed).toBe(true);
  });

  test('a module that is returned keeps its parameters, one that is not loses them', () => {
    const net = scope(() => {
      new Conv2d(1, 1, 1);
      return new Sequential(new Conv2d(1, 2, 1), new Conv2d(2, 1, 1));
    });
    expect(memory.stats().liveTensors).toBe(4);
    net.dispose();
    net.dispose();
  });

  test('a program that is returned still runs, one that is not is disposed', () => {
    let lost: { disposed: boolean } | undefined;
    const program = scope(() => {
      lost = compile((x) => relu(x!), { inputs: [[2]] });
      return compile((x) => add(x!, ones([2])), { inputs: [[2]] });
    });
    expect(lost?.disposed).toBe(true);
    scope(() => expectSame(program.run(ones([2])).data, [2, 2]));
    program.dispose();
    program.dispose();
    expect(program.disposed).toBe(true);
  });

  test('run of a module leaves the result only', () => {
    class Net extends Module {
      forward(x: Tensor): Tensor {
        return relu(add(x, add(x, x)));
      }
    }
    const x = ones([2]);
    const y = new Net().run(x);
    expect(memory.stats().liveTensors).toBe(2);
    expectSame(y.data, [3, 3]);
    x.dispose();
    y.dispose();
  });

  test('Symbol.dispose, which `using` calls, gives tensors, modules and programs back', () => {
    const x = ones([2]);
    const layer = new Conv2d(1, 1, 1);
    const program = compile((a) => relu(a!), { inputs: [[2]] });
    for (const one of [x, layer, program]) one[Symbol.dispose]();
    expect(x.disposed).toBe(true);
    expect(program.disposed).toBe(true);
  });
});
