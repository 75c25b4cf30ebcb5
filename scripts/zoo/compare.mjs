// How far a value is from the one that it should be.

/** By what a model computes with: of an output's largest magnitude. */
export const TOLERANCE = { float32: 1e-4, fp16: 1e-3, int8: 1 / 255 };

const same = (a, b) => a.length === b.length && a.every((size, i) => size === b[i]);

/**
 * The largest difference of `ours` from `theirs` ({ shape, data } each) as a part of the largest magnitude of `theirs`, or of `least`
 * where that is more; infinite where a shape or a whole number differs. Where both are not a number, or the same infinity, there is no difference.
 */
export function differenceOf(ours, theirs, least = 0) {
  if (!same(ours.shape, theirs.shape)) return Number.POSITIVE_INFINITY;
  const whole = !(theirs.data instanceof Float32Array || theirs.data instanceof Float64Array);
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < theirs.data.length; i++) {
    const wanted = Number(theirs.data[i]);
    const got = Number(ours.data[i]);
    if (Number.isFinite(wanted)) largest = Math.max(largest, Math.abs(wanted));
    if (Object.is(got, wanted) || got === wanted) continue;
    if (whole) return Number.POSITIVE_INFINITY;
    const off = Math.abs(got - wanted);
    if (!(off <= worst)) worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : off;
  }
  return worst === 0 ? 0 : worst / (Math.max(largest, least) || 1);
}
