/** GridSample and RoiAlign. */
import { cast } from '../../ops/cast.ts';
import { concat } from '../../ops/concat.ts';
import { gridSample } from '../../ops/gridSample.ts';
import { reshape } from '../../ops/reshape.ts';
import { roiAlign } from '../../ops/roiAlign.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, float, int } from '../row.ts';

const ROI_ATTRIBUTES = {
  mode: choice('avg'),
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
  });
}
