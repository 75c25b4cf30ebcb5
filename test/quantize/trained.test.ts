/** What trained nets are worth on integers: digits that were held back, and the faces of six photographs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scope, type Tensor } from 'striate';
import { readSafetensors } from 'striate/files';
import { loadModel } from 'striate/onnx';
import { type QuantizeOptions, quantize } from 'striate/quantize';
import { accuracy } from 'striate/train';
import { expect, test } from 'vitest';
import { FaceDetector } from '../../examples/faces/detect.ts';
import { readPhoto } from '../../examples/faces/photo.ts';
import { type FoundFace, findFaces } from '../../examples/faces/search.ts';
import { Stopwatch } from '../../examples/faces/stopwatch.ts';
import { chooseViews } from '../../examples/faces/views.ts';
import { digits } from '../../examples/train-digits.ts';
import { digitNet } from '../../playground/src/digits/net.ts';
import { fetchData, fetchDigits } from '../../scripts/fetch-data.mjs';
import { withRuntime } from '../support/runtime.ts';

withRuntime('digits', () => {
  test.each<QuantizeOptions>([
    {},
    { method: 'percentile' },
    { method: 'mse' },
    { bits: 7 },
    { keepHeads: false },
  ])(
    'by %o no more than 0.3 points of 2000 that were held back are lost',
    async (options) => {
      const net = digitNet();
      const { tensors } = readSafetensors(
        new Uint8Array(readFileSync('playground/models/digits.safetensors')),
      );
      net.loadStateDict(tensors);
      for (const one of Object.values(tensors)) one.dispose();
      net.eval();
      const files = fetchDigits({ log: () => {} });
      const [seen, seenClasses] = digits(files, (i) => i % 250 === 1);
      const [x, y] = digits(files, (i) => i % 5 === 0);
      const q = await quantize(net, [seen], options);
      const [before, after] = [
        (one: Tensor) => net.run(one),
        (one: Tensor) => q.run(one).output as Tensor,
      ].map((run) => scope(() => accuracy(run(x), y))) as [number, number];
      expect(before).toBeGreaterThan(0.98);
      expect(after).toBeGreaterThanOrEqual(before - 0.003);
      for (const one of [net, seen, seenClasses, x, y, q]) one.dispose();
    },
    60_000,
  );
});

/** The part that two boxes share of their union. */
function overlap(a: FoundFace, b: FoundFace): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (one: FoundFace) => (one.right - one.left) * (one.bottom - one.top);
  return (width * height) / (area(a) + area(b) - width * height);
}

withRuntime('faces', () => {
  test('of six photographs are all found, where they were', async () => {
    const { models, photos } = fetchData({ log: () => {} });
    const folder = mkdtempSync(join(tmpdir(), 'striate-quantized-'));
    const detector = await FaceDetector.load(models.front);
    const pictures = await Promise.all(photos.map(readPhoto));
    const views = pictures.flatMap((photo) =>
      chooseViews(photo, 'front').map((view) => detector.input(photo, view)),
    );
    const model = await loadModel(models.front);
    const q = await quantize(model, views);
    writeFileSync(join(folder, 'integers.onnx'), q.toOnnx());
    const integers = await FaceDetector.load(join(folder, 'integers.onnx'));
    for (const photo of pictures) {
      const find = (one: FaceDetector) => findFaces(photo, new Map([['front', one]]), 0.75, new Stopwatch());
      const [expected, found] = [await find(detector), await find(integers)];
      for (const face of expected)
        expect(Math.max(0, ...found.map((other) => overlap(face, other)))).toBeGreaterThan(0.9);
    }
    rmSync(folder, { recursive: true, force: true });
    for (const one of [detector, integers, model, q, ...views]) one.dispose();
  }, 120_000);
});
