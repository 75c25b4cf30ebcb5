/**
 * interpolate: x [N, C, spatial...] at more or fewer positions, axis after axis: each output is the nearest element, or a
 * weighted sum of the two or four elements around its source position (crates/core/src/instructions/resample.rs).
 *
 * params: kernel, coordinates, rounding, cubic coefficient, whether scale factors follow (or sizes), one per spatial axis.
 * @category Resampling
 */
import { checkOptions, oneOf, real } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, wrongKind, wrongValue } from '../base/errors.ts';
import { axisName } from '../base/faults.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf } from '../instructions/emit.ts';
import { writeResample } from '../instructions/sample.ts';
import { KERNEL, POSITIONS, ROUNDINGS } from '../instructions/table.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import {
  type Backward,
  type Lowered,
  operator,
  type Params,
  type Resolved,
  type Types,
  type Window,
} from './operator.ts';
import { flag, type Size, sizes } from './options.ts';
import { float32 } from './types.ts';

/** The options of `interpolate`; one of `size` and `scaleFactor` must be given. */
export interface InterpolateOptions {
  /** The output's spatial size: one number, or one per axis. */
  size?: Size | null | undefined;
  /** Instead of `size`: the output is floor(input * scaleFactor), and positions are computed with the factor given. */
  scaleFactor?: number | readonly number[] | null | undefined;
  /** Default 'nearest'. 'linear' takes [N, C, L], 'bilinear' and 'bicubic' [N, C, H, W], 'trilinear' [N, C, D, H, W]. */
  mode?: 'nearest' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | undefined;
  /** The outer elements' middles stay where they are, rather than their edges. Default false; not for 'nearest'. */
  alignCorners?: boolean | undefined;
  /**
   * ONNX's positions of output o: 'half-pixel' (o + 0.5) / scale - 0.5, with 'pytorch-half-pixel' 0 where the output has one
   * element; 'asymmetric' o / scale; 'align-corners' as `alignCorners`, in mode 'nearest' too. Default: 'asymmetric' in
   * mode 'nearest', else 'half-pixel'.
   */
  coordinates?: 'half-pixel' | 'pytorch-half-pixel' | 'asymmetric' | 'align-corners' | undefined;
  /** ONNX's other ways to the nearest element; 'simple' is 'ceil' for an axis that shrinks, else 'floor'. Default 'floor'. */
  rounding?: 'floor' | 'ceil' | 'round-prefer-floor' | 'round-prefer-ceil' | 'simple' | undefined;
  /** What the input's size times `scaleFactor` is computed in before it is floored; ONNX has 'float32'. Default 'float64'. */
  scalePrecision?: 'float64' | 'float32' | undefined;
  /** The cubic kernel's coefficient. Default -0.75. */
  cubicCoefficient?: number | undefined;
}

/** The options of `Upsample`. */
export type UpsampleOptions = Pick<InterpolateOptions, 'size' | 'scaleFactor' | 'mode' | 'alignCorners'>;

const OPTIONS: readonly string[] = [
  'size',
  'scaleFactor',
  'mode',
  'alignCorners',
  'coordinates',
  'rounding',
  'scalePrecision',
  'cubicCoefficient',
];
/** Each mode's kernel, and how many axes it takes. */
const MODES: Readonly<Record<string, readonly [kernel: keyof typeof KERNEL, axes: number]>> = {
  nearest: ['nearest', 0],
  linear: ['linear', 3],
  bilinear: ['linear', 4],
  bicubic: ['cubic', 4],
  trilinear: ['linear', 5],
};
const COORDINATES: readonly string[] = ['half-pixel', 'asymmetric', 'pytorch-half-pixel', 'align-corners'];
/** The last of them. */
const ALIGN_CORNERS = 3;
/** The instruction's, and ONNX's of operator set 10, which is one of them for each axis. */
const NEAREST = /*#__PURE__*/ (ROUNDINGS as readonly string[]).concat('simple');
/** What follows in params: sizes, factors, or factors that are multiplied in float32. */
const BY = { size: 0, factor: 1, float32Factor: 2 } as const;

/** One axis: the instruction's words are made of it. */
interface Axis {
  readonly axis: number;
  readonly input: number;
  readonly output: number;
  /** Source positions per output position. */
  readonly scale: number;
  /** POSITIONS. */
  readonly positions: number;
  /** Index of ROUNDINGS. */
  readonly rounding: number;
}

interface Problem {
  readonly kernel: number;
  readonly coefficient: number;
  /** The axes that change anything, those first that make x smallest. */
  readonly passes: readonly Axis[];
}

