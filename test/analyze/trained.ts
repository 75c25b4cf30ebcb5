/** A small net with weights by a formula, a picture for it, and what PyTorch makes of both (generate.py). */
import { readFileSync } from 'node:fs';
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, type Tensor, tensor } from 'striate';
import { expect } from 'vitest';

const torch = JSON.parse(readFileSync(new URL('inside.json', import.meta.url), 'utf8')) as Record<
  string,
  number[]
>;

/** The formula of generate.py. */
export function formula(count: number, scale: number, shift = 0): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => ((((i * 7919 + 13) % 101) - 50) / 50) * scale + shift,
  );
}

export function makeNet() {
  const net = new Sequential(
    new Conv2d(1, 4, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(4, 5, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(45, 3),
  );
  const scales = [0.6, 0.1, 0.4, 0.1, 0.3, 0.1];
  net.parameters().forEach((parameter, i) => {
    parameter.assign(formula(parameter.size, scales[i]!));
  });
  return net;
}

export const picture = () => tensor(formula(144, 1, 0.2), [1, 1, 12, 12]);

export function near(found: Tensor, name: string): void {
  const wanted = torch[name]!;
  expect(found.size).toBe(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - found.data[i]!)));
  expect(largest).toBeGreaterThan(0);
  expect(worst / largest, name).toBeLessThan(1e-5);
}
