/**
 * roiAlign: the means of x in the bins of boxes, at positions between elements (He et al. 2017, Mask R-CNN), or the largest
 * values there; roiPool: the largest elements in the bins of boxes of whole elements (Girshick 2015, Fast R-CNN); and the
 * gradients of x (crates/core/src/instructions/roi_align.rs, roi_max.rs).
 *
 * params: bins down, bins across, spatial scale, samples per bin and axis (0: as many as it has elements), aligned, and what
 * is taken (index of TAKEN).
 * @category Resampling
 */
import { checkOptions, integer, oneOf, perAxis, real } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { axisName } from '../base/faults.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import {
  type RoiMaxOptions,
  writeRoiAlign,
  writeRoiAlignGradient,
  writeRoiMax,
  writeRoiMaxGradient,
} from '../instructions/region.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Entry, type Lowered, operator, type Params, type Types } from './operator.ts';
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
  /**
   * 'max': the largest of the elements around samples, each times its own weight, as ONNX's runtimes have it, instead of the
   * samples' mean. Default 'avg'.
   */
  mode?: 'avg' | 'max' | undefined;
}

/** The options of `roiPool`. */
export interface RoiPoolOptions {
  /** Bins down and across. */
  outputSize: Size;
  /** Elements of x per unit of the boxes. Default 1. */
  spatialScale?: number | undefined;
}

/** More than anybody samples. */
const MAX_RATIO = 1024;
/** Means of samples, the largest around samples, the largest of whole elements. */
const TAKEN: readonly string[] = ['avg', 'max', 'whole'];

interface Problem extends RoiMaxOptions {
  readonly isMean: boolean;
}

function problemOf(name: string, inputs: Types, params: Params): Problem {
  const [x, boxes] = inputs as [TensorType, TensorType];
  float32(name, ['x', 'boxes'], inputs);
  requireRank(name, 'x', x.shape, 4);
  requireRank(name, 'boxes', boxes.shape, 2);
  if (boxes.shape[1] !== 5) {
    throw new RangeError(`${name}: boxes have ${boxes.shape[1]} numbers each, must have 5`);
  }
  const empty = x.shape.indexOf(0, 2);
  if (empty >= 0) throw new RangeError(`${name}: ${axisName(2, empty - 2)} of x is 0, must be at least 1`);
  const [down = 0, across = 0, scale = 0, samples = 0, aligned, taken = 0] = params;
  const how = { bins: [down, across] as const, scale, samples, aligned: aligned === 1 };
  const kind = { isMean: TAKEN[taken] === 'avg', whole: TAKEN[taken] === 'whole' };
  return { shape: x.shape, boxes: boxes.shape[0] as number, ...how, ...kind };
}

function lower(to: Builder, { problem, inputs: [x, boxes], outputs: [y] }: Lowered<Problem>): void {
  const operands = { x: x!, boxes: boxes!, y: y! };
  if (problem.isMean) writeRoiAlign(to, operands, problem);
  else writeRoiMax(to, operands, problem);
}

function gradient(
  to: Builder,
  { types, problem, inputs: [x, boxes], gradients: [dy], wanted }: Backward<Problem>,
): (Buffer | null)[] {
  if (!wanted[0]) return [null, null];
  const dx = to.buffer(types[0] as TensorType);
  if (problem.isMean) writeRoiAlignGradient(to, { boxes: boxes!, dy: dy!, dx }, problem);
  else writeRoiMaxGradient(to, { x: x!, boxes: boxes!, dy: dy!, dx }, problem);
  return [dx, null];
}

function entryOf(name: string, torch: string, onnx: readonly string[]): Entry<Problem> {
  return {
    name,
    torch: `torchvision.ops.${torch}`,
    onnx,
    args: ['x', 'boxes'],
    constants: ['boxes'],
    resolve(inputs, params) {
      const problem = problemOf(name, inputs, params);
      const shape = [problem.boxes, problem.shape[1] as number, ...problem.bins];
      return { outputs: [{ shape, dtype: 'float32' }], problem };
    },
    lower,
    gradient,
  };
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
  /*#__PURE__*/ entryOf('roiAlign', 'roi_align', ['RoiAlign']),
  (invoke) =>
    (x: Tensor, boxes: Tensor, options: RoiAlignOptions): Tensor => {
      const name = 'roiAlign';
      checkOptions(name, options, ['outputSize', 'spatialScale', 'samplingRatio', 'aligned', 'mode']);
      const { outputSize, spatialScale = 1, samplingRatio = -1, aligned = false } = options ?? {};
      const { mode = 'avg' } = options ?? {};
      const params = [
        ...perAxis(name, 'outputSize', outputSize, 2, 1),
        real(name, 'spatialScale', spatialScale),
        Math.max(0, integer(name, 'samplingRatio', samplingRatio, -1, MAX_RATIO)),
        flag(name, 'aligned', aligned),
      ];
      oneOf(name, 'mode', mode, ['avg', 'max']);
      return invoke([x, boxes], [...params, TAKEN.indexOf(mode)])[0] as unknown as Tensor;
    },
);

/**
 * The largest element of x in the bins of each box, whose corners are rounded to whole elements, both inside; 0 in a bin
 * outside x (Girshick, 2015). Differentiable in x. As torchvision's roi_pool.
 * @param x [N, C, H, W] of float32
 * @param boxes [K, 5], of each: the image's number, x1, y1, x2, y2
 * @returns [K, C, ...outputSize]
 * @throws RangeError for a box whose image is not one of x's, and shapes that do not fit; TypeError for a wrong
 * kind
 */
export const roiPool = /*#__PURE__*/ operator(
  /*#__PURE__*/ entryOf('roiPool', 'roi_pool', ['MaxRoiPool']),
  (invoke) =>
    (x: Tensor, boxes: Tensor, options: RoiPoolOptions): Tensor => {
      const name = 'roiPool';
      checkOptions(name, options, ['outputSize', 'spatialScale']);
      const { outputSize, spatialScale = 1 } = options ?? {};
      const bins = perAxis(name, 'outputSize', outputSize, 2, 1);
      const params = [...bins, real(name, 'spatialScale', spatialScale), 0, 0, TAKEN.indexOf('whole')];
      return invoke([x, boxes], params)[0] as unknown as Tensor;
    },
);
