/** Comparison of many numbers that names the first difference instead of printing all of them. */

/** The first difference in words; null where there is none. See expectSame; `least` is what the largest is at least. */
export function difference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance = 0,
  least = 0,
): string | null {
  if (actual.length !== expected.length) return `${actual.length} elements, must be ${expected.length}`;
  let largest = least;
  for (let i = 0; i < expected.length; i++) {
    const magnitude = Math.abs(expected[i] as number);
    if (magnitude > largest && magnitude < Infinity) largest = magnitude;
  }
  for (let i = 0; i < expected.length; i++) {
    const [is, must] = [actual[i] as number, expected[i] as number];
    // biome-ignore lint/suspicious/noDoubleEquals: 0 and -0 are the same result.
    if (is == must || (Number.isNaN(is) && Number.isNaN(must)) || Math.abs(is - must) <= tolerance * largest)
      continue;
    return `element ${i} of ${expected.length} is ${is}, must be ${must}`;
  }
  return null;
}

/** Equal with ==, NaN equal to NaN, and within `tolerance` of the largest expected magnitude where one is given. */
export function expectSame(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance = 0,
  what = '',
): void {
  const found = difference(actual, expected, tolerance);
  if (found !== null) throw new Error(what === '' ? found : `${what}: ${found}`);
}
