/**
 * maxUnpool: y[n, c, indices[n, c, i]] = x[n, c, i], the rest being zero: the partial inverse of max pooling. Of repeated
 * indices the last counts.
 *
 * params: rank, kernel.., stride.., padding (mode, before and after..), output size.. (0: what the window gives).
 * @category Pooling
 */
import { checkOptions, perAxis } from '../base/checks.ts';
import { sameShape, type TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { axisName } from '../base/faults.ts';
import { selection } from '../engine/sides/selection.ts';
import { newBlock } from '../instructions/emit.ts';
import { planesOf } from '../instructions/emitPooling.ts';
import { type IndexedPlanes, writeGather, writeScatter } from '../instructions/pool.ts';
import { RULE, WRITING } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Params, type Resolved, type Types } from './operator.ts';
import {
  type Padding,
  paddingParams,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
  taking,
} from './options.ts';
import { float32 } from './types.ts';

/** The options of `maxUnpool1d`, `2d` and `3d`. */
export interface MaxUnpoolOptions {
  /** What the pooling had. Default: the kernel size. */
  stride?: Size | undefined;
  /** What the pooling had. Default 0. */
  padding?: Padding | undefined;
  /**
   * The output's spatial size, or its whole shape; less than a stride from (in - 1) * stride + kernel - 2 * padding, the
   * default.
   */
  outputSize?: Size | null | undefined;
}

/** What the params say. */
function readParams([rank = 0, ...rest]: Params) {
  const take = taking(rest);
  const [kernel, stride, [, ...padding], wanted] = [take(rank), take(rank), take(1 + 2 * rank), take(rank)];
  return { rank, kernel, stride, padding, wanted };
}

function resolve(name: string, [x, indices]: Types, params: Params): Resolved<IndexedPlanes> {
  const options = readParams(params);
  float32(name, ['x'], [x!]);
  if (indices!.dtype !== 'int32') {
    throw new TypeError(`${name}: indices is ${indices!.dtype}, must be int32`);
  }
  requireRank(name, 'x', x!.shape, options.rank + 2);
  if (!sameShape(indices!, x!)) {
    throw new RangeError(
      `${name}: indices has shape ${shapeText(indices!.shape)}, must be ${shapeText(x!.shape)} as x`,
    );
  }
  const shape = [...x!.shape.slice(0, 2), ...outputOf(name, x!, options)];
  return { outputs: [{ shape, dtype: 'float32' }], problem: planesOf(shape, x!.shape) };
}

function outputOf(
  name: string,
  x: TensorType,
  { rank, kernel, stride, padding, wanted }: ReturnType<typeof readParams>,
): number[] {
  const spatial = x.shape.slice(2);
  const none = spatial.indexOf(0);
  if (none >= 0) throw new RangeError(`${name}: ${axisName(rank, none)} of x is 0, must be at least 1`);
  const dilation = new Array<number>(rank).fill(1);
  // What lay under the windows, padding and all, is a transposed window's output without padding.
  const unpadded = new Array<number>(1 + 2 * rank).fill(0);
  const window = { rank, kernel, stride, dilation, padding: unpadded, rule: RULE.transposed };
  return resolveWindow(name, spatial, window).output.map((padded, axis) => {
    const usual = padded - (padding[2 * axis] as number) - (padding[1 + 2 * axis] as number);
    const size = wanted[axis] || usual;
    const [low, high] = [usual - (stride[axis] as number) + 1, usual + (stride[axis] as number) - 1];
    if (size < Math.max(low, 1) || size > high) {
      throw new RangeError(
        `${name}: ${axisName(rank, axis)} of the output is ${size}, must be from ${Math.max(low, 1)} to ${high}`,
      );
    }
    return size;
  });
}

