/**
 * receptiveField(net, { inputs, layer, position }): how far an element of a layer sees in the input.
 * @category Analysis
 */
import { checkOptions, integers } from '../base/checks.ts';
import { counted, wrongValue } from '../base/errors.ts';
import type { Interval } from './box.ts';
import { type ReceptiveField, Sight } from './field.ts';
import { type InputsOption, type NetSource, withNet } from './net.ts';

/** The options of `receptiveField`. */
export interface ReceptiveFieldOptions extends InputsOption {
  /** The layer, by its module's path (`features.3`) or its name in `analyze`. Default: what the net gives. */
  layer?: string | undefined;
  /** The element of the layer, a place per spatial axis: `[row, column]`. Default: the middle one. */
  position?: readonly number[] | undefined;
}

/** What `receptiveField` gives: size, stride and start of the layer, and the box of one element. */
export interface ElementField extends ReceptiveField {
  /** First and last place that the element sees, per spatial axis of the input; not cut at its borders. */
  readonly box: readonly (readonly [first: number, last: number])[];
}

/**
 * How far an element of a layer sees: exact for any element of any layer, through branches, residuals, dilation, strides,
 * transposed convolutions, interpolation and pooling. Of branches it is the box around all; a layer that mixes the whole
 * picture (global pooling, group norm) sees all of it.
 * @returns size, stride and start of the layer, per spatial axis of the first input that it depends on, and the box of the
 * element, in input places, also beyond the borders
 * @throws RangeError for a layer that there is not, with the nearest names, and for a position outside; TypeError for what is
 * no net
 * @example
 * ```ts
 * const { size, stride, start, box } = receptiveField(net, { inputs: [[1, 3, 224, 224]], layer: '0', position: [0, 0] });
 * ```
 */
export function receptiveField(net: NetSource, options: ReceptiveFieldOptions): ElementField {
  const where = 'receptiveField';
  checkOptions(where, options, ['inputs', 'layer', 'position']);
  return withNet(where, net, options?.inputs, (found) => {
    const value = options.layer === undefined ? found.results[0]! : found.valueOf(where, options.layer);
    const sight = new Sight(found, value);
    const axes = [...new Set(sight.axes.flatMap(({ layer }) => (layer === null ? [] : [layer])))].sort(
      (a, b) => a - b,
    );
    const sizes = axes.map((axis) => value.shape[axis] as number);
    const position =
      options.position === undefined
        ? sizes.map((size) => size >> 1)
        : integers(where, 'position', options.position, 0);
    if (position.length !== sizes.length)
      throw wrongValue(
        where,
        'position',
        position,
        `${counted(sizes.length, 'place')}, one per axis of ${sizes.join(' x ')}`,
      );
    position.forEach((place, i) => {
      if (place >= sizes[i]!)
        throw wrongValue(
          where,
          `position[${i}]`,
          place,
          `at most ${sizes[i]! - 1}: the layer is ${sizes.join(' x ')}`,
        );
    });
    const box = sight.exactBox(axes.map((axis, i) => [axis, position[i] as number]));
    // An element of a transposed convolution may see nothing.
    const none: Interval = [0, -1];
    return { ...sight.field(), box: sight.axes.map(({ input }) => box?.[input] ?? none) };
  });
}
