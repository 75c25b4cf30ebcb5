/** A picture through a kernel, by striate's filter: the result as a picture, and how long it took. */
import { factorizeKernel, scope, type Tensor, tensor } from 'striate';
import * as named from 'striate/analyze';
import { fromImage } from 'striate/image';
import { asPicture, type Picture } from './digits.ts';

export type KernelName =
  | 'sobel x'
  | 'sobel y'
  | 'prewitt x'
  | 'prewitt y'
  | 'scharr x'
  | 'scharr y'
  | 'laplace'
  | 'laplace, diagonal'
  | 'laplacianOfGaussian'
  | 'gaussian'
  | 'boxBlur'
  | 'sharpen'
  | 'emboss'
  | 'gabor';

const KERNELS: Readonly<Record<KernelName, () => Tensor>> = {
  'sobel x': () => named.sobel(),
  'sobel y': () => named.sobel({ axis: 'y' }),
  'prewitt x': () => named.prewitt(),
  'prewitt y': () => named.prewitt({ axis: 'y' }),
  'scharr x': () => named.scharr(),
  'scharr y': () => named.scharr({ axis: 'y' }),
  laplace: () => named.laplace(),
  'laplace, diagonal': () => named.laplace({ diagonal: true }),
  laplacianOfGaussian: () => named.laplacianOfGaussian({ sigma: 1.4, size: 9 }),
  gaussian: () => named.gaussian({ sigma: 1.5 }),
  boxBlur: () => named.boxBlur(5),
  sharpen: () => named.sharpen(),
  emboss: () => named.emboss(),
  gabor: () => named.gabor({ sigma: 2, size: 11, theta: Math.PI / 4 }),
};

export interface Kernel {
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
}

export function kernelOf(name: KernelName): Kernel {
  return scope(() => {
    const kernel = KERNELS[name]();
    const [rows = 0, columns = 0] = kernel.shape;
    return { rows, columns, values: [...kernel.data] };
  });
}

export interface Filtered {
  readonly picture: Picture;
  readonly milliseconds: number;
  readonly least: number;
  readonly greatest: number;
  /** The kernel is a column times a row. */
  readonly isProduct: boolean;
}

export interface Showing {
  /** signed: 0 is grey (one channel: blue, white, red); picture: clamped to 0 and 255. */
  readonly as: 'signed' | 'picture';
  readonly isGrey: boolean;
  readonly mode: 'zeros' | 'reflect' | 'replicate' | 'circular';
  readonly scale: number;
  readonly offset: number;
}

/** @throws RangeError for a kernel that does not fit the picture */
export function filtered(
  given: { data: Uint8ClampedArray; width: number; height: number },
  { rows, columns, values }: Kernel,
  { as, isGrey, mode, scale, offset }: Showing,
): Filtered {
  return scope(() => {
    const { width, height } = given;
    const x = fromImage(given, { channels: isGrey ? 1 : 3, scale: 1 }) as Tensor;
    const kernel = tensor([...values], [rows, columns]);
    const started = performance.now();
    const y = named.filter(x, kernel, { paddingMode: mode });
    const milliseconds = performance.now() - started;
    const { data } = y;
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of data) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    const isProduct = factorizeKernel(kernel).relativeError < 1e-6;
    const picture = asPicture(
      as === 'signed' && isGrey
        ? named.pictureGrid(y, { colormap: 'coolwarm', columns: 1, gap: 0 })
        : {
            data: bytesOf(
              data,
              width * height,
              isGrey ? 1 : 3,
              as === 'signed' ? Math.max(-least, greatest, 1e-9) : 0,
              scale,
              offset,
            ),
            width,
            height,
          },
    );
    return { picture, milliseconds, least, greatest, isProduct };
  });
}

/** Red, green, blue, alpha; `most` above 0: from -most to most around grey. */
function bytesOf(
  data: Float32Array,
  area: number,
  channels: number,
  most: number,
  scale: number,
  offset: number,
): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(area * 4);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) {
      const value = data[(channels === 1 ? 0 : c * area) + i] as number;
      bytes[4 * i + c] = most > 0 ? 128 + (127 * value) / most : value * scale + offset;
    }
    bytes[4 * i + 3] = 255;
  }
  return bytes;
}
