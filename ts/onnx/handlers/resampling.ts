/** Resize, Upsample, GridSample and RoiAlign. What PyTorch lacks of Resize is an option of `interpolate`, or refused. */
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call, Handlers } from '../call.ts';
import { cast, concat, gridSample, interpolate, reshape, roiAlign } from '../operators.ts';
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

const names = <T extends string>(table: Record<T, unknown>) => Object.keys(table) as [T, ...T[]];

export const resampling: Handlers = {
  Resize: {
    since: 10,
    inputs: [1, 4],
    attributes: {
      antialias: 'int',
      axes: 'ints',
      coordinate_transformation_mode: 'string',
      cubic_coeff_a: 'float',
      exclude_outside: 'int',
      extrapolation_value: 'float',
      keep_aspect_ratio_policy: 'string',
      mode: 'string',
      nearest_mode: 'string',
    },
    host: [1, 2, 3],
    build: buildResize,
  },
  Upsample: {
    inputs: [2, 2],
    attributes: { mode: 'string' },
    host: [1],
    build: (call) =>
      resize(call, call.choice('mode', ['nearest', 'linear']), {
        scaleFactor: spatial(call, call.numbers(1, 'the scales'), 'scales', 1),
        coordinates: 'asymmetric',
      }),
  },
  GridSample: {
    since: 16,
    inputs: [2, 2],
    attributes: { align_corners: 'int', mode: 'string', padding_mode: 'string' },
    build(call) {
      // Operator set 20 has other names for the same.
      const mode = call.choice('mode', ['bilinear', 'linear', 'nearest', 'bicubic', 'cubic']);
      return gridSample(call.float32(0), call.float32(1), {
        mode: mode === 'linear' ? 'bilinear' : mode === 'cubic' ? 'bicubic' : mode,
        paddingMode: call.choice('padding_mode', ['zeros', 'border', 'reflection']),
        alignCorners: call.integer('align_corners', 0) !== 0,
      });
    },
  },
  RoiAlign: {
    since: 10,
    inputs: [3, 3],
    attributes: {
      coordinate_transformation_mode: 'string',
      mode: 'string',
      output_height: 'int',
      output_width: 'int',
      sampling_ratio: 'int',
      spatial_scale: 'float',
    },
    build: buildRoiAlign,
  },
};

function buildResize(call: Call): Tensor {
  // Operator set 10 has scales as the second input, and no way to say where pixels are.
  const old = call.opset < 11;
  const coordinates = old ? 'asymmetric' : call.choice('coordinate_transformation_mode', names(COORDINATES));
  const rounding = old ? 'floor' : call.choice('nearest_mode', names(ROUNDINGS));
  call.choice('keep_aspect_ratio_policy', ['stretch']);
  const mode = call.choice('mode', names(MODES));
  if (call.integer('antialias', 0) !== 0) call.fail('attribute antialias is 1, must be 0');
  if (mode === 'cubic' && call.integer('exclude_outside', 0) !== 0) {
    call.fail('attribute exclude_outside is 1, must be 0');
  }
  const at = old ? 1 : 2;
  const scales = call.has(at) ? call.numbers(at, 'the scales') : [];
  return resize(call, mode, {
    ...(scales.length > 0
      ? { scaleFactor: spatial(call, scales, 'scales', 1) }
      : { size: spatial(call, call.numbers(3, 'the sizes'), 'sizes', null) }),
    coordinates: COORDINATES[coordinates],
    rounding: ROUNDINGS[rounding],
    cubicCoefficient: call.float('cubic_coeff_a', -0.75),
  });
}

/** The entries of the spatial axes; batch and channels must keep their size, which `kept` says (null: as it is). */
function spatial(call: Call, given: readonly number[], what: string, kept: 1 | null): number[] {
  const shape = call.shape(0);
  const axes = call.integers('axes') ?? shape.map((_, axis) => axis);
  if (given.length !== axes.length) {
    call.fail(`${what} have ${given.length} entries, must have ${axes.length}`);
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

function resize(call: Call, mode: keyof typeof MODES, options: Options): Tensor {
  const axes = spatialAxes(call);
  const own = MODES[mode][axes - 1];
  if (own === null) call.fail(`mode '${mode}' is supported for 4 axes only, the input has ${axes + 2}`);
  return interpolate(call.float32(0), { ...options, mode: own as NonNullable<typeof own> });
}

/** Boxes and their images are one input of ours. */
function buildRoiAlign(call: Call): Tensor {
  if (call.choice('mode', ['avg', 'max']) === 'max') call.fail("mode 'max' is not supported, must be 'avg'");
  const coordinates = call.choice('coordinate_transformation_mode', ['half_pixel', 'output_half_pixel']);
  const boxes = call.float32(1);
  const images = cast(call.tensor(2), 'float32');
  return roiAlign(call.float32(0), concat([reshape(images, [boxes.shape[0] ?? 0, 1]), boxes], 1), {
    outputSize: [call.integer('output_height', 1), call.integer('output_width', 1)],
    spatialScale: call.float('spatial_scale', 1),
    samplingRatio: call.integer('sampling_ratio', 0),
    aligned: call.opset >= 16 && coordinates === 'half_pixel',
  });
}
