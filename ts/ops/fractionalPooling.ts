/**
 * fractionalMaxPool2d and fractionalMaxPool3d (Graham, "Fractional max-pooling", 2014): the maxima of windows as large as the
 * kernel, whose places along each axis a random sample per plane decides, so that the output is of any size.
 *
 * params: rank, returnIndices, kernel.., whether what follows is a ratio (0 or 1), output size or ratio..
 * @category Pooling
 */
import { FAULT } from '../boundary.ts';
import type { DType, TensorType } from '../dtype.ts';
import { axisName, checkOptions, faultError, real, shapeText } from '../errors.ts';
import { Draw } from '../graph/draw.ts';
import { countOf, newBlock } from '../instructions/emit.ts';
import { emitExtremumGradient, indicesSaved } from '../instructions/emitPooling.ts';
import { type FractionalAxis, type PoolProblem, writePool } from '../instructions/pool.ts';
import { writeRandom } from '../instructions/random.ts';
import { DISTRIBUTION, POOL } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Params } from './operator.ts';
import { flag, requireRank, type Size, sizes } from './options.ts';
import { float32 } from './types.ts';

export interface FractionalMaxPoolOptions<I extends boolean = boolean> {
  /** The output's size. Either this or `outputRatio`. */
  outputSize?: Size;
  /** The output's size as a part of the input's, between 0 and 1. */
  outputRatio?: number | readonly number[];
  /** Numbers from 0 to 1 that place the windows, [N, C, 2] in the order (width, height), or [N, C, 3]: (depth, height, width). */
  randomSamples?: Tensor | null;
  /** Where the samples are drawn from. Without it each run draws anew. */
  seed?: number;
  /** Give `[values, indices]`, the indices being positions in the input's own plane. Default false. */
  returnIndices?: I;
}

const FRACTIONAL_OPTIONS: readonly string[] = [
  'outputSize',
  'outputRatio',
  'randomSamples',
  'seed',
  'returnIndices',
];

interface Fractional {
  readonly rank: number;
  readonly kernel: readonly number[];
  readonly output: readonly number[];
}

/** The kernel, and the output that the input has room for. */
function read(name: string, x: TensorType, params: Params): Fractional {
  const rank = params[0] as number;
  const kernel = params.slice(2, 2 + rank);
  const byRatio = params[2 + rank] === 1;
  const output = params.slice(3 + rank).map((given, axis) => {
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
  return { rank, kernel, output };
}

function infer(name: string, inputs: readonly (TensorType | null)[], params: Params): TensorType[] {
  const [x, samples] = inputs as [TensorType, TensorType | null];
  const [rank, returnIndices] = params as [number, number];
  float32(name, ['x', 'randomSamples'], [x, samples]);
  requireRank(name, 'x', x.shape, rank + 2);
  const { output } = read(name, x, params);
  const planes = x.shape.slice(0, 2);
  const wanted = shapeText([...planes, rank]);
  if (samples !== null && shapeText(samples.shape) !== wanted) {
    throw new RangeError(`${name}: randomSamples has shape ${shapeText(samples.shape)}, must be ${wanted}`);
  }
  const shape = [...planes, ...output];
  const values: TensorType = { shape, dtype: 'float32' };
  return returnIndices === 1 ? [values, { shape, dtype: 'int32' }] : [values];
}

function problemOf(name: string, x: TensorType, params: Params): PoolProblem {
  const { rank, kernel, output } = read(name, x, params);
  const axes: FractionalAxis[] = rank === 2 ? [WHOLE] : [];
  for (let axis = 0; axis < rank; axis++) {
    // PyTorch's order of samples: in two dimensions the width's is the first.
    const sample = rank === 2 ? 1 - axis : axis;
    const sizes = { input: x.shape[axis + 2] as number, output: output[axis] as number };
    axes.push({ ...sizes, kernel: kernel[axis] as number, sample, samples: rank });
  }
  const planes = countOf(x.shape.slice(0, 2));
  const [depth, height, width] = axes as [FractionalAxis, FractionalAxis, FractionalAxis];
  const windows = { placing: 'fractional', axes: [depth, height, width] } as const;
  return { ...windows, planes, reduction: POOL.max, dtype: 'float32' };
}

/** An axis of one element, which no sample moves. */
const WHOLE: FractionalAxis = { input: 1, kernel: 1, output: 1, sample: 0, samples: 0 };

function entry(name: string, rank: number): Entry {
  return {
    name,
    torch: `torch.nn.functional.fractional_max_pool${rank}d`,
    onnx: [],
    args: ['x', 'randomSamples'],
    constants: ['randomSamples'],
    required: 1,
    optionTensors: 1,
    infer: (inputs, params) => infer(name, inputs, params),
    saves: (inputs, params) => indicesSaved(infer(name, inputs, params)),
    lower(to, { types: [x], params, inputs: [from, given, draw], outputs: [y, indices], saved }) {
      let samples = given;
      if (samples == null) {
        const shape = [...x!.shape.slice(0, 2), rank];
        samples = newBlock(to, shape).buffer;
        const uniform = { distribution: DISTRIBUTION.uniform, p0: 0, p1: 1, count: countOf(shape) };
        writeRandom(to, { state: draw!, y: samples }, uniform);
      }
      const operands = { x: from!, samples, y: y!, indices: indices ?? saved?.[0] };
      writePool(to, operands, problemOf(name, x!, params));
    },
    gradient: (to, node) => [emitExtremumGradient(to, node), null, null],
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
    throw new RangeError(`${name}: outputRatio has ${list.length} entries, must have ${rank}`);
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
      /**
       * The largest element of each window of x [N, C, spatial...]; the windows begin at int((i + u) * a) - int(u * a), where
       * a = (in - kernel) / (out - 1) and u is the plane's random sample for the axis, and the last one ends the axis.
       * Samples outside 0 to 1 are taken as the nearer bound.
       * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
       */
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

export const fractionalMaxPool2d = /*#__PURE__*/ fractional(2);
export const fractionalMaxPool3d = /*#__PURE__*/ fractional(3);
