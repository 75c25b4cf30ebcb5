/** Pictures on the command line: what is guessed of a model, and the commands that take them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, encodePng } from 'striate/image';
import type { Model, ModelPort } from 'striate/onnx';
import { beforeAll, describe, expect, test } from 'vitest';
import { type PictureOptions, preparationOf } from '../../ts/cli/pictures.ts';
import { UsageError } from '../../ts/cli/problems.ts';
import { floats, message, model } from '../onnx/encode.ts';
import { buildDist } from '../package/installed.ts';
import { folder, striate } from './command.ts';

const port = (shape: ModelPort['shape'], dtype: ModelPort['dtype'] = 'float32', name = 'x'): ModelPort => ({
  name,
  dtype,
  shape,
});
const guessed = (
  shape: ModelPort['shape'],
  given: Partial<PictureOptions> = {},
  output: ModelPort['shape'] = null,
) =>
  preparationOf({ inputs: [port(shape)], outputs: [port(output)] } as unknown as Model, {
    image: [],
    ...given,
  });

describe('what is guessed', () => {
  const unit = 'unit (default)';
  test.each<[string, ModelPort['shape'], Partial<PictureOptions>, string]>([
    ['layout and size', ['N', 3, 224, 200], {}, `224x200, fit stretch, NCHW, rgb, ${unit}`],
    ['channels last', [1, 128, 96, 3], {}, `128x96, fit stretch, NHWC, rgb, ${unit}`],
    ['both may be channels', [1, 3, 3, 3], {}, `3x3, fit stretch, NCHW, rgb, ${unit}`],
    [
      'told otherwise',
      [1, 3, 3, 3],
      { layout: 'nhwc', fit: 'contain', order: 'bgr' },
      `3x3, fit contain, NHWC, bgr, ${unit}`,
    ],
    ['free axes', ['N', 3, 'H', 'W'], {}, `its own size, fit stretch, NCHW, rgb, ${unit}`],
    ['a size', ['N', 3, 'H', 'W'], { size: '32x64' }, `32x64, fit stretch, NCHW, rgb, ${unit}`],
    ['one size for both', ['N', 3, 'H', 'W'], { size: '32' }, `32x32, fit stretch, NCHW, rgb, ${unit}`],
    ['no batch', [3, 20, 30], {}, `20x30, fit stretch, NCHW, rgb, ${unit}`],
    ['a preset', [1, 3, 2, 2], { preset: 'none' }, '2x2, fit stretch, NCHW, rgb, none'],
    [
      'numbers',
      [1, 3, 2, 2],
      { mean: '0.5', std: '1,2,3' },
      `2x2, fit stretch, NCHW, rgb, ${unit}, mean 0.5, std 1 2 3`,
    ],
  ])('%s', (_, shape, given, text) => {
    expect(guessed(shape, given).text).toBe(text);
  });

  test('lines of text: as high as the model says, as wide as they are', () => {
    const { text, sizeOf, options } = guessed(['N', 3, 48, 'W']);
    expect(text).toBe('48 high, fit stretch, NCHW, rgb, signed (default for lines of text)');
    expect(options).toMatchObject({ scale: 1 / 127.5, mean: 1 });
    expect(sizeOf!({ width: 100, height: 20 })).toEqual([48, 240]);
    expect(sizeOf!({ width: 10, height: 20 })).toEqual([48, 48]);
    expect(guessed(['N', 3, 'H', 64]).sizeOf!({ width: 10, height: 20 })).toEqual([128, 64]);
  });

  test('detectors of free sizes', () => {
    const model = { inputs: [port(['N', 3, 'H', 'W'])], outputs: [] } as unknown as Model;
    const { text, sizeOf } = preparationOf(model, { image: [] }, { detects: true });
    expect(text).toBe('its own size, up to 960, in steps of 32, fit contain, NCHW, rgb, unit (default)');
    expect(sizeOf!({ width: 1920, height: 1280 })).toEqual([640, 960]);
    expect(sizeOf!({ width: 100, height: 10 })).toEqual([32, 96]);
    const exported = { ...model, metadata: { imgsz: '[320, 640]' } } as unknown as Model;
    expect(preparationOf(exported, { image: [] }, { detects: true })).toMatchObject({
      text: '320x640, fit contain, NCHW, rgb, unit (default)',
      options: { size: [320, 640], pad: 114 },
    });
  });

  test('ImageNet, of a thousand classes', () => {
    const { text, options } = guessed([1, 3, 224, 224], {}, [1, 1000]);
    expect(text).toBe('224x224, fit stretch, NCHW, rgb, imagenet (default for 1000 classes)');
    expect(options).toMatchObject({
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      channels: 3,
      size: [224, 224],
    });
  });

  test('bytes', () => {
    const model = { inputs: [port([1, 8, 8, 1], 'uint8')], outputs: [] } as unknown as Model;
    expect(preparationOf(model, { image: [] })).toMatchObject({
      text: '8x8, fit stretch, NHWC, rgb, bytes',
      options: { dtype: 'uint8', channels: 1 },
    });
  });

  test.each<[string, () => unknown, string]>([
    [
      'two inputs',
      () =>
        preparationOf(
          {
            inputs: [port([1, 3, 2, 2]), port([1, 3, 2, 2], 'float32', 'y')],
            outputs: [],
          } as unknown as Model,
          { image: [] },
        ),
      "--image: the model has 2 inputs of 3 or 4 axes among 'x', 'y', must have one: give --input",
    ],
    [
      'other channels',
      () => guessed([1, 7, 2, 2]),
      "--image: the input 'x' has 7 channels, must have 1, 3 or 4: give --layout or --input",
    ],
    [
      'a size of three',
      () => guessed([1, 3, 2, 2], { size: '1x2x3' }),
      "--size is '1x2x3', must be HEIGHTxWIDTH",
    ],
    [
      'another preset',
      () => guessed([1, 3, 2, 2], { preset: 'torch' }),
      "--preset is 'torch', must be imagenet or unit or signed or none",
    ],
  ])('not %s', (_, call, sentence) => {
    expect(call).toThrow(new UsageError(sentence));
  });
});

/** The mean of each channel as scores: a picture's colour. */
const colours = Uint8Array.of(
  ...model({
    nodes: [
      { op: 'Conv', name: 'edges', in: ['x', 'w'], out: ['maps'] },
      { op: 'GlobalAveragePool', in: ['maps'], out: ['y'] },
    ],
    weights: [floats('w', [3, 3, 1, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1])],
    inputs: { x: [['batch', 3, 8, 8]] },
  }),
  ...message([
    [
      14,
      message([
        [1, 'names'],
        [2, '["red", "green", "blue"]'],
      ]),
    ],
  ]),
);
const plain = (rgb: readonly number[]) =>
  encodePng({
    width: 20,
    height: 10,
    channels: 3,
    data: Uint8Array.from({ length: 600 }, (_, i) => rgb[i % 3] as number),
  });

