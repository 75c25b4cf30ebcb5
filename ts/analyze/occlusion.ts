/**
 * occlusion(net, x, { target, size, stride }): which parts of a picture a score needs; occlusionAsync: the same, that other tasks can
 * run beside, with news of how far it is, and an end on demand.
 * @category Analysis
 */
import { checkOptions, fill, integer, oneOf, perAxis } from '../base/checks.ts';
import { shapeText, wrongKind } from '../base/errors.ts';
import { Pauses } from '../base/pause.ts';
import type { WebSignal } from '../base/platform.ts';
import { collecting } from '../engine/memory.ts';
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
  /**
   * What it is covered with: a number; 'mean': each channel's mean over the picture; 'blur': the picture itself, each element the mean
   * of the patch around it, which takes what is drawn away but makes no new edges. Default 0.
   */
  value?: number | 'mean' | 'blur' | undefined;
  /** Covered pictures that go in together. Default 16. */
  batch?: number | undefined;
}

/** The options of `occlusionAsync`. */
export interface OcclusionAsyncOptions extends OcclusionOptions {
  /** Called after each batch: how many covered pictures have been in, and how many there are. */
  onProgress?: ((done: number, total: number) => unknown) | undefined;
  /** An AbortSignal: the run ends behind the batch that is being computed, and rejects with the signal's reason. */
  signal?: WebSignal | undefined;
}

const NAMES = ['target', 'size', 'stride', 'value', 'batch'];

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
  checkOptions(where, options, NAMES);
  const run = coveredRun(where, net, x, options);
  try {
    while (run.next()) {}
    return run.result();
  } finally {
    run.end();
  }
}

/**
 * As `occlusion`, for large nets: between batches other tasks run, `onProgress` is told how far it is, and `signal` ends it.
 * @returns a promise of what `occlusion` gives
 * @throws (rejects with) the signal's reason where it ended the run; what `occlusion` throws
 * @example
 * ```ts
 * const needed = await occlusionAsync(net, image, { target: 3, size: 32, stride: 8, onProgress: (done, total) => done / total });
 * ```
 */
export async function occlusionAsync(
  net: NetSource,
  x: Tensor,
  options: OcclusionAsyncOptions,
): Promise<Tensor> {
  const where = 'occlusionAsync';
  checkOptions(where, options, [...NAMES, 'onProgress', 'signal']);
  const { onProgress, signal } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw wrongKind(where, 'onProgress', onProgress, 'a function');
  if (signal !== undefined && typeof signal?.aborted !== 'boolean')
    throw wrongKind(where, 'signal', signal, 'an AbortSignal');
  const stop = () => {
    if (signal?.aborted) throw signal.reason ?? new Error(`${where}: the signal ended it`);
  };
  stop();
  const run = coveredRun(where, net, x, options);
  const pauses = new Pauses();
  try {
    while (run.next()) {
      onProgress?.(run.done, run.total);
      await pauses.maybe();
      stop();
    }
    return run.result();
  } finally {
    pauses.end();
    run.end();
  }
}

/** Covered pictures, batch by batch. */
interface CoveredRun {
  readonly total: number;
  readonly done: number;
  /** The next batch; false where there is none. */
  next(): boolean;
  result(): Tensor;
  /** Gives its memory back. */
  end(): void;
}

