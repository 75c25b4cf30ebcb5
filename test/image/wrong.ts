// biome-ignore-all format: a table with a case a line.
/** Wrong calls of `striate/image` and `striate/analyze`. */
import { ones, zeros } from 'striate';
import { boxBlur, filter, gabor, gaussian, pictureGrid, sobel } from 'striate/analyze';
import { drawBoxes, fromImage, imageTransform, toImage } from 'striate/image';
import { any, gone, type Wrong } from '../support/wrong.ts';

const grey = { data: new Uint8Array(12), width: 4, height: 3 };
const MUST = '{ data, width, height }, an ImageData, or what a browser draws: an image, a video, a canvas, an ImageBitmap, a VideoFrame';
/** What a browser has, as far as it is looked at. */
const held = (tag: string, size: object) => any({ [Symbol.toStringTag]: tag, ...size });
const transform = (options: object) => imageTransform(grey, any(options));

const sources: Wrong[] = [
  ['a picture that is a path', () => drawBoxes(any('a.png'), []), TypeError, `drawBoxes: image is 'a.png', must be ${MUST}`],
  ['a picture that is bytes of a file', () => drawBoxes(any(new Uint8Array(9)), []), TypeError, `drawBoxes: image is a Uint8Array, must be ${MUST}`],
  ['a picture without a size', () => drawBoxes(any({ data: grey.data }), []), TypeError, `drawBoxes: image is an Object, must be ${MUST}`],
  ['a picture without rows', () => drawBoxes({ ...grey, height: 0 }, []), RangeError, 'drawBoxes: image.height is 0, must be an integer, at least 1'],
  ['a picture of numbers', () => drawBoxes(any({ ...grey, data: [1, 2] }), []), TypeError, 'drawBoxes: image.data is [1, 2], must be a Uint8Array or Uint8ClampedArray'],
  ['a picture of floats', () => drawBoxes(any({ ...grey, data: new Float32Array(12) }), []), TypeError, 'drawBoxes: image.data is a Float32Array, must be a Uint8Array or Uint8ClampedArray'],
  ['a picture with bytes too few', () => drawBoxes({ ...grey, width: 5 }, []), RangeError, 'drawBoxes: image.data has 12 bytes, must have from 1 to 4 for each of 5 x 3 pixels'],
  ['a picture of other channels', () => drawBoxes({ ...grey, channels: 3 }, []), RangeError, 'drawBoxes: image.data has 12 bytes, must have 3 for each of 4 x 3 pixels'],
  ['a picture of five channels', () => drawBoxes({ ...grey, channels: 5 }, []), RangeError, 'drawBoxes: image.channels is 5, must be an integer, from 1 to 4'],
  ['an image that is not loaded', () => imageTransform(held('HTMLImageElement', { naturalWidth: 0, naturalHeight: 0 })), RangeError, 'imageTransform: source is an Object of 0 x 0 pixels, must be loaded and not closed'],
  ['a canvas where there is none', () => drawBoxes(held('ImageBitmap', { width: 1, height: 1 }), []), Error, "drawBoxes: the pixels of image, an Object, cannot be read: Cannot read properties of undefined (reading 'createElement')"],
];

