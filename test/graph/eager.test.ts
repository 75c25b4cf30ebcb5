/** Plans of calls with values: each operator keeps its own. */
import {
  abs,
  add,
  div,
  exp,
  log,
  maximum,
  memory,
  minimum,
  mish,
  mul,
  neg,
  ones,
  pow,
  relu,
  scope,
  selu,
  sigmoid,
  silu,
  sqrt,
  sub,
  type Tensor,
  tanh,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const UNARY = [relu, sigmoid, tanh, exp, log, sqrt, abs, neg, silu, mish, selu];
const BINARY = [add, sub, mul, div, pow, maximum, minimum];

inEachVariant('plans', () => {
  test('of operators with equal options and shapes are kept beside each other', () => {
    scope(() => {
      const [x, y] = [ones([3, 5]), ones([3, 5])];
      const calls: (() => Tensor)[] = [...UNARY.map((f) => () => f(x)), ...BINARY.map((f) => () => f(x, y))];
      relu(ones([1])).dispose();
      for (const call of calls) {
        const before = memory.stats().cacheBytes;
        call().dispose();
        expect(memory.stats().cacheBytes, `${call}`).toBeGreaterThan(before);
      }
      const { cacheBytes } = memory.stats();
      for (let i = 0; i < 3; i++) for (const call of calls) call().dispose();
      expect(memory.stats().cacheBytes).toBe(cacheBytes);
    });
  });
});
