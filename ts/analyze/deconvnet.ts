/**
 * deconvnet(net, x, { layer, channel }): what in a picture made a map strong.
 * @category Analysis
 */
import { checkOptions } from '../base/checks.ts';
import { countOf } from '../instructions/emit.ts';
import { tensor } from '../ops/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { channelOf, placeOf, strongest } from './element.ts';
import type { NetSource } from './net.ts';
import { flowBack, type Seen } from './view.ts';

/** The options of `deconvnet`. */
export interface DeconvnetOptions {
  /** The layer, by its module's path or its name in `analyze`. */
  layer: string;
  /** The map: a channel of the layer. */
  channel: number;
  /** Its strongest element (the first of equals), the whole map, or a place of it. Default 'strongest'. */
  position?: 'strongest' | 'map' | readonly number[] | undefined;
}

/**
 * One element of a map, or the whole map, sent back to the picture with all others zero: through pooling to where the maxima were,
 * through rectifiers what is positive, through convolutions by their transposed filters, without bias (Zeiler & Fergus,
 * "Visualizing and Understanding Convolutional Networks", 2013). It begins with the element's own value. Where pooling windows
 * overlap, what comes back to one place is added.
 * @param x [N, C, spatial...]; of each sample its own element
 * @returns of x's shape: a tensor of the caller's
 * @throws TypeError for an activation that is no rectifier, with its layer; RangeError for a layer, channel or position that
 * there is not
 * @example
 * ```ts
 * const picture = deconvnet(net, image, { layer: 'features.3', channel: 5 });
 * ```
 */
export function deconvnet(net: NetSource, x: Tensor, options: DeconvnetOptions): Tensor {
  const where = 'deconvnet';
  checkOptions(where, options, ['layer', 'channel', 'position']);
  const seed = (from: Seen) => seedOf(where, from, options);
  const { gradient } = flowBack(where, net, x, { from: `${options?.layer ?? ''}`, rule: 'deconvnet', seed });
  return tensor(gradient.data, gradient.shape);
}

function seedOf(
  where: string,
  layer: Seen,
  { channel, position = 'strongest' }: DeconvnetOptions,
): Float32Array {
  const map = channelOf(where, channel, layer);
  const [samples, channels, ...spatial] = layer.shape as [number, number, ...number[]];
  const plane = countOf(spatial);
  const seed = new Float32Array(layer.data.length);
  for (let n = 0; n < samples; n++) {
    const from = (n * channels + map) * plane;
    if (position === 'map') seed.set(layer.data.subarray(from, from + plane), from);
    else {
      const at = position === 'strongest' ? strongest(layer, n, map) : from + placeOf(where, position, layer);
      seed[at] = layer.data[at]!;
    }
  }
  return seed;
}