describe('the commands', () => {
  beforeAll(async () => {
    await buildDist();
    for (const name of ['pictures', 'none']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'colours.onnx'), colours);
    writeFileSync(join(folder, 'pictures/a.png'), plain([255, 0, 0]));
    writeFileSync(join(folder, 'pictures/b.png'), plain([0, 0, 255]));
    writeFileSync(join(folder, 'pictures/readme.txt'), 'no picture');
    writeFileSync(join(folder, 'broken.png'), plain([1, 2, 3]).subarray(0, 60));
  }, 300_000);

  test('run: all pictures of a folder', async () => {
    const { code, out, err } = await striate([
      'run',
      'colours.onnx',
      '--image',
      'pictures',
      '--top',
      '1',
      '--preset',
      'unit',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.split('\n').filter((line) => !/^ +label/.test(line));
    expect(lines[0]).toBe('prepared: 8x8, fit stretch, NCHW, rgb, unit');
    expect(lines.filter((line) => /\.png/.test(line)).map((line) => line.split('  ')[0])).toEqual([
      'pictures/a.png',
      'pictures/b.png',
    ]);
    expect(lines.filter((line) => /1\.0000/.test(line)).map((line) => line.trim().split(' ')[0])).toEqual([
      'red',
      'blue',
    ]);
  });

  test('run: standard input, several files, JSON', async () => {
    const args = ['run', 'colours.onnx', '--image', '-', 'pictures/b.png', '--json'];
    const { code, out, err } = await striate(args, { input: plain([0, 255, 0]) });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { results, prepared } = JSON.parse(out);
    expect(prepared).toContain('unit (default)');
    expect(
      results.map(({ input, outputs }: { input: string; outputs: { y: { top: { label: string }[] } } }) => [
        input,
        outputs.y.top[0]!.label,
      ]),
    ).toEqual([
      ['-', 'green'],
      ['pictures/b.png', 'blue'],
    ]);
  });

  test.each(['maps', 'edges'])('see: the maps of a layer, by the value or its node: %s', async (layer) => {
    const { code, out, err } = await striate([
      'see',
      'colours.onnx',
      '--image',
      'pictures/a.png',
      '--layer',
      layer,
      '--output',
      'maps.png',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`prepared: 8x8, fit stretch, NCHW, rgb, unit (default)
${layer}: 3 maps of 8x8
written: maps.png, 129x129 pixels
`);
    const { width, height } = await decodeImage(readFileSync(join(folder, 'maps.png')));
    expect([width, height]).toEqual([129, 129]);
  });

  test.each([
    [
      'a picture that is not there',
      ['run', 'colours.onnx', '--image', 'none.png'],
      2,
      /^striate: --image: there is no file 'none\.png'\n$/,
    ],
    [
      'a folder without pictures',
      ['run', 'colours.onnx', '--image', 'none'],
      2,
      /^striate: --image: the folder 'none' holds no pictures \(jpg, png, webp, gif, bmp\)\n$/,
    ],
    [
      'no picture',
      ['run', 'colours.onnx', '--image', 'pictures/readme.txt'],
      1,
      /^striate: pictures\/readme\.txt: decodeImage: .*\n$/,
    ],
    [
      'a damaged picture',
      ['run', 'colours.onnx', '--image', 'broken.png'],
      1,
      /^striate: broken\.png: decodeImage: .*\n$/,
    ],
    [
      'a picture and an array for its input',
      ['run', 'colours.onnx', '--image', 'broken.png', '--input', 'x.npy'],
      2,
      /^striate: --image: the model has 0 inputs of 3 or 4 axes among 'x', must have one: give --input\n$/,
    ],
    [
      'boxes of no picture',
      ['run', 'colours.onnx', '--input', 'x.npy', '--boxes', 'b.png'],
      2,
      /^striate: --boxes and --read are for pictures: give --image FILE\n$/,
    ],
    [
      'boxes in a file of another kind',
      ['run', 'colours.onnx', '--image', 'pictures/a.png', '--boxes', 'b.gif'],
      2,
      /^striate: --boxes is 'b\.gif', must be a folder that is there, or end with \.png or \.jpg\n$/,
    ],
    [
      'boxes of several pictures in one file',
      ['run', 'colours.onnx', '--image', 'pictures', '--boxes', 'b.png'],
      2,
      /^striate: --boxes is 'b\.png', of one picture, but there are 2: name a folder\n$/,
    ],
    [
      'a score above 1',
      ['run', 'colours.onnx', '--image', 'pictures/a.png', '--boxes', 'b.png', '--score', '2'],
      2,
      /^striate: --score is '2', must be a number from 0 to 1\n$/,
    ],
    [
      'no boxes',
      ['run', 'colours.onnx', '--image', 'pictures/a.png', '--boxes', 'b.png'],
      2,
      /^striate: --boxes: the outputs are \[1, 3, 1, 1\], must be [^\n]*\n$/,
    ],
    [
      'several to see',
      ['see', 'colours.onnx', '--image', 'pictures', '--layer', 'maps', '--output', 'm.png'],
      2,
      /^striate: --image names 2 pictures, must name one\n$/,
    ],
    [
      'another ending',
      ['see', 'colours.onnx', '--image', 'broken.png', '--layer', 'maps', '--output', 'm.jpg'],
      2,
      /^striate: --output is 'm\.jpg', must end with \.png\n$/,
    ],
    [
      'what has no maps',
      ['see', 'colours.onnx', '--image', 'pictures/a.png', '--layer', 'none', '--output', 'm.png'],
      1,
      /^striate: Model\.run: .*'none'.*\n$/,
    ],
  ])('%s', async (_, args, code, err) => {
    const ended = await striate(args);
    expect({ code: ended.code, out: ended.out }).toEqual({ code, out: '' });
    expect(ended.err).toMatch(err);
  });
});
