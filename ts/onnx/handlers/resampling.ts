/** Samples between elements, where grids, boxes or offsets say: GridSample, AffineGrid, RoiAlign, MaxRoiPool, DeformConv. */
import { shapeText } from '../../base/errors.ts';
import { add, mul } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import { concat } from '../../ops/concat.ts';
import { arange, ones } from '../../ops/create.ts';
import { deformConv2d } from '../../ops/deform.ts';
import { expand } from '../../ops/expand.ts';
import { gridSample } from '../../ops/gridSample.ts';
import { matmul } from '../../ops/matmul.ts';
import { permute } from '../../ops/permute.ts';
import { reshape } from '../../ops/reshape.ts';
import { roiAlign, roiPool } from '../../ops/roiAlign.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, float, int, ints, optional, required, value } from '../row.ts';
import { padPairs } from './convolution.ts';

const ROI_ATTRIBUTES = {
  mode: choice('avg', 'max'),
  output_height: int(1),
  output_width: int(1),
  sampling_ratio: int(0),
  spatial_scale: float(1),
};

export const resampling: Handlers = {
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
  AffineGrid: {
    since: 20,
    inputs: ['theta', value('size')],
    attributes: { align_corners: int(0) },
    build: buildAffineGrid,
  },
  DeformConv: {
    since: 19,
    inputs: ['X', 'W', 'offset', optional('B'), optional('mask')],
    attributes: {
      dilations: ints,
      group: int(1),
      kernel_shape: ints,
      offset_group: int(1),
      pads: ints,
      strides: ints,
    },
    build: buildDeformConv,
  },
  MaxRoiPool: {
    inputs: ['X', 'rois'],
    attributes: { pooled_shape: required(ints), spatial_scale: float(1) },
    build: (call) =>
      roiPool(call.float32(0), call.float32(1), {
        outputSize: call.perAxis('pooled_shape', 2, 1) as [number, number],
        spatialScale: call.float('spatial_scale'),
      }),
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

/** Boxes and their images are one input of ours. */
function buildRoiAlign(call: Call, aligned: boolean): Tensor {
  const boxes = call.float32(1);
  const images = cast(call.tensor(2), 'float32');
  return roiAlign(call.float32(0), concat([reshape(images, [boxes.shape[0] ?? 0, 1]), boxes], 1), {
    outputSize: [call.int('output_height'), call.int('output_width')],
    spatialScale: call.float('spatial_scale'),
    samplingRatio: call.int('sampling_ratio'),
    aligned,
    mode: call.string('mode') as 'avg',
  });
}

/** The grid whose position at each output is theta times the output's own: [N, H, W, 2], or [N, D, H, W, 3]. */
function buildAffineGrid(call: Call): Tensor {
  const theta = call.float32(0);
  const size = call.numbers('size');
  const axes = size.length - 2;
  const must = [size[0] ?? 0, axes, axes + 1];
  if (
    (axes !== 2 && axes !== 3) ||
    shapeText(theta.shape) !== shapeText(must) ||
    size.some((one) => one < 1)
  ) {
    call.fail(
      `theta is ${shapeText(theta.shape)} and size ${shapeText(size)}, must be Nx2x3 with 4 sizes, or Nx3x4 with 5`,
    );
  }
  const spatial = size.slice(2);
  const align = call.int('align_corners') !== 0;
  const places = spatial.map((extent, axis) => {
    const along = arange(extent);
    const step = align ? 2 / Math.max(1, extent - 1) : 2 / extent;
    // The only position is the middle, as in PyTorch.
    const first = extent === 1 ? 0 : align ? -1 : 1 / extent - 1;
    const own = spatial.map((_, other) => (other === axis ? extent : 1));
    return expand(reshape(add(mul(along, step), first), own), spatial);
  });
  // x is the last axis, and 1 stands behind them all.
  const columns = [...places.reverse(), ones(spatial)].map((one) => reshape(one, [one.size, 1]));
  const grid = matmul(concat(columns, 1), permute(theta, [0, 2, 1]));
  return reshape(grid, [must[0]!, ...spatial, axes]);
}

/** Groups follow from the shapes; what the attributes say of them must be the same. */
function buildDeformConv(call: Call): Tensor {
  const [x, weight, offset] = [call.float32(0), call.float32(1), call.float32(2)];
  if (x.shape.length !== 4) call.fail(`the input is ${shapeText(x.shape)}, must have 4 axes`);
  const kernel = weight.shape.slice(2);
  const groups = (x.shape[1] ?? 0) / (weight.shape[1] ?? 1);
  const taps = kernel.reduce((a, b) => a * b, 1);
  const offsetGroups = (offset.shape[1] ?? 0) / (2 * taps);
  if (groups !== call.int('group')) call.fail(`group is ${call.int('group')}, but the shapes say ${groups}`);
  if (offsetGroups !== call.int('offset_group'))
    call.fail(`offset_group is ${call.int('offset_group')}, but the shapes say ${offsetGroups}`);
  return deformConv2d(x, offset, weight, call.optional(3), {
    mask: call.optional(4),
    stride: call.perAxis('strides', 2, 1),
    dilation: call.perAxis('dilations', 2, 1),
    padding: padPairs(call, call.perAxis('pads', 4, 0), 2),
  });
}
