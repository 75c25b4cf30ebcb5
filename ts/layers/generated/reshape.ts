/** The layers of ts/ops/reshape.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import { validate } from '../../ops/operator.ts';
import { type FlattenOptions, flatten } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';
import { argumentsText } from '../repr.ts';

/** `flatten` as a layer: The axes from `startDim` to `endDim` as one, on the same storage. As PyTorch's flatten. */
export class Flatten extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Flatten';
  readonly #options: FlattenOptions;

  /**
   * What `flatten` takes beside its tensors.
   * @param options `startDim` (default 1), `endDim` (default -1)
   */
  constructor(options: FlattenOptions = {}) {
    super();
    checkOptions('Flatten', options, ['startDim', 'endDim']);
    validate(flatten, 'Flatten', options);
    this.#options = { ...options };
  }

  /**
   * `flatten` of x.
   * @param x of any dtype, which the result keeps
   * @throws RangeError for axes that x does not have
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return flatten(x, this.#options.startDim ?? 1, this.#options.endDim ?? -1);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
