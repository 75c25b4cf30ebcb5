/**
 * rnn, gru and lstm: cells that go along the steps of x. The input's products are one convolution of one pixel over all
 * steps; the steps themselves are one instruction (crates/core/src/instructions/recurrent.rs). Gates and weights lie as ONNX
 * has them. Forward only: the recurrent operators of imported models.
 *
 * params: the direction (0 forward, 1 reverse, 2 both), whether a GRU's reset comes after the product, whether an LSTM's
 * gates are coupled, the clip, then number, p0 and p1 of three activations for each direction.
 * @category Recurrent
 */
import { checkOptions, oneOf, real } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, shapeText, wrongKind } from '../base/errors.ts';
import { axes } from '../engine/sides/axes.ts';
import { writeAccumulate } from '../instructions/accumulate.ts';
import { PIXEL } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeCopy, writeFill } from '../instructions/copy.ts';
import type { Activation } from '../instructions/elementwise.ts';
import { emitConvolution } from '../instructions/emitConvolution.ts';
import { emitPanels, type Recurrence, writeRecurrent } from '../instructions/recurrent.ts';
import { ACTIVATION } from '../instructions/table.ts';
import { contiguous } from '../instructions/walk.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, type Lowered, operator, type Resolved, type Types } from './operator.ts';
import { flag } from './options.ts';
import { float32 } from './types.ts';

/** A function of a cell: its name, or with the numbers that it has (slope, or alpha and beta). */
export type CellActivation =
  | CellActivationName
  | {
      /** Which. */
      readonly name: CellActivationName;
      /** The slope of leakyRelu, the scale of elu, the factor of hardSigmoid. */
      readonly alpha?: number | undefined;
      /** The summand of hardSigmoid. */
      readonly beta?: number | undefined;
    };

/** The functions that cells may have. */
export type CellActivationName =
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'elu'
  | 'hardSigmoid'
  | 'softplus';

/** The weights of `rnn` and `gru`: D directions, G gates of H units (1, or z r h), I inputs. */
export interface RecurrentWeights {
  /** [D, G H, I]. */
  readonly input: Tensor;
  /** [D, G H, H]. */
  readonly hidden: Tensor;
  /** [D, 2 G H]: of the input, then of the hidden units. Default: none. */
  readonly bias?: Tensor | null | undefined;
}

/** The weights of `lstm`, whose gates are i o f c. */
export interface LstmWeights extends RecurrentWeights {
  /** [D, 3 H]: what i, o and f see of the cell. Default: nothing. */
  readonly peephole?: Tensor | null | undefined;
}

/** The options of `rnn`. */
export interface RnnOptions {
  /** From the first step, from the last, or both, one behind the other. Default 'forward'. */
  direction?: 'forward' | 'reverse' | 'bidirectional' | undefined;
  /** [D, N, H]: the units before the first step. Default: zeros. */
  initialHidden?: Tensor | null | undefined;
  /** [N] of int32: how many steps each row has; its outputs behind them are zero. Default: all. */
  lengths?: Tensor<'int32'> | null | undefined;
  /** What the functions take lies between -clip and clip. Default: anywhere. */
  clip?: number | undefined;
  /** The functions f (rnn), f g (gru) or f g h (lstm), for each direction. Default: tanh; sigmoid, tanh; sigmoid, tanh, tanh. */
  activations?: readonly CellActivation[] | undefined;
}

/** The options of `gru`. */
export interface GruOptions extends RnnOptions {
  /** The reset gate is applied after the hidden units' product, as PyTorch does, not before. Default false. */
  linearBeforeReset?: boolean | undefined;
}

/** The options of `lstm`. */
export interface LstmOptions extends RnnOptions {
  /** [D, N, H]: the cell before the first step. Default: zeros. */
  initialCell?: Tensor | null | undefined;
  /** The forget gate is 1 - the input gate. Default false. */
  inputForget?: boolean | undefined;
}

const ARGS = [
  'x',
  'weights.input',
  'weights.hidden',
  'weights.bias',
  'initialHidden',
  'lengths',
  'initialCell',
  'weights.peephole',
];
const DIRECTIONS = ['forward', 'reverse', 'bidirectional'] as const;
const NAMES = ['sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu', 'hardSigmoid', 'softplus'] as const;
/** Alpha and beta where none are given, as ONNX has them; softplus is log(1 + e^x), whose threshold is never met. */
const NUMBERS: Readonly<Record<string, readonly [number, number]>> = {
  leakyRelu: [0.01, 0],
  elu: [1, 0],
  hardSigmoid: [0.2, 0.5],
  softplus: [1, Infinity],
};

