/** The sliding window's numbers by striate: what the page shows as the result comes from here. */
import {
  avgPool1d,
  avgPool2d,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  lpPool1d,
  lpPool2d,
  maxPool1d,
  maxPool2d,
  minPool1d,
  minPool2d,
  scope,
  sumPool1d,
  sumPool2d,
  type Tensor,
  tensor,
} from 'striate';
import type { Config } from '../window/config.ts';
import { kernelRows } from '../window/config.ts';

export interface Computed {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const POOLS = {
  max: [maxPool1d, maxPool2d],
  min: [minPool1d, minPool2d],
  avg: [avgPool1d, avgPool2d],
  sum: [sumPool1d, sumPool2d],
} as const;

/** @throws RangeError, striate's, for what does not fit */
export function compute(config: Config): Computed {
  return scope(() => {
    const y = run(config);
    return { shape: [...y.shape], data: y.toTypedArray() };
  });
}

function run(config: Config): Tensor {
  const { operation, rank, channels, size, kernel, w, stride, dilation, groups } = config;
  const x = tensor(Float32Array.from(config.x.flat()), [1, channels, ...size]);
  const padding = paddingOption(config.padding);
  const at = rank - 1;
  if (operation === 'pool') return pool(config, x, padding);
  const { rows, columns } = kernelRows(config);
  const weight = tensor(Float32Array.from(w.flat()), [rows, columns, ...kernel]);
  if (operation === 'transposed') {
    const { outputPadding } = config;
    const options = { stride, dilation, padding, groups, outputPadding } as never;
    return [convTranspose1d, convTranspose2d][at]!(x, weight, null, options);
  }
  const { mode: paddingMode, flip: flipKernel } = config;
  return [conv1d, conv2d][at]!(x, weight, null, {
    stride,
    dilation,
    padding,
    paddingMode,
    groups,
    flipKernel,
  } as never);
}

function pool(config: Config, x: Tensor, padding: unknown): Tensor {
  const { pool: kind, kernel, stride, dilation, ceil: ceilMode, includePad, power, rank } = config;
  const options = { stride, dilation, padding, ceilMode } as never;
  if (kind === 'lp') return [lpPool1d, lpPool2d][rank - 1]!(x, power, kernel as never, options);
  const own = kind === 'avg' ? ({ ...(options as object), countIncludePad: includePad } as never) : options;
  return POOLS[kind][rank - 1]!(x, kernel as never, own) as Tensor;
}

/** Numbers where both sides are the same, as the rules of pooling's padding are told of. */
function paddingOption(padding: Config['padding']): unknown {
  if (typeof padding === 'string') return padding;
  return padding.every(([lo, hi]) => lo === hi)
    ? padding.map(([lo]) => lo)
    : padding.map((pair) => [...pair]);
}
