/**
 * Window options: what a user may say about stride, padding and dilation, as numbers; and the question to the Rust
 * side, whose geometry alone knows the size formulas and validates what fits.
 * @internal
 */
import { perAxis } from '../base/checks.ts';
import { counted, wrongKind, wrongValue } from '../base/errors.ts';
import { axisName, faultError } from '../base/faults.ts';
import { engine, refresh } from '../engine/engine.ts';
import type { Params, Window } from '../graph/entry.ts';
import { type Axes, type Axis, UNIT } from '../instructions/axes.ts';
import { PADDINGS, RULE } from '../instructions/table.ts';

/** One number for all axes or one per axis. @public */
export type Size = number | readonly number[];
/** A number, one per axis, `[before, after]` per axis, or a rule. @public */
export type Padding =
  | Size
  | readonly (readonly [number, number])[]
  | 'same'
  | 'same-lower'
  | 'valid'
  | 'full';

/** Padding as numbers: the mode, then before and after for each axis. */
export function paddingParams(
  where: string,
  padding: unknown,
  rank: number,
  modes: readonly string[],
): number[] {
  if (typeof padding === 'number') return symmetric(perAxis(where, 'padding', padding, rank, 0));
  if (typeof padding === 'string') {
    if (!modes.includes(padding)) {
      const names = modes.map((mode) => `'${mode}'`).join(', ');
      const others = names === '' ? '' : ` or one of ${names}`;
      throw wrongValue(where, 'padding', padding, `numbers${others}`);
    }
    return [PADDINGS.indexOf(padding as (typeof PADDINGS)[number]), ...new Array<number>(2 * rank).fill(0)];
  }
  if (Array.isArray(padding) && padding.some(Array.isArray)) {
    if (padding.length !== rank) {
      throw new RangeError(`${where}: padding has ${counted(padding.length, 'pair')}, must have ${rank}`);
    }
    return [0, ...padding.flatMap((pair, axis) => perAxis(where, `padding[${axis}]`, pair, 2, 0))];
  }
  return symmetric(perAxis(where, 'padding', padding, rank, 0));
}

/** Explicit padding with as much before as after; written out, for this is in the way of each call. */
function symmetric(widths: readonly number[]): number[] {
  const params = [0];
  for (let axis = 0; axis < widths.length; axis++)
    params.push(widths[axis] as number, widths[axis] as number);
  return params;
}

/** How a window moves, as params say it. */
export interface WindowSettings {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** From paddingParams. */
  readonly padding: readonly number[];
}

const WINDOW_PADDINGS: readonly string[] = /*#__PURE__*/ PADDINGS.slice(1);

/** Stride, dilation and padding as numbers: stride.., dilation.., padding (mode, before and after..). */
export function windowParams(
  where: string,
  rank: number,
  {
    stride = 1,
    dilation = 1,
    padding = 0,
  }: { stride?: Size | undefined; dilation?: Size | undefined; padding?: Padding | undefined },
): number[] {
  return [
    ...sizes(where, 'stride', stride, rank),
    ...sizes(where, 'dilation', dilation, rank),
    ...paddingParams(where, padding, rank, WINDOW_PADDINGS),
  ];
}

/** What windowParams made, from index `at` of a list on, and the params behind it. */
export function windowSettings(
  params: Params,
  rank: number,
  at = 0,
): WindowSettings & { readonly rest: Params } {
  const padding = at + 2 * rank;
  const end = padding + 2 * rank + 1;
  return {
    stride: params.slice(at, at + rank),
    dilation: params.slice(at + rank, padding),
    padding: params.slice(padding, end),
    rest: params.slice(end),
  };
}

/** Params in which padding begins at `at`, with more of it per axis; null for a padding that depends on the size of x. */
export function withPadding(params: Params, at: number, widths: readonly number[]): Params | null {
  if (params[at] !== 0) return null;
  const own = params.slice(at + 1, at + 1 + widths.length);
  const wider = own.map((width, i) => width + (widths[i] as number));
  return [...params.slice(0, at + 1), ...wider, ...params.slice(at + 1 + widths.length)];
}

/** What resolveWindow is asked. */
export interface WindowParams extends WindowSettings {
  readonly rank: number;
  readonly kernel: readonly number[];
  /** RULE bits. */
  readonly rule: number;
  /** Of a transposed window: the output's padding, or by RULE.sized its size, per axis. */
  readonly extra?: readonly number[];
}

/**
 * A window that was validated: the output's spatial shape, and the axes as instructions have them; those of a transposed
 * window are those of the convolution whose adjoint it is.
 */
export interface ResolvedWindow {
  readonly output: number[];
  readonly axes: Axes;
}

/** Asks for each axis' output size and padding. @throws RangeError that names the function and the axis */
export function resolveWindow(
  where: string,
  spatial: readonly number[],
  window: WindowParams,
): ResolvedWindow {
  const on = engine(where);
  const { rank, rule, padding } = window;
  const output: number[] = [];
  const axes: Axis[] = [];
  for (let axis = rank; axis < 3; axis++) axes.push(UNIT);
  for (let axis = 0; axis < rank; axis++) {
    const input = spatial[axis] as number;
    const kernel = window.kernel[axis] as number;
    const stride = window.stride[axis] as number;
    const dilation = window.dilation[axis] as number;
    const mode = padding[0] as number;
    const before = padding[1 + 2 * axis] as number;
    const after = padding[2 + 2 * axis] as number;
    const extra = window.extra?.[axis] ?? 0;
    const code = on.exports.window(input, kernel, stride, dilation, before, after, mode, rule, extra);
    const { i32, result } = refresh(on);
    if (code !== 0)
      throw faultError(`${where}: ${axisName(rank, axis)}`, code, i32.subarray(result + 1, result + 4));
    const found = i32[result] as number;
    output.push(found);
    axes.push({
      input: rule & RULE.transposed ? found : input,
      kernel,
      stride,
      dilation,
      lo: i32[result + 1] as number,
      hi: i32[result + 2] as number,
    });
  }
  return { output, axes: axes as unknown as Axes };
}

/** Kernel size, stride or dilation as a list. */
export function sizes(where: string, name: string, value: unknown, rank: number): number[] {
  return perAxis(where, name, value, rank, 1);
}

/** Takes the numbers of a list one behind the other: so many at each call. */
export function taking(params: readonly number[]): (count: number) => number[] {
  const rest = [...params];
  return (count) => rest.splice(0, count);
}

/** A flag as 0 or 1. */
export function flag(where: string, name: string, value: unknown): number {
  if (typeof value !== 'boolean') throw wrongKind(where, name, value, 'true or false');
  return value ? 1 : 0;
}

/** A tensor of this rank has its batch and channel axes and `rank` spatial ones. */
export function requireRank(where: string, name: string, shape: readonly number[], rank: number): void {
  if (shape.length === rank) return;
  throw new RangeError(
    `${where}: ${name} has ${counted(shape.length, 'axis', 'axes')} (shape [${shape.join(', ')}]), must have ${rank}`,
  );
}

/** Three sizes, ones on the left for the axes that a problem lacks. */
export function lifted(spatial: readonly number[]): number[] {
  return [...new Array<number>(3 - spatial.length).fill(1), ...spatial];
}

/** A validated window as what an output element sees of its input. */
export function windowsOf(
  { output, axes }: ResolvedWindow,
  kind: 'regular' | 'transposed' = 'regular',
): Window[] {
  return axes
    .slice(3 - output.length)
    .map(({ kernel, stride, dilation, lo: padding }) => ({ kind, kernel, stride, dilation, padding }));
}
