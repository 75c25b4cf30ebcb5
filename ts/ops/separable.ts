/**
 * Convolution in two steps, as one operator that saves what lies between them for its gradient.
 *
 * separableConv1d, separableConv2d, separableConv3d: each channel of x by m kernels of its own, then a pointwise
 * convolution. Shapes: x [N, C, spatial...], depthwiseWeight [C m, 1, kernel...], pointwiseWeight [O, C m, 1...], bias [O].
 *
 * spatialSeparableConv2d: each channel by a column, then by a row, which is its convolution by the column times the row.
 * Shapes: x [N, C, H, W], columnKernel [C, 1, kh, 1], rowKernel [C, 1, 1, kw], bias [C].
 *
 * params: as convolution's (ts/ops/convolutionStep.ts); groups are x's channels.
 * @category Convolution
 */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { emitBiasGradient } from '../instructions/emitWeightGradient.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  CONV_OPTIONS,
  type ConvOptions,
  type ConvolutionStep,
  type ConvSettings,
  convParams,
  convSettings,
  convStep,
  emitStep,
  emitStepGradients,
} from './convolutionStep.ts';
import { type Backward, type Entry, operator, type Types, type Window } from './operator.ts';
import { requireRank } from './options.ts';
import { float32, requireBias } from './types.ts';

/**
 * The options of `separableConv1d`, `2d`, `3d` and `spatialSeparableConv2d`: a convolution's; groups follow from
 * the shapes.
 */
export type SeparableConvOptions = Omit<ConvOptions, 'groups'>;

/** @internal */
export const SEPARABLE_OPTIONS = /*#__PURE__*/ CONV_OPTIONS.filter((option) => option !== 'groups');

/** The two convolutions, and the window through which an output sees x. */
interface TwoSteps {
  readonly first: ConvolutionStep;
  readonly second: ConvolutionStep;
  readonly window: readonly Window[];
}

function separableSteps(name: string, [x, depthwise, pointwise]: Types, settings: ConvSettings): TwoSteps {
  const { rank } = settings;
  requireRank(name, 'x', x!.shape, rank + 2);
  requireRank(name, 'depthwiseWeight', depthwise!.shape, rank + 2);
  if (depthwise!.shape[1] !== 1) {
    throw new RangeError(
      `${name}: depthwiseWeight has shape ${shapeText(depthwise!.shape)}, must have 1 input channel per group`,
    );
  }
  const grouped = { ...settings, groups: x!.shape[1]! };
  const first = convStep(name, x!, depthwise!, grouped, 'depthwiseWeight');
  const one = convSettings(convParams(name, rank));
  const second = convStep(name, first.output, pointwise!, one, 'pointwiseWeight');
  if (pointwise!.shape.slice(2).some((size) => size !== 1)) {
    throw new RangeError(
      `${name}: pointwiseWeight has shape ${shapeText(pointwise!.shape)}, must have a kernel of 1`,
    );
  }
  return { first, second, window: first.window };
}

/** The depthwise convolution along one axis of a two-dimensional one; the other has no window at all. */
function alongAxis(settings: ConvSettings, axis: 0 | 1, groups: number): ConvSettings {
  const own = (sizes: readonly number[]) => sizes.map((size, i) => (i === axis ? size : 1));
  const [rule, ...widths] = settings.padding as [number, ...number[]];
  const padding = [rule, ...widths.map((width, i) => (i >> 1 === axis ? width : 0))];
  return { ...settings, stride: own(settings.stride), dilation: own(settings.dilation), padding, groups };
}

function spatialSteps(name: string, [x, column, row]: Types, settings: ConvSettings): TwoSteps {
  requireRank(name, 'x', x!.shape, 4);
  const channels = x!.shape[1]!;
  const kernels = [column!, row!].map(({ shape }, axis) => {
    const argument = ['columnKernel', 'rowKernel'][axis] as string;
    requireRank(name, argument, shape, 4);
    const must = axis === 0 ? [channels, 1, shape[2], 1] : [channels, 1, 1, shape[3]];
    if (shape.some((size, i) => size !== must[i])) {
      const expected = axis === 0 ? `${channels}x1xkhx1` : `${channels}x1x1xkw`;
      throw new RangeError(`${name}: ${argument} has shape ${shapeText(shape)}, must be ${expected}`);
    }
    return argument;
  });
  const first = convStep(name, x!, column!, alongAxis(settings, 0, channels), kernels[0]);
  const second = convStep(name, first.output, row!, alongAxis(settings, 1, channels), kernels[1]);
  return { first, second, window: [first.window[0]!, second.window[1]!] };
}

