/** The layers of ts/ops/shuffle.ts, by `npm run generate` from its operators. */
import type { DType } from '../../base/dtype.ts';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../../ops/shuffle.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `pixelShuffle` as a layer: x [..., C * r * r, H, W] as [..., C, H * r, W * r]: r * r channels make a square of
 * pixels (Shi et al., 2016).
 */
export class PixelShuffle extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    pixelShuffle.validate?.('PixelShuffle', upscaleFactor);
    this.#upscaleFactor = upscaleFactor;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pixelShuffle(x, this.#upscaleFactor);
  }

  override extraRepr(): string {
    return argumentsText({ upscaleFactor: this.#upscaleFactor });
  }
}

/** `pixelUnshuffle` as a layer: x [..., C, H * r, W * r] as [..., C * r * r, H, W]: the way back from pixelShuffle. */
export class PixelUnshuffle extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    pixelUnshuffle.validate?.('PixelUnshuffle', downscaleFactor);
    this.#downscaleFactor = downscaleFactor;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pixelUnshuffle(x, this.#downscaleFactor);
  }

  override extraRepr(): string {
    return argumentsText({ downscaleFactor: this.#downscaleFactor });
  }
}

/**
 * `channelShuffle` as a layer: x [N, groups * k, spatial...] with its channels in the order of a [groups, k] grid
 * read by columns (Zhang et al., 2017, ShuffleNet).
 */
export class ChannelShuffle extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #groups: number;

  constructor(groups: number) {
    super();
    channelShuffle.validate?.('ChannelShuffle', groups);
    this.#groups = groups;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return channelShuffle(x, this.#groups);
  }

  override extraRepr(): string {
    return argumentsText({ groups: this.#groups });
  }
}
