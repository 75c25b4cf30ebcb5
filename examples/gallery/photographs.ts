// What needs no training: kernels, fields, symmetry and matrices, on a photograph; and the maps of a net that finds faces.
import { readFileSync } from 'node:fs';
import { avgPool2d, Conv2d, manualSeed, maxPool2d, mean, slice, type Tensor } from 'striate';
import {
  activations,
  boxBlur,
  effectiveReceptiveField,
  emboss,
  equivariance,
  filter,
  gabor,
  gaussian,
  laplacianOfGaussian,
  pictureGrid,
  receptiveField,
  sharpen,
  sobel,
  toMatrix,
} from 'striate/analyze';
import { decodeImage, drawBoxes, fromImage, type RgbaPicture, toImage } from 'striate/image';
import { loadModel } from 'striate/onnx';
import type { Exhibit } from './exhibit.ts';
import { alexnet } from './nets.ts';
import { type Tile, writeSheet } from './sheet.ts';

/** A part of a photograph as [1, 3, h, w] of 0 to 1. */
async function photograph(
  path: string,
  size: readonly [number, number],
  crop?: readonly [number, number, number, number],
): Promise<Tensor> {
  const picture = await decodeImage(readFileSync(path));
  return fromImage(picture, {
    size: [...size],
    fit: 'cover',
    scale: 1 / 255,
    ...(crop && { crop: [...crop] }),
  });
}

const shown = (x: Tensor): RgbaPicture => toImage(x, { scale: 255 }) as RgbaPicture;
const signed = (x: Tensor): RgbaPicture => pictureGrid(x, { colormap: 'coolwarm' });

export function kernels(photos: readonly string[]): Exhibit {
  return {
    name: 'kernels',
    title: 'Kernels with names, on a photograph',
    caption: () =>
      "Blurs, sharpening and relief keep the sum of the picture, so they are shown as pictures. Derivatives sum to nothing: what is flat is grey, blue is below zero and red above. The picture is grown at its frame by its own border (`filter`, `paddingMode: 'replicate'`), so no frame is dark.",
    async draw(path) {
      const colour = await photograph(photos[5] as string, [180, 240]);
      const grey = mean(colour, { dim: 1, keepDim: true });
      const as = (label: string, kernel: Tensor): Tile => ({ picture: shown(filter(colour, kernel)), label });
      const map = (label: string, kernel: Tensor): Tile => ({ picture: signed(filter(grey, kernel)), label });
      const tiles = [
        { picture: shown(colour), label: 'the photograph' },
        as('boxBlur(7)', boxBlur(7)),
        as('gaussian({ size: 13, sigma: 3 })', gaussian({ size: 13, sigma: 3 })),
        as('sharpen()', sharpen()),
        as('emboss()', emboss()),
        map("sobel({ axis: 'x' })", sobel({ axis: 'x' })),
        map("sobel({ axis: 'y' })", sobel({ axis: 'y' })),
        map('laplacianOfGaussian', laplacianOfGaussian({ size: 11, sigma: 1.6 })),
        map('gabor, 45 degrees', gabor({ size: 15, sigma: 3, theta: Math.PI / 4, wavelength: 6 })),
      ];
      await writeSheet(tiles, path, { columns: 3, width: 240, squares: false, colours: 256 });
    },
  };
}

export function blazeface(photos: readonly string[], file: string): Exhibit {
  let said = '';
  return {
    name: 'blazeface',
    title: 'What a face detector sees, stage by stage',
    caption: () =>
      `BlazeFace's maps of one face, the first sixteen of a layer on each of its four scales, each map from its least value (dark) to its greatest (yellow): ${said}. Contours first, then parts of the face; last a few places that say "here".`,
    async draw(path) {
      const model = await loadModel(file);
      const picture = await decodeImage(readFileSync(photos[0] as string));
      const [middle, part] = [picture.width / 2, picture.height / 100];
      const crop = [middle - 55 * part, 16 * part, 50 * part, 50 * part].map(Math.round) as [
        number,
        number,
        number,
        number,
      ];
      const x = fromImage(picture, {
        size: [128, 128],
        crop,
        layout: 'NHWC',
        scale: 1 / 127.5,
        mean: 1,
        std: 1,
      });
      const face = fromImage(picture, { size: [128, 128], crop, scale: 1 / 255 });
      const tiles: Tile[] = [{ picture: shown(face), label: 'the input, 128 x 128' }];
      const all = activations(model, x) as Record<string, Tensor>;
      const stages: string[] = [];
      for (const side of [64, 32, 16, 8]) {
        const found = Object.entries(all).filter(
          ([, { shape }]) => shape.length === 4 && shape[2] === side && shape[3] === side && shape[1]! >= 16,
        );
        const [, maps] = found.at(side === 64 ? 0 : -1) as [string, Tensor];
        const some = slice(maps, [0, 0, 0, 0], [1, 16, side, side]);
        stages.push(`${maps.shape[1]} maps of ${side} x ${side}`);
        tiles.push({
          picture: pictureGrid(some, { columns: 4, colormap: 'viridis' }),
          label: `${side} x ${side}`,
        });
      }
      said = stages.join(', ');
      await writeSheet(tiles, path, { columns: 5, width: 220, colours: 256 });
      model.dispose();
    },
  };
}

const COLOURS = ['#ffd000', '#00c2a8', '#ff7a00', '#3b82f6', '#e11d48', '#a855f7', '#10b981', '#000000'];