/** What the two operators share: `steps` says which convolutions they are. */
function twoSteps(
  name: string,
  rank: number,
  weights: readonly [string, string],
  steps: (name: string, types: Types, settings: ConvSettings) => TwoSteps,
): Entry<TwoSteps> {
  const args = ['x', ...weights, 'bias'];
  return {
    name,
    torch: `torch.nn.functional.conv${rank}d`,
    onnx: [],
    args,
    required: 3,
    resolve(types, params) {
      float32(name, args, types);
      const problem = steps(name, types, convSettings(params));
      const { first, second, window } = problem;
      requireBias(name, types[3] ?? null, second.problem.outputs);
      const macs = first.macs + second.macs;
      return { outputs: [second.output], saved: [first.output], problem, macs, window };
    },
    lower(to, { problem: { first, second }, inputs, outputs, saved }) {
      const [x, one, two, bias] = inputs as [Buffer, Buffer, Buffer, Buffer | null];
      const between = saved?.[0] ?? to.buffer(first.output);
      emitStep(name, to, { x, weight: one, y: between }, first);
      emitStep(name, to, { x: between, weight: two, bias, y: outputs[0]! }, second);
    },
    gradient: (to, node) => gradient(name, to, node),
  };
}

function gradient(name: string, to: Builder, node: Backward<TwoSteps>): (Buffer | null)[] {
  const { inputs, saved, gradients, wanted } = node;
  const { first, second } = node.problem;
  const [x, one, two] = inputs as [Buffer, Buffer, Buffer];
  const [wantsX, wantsOne, wantsTwo, wantsBias] = wanted as [boolean, boolean, boolean, boolean];
  const dy = gradients[0]!;
  const through = wantsX || wantsOne;
  const [between, dTwo] = emitStepGradients(name, to, second, [saved[0]!, two], dy, [through, wantsTwo]);
  const [dx, dOne] = through
    ? emitStepGradients(name, to, first, [x, one], between!, [wantsX, wantsOne])
    : [null, null];
  const db = wantsBias ? emitBiasGradient(to, { buffer: dy, shape: second.output.shape }) : null;
  return [dx, dOne, dTwo, db];
}

function separable(rank: number) {
  const name = `separableConv${rank}d`;
  return operator(
    twoSteps(name, rank, ['depthwiseWeight', 'pointwiseWeight'], separableSteps),
    (invoke) =>
      (
        x: Tensor,
        depthwiseWeight: Tensor,
        pointwiseWeight: Tensor,
        bias?: Tensor | null,
        options?: SeparableConvOptions,
      ): Tensor =>
        invoke(
          [x, depthwiseWeight, pointwiseWeight, bias ?? null] as Tensor<DType>[],
          convParams(name, rank, options, SEPARABLE_OPTIONS),
        )[0] as unknown as Tensor,
  );
}

/**
 * Depthwise convolution of x, then a pointwise one, and bias (Chollet, 2017). The options are the depthwise
 * convolution's.
 * @param x [N, C, L] of float32
 * @param depthwiseWeight [C m, 1, kl]: m kernels for each channel
 * @param pointwiseWeight [O, C m, 1, 1]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Lo], of the size that `conv1d` gives
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const separableConv1d = /*#__PURE__*/ separable(1);
/**
 * Depthwise convolution of x, then a pointwise one, and bias (Chollet, 2017). The options are the depthwise
 * convolution's.
 * @param x [N, C, H, W] of float32
 * @param depthwiseWeight [C m, 1, kh, kw]: m kernels for each channel
 * @param pointwiseWeight [O, C m, 1, 1]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Ho, Wo], of the size that `conv2d` gives
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const separableConv2d = /*#__PURE__*/ separable(2);
/**
 * Depthwise convolution of x, then a pointwise one, and bias (Chollet, 2017). The options are the depthwise
 * convolution's.
 * @param x [N, C, D, H, W] of float32
 * @param depthwiseWeight [C m, 1, kd, kh, kw]: m kernels for each channel
 * @param pointwiseWeight [O, C m, 1, 1]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Do, Ho, Wo], of the size that `conv3d` gives
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const separableConv3d = /*#__PURE__*/ separable(3);

/**
 * Each channel of x by its column, then by its row, and bias: kh + kw products where the column times the row, as
 * one kernel, takes kh kw (see `factorizeKernel`). Options per axis hold for the column along the height and for
 * the row along the width.
 * @param x [N, C, H, W] of float32
 * @param columnKernel [C, 1, kh, 1]
 * @param rowKernel [C, 1, 1, kw]
 * @param bias [C]; left out or null: none
 * @returns [N, C, Ho, Wo], of the size that `conv2d` gives
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const spatialSeparableConv2d = /*#__PURE__*/ operator(
  /*#__PURE__*/ twoSteps('spatialSeparableConv2d', 2, ['columnKernel', 'rowKernel'], spatialSteps),
  (invoke) =>
    (
      x: Tensor,
      columnKernel: Tensor,
      rowKernel: Tensor,
      bias?: Tensor | null,
      options?: SeparableConvOptions,
    ): Tensor =>
      invoke(
        [x, columnKernel, rowKernel, bias ?? null] as Tensor<DType>[],
        convParams('spatialSeparableConv2d', 2, options, SEPARABLE_OPTIONS),
      )[0] as unknown as Tensor,
);
