/**
 * fractionalMaxPool2d and fractionalMaxPool3d (Graham, "Fractional max-pooling", 2014): the maxima of windows as large as the
 * kernel, whose places along each axis a random sample per plane decides, so that the output is of any size.
 *
 * params: rank, returnIndices, kernel.., whether what follows is a ratio (0 or 1), output size or ratio..
 * @category Pooling
 */
import { FAULT } from '../base/boundary.ts';
import { checkOptions, real } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, shapeText } from '../base/errors.ts';
import { axisName, faultError } from '../base/faults.ts';
import { Draw } from '../graph/draw.ts';
import { countOf, newBlock } from '../instructions/emit.ts';
import { emitExtremumGradient, emitPool, pooled } from '../instructions/emitPooling.ts';
import type { FractionalAxis, PoolProblem, Three } from '../instructions/pool.ts';
import { writeRandom } from '../instructions/random.ts';
import { DISTRIBUTION, POOL } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Params, type Resolved, type Types } from './operator.ts';
import { flag, requireRank, type Size, sizes, taking } from './options.ts';
import { float32 } from './types.ts';

/** The options of `fractionalMaxPool2d` and `3d`; one of `outputSize` and `outputRatio` must be given. */
export interface FractionalMaxPoolOptions<I extends boolean = boolean> {
  /** The output's size. Either this or `outputRatio`. */
  outputSize?: Size | undefined;
  /** The output's size as a part of the input's, between 0 and 1. */
  outputRatio?: number | readonly number[] | undefined;
  /** Numbers from 0 to 1 that place the windows, [N, C, 2] in the order (width, height), or [N, C, 3]: (depth, height, width). */
  randomSamples?: Tensor | null | undefined;
  /** Where the samples are drawn from. Without it each run draws anew. */
  seed?: number | undefined;
  /** Give `[values, indices]`, the indices being positions in the input's own plane. Default false. */
  returnIndices?: I | undefined;
}

const FRACTIONAL_OPTIONS: readonly string[] = [
  'outputSize',
  'outputRatio',
  'randomSamples',
  'seed',
  'returnIndices',
];

/** What the params say. */
function readParams([rank = 0, returnIndices, ...rest]: Params) {
  const take = taking(rest);
  const [kernel, [byRatio], sizes] = [take(rank), take(1), take(rank)];
  return { rank, kernel, byRatio: byRatio === 1, sizes, returnIndices: returnIndices === 1 };
}

/** The output that the input has room for. */
function outputOf(
  name: string,
  x: TensorType,
  { rank, kernel, byRatio, sizes }: ReturnType<typeof readParams>,
) {
  return sizes.map((given, axis) => {
    const size = x.shape[axis + 2] as number;
    const [taps, where] = [kernel[axis] as number, axisName(rank, axis)];
    if (taps > size) throw faultError(`${name}: ${where}`, FAULT.kernelTooLarge, [taps, size]);
    const wanted = byRatio ? Math.floor(size * given) : given;
    if (wanted < 1 || wanted > size - taps + 1) {
      throw new RangeError(
        `${name}: ${where} of the output is ${wanted}, must be from 1 to ${size - taps + 1}`,
      );
    }
    return wanted;
  });
}

function resolve(name: string, [x, samples]: Types, params: Params): Resolved<PoolProblem> {
  const options = readParams(params);
  const { rank, kernel, returnIndices } = options;
  float32(name, ['x', 'randomSamples'], [x!, samples ?? null]);
  requireRank(name, 'x', x!.shape, rank + 2);
  const output = outputOf(name, x!, options);
  const planes = x!.shape.slice(0, 2);
  const wanted = shapeText([...planes, rank]);
  if (samples && shapeText(samples.shape) !== wanted) {
    throw new RangeError(`${name}: randomSamples has shape ${shapeText(samples.shape)}, must be ${wanted}`);
  }
  const axes = output.map((size, axis) => ({
    ...{ kernel: kernel[axis] as number, input: x!.shape[axis + 2] as number, output: size },
    // PyTorch's order of samples: in two dimensions the width's is the first.
    ...{ sample: rank === 2 ? 1 - axis : axis, samples: rank },
  }));
  const three = (rank === 2 ? [WHOLE, ...axes] : axes) as unknown as Three<FractionalAxis>;
  const sizes = { planes: countOf(planes), dtype: 'float32' } as const;
  return {
    ...pooled({ shape: [...planes, ...output], dtype: 'float32' }, true, returnIndices),
    problem: { ...sizes, placing: 'fractional', axes: three, reduction: POOL.max },
    window: axes.map(({ kernel, input, output }) => ({ kind: 'fractional', kernel, input, output })),
  };
}

