/** Instructions that read between the elements along an axis. */
import { DTYPE } from '../base/boundary.ts';
import { type DType, dtypeId } from '../base/dtype.ts';
import { resampling } from '../engine/sides/resampling.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import { OP } from './table.ts';

/** Where output o's source position is: (o + first) * factor / divisor + shift, in float32. */
export interface Positions {
  readonly first: number;
  readonly factor: number;
  readonly divisor: number;
  readonly shift: number;
}

interface AxisOptions {
  /** x is [outer, input, inner], y [outer, output, inner]. */
  readonly outer: number;
  readonly input: number;
  readonly output: number;
  readonly inner: number;
  /** KERNEL. */
  readonly kernel: number;
  readonly positions: Positions;
  /** The cubic kernel's. */
  readonly coefficient: number;
  /** x is dy and y is dx. */
  readonly adjoint: boolean;
}

interface ResampleOptions extends AxisOptions {
  readonly dtype: DType;
  /** The number of one of ROUNDINGS. */
  readonly rounding: number;
}

interface AntialiasOptions extends AxisOptions {
  /** The kernel's width by its own, at least 1. */
  readonly stretch: number;
  /** Elements beyond the ends count nothing. */
  readonly exclude: boolean;
}

function axisWords({ outer, input, output, inner, kernel, positions }: AxisOptions): number[] {
  const { first, factor, divisor, shift } = positions;
  return [outer, input, output, inner, kernel, ...[first, factor, divisor, shift].map(bits)];
}

/** One axis of x at other positions. */
export function writeResample(to: Builder, { x, y }: OperandsOf<'resample'>, options: ResampleOptions): void {
  to.needs(resampling);
  const { dtype, rounding, coefficient, adjoint } = options;
  const words = [dtypeId(dtype), ...axisWords(options), rounding, bits(coefficient), adjoint ? 1 : 0];
  to.step(OP.resample, [x], [y], words);
}

/** One axis of x in stretched windows around other positions. */
export function writeAntialias(
  to: Builder,
  { x, y }: OperandsOf<'antialias'>,
  options: AntialiasOptions,
): void {
  to.needs(resampling);
  const { coefficient, stretch, exclude, adjoint } = options;
  const how = [bits(coefficient), bits(stretch), exclude ? 1 : 0, adjoint ? 1 : 0];
  to.step(OP.antialias, [x], [y], [DTYPE.float32, ...axisWords(options), ...how]);
}
