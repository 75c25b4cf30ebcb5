// What was learned: a LeNet's kernels before and after, the digits that its maps like best, and what speaks for an answer.
import { manualSeed, mean, slice, type Tensor, tensor } from 'striate';
import {
  activations,
  deconvnet,
  gradCam,
  guidedBackprop,
  type NetSource,
  occlusion,
  pictureGrid,
  saliency,
  topActivations,
} from 'striate/analyze';
import type { RgbaPicture } from 'striate/image';
import type { Exhibit } from './exhibit.ts';
import { type DigitNet, type Labelled, makeNet, readDigits, train } from './nets.ts';
import { type Tile, writeSheet } from './sheet.ts';

/** The side of a patch that is drawn. */
const SIDE = 14;

/** Two nets from the same start, one of them trained. */
export interface Digits {
  readonly before: DigitNet;
  readonly after: DigitNet;
  readonly test: Labelled;
}

function kernelsOf(net: DigitNet): RgbaPicture {
  return pictureGrid(net.conv1.weight.reshape([1, 16, 5, 5]), { columns: 8, colormap: 'coolwarm', scale: 4 });
}

const digitAt = ({ x }: Labelled, index: number) => slice(x, [index, 0, 0, 0], [index + 1, 1, 28, 28]);

export function lenet(get: () => Digits): Exhibit {
  let said = '';
  return {
    name: 'lenet',
    title: 'Kernels before and after training',
    caption: () =>
      `The sixteen 5 x 5 kernels of the first layer of a LeNet, and what they make of a seven: as they were drawn at random, and after three epochs of digits. ${said} Blue is below zero, grey is zero, red above. Noise has become smoother; several kernels are now light on one side and dark on the other, and their maps are cleaner.`,
    async draw(path) {
      const { before, after, test } = get();
      const maps = (net: DigitNet) =>
        pictureGrid(net.conv1.forward(digitAt(test, 7)), { columns: 8, colormap: 'coolwarm' });
      said = `It now reads ${percent(after, test)} % of 2,000 digits that it has not seen, ${percent(before, test)} % before.`;
      const tiles = [
        { picture: kernelsOf(before), label: 'kernels, at random' },
        { picture: kernelsOf(after), label: 'kernels, trained' },
        { picture: maps(before), label: 'maps of a 7, at random' },
        { picture: maps(after), label: 'maps of a 7, trained' },
      ];
      await writeSheet(tiles, path, { columns: 2, width: 470 });
    },
  };
}

function accuracyOf(net: DigitNet, { x, classes }: Labelled): number {
  const scores = net.run(x).toArray() as number[][];
  const right = scores.filter((row, i) => row.indexOf(Math.max(...row)) === classes[i]).length;
  return right / classes.length;
}

export function topNine(get: () => Digits): Exhibit {
  return {
    name: 'topNine',
    title: 'The nine digits that a map likes best, and what it saw in them',
    caption: () =>
      'Four maps of the second convolution of the net above, which was trained on digits. Left the nine digits, out of 2,000, that make the map strongest, cut to what its strongest element sees; right the deconvnet of each (Zeiler & Fergus, 2013): the element sent back to the picture through the same net. Each map answers to one kind of stroke, in whatever digit it comes.',
    async draw(path) {
      const { after, test } = get();
      const channels = strongestChannels(after, test.x, 'relu2', 4);
      const lists = topActivations(after, [test.x], { layer: 'relu2', channels });
      const tiles = lists.flatMap((list, i): Tile[] => {
        const patches = list.map(({ index, box }) => patch(digitAt(test, index), box, SIDE));
        const seen = list.map(({ index, box, position }) => {
          const x = digitAt(test, index);
          const channel = channels[i] as number;
          return patch(deconvnet(after, x, { layer: 'relu2', channel, position: [...position] }), box, SIDE);
        });
        return [
          {
            picture: nine(patches, 'gray', SIDE),
            label: `map ${channels[i]}: the patches`,
          },
          { picture: nine(seen, 'coolwarm', SIDE), label: `map ${channels[i]}: deconvnet` },
        ];
      });
      await writeSheet(tiles, path, { columns: 4, width: 190 });
    },
  };
}

/** The channels of a layer whose means are the greatest. */
export function strongestChannels(net: NetSource, x: Tensor, layer: string, count: number): number[] {
  const { [layer]: maps } = activations(net, x, { layers: [layer] }) as Record<string, Tensor>;
  const means = [...mean(maps as Tensor, { dim: [0, 2, 3] }).data];
  return [...means.keys()].sort((a, b) => means[b]! - means[a]!).slice(0, count);
}

type Places = readonly (readonly [number, number])[];

/** What lies in a box, in the middle of a square. */
export function patch(x: Tensor, box: Places, side: number): Float32Array {
  const out = new Float32Array(side * side);
  const [[top, bottom], [left, right]] = box as [readonly [number, number], readonly [number, number]];
  const [dy, dx] = [Math.floor((side - (bottom - top + 1)) / 2), Math.floor((side - (right - left + 1)) / 2)];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++)
      out[(row - top + dy) * side + column - left + dx] = x.data[row * 28 + column] as number;
  return out;
}

/** Nine patches, three in a row. */
export function nine(
  patches: readonly Float32Array[],
  colormap: 'gray' | 'coolwarm',
  side: number,
): RgbaPicture {
  const all = Float32Array.from(patches.flatMap((one) => [...one]));
  return pictureGrid(tensor(all, [1, patches.length, side, side]), { columns: 3, colormap });
}

const percent = (net: DigitNet, test: Labelled) => (100 * accuracyOf(net, test)).toFixed(1);

/** The net before and after three epochs. */
export function learn(files: readonly string[]): Digits {
  const { train: known, test } = readDigits(files);
  manualSeed(1);
  const before = makeNet().eval() as DigitNet;
  const after = makeNet();
  after.loadStateDict(before.stateDict());
  train(after, known, 3);
  return { before, after, test };
}

export function reasons(get: () => Digits): Exhibit {
  return {
    name: 'reasons',
    title: 'What speaks for an answer',
    caption: () =>
      'A five, and what of it the score of "5" depends on: by the gradient, by guided backpropagation, by Grad-CAM on the second convolution, and by covering 5 x 5 pixels at a time. In the second row the same for the net before it was trained: guided backpropagation still draws the digit, though this net knows nothing of digits (Adebayo et al., 2018); so a sharp picture is no proof.',
    async draw(path) {
      const { before, after, test } = get();
      const x = digitAt(test, 5);
      const tiles = [after, before].flatMap((net, i): Tile[] => {
        const row: [string, Tensor, 'gray' | 'coolwarm' | 'viridis'][] = [
          [i === 0 ? 'trained' : 'at random', x, 'gray'],
          ['saliency', saliency(net, x, { target: 5 }), 'viridis'],
          ['guidedBackprop', guidedBackprop(net, x, { target: 5 }), 'coolwarm'],
          ['gradCam', gradCam(net, x, { layer: 'relu2', target: 5 }), 'viridis'],
          ['occlusion', occlusion(net, x, { target: 5, size: 5, stride: 1 }), 'coolwarm'],
        ];
        return row.map(([label, map, colormap]) => ({ picture: pictureGrid(map, { colormap }), label }));
      });
      await writeSheet(tiles, path, { columns: 5, width: 180 });
    },
  };
}
