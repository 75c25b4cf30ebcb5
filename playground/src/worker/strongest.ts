/** Which of many pictures make a map of the open net strongest (Zeiler & Fergus, 2013), and the elements that see a pixel. */
import { scope, slice, type Tensor } from 'striate';
import { deconvnet, pictureGrid, topActivations } from 'striate/analyze';
import { toImage } from 'striate/image';
import { Sight } from '../../../ts/analyze/field.ts';
import { withNet } from '../../../ts/analyze/net.ts';
import { asPicture, type Picture } from './digits.ts';
import { batchOf, loadDigits } from './digitsFile.ts';
import { inputOf, type Preparation, required, shapeOf } from './layers.ts';

/** One of them. */
export interface Strong {
  /** Its number among the pictures. */
  readonly index: number;
  readonly value: number;
  /** What the map's strongest element sees of it, and that element sent back to it. */
  readonly patch: Picture;
  readonly back: Picture;
}

const BATCH = 250;

/** The part of x in a box of rows and columns. */
function cut(x: Tensor, box: readonly (readonly [number, number])[], { layout }: Preparation): Tensor {
  const [[top, bottom], [left, right]] = box as [readonly [number, number], readonly [number, number]];
  const channels = (layout === 'NCHW' ? x.shape[1] : x.shape[3]) as number;
  return layout === 'NCHW'
    ? slice(x, [0, 0, top, left], [1, channels, bottom + 1, right + 1])
    : slice(x, [0, top, left, 0], [1, bottom + 1, right + 1, channels]);
}

/** The nine that make a map strongest: of the test digits (by their file's address) or of these pictures. */
export async function strongest(
  name: string,
  channel: number,
  source: string | readonly { data: Uint8ClampedArray; width: number; height: number }[],
): Promise<Strong[]> {
  const { net, preparation } = required();
  const digits = typeof source === 'string' ? (await loadDigits(source)).test : null;
  const count = digits?.classes.length ?? source.length;
  /** One of them, as the net takes it. */
  const at = (index: number): Tensor =>
    digits === null
      ? inputOf(
          (source as readonly { data: Uint8ClampedArray; width: number; height: number }[])[index]!,
          preparation,
        )
      : batchOf(digits, [index])[0];
  function* batches(): Generator<Tensor> {
    const size = digits === null ? 1 : BATCH;
    for (let from = 0; from < count; from += size) {
      const x =
        digits === null
          ? at(from)
          : batchOf(
              digits,
              Array.from({ length: Math.min(size, count - from) }, (_, i) => from + i),
            )[0];
      yield x;
      x.dispose();
    }
  }
  return scope(() => {
    const [list = []] = topActivations(net as never, batches(), { layer: name, channels: [channel] });
    return list.map(({ index, value, position, box }): Strong => {
      const x = at(index);
      const back = deconvnet(net as never, x, { layer: name, channel, position });
      return {
        index,
        value,
        patch: asPicture(shown(cut(x, box, preparation), preparation)),
        back: asPicture(signed(cut(back, box, preparation), preparation)),
      };
    });
  });
}

function shown(x: Tensor, { layout, scale, mean, std, channels }: Preparation) {
  const per = (value: number) => new Array<number>(channels).fill(value);
  return toImage(x, { layout, scale: 1 / scale, mean: per(mean), std: per(std) });
}

/** Around grey where there are colours, else blue and red. */
function signed(x: Tensor, { layout, channels }: Preparation) {
  if (channels === 1) {
    const [, a = 1, b = 1, c = 1] = x.shape;
    const [height, width] = layout === 'NCHW' ? [b, c] : [a, b];
    return pictureGrid(x.reshape([1, 1, height, width]), { colormap: 'coolwarm' });
  }
  const most = x.data.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;
  const half = new Array<number>(channels).fill(0.5);
  const std = new Array<number>(channels).fill(0.5 / most);
  return toImage(x, { layout, scale: 255, mean: half, std });
}

/** First and last row, first and last column; null where none sees it. */
export type SeenBy = readonly (readonly [first: number, last: number] | null)[];

/** The elements of a layer's maps, by rows and by columns, that see a pixel of the input. */
export function seenBy(name: string, pixel: readonly [row: number, column: number]): SeenBy | null {
  const { net, preparation } = required();
  return withNet('playground', net, [shapeOf(preparation)], (found) => {
    const sight = new Sight(found, found.valueOf('playground', name));
    if (sight.axes.length !== 2 || sight.axes.some(({ layer }) => layer === null)) return null;
    const { shape } = found.valueOf('playground', name);
    return sight.axes.map(({ input, layer }, i) => {
      const seeing = Array.from({ length: shape[layer as number] as number }, (_, place) => place).filter(
        (place) => {
          const box = sight.exactBox([[layer as number, place]]);
          const [lo, hi] = box?.[input] ?? [0, -1];
          return lo <= pixel[i]! && pixel[i]! <= hi;
        },
      );
      return seeing.length === 0 ? null : ([seeing[0], seeing.at(-1)] as [number, number]);
    });
  });
}
