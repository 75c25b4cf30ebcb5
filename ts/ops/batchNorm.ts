/**
 * batchNorm: y = (x - mean) / sqrt(var + eps) * weight + bias per channel (axis 1), as an affine map x * scale + shift
 * (Ioffe and Szegedy, 2015). In training mean and variance are the batch's, and the running ones are written in place.
 *
 * inputs: x, runningMean, runningVar, weight, bias. params: training, momentum, eps.
 */
import type { DType, TensorType } from '../dtype.ts';
import { checkOptions, real, shapeText } from '../errors.ts';
import { type Buffer, bits, type Lowering, OP } from '../graph/lowering.ts';
import type { Tensor } from '../tensor.ts';
import { type Lowered, operator } from './operator.ts';
import { flag } from './options.ts';
import { float32 } from './types.ts';

export interface BatchNormOptions {
  /** Use and record the batch's statistics. Default false. */
  training?: boolean;
  /** The weight of the batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

const ARGS = ['x', 'runningMean', 'runningVar', 'weight', 'bias'];
const [ADD, SUB, MUL, DIV] = [0, 1, 2, 3];
const SQRT = 18;

/** Arithmetic on vectors of `channels` elements. */
class Channels {
  readonly to: Lowering;
  readonly channels: number;

  constructor(to: Lowering, channels: number) {
    this.to = to;
    this.channels = channels;
  }

  vector(): Buffer {
    return this.to.temporary(4 * this.channels);
  }

  constant(value: number): Buffer {
    const made = this.to.temporary(4);
    this.to.step(OP.fill, [], [made], [4, 1, bits(value)]);
    return made;
  }

  /** a kind b, where b may be one element for all. */
  combine(kind: number, a: Buffer, b: Buffer, into = this.vector()): Buffer {
    const stride = (one: Buffer) => (one.bytes === 4 && this.channels !== 1 ? 0 : 1);
    this.to.step(OP.binary, [a, b], [into], [kind, 0, 1, this.channels, stride(a), stride(b)]);
    return into;
  }

  sqrt(x: Buffer): Buffer {
    const root = this.vector();
    this.to.step(OP.unary, [x], [root], [SQRT, 0, 0, this.channels, 0]);
    return root;
  }
}

/** Elements of x per channel: [batch, channels, inner]. */
function extents(x: TensorType): [number, number, number] {
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  return [n, channels, spatial.reduce((product, axis) => product * axis, 1)];
}

/** The map's scale and shift; in training also the running statistics' update. */
function affine(to: Lowering, node: Lowered): { scale: Buffer; shift: Buffer } {
  const [training, momentum, eps] = node.params as [number, number, number];
  const [n, channels, inner] = extents(node.types[0]!);
  const on = new Channels(to, channels);
  const [x, runningMean, runningVar, weight, bias] = node.inputs as (Buffer | null)[];
  let [mean, variance] = [runningMean, runningVar];
  if (training === 1) {
    [mean, variance] = [on.vector(), on.vector()];
    to.step(OP.stats, [x!], [mean, variance], [n, channels, inner]);
    const unbiased = (n * inner) / (n * inner - 1);
    const update = (running: Buffer | null | undefined, batch: Buffer, share: number) => {
      if (!running) return;
      const old = on.combine(MUL!, running, on.constant(1 - momentum));
      on.combine(ADD!, old, on.combine(MUL!, batch, on.constant(share)), running);
    };
    update(runningMean, mean, momentum);
    update(runningVar, variance, momentum * unbiased);
  }
  const deviation = on.sqrt(on.combine(ADD!, variance!, on.constant(eps)));
  const scale = on.combine(DIV!, weight ?? on.constant(1), deviation);
  const shift = on.combine(SUB!, bias ?? on.constant(0), on.combine(MUL!, mean!, scale));
  return { scale, shift };
}

export const batchNorm = /*#__PURE__*/ operator(
  {
    name: 'batchNorm',
    torch: 'torch.nn.functional.batch_norm',
    onnx: ['BatchNormalization'],
    args: ARGS,
    required: 1,
    infer(inputs, [training]) {
      float32('batchNorm', ARGS, inputs);
      const x = inputs[0]!;
      if (x.shape.length < 2) {
        throw new RangeError(`batchNorm: x has shape ${shapeText(x.shape)}, must have at least 2 axes`);
      }
      const [n, channels, inner] = extents(x);
      inputs.slice(1).forEach((input, i) => {
        if (input !== null && (input.shape.length !== 1 || input.shape[0] !== channels)) {
          throw new RangeError(
            `batchNorm: ${ARGS[i + 1]} has shape ${shapeText(input.shape)}, must be [${channels}]`,
          );
        }
      });
      if (training === 1 && n * inner < 2) {
        throw new RangeError(
          `batchNorm: x has ${n * inner} value per channel, must have more than 1 in training`,
        );
      }
      if (training !== 1 && (inputs[1] === null || inputs[2] === null)) {
        throw new TypeError('batchNorm: runningMean and runningVar must be given where training is false');
      }
      return [x];
    },
    lower(to, node) {
      const { scale, shift } = affine(to, node);
      to.step(OP.affine, [node.inputs[0]!, scale, shift], node.outputs, extents(node.types[0]!), {
        inPlace: 0,
      });
    },
    affine,
    isAffine: ([training]) => training === 0,
    writes: ([training]) => (training === 1 ? [1, 2] : []),
  },
  (invoke) =>
    /**
     * Normalises each channel (axis 1) of x by its mean and variance [C], then scales by weight [C] and adds bias [C].
     * In training the statistics are the batch's; runningMean and runningVar are then written in place.
     * @throws RangeError for shapes that do not fit, or one value per channel in training
     */
    (
      x: Tensor,
      runningMean: Tensor | null,
      runningVar: Tensor | null,
      weight?: Tensor | null,
      bias?: Tensor | null,
      options: BatchNormOptions = {},
    ): Tensor => {
      checkOptions('batchNorm', options, ['training', 'momentum', 'eps']);
      const { training = false, momentum = 0.1, eps = 1e-5 } = options;
      const params = [
        flag('batchNorm', 'training', training),
        real('batchNorm', 'momentum', momentum),
        real('batchNorm', 'eps', eps),
      ];
      const inputs = [x, runningMean ?? null, runningVar ?? null, weight ?? null, bias ?? null];
      return invoke(inputs as Tensor<DType>[], params)[0] as unknown as Tensor;
    },
);