interface Cell extends Recurrence {
  readonly inputs: number;
}

function recurrentEntry(name: string, torch: string, onnx: string, gates: 1 | 3 | 4): Entry<Cell> {
  const args = ARGS.slice(0, gates === 4 ? 8 : 6);
  return {
    name,
    torch,
    onnx: [onnx],
    args,
    required: 3,
    optionTensors: args.length - 1,
    resolve: (types, params) => resolve(name, args, gates, types, params),
    lower: (to, node) => lower(name, to, node),
  };
}

function resolve(
  name: string,
  args: readonly string[],
  gates: number,
  types: Types,
  [direction, after, coupled, clip, ...acts]: readonly number[],
): Resolved<Cell> {
  float32(
    name,
    args,
    types.map((type, i) => (i === 5 ? null : type)),
  );
  const [x, input, hidden, bias, state, lengths, cell, peephole] = types as [
    ...[TensorType, TensorType, TensorType],
    ...(TensorType | null | undefined)[],
  ];
  if (lengths && lengths.dtype !== 'int32')
    throw new TypeError(`${name}: lengths is ${lengths.dtype}, must be int32`);
  for (const [type, called] of [
    [x, 'x'],
    [input, 'weights.input'],
    [hidden, 'weights.hidden'],
  ] as const)
    if (type.shape.length !== 3)
      throw new RangeError(`${name}: ${called} has shape ${shapeText(type.shape)}, must have 3 axes`);
  const [steps, batch, inputs] = x.shape as [number, number, number];
  const directions = direction === 2 ? 2 : 1;
  const units = hidden.shape[2] as number;
  const fits = (type: TensorType | null | undefined, index: number, shape: readonly number[]) => {
    if (!type || shapeText(type.shape) === shapeText(shape)) return;
    throw new RangeError(
      `${name}: ${args[index]} has shape ${shapeText(type.shape)}, must be ${shapeText(shape)}`,
    );
  };
  fits(hidden, 2, [directions, gates * units, units]);
  fits(input, 1, [directions, gates * units, inputs]);
  fits(bias, 3, [directions, 2 * gates * units]);
  for (const [type, index] of [
    [state, 4],
    [cell, 6],
  ] as const)
    fits(type, index, [directions, batch, units]);
  fits(lengths, 5, [batch]);
  fits(peephole, 7, [directions, 3 * units]);
  const last: TensorType = { shape: [directions, batch, units], dtype: 'float32' };
  const y: TensorType = { shape: [steps, directions, batch, units], dtype: 'float32' };
  const activations = Array.from({ length: 3 * directions }, (_, i): Activation => {
    const [act, p0, p1] = acts.slice(3 * i, 3 * i + 3) as [number, number, number];
    return { act, p0, p1 };
  });
  return {
    outputs: gates === 4 ? [y, last, last] : [y, last],
    problem: {
      ...{ steps, batch, inputs, units, gates, directions, reverse: direction === 1, activations },
      ...{ after: after === 1, coupled: coupled === 1, clip: clip as number },
    },
    macs: steps * batch * directions * gates * units * (inputs + units),
  };
}

function lower(name: string, to: Builder, { problem: cell, inputs, outputs }: Lowered<Cell>): void {
  const { steps, batch, units, gates, directions, inputs: channels } = cell;
  const [x, input, hidden, bias, initial, lengths, initialCell, peephole] = inputs as [
    ...[Buffer, Buffer, Buffer],
    ...(Buffer | null | undefined)[],
  ];
  const [y, lastHidden, lastCell] = outputs as [Buffer, Buffer, Buffer | undefined];
  const size = directions * batch * units;
  if (size === 0) return;
  const all = directions * gates * units;
  const biases = bias ? emitBiases(to, bias, cell) : null;
  const p = to.temporary(4 * steps * batch * all);
  if (steps > 0) {
    const problem = { n: steps * batch, groups: 1, channels, outputs: all, axes: PIXEL };
    emitConvolution(name, to, { x, weight: input, bias: biases?.sum, y: p }, problem);
  }
  const states = gates === 4 ? 2 : 1;
  const state = to.temporary(4 * states * size);
  const given = [initial ?? null, initialCell ?? null].slice(0, states);
  if (given.includes(null)) writeFill(to, { y: state }, { count: states * size });
  given.forEach((from, i) => {
    if (from !== null) copyPart(to, from, 0, state, i * size, size);
  });
  const last = lastCell === undefined ? lastHidden : to.temporary(4 * states * size);
  const extra = peephole ?? biases?.apart ?? null;
  const weights = emitPanels(to, hidden, cell);
  writeRecurrent(to, name, { p, weights, extra, lengths: lengths ?? null, state, y, last }, cell);
  if (lastCell === undefined) return;
  copyPart(to, last, 0, lastHidden, 0, size);
  copyPart(to, last, size, lastCell, 0, size);
}

