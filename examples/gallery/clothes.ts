// What a net that tells clothes apart has learned: the nine pictures that its maps like best, and deconvnet on whole pictures. The net
// is the one of examples/train-clothes.ts; clothes.safetensors beside this file has the part of it that gives maps, as float16.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { slice, type Tensor } from 'striate';
import { deconvnet, pictureGrid, topActivations } from 'striate/analyze';
import { readSafetensors, writeSafetensors } from 'striate/files';
import { normalize, readIdx } from 'striate/train';
import { DEVIATION, KINDS, MEAN, makeNet, trainClothes } from '../train-clothes.ts';
import type { Exhibit } from './exhibit.ts';
import { nine, patch, strongestChannels } from './learned.ts';
import { type Tile, writeSheet } from './sheet.ts';

const WEIGHTS = 'examples/gallery/clothes.safetensors';
/** The two convolutions, behind their rectifiers: what they are called in the net. */
const [FIRST, SECOND] = ['2', '6'];

type Net = ReturnType<typeof makeNet>;

export interface Clothes {
  readonly net: Net;
  /** Those that the net has not learned from, as it takes them. */
  readonly x: Tensor;
  readonly kinds: ArrayLike<number>;
}

/** Trains as the example does and keeps what gives maps: its convolutions and batch norms. */
export async function trainWeights(folder: string): Promise<void> {
  const { net, found } = await trainClothes(folder, { progress: true });
  const all = Object.entries(net.stateDict());
  const part = Object.fromEntries(all.filter(([key]) => Number(key.split('.')[0]) < 7));
  const metadata = { format: 'pt', data: 'Fashion-MNIST', accuracy: found.accuracy.toFixed(4) };
  writeFileSync(WEIGHTS, writeSafetensors(part, { dtype: 'float16', metadata }));
  console.log(
    `${WEIGHTS} has the maps' weights; the net is right for ${(100 * found.accuracy).toFixed(2)} %`,
  );
}

/** The net with its trained maps, and the 10 000 pictures that were held back, from the IDX files of a folder. */
export function readClothes(folder: string): Clothes {
  const net = makeNet();
  const { tensors } = readSafetensors(readFileSync(WEIGHTS));
  const { missing } = net.loadStateDict(tensors, { strict: false });
  if (missing.some((key) => Number(key.split('.')[0]) < 7)) throw new Error(`${WEIGHTS} lacks ${missing}`);
  net.eval();
  const read = (name: string) =>
    readIdx(readFileSync(join(folder, `t10k-${name}-ubyte.gz`))) as Tensor<'uint8'>;
  const [images, labels] = [read('images-idx3'), read('labels-idx1')];
  const [count = 0, height = 0, width = 0] = images.shape;
  const x = normalize(images.reshape([count, 1, height, width]), MEAN, DEVIATION);
  return { net, x, kinds: labels.toTypedArray() };
}

const pictureAt = ({ x }: Clothes, index: number): Tensor =>
  slice(x, [index, 0, 0, 0], [index + 1, 1, 28, 28]);

/** Batches of so many, one after the other. */
function* batches({ x }: Clothes, size: number): Generator<Tensor> {
  const [count = 0] = x.shape;
  for (let from = 0; from < count; from += size) {
    const batch = slice(x, [from, 0, 0, 0], [Math.min(from + size, count), 1, 28, 28]);
    yield batch;
    batch.dispose();
  }
}

export function clothesNine(get: () => Clothes): Exhibit {
  return {
    name: 'clothesNine',
    title: 'The nine pieces of clothing that a map likes best, and what it saw in them',
    caption: () =>
      'The net of `examples/train-clothes.ts`, trained on Fashion-MNIST. In the first row three maps of its first convolution, which see 3 x 3 pixels; below six of its second, which see 8 x 8. Of each left the nine pictures, out of 10,000 that it has not learned from, that make the map strongest, cut to what its strongest element sees; right the deconvnet of each (Zeiler & Fergus, 2013), red for more of a pixel and blue for less. Map 7 answers to stripes across, 14 to an upper edge, 2 and 19 to the dark between two legs, 28 to something bright with a rounded top, 34 to the dark beside a thing.',
    async draw(path) {
      const clothes = get();
      const { net } = clothes;
      const sample = slice(clothes.x, [0, 0, 0, 0], [500, 1, 28, 28]);
      const tiles = [
        [FIRST, 3, 5],
        [SECOND, 6, 10],
      ].flatMap(([layer, count, side]) => {
        const name = layer as string;
        const channels = strongestChannels(net, sample, name, count as number);
        const lists = topActivations(net, batches(clothes, 500), { layer: name, channels });
        return lists.flatMap((list, i): Tile[] => {
          const channel = channels[i] as number;
          const patches = list.map(({ index, box }) => patch(pictureAt(clothes, index), box, side as number));
          const seen = list.map(({ index, box, position }) => {
            const back = deconvnet(net, pictureAt(clothes, index), {
              layer: name,
              channel,
              position: [...position],
            });
            return patch(back, box, side as number);
          });
          const label = `${name === FIRST ? 'conv 1' : 'conv 2'}, map ${channel}`;
          return [
            { picture: nine(patches, 'gray', side as number), label },
            { picture: nine(seen, 'coolwarm', side as number), label: 'deconvnet' },
          ];
        });
      });
      await writeSheet(tiles, path, { columns: 6, width: 150 });
    },
  };
}

export function clothesParts(get: () => Clothes): Exhibit {
  return {
    name: 'clothesParts',
    title: 'What of a picture comes through to a map',
    caption: () =>
      'Six pieces of clothing and, for the four maps of the second convolution that are strongest on each, the whole map sent back to the picture by deconvnet: what of the picture it stands for. Map 34 stands for the dark around a thing, 43 for upper contours, 7 for stripes across (the sole of the boot, the flap of the bag), 33 and 35 for the letters on the pullover, 2 for the long edges of sleeves and legs.',
    async draw(path) {
      const clothes = get();
      const { net, kinds } = clothes;
      const wanted = ['ankle boot', 'bag', 'sandal', 'dress', 'pullover', 'trousers'];
      const tiles = wanted.flatMap((kind): Tile[] => {
        const index = Array.from(kinds).indexOf(KINDS.indexOf(kind as (typeof KINDS)[number]));
        const x = pictureAt(clothes, index);
        const channels = strongestChannels(net, x, SECOND, 4);
        return [
          { picture: pictureGrid(x), label: kind },
          ...channels.map((channel) => ({
            picture: pictureGrid(deconvnet(net, x, { layer: SECOND, channel, position: 'map' }), {
              colormap: 'coolwarm',
            }),
            label: `map ${channel}`,
          })),
        ];
      });
      await writeSheet(tiles, path, { columns: 10, width: 92 });
    },
  };
}
