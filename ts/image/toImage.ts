/** toImage: a picture of a batch, as bytes of red, green, blue and alpha. */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { counted } from '../base/errors.ts';
import { readable, requireTensor, type Tensor } from '../tensor/tensor.ts';
import { finite, perChannel } from './options.ts';
import type { RgbaPicture } from './source.ts';

/** The options of `toImage`. */
export interface ToImageOptions {
  /** Which picture of the batch. Default 0. */
  readonly index?: number | undefined;
  /** What values are multiplied by at last. Default 255, of tensors of integers 1. */
  readonly scale?: number | undefined;
  /** Added before `scale`: what `fromImage` subtracted. A number, or one for each channel. Default 0. */
  readonly mean?: number | readonly number[] | undefined;
  /** Multiplied by at first: what `fromImage` divided by. A number, or one for each channel. Default 1. */
  readonly std?: number | readonly number[] | undefined;
  /** Default 'NCHW'. */
  readonly layout?: 'NCHW' | 'NHWC' | undefined;
  /** The order of the tensor's channels. Default 'rgb'. */
  readonly order?: 'rgb' | 'bgr' | undefined;
}

/**
 * A picture of a batch as bytes: (value * std + mean) * scale, to the nearest, from 0 to 255. NaN is 0. One channel is grey, three
 * are colours, a fourth is alpha.
 * @param t [N, channels, H, W], or with layout 'NHWC' [N, H, W, channels]; of any dtype
 * @returns red, green, blue, alpha: `new ImageData(picture.data, picture.width)` is what a canvas takes
 * @throws RangeError for another shape, and an index that there is not; TypeError for what has no values
 * @example
 * ```ts
 * const { data, width, height } = toImage(image);
 * ```
 */
export function toImage(t: Tensor<DType>, options: ToImageOptions = {}): RgbaPicture {
  const where = 'toImage';
  const { shape, dtype } = requireTensor(where, 't', t);
  readable(where, 't', t);
  checkOptions(where, options, ['index', 'scale', 'mean', 'std', 'layout', 'order']);
  const { index = 0, scale = dtype === 'float32' ? 255 : 1, mean = 0, std = 1 } = options;
  const { layout = 'NCHW', order = 'rgb' } = options;
  oneOf(where, 'layout', layout, ['NCHW', 'NHWC']);
  oneOf(where, 'order', order, ['rgb', 'bgr']);
  const [count = 0, channels = 0, height = 0, width = 0] =
    layout === 'NCHW' ? shape : [shape[0], shape[3], shape[1], shape[2]];
  if (shape.length !== 4 || ![1, 3, 4].includes(channels) || height < 1 || width < 1) {
    const must = layout === 'NCHW' ? '[N, channels, height, width]' : '[N, height, width, channels]';
    throw new RangeError(
      `${where}: t has shape [${shape.join(', ')}], must be ${must} of 1, 3 or 4 channels`,
    );
  }
  if (count < 1) throw new RangeError(`${where}: t holds ${counted(0, 'picture')}, must hold one`);
  integer(where, 'index', index, 0, count - 1);
  finite(where, 'scale', scale);
  const means = perChannel(where, 'mean', mean, channels);
  const deviations = perChannel(where, 'std', std, channels);
  const area = height * width;
  const values = t.data.subarray(index * channels * area, (index + 1) * channels * area);
  const [pixel, plane] = layout === 'NCHW' ? [1, area] : [channels, 1];
  const data = new Uint8ClampedArray(area * 4);
  for (let to = 0; to < 4; to++) {
    if (to >= Math.max(3, channels)) {
      for (let i = 0; i < area; i++) data[i * 4 + to] = 255;
      continue;
    }
    const from = channels === 1 ? 0 : order === 'bgr' && to < 3 ? 2 - to : to;
    const [factor, summand] = [(deviations[from] as number) * scale, (means[from] as number) * scale];
    for (let i = 0; i < area; i++) {
      data[i * 4 + to] = (values[i * pixel + from * plane] as number) * factor + summand;
    }
  }
  return { data, width, height, channels: 4 };
}
