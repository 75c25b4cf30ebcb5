/** The time of a cold start, in milliseconds: from before the import to the value of a first convolution. */
export async function cold() {
  const start = performance.now();
  const { first } = await import('./first.mjs');
  const end = await first();
  const time = performance.now() - start;
  end();
  return time;
}