function copyPart(to: Builder, x: Buffer, from: number, y: Buffer, at: number, count: number): void {
  const walk = contiguous([count]);
  writeCopy(
    to,
    { x, y },
    { shape: [count], source: { ...walk, offset: from }, target: { ...walk, offset: at } },
  );
}

/** The sums of both biases; of a GRU that resets after its product, that of the hidden units' last gate apart. */
function emitBiases(to: Builder, bias: Buffer, { units, gates, directions, after }: Cell) {
  const all = gates * units;
  const summed = gates === 3 && after ? 2 * units : all;
  const sum = to.temporary(4 * directions * all);
  const source = { strides: [2 * all, 1], offset: 0 };
  const target = { strides: [all, 1], offset: 0 };
  writeCopy(to, { x: bias, y: sum }, { shape: [directions, all], source, target });
  to.needs(axes);
  const second = { shape: [directions, summed], source: { ...source, offset: all }, target };
  writeAccumulate(to, { x: bias, y: sum }, second);
  if (summed === all) return { sum, apart: null };
  const apart = to.temporary(4 * directions * units);
  writeCopy(
    to,
    { x: bias, y: apart },
    {
      shape: [directions, units],
      source: { strides: [2 * all, 1], offset: all + summed },
      target: contiguous([directions, units]),
    },
  );
  return { sum, apart };
}

/** The params of a call. */
function paramsOf(
  name: string,
  count: number,
  options: GruOptions & LstmOptions,
  allowed: readonly string[],
) {
  const common = ['direction', 'initialHidden', 'lengths', 'clip', 'activations'];
  checkOptions(name, options, [...common, ...allowed]);
  const { direction = 'forward', clip, activations } = options;
  oneOf(name, 'direction', direction, DIRECTIONS);
  const directions = direction === 'bidirectional' ? 2 : 1;
  const limit = clip === undefined ? Number.POSITIVE_INFINITY : real(name, 'clip', clip);
  if (!(limit > 0)) throw new RangeError(`${name}: clip is ${limit}, must be above 0`);
  if (activations !== undefined && !Array.isArray(activations))
    throw wrongKind(name, 'activations', activations, `an array of ${count * directions} functions`);
  if (activations !== undefined && activations.length !== count * directions)
    throw new RangeError(
      `${name}: activations has ${counted(activations.length, 'entry', 'entries')}, must have ${count * directions}`,
    );
  const defaults: CellActivation[] = count === 1 ? ['tanh'] : ['sigmoid', 'tanh', 'tanh'];
  const acts = Array.from({ length: 3 * directions }, (_, i) => {
    const [one, place] = [i % 3, Math.floor(i / 3) * count + (i % 3)];
    const given = one < count ? (activations?.[place] ?? (defaults[one] as CellActivation)) : 'tanh';
    return activationParams(name, `activations[${place}]`, given);
  });
  return [
    DIRECTIONS.indexOf(direction),
    flag(name, 'linearBeforeReset', options.linearBeforeReset ?? false),
    flag(name, 'inputForget', options.inputForget ?? false),
    limit,
    ...acts.flat(),
  ];
}

function activationParams(where: string, what: string, given: CellActivation): number[] {
  const isName = typeof given === 'string';
  if (!isName && (typeof given !== 'object' || given === null))
    throw wrongKind(where, what, given, 'a name, or { name, alpha, beta }');
  if (!isName) checkOptions(`${where}: ${what}`, given, ['name', 'alpha', 'beta']);
  const name = isName ? given : given.name;
  oneOf(where, what, name, NAMES);
  const [alpha, beta] = NUMBERS[name] ?? [0, 0];
  if (isName) return [ACTIVATION[name], alpha, beta];
  return [
    ACTIVATION[name],
    real(where, `${what}.alpha`, given.alpha ?? alpha),
    given.beta === undefined ? beta : real(where, `${what}.beta`, given.beta),
  ];
}

