/** The layers of ts/ops/shuffle.ts, by `npm run generate` from its operators. */
import type { DType } from '../../base/dtype.ts';
import { validate } from '../../ops/operator.ts';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../../ops/shuffle.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';

/**
 * `pixelShuffle` as a layer: x [..., C * r * r, H, W] as [..., C, H * r, W * r]: r * r channels make a square of
 * pixels (Shi et al., 2016).
 */
export class PixelShuffle extends KeepingModule {
  readonly #upscaleFactor: number;

  /** What `pixelShuffle` takes beside its tensors. */
  constructor(upscaleFactor: number) {
    super();
    validate(pixelShuffle, 'PixelShuffle', upscaleFactor);
    this.#upscaleFactor = upscaleFactor;
  }

  /**
   * `pixelShuffle` of x.
   * @throws RangeError when r * r does not divide the channels
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pixelShuffle(x, this.#upscaleFactor);
  }
}

/** `pixelUnshuffle` as a layer: x [..., C, H * r, W * r] as [..., C * r * r, H, W]: the way back from pixelShuffle. */
export class PixelUnshuffle extends KeepingModule {
  readonly #downscaleFactor: number;

  /** What `pixelUnshuffle` takes beside its tensors. */
  constructor(downscaleFactor: number) {
    super();
    validate(pixelUnshuffle, 'PixelUnshuffle', downscaleFactor);
    this.#downscaleFactor = downscaleFactor;
  }

  /**
   * `pixelUnshuffle` of x.
   * @throws RangeError when r does not divide height and width
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pixelUnshuffle(x, this.#downscaleFactor);
  }
}

/**
 * `channelShuffle` as a layer: x [N, groups * k, spatial...] with its channels in the order of a [groups, k] grid
 * read by columns (Zhang et al., 2017, ShuffleNet).
 */
export class ChannelShuffle extends KeepingModule {
  readonly #groups: number;

  /** What `channelShuffle` takes beside its tensors. */
  constructor(groups: number) {
    super();
    validate(channelShuffle, 'ChannelShuffle', groups);
    this.#groups = groups;
  }

  /**
   * `channelShuffle` of x.
   * @throws RangeError when `groups` does not divide the channels
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return channelShuffle(x, this.#groups);
  }
}
