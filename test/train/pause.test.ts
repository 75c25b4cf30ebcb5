/** When a training lets other tasks run. */
import { afterEach, expect, test, vi } from 'vitest';
import { Pauses } from '../../ts/base/pause.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test.each([
  ['many short steps', 5, [45, 90, 135]],
  ['a few', 17, [34, 68, 102]],
  ['steps of which two are too long', 30, [30, 60, 90]],
  ['steps that are too long', 100, [100, 200, 300]],
])('%s, of %i ms', async (_, step, expected) => {
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  const at: number[] = [];
  vi.stubGlobal('setImmediate', (go: () => void) => {
    at.push(clock);
    go();
  });
  const pauses = new Pauses();
  while (at.length < expected.length) {
    clock += step;
    await pauses.maybe();
  }
  expect(at).toEqual(expected);
});

const refused = () => {
  throw new Error('A Node.js API is used (setImmediate) which is not supported in the Edge Runtime.');
};

test.each<[string, object | undefined, unknown, unknown]>([
  ['messages', undefined, MessageChannel, undefined],
  ['the scheduler', { postTask: async (call: () => void) => void setTimeout(call) }, undefined, undefined],
  ['timers, where there is nothing else', undefined, undefined, undefined],
  ["timers, where Node's own throw", undefined, undefined, refused],
])('elsewhere by %s, beside which timers are served', async (_, scheduler, channel, immediate) => {
  vi.stubGlobal('setImmediate', immediate);
  vi.stubGlobal('scheduler', scheduler);
  vi.stubGlobal('MessageChannel', channel);
  const pauses = new Pauses();
  let clock = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => {
    clock += 30;
    return clock;
  });
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 1);
  while (ticks < 3) await pauses.maybe();
  clearInterval(timer);
  pauses.end();
});
