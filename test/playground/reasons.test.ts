/** How much maps stay when weights are drawn anew (Adebayo et al., 2018), for the net that the playground reads digits with. */
import { readFileSync } from 'node:fs';
import { disposeRuntime, init, memory } from 'striate';
import { readSafetensors } from 'striate/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digitNet, PIXELS } from '../../playground/src/digits/net.ts';
import { agreement, lastMaps, rankCorrelation, withWeights } from '../../playground/src/worker/reasons.ts';
import { fetchDigits } from '../../scripts/fetch-data.mjs';

beforeAll(() => init());
afterAll(() => disposeRuntime());

function trainedNet() {
  const net = digitNet();
  const { tensors } = readSafetensors(new Uint8Array(readFileSync('playground/models/digits.safetensors')));
  net.loadStateDict(tensors);
  for (const one of Object.values(tensors)) one.dispose();
  return net.eval() as ReturnType<typeof digitNet>;
}

/** Twenty digits of each class that the net has not learned from. */
function digits() {
  const parts = fetchDigits({ log: () => {} }).map((file) => {
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] };
    return Uint8Array.from(
      { length: 20 * PIXELS },
      (_, i) => 255 * data[Math.floor(i / PIXELS) * 5 * PIXELS + (i % PIXELS)]!,
    );
  });
  return {
    pixels: Uint8Array.from(parts.flatMap((part) => [...part])),
    classes: Uint8Array.from({ length: 200 }, (_, i) => Math.floor(i / 20)),
  };
}

test('ranks: the same order is 1, the other way round -1, and equals share theirs', () => {
  expect(rankCorrelation([1, 5, 9, 20], [0, 1, 2, 3])).toBe(1);
  expect(rankCorrelation([1, -2, 3], [9, 5, -1])).toBe(-1);
  expect(rankCorrelation([1, 1, 2, 2], [1, 1, 2, 2])).toBe(1);
  expect(rankCorrelation([1, 2, 3], [4, 4, 4])).toBe(null);
  expect(rankCorrelation([1, 2, 3, 4], [2, 1, 4, 3])).toBeCloseTo(0.6, 12);
});

test('guided backprop hardly changes when what was learned is drawn anew; gradients and Grad-CAM do', () => {
  const net = trainedNet();
  const layer = lastMaps(net as never, [[1, 1, 28, 28]]);
  expect(layer).toBe('4');
  const before = net.parameters().map((one) => [...one.toTypedArray()]);
  const found = agreement(net as never, digits(), '4', 'last', 20);
  console.log(found);
  const of = Object.fromEntries(found.correlations.map(({ method, correlation }) => [method, correlation]));
  expect(found.count).toBe(200);
  expect(of.guidedBackprop).toBeGreaterThan(0.5);
  expect(of.saliency).toBeLessThan(0.4);
  expect(of.gradCam).toBeLessThan(0.4);
  expect(net.parameters().map((one) => [...one.toTypedArray()])).toEqual(before);
  withWeights(net as never, 'last', 1, () => {
    const changed = net
      .parameters()
      .map((one, i) => one.toTypedArray().some((value, j) => value !== before[i]![j]));
    expect(changed).toEqual([false, false, false, false, true, true, true, true]);
  });
  net.dispose();
  expect(memory.stats().liveTensors).toBe(0);
});
