/** filter: every channel of a picture through one kernel, in two passes where the kernel is a column times a row. */
import { checkOptions } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { scope } from '../engine/memory.ts';
import { conv2d } from '../ops/convolution.ts';
import { factorizeKernel } from '../ops/factorizeKernel.ts';
import { reshape } from '../ops/reshape.ts';
import { spatialSeparableConv2d } from '../ops/separable.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';

/** The options of `filter`. */
export interface FilterOptions {
  /** What lies outside the picture. Default 'replicate': the elements at its edge. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular' | undefined;
}

/** A kernel that is a product up to rounding. */
const IS_PRODUCT = 1e-6;
/**
 * Two passes are less work for kernels of more elements: 640 x 480 with three channels takes 0.8 ms by 3 x 3, 2 by 5 x 5, 16 to 22
 * by 7 x 7 and 52 to 76 by 9 x 9, and in two passes 14 to 21 by any of them.
 */
const MOST_AT_ONCE = 49;

/**
 * Every channel of x through one kernel, the size as it is. A kernel that is a column times a row (`factorizeKernel`) runs in two
 * passes where that is less work, with the same values within rounding. The kernel's own values are looked at for that: in a
 * traced function, or where gradients of it are asked for, it runs as it is.
 * @param x [N, C, H, W] of float32
 * @param kernel [kh, kw] of float32, such as `sobel()`; its middle lies on the element, of an even side the one before
 * @returns of x's shape
 * @throws RangeError for shapes that do not fit; TypeError for a wrong kind
 * @example
 * ```ts
 * const edges = filter(image, sobel({ axis: 'x' }));
 * const soft = filter(image, gaussian({ sigma: 3 }), { paddingMode: 'reflect' });
 * ```
 */
export function filter(x: Tensor, kernel: Tensor, options: FilterOptions = {}): Tensor {
  const where = 'filter';
  const { shape } = requireTensor(where, 'x', x);
  const { shape: own } = requireTensor(where, 'kernel', kernel);
  checkOptions(where, options, ['paddingMode']);
  const { paddingMode = 'replicate' } = options;
  if (shape.length !== 4) {
    throw new RangeError(`${where}: x has shape [${shape.join(', ')}], must be [N, C, H, W]`);
  }
  const [kh = 0, kw = 0] = own;
  if (own.length !== 2 || kh < 1 || kw < 1) {
    throw new RangeError(`${where}: kernel has shape [${own.join(', ')}], must be [kh, kw]`);
  }
  const [n = 0, c = 0, h = 0, w = 0] = shape;
  return scope(() => {
    const planes = reshape(x, [n * c, 1, h, w]);
    const how = { padding: 'same', paddingMode } as const;
    const factors = kh * kw > MOST_AT_ONCE ? factorsOf(kernel) : null;
    const made = factors
      ? spatialSeparableConv2d(
          planes,
          reshape(factors.column, [1, 1, kh, 1]),
          reshape(factors.row, [1, 1, 1, kw]),
          null,
          how,
        )
      : conv2d(planes, reshape(kernel, [1, 1, kh, kw]), null, how);
    return reshape(made, shape);
  });
}

function factorsOf(kernel: Tensor<DType>): ReturnType<typeof factorizeKernel> | null {
  if (!kernel.resources.readable) return null;
  const factors = factorizeKernel(kernel as unknown as Tensor);
  return factors.relativeError < IS_PRODUCT ? factors : null;
}
