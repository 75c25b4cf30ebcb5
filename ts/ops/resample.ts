/**
 * resample: some axes of x at other positions, one after the other: each output is the nearest element, or a weighted sum
 * of the elements around its source position (crates/core/src/instructions/resample.rs), in windows as much wider as an axis
 * shrinks (crates/core/src/instructions/antialias.rs). `interpolate` and ONNX's Resize say which.
 *
 * params: kernel, whether kernels stretch, whether elements beyond the ends are excluded, the cubic coefficient; then of each
 * axis that changes its number, output size, positions (4), rounding, and stretch.
 * @internal
 */
import type { DType, TensorType } from '../base/dtype.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf } from '../instructions/emit.ts';
import { type Positions, writeAntialias, writeResample } from '../instructions/sample.ts';
import { KERNEL, ROUNDINGS } from '../instructions/table.ts';
import { invoke, type Tensor } from '../tensor/tensor.ts';
import type { Backward, Entry, Lowered, Params, Resolved, Types, Window } from './operator.ts';
import { float32 } from './types.ts';

export interface Kernel {
  /** KERNEL. */
  readonly kernel: number;
  /** Kernels are stretched where an axis shrinks, and weights divided by their sum. */
  readonly antialias: boolean;
  /** Elements beyond the ends count nothing; otherwise those at the ends stand for them. */
  readonly exclude: boolean;
  /** Of the cubic kernel. */
  readonly coefficient: number;
}

/** One axis: the instruction's words are made of it. */
export interface Axis {
  readonly axis: number;
  readonly output: number;
  readonly positions: Positions;
  /** Index of ROUNDINGS. */
  readonly rounding: number;
  /** What kernels are stretched by, where they are. */
  readonly stretch: number;
}

type Pass = Axis & { readonly input: number };

interface Problem extends Kernel {
  /** The axes that change anything, those first that make x smallest. */
  readonly passes: readonly Pass[];
}

/** Where outputs are among the inputs. */
export type Coordinates =
  | 'half-pixel'
  | 'half-pixel-symmetric'
  | 'pytorch-half-pixel'
  | 'asymmetric'
  | 'align-corners';

/** Positions of an axis; inputs per output are `factor` / `divisor`. */
export function positionsOf(
  coordinates: Coordinates,
  input: number,
  output: number,
  factor: number,
  divisor: number,
): Positions {
  const step = { first: 0, factor, divisor, shift: 0 };
  const middles = { first: 0.5, factor, divisor, shift: -0.5 };
  switch (coordinates) {
    case 'half-pixel':
      return middles;
    case 'half-pixel-symmetric':
      // An output size that was rounded lies around the same middle.
      return { ...middles, shift: (input / 2) * (1 - (output / input) * (factor / divisor)) - 0.5 };
    case 'pytorch-half-pixel':
      return output === 1 ? step : middles;
    case 'asymmetric':
      return step;
    case 'align-corners':
      return { ...step, factor: output > 1 ? input - 1 : 0, divisor: output > 1 ? output - 1 : 1 };
  }
}

/** The params of a call. */
export function resampleParams({ kernel, antialias, exclude, coefficient }: Kernel, axes: readonly Axis[]) {
  const words = axes.flatMap(({ axis, output, positions, rounding, stretch }) => [
    ...[axis, output, positions.first, positions.factor, positions.divisor, positions.shift],
    ...[rounding, stretch],
  ]);
  return [kernel, Number(antialias), Number(exclude), coefficient, ...words];
}

function problemOf({ shape }: TensorType, params: Params): Problem {
  const [kernel = 0, antialias, exclude, coefficient = 0, ...words] = params;
  const passes: Pass[] = [];
  for (let at = 0; at < words.length; at += 8) {
    const [axis, output, first, factor, divisor, shift, rounding, stretch] = words.slice(at) as [
      ...[number, number, number, number, number, number, number, number],
    ];
    const positions = { first, factor, divisor, shift };
    const input = shape[axis] as number;
    const moved = input !== output || factor !== divisor || first + shift !== 0;
    if (moved) passes.push({ axis, input, output, positions, rounding, stretch });
  }
  passes.sort((a, b) => a.output / a.input - b.output / b.input || b.axis - a.axis);
  return { kernel, antialias: antialias === 1, exclude: exclude === 1, coefficient, passes };
}

