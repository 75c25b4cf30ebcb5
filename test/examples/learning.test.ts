/** The examples that learn, in a short form. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { zeros } from 'striate';
import { readSafetensors } from 'striate/files';
import { expect, test } from 'vitest';
import { denoise } from '../../examples/denoise.ts';
import { fineTune } from '../../examples/fine-tune.ts';
import { KERNELS, learnKernel } from '../../examples/learn-kernel.ts';
import { KINDS, makeNet, netFile, trainClothes } from '../../examples/train-clothes.ts';
import { trainDigits } from '../../examples/train-digits.ts';
import { fetchData, fetchDigits } from '../../scripts/fetch-data.mjs';
import { withRuntime } from '../support/runtime.ts';

withRuntime('examples that learn', () => {
  test.each(Object.entries(KERNELS))('learn-kernel finds %s to three digits', (_, kernel) => {
    const lines: string[] = [];
    const found = learnKernel(kernel, 200, (line) => lines.push(line));
    expect(lines.length).toBe(20);
    for (const [i, row] of found.entries()) {
      for (const [j, value] of row.entries()) expect(Math.abs(value - kernel[i]![j]!)).toBeLessThan(5e-4);
    }
  });

  test('train-digits learns from every eighth digit', async () => {
    const history = await trainDigits(fetchDigits({ log: () => {} }), { epochs: 2, thin: 8 });
    expect(history.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(history[1]!.validation!.accuracy).toBeGreaterThan(0.8);
  });

  test('train-clothes learns from files in the form of Fashion-MNIST, which hold digits here; the saved net is the same', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'striate-clothes-'));
    const digits = fetchDigits({ log: () => {} }).map(
      (file) => (JSON.parse(readFileSync(file, 'utf8')) as { data: number[] }).data,
    );
    const write = (part: string, from: number, to: number) => {
      const images = digits.flatMap((data) =>
        data.slice(784 * from, 784 * to).map((one) => Math.round(255 * one)),
      );
      const count = images.length / 784;
      const sizes = (...of: number[]) => of.flatMap((size) => [0, 0, size >> 8, size & 255]);
      const labels = Array.from({ length: count }, (_, i) => Math.floor(i / (to - from)));
      const put = (name: string, head: number[], data: number[]) =>
        writeFileSync(
          path.join(folder, `${part}-${name}-ubyte.gz`),
          gzipSync(Uint8Array.from([...head, ...data])),
        );
      put('images-idx3', [0, 0, 8, 3, ...sizes(count, 28, 28)], images);
      put('labels-idx1', [0, 0, 8, 1, ...sizes(count)], labels);
    };
    write('train', 0, 120);
    write('t10k', 120, 140);
    const { net, history, found } = await trainClothes(folder, { epochs: 2 });
    rmSync(folder, { recursive: true });
    expect(history.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(found.samples).toBe(200);
    expect(found.accuracy).toBe(history[1]!.validation!.accuracy);
    expect(found.accuracy).toBeGreaterThan(0.6);
    expect(found.classes.map(({ name }) => name)).toEqual(KINDS);
    const { tensors, metadata } = readSafetensors(netFile(net));
    expect(metadata.kinds).toBe(KINDS.join(', '));
    const other = makeNet();
    other.loadStateDict(tensors);
    const x = zeros([1, 1, 28, 28]);
    const [is, must] = [other, net].map((one) => one.eval().run(x));
    expect(is!.toArray()).toEqual(must!.toArray());
    for (const one of [x, is, must, other, net, ...Object.values(tensors)]) one!.dispose();
  }, 300_000);

  test('fine-tune learns a head from two photographs, and knows the faces of a third', async () => {
    const { models, photos } = fetchData({ log: () => {} });
    const { found, squares, onnx } = await fineTune(
      { models, photos: photos.slice(3) },
      { epochs: 1, perFace: 3, held: 1 },
    );
    expect(found.accuracy).toBeGreaterThan(0.85);
    // What the exported network says is what the net says.
    const right = squares.filter(({ isFace, score }) => isFace === score > 0.5).length;
    expect(right / squares.length).toBeCloseTo(found.accuracy, 9);
    expect(onnx.length).toBeGreaterThan(100_000);
  }, 300_000);

  test('denoise learns in 50 steps to take some of the noise out of another photograph', async () => {
    const { photos } = fetchData({ log: () => {} });
    const { before, after, pictures } = await denoise(photos.slice(4), { epochs: 1, perPhoto: 400 });
    expect(before).toBeCloseTo(20.7, 0);
    expect(after).toBeGreaterThan(before + 1.5);
    for (const one of pictures) one.dispose();
  }, 300_000);
});
