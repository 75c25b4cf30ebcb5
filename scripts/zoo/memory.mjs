// How large the linear memory is after the first run of a model, beside what it cannot do without: weights, and activations as
// they were planned.
import { memory, tensor } from '../../bench/striate.mjs';
import { ourFeeds } from './feeds.mjs';

const numbersIn = (text, pattern) =>
  [...text.matchAll(pattern)].map(([, digits]) => Number(digits.replaceAll(',', '')));

/** Runs a model for the first time: the bytes of memory, weights, activations, and the tensors that go in and come out. */
export function memoryOf(model, values) {
  const feeds = ourFeeds(tensor, values);
  const results = model.run(feeds);
  const { memoryBytes } = memory.stats();
  const [weights] = numbersIn(String(model), /weights: (\d+) bytes/g);
  const activations = Math.max(...numbersIn(model.summary(), /planned peak of activations: ([\d,]+) bytes/g));
  const own = [...Object.values(feeds), ...Object.values(results)];
  const tensors = own.reduce((sum, { data }) => sum + data.byteLength, 0);
  for (const one of own) one.dispose();
  return { memory: memoryBytes, weights, activations, tensors };
}
