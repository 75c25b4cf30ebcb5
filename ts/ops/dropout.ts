/**
 * dropout and dropout1d, dropout2d, dropout3d: y = x * factor, where the factor of each element, or of each channel, is 0
 * with probability p and 1 / (1 - p) otherwise (Srivastava et al., 2014; Tompson et al., 2015). The random bits depend on
 * the state and on the item's index alone: the gradient is the same product with what flows back.
 *
 * inputs: x, a draw (null where nothing is dropped). params: p (0 where nothing is), whether whole channels are dropped.
 * @category Normalisation and noise
 */
import { checkOptions, real } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { wrongValue } from '../base/errors.ts';
import { Draw } from '../graph/draw.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf } from '../instructions/emit.ts';
import { writeDropout } from '../instructions/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Params } from './operator.ts';
import { flag, requireRank } from './options.ts';
import { float32 } from './types.ts';

/** The options of `dropout`, `dropout1d`, `2d` and `3d`. */
export interface DropoutOptions {
  /** The probability of each element, or channel, to become 0. Default 0.5. */
  p?: number | undefined;
  /** Where false, x as it is. Default true. */
  training?: boolean | undefined;
  /** The same elements are dropped each time that the same seed is given. Default: other ones at each run. */
  seed?: number | undefined;
}

/** The options of `Dropout`, `Dropout1d`, `2d` and `3d`, which drop in train mode. */
export interface DropoutLayerOptions {
  /** The probability of each element, or channel, to become 0. Default 0.5. */
  p?: number | undefined;
}

/** A probability. @throws RangeError for what is not in [0, 1] */
function probability(where: string, name: string, value: unknown): number {
  const p = real(where, name, value);
  if (p < 0 || p > 1) throw wrongValue(where, name, value, 'from 0 to 1');
  return p;
}

interface Problem {
  readonly p: number;
  readonly count: number;
  /** Neighbours that are dropped together. */
  readonly inner: number;
}

function problemOf({ shape }: TensorType, [p, channels]: Params): Problem {
  return { p: p as number, count: countOf(shape), inner: channels === 1 ? countOf(shape.slice(2)) : 1 };
}

function emitDropout(
  to: Builder,
  { p, count, inner }: Problem,
  x: Buffer,
  state: Buffer | null | undefined,
  y: Buffer,
): void {
  if (count === 0) return;
  if (p === 0) {
    to.copy(x, y);
    return;
  }
  const threshold = Math.min(Math.round(p * 2 ** 32), 2 ** 32 - 1);
  const scale = p === 1 ? 0 : 1 / (1 - p);
  writeDropout(to, { x, state: state!, y }, { count, inner, threshold, scale });
}

/** Where `rank` is not 0, whole channels of x with so many spatial axes are dropped. */
function dropping(name: string, rank: number) {
  const entry: Entry<Problem> = {
    name,
    torch: `torch.nn.functional.${name}`,
    onnx: rank === 0 ? ['Dropout'] : [],
    args: ['x', 'state'],
    constants: ['state'],
    required: 1,
    optionTensors: 1,
    resolve(types, params) {
      const x = types[0] as TensorType;
      float32(name, ['x'], [x]);
      if (rank > 0) requireRank(name, 'x', x.shape, rank + 2);
      return { outputs: [x], problem: problemOf(x, params) };
    },
    lower(to, { problem, inputs: [x, state], outputs: [y] }) {
      emitDropout(to, problem, x!, state, y!);
    },
    gradient(to, { types: [x], problem, inputs: [, state], gradients: [dy] }) {
      if (problem.p === 0) return [dy!, null];
      const dx = to.buffer(x!);
      emitDropout(to, problem, dy!, state, dx);
      return [dx, null];
    },
    reads: { inputs: [1], outputs: [] },
  };
  return operator(
    entry,
    (invoke) =>
      (x: Tensor, options: DropoutOptions = {}): Tensor => {
        checkOptions(name, options, ['p', 'training', 'seed']);
        const { p = 0.5, training = true, seed } = options;
        const active = flag(name, 'training', training) * probability(name, 'p', p);
        const draw = new Draw(name, seed);
        const inputs = [x, active > 0 ? draw : null];
        return invoke(inputs, [active, rank > 0 ? 1 : 0])[0] as unknown as Tensor;
      },
    {
      layer: { name: name.replace('d', 'D'), options: 'DropoutLayerOptions' },
      validate: (where, { p }: DropoutLayerOptions) => probability(where, 'p', p ?? 0.5),
    },
  );
}

/**
 * Zeroes each element of x with probability p and divides the others by 1 - p; NaN stays (Srivastava et al., 2014).
 * Which ones is drawn at each run, also of a compiled program, or from `seed`; a gradient sees the same ones as its
 * forward run.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws RangeError for p outside [0, 1]
 */
export const dropout = /*#__PURE__*/ dropping('dropout', 0);
/**
 * Zeroes whole channels of x with probability p and divides the others by 1 - p (Tompson et al., 2015). Which ones
 * is drawn as `dropout` does.
 * @param x [N, C, L] of float32
 * @returns of x's shape
 * @throws RangeError for p outside [0, 1]
 */
export const dropout1d = /*#__PURE__*/ dropping('dropout1d', 1);
/**
 * Zeroes whole channels of x with probability p and divides the others by 1 - p (Tompson et al., 2015). Which ones
 * is drawn as `dropout` does.
 * @param x [N, C, H, W] of float32
 * @returns of x's shape
 * @throws RangeError for p outside [0, 1]
 */
export const dropout2d = /*#__PURE__*/ dropping('dropout2d', 2);
/**
 * Zeroes whole channels of x with probability p and divides the others by 1 - p (Tompson et al., 2015). Which ones
 * is drawn as `dropout` does.
 * @param x [N, C, D, H, W] of float32
 * @returns of x's shape
 * @throws RangeError for p outside [0, 1]
 */
export const dropout3d = /*#__PURE__*/ dropping('dropout3d', 3);
