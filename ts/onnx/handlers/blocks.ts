/** Blocks of pixels: channels made to pixels, and back; columns to images; the middle of an image. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { slice } from '../../ops/concat.ts';
import { permute } from '../../ops/permute.ts';
import { reshape } from '../../ops/reshape.ts';
import { pixelShuffle } from '../../ops/shuffle.ts';
import { fold } from '../../ops/unfold.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, int, ints, value } from '../row.ts';
import { padAxes } from './constant.ts';
import { padPairs } from './convolution.ts';

export const blocks: Handlers = {
  DepthToSpace: {
    inputs: ['input'],
    attributes: { blocksize: int(0), mode: choice('DCR', 'CRD') },
    build: buildDepthToSpace,
  },
  SpaceToDepth: { inputs: ['input'], attributes: { blocksize: int(0) }, build: buildSpaceToDepth },
  Col2Im: {
    since: 18,
    inputs: ['input', value('image_shape'), value('block_shape')],
    attributes: { dilations: ints, pads: ints, strides: ints },
    build: buildCol2Im,
  },
  CenterCropPad: {
    since: 18,
    inputs: ['input_data', value('shape')],
    attributes: { axes: ints },
    build: buildCenterCropPad,
  },
};

function imageOf(call: Call): [x: Tensor<DType>, shape: [number, number, number, number], block: number] {
  const x = call.tensor(0);
  if (x.shape.length !== 4) call.fail(`the input is ${shapeText(x.shape)}, must have 4 axes`);
  const block = call.int('blocksize');
  if (block < 1) call.fail(`attribute blocksize is ${block}, must be at least 1`);
  return [x, x.shape as unknown as [number, number, number, number], block];
}

/** CRD: the channel outermost, as PyTorch; DCR: the place in the block outermost. */
function buildDepthToSpace(call: Call): Tensor<DType> {
  const [x, [n, channels, height, width], block] = imageOf(call);
  const c = channels / (block * block);
  if (!Number.isInteger(c)) {
    call.fail(`the input is ${shapeText(x.shape)}, its channels must be a multiple of ${block * block}`);
  }
  if (call.string('mode') === 'CRD') return pixelShuffle(x, block);
  const moved = permute(reshape(x, [n, block, block, c, height, width]), [0, 3, 4, 1, 5, 2]);
  return reshape(moved, [n, c, height * block, width * block]);
}

function buildSpaceToDepth(call: Call): Tensor<DType> {
  const [x, [n, channels, height, width], block] = imageOf(call);
  const [h, w] = [height / block, width / block];
  if (!Number.isInteger(h) || !Number.isInteger(w)) {
    call.fail(`the input is ${shapeText(x.shape)}, height and width must be multiples of ${block}`);
  }
  const moved = permute(reshape(x, [n, channels, h, block, w, block]), [0, 3, 5, 1, 2, 4]);
  return reshape(moved, [n, channels * block * block, h, w]);
}

/** Images of one axis are those of two whose first has one row. */
function buildCol2Im(call: Call): Tensor<DType> {
  const x = call.float32(0);
  const [image, block] = [call.numbers('image_shape'), call.numbers('block_shape')];
  const axes = image.length;
  if ((axes !== 1 && axes !== 2) || block.length !== axes || x.shape.length !== 3) {
    call.fail(
      `the input is ${shapeText(x.shape)}, image_shape ${shapeText(image)}, block_shape ${shapeText(block)}; must have 3 axes, and 1 or 2 sizes`,
    );
  }
  const flat = axes === 1;
  const both = <T>(list: readonly T[], one: T): T[] => (flat ? [one, ...list] : [...list]);
  const y = fold(x, both(image, 1), both(block, 1), {
    dilation: both(call.perAxis('dilations', axes, 1), 1),
    padding: both<[number, number]>(padPairs(call, call.perAxis('pads', 2 * axes, 0), axes), [0, 0]),
    stride: both(call.perAxis('strides', axes, 1), 1),
  });
  return flat ? reshape(y, [y.shape[0]!, y.shape[1]!, ...image]) : y;
}

/** What is larger loses its ends, what is smaller gets zeros around it; the odd one is behind. */
function buildCenterCropPad(call: Call): Tensor<DType> {
  const x = call.tensor(0);
  const rank = x.shape.length;
  const axes = (call.list('axes') ?? x.shape.map((_, axis) => axis)).map((axis) =>
    call.axis(axis, rank, 'an axis'),
  );
  const wanted = call.numbers('shape');
  if (wanted.length !== axes.length || wanted.some((size) => size < 0))
    call.fail(`shape is ${shapeText(wanted)}, must be ${axes.length} sizes`);
  const sizes = x.shape.map((size, axis) => (axes.includes(axis) ? wanted[axes.lastIndexOf(axis)]! : size));
  const extra = x.shape.map((size, axis) => sizes[axis]! - size);
  const starts = extra.map((more) => Math.max(0, Math.floor(-more / 2)));
  const cropped = slice(
    x,
    starts,
    starts.map((start, axis) => start + Math.min(x.shape[axis]!, sizes[axis]!)),
  );
  const pairs = extra.map((more): [number, number] => {
    const added = Math.max(0, more);
    return [Math.floor(added / 2), added - Math.floor(added / 2)];
  });
  return padAxes(cropped, pairs, { mode: 'constant' });
}