function entry(name: string, rank: number): Entry<IndexedPlanes> {
  return {
    name,
    torch: `torch.nn.functional.max_unpool${rank}d`,
    onnx: [],
    args: ['x', 'indices'],
    constants: ['indices'],
    resolve: (types, params) => resolve(name, types, params),
    lower(to, { problem, inputs: [x, indices], outputs: [y] }) {
      to.needs(selection);
      writeScatter(to, { x: x!, indices: indices!, y: y! }, { ...problem, writing: WRITING.assign });
    },
    gradient(to, { types: [x], problem, inputs: [, indices], gradients: [dy] }) {
      const dx = newBlock(to, x!.shape).buffer;
      writeGather(to, { x: dy!, indices: indices!, y: dx }, problem);
      return [dx, null];
    },
  };
}

/** The output's size, 0 where the window says it; the whole shape may be given as well. */
function sizeParams(name: string, outputSize: unknown, rank: number): number[] {
  if (outputSize === undefined || outputSize === null) return new Array<number>(rank).fill(0);
  const whole = Array.isArray(outputSize) && outputSize.length === rank + 2;
  return perAxis(name, 'outputSize', whole ? outputSize.slice(2) : outputSize, rank, 1);
}

function unpooling(rank: number) {
  const name = `maxUnpool${rank}d`;
  return operator(
    entry(name, rank),
    (invoke) => {
      function unpool(
        x: Tensor,
        indices: Tensor<'int32'>,
        kernelSize: Size,
        options: MaxUnpoolOptions = {},
      ): Tensor {
        checkOptions(name, options, ['stride', 'padding', 'outputSize']);
        const kernel = sizes(name, 'kernelSize', kernelSize, rank);
        const { stride = kernel, padding = 0, outputSize } = options;
        const params = [
          rank,
          ...kernel,
          ...sizes(name, 'stride', stride, rank),
          ...paddingParams(name, padding, rank, []),
          ...sizeParams(name, outputSize, rank),
        ];
        return invoke([x, indices], params)[0] as unknown as Tensor;
      }
      return unpool;
    },
    { layer: { name: `MaxUnpool${rank}d`, forward: ['outputSize'] } },
  );
}

/**
 * The elements of x where they were before max pooling, zero elsewhere; of repeated positions the last counts. As
 * PyTorch's max_unpool1d.
 * @param x [N, C, L] of float32
 * @param indices of x's shape: positions in a plane of the output, as `maxPool1d` gives them
 * @param kernelSize what the pooling had: one number, or [length]
 * @returns [N, C, Lo], Lo = (L - 1) * stride + kernelSize - padding with the padding of both sides, or `outputSize`
 * @throws RangeError for an index outside its plane, shapes that do not fit and options out of range; TypeError for
 * a wrong kind
 */
export const maxUnpool1d = /*#__PURE__*/ unpooling(1);
/**
 * The elements of x where they were before max pooling, zero elsewhere; of repeated positions the last counts. As
 * PyTorch's max_unpool2d.
 * @param x [N, C, H, W] of float32
 * @param indices of x's shape: positions in a plane of the output, as `maxPool2d` gives them
 * @param kernelSize what the pooling had: one number, or [height, width]
 * @returns [N, C, Ho, Wo], Ho = (H - 1) * stride + kernelSize - padding with the padding of both sides, or
 * `outputSize`
 * @throws RangeError for an index outside its plane, shapes that do not fit and options out of range; TypeError for
 * a wrong kind
 */
export const maxUnpool2d = /*#__PURE__*/ unpooling(2);
/**
 * The elements of x where they were before max pooling, zero elsewhere; of repeated positions the last counts. As
 * PyTorch's max_unpool3d.
 * @param x [N, C, D, H, W] of float32
 * @param indices of x's shape: positions in a plane of the output, as `maxPool3d` gives them
 * @param kernelSize what the pooling had: one number, or [depth, height, width]
 * @returns [N, C, Do, Ho, Wo], Ho = (H - 1) * stride + kernelSize - padding with the padding of both sides, or
 * `outputSize`
 * @throws RangeError for an index outside its plane, shapes that do not fit and options out of range; TypeError for
 * a wrong kind
 */
export const maxUnpool3d = /*#__PURE__*/ unpooling(3);
