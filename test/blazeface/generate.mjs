// Makes the reference values of the two BlazeFace models: node test/blazeface/generate.mjs
//
//   photoN.png     the photograph sampleN.jpg, 256 x 256 with black bars: what the 256 pixel model sees. The 128 pixel
//                  model sees it halved: per channel (a + b + c + d + 2) >> 2 of each 2 x 2 pixels. A lossless picture,
//                  so no test depends on how a JPEG decoder or a resampler rounds. A byte v is the input v / 127.5 - 1.
//   front.values   what onnxruntime-web gives for the six photographs, one after the other: each output in the model's
//   back.values    order, float32, exact. Stored as all lowest bytes, then all second ones and so on (neighbours are
//                  alike there), deflated.
//
// The photographs are from the npm package @vladmandic/face-api (MIT, Vladimir Mandic).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { benchModules } from '../../scripts/lib/modules.mjs';

const SIZE = 256;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

function halve(pixels, size) {
  const half = size / 2;
  const row = size * 3;
  return Uint8Array.from({ length: half * half * 3 }, (_, i) => {
    const channel = i % 3;
    const column = Math.floor(i / 3) % half;
    const at = Math.floor(i / 3 / half) * 2 * row + column * 6 + channel;
    return (pixels[at] + pixels[at + 3] + pixels[at + row] + pixels[at + row + 3] + 2) >> 2;
  });
}

function store(name, floats) {
  const bytes = new Uint8Array(floats.buffer);
  const planes = bytes.map((_, i) => bytes[(i % floats.length) * 4 + Math.floor(i / floats.length)]);
  writeFileSync(here(name), deflateRawSync(planes, { level: 9 }));
}

await benchModules();
const onnxruntime = await import('../../bench/peers/onnxruntime-web.mjs');
onnxruntime.start({ threads: 1 });
const { models, photos } = fetchData();
const inputs = [];
for (const [i, photo] of photos.entries()) {
  const name = here(`photo${i + 1}.png`);
  await sharp(photo)
    .rotate()
    .resize(SIZE, SIZE, { fit: 'contain', background: 'black' })
    .removeAlpha()
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toFile(name);
  inputs.push(await sharp(name).raw().toBuffer());
}

for (const [name, size] of [
  ['front', SIZE / 2],
  ['back', SIZE],
]) {
  const session = await onnxruntime.createSession(readFileSync(models[name]));
  const values = [];
  for (const pixels of inputs) {
    const seen = size === SIZE ? pixels : halve(pixels, SIZE);
    const input = Float32Array.from(seen, (v) => v / 127.5 - 1);
    const outputs = await session.run({
      [session.inputNames[0]]: new onnxruntime.Tensor('float32', input, [1, size, size, 3]),
    });
    for (const output of session.outputNames) values.push(...outputs[output].data);
  }
  store(`${name}.values`, Float32Array.from(values));
  await session.release();
}