/** How far before and behind the element at or before a position a kernel reads. */
function reachOf({ kernel, antialias }: Kernel, stretch: number): [before: number, after: number] {
  if (kernel === KERNEL.nearest) return [0, 0];
  const radius = kernel === KERNEL.linear ? 1 : 2;
  const after = antialias ? Math.ceil(radius * stretch) : radius;
  return [after - 1, after];
}

function windowOf(kernel: Kernel, pass: Pass | undefined): Window {
  if (pass === undefined) return { kind: 'resampled', scale: 1, offset: 0, before: 0, after: 0 };
  const { positions, rounding, stretch } = pass;
  const scale = positions.factor / positions.divisor;
  const offset = positions.first * scale + positions.shift;
  const [before, after] = reachOf(kernel, stretch);
  if (kernel.kernel !== KERNEL.nearest) return { kind: 'resampled', scale, offset, before, after };
  const how = ROUNDINGS[rounding]!;
  const half = how === 'round-prefer-ceil' ? 0.5 : how === 'round-prefer-floor' ? -0.5 : 0;
  // What is rounded up stays where it is whole.
  const up = how === 'ceil' || how === 'round-prefer-floor' ? 1 : 0;
  return { kind: 'resampled', scale, offset: offset + half, before, after: after + up };
}

function resolve(inputs: Types, params: Params): Resolved<Problem> {
  const x = inputs[0]!;
  const problem = problemOf(x, params);
  if (problem.kernel !== KERNEL.nearest) float32('interpolate', ['x'], inputs);
  const shape = [...x.shape];
  for (const { axis, output } of problem.passes) shape[axis] = output;
  const passOf = (axis: number) => problem.passes.find((pass) => pass.axis === axis);
  return {
    outputs: [{ shape, dtype: x.dtype }],
    problem,
    window: x.shape.slice(2).map((_, axis) => windowOf(problem, passOf(axis + 2))),
  };
}

/** Emits the pass of one axis, or its adjoint, over values whose other axes are those of `shape`. */
function emitPass(
  to: Builder,
  from: Buffer,
  into: Buffer,
  shape: readonly number[],
  { axis, ...sizes }: Pass,
  { kernel, antialias, exclude, coefficient }: Problem,
  { dtype = 'float32', adjoint }: { dtype?: DType; adjoint: boolean },
): void {
  const rows = { outer: countOf(shape.slice(0, axis)), inner: countOf(shape.slice(axis + 1)) };
  const how = { ...rows, ...sizes, kernel, coefficient, adjoint };
  const operands = { x: from, y: into };
  // Without more to divide by than a kernel's own sum, four elements are all there is.
  if (kernel === KERNEL.nearest || !(antialias || exclude)) writeResample(to, operands, { ...how, dtype });
  else writeAntialias(to, operands, { ...how, exclude, stretch: antialias ? sizes.stretch : 1 });
}

function lower(to: Builder, { types, problem, inputs, outputs }: Lowered<Problem>): void {
  const x = types[0] as TensorType;
  const shape = [...x.shape];
  let from = inputs[0] as Buffer;
  const { passes } = problem;
  passes.forEach((pass, i) => {
    const next = [...shape];
    next[pass.axis] = pass.output;
    const last = i === passes.length - 1;
    const into = last ? (outputs[0] as Buffer) : to.buffer({ shape: next, dtype: x.dtype });
    emitPass(to, from, into, shape, pass, problem, { dtype: x.dtype, adjoint: false });
    shape[pass.axis] = pass.output;
    from = into;
  });
  if (passes.length === 0) to.copy(from, outputs[0] as Buffer);
}

function gradient(to: Builder, { outputTypes, problem, gradients }: Backward<Problem>): Buffer[] {
  const shape = [...(outputTypes[0] as TensorType).shape];
  let flow = gradients[0] as Buffer;
  for (const pass of [...problem.passes].reverse()) {
    shape[pass.axis] = pass.input;
    const into = to.buffer({ shape, dtype: 'float32' });
    emitPass(to, flow, into, shape, pass, problem, { adjoint: true });
    flow = into;
  }
  return [flow];
}

export const INTERPOLATE: Entry<Problem> = {
  name: 'interpolate',
  torch: 'torch.nn.functional.interpolate',
  onnx: ['Resize', 'Upsample'],
  args: ['x'],
  resolve,
  lower,
  gradient,
};

/** x of any rank, with any of its axes at other positions. */
export function resample(x: Tensor<DType>, kernel: Kernel, axes: readonly Axis[]): Tensor<DType> {
  return invoke(INTERPOLATE, [x], resampleParams(kernel, axes))[0] as Tensor<DType>;
}
