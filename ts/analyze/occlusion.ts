/**
 * occlusion(net, x, { target, size, stride }): which parts of a picture a score needs.
 * @category Analysis
 */
import { checkOptions, fill, integer, perAxis } from '../base/checks.ts';
import { shapeText } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { countOf } from '../instructions/emit.ts';
import { tensor, zeros } from '../ops/create.ts';
import type { Size } from '../ops/options.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { placesOf } from './element.ts';
import type { NetSource } from './net.ts';
import type { TargetOptions } from './saliency.ts';
import { programOf } from './view.ts';

/** The options of `occlusion`. */
export interface OcclusionOptions extends TargetOptions {
  /** The covered patch: one number, or one per spatial axis. */
  size: Size;
  /** How far it moves. Default: its size. */
  stride?: Size | undefined;
  /** What it is covered with. Default 0. */
  value?: number | undefined;
}

/** Covered pictures that go in together. */
const BATCH = 16;

/**
 * How much a score falls when a patch of the picture is covered, for each place of the patch (Zeiler & Fergus, 2013): positive where the
 * score needs what lies there. The last patch of an axis is moved back so that it ends at the border.
 * @param x [1, C, spatial...] of float32
 * @returns [1, 1, places...]: a tensor of the caller's
 * @throws RangeError for more pictures than one, a patch larger than the picture, a score that there is not
 * @example
 * ```ts
 * const needed = occlusion(net, image, { target: 3, size: 32, stride: 8 }); // 25 x 25 for 224 x 224
 * ```
 */
export function occlusion(net: NetSource, x: Tensor, options: OcclusionOptions): Tensor {
  const where = 'occlusion';
  const { shape } = requireTensor(where, 'x', x);
  checkOptions(where, options, ['target', 'size', 'stride', 'value']);
  const [samples, , ...spatial] = shape;
  if (samples !== 1 || spatial.length === 0)
    throw new RangeError(
      `${where}: x has shape ${shapeText(shape)}, must be one picture: [1, C, spatial...]`,
    );
  const size = perAxis(where, 'size', options?.size, spatial.length, 1);
  const stride = perAxis(where, 'stride', options.stride ?? options.size, spatial.length, 1);
  const value = fill(where, 'value', options.value ?? 0);
  const starts = spatial.map((length, axis) => {
    integer(where, 'size', size[axis], 1, length);
    const count = Math.ceil((length - size[axis]!) / stride[axis]!) + 1;
    return Array.from({ length: count }, (_, i) => Math.min(i * stride[axis]!, length - size[axis]!));
  });
  const places = starts.map((all) => all.length);
  const total = countOf(places);
  const batch = Math.min(BATCH, total + 1);
  return scope(() => {
    const inputs = [{ shape: [batch, ...shape.slice(1)], dtype: 'float32' as const }];
    const program = programOf(where, net, inputs, (found) => found.results.slice(0, 1));
    const given = zeros([batch, ...shape.slice(1)]);
    const picture = x.toTypedArray();
    const scores: number[] = [];
    // The first is the picture as it is.
    for (let from = 0; from <= total; from += batch) {
      for (let i = 0; i < batch; i++) {
        const covered = given.data.subarray(i * picture.length, (i + 1) * picture.length);
        covered.set(picture);
        if (from + i > 0 && from + i <= total)
          cover(covered, spatial, corner(from + i - 1, starts), size, value);
      }
      const result = (program.run(given) as unknown as Tensor[])[0]!;
      const classes = result.shape.at(-1) as number;
      integer(where, 'target', options.target, 0, classes - 1);
      const row = result.size / batch;
      for (let i = 0; i < batch; i++) scores.push(result.data[i * row + options.target] as number);
      result.dispose();
    }
    const falls = Float32Array.from({ length: total }, (_, i) => scores[0]! - scores[i + 1]!);
    return tensor(falls, [1, 1, ...places]);
  });
}

/** Where a patch begins, along each axis. */
function corner(index: number, starts: readonly (readonly number[])[]): number[] {
  const sizes = starts.map((axis) => axis.length);
  return placesOf(index, sizes).map((place, axis) => starts[axis]![place]!);
}

/** Covers a patch in every channel. */
function cover(
  values: Float32Array,
  spatial: readonly number[],
  from: readonly number[],
  size: readonly number[],
  value: number,
): void {
  const plane = countOf(spatial);
  const width = size.at(-1) as number;
  const rows = countOf(size.slice(0, -1));
  for (let row = 0; row < rows; row++) {
    const places = placesOf(row, size.slice(0, -1)).map((place, axis) => from[axis]! + place);
    const at = [...places, from.at(-1)!].reduce((sum, place, axis) => sum * spatial[axis]! + place, 0);
    for (let start = at; start < values.length; start += plane) values.fill(value, start, start + width);
  }
}
