/**
 * Where the window lies, as striate's core has it: along an axis, tap k of output o reads input o * stride - lo + k * dilation. A
 * transposed convolution is the same window read backwards: input i adds to outputs i * stride - lo + k * dilation. What does
 * not fit is a fault with its axis and its numbers.
 */
import type { Config } from './config.ts';

/** One axis of a window that fits. For a transposed convolution `output` is what it gives. */
export interface Axis {
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly lo: number;
  readonly hi: number;
  readonly outputPadding: number;
  readonly output: number;
  /** Places from the first to the last tap: dilation * (kernel - 1) + 1. */
  readonly span: number;
  /** The size is ceil(input / stride), or input * stride for a transposed one: padding is what that takes. */
  readonly same: boolean;
}

/** Why a size does not fit. */
export type Fault =
  | {
      readonly kind: 'kernel';
      readonly axis: AxisName;
      readonly span: number;
      readonly padded: number;
      readonly at: Axis;
    }
  | {
      readonly kind: 'reflect' | 'circular';
      readonly axis: AxisName;
      readonly padding: number;
      readonly size: number;
    }
  | { readonly kind: 'pool'; readonly axis: AxisName; readonly padding: number; readonly kernel: number }
  | { readonly kind: 'outputPadding'; readonly axis: AxisName; readonly given: number; readonly most: number }
  | { readonly kind: 'noOutput'; readonly axis: AxisName; readonly size: number; readonly at: Axis }
  | { readonly kind: 'groups'; readonly groups: number; readonly channels: number; readonly outputs: number };

export type AxisName = 'length' | 'height' | 'width';
export const axisNames = (rank: number): readonly AxisName[] =>
  rank === 1 ? ['length'] : ['height', 'width'];

export type Plan = { readonly axes: readonly Axis[] } | { readonly fault: Fault };

/** The axes of a window, or why there is none. */
export function planOf(config: Config): Plan {
  const { operation, groups, channels, outputs } = config;
  if (operation !== 'pool' && (channels % groups !== 0 || outputs % groups !== 0))
    return { fault: { kind: 'groups', groups, channels, outputs } };
  const axes: Axis[] = [];
  for (const [i, name] of axisNames(config.rank).entries()) {
    const found = operation === 'transposed' ? transposedAxis(config, i, name) : windowAxis(config, i, name);
    if ('fault' in found) return found;
    axes.push(found.axis);
  }
  return { axes };
}

type Found = { readonly axis: Axis } | { readonly fault: Fault };

function sizesOf(config: Config, i: number) {
  const [input, kernel] = [config.size[i] as number, config.kernel[i] as number];
  const [stride, dilation] = [config.stride[i] as number, config.dilation[i] as number];
  return { input, kernel, stride, dilation, span: dilation * (kernel - 1) + 1 };
}

/** What the padding's name means for an input of this size. */
function paddingOf(config: Config, i: number, input: number): readonly [lo: number, hi: number] {
  const { stride, span } = sizesOf(config, i);
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + span - input);
  const half = Math.floor(total / 2);
  switch (config.padding) {
    case 'same':
      return [half, total - half];
    case 'same-lower':
      return [total - half, half];
    case 'valid':
      return [0, 0];
    case 'full':
      return [span - 1, span - 1];
    default:
      return config.padding[i] as readonly [number, number];
  }
}

function windowAxis(config: Config, i: number, axis: AxisName): Found {
  const sizes = sizesOf(config, i);
  const { input, kernel, stride, span } = sizes;
  const [lo, hi] = paddingOf(config, i, input);
  const padded = input + lo + hi;
  const room = padded - span;
  const isPool = config.operation === 'pool';
  let output = Math.floor(room / stride) + 1;
  if (isPool && config.ceil) {
    output = Math.ceil(room / stride) + 1;
    // The last window must begin inside the input or the padding before it.
    if ((output - 1) * stride >= input + lo) output--;
  }
  const same = config.padding === 'same' || config.padding === 'same-lower';
  const at: Axis = { ...sizes, lo, hi, output, outputPadding: 0, same };
  // As PyTorch's rule: of padding that is one number on both sides.
  const isNumber = typeof config.padding !== 'string' && config.padding.every(([a, b]) => a === b);
  if (isPool && isNumber && 2 * Math.max(lo, hi) > kernel)
    return { fault: { kind: 'pool', axis, padding: Math.max(lo, hi), kernel } };
  const most = Math.max(lo, hi);
  if (!isPool && config.mode === 'reflect' && most >= input && most > 0)
    return { fault: { kind: 'reflect', axis, padding: most, size: input } };
  if (!isPool && config.mode === 'circular' && most > input)
    return { fault: { kind: 'circular', axis, padding: most, size: input } };
  if (output < 1) return { fault: { kind: 'kernel', axis, span, padded, at } };
  return { axis: at };
}

function transposedAxis(config: Config, i: number, axis: AxisName): Found {
  const sizes = sizesOf(config, i);
  const { input, stride, dilation, span } = sizes;
  const same = config.padding === 'same' || config.padding === 'same-lower';
  const outputPadding = config.outputPadding[i] as number;
  const most = same ? 0 : Math.max(stride, dilation) - 1;
  if (outputPadding > most) return { fault: { kind: 'outputPadding', axis, given: outputPadding, most } };
  const spread = (input - 1) * stride + span;
  const [lo, hi] = paddingOf(config, i, same ? input * stride : input);
  const output = same ? input * stride : spread - lo - hi + outputPadding;
  const at: Axis = { ...sizes, lo, hi, output, outputPadding, same };
  if (output < 1) return { fault: { kind: 'noOutput', axis, size: output, at } };
  return { axis: at };
}

/** Which input a place in the padding stands for; null for what holds a constant. */
export function sourceOf(place: number, size: number, mode: Config['mode']): number | null {
  if (place >= 0 && place < size) return place;
  switch (mode) {
    case 'reflect':
      return place < 0 ? -place : 2 * (size - 1) - place;
    case 'replicate':
      return place < 0 ? 0 : size - 1;
    case 'circular':
      return ((place % size) + size) % size;
    default:
      return null;
  }
}
