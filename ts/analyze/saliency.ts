/**
 * What in a picture a score or an element depends on, by gradients: saliency, guided backpropagation, Grad-CAM, and the effective
 * receptive field.
 * @category Analysis
 */
import { checkOptions } from '../base/checks.ts';
import { shapeText } from '../base/errors.ts';
import { countOf } from '../instructions/emit.ts';
import { tensor } from '../ops/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type ElementOptions, oneAt, scoreOf } from './element.ts';
import type { NetSource } from './net.ts';
import { flowBack, type Seen } from './view.ts';

/** The option of `saliency`. */
export interface TargetOptions {
  /** The index of the score in the last axis of what the net gives: scores, not probabilities, tell more. */
  target: number;
}

/** The options of `gradCam`. */
export interface GradCamOptions extends TargetOptions {
  /** The layer whose maps are weighed: the last that still has an area, as a rule. */
  layer: string;
}

/** The options of `guidedBackprop`: a score by `target`, or an element of a layer. */
export interface GuidedOptions extends ElementOptions {
  /** The index of the score in the last axis of what the net gives. */
  target?: number | undefined;
  /** The layer, by its name. Default: what the net gives. */
  layer?: string | undefined;
}

/** The options of `effectiveReceptiveField`. */
export interface EffectiveFieldOptions extends ElementOptions {
  /** The layer, by its name. Default: what the net gives. */
  layer?: string | undefined;
}

const made = ({ data, shape }: Seen): Tensor => tensor(data, shape);

/**
 * |d score / d x|: how much the score would change with each value (Simonyan, Vedaldi & Zisserman, 2013).
 * @returns of x's shape: a tensor of the caller's
 * @throws RangeError for a score that there is not
 * @example
 * ```ts
 * const map = saliency(net, image, { target: 3 });
 * ```
 */
export function saliency(net: NetSource, x: Tensor, options: TargetOptions): Tensor {
  checkOptions('saliency', options, ['target']);
  const seed = (scores: Seen) => scoreOf('saliency', options?.target, scores);
  const { gradient } = flowBack('saliency', net, x, { seed });
  return made({ ...gradient, data: gradient.data.map(Math.abs) });
}

/**
 * The gradient of a score, or of an element of a layer, of which every rectifier passes only what is positive and where it let
 * its input through (Springenberg et al., 2014). Its pictures are sharp, but say little of what the net has learned: they hardly
 * change when its weights are drawn anew (Adebayo et al., 2018).
 * @returns of x's shape: a tensor of the caller's
 * @throws TypeError for an activation that is no rectifier, with its layer; RangeError for an element that there is not
 * @example
 * ```ts
 * const picture = guidedBackprop(net, image, { layer: 'features.3', channel: 5 });
 * ```
 */
export function guidedBackprop(net: NetSource, x: Tensor, options: GuidedOptions = {}): Tensor {
  const where = 'guidedBackprop';
  checkOptions(where, options, ['target', 'layer', 'channel', 'position']);
  const { target, layer } = options;
  const seed = (from: Seen) =>
    target === undefined ? oneAt(where, from, options) : scoreOf(where, target, from);
  return made(flowBack(where, net, x, { from: layer, rule: 'guided', seed }).gradient);
}

/**
 * Where a layer sees what a score is made of: its maps, each weighed with the mean of its gradient, added and rectified
 * (Selvaraju et al., 2017). Not resized to x: `interpolate` does that.
 * @returns [N, 1, h, w] of the layer's height and width: a tensor of the caller's; all zeros where nothing speaks for the score
 * @throws RangeError for a layer without an area, and for a score or a layer that there is not
 * @example
 * ```ts
 * const heat = gradCam(net, image, { layer: 'features', target: 3 });
 * ```
 */
export function gradCam(net: NetSource, x: Tensor, options: GradCamOptions): Tensor {
  const where = 'gradCam';
  checkOptions(where, options, ['layer', 'target']);
  const seed = (scores: Seen) => scoreOf(where, options?.target, scores);
  const { to, gradient, lastArea } = flowBack(where, net, x, { to: `${options?.layer ?? ''}`, seed });
  const [samples = 0, channels = 0, ...spatial] = to.shape;
  if (spatial.length === 0)
    throw new RangeError(
      `${where}: layer '${options.layer}' gives ${shapeText(to.shape)}, must give maps: [N, C, spatial...]`,
    );
  const plane = countOf(spatial);
  if (plane === 1 && lastArea !== null)
    throw new RangeError(
      `${where}: layer '${options.layer}' gives ${shapeText(to.shape)}, must give maps of more than one place: '${lastArea}' is the last that does`,
    );
  const heat = new Float32Array(samples * plane);
  for (let n = 0; n < samples; n++) {
    for (let c = 0; c < channels; c++) {
      const from = (n * channels + c) * plane;
      const weight =
        gradient.data.subarray(from, from + plane).reduce((sum, value) => sum + value, 0) / plane;
      for (let i = 0; i < plane; i++) heat[n * plane + i]! += weight * to.data[from + i]!;
    }
  }
  return tensor(
    heat.map((value) => Math.max(0, value)),
    [samples, 1, ...spatial],
  );
}

/**
 * |d element / d x|: which inputs an element of a layer depends on in fact, and how much. It is far smaller than the receptive
 * field, and grows with the root of the depth (Luo et al., 2016).
 * @param x [N, C, spatial...], where the gradient is taken
 * @returns of x's shape: a tensor of the caller's
 * @throws RangeError for a layer, a channel or a position that there is not
 * @example
 * ```ts
 * const seen = effectiveReceptiveField(net, image, { layer: 'features.3', channel: 0 });
 * ```
 */
export function effectiveReceptiveField(
  net: NetSource,
  x: Tensor,
  options: EffectiveFieldOptions = {},
): Tensor {
  const where = 'effectiveReceptiveField';
  checkOptions(where, options, ['layer', 'channel', 'position']);
  const seed = (from: Seen) => oneAt(where, from, options);
  const { gradient } = flowBack(where, net, x, { from: options.layer, seed });
  return made({ ...gradient, data: gradient.data.map(Math.abs) });
}
