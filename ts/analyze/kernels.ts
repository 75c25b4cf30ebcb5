/**
 * Kernels by name, [kh, kw], for `filter` and convolutions, which lay them on the picture as they are (cross-correlation): those
 * of derivatives are above 0 where the picture grows lighter to the right, or downwards.
 */
import { checkOptions, integer, oneOf, perAxis, real } from '../base/checks.ts';
import { wrongValue } from '../base/errors.ts';
import { tensor } from '../ops/create.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The options of `sobel`, `prewitt` and `scharr`. */
export interface DerivativeOptions {
  /** Along which axis the picture changes. Default 'x', to the right; 'y' is downwards. */
  readonly axis?: 'x' | 'y' | undefined;
}

/** The options of `laplace`. */
export interface LaplaceOptions {
  /** Whether all eight neighbours count, rather than four. Default false. */
  readonly diagonal?: boolean | undefined;
}

/** The options of `gaussian` and `laplacianOfGaussian`. */
export interface GaussianOptions {
  /** The standard deviation in elements. Default 1. */
  readonly sigma?: number | undefined;
  /** The side of the kernel, or [height, width]. Default: three standard deviations on each side of the middle. */
  readonly size?: number | readonly [number, number] | undefined;
}

/** The options of `gabor`. */
export interface GaborOptions extends GaussianOptions {
  /** The angle at which the waves run, in radians from the x axis towards y: 0 answers vertical stripes. Default 0. */
  readonly theta?: number | undefined;
  /** The length of a wave in elements. Default 4 sigma. */
  readonly wavelength?: number | undefined;
  /** Where the wave begins, in radians: 0 is even, pi / 2 odd. Default 0. */
  readonly phase?: number | undefined;
  /** How much longer the waves' window is along them than across. Default 1. */
  readonly aspect?: number | undefined;
}

/** A kernel whose element is a function of how far it lies right of the middle and below it. */
function kernelOf([height, width]: readonly number[], at: (x: number, y: number) => number): number[][] {
  return Array.from({ length: height as number }, (_, row) =>
    Array.from({ length: width as number }, (_, column) =>
      at(column - ((width as number) - 1) / 2, row - ((height as number) - 1) / 2),
    ),
  );
}

/** Each element by a number, and with another added. */
const mapped = (kernel: readonly number[][], by: (value: number) => number): number[][] =>
  kernel.map((row) => row.map(by));
const sumOf = (kernel: readonly number[][]): number => kernel.flat().reduce((sum, value) => sum + value, 0);

/** Smoothed across by these weights, the next less the last along the axis. */
function derivative(where: string, options: DerivativeOptions, weights: readonly number[]): Tensor {
  checkOptions(where, options, ['axis']);
  const { axis = 'x' } = options;
  oneOf(where, 'axis', axis, ['x', 'y']);
  const along = [-1, 0, 1];
  const [down, across] = axis === 'x' ? [weights, along] : [along, weights];
  return tensor(down.map((a) => across.map((b) => a * b || 0)));
}

/**
 * Sobel's derivative: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]] along x.
 * @throws RangeError for another axis
 * @example
 * ```ts
 * sobel({ axis: 'y' }); // its transpose: edges between above and below
 * ```
 */
export function sobel(options: DerivativeOptions = {}): Tensor {
  return derivative('sobel', options, [1, 2, 1]);
}

/** Prewitt's derivative: [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]] along x. @throws RangeError for another axis */
export function prewitt(options: DerivativeOptions = {}): Tensor {
  return derivative('prewitt', options, [1, 1, 1]);
}

/** Scharr's derivative: [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]] along x. @throws RangeError for another axis */
export function scharr(options: DerivativeOptions = {}): Tensor {
  return derivative('scharr', options, [3, 10, 3]);
}

/** The sum of second derivatives: neighbours less four times the element, with `diagonal` eight times. */
export function laplace(options: LaplaceOptions = {}): Tensor {
  checkOptions('laplace', options, ['diagonal']);
  const corner = options.diagonal === true ? 1 : 0;
  return tensor([
    [corner, 1, corner],
    [1, -4 - 4 * corner, 1],
    [corner, 1, corner],
  ]);
}

interface Window {
  readonly sigma: number;
  readonly size: readonly number[];
}

