/**
 * roiAlign: the means of x in the bins of boxes, at positions between elements (He et al. 2017, Mask R-CNN), and the
 * gradient of x (crates/core/src/instructions/roi_align.rs).
 *
 * params: bins down, bins across, spatial scale, samples per bin and axis (0: as many as it has elements), aligned.
 * @category Resampling
 */
import { checkOptions, integer, perAxis, real } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { axisName } from '../base/faults.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { type RoiOptions, writeRoiAlign, writeRoiAlignGradient } from '../instructions/sample.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Lowered, operator, type Params, type Resolved, type Types } from './operator.ts';
import { flag, requireRank, type Size } from './options.ts';
import { float32 } from './types.ts';

/** The options of `roiAlign`. */
export interface RoiAlignOptions {
  /** Bins down and across. */
  outputSize: Size;
  /** Elements of x per unit of the boxes. Default 1. */
  spatialScale?: number | undefined;
  /** Samples per bin along each axis; 0 or -1: ceil(the bin's size). Default -1. */
  samplingRatio?: number | undefined;
  /** Boxes are shifted by half an element, and may be smaller than one. Default false. */
  aligned?: boolean | undefined;
}

/** More than anybody samples. */
const MAX_RATIO = 1024;

function resolve(inputs: Types, params: Params): Resolved<RoiOptions> {
  const [x, boxes] = inputs as [TensorType, TensorType];
  const name = 'roiAlign';
  float32(name, ['x', 'boxes'], inputs);
  requireRank(name, 'x', x.shape, 4);
  requireRank(name, 'boxes', boxes.shape, 2);
  if (boxes.shape[1] !== 5) {
    throw new RangeError(`${name}: boxes have ${boxes.shape[1]} numbers each, must have 5`);
  }
  const empty = x.shape.indexOf(0, 2);
  if (empty >= 0) throw new RangeError(`${name}: ${axisName(2, empty - 2)} of x is 0, must be at least 1`);
  const [down = 0, across = 0, scale = 0, samples = 0, aligned] = params;
  const count = boxes.shape[0] as number;
  const how = { bins: [down, across] as const, scale, samples, aligned: aligned === 1 };
  return {
    outputs: [{ shape: [count, x.shape[1] as number, down, across], dtype: 'float32' }],
    problem: { shape: x.shape, boxes: count, ...how },
  };
}

function lower(to: Builder, { problem, inputs: [x, boxes], outputs: [y] }: Lowered<RoiOptions>): void {
  writeRoiAlign(to, { x: x!, boxes: boxes!, y: y! }, problem);
}

function gradient(
  to: Builder,
  { types, problem, inputs: [, boxes], gradients: [dy], wanted }: Backward<RoiOptions>,
): (Buffer | null)[] {
  if (!wanted[0]) return [null, null];
  const dx = to.buffer(types[0] as TensorType);
  writeRoiAlignGradient(to, { boxes: boxes!, dy: dy!, dx }, problem);
  return [dx, null];
}

/**
 * The mean of bilinear samples in the bins of each box (He et al., 2017). Differentiable in x; what lies outside x
 * counts as zero. As torchvision's roi_align.
 * @param x [N, C, H, W] of float32
 * @param boxes [K, 5], of each: the image's number, x1, y1, x2, y2
 * @returns [K, C, ...outputSize]
 * @throws RangeError for a box whose image is not one of x's, and shapes that do not fit; TypeError for a wrong
 * kind
 */
export const roiAlign = /*#__PURE__*/ operator(
  {
    name: 'roiAlign',
    torch: 'torchvision.ops.roi_align',
    onnx: ['RoiAlign'],
    args: ['x', 'boxes'],
    constants: ['boxes'],
    resolve,
    lower,
    gradient,
  },
  (invoke) =>
    (x: Tensor, boxes: Tensor, options: RoiAlignOptions): Tensor => {
      const name = 'roiAlign';
      checkOptions(name, options, ['outputSize', 'spatialScale', 'samplingRatio', 'aligned']);
      const { outputSize, spatialScale = 1, samplingRatio = -1, aligned = false } = options ?? {};
      const params = [
        ...perAxis(name, 'outputSize', outputSize, 2, 1),
        real(name, 'spatialScale', spatialScale),
        Math.max(0, integer(name, 'samplingRatio', samplingRatio, -1, MAX_RATIO)),
        flag(name, 'aligned', aligned),
      ];
      return invoke([x, boxes], params)[0] as unknown as Tensor;
    },
);