const transforms: Wrong[] = [
  ['a transform of nothing', () => any(imageTransform)(), TypeError, `imageTransform: source is undefined, must be ${MUST}`],
  ['an option that there is not', () => transform({ resize: 2 }), TypeError, "imageTransform: there is no option 'resize'; options are size, fit, crop, interpolation, antialias, channels, order, layout, scale, mean, std, pad, dtype"],
  ['a size that is a number', () => transform({ size: 2 }), TypeError, 'imageTransform: size is 2, must be an array of integers: write [2]'],
  ['a size of three', () => transform({ size: [1, 2, 3] }), RangeError, 'imageTransform: size has 3 entries, must have 2'],
  ['a fit of another name', () => transform({ fit: 'fill' }), RangeError, "imageTransform: fit is 'fill', must be 'stretch' or 'contain' or 'cover'"],
  ['an interpolation of another name', () => transform({ interpolation: 'lanczos' }), RangeError, "imageTransform: interpolation is 'lanczos', must be 'bilinear' or 'bicubic'"],
  ['an antialias that is a number', () => transform({ antialias: 1 }), TypeError, 'imageTransform: antialias is 1, must be true or false'],
  ['two channels', () => transform({ channels: 2 }), RangeError, 'imageTransform: channels is 2, must be 1, 3 or 4'],
  ['a pad beyond a byte', () => transform({ pad: 256 }), RangeError, 'imageTransform: pad is 256, must be an integer, from 0 to 255'],
  ['a crop that is a number', () => transform({ crop: 1 }), TypeError, 'imageTransform: crop is 1, must be an array of 4 numbers'],
  ['a crop of two', () => transform({ crop: [1, 2] }), RangeError, 'imageTransform: crop has 2 entries, must have 4'],
  ['a crop of NaN', () => transform({ crop: [0, 0, 1, Number.NaN] }), RangeError, 'imageTransform: crop[3] is NaN, must be a number'],
  ['a crop beyond the picture', () => transform({ crop: [1, 0, 4, 3] }), RangeError, 'imageTransform: crop is [1, 0, 4, 3], must lie within 4 x 3 pixels'],
  ['a crop of nothing', () => transform({ crop: [1, 0, 0, 3] }), RangeError, 'imageTransform: crop is [1, 0, 0, 3], must lie within 4 x 3 pixels'],
  ['a scale without end', () => transform({ scale: Infinity }), RangeError, 'imageTransform: scale is Infinity, must be finite'],
  ['means for two channels', () => transform({ mean: [1, 2] }), RangeError, 'imageTransform: mean has 2 entries, must have 3'],
  ['a deviation of 0', () => transform({ std: [1, 0, 1] }), RangeError, 'imageTransform: std is [1, 0, 1], must be other than 0'],
  ['a scale of bytes', () => transform({ dtype: 'uint8', scale: 1 }), RangeError, "imageTransform: scale is given, must be left out with dtype 'uint8'"],
  ['a point that is a number', () => transform({}).toInput(any(1)), TypeError, 'toInput: point is 1, must be an array of 2 numbers'],
  ['an input beyond memory', () => fromImage(grey, { size: [50000, 50000] }), RangeError, 'fromImage: shape 1x3x50000x50000 has more than 2^31 - 1 bytes'],
  ['an input of another option', () => fromImage(grey, any({ width: 3 })), TypeError, "fromImage: there is no option 'width'; options are size, fit, crop, interpolation, antialias, channels, order, layout, scale, mean, std, pad, dtype"],
  ['a point of one', () => transform({}).toSource(any([1])), RangeError, 'toSource: point has 1 entry, must have 2'],
];

const drawing: Wrong[] = [
  ['boxes that are one', () => drawBoxes(grey, any({ box: [0, 0, 1, 1] })), TypeError, 'drawBoxes: boxes is an Object, must be an array of { box, label?, color? }'],
  ['a box without its name', () => drawBoxes(grey, any([[0, 0, 1, 1]])), TypeError, 'drawBoxes: boxes[0].box is undefined, must be an array of 4 numbers'],
  ['a box that is a number', () => drawBoxes(grey, any([1])), TypeError, 'drawBoxes: boxes[0] is 1, must be { box, label?, color? }'],
  ['a label that is a number', () => drawBoxes(grey, any([{ box: [0, 0, 1, 1], label: 1 }])), TypeError, 'drawBoxes: boxes[0].label is 1, must be a text'],
  ['a color by its name', () => drawBoxes(grey, [{ box: [0, 0, 1, 1], color: 'red' }]), TypeError, "drawBoxes: boxes[0].color is 'red', must be '#rrggbb' or [red, green, blue]"],
  ['a color of two', () => drawBoxes(grey, any([{ box: [0, 0, 1, 1], color: [1, 2] }])), RangeError, 'drawBoxes: boxes[0].color has 2 entries, must have 3'],
];

