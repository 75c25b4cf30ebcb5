/**
 * Augmentations: changed copies of a batch of images, each image by numbers of its own. They are for batches with values (a
 * loader's transform), not for traced functions, but for normalize, which is made of operators.
 */
import { checkOptions, perAxis, real } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { counted, shapeText, wrongKind } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { currentTrace } from '../graph/trace.ts';
import { div, sub } from '../ops/arithmetic.ts';
import { gridSample } from '../ops/gridSample.ts';
import { uniform } from '../ops/random.ts';
import { emptyTensor, readable, requireTensor, type Tensor } from '../tensor/tensor.ts';
import { within } from './schedules.ts';

/** The option of what draws random numbers. */
export interface SeedOption {
  /** The same seed gives the same changes. Default: the generator that manualSeed seeds. */
  seed?: number | undefined;
}

/** The options of randomHorizontalFlip. */
export interface RandomFlipOptions extends SeedOption {
  /** How probable the flip of an image is, 0 to 1. Default 0.5. */
  p?: number | undefined;
}

/** The options of randomCrop. */
export interface RandomCropOptions extends SeedOption {
  /** Zeros around the image before it is cut: a number, or one for each spatial axis. Default 0. */
  padding?: number | readonly number[] | undefined;
}

/** The options of randomAffine. */
export interface RandomAffineOptions extends SeedOption {
  /** The range of rotations: from, to, in degrees; a number d is [-d, d]. Default 0. */
  degrees?: number | readonly [number, number] | undefined;
  /** The furthest shifts, as shares of width and height, 0 to 1 each. Default [0, 0]. */
  translate?: readonly [x: number, y: number] | undefined;
  /** The range of sizes: from, to, where 1 is as it is. Default [1, 1]. */
  scale?: readonly [number, number] | undefined;
}

/** A batch with values and `axes` spatial axes at least. */
function requireBatch(where: string, x: unknown, axes: number, form: string): void {
  const { shape } = requireTensor(where, 'x', x);
  readable(where, 'x', x as Tensor<DType>);
  if (shape.length < 2 + axes) {
    throw new RangeError(`${where}: x has shape ${shapeText(shape)}, must be ${form}`);
  }
}

/** Uniform numbers in [0, 1), `each` for every one of `count` images. */
function draws(where: string, count: number, each: number, seed: number | undefined): Float32Array {
  return scope(() => uniform(where, [count * each], 0, 1, seed).toTypedArray());
}

/**
 * A copy in which some of the images are flipped, left to right.
 * @param x [N, C, ..., W] of any dtype
 * @returns as x
 * @throws RangeError for another shape, and p outside 0 to 1; TypeError for wrong kinds
 * @example
 * ```ts
 * const flipped = randomHorizontalFlip(rand([8, 3, 32, 32]), { seed: 1 });
 * ```
 */
export function randomHorizontalFlip<D extends DType>(
  x: Tensor<D>,
  options: RandomFlipOptions = {},
): Tensor<D> {
  const where = 'randomHorizontalFlip';
  checkOptions(where, options, ['p', 'seed']);
  const p = within(where, 'p', options.p ?? 0.5, 0, 1);
  requireBatch(where, x, 1, '[N, C, ..., W]');
  const count = x.shape[0] as number;
  const width = x.shape.at(-1) as number;
  const drawn = draws(where, count, 1, options.seed);
  const flipped = emptyTensor(where, x.shape, x.dtype);
  const { data } = flipped;
  data.set(x.data);
  const size = x.size / Math.max(1, count);
  for (let n = 0; n < count; n++) {
    if ((drawn[n] as number) >= p) continue;
    for (let at = n * size; at < (n + 1) * size; at += width) data.subarray(at, at + width).reverse();
  }
  return flipped;
}

/**
 * A window of each image, at a place of its own, with zeros where it lies in the padding.
 * @param x [N, C, H, W] of any dtype, or [N, C, W], [N, C, D, H, W]
 * @param size of the window: a number, or one for each spatial axis
 * @returns [N, C, ...size]
 * @throws RangeError for another shape, and a size above the padded image's; TypeError for wrong kinds
 * @example
 * ```ts
 * const shifted = randomCrop(rand([8, 3, 32, 32]), 32, { padding: 4, seed: 1 });
 * ```
 */