export function fields(photos: readonly string[]): Exhibit {
  let said = '';
  return {
    name: 'fields',
    title: 'How far an element sees',
    caption: () =>
      `Left, drawn on the photograph in 224 x 224, what the middle element of each layer of AlexNet's convolutions sees: ${said}. The numbers are the sides of the boxes; conv5 sees 163, the last pool 195 of 224 pixels. Right what the middle element of conv5 depends on in fact, by gradients of the untrained net: the middle counts most, the corners of its box next to nothing (Luo et al., 2016).`,
    async draw(path) {
      const x = await photograph(photos[5] as string, [224, 224]);
      manualSeed(3);
      const net = alexnet();
      const names = ['conv1', 'pool1', 'conv2', 'pool2', 'conv3', 'conv4', 'conv5', 'pool5'];
      const sizes: string[] = [];
      const boxes = names.map((layer, i) => {
        const { box, size } = receptiveField(net, { inputs: [[1, 3, 224, 224]], layer });
        const [[top, bottom], [left, right]] = box as [readonly [number, number], readonly [number, number]];
        sizes.push(`${layer} ${size[0]}`);
        return {
          box: [2 * left, 2 * top, 2 * (right + 1), 2 * (bottom + 1)] as [number, number, number, number],
          label: `${size[0]}`,
          color: COLOURS[i] as string,
        };
      });
      said = sizes.join(', ');
      const large = await photograph(photos[5] as string, [448, 448]);
      const drawn = drawBoxes(shown(large), boxes.reverse()) as RgbaPicture;
      const seen = mean(effectiveReceptiveField(net, x, { layer: 'conv5' }), { dim: 1, keepDim: true });
      const tiles = [
        { picture: drawn, label: 'receptive fields of the middle elements' },
        {
          picture: pictureGrid(seen, { colormap: 'viridis' }),
          label: '|d conv5 / d pixel|, the middle element',
        },
      ];
      await writeSheet(tiles, path, { columns: 2, width: 448, squares: false, colours: 256 });
    },
  };
}

export function shifts(photos: readonly string[]): Exhibit {
  const errors: string[] = [];
  return {
    name: 'shifts',
    title: 'Where shifting and convolving do not commute',
    caption: () =>
      `How much f(shifted x) differs from shifted f(x), for a photograph that is moved by three pixels to the right; black is no difference. ${errors.join('; ')}. A convolution commutes with shifts; zeros at the border break that along the frame, strides and pooling everywhere but for shifts by whole strides.`,
    async draw(path) {
      const x = mean(await photograph(photos[5] as string, [120, 160]), { dim: 1, keepDim: true });
      manualSeed(2);
      const conv = (options: object) => {
        const layer = new Conv2d(1, 1, 5, { padding: 2, bias: false, ...options });
        layer.weight.assign(sobelLike());
        return layer;
      };
      const cases: [string, (x: Tensor) => Tensor][] = [
        ['circular padding', (y) => conv({ paddingMode: 'circular' }).forward(y)],
        ['zero padding', (y) => conv({}).forward(y)],
        ['stride 2', (y) => conv({ stride: 2, paddingMode: 'circular' }).forward(y)],
        ['mean of 2 x 2', (y) => avgPool2d(y, 2)],
        ['maximum of 2 x 2', (y) => maxPool2d(y, 2)],
        ['maximum of 3 x 3, stride 3', (y) => maxPool2d(y, 3)],
      ];
      const tiles = cases.map(([label, f]): Tile => {
        const { error, map } = equivariance(f, x, { shift: [0, 3] });
        errors.push(`${label} ${error < 1e-5 ? '0' : error.toFixed(2)}`);
        return {
          picture: toImage(map, { scale: error < 1e-5 ? 0 : 255 / error }) as RgbaPicture,
          label: `${label}: at most ${error < 1e-5 ? 0 : error.toFixed(2)}`,
        };
      });
      await writeSheet(tiles, path, { columns: 3, width: 290 });
    },
  };
}

/** A derivative of five by five. */
const sobelLike = () =>
  [-1, -2, 0, 2, 1, -2, -4, 0, 4, 2, -3, -6, 0, 6, 3, -2, -4, 0, 4, 2, -1, -2, 0, 2, 1].map((v) => v / 40);

export function matrices(): Exhibit {
  return {
    name: 'matrices',
    title: 'A convolution is a matrix',
    caption: () =>
      'The 3 x 3 kernel of nine different weights as the matrix that maps all pixels of an 8 x 8 picture to all of the result: a row for each result, a column for each pixel, grey where there is no connection. Every diagonal holds one weight over and over (a Toeplitz matrix of Toeplitz blocks). Padding with zeros cuts bands off, circular padding goes round, a stride of 2 keeps every second row of every second block, dilation spreads the bands.',
    async draw(path) {
      const of = (label: string, options: object): Tile => {
        const conv = new Conv2d(1, 1, 3, options);
        conv.weight.assign([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const matrix = toMatrix(conv, [1, 1, 8, 8]);
        const [rows, columns] = matrix.shape;
        const dense = matrix.toDense().reshape([1, 1, rows, columns]);
        return {
          picture: pictureGrid(dense, { colormap: 'coolwarm', scale: 4 }),
          label: `${label}: ${rows} x ${columns}, ${matrix.values.length} weights`,
        };
      };
      const tiles = [
        of('padding 1', { padding: 1 }),
        of('circular', { padding: 1, paddingMode: 'circular' }),
        of('dilation 2, padding 2', { dilation: 2, padding: 2 }),
        of('no padding', {}),
        of('stride 2, padding 1', { stride: 2, padding: 1 }),
      ];
      await writeSheet(tiles, path, { columns: 3, width: 290 });
    },
  };
}