function coveredRun(where: string, net: NetSource, x: Tensor, options: OcclusionOptions): CoveredRun {
  const { shape } = requireTensor(where, 'x', x);
  const [samples, , ...spatial] = shape;
  if (samples !== 1 || spatial.length === 0)
    throw new RangeError(
      `${where}: x has shape ${shapeText(shape)}, must be one picture: [1, C, spatial...]`,
    );
  const size = perAxis(where, 'size', options?.size, spatial.length, 1);
  const stride = perAxis(where, 'stride', options.stride ?? options.size, spatial.length, 1);
  const most = integer(where, 'batch', options.batch ?? 16, 1);
  const starts = spatial.map((length, axis) => {
    integer(where, 'size', size[axis], 1, length);
    const count = Math.ceil((length - size[axis]!) / stride[axis]!) + 1;
    return Array.from({ length: count }, (_, i) => Math.min(i * stride[axis]!, length - size[axis]!));
  });
  const places = starts.map((all) => all.length);
  const total = countOf(places);
  // The first is the picture as it is.
  const batch = Math.min(most, total + 1);
  const picture = x.toTypedArray();
  const cover = coverOf(where, options.value ?? 0, picture, spatial, size);
  const { result: covered, made } = collecting(() => {
    const inputs = [{ shape: [batch, ...shape.slice(1)], dtype: 'float32' as const }];
    const program = programOf(where, net, inputs, (found) => found.results.slice(0, 1));
    return { program, given: zeros([batch, ...shape.slice(1)]) };
  });
  const scores = new Float32Array(total + 1);
  let from = 0;
  return {
    total,
    get done() {
      return Math.max(0, from - 1);
    },
    next() {
      if (from > total) return false;
      const { program, given } = covered;
      const count = Math.min(batch, total + 1 - from);
      for (let i = 0; i < count; i++) {
        const own = given.data.subarray(i * picture.length, (i + 1) * picture.length);
        own.set(picture);
        if (from + i > 0) cover(own, corner(from + i - 1, starts));
      }
      const { result, made: results } = collecting(() => (program.run(given) as unknown as Tensor[])[0]!);
      const classes = result.shape.at(-1) as number;
      const row = result.size / batch;
      try {
        integer(where, 'target', options.target, 0, classes - 1);
        for (let i = 0; i < count; i++) scores[from + i] = result.data[i * row + options.target] as number;
      } finally {
        for (const one of results) one.dispose();
      }
      from += count;
      return true;
    },
    result: () =>
      tensor(
        scores.subarray(1).map((score) => scores[0]! - score),
        [1, 1, ...places],
      ),
    end() {
      for (const one of made) one.dispose();
    },
  };
}

/** Where a patch begins, along each axis. */
function corner(index: number, starts: readonly (readonly number[])[]): number[] {
  const sizes = starts.map((axis) => axis.length);
  return placesOf(index, sizes).map((place, axis) => starts[axis]![place]!);
}

/** What covers a patch from `from` on in every channel. */
function coverOf(
  where: string,
  value: unknown,
  picture: Float32Array,
  spatial: readonly number[],
  size: readonly number[],
): (values: Float32Array, from: readonly number[]) => void {
  if (typeof value === 'string') oneOf(where, 'value', value, ['mean', 'blur']);
  else fill(where, 'value', value);
  const plane = countOf(spatial);
  const width = size.at(-1) as number;
  const rows = countOf(size.slice(0, -1));
  const paint = paintOf(value as number | 'mean' | 'blur', picture, { plane, spatial, size });
  return (values, from) => {
    for (let row = 0; row < rows; row++) {
      const places = placesOf(row, size.slice(0, -1)).map((place, axis) => from[axis]! + place);
      const at = [...places, from.at(-1)!].reduce((sum, place, axis) => sum * spatial[axis]! + place, 0);
      for (let start = at; start < values.length; start += plane)
        values.set(paint.subarray(start, start + width), start);
    }
  };
}

interface Planes {
  readonly plane: number;
  readonly spatial: readonly number[];
  readonly size: readonly number[];
}

/** A picture of what covers the picture. */
function paintOf(
  value: number | 'mean' | 'blur',
  picture: Float32Array,
  { plane, spatial, size }: Planes,
): Float32Array {
  if (typeof value === 'number') return new Float32Array(picture.length).fill(value);
  if (value === 'blur')
    return spatial.reduce((blurred, _, axis) => means(blurred, spatial, axis, size[axis] as number), picture);
  const paint = new Float32Array(picture.length);
  for (let start = 0; start < picture.length; start += plane) {
    const sum = picture.subarray(start, start + plane).reduce((total, one) => total + one, 0);
    paint.fill(sum / plane, start, start + plane);
  }
  return paint;
}

/** Along an axis the mean of as many elements around each as a patch has, of those that there are at the borders. */
function means(values: Float32Array, spatial: readonly number[], axis: number, size: number): Float32Array {
  const length = spatial[axis] as number;
  const step = countOf(spatial.slice(axis + 1));
  const out = new Float32Array(values.length);
  const before = (size - 1) >> 1;
  for (let start = 0; start < values.length; start++) {
    const place = Math.floor(start / step) % length;
    const [first, last] = [Math.max(0, place - before), Math.min(length - 1, place - before + size - 1)];
    let sum = 0;
    for (let i = first; i <= last; i++) sum += values[start + (i - place) * step] as number;
    out[start] = sum / (last - first + 1);
  }
  return out;
}