export function randomCrop<D extends DType>(
  x: Tensor<D>,
  size: number | readonly number[],
  options: RandomCropOptions = {},
): Tensor<D> {
  const where = 'randomCrop';
  checkOptions(where, options, ['padding', 'seed']);
  requireBatch(where, x, 1, '[N, C, ...] with one to three spatial axes');
  const [count, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const rank = spatial.length;
  const sizes = perAxis(where, 'size', size, rank, 1);
  const padding = perAxis(where, 'padding', options.padding ?? 0, rank, 0);
  const room = spatial.map(
    (length, axis) => length + 2 * (padding[axis] as number) - (sizes[axis] as number),
  );
  const tight = room.findIndex((one) => one < 0);
  if (tight >= 0) {
    throw new RangeError(
      `${where}: size[${tight}] is ${sizes[tight]}, must be at most ${(sizes[tight] as number) + (room[tight] as number)}, the padded image's`,
    );
  }
  const drawn = draws(where, count, rank, options.seed);
  const crop = emptyTensor(where, [count, channels, ...sizes], x.dtype);
  crop.data.fill(0);
  for (let n = 0; n < count; n++) {
    const offsets = room.map(
      (one, axis) => Math.floor((drawn[n * rank + axis] as number) * (one + 1)) - (padding[axis] as number),
    );
    for (let c = 0; c < channels; c++) copyWindow(x, crop, n * channels + c, offsets);
  }
  return crop;
}

/** Copies, row by row, what of a plane lies in the window at `offsets`, which may be negative. */
function copyWindow<D extends DType>(
  x: Tensor<D>,
  crop: Tensor<D>,
  plane: number,
  offsets: readonly number[],
): void {
  const [from, to] = [x.shape.slice(2), crop.shape.slice(2)];
  const [source, target] = [x.data, crop.data];
  const last = to.length - 1;
  const [width, wide, shift] = [from[last], to[last], offsets[last]] as [number, number, number];
  const begin = Math.max(0, -shift);
  const end = Math.min(wide, width - shift);
  const rows = to.slice(0, last).reduce((a, b) => a * b, 1);
  for (let row = 0; row < rows && begin < end; row++) {
    let [rest, at, scale] = [row, 0, 1];
    let isInside = true;
    for (let axis = last - 1; axis >= 0; axis--) {
      const length = from[axis] as number;
      const place = (rest % (to[axis] as number)) + (offsets[axis] as number);
      rest = Math.floor(rest / (to[axis] as number));
      isInside &&= place >= 0 && place < length;
      at += place * scale;
      scale *= length;
    }
    if (!isInside) continue;
    const read = (plane * scale + at) * width + shift;
    target.set(source.subarray(read + begin, read + end), (plane * rows + row) * wide + begin);
  }
}

/**
 * Each image rotated, shifted and scaled about its middle by numbers of its own, sampled between pixels (gridSample), with zeros
 * outside.
 * @param x [N, C, H, W] of float32
 * @returns as x
 * @throws RangeError for another shape and options out of range; TypeError for wrong kinds
 * @example
 * ```ts
 * const turned = randomAffine(rand([8, 1, 28, 28]), { degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1] });
 * ```
 */
export function randomAffine(x: Tensor, options: RandomAffineOptions = {}): Tensor {
  const where = 'randomAffine';
  checkOptions(where, options, ['degrees', 'translate', 'scale', 'seed']);
  const { degrees = 0, translate = [0, 0], scale = [1, 1], seed } = options;
  requireBatch(where, x, 2, '[N, C, H, W]');
  if (x.dtype !== 'float32') throw new TypeError(`${where}: x is ${x.dtype}, must be float32`);
  if (x.shape.length !== 4) {
    throw new RangeError(`${where}: x has shape ${shapeText(x.shape)}, must be [N, C, H, W]`);
  }
  const d = typeof degrees === 'number' ? real(where, 'degrees', degrees) : 0;
  const turn = typeof degrees === 'number' ? [-d, d] : range(where, 'degrees', degrees, -Infinity);
  const shift = range(where, 'translate', translate, 0, 1);
  const size = range(where, 'scale', scale, Number.MIN_VALUE);
  const [count, , height, width] = x.shape as [number, number, number, number];
  const drawn = draws(where, count, 4, seed);
  return scope(() => {
    const grid = emptyTensor(where, [count, height, width, 2], 'float32');
    const { data } = grid;
    for (let n = 0; n < count; n++) {
      const [a, b, c, e] = drawn.subarray(4 * n, 4 * n + 4) as unknown as [number, number, number, number];
      const angle = (between(turn, a) * Math.PI) / 180;
      const zoom = between(size, b);
      const [dx, dy] = [(2 * c - 1) * shift[0] * width, (2 * e - 1) * shift[1] * height];
      // Where a pixel comes from: shifted back, turned back, scaled back, in pixels from the middle.
      const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom];
      for (let i = 0, at = 2 * n * height * width; i < height; i++) {
        const y = i + 0.5 - height / 2 - dy;
        for (let j = 0; j < width; j++, at += 2) {
          const u = j + 0.5 - width / 2 - dx;
          data[at] = (2 * (u * cos + y * sin)) / width;
          data[at + 1] = (2 * (y * cos - u * sin)) / height;
        }
      }
    }
    return gridSample(x, grid);
  });
}