/** The options as params, for any number of spatial axes that the mode takes. @throws what is wrong with an option */
function interpolateParams(where: string, given: InterpolateOptions, rank: number): number[] {
  checkOptions(where, given, OPTIONS);
  const options = given ?? {};
  const { size = null, scaleFactor = null, mode = 'nearest', alignCorners = false } = options;
  oneOf(where, 'mode', mode, Object.keys(MODES));
  const kernel = KERNEL[MODES[mode]![0]];
  const { coordinates = kernel === KERNEL.nearest ? 'asymmetric' : 'half-pixel' } = options;
  const { rounding = 'floor', scalePrecision = 'float64' } = options;
  oneOf(where, 'coordinates', coordinates, COORDINATES);
  oneOf(where, 'rounding', rounding, NEAREST);
  oneOf(where, 'scalePrecision', scalePrecision, ['float64', 'float32']);
  const align = flag(where, 'alignCorners', alignCorners) === 1;
  if (align && kernel === KERNEL.nearest) {
    throw new RangeError(`${where}: alignCorners is true, must be false in mode 'nearest'`);
  }
  if ((size === null) === (scaleFactor === null)) {
    throw new TypeError(
      `${where}: size and scaleFactor are ${size === null ? 'left out' : 'both given'}, must be one of them`,
    );
  }
  return [
    kernel,
    align ? ALIGN_CORNERS : COORDINATES.indexOf(coordinates),
    NEAREST.indexOf(rounding),
    real(where, 'cubicCoefficient', options.cubicCoefficient ?? -0.75),
    size !== null ? BY.size : scalePrecision === 'float32' ? BY.float32Factor : BY.factor,
    ...(size === null ? factors(where, scaleFactor, rank) : sizes(where, 'size', size, rank)),
  ];
}

function factors(where: string, value: unknown, rank: number): number[] {
  if (typeof value === 'number') return new Array<number>(rank).fill(factor(where, 'scaleFactor', value));
  if (!Array.isArray(value)) throw wrongKind(where, 'scaleFactor', value, `a number or an array of ${rank}`);
  if (value.length !== rank) {
    throw new RangeError(
      `${where}: scaleFactor has ${counted(value.length, 'entry', 'entries')}, must have ${rank}`,
    );
  }
  return value.map((entry, axis) => factor(where, `scaleFactor[${axis}]`, entry));
}