/** An axis of one element, which no sample moves. */
const WHOLE: FractionalAxis = { input: 1, kernel: 1, output: 1, sample: 0, samples: 0 };

function entry(name: string, rank: number): Entry<PoolProblem> {
  return {
    name,
    torch: `torch.nn.functional.fractional_max_pool${rank}d`,
    onnx: [],
    args: ['x', 'randomSamples'],
    constants: ['randomSamples'],
    required: 1,
    optionTensors: 1,
    resolve: (types, params) => resolve(name, types, params),
    lower(to, node) {
      const [from, given, draw] = node.inputs;
      let samples = given;
      if (samples == null) {
        const shape = [...node.types[0]!.shape.slice(0, 2), rank];
        samples = newBlock(to, shape).buffer;
        const uniform = { distribution: DISTRIBUTION.uniform, p0: 0, p1: 1, count: countOf(shape) };
        writeRandom(to, { state: draw!, y: samples }, uniform);
      }
      emitPool(to, { ...node, inputs: [from!, samples] });
    },
    gradient: emitExtremumGradient,
  };
}

/** What the params say about the output's size. */
function outputParams(name: string, rank: number, options: FractionalMaxPoolOptions): number[] {
  const { outputSize, outputRatio } = options;
  if (outputRatio === undefined) return [0, ...sizes(name, 'outputSize', outputSize, rank)];
  if (outputSize !== undefined) {
    throw new RangeError(`${name}: outputSize and outputRatio are both given, must be one of them`);
  }
  const list = Array.isArray(outputRatio) ? outputRatio : new Array<unknown>(rank).fill(outputRatio);
  if (list.length !== rank) {
    throw new RangeError(
      `${name}: outputRatio has ${counted(list.length, 'entry', 'entries')}, must have ${rank}`,
    );
  }
  const ratios = list.map((ratio) => {
    const number = real(name, 'outputRatio', ratio);
    if (number > 0 && number < 1) return number;
    throw new RangeError(`${name}: outputRatio is ${number}, must be above 0 and below 1`);
  });
  return [1, ...ratios];
}

function fractional(rank: number) {
  const name = `fractionalMaxPool${rank}d`;
  return operator(
    entry(name, rank),
    (invoke) => {
      function pool(x: Tensor, kernelSize: Size, options: FractionalMaxPoolOptions<false>): Tensor;
      function pool(
        x: Tensor,
        kernelSize: Size,
        options: FractionalMaxPoolOptions<true>,
      ): [Tensor, Tensor<'int32'>];
      function pool(
        x: Tensor,
        kernelSize: Size,
        options: FractionalMaxPoolOptions = {},
      ): Tensor<DType> | Tensor<DType>[] {
        checkOptions(name, options, FRACTIONAL_OPTIONS);
        const { randomSamples = null, seed, returnIndices = false } = options;
        const indexed = flag(name, 'returnIndices', returnIndices);
        const kernel = sizes(name, 'kernelSize', kernelSize, rank);
        const draw = new Draw(name, seed);
        const inputs = randomSamples === null ? [x, null, draw] : [x, randomSamples, null];
        const outputs = invoke(inputs, [rank, indexed, ...kernel, ...outputParams(name, rank, options)]);
        return outputs.length === 1 ? (outputs[0] as Tensor<DType>) : outputs;
      }
      return pool;
    },
    { layer: `FractionalMaxPool${rank}d` },
  );
}

/**
 * The largest element of each window of x, the windows lying at random (Graham, 2014): they begin at int((i + u) *
 * a) - int(u * a), where a = (in - kernel) / (out - 1) and u is the plane's random sample for the axis, and the
 * last one ends the axis. Samples outside 0 to 1 are taken as the nearer bound.
 * @param x [N, C, H, W] of float32
 * @param kernelSize the window's size: one number, or [height, width]
 * @returns [N, C, Ho, Wo] of the options' size; with `returnIndices` also where each element was
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const fractionalMaxPool2d = /*#__PURE__*/ fractional(2);
/**
 * The largest element of each window of x, the windows lying at random (Graham, 2014): they begin at int((i + u) *
 * a) - int(u * a), where a = (in - kernel) / (out - 1) and u is the plane's random sample for the axis, and the
 * last one ends the axis. Samples outside 0 to 1 are taken as the nearer bound.
 * @param x [N, C, D, H, W] of float32
 * @param kernelSize the window's size: one number, or [depth, height, width]
 * @returns [N, C, Do, Ho, Wo] of the options' size; with `returnIndices` also where each element was
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const fractionalMaxPool3d = /*#__PURE__*/ fractional(3);
