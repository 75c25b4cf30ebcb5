/**
 * Resize and Upsample: scales or sizes of some axes become positions of `resample`, as onnxruntime computes them in float32,
 * which divides by scales.
 */
import type { DType } from '../../base/dtype.ts';
import { counted, shapeText } from '../../base/errors.ts';
import type { Positions } from '../../instructions/sample.ts';
import { KERNEL, ROUNDINGS } from '../../instructions/table.ts';
import { clip } from '../../ops/activation.ts';
import { cast } from '../../ops/cast.ts';
import { round } from '../../ops/elementary.ts';
import { type Axis, type Coordinates, type Kernel, positionsOf, resample } from '../../ops/resample.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { type AttributeSpec, choice, float, floats, int, ints, optional, required, value } from '../row.ts';

const OLD_MODE = choice('nearest', 'linear');
export const CROPPED = 'tf_crop_and_resize';
const COORDINATES: readonly string[] = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'asymmetric',
  'align_corners',
];
const names = ROUNDINGS.map((name) => name.replaceAll('-', '_'));
const RESIZE: Readonly<Record<string, AttributeSpec>> = {
  coordinate_transformation_mode: choice('half_pixel', ...COORDINATES, CROPPED, 'tf_half_pixel_for_nn'),
  cubic_coeff_a: float(-0.75),
  exclude_outside: int(0),
  extrapolation_value: float(0),
  mode: choice('nearest', 'linear', 'cubic'),
  nearest_mode: choice('round_prefer_floor', ...names),
};
const INPUTS = ['X', optional(value('roi')), optional(value('scales')), optional(value('sizes'))];

/** What is done to an axis. */
export interface Request {
  readonly axis: number;
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** Inputs per output as a fraction, which is exact where the output's size is given. */
  readonly factor: number;
  readonly divisor: number;
  /** Of the crop, from 0 to 1. */
  readonly start: number;
  readonly end: number;
}

export const resizing: Handlers = {
  Resize: [
    { since: 10, inputs: ['X', value('scales')], attributes: { mode: OLD_MODE }, build: buildOld },
    { since: 11, inputs: INPUTS, attributes: RESIZE, build: buildResize },
    {
      since: 18,
      inputs: INPUTS,
      attributes: {
        ...RESIZE,
        antialias: int(0),
        axes: ints,
        keep_aspect_ratio_policy: choice('stretch', 'not_larger', 'not_smaller'),
      },
      build: buildResize,
    },
  ],
  Upsample: [
    { inputs: ['X'], attributes: { mode: OLD_MODE, scales: required(floats) }, build: buildOld },
    { since: 9, until: 9, inputs: ['X', value('scales')], attributes: { mode: OLD_MODE }, build: buildOld },
  ],
};

/** By scales; the nearest element is that above where an axis shrinks, else that below. */
function buildOld(call: Call): Tensor<DType> {
  const kernel = { kernel: KERNEL[call.string('mode') as 'nearest'], coefficient: 0 };
  const axes = requests(call).map((request) => ({
    ...axisOf(request, positionsAt('asymmetric', request)),
    rounding: ROUNDINGS.indexOf(request.scale < 1 ? 'ceil' : 'floor'),
  }));
  return resampled(call, { ...kernel, antialias: false, exclude: false }, axes);
}

function buildResize(call: Call): Tensor<DType> {
  return resized(call).y;
}

/** The output, and what was asked for; what lies beyond a crop is as at its ends (cropped.ts). */
export function resized(call: Call) {
  const mode = call.string('mode') as keyof typeof KERNEL;
  const coordinates = call.string('coordinate_transformation_mode');
  const rounding = names.indexOf(call.string('nearest_mode'));
  const asked = requests(call);
  const axes = asked.map((request) => ({
    ...axisOf(request, positionsAt(coordinates, request)),
    rounding,
  }));
  const antialias = call.int('antialias') === 1 && mode !== 'nearest';
  const kernel = {
    kernel: KERNEL[mode],
    coefficient: call.float('cubic_coeff_a'),
    antialias,
    // Of the linear kernel alone, it makes no difference.
    exclude: call.int('exclude_outside') !== 0 && (mode === 'cubic' || antialias),
  };
  return { y: resampled(call, kernel, axes), asked, axes };
}

