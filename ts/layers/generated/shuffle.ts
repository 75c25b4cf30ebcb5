/** The layers of ts/ops/shuffle.ts, by `npm run generate` from its operators. */
import type { DType } from '../../base/dtype.ts';
import { validate } from '../../ops/operator.ts';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../../ops/shuffle.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';
import { argumentsText } from '../repr.ts';

/**
 * `pixelShuffle` as a layer: r * r channels as a square of pixels (Shi et al., 2016). As PyTorch's pixel_shuffle and
 * ONNX's DepthToSpace.
 */
export class PixelShuffle extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'PixelShuffle';
  readonly #upscaleFactor: number;

  /**
   * What `pixelShuffle` takes beside its tensors.
   * @param upscaleFactor r
   */
  constructor(upscaleFactor: number) {
    super();
    validate(pixelShuffle, 'PixelShuffle', upscaleFactor);
    this.#upscaleFactor = upscaleFactor;
  }

  /**
   * `pixelShuffle` of x.
   * @param x [..., C * r * r, H, W] of any dtype, which the result keeps
   * @returns [..., C, H * r, W * r]
   * @throws RangeError when r * r does not divide the channels
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pixelShuffle(x, this.#upscaleFactor);
  }

  override extraRepr(): string {
    return argumentsText({ upscaleFactor: this.#upscaleFactor });
  }
}

/** `pixelUnshuffle` as a layer: Squares of r * r pixels as channels: the way back from pixelShuffle. */
export class PixelUnshuffle extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'PixelUnshuffle';
  readonly #downscaleFactor: number;

  /**
   * What `pixelUnshuffle` takes beside its tensors.
   * @param downscaleFactor r
   */
  constructor(downscaleFactor: number) {
    super();
    validate(pixelUnshuffle, 'PixelUnshuffle', downscaleFactor);
    this.#downscaleFactor = downscaleFactor;
  }

  /**
   * `pixelUnshuffle` of x.
   * @param x [..., C, H * r, W * r] of any dtype, which the result keeps
   * @returns [..., C * r * r, H, W]
   * @throws RangeError when r does not divide height and width
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pixelUnshuffle(x, this.#downscaleFactor);
  }

  override extraRepr(): string {
    return argumentsText({ downscaleFactor: this.#downscaleFactor });
  }
}

/**
 * `channelShuffle` as a layer: The channels in the order of a grid of [groups, k] read by columns (Zhang et al.,
 * 2017, ShuffleNet).
 */
export class ChannelShuffle extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ChannelShuffle';
  readonly #groups: number;

  /**
   * What `channelShuffle` takes beside its tensors.
   * @param groups the number of groups
   */
  constructor(groups: number) {
    super();
    validate(channelShuffle, 'ChannelShuffle', groups);
    this.#groups = groups;
  }

  /**
   * `channelShuffle` of x.
   * @param x [N, groups * k, spatial...] of any dtype, which the result keeps
   * @returns of x's shape
   * @throws RangeError when `groups` does not divide the channels
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return channelShuffle(x, this.#groups);
  }

  override extraRepr(): string {
    return argumentsText({ groups: this.#groups });
  }
}