const pictures: Wrong[] = [
  ['a picture of no tensor', () => toImage(any([1])), TypeError, 'toImage: t is [1], must be a Tensor'],
  ['a picture of what is gone', () => toImage(gone()), TypeError, 'toImage: t is disposed'],
  ['a picture of two channels', () => toImage(ones([1, 2, 3, 3])), RangeError, 'toImage: t has shape [1, 2, 3, 3], must be [N, channels, height, width] of 1, 3 or 4 channels'],
  ['a picture in the other layout', () => toImage(ones([1, 3, 5, 5]), { layout: 'NHWC' }), RangeError, 'toImage: t has shape [1, 3, 5, 5], must be [N, height, width, channels] of 1, 3 or 4 channels'],
  ['a batch of none', () => toImage(zeros([0, 3, 2, 2])), RangeError, 'toImage: t holds 0 pictures, must hold one'],
  ['a picture that there is not', () => toImage(ones([2, 3, 2, 2]), { index: 2 }), RangeError, 'toImage: index is 2, must be an integer, from 0 to 1'],
  ['a grid of no tensor', () => pictureGrid(any(1)), TypeError, 'pictureGrid: t is 1, must be a Tensor'],
  ['a grid of what is gone', () => pictureGrid(gone()), TypeError, 'pictureGrid: t is disposed'],
  ['a grid of a row', () => pictureGrid(ones([3])), RangeError, 'pictureGrid: t has shape [3], must have 4 axes of at least 1'],
  ['a grid of nothing', () => pictureGrid(zeros([1, 0, 2, 2])), RangeError, 'pictureGrid: t has shape [1, 0, 2, 2], must have 4 axes of at least 1'],
  ['a grid without columns', () => pictureGrid(ones([1, 2, 2, 2]), { columns: 0 }), RangeError, 'pictureGrid: columns is 0, must be an integer, at least 1'],
  ['a grid in colours that there are not', () => pictureGrid(ones([1, 2, 2, 2]), { colormap: any('jet') }), RangeError, "pictureGrid: colormap is 'jet', must be 'gray' or 'viridis' or 'coolwarm'"],
  ['a grid with a legend of a text', () => pictureGrid(ones([1, 2, 2, 2]), { legend: any('yes') }), TypeError, "pictureGrid: legend is 'yes', must be true or false"],
  ['a grid beyond all pictures', () => pictureGrid(ones([1, 2, 2, 2]), { scale: 20000 }), RangeError, 'pictureGrid: the picture would have 80001 x 40000 pixels, must have fewer than 2^29'],
];

const filters: Wrong[] = [
  ['a filter of no tensor', () => filter(any([1]), sobel()), TypeError, 'filter: x is [1], must be a Tensor'],
  ['a filter of a row', () => filter(ones([3]), sobel()), RangeError, 'filter: x has shape [3], must be [N, C, H, W]'],
  ['a filter by a weight', () => filter(ones([1, 1, 5, 5]), ones([1, 1, 3, 3])), RangeError, 'filter: kernel has shape [1, 1, 3, 3], must be [kh, kw]'],
  ['a filter by nothing', () => filter(ones([1, 1, 5, 5]), zeros([0, 3])), RangeError, 'filter: kernel has shape [0, 3], must be [kh, kw]'],
  ['a filter with another option', () => filter(ones([1, 1, 5, 5]), sobel(), any({ padding: 1 })), TypeError, "filter: there is no option 'padding'; options are paddingMode"],
  ['a derivative along another axis', () => sobel({ axis: any('z') }), RangeError, "sobel: axis is 'z', must be 'x' or 'y'"],
  ['a bell without width', () => gaussian({ sigma: 0 }), RangeError, 'gaussian: sigma is 0, must be above 0 and finite'],
  ['a bell of a million', () => gaussian({ sigma: 1e6 }), RangeError, 'gaussian: size is 6000001, must be an integer, from 1 to 16384'],
  ['a wave without length', () => gabor({ wavelength: -1 }), RangeError, 'gabor: wavelength is -1, must be above 0 and finite'],
  ['a wave without an angle', () => gabor({ theta: any('x') }), TypeError, "gabor: theta is 'x', must be a number"],
  ['a mean of nothing', () => boxBlur(0), RangeError, 'boxBlur: size is 0, must be an integer, at least 1'],
];

export const imageCases: readonly Wrong[] = [...sources, ...transforms, ...drawing, ...pictures, ...filters];