/** Integers between which is interpolated become integers again: means are rounded, other values cut off. */
function resampled(call: Call, kernel: Kernel, axes: readonly Axis[]): Tensor<DType> {
  const x = call.tensor(0);
  if (x.dtype === 'float32' || kernel.kernel === KERNEL.nearest) return resample(x, kernel, axes);
  const y = resample(cast(x, 'float32'), kernel, axes) as Tensor;
  const whole = kernel.antialias ? round(y) : y;
  if (x.dtype === 'int32') return cast(whole, 'int32');
  return cast(x.dtype === 'uint8' ? clip(whole, 0, 255) : clip(whole, -128, 127), x.dtype);
}

const axisOf = ({ axis, output, scale }: Request, positions: Positions) => ({
  axis,
  output,
  positions,
  stretch: Math.max(1, 1 / scale),
});

function positionsAt(coordinates: string, request: Request): Positions {
  const { input, output, factor, divisor, start, end } = request;
  if (coordinates === 'tf_half_pixel_for_nn') return { first: 0.5, factor, divisor, shift: 0 };
  if (coordinates !== CROPPED)
    return positionsOf(coordinates.replaceAll('_', '-') as Coordinates, input, output, factor, divisor);
  const last = input - 1;
  if (output === 1) return { first: 0, factor: 0, divisor: 1, shift: 0.5 * (start + end) * last };
  return { first: 0, factor: (end - start) * last, divisor: output - 1, shift: start * last };
}

/** The axes whose sizes or scales are given. */
function requests(call: Call): Request[] {
  const shape = call.shape(0);
  const axes = call.list('axes') ?? shape.map((_, axis) => axis);
  const own = axes.map((axis) => call.axis(axis, shape.length, 'an axis'));
  if (new Set(own).size < own.length) call.fail(`axes are ${shapeText(axes)}, must be different ones`);
  const scales = call.list('scales') ?? [];
  const sizes = scales.length > 0 ? undefined : call.numbers('sizes');
  const given = sizes ?? scales;
  const what = sizes === undefined ? 'scales' : 'sizes';
  if (given.length !== own.length)
    call.fail(`${what} have ${counted(given.length, 'entry', 'entries')}, must have ${own.length}`);
  const regions = regionsOf(call, own.length);
  const inputs = own.map((axis) => shape[axis] as number);
  const common = sizes === undefined ? null : commonScale(call, sizes, inputs);
  return own.map((axis, i): Request => {
    const [input, number] = [inputs[i] as number, given[i] as number];
    const valid = sizes === undefined ? number > 0 : Number.isInteger(number) && number >= 0;
    if (!valid) call.fail(`${what}[${i}] is ${number}, must be ${sizes ? 'at least 0' : 'above 0'}`);
    const scale = Math.fround(sizes === undefined ? number : (common ?? number / input));
    const output = sizes === undefined ? Math.floor(Math.fround(input * scale)) : number;
    const kept = common === null ? output : Math.floor(input * common + 0.5);
    if (input < 1 || kept < 1) call.fail(`axis ${axis} has ${input} elements and becomes ${kept}`);
    const [start, end] = [regions[i] as number, regions[i + own.length] as number];
    const exact = sizes !== undefined && common === null;
    const step = exact ? { factor: input, divisor: output } : { factor: 1, divisor: scale };
    return { axis, input, output: kept, scale, ...step, start, end };
  });
}

/** One scale for all axes, where the aspect ratio is kept. */
function commonScale(call: Call, sizes: readonly number[], inputs: readonly number[]): number | null {
  const policy = call.string('keep_aspect_ratio_policy');
  const scales = sizes.map((size, i) => size / (inputs[i] as number));
  if (policy === 'not_larger') return Math.min(...scales);
  return policy === 'not_smaller' ? Math.max(...scales) : null;
}

/** Where each axis' crop starts, then where each ends. */
function regionsOf(call: Call, axes: number): readonly number[] {
  const none = [...new Array<number>(axes).fill(0), ...new Array<number>(axes).fill(1)];
  if (call.string('coordinate_transformation_mode') !== CROPPED) return none;
  const roi = call.numbers('roi');
  if (roi.length !== 2 * axes)
    call.fail(`roi has ${counted(roi.length, 'entry', 'entries')}, must have ${2 * axes}`);
  return roi;
}
