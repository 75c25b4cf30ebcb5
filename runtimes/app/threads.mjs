/** Two threads wherever this runs: a convolution that is worth it, what is running, and how it ends. Its bits are one thread's. */
import { conv2d, disposeRuntime, init, manualSeed, randn, runtime, scope } from 'striate';

const convolution = () =>
  scope(() => {
    manualSeed(1);
    return conv2d(randn([1, 32, 40, 40]), randn([32, 32, 3, 3]), null, { padding: 1 }).toTypedArray();
  });

export async function threads(wanted = 2, options = {}) {
  await init({ threads: 1 });
  const expected = convolution();
  disposeRuntime();
  await init({ threads: wanted, ...options });
  const [before, values, after] = [runtime().threads, convolution(), runtime().threads];
  const same = values.length === expected.length && values.every((v, i) => Object.is(v, expected[i]));
  return { threads: before, after, notes: runtime().notes, same };
}