/** The weights, an object. */
function weightsOf(name: string, weights: unknown, allowed: readonly string[]): LstmWeights {
  if (typeof weights !== 'object' || weights === null)
    throw wrongKind(name, 'weights', weights, `an object of ${allowed.join(', ')}`);
  checkOptions(`${name}: weights`, weights, allowed);
  return weights as LstmWeights;
}

const WEIGHTS = ['input', 'hidden', 'bias'];

/**
 * A plain recurrent cell: h = f(W x + R h + b) at each step. As ONNX's RNN.
 * @param x [T, N, I] of float32: T steps of N rows
 * @param weights of D directions and H units, gates as ONNX has them
 * @returns [y [T, D, N, H], the last h [D, N, H]]
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const rnn = /*#__PURE__*/ operator(
  /*#__PURE__*/ recurrentEntry('rnn', 'torch.nn.RNN', 'RNN', 1),
  (invoke) =>
    (x: Tensor, weights: RecurrentWeights, options: RnnOptions = {}): [Tensor, Tensor] => {
      const { input, hidden, bias } = weightsOf('rnn', weights, WEIGHTS);
      const params = paramsOf('rnn', 1, options, []);
      const { initialHidden, lengths } = options;
      const inputs = [x, input, hidden, bias ?? null, initialHidden ?? null, lengths ?? null];
      return invoke(inputs as Tensor<DType>[], params) as unknown as [Tensor, Tensor];
    },
);

/**
 * A gated recurrent unit: z and r from x and h, n from x and what r leaves of h, h = (1 - z) n + z h. As ONNX's GRU; as
 * PyTorch's with `linearBeforeReset`.
 * @param x [T, N, I] of float32: T steps of N rows
 * @param weights of D directions and H units, gates in the order z r n
 * @returns [y [T, D, N, H], the last h [D, N, H]]
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const gru = /*#__PURE__*/ operator(
  /*#__PURE__*/ recurrentEntry('gru', 'torch.nn.GRU', 'GRU', 3),
  (invoke) =>
    (x: Tensor, weights: RecurrentWeights, options: GruOptions = {}): [Tensor, Tensor] => {
      const { input, hidden, bias } = weightsOf('gru', weights, WEIGHTS);
      const params = paramsOf('gru', 2, options, ['linearBeforeReset']);
      const { initialHidden, lengths } = options;
      const inputs = [x, input, hidden, bias ?? null, initialHidden ?? null, lengths ?? null];
      return invoke(inputs as Tensor<DType>[], params) as unknown as [Tensor, Tensor];
    },
);

/**
 * A long short-term memory: c = f c + i g and h = o tanh(c), with the gates i, o, f and g from x and h. As ONNX's LSTM.
 * @param x [T, N, I] of float32: T steps of N rows
 * @param weights of D directions and H units, gates in the order i o f g
 * @returns [y [T, D, N, H], the last h [D, N, H], the last c [D, N, H]]
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 * @example
 * ```ts
 * const weights = { input: randn([1, 32, 8]), hidden: randn([1, 32, 8]) };
 * const [y, h, c] = lstm(randn([20, 1, 8]), weights); // 20 steps of 8 units
 * ```
 */
export const lstm = /*#__PURE__*/ operator(
  /*#__PURE__*/ recurrentEntry('lstm', 'torch.nn.LSTM', 'LSTM', 4),
  (invoke) =>
    (x: Tensor, weights: LstmWeights, options: LstmOptions = {}): [Tensor, Tensor, Tensor] => {
      const { input, hidden, bias, peephole } = weightsOf('lstm', weights, [...WEIGHTS, 'peephole']);
      const params = paramsOf('lstm', 3, options, ['initialCell', 'inputForget']);
      const { initialHidden, initialCell, lengths } = options;
      const inputs = [
        ...[x, input, hidden, bias ?? null, initialHidden ?? null, lengths ?? null],
        ...[initialCell ?? null, peephole ?? null],
      ];
      return invoke(inputs as Tensor<DType>[], params) as unknown as [Tensor, Tensor, Tensor];
    },
);