function factor(where: string, name: string, value: unknown): number {
  const number = real(where, name, value);
  if (number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw wrongValue(where, name, value, 'above 0 and finite');
}

/** What interpolateParams wrote. */
function readParams(params: Params) {
  const [kernel = 0, coordinates = 0, rounding = 0, coefficient = 0, by = 0, ...values] = params;
  return { kernel, coordinates, rounding, coefficient, by, values };
}

type Options = ReturnType<typeof readParams>;

const scaled = (size: number, factor: number, by: number) =>
  by === BY.float32Factor ? Math.fround(size * Math.fround(factor)) : size * factor;

/** The spatial axes of a call. @throws RangeError for an axis of nothing */
function axesOf(x: TensorType, { kernel, coordinates, rounding, by, values }: Options): Axis[] {
  return values.map((value, index) => {
    const input = x.shape[index + 2] as number;
    const output = by === BY.size ? value : Math.floor(scaled(input, value, by));
    if (input < 1 || output < 1) {
      const name = axisName(x.shape.length - 2, index);
      const which = input < 1 ? 'x' : 'the output';
      throw new RangeError(`interpolate: ${name} of ${which} is 0, must be at least 1`);
    }
    const shrinks = by === BY.size ? output < input : value < 1;
    const simple = ROUNDINGS.indexOf(shrinks ? 'ceil' : 'floor');
    const axis = {
      axis: index + 2,
      input,
      output,
      rounding: rounding === ROUNDINGS.length ? simple : rounding,
    };
    if (coordinates === ALIGN_CORNERS) {
      return { ...axis, scale: output > 1 ? (input - 1) / (output - 1) : 0, positions: POSITIONS.asymmetric };
    }
    const first = coordinates === 1 || (coordinates === 2 && output === 1);
    const scale =
      kernel === KERNEL.linear && input === output ? 1 : by === BY.size ? input / output : 1 / value;
    return { ...axis, scale, positions: first ? POSITIONS.asymmetric : POSITIONS.halfPixel };
  });
}

const changes = ({ input, output, scale }: Axis) => input !== output || scale !== 1;

/** How many elements before and behind the one at or before a position a kernel reads. */
function reachOf(kernel: number): [before: number, after: number] {
  if (kernel === KERNEL.nearest) return [0, 0];
  return kernel === KERNEL.linear ? [0, 1] : [1, 2];
}

function windowOf({ kernel }: Options, axis: Axis): Window {
  const { scale, positions, rounding } = axis;
  if (!changes(axis)) return { kind: 'resampled', scale: 1, offset: 0, before: 0, after: 0 };
  const middle = positions === POSITIONS.halfPixel ? scale / 2 - 0.5 : 0;
  const [before, after] = reachOf(kernel);
  if (kernel !== KERNEL.nearest) return { kind: 'resampled', scale, offset: middle, before, after };
  const how = ROUNDINGS[rounding]!;
  const half = how === 'round-prefer-ceil' ? 0.5 : how === 'round-prefer-floor' ? -0.5 : 0;
  // What is rounded up stays where it is whole.
  const up = how === 'ceil' || how === 'round-prefer-floor' ? 1 : 0;
  return { kind: 'resampled', scale, offset: middle + half, before, after: after + up };
}

function resolve(inputs: Types, params: Params): Resolved<Problem> {
  const x = inputs[0]!;
  const options = readParams(params);
  const { kernel, coefficient } = options;
  if (kernel !== KERNEL.nearest) float32('interpolate', ['x'], inputs);
  const axes = axesOf(x, options);
  const passes = axes
    .filter(changes)
    .sort((a, b) => a.output / a.input - b.output / b.input || b.axis - a.axis);
  const shape = [...x.shape.slice(0, 2), ...axes.map(({ output }) => output)];
  return {
    outputs: [{ shape, dtype: x.dtype }],
    problem: { kernel, coefficient, passes },
    window: axes.map((axis) => windowOf(options, axis)),
  };
}

/** Emits the pass of one axis, or its adjoint, over values whose other axes are those of `shape`. */
function emitPass(
  to: Builder,
  from: Buffer,
  into: Buffer,
  shape: readonly number[],
  { axis, ...sizes }: Axis,
  { kernel, coefficient }: Problem,
  { dtype = 'float32', adjoint }: { dtype?: DType; adjoint: boolean },
): void {
  const rows = { outer: countOf(shape.slice(0, axis)), inner: countOf(shape.slice(axis + 1)) };
  const how = { kernel, coefficient, dtype, adjoint };
  writeResample(to, { x: from, y: into }, { ...rows, ...sizes, ...how });
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

/**
 * x resampled to `size`, or by `scaleFactor`. Nothing is averaged: where the output is smaller, elements may not
 * count at all. As PyTorch's interpolate and ONNX's Resize.
 * @param x [N, C, spatial...]; of any dtype, which the result keeps, in mode 'nearest', else of float32
 * @returns [N, C, ...size], or floor(spatial * scaleFactor)
 * @throws RangeError for a mode that is not for x's number of axes, and an axis of nothing; TypeError for a wrong
 * kind
 * @example
 * ```ts
 * interpolate(x, { scaleFactor: 2 }); // each pixel as a square of 2 x 2
 * interpolate(x, { size: [224, 224], mode: 'bilinear' });
 * ```
 */
export const interpolate = /*#__PURE__*/ operator(
  {
    name: 'interpolate',
    torch: 'torch.nn.functional.interpolate',
    onnx: ['Resize', 'Upsample'],
    args: ['x'],
    resolve,
    lower,
    gradient,
  },
  (invoke) =>
    <D extends DType = 'float32'>(x: Tensor<D>, options: InterpolateOptions): Tensor<D> => {
      const { shape } = requireTensor('interpolate', 'x', x);
      const { length } = shape;
      const params = interpolateParams('interpolate', options, length - 2);
      const { mode = 'nearest' } = options;
      const must = MODES[mode]![1];
      if (must === 0 ? length < 3 || length > 5 : length !== must) {
        throw new RangeError(
          `interpolate: x has ${counted(length, 'axis', 'axes')} (shape [${shape.join(', ')}]), must have ${must || '3 to 5'} in mode '${mode}'`,
        );
      }
      return invoke([x as Tensor<DType>], params)[0] as unknown as Tensor<D>;
    },
  {
    layer: { name: 'Upsample', options: 'UpsampleOptions' },
    validate(where, options: UpsampleOptions) {
      const axes = [options?.size, options?.scaleFactor].find(Array.isArray);
      interpolateParams(where, options, axes?.length ?? 1);
    },
  },
);
