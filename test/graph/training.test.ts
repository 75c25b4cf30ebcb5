/** A small network learns: layers, batch norm in training, gradients of all parameters, updates in place. */
import {
  BatchNorm2d,
  Conv2d,
  compile,
  Dropout,
  Flatten,
  Linear,
  logSoftmax,
  MaxPool2d,
  manualSeed,
  mean,
  memory,
  mul,
  neg,
  ReLU,
  Sequential,
  scope,
  sum,
  tensor,
  valueAndGrad,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const [COUNT, SIDE] = [32, 12];

/** Bars of four directions with noise; the classes in turn. */
function bars(seed: number): { pixels: number[]; labels: number[] } {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pixels: number[] = [];
  const labels: number[] = [];
  for (let n = 0; n < COUNT; n++) {
    const label = n % 4;
    const shift = Math.floor(random() * 4);
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const along = [row, column, row + column, row - column + SIDE][label] as number;
        pixels.push(((along + shift) % 4 < 2 ? 1 : -1) + random() - 0.5);
      }
    }
    labels.push(label);
  }
  return { pixels, labels };
}

inEachVariant('training', () => {
  test('a network learns the direction of bars', () => {
    scope(() => {
      manualSeed(7);
      const net = new Sequential(
        new Conv2d(1, 8, 3, { padding: 1, paddingMode: 'reflect', bias: false }),
        new BatchNorm2d(8),
        new ReLU(),
        new MaxPool2d(3, { stride: 2 }),
        new Conv2d(8, 16, 3, { stride: 2 }),
        new ReLU(),
        new Flatten(),
        new Dropout({ p: 0.1 }),
        new Linear(64, 4),
      );
      const batch = (seed: number) => {
        const { pixels, labels } = bars(seed);
        const wanted = labels.flatMap((label) => [0, 1, 2, 3].map((other) => (other === label ? 1 : 0)));
        return { x: tensor(pixels, [COUNT, 1, SIDE, SIDE]), wanted: tensor(wanted, [COUNT, 4]), labels };
      };
      const losses: number[] = [];
      const parameters = net.parameters();
      let alive = 0;
      for (let step = 0; step < 30; step++) {
        scope(() => {
          const { x, wanted } = batch(step);
          const loss = () => neg(mean(sum(mul(logSoftmax(net.forward(x), { dim: 1 }), wanted), { dim: 1 })));
          const { value, grads } = valueAndGrad(loss, ...parameters);
          losses.push(value.item());
          parameters.forEach((parameter, i) => {
            const [values, slopes] = [parameter.data, grads[i]!.data];
            for (let j = 0; j < values.length; j++) values[j]! -= 0.2 * slopes[j]!;
          });
        });
        const { liveBytes } = memory.stats();
        if (step > 0) expect(liveBytes).toBe(alive);
        alive = liveBytes;
      }
      expect(losses[0]).toBeGreaterThan(1);
      expect(losses.slice(-5).every((loss) => loss < 0.35)).toBe(true);

      const program = compile(net.eval(), { inputs: [[COUNT, 1, SIDE, SIDE]] });
      const { x, labels } = batch(1000);
      const scores = program.run(x).toArray() as number[][];
      const right = scores.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
      expect(right).toBeGreaterThan(COUNT * 0.9);
    });
  });
});
