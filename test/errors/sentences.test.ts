import { conv2d, disposeRuntime, init, memory, relu, scope, type Tensor, tensor } from 'striate';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { faultError } from '../../ts/base/faults.ts';
import { wrongCalls } from '../support/families.ts';
import { expectNothingLive } from '../support/runtime.ts';
import type { Wrong } from '../support/wrong.ts';
import { beforeInit, cases, faults, starts } from './cases.ts';
import { habits } from './habits.ts';
import { noTensors } from './noTensors.ts';

/** The error of a call; fails where there is none. */
function errorOf(call: () => unknown): Error {
  try {
    scope(() => {
      call();
    });
  } catch (error) {
    return error as Error;
  }
  return expect.fail('no error');
}

function check([, call, kind, sentence]: Wrong): void {
  const error = errorOf(call);
  expect(error.message).toBe(sentence);
  expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
}

describe('before init, and after disposeRuntime', () => {
  test.each(beforeInit)('%s', (...one) => check(one));
  test('an operator on a tensor of a runtime that has ended', async () => {
    await init();
    const x = tensor([1]);
    disposeRuntime();
    check(['', () => relu(x), TypeError, 'relu: x is disposed']);
    check(beforeInit[0] as Wrong);
  });
});

describe('a start that fails, and the next that does not', () => {
  test.each(starts)('%s', async (_, call, kind, sentence) => {
    try {
      await call();
      expect.fail('no error');
    } catch (error) {
      expect((error as Error).message).toEqual(
        typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
      );
      expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
    }
    disposeRuntime();
    await init();
    scope(() => expect(relu(tensor([-1, 1])).toArray()).toEqual([0, 1]));
    disposeRuntime();
  });
});

test.each(faults)('fault %i of %j', (code, values, kind, sentence) => {
  const error = faultError('f', code, values);
  expect(error.message).toBe(sentence);
  expect(Object.getPrototypeOf(error)).toBe(kind.prototype);
});

describe('every wrong call has its sentence, and the library goes on', () => {
  let x: Tensor;
  let w: Tensor;
  beforeAll(async () => {
    await init({ maxMemoryBytes: 2 ** 26 });
    [x, w] = [tensor([1, 2, 3, 4], [1, 1, 2, 2]), tensor([1, -1], [1, 1, 1, 2])];
  });
  afterEach(() => {
    scope(() => expect(conv2d(x, w).toArray()).toEqual([[[[-1], [-1]]]]));
    expect(memory.stats().liveTensors).toBe(2);
  });
  afterAll(() => {
    x.dispose();
    w.dispose();
    expectNothingLive();
    disposeRuntime();
  });

  test.each([...noTensors, ...habits, ...cases, ...wrongCalls])('%s', (...one) => check(one));
});
