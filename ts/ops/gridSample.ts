/**
 * gridSample: x at the positions that a grid names, between elements by interpolation (Jaderberg et al. 2015), and its
 * gradients (crates/core/src/ops/grid_sample.rs).
 *
 * params: mode, padding, align corners.
 * @category Resampling
 */
import type { TensorType } from '../dtype.ts';
import { axisName, checkOptions, elementCount, oneOf } from '../errors.ts';
import { type Buffer, type Lowering, OP } from '../instructions/builder.ts';
import { countOf } from '../instructions/emit.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Lowered, operator, type Params } from './operator.ts';
import { flag, requireRank } from './options.ts';
import { float32 } from './types.ts';

export interface GridSampleOptions {
  /** Default 'bilinear', which is trilinear for volumes; 'bicubic' is for images only. */
  mode?: 'bilinear' | 'nearest' | 'bicubic';
  /** What lies outside: zeros, the element at the border, or the mirrored image. Default 'zeros'. */
  paddingMode?: 'zeros' | 'border' | 'reflection';
  /** -1 and 1 are the middles of the outer elements, rather than their edges. Default false. */
  alignCorners?: boolean;
}

/** The numbers of crates/core/src/ops/grid_sample.rs. */
const MODES: readonly string[] = ['bilinear', 'nearest', 'bicubic'];
const PADDINGS: readonly string[] = ['zeros', 'border', 'reflection'];

function infer(inputs: readonly (TensorType | null)[], [mode]: Params): TensorType[] {
  const [x, grid] = inputs as [TensorType, TensorType];
  const name = 'gridSample';
  float32(name, ['x', 'grid'], inputs);
  const rank = x.shape.length;
  if (rank !== 5) requireRank(name, 'x', x.shape, 4);
  requireRank(name, 'grid', grid.shape, rank);
  if (rank === 5 && mode === 2) {
    throw new RangeError(`${name}: mode is 'bicubic', must be 'bilinear' or 'nearest' where x has 5 axes`);
  }
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  if (grid.shape[0] !== n) {
    throw new RangeError(`${name}: grid is for ${grid.shape[0]} images, x has ${n}`);
  }
  if (grid.shape[rank - 1] !== rank - 2) {
    throw new RangeError(
      `${name}: grid has ${grid.shape[rank - 1]} numbers per position, must have ${rank - 2}`,
    );
  }
  const empty = spatial.indexOf(0);
  if (empty >= 0) throw new RangeError(`${name}: ${axisName(rank - 2, empty)} of x is 0, must be at least 1`);
  const shape = [n, channels, ...grid.shape.slice(1, -1)];
  elementCount(name, shape);
  return [{ shape, dtype: 'float32' }];
}

function words(x: TensorType, grid: TensorType, params: Params): number[] {
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const axes = spatial.length;
  return [
    n,
    channels,
    axes,
    ...(axes === 2 ? [1] : []),
    ...spatial,
    countOf(grid.shape.slice(1, -1)),
    ...params,
  ];
}

function lower(to: Lowering, { types, params, inputs, outputs }: Lowered): void {
  to.step(OP.gridSample, inputs, outputs, words(types[0]!, types[1]!, params));
}

function gradient(
  to: Lowering,
  { types, params, inputs, gradients, wanted }: Backward,
): readonly (Buffer | null)[] {
  const made = types.map((type, i) => (wanted[i] ? to.buffer(type as TensorType) : null));
  const reads = [...inputs, gradients[0] as Buffer];
  to.step(OP.gridSampleGradient, reads, made, words(types[0]!, types[1]!, params));
  return made;
}

export const gridSample = /*#__PURE__*/ operator(
  {
    name: 'gridSample',
    torch: 'torch.nn.functional.grid_sample',
    onnx: ['GridSample'],
    args: ['x', 'grid'],
    infer,
    lower,
    gradient,
  },
  (invoke) =>
    /**
     * x [N, C, H, W] at grid [N, Ho, Wo, 2]: [N, C, Ho, Wo]; or x [N, C, D, H, W] at grid [N, Do, Ho, Wo, 3]. A position is
     * (x, y) or (x, y, z), from -1 to 1 inside the image. Differentiable in both.
     * @throws RangeError for shapes that do not fit; TypeError for a wrong kind
     */
    (x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor => {
      checkOptions('gridSample', options, ['mode', 'paddingMode', 'alignCorners']);
      const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
      oneOf('gridSample', 'mode', mode, MODES);
      oneOf('gridSample', 'paddingMode', paddingMode, PADDINGS);
      const align = flag('gridSample', 'alignCorners', alignCorners);
      const params = [MODES.indexOf(mode), PADDINGS.indexOf(paddingMode), align];
      return invoke([x, grid], params)[0] as unknown as Tensor;
    },
);
