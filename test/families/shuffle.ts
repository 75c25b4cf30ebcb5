/** Channels to pixels, pixels to channels, channels among themselves. */
import * as striate from 'striate';
import { batch, type Generator, text } from '../support/generate.ts';
import { at, make, moving, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
squares of two | pixelShuffle | "2x12x3x5", 2
squares of three | pixelShuffle | "1x9x4x5", 3
wide rows | pixelShuffle | "1x4x2x21", 2
by one | pixelShuffle | "1x3x2x2", 1
without a batch | pixelShuffle | "8x3x5", 2
bytes | pixelShuffle | "1x8x3x5:uint8", 2
nothing | pixelShuffle | "0x8x3x5", 2
squares of two | pixelUnshuffle | "2x3x6x10", 2
squares of three | pixelUnshuffle | "1x1x12x15", 3
wide rows | pixelUnshuffle | "1x2x4x42", 2
integers | pixelUnshuffle | "1x2x4x6:int32", 2
two groups | channelShuffle | "2x6x3x5", 2
three groups in a line | channelShuffle | "2x12x7", 3
one group | channelShuffle | "1x4x2x2", 1
bytes | channelShuffle | "2x6x3x5:int8", 3
`;

/** Pixel (h r + i, w r + j) of channel c, and channel c r r + i r + j of pixel (h, w): the same value. */
function pixelShuffle(x: Plain, r: number): Plain {
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  return make([...x.shape.slice(0, -3), channels / (r * r), height * r, width * r], x.dtype, (index) => {
    const [c, h, w] = index.slice(-3) as [number, number, number];
    const channel = c * r * r + (h % r) * r + (w % r);
    return at(x, [...index.slice(0, -3), channel, Math.floor(h / r), Math.floor(w / r)]);
  });
}

function pixelUnshuffle(x: Plain, r: number): Plain {
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  return make([...x.shape.slice(0, -3), channels * r * r, height / r, width / r], x.dtype, (index) => {
    const [c, h, w] = index.slice(-3) as [number, number, number];
    const within = c % (r * r);
    const pixel = [h * r + Math.floor(within / r), w * r + (within % r)];
    return at(x, [...index.slice(0, -3), Math.floor(c / (r * r)), ...pixel]);
  });
}

function channelShuffle(x: Plain, groups: number): Plain {
  const each = (x.shape[1] as number) / groups;
  return make([...x.shape], x.dtype, ([n, c, ...rest]) => {
    const from = ((c as number) % groups) * each + Math.floor((c as number) / groups);
    return at(x, [n as number, from, ...rest]);
  });
}

export const references: Record<string, Reference> = {
  pixelShuffle: moving(pixelShuffle),
  pixelUnshuffle: moving(pixelUnshuffle),
  channelShuffle: moving(channelShuffle),
};

function shuffle(op: 'pixelShuffle' | 'pixelUnshuffle' | 'channelShuffle'): Generator {
  return (choose) => {
    const [r, n, c] = [choose.integer(1, 4), batch(choose), choose.integer(1, 4)];
    const [h, w] = [choose.integer(1, 7), choose.integer(1, 9)];
    const square = op === 'pixelShuffle' ? r * r : op === 'channelShuffle' ? r : 1;
    const [rows, columns] = op === 'pixelUnshuffle' ? [h * r, w * r] : [h, w];
    return [text([n, c * square, rows, columns]), r];
  };
}

export const generators: Record<string, Generator> = {
  pixelShuffle: shuffle('pixelShuffle'),
  pixelUnshuffle: shuffle('pixelUnshuffle'),
  channelShuffle: shuffle('channelShuffle'),
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['pixelShuffle of too few channels', () => striate.pixelShuffle(x(), 2), RangeError, 'pixelShuffle: x has shape 1x2x5x5, must be [..., C * r * r, H, W] for r 2'],
  ['pixelShuffle of a matrix', () => striate.pixelShuffle(striate.ones([4, 4]), 2), RangeError, 'pixelShuffle: x has shape 4x4, must be [..., C * r * r, H, W] for r 2'],
  ['pixelShuffle by 0', () => striate.pixelShuffle(x(), 0), RangeError, 'pixelShuffle: r is 0, must be an integer, at least 1'],
  ['pixelShuffle by a text', () => striate.pixelShuffle(x(), any('2')), TypeError, "pixelShuffle: r is '2', must be an integer"],
  ['pixelUnshuffle of odd sizes', () => striate.pixelUnshuffle(x(), 2), RangeError, 'pixelUnshuffle: x has shape 1x2x5x5, must be [..., C, H * r, W * r] for r 2'],
  ['channelShuffle in groups that do not fit', () => striate.channelShuffle(x(), 3), RangeError, 'channelShuffle: x has shape 1x2x5x5, must be [N, groups * k, spatial...] for groups 3'],
  ['PixelShuffle by 0', () => new striate.PixelShuffle(0), RangeError, 'PixelShuffle: upscaleFactor is 0, must be an integer, at least 1'],
  ['PixelUnshuffle by 1.5', () => new striate.PixelUnshuffle(1.5), RangeError, 'PixelUnshuffle: downscaleFactor is 1.5, must be an integer, from 1 to 2147483647'],
  ['ChannelShuffle without groups', () => new striate.ChannelShuffle(any(undefined)), TypeError, 'ChannelShuffle: groups is undefined, must be an integer'],
];
