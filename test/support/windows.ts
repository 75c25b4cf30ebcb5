/** The window options of a problem line, as a user writes them and as the plain loops need them. */
import type { Padding } from 'striate';
import { numbers, type Problem, perAxis } from './problems.ts';
import { type Axis, samePadding } from './reference.ts';

/** `padding=` as the option: a name, a number, one per axis, or `lo:hi` per axis. */
export function paddingOption(problem: Problem): Padding {
  const text = problem.values.get('padding') ?? '0';
  if (/^[a-z]/.test(text)) return text as Padding;
  if (text.includes(':'))
    return text.split(',').map((pair) => pair.split(':').map(Number) as [number, number]);
  const sizes = text.split(',').map(Number);
  return sizes.length === 1 ? (sizes[0] as number) : sizes;
}

/** Stride, dilation and padding of each axis. */
export function axesOf(
  problem: Problem,
  input: readonly number[],
  kernel: readonly number[],
  defaultStride: readonly number[],
): Axis[] {
  const rank = input.length;
  const strides = problem.values.has('stride') ? perAxis(problem, 'stride', rank, 1) : defaultStride;
  const dilations = perAxis(problem, 'dilation', rank, 1);
  const padding = paddingOption(problem);
  return input.map((size, i) => {
    const [stride, dilation, k] = [strides[i], dilations[i], kernel[i]] as [number, number, number];
    const full = dilation * (k - 1);
    let pair: readonly [number, number];
    if (padding === 'valid') pair = [0, 0];
    else if (padding === 'full') pair = [full, full];
    else if (padding === 'same' || padding === 'same-lower')
      pair = samePadding(size, k, stride, dilation, padding === 'same-lower');
    else {
      const own = typeof padding === 'number' ? padding : padding[i];
      pair = Array.isArray(own) ? (own as [number, number]) : [own as number, own as number];
    }
    return { stride, dilation, lo: pair[0], hi: pair[1] };
  });
}

/** The options that are given in the line, under their names in the API. */
export function windowOptions(problem: Problem): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const key of ['stride', 'dilation']) {
    const list = numbers(problem, key);
    if (list.length > 0) options[key] = list.length === 1 ? list[0] : list;
  }
  if (problem.values.has('padding')) options.padding = paddingOption(problem);
  for (const key of ['groups', 'divisorOverride'])
    if (problem.values.has(key)) options[key] = numbers(problem, key)[0];
  for (const key of ['flipKernel', 'ceilMode', 'returnIndices', 'countIncludePad']) {
    if (problem.values.has(key)) options[key] = problem.values.get(key) === '1';
  }
  return options;
}
