/**
 * topActivations(net, batches, { layer }): the pictures that make each map of a layer the strongest.
 * @category Analysis
 */
import { checkOptions, integer, integers } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { countOf } from '../instructions/emit.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { channelOf, placesOf, strongest } from './element.ts';
import { Sight } from './field.ts';
import { type NetSource, withNet } from './net.ts';
import { layerOr, programOf, type Seen } from './view.ts';

/** The options of `topActivations`. */
export interface TopActivationsOptions {
  /** The layer, by its module's path or its name in `analyze`. */
  layer: string;
  /** Its channels. Default: all. */
  channels?: readonly number[] | undefined;
  /** How many pictures are kept for each channel. Default 9. */
  top?: number | undefined;
}

/** A picture that makes a map strong. */
export interface TopActivation {
  /** The number of the picture, over all batches. */
  readonly index: number;
  /** The map's strongest value for it. */
  readonly value: number;
  /** Where in the map that is, a place per spatial axis. */
  readonly position: readonly number[];
  /** What it sees of the picture, cut at its borders: first and last place per spatial axis. */
  readonly box: readonly (readonly [first: number, last: number])[];
}

/**
 * For each channel of a layer the pictures with its strongest values, each picture once, by descending value, ties by the
 * pictures' order. The batches pass one by one, so there may be any number of them.
 * @param batches tensors [N, C, spatial...] of one shape, but for N
 * @returns a list per channel, in the order of `channels`
 * @throws RangeError for a layer or channel that there is not; TypeError for what is no tensor
 * @example
 * ```ts
 * const [first] = topActivations(net, [image], { layer: '0', channels: [0], top: 9 });
 * ```
 */
export function topActivations(
  net: NetSource,
  batches: Iterable<Tensor>,
  options: TopActivationsOptions,
): TopActivation[][] {
  const where = 'topActivations';
  checkOptions(where, options, ['layer', 'channels', 'top']);
  const top = integer(where, 'top', options?.top ?? 9, 1);
  if (typeof (batches as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function')
    throw wrongKind(where, 'batches', batches, 'a list or an iterable of tensors');
  let found: Strong[][] | null = null;
  let channels: readonly number[] = [];
  let index = 0;
  let shape: readonly number[] = [];
  for (const batch of batches) {
    shape = requireTensor(where, `batches[${index}]`, batch).shape;
    const layer = layerFor(where, net, batch, options.layer);
    if (found === null) {
      channels = channelsOf(where, options.channels, layer);
      found = channels.map(() => []);
    }
    for (let sample = 0; sample < (layer.shape[0] as number); sample++, index++)
      channels.forEach((channel, i) => {
        const at = strongest(layer, sample, channel);
        keep(found![i]!, { index, value: layer.data[at]!, place: at, shape: layer.shape }, top);
      });
  }
  if (found === null) return [];
  const one = [1, ...shape.slice(1)];
  return withNet(where, net, [one], (traced) => {
    const sight = new Sight(traced, layerOr(where, options.layer)(traced));
    return found.map((list) => list.map((strong) => described(strong, sight, one)));
  });
}

interface Strong {
  readonly index: number;
  readonly value: number;
  readonly place: number;
  readonly shape: readonly number[];
}

function layerFor(where: string, net: NetSource, x: Tensor, layer: string): Seen {
  return scope(() => {
    const program = programOf(where, net, [{ shape: x.shape, dtype: x.dtype }], (traced) => [
      layerOr(where, layer)(traced),
    ]);
    const [value] = program.run(x) as unknown as Tensor[];
    return { shape: [...value!.shape], data: value!.toTypedArray() };
  });
}

function channelsOf(where: string, channels: unknown, layer: Seen): readonly number[] {
  if (channels === undefined) {
    channelOf(where, 0, layer);
    return [...Array(layer.shape[1]).keys()];
  }
  const named = integers(where, 'channels', channels, 0);
  for (const channel of named) channelOf(where, channel, layer);
  return named;
}

/** Sorted by value, the earlier first of equals. */
function keep(list: Strong[], one: Strong, top: number): void {
  const last = list.at(-1);
  if (list.length === top && last !== undefined && !(one.value > last.value)) return;
  const at = list.findIndex(({ value }) => one.value > value);
  list.splice(at < 0 ? list.length : at, 0, one);
  if (list.length > top) list.pop();
}

function described(
  { index, value, place, shape }: Strong,
  sight: Sight,
  input: readonly number[],
): TopActivation {
  const spatial = shape.slice(2);
  const position = placesOf(place % countOf(spatial), spatial);
  const box = sight.exactBox(position.map((at, axis) => [axis + 2, at]));
  return {
    index,
    value,
    position,
    box: sight.axes.map(({ input: axis }) => {
      const [lo, hi] = box?.[axis] ?? [0, -1];
      return [Math.max(0, lo), Math.min(hi, input[axis]! - 1)];
    }),
  };
}
