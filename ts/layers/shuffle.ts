/** PixelShuffle, PixelUnshuffle and ChannelShuffle: values that change places. */
import type { DType } from '../dtype.ts';
import { integer } from '../errors.ts';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../ops/shuffle.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

export class PixelShuffle extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    this.#upscaleFactor = integer('PixelShuffle', 'upscaleFactor', upscaleFactor, 1);
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pixelShuffle(x, this.#upscaleFactor);
  }
}

export class PixelUnshuffle extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    this.#downscaleFactor = integer('PixelUnshuffle', 'downscaleFactor', downscaleFactor, 1);
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pixelUnshuffle(x, this.#downscaleFactor);
  }
}

export class ChannelShuffle extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #groups: number;

  constructor(groups: number) {
    super();
    this.#groups = integer('ChannelShuffle', 'groups', groups, 1);
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return channelShuffle(x, this.#groups);
  }
}