/** @throws RangeError for a deviation that is not above 0, and a side of nothing */
function windowOf(where: string, { sigma = 1, size }: GaussianOptions): Window {
  positive(where, 'sigma', sigma);
  const side = 2 * Math.ceil(3 * sigma) + 1;
  if (size === undefined) integer(where, 'size', side, 1, 1 << 14);
  return { sigma, size: perAxis(where, 'size', size ?? side, 2, 1) };
}

function positive(where: string, name: string, value: unknown): number {
  const number = real(where, name, value);
  if (number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw wrongValue(where, name, value, 'above 0 and finite');
}

/**
 * A Gaussian bell whose elements add up to 1: a blur.
 * @throws RangeError for a sigma that is not above 0, and a size that is not
 * @example
 * ```ts
 * gaussian({ sigma: 2 }); // [13, 13]
 * ```
 */
export function gaussian(options: GaussianOptions = {}): Tensor {
  checkOptions('gaussian', options, ['sigma', 'size']);
  const { sigma, size } = windowOf('gaussian', options);
  return tensor(bell(sigma, size));
}

function bell(sigma: number, size: readonly number[]): number[][] {
  const values = kernelOf(size, (x, y) => Math.exp(-(x * x + y * y) / (2 * sigma * sigma)));
  const sum = sumOf(values);
  return mapped(values, (value) => value / sum);
}

/**
 * The Laplacian of a Gaussian bell (Marr & Hildreth 1980), whose elements add up to 0: blobs and edges of the bell's size. Below 0
 * in the middle.
 * @throws as `gaussian`
 */
export function laplacianOfGaussian(options: GaussianOptions = {}): Tensor {
  const where = 'laplacianOfGaussian';
  checkOptions(where, options, ['sigma', 'size']);
  const { sigma, size } = windowOf(where, options);
  const weights = bell(sigma, size);
  const variance = sigma * sigma;
  const values = kernelOf(size, (x, y) => (x * x + y * y - 2 * variance) / (variance * variance));
  const product = values.map((row, y) => row.map((value, x) => value * (weights[y]![x] as number)));
  const mean = sumOf(product);
  // What the window cuts off is taken where the bell is high.
  return tensor(product.map((row, y) => row.map((value, x) => value - mean * (weights[y]![x] as number))));
}

/** A mean: every element is 1 / (height * width). @throws RangeError for a side below 1 */
export function boxBlur(size: number | readonly [number, number] = 3): Tensor {
  const sides = perAxis('boxBlur', 'size', size, 2, 1);
  return tensor(kernelOf(sides, () => 1 / ((sides[0] as number) * (sides[1] as number))));
}

/** The element, and once more what it has over its four neighbours: [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]. */
export function sharpen(): Tensor {
  return tensor([
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ]);
}

/** Light from the upper left: [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]. */
export function emboss(): Tensor {
  return tensor([
    [-2, -1, 0],
    [-1, 1, 1],
    [0, 1, 2],
  ]);
}

/**
 * A wave under a Gaussian bell (Gabor 1946, Daugman 1985): stripes of an angle and a width.
 * exp(-(u^2 + (v / aspect)^2) / (2 sigma^2)) cos(2 pi u / wavelength + phase), u along the waves' way, v along their crests.
 * @throws as `gaussian`
 */
export function gabor(options: GaborOptions = {}): Tensor {
  const where = 'gabor';
  checkOptions(where, options, ['sigma', 'size', 'theta', 'wavelength', 'phase', 'aspect']);
  const { sigma, size } = windowOf(where, options);
  const { theta = 0, wavelength = 4 * sigma, phase = 0, aspect = 1 } = options;
  const [cos, sin] = [Math.cos(real(where, 'theta', theta)), Math.sin(theta)];
  real(where, 'phase', phase);
  positive(where, 'wavelength', wavelength);
  positive(where, 'aspect', aspect);
  return tensor(
    kernelOf(size, (x, y) => {
      const [u, v] = [x * cos + y * sin, (y * cos - x * sin) / aspect];
      return (
        Math.exp(-(u * u + v * v) / (2 * sigma * sigma)) * Math.cos((2 * Math.PI * u) / wavelength + phase)
      );
    }),
  );
}
