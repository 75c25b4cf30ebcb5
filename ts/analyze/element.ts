/** Which elements of a layer are meant: a channel and a place of it, or the score of a class. */
import { integer, integers } from '../base/checks.ts';
import { counted, shapeText, wrongValue } from '../base/errors.ts';
import { countOf } from '../instructions/emit.ts';
import type { Seen } from './view.ts';

/** An element of a layer. */
export interface ElementOptions {
  /** The channel (axis 1). Default: all of them. */
  channel?: number | undefined;
  /** A place per spatial axis: `[row, column]`. Default: the middle one. */
  position?: readonly number[] | undefined;
}

const planeOf = ({ shape }: Seen): number => countOf(shape.slice(2));

/** The place along each axis of an element of so many places. */
export function placesOf(index: number, sizes: readonly number[]): number[] {
  let rest = index;
  return sizes.reduceRight((places: number[], size) => {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
    return places;
  }, []);
}

/** @throws RangeError for a layer without channels and a channel that it does not have */
export function channelOf(where: string, channel: unknown, { shape }: Seen): number {
  const channels = shape[1];
  if (channels === undefined)
    throw new RangeError(`${where}: the layer gives ${shapeText(shape)}, must have channels: [N, C, ...]`);
  return integer(where, 'channel', channel, 0, channels - 1);
}

/** The place in a plane. @throws RangeError for a place outside */
export function placeOf(where: string, position: unknown, { shape }: Seen): number {
  const spatial = shape.slice(2);
  const places =
    position === undefined ? spatial.map((size) => size >> 1) : integers(where, 'position', position, 0);
  if (places.length !== spatial.length)
    throw wrongValue(
      where,
      'position',
      position,
      `${counted(spatial.length, 'place')}, one per spatial axis of ${shapeText(shape)}`,
    );
  return places.reduce((at, place, axis) => {
    if (place >= spatial[axis]!)
      throw wrongValue(
        where,
        `position[${axis}]`,
        place,
        `at most ${spatial[axis]! - 1}: the layer gives ${shapeText(shape)}`,
      );
    return at * spatial[axis]! + place;
  }, 0);
}

/** 1 at the element, in each sample; in all channels where none is named. */
export function oneAt(where: string, layer: Seen, { channel, position }: ElementOptions): Float32Array {
  const [samples = 0, channels = 1] = layer.shape;
  const [plane, place] = [planeOf(layer), placeOf(where, position, layer)];
  const only = channel === undefined ? null : channelOf(where, channel, layer);
  const seed = new Float32Array(layer.data.length);
  for (let n = 0; n < samples; n++)
    for (let c = 0; c < channels; c++)
      if (only === null || c === only) seed[(n * channels + c) * plane + place] = 1;
  return seed;
}

/** The index of the strongest value of a channel of a sample, the first of equals. */
export function strongest(layer: Seen, sample: number, channel: number): number {
  const plane = planeOf(layer);
  const from = (sample * (layer.shape[1] as number) + channel) * plane;
  let best = from;
  for (let i = from + 1; i < from + plane; i++) if (layer.data[i]! > layer.data[best]!) best = i;
  return best;
}

/** 1 at a class in each row of scores. @throws RangeError for a class that there is not */
export function scoreOf(where: string, target: unknown, { shape, data }: Seen): Float32Array {
  const classes = shape.at(-1) ?? 1;
  integer(where, 'target', target, 0, classes - 1);
  return data.map((_, i) => (i % classes === target ? 1 : 0));
}
