/** Instructions of convolutions: packing of weights, the convolution, its weights' gradient, and the deformable ones. */
import { dtypeId } from '../dtype.ts';
import { type Axes, axisWords, kernelOf } from './axes.ts';
import type { Buffer, Builder, OperandsOf, Plan } from './builder.ts';
import { type Activation, activationWords } from './elementwise.ts';
import { ACTIVATION, ALGORITHM, OP } from './table.ts';

/** The sizes of a convolution; channels are those of a group. */
export interface ConvSizes {
  readonly batch: number;
  readonly groups: number;
  readonly ci: number;
  readonly co: number;
  readonly axes: Axes;
}

export interface ConvOptions extends ConvSizes {
  /** ALGORITHM: the one that is taken where it accepts. */
  readonly algorithm: number;
  /** Algorithms that round where the definition does not are left out. */
  readonly exact: boolean;
  readonly activation: Activation;
}

/** No activation. */
export const NO_ACTIVATION: Activation = { act: ACTIVATION.none, p0: 0, p1: 0 };

const sizeWords = ({ batch, groups, ci, co, axes }: ConvSizes): number[] => [
  ...[dtypeId('float32'), batch, groups, ci, co, ...axisWords(axes)],
];

const convWords = ({ algorithm, exact, activation, ...sizes }: ConvOptions): number[] => [
  ...[...sizeWords(sizes), algorithm, exact ? 1 : 0, ...activationWords(activation)],
];

/** What a convolution needs, and by which algorithm it is computed. */
export function planConv(to: Builder, where: string, options: ConvOptions): Plan {
  return to.plan(where, OP.conv, convWords(options));
}

/** Where the residual stands among what the instruction reads. */
const RESIDUAL = 3;

/** y = act(x convolved with the packed weights + bias + residual), as planned. */
export function writeConv(
  to: Builder,
  { x, weights, bias = null, residual = null, slope = null, y }: OperandsOf<'conv'>,
  options: ConvOptions,
  { scratch, algorithm }: Plan,
): void {
  const macs = kernelOf(options.axes).reduce((a, b) => a * b, (y.bytes / 4) * options.ci);
  // Each element of the residual is read just before its output is written: over it, the caches hold a tensor less.
  to.step(OP.conv, [x, weights, bias, residual, slope], [y], convWords({ ...options, algorithm }), {
    inPlace: RESIDUAL,
    scratch,
    algorithm,
    macs,
  });
}

/** Where the elements of a weight lie. */
export interface WeightSource {
  /** Elements from a group, output channel, input channel and tap along three axes to the next; may be negative. */
  readonly strides: readonly number[];
  /** The element of the first of all of them. */
  readonly offset: number;
}

export interface PackOptions {
  readonly groups: number;
  readonly ci: number;
  readonly co: number;
  readonly kernel: readonly number[];
  /** What the plan chose. */
  readonly algorithm: number;
  readonly source: WeightSource;
}

/** The weights in the order in which an algorithm reads them. */
export function writeConvPack(
  to: Builder,
  where: string,
  { weights }: Pick<OperandsOf<'convPack'>, 'weights'>,
  { groups, ci, co, kernel, algorithm, source }: PackOptions,
): Buffer {
  const words = [
    ...[dtypeId('float32'), groups, ci, co, ...kernel, algorithm],
    ...[...source.strides, source.offset],
  ];
  const packed = to.temporary(4 * to.plan(where, OP.convPack, words).packed);
  to.step(OP.convPack, [weights], [packed], words);
  return packed;
}

/** dw of a convolution whose output's gradient is dy. */
export function writeConvWeightGradient(
  to: Builder,
  where: string,
  { dy, x, dw }: OperandsOf<'convWeightGradient'>,
  sizes: ConvSizes,
): void {
  const words = sizeWords(sizes);
  const { scratch } = to.plan(where, OP.convWeightGradient, words);
  // Each weight meets each pixel of dy's planes.
  const macs = (dw.bytes / 4) * (dy.bytes / 4 / Math.max(1, sizes.groups * sizes.co));
  to.step(OP.convWeightGradient, [dy, x], [dw], words, { scratch, macs });
}

export interface DeformOptions extends ConvSizes {
  readonly exact: boolean;
  readonly offsetGroups: number;
}

const deformWords = ({ offsetGroups, ...sizes }: DeformOptions): number[] => [
  ...[...convWords({ ...sizes, algorithm: ALGORITHM.gemm, activation: NO_ACTIVATION }), offsetGroups],
];

/** y = x convolved with the packed weights, its taps moved by the offset and modulated by the mask. */
export function writeDeform(
  to: Builder,
  where: string,
  { x, offset, mask = null, weights, bias = null, y }: OperandsOf<'deform'>,
  options: DeformOptions,
): void {
  const words = deformWords(options);
  const { scratch, algorithm } = to.plan(where, OP.deform, words);
  to.step(OP.deform, [x, offset, mask, weights, bias], [y], words, { scratch, algorithm });
}

/** One of its gradients (DEFORM_GRADIENT), from what it depends on. */
export function writeDeformGradient(
  to: Builder,
  where: string,
  operands: OperandsOf<'deformGradient'>,
  { of, ...options }: DeformOptions & { of: number },
): void {
  const { x = null, offset, mask = null, dy, weights = null } = operands;
  const { gradient = null, maskGradient = null } = operands;
  const words = [...deformWords(options), of];
  const { scratch } = to.plan(where, OP.deformGradient, words);
  to.step(OP.deformGradient, [x, offset, mask, dy, weights], [gradient, maskGradient], words, { scratch });
}
