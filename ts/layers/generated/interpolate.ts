/** The layers of ts/ops/interpolate.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import { interpolate, type UpsampleOptions } from '../../ops/interpolate.ts';
import { validate } from '../../ops/operator.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';
import { argumentsText } from '../repr.ts';

/**
 * `interpolate` as a layer: x resampled to `size`, or by `scaleFactor`. Where the output is smaller, elements may not
 * count at all, but in mode 'area' and with `antialias`. As PyTorch's interpolate and ONNX's Resize.
 */
export class Upsample extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Upsample';
  readonly #options: UpsampleOptions;

  /**
   * What `interpolate` takes beside its tensors.
   * @param options `size`, `scaleFactor`, `mode` (default 'nearest'; 'nearest-exact' is the nearest from the
   * elements' middles, 'area' the mean of the elements of which an output is a part), `alignCorners` (default false;
   * not for 'nearest' and 'area'), `antialias` (default false; for the linear and cubic modes)
   */
  constructor(options: UpsampleOptions) {
    super();
    checkOptions('Upsample', options, ['size', 'scaleFactor', 'mode', 'alignCorners', 'antialias']);
    validate(interpolate, 'Upsample', options);
    this.#options = { ...options };
  }

  /**
   * `interpolate` of x.
   * @param x [N, C, spatial...]; of any dtype, which the result keeps, in the nearest modes, else of float32
   * @returns [N, C, ...size], or floor(spatial * scaleFactor)
   * @throws RangeError for a mode that is not for x's number of axes, and an axis of nothing; TypeError for a wrong
   * kind
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return interpolate(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
