// biome-ignore-all format: a table with a case a line.
/** Files to pixels: each kind against Pillow's values (pictures.py), photographs against sharp, and files that are none. */
import fs from 'node:fs';
import { inflateSync } from 'node:zlib';
import sharp from 'sharp';
import * as image from 'striate/image';
import { type DecodedPicture, decodeImage, decodeJpeg, decodePng } from 'striate/image';
import { describe, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { call, codec, FAULT, lazily, loaded, loadedNow } from '../../ts/image/codec.ts';
import { any } from '../support/wrong.ts';
import { differences, fileOf, names, patched, pictures } from './pictures.ts';

/** libjpeg and zune round each in its way, and libjpeg does not interpolate the chroma of pictures of few columns. */
const tolerance = (name: string) => (name === 'JPEG one column' ? 11 : name.startsWith('JPEG') ? 3 : 0);

describe.each(names)('%s', (name) => {
  test("is as Pillow's", async () => {
    const { width, height, channels, pixels } = pictures[name]!;
    const decoded = await decodeImage(fileOf(name));
    expect([decoded.width, decoded.height, decoded.channels]).toEqual([width, height, channels]);
    const expected = inflateSync(Buffer.from(pixels, 'base64'));
    expect(differences(decoded.data, expected).most).toBeLessThanOrEqual(tolerance(name));
  });

  test('cut off anywhere is an error', async () => {
    const file = fileOf(name);
    const whole = await decodeImage(file);
    const odd: string[] = [];
    for (let length = 16; length < file.length; length++) {
      const result = await decodeImage(file.subarray(0, length)).catch((error: Error) => error);
      if (result instanceof Error) {
        const must = /^decodeImage: bytes is (a \w+ file that ends early|a damaged \w+ file)$/;
        if (!must.test(result.message)) odd.push(`${length}: ${result.message}`);
      } else if (differences(result.data, whole.data).most > 0) odd.push(`${length}: another picture`);
    }
    expect(odd).toEqual([]);
  });
});

test('photographs, as sharp gives them', async () => {
  for (const photo of fetchData({ log: () => {} }).photos) {
    const file = fs.readFileSync(photo);
    const { data, width, height, channels } = await decodeImage(file);
    const { data: expected, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect([width, height, channels]).toEqual([info.width, info.height, info.channels]);
    const { most, mean } = differences(data, expected);
    expect(most).toBeLessThanOrEqual(3);
    expect(mean).toBeLessThan(0.1);
  }
}, 60_000);

test('a decoder of one format gives what decodeImage gives', async () => {
  const first = (format: string) => names.find((name) => name.startsWith(format))!;
  const { decodeBmp, decodeGif, decodeWebp } = image;
  const decoders = { JPEG: decodeJpeg, PNG: decodePng, WebP: decodeWebp, GIF: decodeGif, BMP: decodeBmp };
  for (const [format, decode] of Object.entries(decoders)) {
    const file = fileOf(first(format));
    expect(await decode(file)).toEqual(await decodeImage(file));
  }
});

test('lossy WebP of every size, quality and preset is as libwebp decodes it', async () => {
  const { width, height, data } = await decodeImage(fileOf('WebP lossless'));
  const plain = sharp(data, { raw: { width, height, channels: 3 } });
  for (const [w, h] of [
    ...[[1, 1], [2, 1], [3, 5], [16, 17], [33, 31], [100, 67]],
    ...[[255, 129]],
  ] as const) {
    const large = await plain.clone().resize(w, h, { fit: 'fill' }).raw().toBuffer();
    // Grain, so that blocks have coefficients.
    for (const [i, value] of large.entries()) large[i] = value + ((i * 7919) % 61) - 30;
    for (const options of [
      ...[{ quality: 1 }, { quality: 50 }, { quality: 100 }, { quality: 75, preset: 'text' }],
      ...[{ quality: 30, preset: 'drawing', effort: 6 }, { quality: 90, preset: 'photo', effort: 0 }],
    ] as const) {
      const file = await sharp(large, { raw: { width: w, height: h, channels: 3 } }).webp(options).toBuffer();
      const expected = await sharp(file).raw().toBuffer();
      const found = await decodeImage(file);
      expect(Buffer.compare(found.data, expected), `${w}x${h} ${JSON.stringify(options)}`).toBe(0);
    }
  }
});

test('bytes as users have them', async () => {
  const file = fileOf('PNG rgb');
  const expected = await decodeImage(file);
  const inside = new Uint8Array(file.length + 10);
  inside.set(file, 7);
  const shared = new Uint8Array(new SharedArrayBuffer(file.length));
  shared.set(file);
  const view = inside.subarray(7, 7 + file.length);
  const { buffer, byteOffset, byteLength } = view;
  for (const bytes of [
    view,
    new DataView(buffer, byteOffset, byteLength),
    shared,
    shared.buffer,
    file.slice().buffer,
  ]) {
    expect(await decodeImage(any(bytes))).toEqual(expected);
  }
  // Calls at once take turns.
  const all = await Promise.all(names.map((name) => decodeImage(fileOf(name))));
  expect(all.map(({ width }) => width)).toEqual(names.map((name) => pictures[name]!.width));
});

describe('refused', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  const rgb = fileOf('PNG rgb');
  const grey = fileOf('JPEG grey');
  const sof = grey.findIndex((byte, i) => byte === 0xff && grey[i + 1] === 0xc0);
  const large = [0xff, 0xff, 0xff, 0xff];
  const SUPPORTED = 'must be a JPEG, PNG, WebP, GIF or BMP file';
  const cases: [string, () => Promise<unknown>, string][] = [
    [
      'a path',
      () => decodeImage(any('a.png')),
      "TypeError: decodeImage: bytes is 'a.png', must be a Uint8Array or an ArrayBuffer",
    ],
    [
      'a response',
      () => decodeImage(any(new Response('a'))),
      'TypeError: decodeImage: bytes is a Response, must be a Uint8Array or an ArrayBuffer: give what its arrayBuffer() gives',
    ],
    [
      'nothing',
      () => any(decodeImage)(),
      'TypeError: decodeImage: bytes is undefined, must be a Uint8Array or an ArrayBuffer',
    ],
    [
      'an option that there is not',
      () => decodeImage(rgb, any({ size: 3 })),
      "TypeError: decodeImage: there is no option 'size'; options are maxPixels",
    ],
    [
      'maxPixels of nothing',
      () => decodeImage(rgb, { maxPixels: 0 }),
      'RangeError: decodeImage: maxPixels is 0, must be an integer, from 1 to 9007199254740991',
    ],
    [
      'no bytes',
      () => decodeImage(new Uint8Array(0)),
      `RangeError: decodeImage: bytes is empty, ${SUPPORTED}`,
    ],
    [
      'bytes of nothing',
      () => decodeImage(Uint8Array.of(1, 2, 3, 250, 5)),
      `RangeError: decodeImage: bytes is a file that begins with 01 02 03 fa, ${SUPPORTED}`,
    ],
    [
      'AVIF',
      () => decodeImage(text('\0\0\0\x20ftypavif')),
      `RangeError: decodeImage: bytes is an AVIF file, ${SUPPORTED}`,
    ],
    ['TIFF', () => decodeImage(text('II*\0')), `RangeError: decodeImage: bytes is a TIFF file, ${SUPPORTED}`],
    [
      'a page that says that there is no picture',
      () => decodeImage(text('\n<!doctype html>')),
      `RangeError: decodeImage: bytes is an HTML file, ${SUPPORTED}`,
    ],
    [
      'a PNG file as JPEG',
      () => decodeJpeg(rgb),
      'RangeError: decodeJpeg: bytes is a PNG file, must be a JPEG file',
    ],
    [
      'more pixels than are wanted',
      () => decodeImage(rgb, { maxPixels: 246 }),
      'RangeError: decodeImage: bytes is a PNG file of 19 x 13 pixels, must have at most 246 (maxPixels)',
    ],
    [
      '65535 x 65535, JPEG',
      () => decodeImage(patched('JPEG grey', sof + 5, large)),
      'RangeError: decodeImage: bytes is a JPEG file of 65535 x 65535 pixels, must have at most 64000000 (maxPixels)',
    ],
    [
      '65535 x 65535, GIF',
      () => decodeImage(patched('GIF', 6, large)),
      'RangeError: decodeImage: bytes is a GIF file of 65535 x 65535 pixels, must have at most 64000000 (maxPixels)',
    ],
    [
      '65535 x 65535, BMP',
      () => decodeImage(patched('BMP rgb', 18, [255, 255, 0, 0, 255, 255, 0, 0])),
      'RangeError: decodeImage: bytes is a BMP file of 65535 x 65535 pixels, must have at most 64000000 (maxPixels)',
    ],
    [
      '65535 x 65535 as wanted, JPEG',
      () => decodeImage(patched('JPEG grey', sof + 5, large), { maxPixels: 2 ** 40 }),
      'Error: decodeImage: bytes is a JPEG file that ends early',
    ],
    [
      'more pixels than there is memory for',
      () => decodeImage(patched('BMP RLE8', 18, [255, 255, 0, 0, 255, 255, 0, 0]), { maxPixels: 2 ** 40 }),
      'Error: decodeImage: no memory for this BMP file',
    ],
    [
      'a JPEG file of 12 bits',
      () => decodeImage(patched('JPEG grey', sof + 4, [12])),
      'Error: decodeImage: bytes is a JPEG file with arithmetic or lossless coding, or samples of 12 bits, which is not supported',
    ],
    [
      'a JPEG file with arithmetic coding',
      () => decodeImage(patched('JPEG grey', sof + 1, [0xc9])),
      'Error: decodeImage: bytes is a JPEG file with arithmetic or lossless coding, or samples of 12 bits, which is not supported',
    ],
    [
      'a BMP file with a PNG file inside',
      () => decodeImage(patched('BMP rgb', 30, [5])),
      'Error: decodeImage: bytes is a BMP file with a compression of its own, or a JPEG or PNG file inside, which is not supported',
    ],
    [
      'a wrong checksum',
      () => decodePng(patched('PNG rgb', 20, [1])),
      'Error: decodePng: bytes is a damaged PNG file',
    ],
    [
      'half a file',
      () => decodePng(rgb.subarray(0, 60)),
      'Error: decodePng: bytes is a PNG file that ends early',
    ],
  ];
  test.each(cases)('%s', async (_, run, sentence) => {
    const start = performance.now();
    expect(await run().catch(String)).toBe(sentence);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test('a module that cannot be had: the reason, and the next call tries again', async () => {
  const { bytes, deflated } = await import('../../build/codec/decode-bmp.js');
  let tries = 0;
  const flaky = codec(
    lazily(async () => {
      if (tries++ === 0) throw new Error('the network is away');
      return { bytes, deflated };
    }),
  );
  await expect(loaded('decodeBmp', flaky)).rejects.toThrow(
    "decodeBmp: striate's WebAssembly was refused: the network is away",
  );
  expect(await loaded('decodeBmp', flaky)).toBeInstanceOf(WebAssembly.Module);
});

test("another version's module is refused, and what is no module of striate's", async () => {
  const own = fs.readFileSync(new URL('../../build/codec/decode-bmp.wasm', import.meta.url));
  const { version } = JSON.parse(fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const old = Buffer.from(own);
  const at = old.lastIndexOf(`${version} decode-bmp`);
  old.write(version.replace(/\d/g, '0'), at);
  // The section that says it is the last one: its number, its size, the length of its name, its name.
  const bare = own.subarray(0, at - 'striate'.length - 3);
  const moduleOf = (bytes: Buffer) => codec(() => new WebAssembly.Module(Uint8Array.from(bytes)));
  await expect(loaded('decodeBmp', moduleOf(old))).rejects.toThrow(
    `decodeBmp: decode-bmp.wasm is of striate 0.0.0, must be of striate ${version}`,
  );
  await expect(loaded('decodeBmp', moduleOf(bare))).rejects.toThrow(
    `decodeBmp: the codec's module is no file of striate, must be of striate ${version}`,
  );
  expect(() => loadedNow('encodePng', moduleOf(old))).toThrow(
    `encodePng: decode-bmp.wasm is of striate 0.0.0, must be of striate ${version}`,
  );
  expect(await loaded('decodeBmp', moduleOf(own))).toBeInstanceOf(WebAssembly.Module);
});

describe('the instance', () => {
  const jpeg = codec(lazily(() => import('../../build/codec/decode-jpeg.js')));
  const decode = async (file: Uint8Array, maxPixels = 1e9) =>
    call(jpeg, await loaded('test', jpeg), file, (wasm) => wasm.decode(maxPixels));

  test('stays, with nothing allocated, also after a damaged file', async () => {
    await decode(fileOf('JPEG 4:2:0'));
    const first = jpeg.instance;
    expect(first?.live_bytes()).toBe(0);
    expect((await decode(fileOf('JPEG 4:2:0').subarray(0, 300))).fault).toBe(FAULT.endsEarly);
    expect(jpeg.instance).toBe(first);
    expect(first?.live_bytes()).toBe(0);
  });

  test('goes after a trap, and the next file finds another', async () => {
    const trapped = call(jpeg, await loaded('test', jpeg), fileOf('JPEG grey'), () => {
      throw new WebAssembly.RuntimeError('unreachable');
    });
    expect(trapped.fault).toBe(FAULT.damaged);
    expect(String(trapped.cause)).toMatch('unreachable');
    expect(jpeg.instance).toBe(null);
    expect((await decode(fileOf('JPEG grey'))).fault).toBe(0);
  });

  test('goes when it has grown large', async () => {
    const side = 4000;
    const file = await sharp({ create: { width: side, height: side, channels: 3, background: 'teal' } })
      .jpeg()
      .toBuffer();
    expect((await decode(file)).data.length).toBe(side * side * 3);
    expect(jpeg.instance).toBe(null);
  });
});

test('the type of what comes', async () => {
  const picture: DecodedPicture = await decodeImage(fileOf('PNG rgb'));
  expect(Object.keys(picture)).toEqual(['data', 'width', 'height', 'channels']);
  expect(picture.data).toBeInstanceOf(Uint8Array);
});
