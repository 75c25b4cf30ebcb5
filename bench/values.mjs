// The values that every contender computes with: normally distributed, the same for the same layer in every run.
import { shapeOf } from './layers.mjs';

const elements = (shape) => shape.reduce((total, size) => total * size, 1);

/** Mulberry32, a generator with 32 bits of state by Tommy Ettinger; numbers from 0 to 1, neither included. */
function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** Box and Muller's method. */
export function normal(count, seed) {
  const next = uniform(seed);
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** `{ shape, data }` of each input and weight. Weights are scaled so that a convolution's outputs are near 1. */
export function valuesOf({ inputs, weights }) {
  return {
    inputs: inputs.map((input, i) => {
      const shape = shapeOf(input);
      const count = elements(shape);
      const data = !Array.isArray(input)
        ? Int32Array.from({ length: count }, (_, k) => input.values(k))
        : normal(count, 1 + i);
      return { shape, data };
    }),
    weights: weights.map((shape, i) => {
      const scale = 1 / Math.sqrt(elements(shape.slice(1)));
      return { shape, data: normal(elements(shape), 101 + i).map((value) => value * scale) };
    }),
  };
}
