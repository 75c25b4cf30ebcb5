/**
 * gridSample: x at the positions that a grid names, between elements by interpolation (Jaderberg et al. 2015), and its
 * gradients (crates/core/src/instructions/grid_sample.rs).
 *
 * params: mode, padding, align corners.
 * @category Resampling
 */
import { checkOptions, oneOf } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { axisName } from '../base/faults.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf } from '../instructions/emit.ts';
import { type GridOptions, writeGridSample, writeGridSampleGradient } from '../instructions/region.ts';
import { GRID_MODES, GRID_PADDINGS } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Lowered, operator, type Params, type Resolved, type Types } from './operator.ts';
import { flag, requireRank } from './options.ts';
import { float32 } from './types.ts';

/** The options of `gridSample`. */
export interface GridSampleOptions {
  /** Default 'bilinear', which is trilinear for volumes; 'bicubic' is for images only. */
  mode?: 'bilinear' | 'nearest' | 'bicubic' | undefined;
  /** What lies outside: zeros, the element at the border, or the mirrored image. Default 'zeros'. */
  paddingMode?: 'zeros' | 'border' | 'reflection' | undefined;
  /** -1 and 1 are the middles of the outer elements, rather than their edges. Default false. */
  alignCorners?: boolean | undefined;
}

function resolve(inputs: Types, [mode = 0, padding = 0, align]: Params): Resolved<GridOptions> {
  const [x, grid] = inputs as [TensorType, TensorType];
  const name = 'gridSample';
  float32(name, ['x', 'grid'], inputs);
  const rank = x.shape.length;
  if (rank !== 5) requireRank(name, 'x', x.shape, 4);
  requireRank(name, 'grid', grid.shape, rank);
  if (rank === 5 && mode === GRID_MODES.indexOf('bicubic')) {
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
  const positions = countOf(grid.shape.slice(1, -1));
  return {
    outputs: [{ shape, dtype: 'float32' }],
    problem: { n, channels, spatial, positions, mode, padding, alignCorners: align === 1 },
  };
}

function lower(to: Builder, { problem, inputs: [x, grid], outputs: [y] }: Lowered<GridOptions>): void {
  writeGridSample(to, { x: x!, grid: grid!, y: y! }, problem);
}

function gradient(
  to: Builder,
  { types, problem, inputs: [x, grid], gradients: [dy], wanted }: Backward<GridOptions>,
): readonly (Buffer | null)[] {
  const [dx, dgrid] = types.map((type, i) => (wanted[i] ? to.buffer(type as TensorType) : null));
  writeGridSampleGradient(to, { x: x!, grid: grid!, dy: dy!, dx, dgrid }, problem);
  return [dx!, dgrid!];
}

/**
 * x at the positions of a grid (Jaderberg et al., 2015). Differentiable in both. As PyTorch's grid_sample and
 * ONNX's GridSample.
 * @param x [N, C, H, W], or [N, C, D, H, W], of float32
 * @param grid [N, Ho, Wo, 2] of (x, y), or [N, Do, Ho, Wo, 3] of (x, y, z), from -1 to 1 inside the image
 * @returns [N, C, Ho, Wo], or [N, C, Do, Ho, Wo]
 * @throws RangeError for shapes that do not fit; TypeError for a wrong kind
 */
export const gridSample = /*#__PURE__*/ operator(
  {
    name: 'gridSample',
    torch: 'torch.nn.functional.grid_sample',
    onnx: ['GridSample'],
    args: ['x', 'grid'],
    resolve,
    lower,
    gradient,
  },
  (invoke) =>
    (x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor => {
      checkOptions('gridSample', options, ['mode', 'paddingMode', 'alignCorners']);
      const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
      oneOf('gridSample', 'mode', mode, GRID_MODES);
      oneOf('gridSample', 'paddingMode', paddingMode, GRID_PADDINGS);
      const align = flag('gridSample', 'alignCorners', alignCorners);
      const params = [GRID_MODES.indexOf(mode), GRID_PADDINGS.indexOf(paddingMode), align];
      return invoke([x, grid], params)[0] as unknown as Tensor;
    },
);
