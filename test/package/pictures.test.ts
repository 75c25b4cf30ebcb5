/** fromImage of everything that a browser draws, in headless Chromium. */
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { inChromium } from './browser.ts';
import { buildDist, root } from './installed.ts';

beforeAll(async () => {
  await buildDist();
}, 300_000);

/** Four colours in squares of 32 x 32: red, green, and below blue, half transparent orange. */
const SCRIPT = `
import { init, scope } from './index.js';
import { fromImage, imageTransform, toImage } from './image.js';
await init();
const draw = (canvas) => {
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, 64, 64);
  for (const [i, color] of ['#ff0000', '#00ff00', '#0000ff', 'rgba(255, 128, 0, 0.5)'].entries()) {
    context.fillStyle = color;
    context.fillRect((i % 2) * 32, (i >> 1) * 32, 32, 32);
  }
  return canvas;
};
const page = draw(Object.assign(document.createElement('canvas'), { width: 64, height: 64 }));
const offscreen = draw(new OffscreenCanvas(64, 64));
const image = new Image();
image.src = page.toDataURL();
await image.decode();
const video = Object.assign(document.createElement('video'), { muted: true, srcObject: page.captureStream() });
// A stream has a frame whenever something is drawn.
const drawing = setInterval(() => draw(page), 20);
await video.play();
clearInterval(drawing);
const imageData = page.getContext('2d').getImageData(0, 0, 64, 64);
const gl = new OffscreenCanvas(64, 64);
const context = gl.getContext('webgl', { preserveDrawingBuffer: true });
if (context) {
  context.clearColor(0, 0, 1, 1);
  context.clear(context.COLOR_BUFFER_BIT);
}
const inner = Object.assign(document.createElement('iframe'), { srcdoc: '' });
document.body.append(inner);
const foreign = draw(Object.assign(inner.contentDocument.createElement('canvas'), { width: 64, height: 64 }));
const sources = {
  imageData,
  plain: { data: imageData.data, width: 64, height: 64 },
  bitmap: await createImageBitmap(page),
  image,
  video,
  page,
  offscreen,
  foreign,
  frame: new VideoFrame(offscreen, { timestamp: 0 }),
};
/** The middles of the squares. */
const colors = (source, options = {}) => scope(() => {
  const t = fromImage(source, { layout: 'NHWC', dtype: 'uint8', ...options });
  const [, height, width, channels] = t.shape;
  return [[16, 16], [48, 16], [16, 48], [48, 48]].map(([x, y]) => {
    const at = (Math.floor((y * height) / 64) * width + Math.floor((x * width) / 64)) * channels;
    return [...t.data.subarray(at, at + channels)];
  });
});
const found = {};
for (const [name, source] of Object.entries(sources)) {
  const shapes = imageTransform(source, { size: [32, 32] }).scale;
  found[name] = { shapes, full: colors(source, { channels: 4 }), small: colors(source, { size: [8, 8] }) };
}
const fail = (source) => { try { fromImage(source); return 'no error'; } catch (error) { return String(error); } };
const closed = await createImageBitmap(page);
closed.close();
const wide = new ImageData(64, 64, { colorSpace: 'display-p3' });
for (let i = 0; i < 64 * 64; i++) wide.data.set([200, 100, 50, 255], i * 4);
const back = scope(() => toImage(fromImage(imageData, { channels: 4 })));
done(JSON.stringify({
  found,
  gl: context ? colors(gl)[0] : [0, 0, 255],
  wide: colors(wide)[0],
  same: String(back.data) === String(imageData.data) && new ImageData(back.data, back.width).height,
  errors: [fail(new Image()), fail(closed), fail(document.createElement('video')), fail(document.body)],
}));`;

const linear = (byte: number) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};
const encoded = (value: number) =>
  255 * (value <= 0.0031308 ? Math.max(0, value) * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);

test('what a browser draws is a picture', async () => {
  const page = `<!doctype html><link rel="icon" href="data:,"><body><script type="module">${SCRIPT}</script>`;
  const text = await inChromium(path.join(root, 'dist'), page);
  const { found, gl, wide, same, errors } = JSON.parse(text);
  const expected = [
    [255, 0, 0, 255],
    [0, 255, 0, 255],
    [0, 0, 255, 255],
    [255, 128, 0, 128],
  ];
  expect(Object.keys(found)).toHaveLength(9);
  for (const [name, { shapes, full, small }] of Object.entries<Record<string, number[][]>>(found)) {
    expect(shapes, name).toEqual([0.5, 0.5]);
    // A video's frame has no alpha, and a stream's colours are those of its encoding.
    const near = name === 'video' ? 8 : 1;
    for (const [i, color] of expected.entries()) {
      if (/video|frame/.test(name) && i === 3) continue;
      for (const [c, value] of color.entries()) {
        expect(Math.abs(full![i]![c]! - value), `${name}, ${i}`).toBeLessThanOrEqual(near);
        if (c < 3) expect(Math.abs(small![i]![c]! - value), `${name}, ${i}`).toBeLessThanOrEqual(near);
      }
    }
  }
  expect(gl).toEqual([0, 0, 255]);
  expect(same).toBe(64);
  // Display P3 to sRGB: the primaries' matrix.
  const [r, g, b] = [200, 100, 50].map(linear) as [number, number, number];
  const srgb = [1.2249 * r - 0.2247 * g, -0.042 * r + 1.0419 * g, -0.0196 * r - 0.0786 * g + 1.0979 * b].map(
    encoded,
  );
  for (const [c, value] of srgb.entries()) expect(Math.abs(wide[c] - value)).toBeLessThanOrEqual(2);
  expect(errors).toEqual([
    'RangeError: fromImage: source is a HTMLImageElement of 0 x 0 pixels, must be loaded and not closed',
    'RangeError: fromImage: source is an ImageBitmap of 0 x 0 pixels, must be loaded and not closed',
    'RangeError: fromImage: source is a HTMLVideoElement of 0 x 0 pixels, must be loaded and not closed',
    expect.stringContaining(
      'TypeError: fromImage: source is a HTMLBodyElement, must be { data, width, height }',
    ),
  ]);
}, 120_000);
