/** Resize, Upsample, GridSample and RoiAlign. What PyTorch lacks of Resize is an option of `interpolate`, or refused. */
import { counted } from '../../base/errors.ts';
import { cast } from '../../ops/cast.ts';
import { concat } from '../../ops/concat.ts';
import { gridSample } from '../../ops/gridSample.ts';
import { interpolate } from '../../ops/interpolate.ts';
import { reshape } from '../../ops/reshape.ts';
import { roiAlign } from '../../ops/roiAlign.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, float, floats, int, ints, only, optional, required, value } from '../row.ts';
import { spatialAxes } from './convolution.ts';

type Options = NonNullable<Parameters<typeof interpolate>[1]>;

/** Our modes by the number of spatial axes. */
const MODES = {
  nearest: ['nearest', 'nearest', 'nearest'],
  linear: ['linear', 'bilinear', 'trilinear'],
  cubic: [null, 'bicubic', null],
} as const;
const COORDINATES = {
  half_pixel: 'half-pixel',
  pytorch_half_pixel: 'pytorch-half-pixel',
  asymmetric: 'asymmetric',
  align_corners: 'align-corners',
} as const;
const ROUNDINGS = {
  round_prefer_floor: 'round-prefer-floor',
  round_prefer_ceil: 'round-prefer-ceil',
  floor: 'floor',
  ceil: 'ceil',
} as const;

const oneOf = (table: object) => choice(...(Object.keys(table) as [string, ...string[]]));
const OLD_MODE = choice('nearest', 'linear');
const ROI_ATTRIBUTES = {
  mode: choice('avg'),
  output_height: int(1),
  output_width: int(1),
  sampling_ratio: int(0),
  spatial_scale: float(1),
};

export const resampling: Handlers = {
  Resize: [
    {
      since: 10,
      inputs: ['X', value('scales')],
      attributes: { mode: OLD_MODE },
      build: (call) => buildScaled(call, { coordinates: 'asymmetric', rounding: 'simple' }),
    },
    {
      since: 11,
      // Regions are for a mode that is not supported.
      inputs: ['X', optional('roi'), optional(value('scales')), optional(value('sizes'))],
      attributes: {
        antialias: only(0),
        axes: ints,
        coordinate_transformation_mode: oneOf(COORDINATES),
        cubic_coeff_a: float(-0.75),
        exclude_outside: int(0),
        extrapolation_value: float(0),
        keep_aspect_ratio_policy: choice('stretch'),
        mode: oneOf(MODES),
        nearest_mode: oneOf(ROUNDINGS),
      },
      build: buildResize,
    },
  ],
  Upsample: [
    {
      inputs: ['X'],
      attributes: { mode: OLD_MODE, scales: required(floats) },
      build: (call) => buildScaled(call, { coordinates: 'asymmetric', rounding: 'simple' }),
    },
    {
      since: 9,
      until: 9,
      inputs: ['X', value('scales')],
      attributes: { mode: OLD_MODE },
      build: (call) => buildScaled(call, { coordinates: 'asymmetric', rounding: 'simple' }),
    },
  ],
  GridSample: {
    since: 16,
    inputs: ['X', 'grid'],
    attributes: {
      align_corners: int(0),
      // Operator set 20 has other names for the same.
      mode: choice('bilinear', 'linear', 'nearest', 'bicubic', 'cubic'),
      padding_mode: choice('zeros', 'border', 'reflection'),
    },
    build(call) {
      const mode = call.string('mode');
      return gridSample(call.float32(0), call.float32(1), {
        mode: (mode === 'linear' ? 'bilinear' : mode === 'cubic' ? 'bicubic' : mode) as 'bilinear',
        paddingMode: call.string('padding_mode') as 'zeros',
        alignCorners: call.int('align_corners') !== 0,
      });
    },
  },
  RoiAlign: [
    {
      since: 10,
      inputs: ['X', 'rois', 'batch_indices'],
      attributes: ROI_ATTRIBUTES,
      build: (call) => buildRoiAlign(call, false),
    },
    {
      since: 16,
      inputs: ['X', 'rois', 'batch_indices'],
      attributes: {
        ...ROI_ATTRIBUTES,
        coordinate_transformation_mode: choice('half_pixel', 'output_half_pixel'),
      },
      build: (call) => buildRoiAlign(call, call.string('coordinate_transformation_mode') === 'half_pixel'),
    },
  ],
};

/** By scales, with what its operator set says of places. */
function buildScaled(call: Call, options: Options): Tensor {
  const scaleFactor = spatial(call, call.numbers('scales'), 'scales', 1);
  return resize(call, { ...options, scaleFactor, scalePrecision: 'float32' });
}

function buildResize(call: Call): Tensor {
  if (call.string('mode') === 'cubic' && call.int('exclude_outside') !== 0) {
    call.fail('attribute exclude_outside is 1, must be 0');
  }
  const options: Options = {
    coordinates: COORDINATES[call.string('coordinate_transformation_mode') as keyof typeof COORDINATES],
    rounding: ROUNDINGS[call.string('nearest_mode') as keyof typeof ROUNDINGS],
    cubicCoefficient: call.float('cubic_coeff_a'),
  };
  if ((call.list('scales') ?? []).length > 0) return buildScaled(call, options);
  return resize(call, { ...options, size: spatial(call, call.numbers('sizes'), 'sizes', null) });
}

/** The entries of the spatial axes; batch and channels must keep their size, which `kept` says (null: as it is). */
function spatial(call: Call, given: readonly number[], what: string, kept: 1 | null): number[] {
  const shape = call.shape(0);
  const axes = call.list('axes') ?? shape.map((_, axis) => axis);
  if (given.length !== axes.length) {
    call.fail(`${what} have ${counted(given.length, 'entry', 'entries')}, must have ${axes.length}`);
  }
  const all = shape.map((size) => kept ?? size);
  axes.forEach((axis, i) => {
    all[call.axis(axis, shape.length)] = given[i] as number;
  });
  for (const axis of [0, 1]) {
    const must = kept ?? shape[axis];
    if (all[axis] !== must)
      call.fail(`${what}[${axis}] is ${all[axis]}, must be ${must}: axis ${axis} stays`);
  }
  return all.slice(2);
}

function resize(call: Call, options: Options): Tensor {
  const mode = call.string('mode') as keyof typeof MODES;
  const axes = spatialAxes(call);
  const own = MODES[mode][axes - 1];
  if (own === null) call.fail(`mode '${mode}' is supported for 4 axes only, the input has ${axes + 2}`);
  return interpolate(call.float32(0), { ...options, mode: own as NonNullable<typeof own> });
}

/** Boxes and their images are one input of ours. */
function buildRoiAlign(call: Call, aligned: boolean): Tensor {
  const boxes = call.float32(1);
  const images = cast(call.tensor(2), 'float32');
  return roiAlign(call.float32(0), concat([reshape(images, [boxes.shape[0] ?? 0, 1]), boxes], 1), {
    outputSize: [call.int('output_height'), call.int('output_width')],
    spatialScale: call.float('spatial_scale'),
    samplingRatio: call.int('sampling_ratio'),
    aligned,
  });
}