const between = ([low, high]: readonly [number, number] | readonly number[], share: number): number =>
  (low as number) + share * ((high as number) - (low as number));

/** A pair of numbers. @throws TypeError, RangeError that say what it is instead */
function range(where: string, name: string, value: unknown, low: number, high?: number): [number, number] {
  if (!Array.isArray(value) || value.length !== 2) {
    throw wrongKind(where, name, value, 'an array of two numbers');
  }
  return value.map((one, i) => within(where, `${name}[${i}]`, one, low, high)) as [number, number];
}

/**
 * (x - mean) / std, channel by channel, as float32. Made of operators, so a traced function may call it.
 * @param x [N, C, ...] of any dtype
 * @param mean a number, or one for each channel, in x's own scale: of bytes from 0 to 255
 * @param std as mean
 * @throws RangeError for another count of channels, and a std of 0; TypeError for wrong kinds
 * @example
 * ```ts
 * const images = tensor(new Uint8Array(3 * 4), [1, 3, 2, 2]);
 * const x = normalize(images, [123.7, 116.3, 103.5], [58.4, 57.1, 57.4]);
 * ```
 */
export function normalize(
  x: Tensor<DType>,
  mean: number | readonly number[],
  std: number | readonly number[],
): Tensor {
  const where = 'normalize';
  const { shape } = requireTensor(where, 'x', x);
  if (shape.length < 2) {
    throw new RangeError(`${where}: x has shape ${shapeText(shape)}, must be [N, C, ...]`);
  }
  const means = perChannel(where, 'mean', mean, shape);
  const stds = perChannel(where, 'std', std, shape);
  const zero = stds.indexOf(0);
  if (zero >= 0) throw new RangeError(`${where}: std[${zero}] is 0, must be another number`);
  const body = () => {
    const reals = x.dtype === 'float32' ? (x as Tensor<DType> as Tensor) : x.cast('float32');
    const [m, s] = [means, stds].map((values) => {
      const made = emptyTensor(where, [1, values.length, ...shape.slice(2).fill(1)], 'float32');
      made.data.set(values);
      return made;
    }) as [Tensor, Tensor];
    return div(sub(reals, m), s);
  };
  // What is recorded reads its constants when it runs.
  return currentTrace() === null ? scope(body) : body();
}

function perChannel(where: string, name: string, value: unknown, shape: readonly number[]): number[] {
  const channels = shape[1] as number;
  if (!Array.isArray(value)) return new Array(channels).fill(real(where, name, value));
  if (value.length !== channels) {
    throw new RangeError(
      `${where}: ${name} has ${counted(value.length, 'entry', 'entries')}, must have ${channels}, as x has channels`,
    );
  }
  return value.map((one, i) => real(where, `${name}[${i}]`, one));
}
