/** Blocks of pixels: channels made to pixels, and back. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { permute } from '../../ops/permute.ts';
import { reshape } from '../../ops/reshape.ts';
import { pixelShuffle } from '../../ops/shuffle.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, int } from '../row.ts';

export const blocks: Handlers = {
  DepthToSpace: {
    inputs: ['input'],
    attributes: { blocksize: int(0), mode: choice('DCR', 'CRD') },
    build: buildDepthToSpace,
  },
  SpaceToDepth: { inputs: ['input'], attributes: { blocksize: int(0) }, build: buildSpaceToDepth },
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
