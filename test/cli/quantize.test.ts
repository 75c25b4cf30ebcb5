/** `striate quantize`: pictures of a folder in, a model on integers and what it costs and changes out. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { floats, model as modelBytes } from '../onnx/encode.ts';
import { buildDist, root } from '../package/installed.ts';
import { folder, striate } from './command.ts';

const wave = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(1 + i * i) / 3);

beforeAll(async () => {
  await buildDist();
  writeFileSync(
    join(folder, 'net.onnx'),
    modelBytes({
      nodes: [
        { op: 'Conv', in: ['x', 'w', 'b'], out: ['a'], name: 'first', attributes: { strides: [2, 2] } },
        { op: 'Relu', in: ['a'], out: ['c'], name: 'relu' },
        { op: 'Conv', in: ['c', 'v'], out: ['d'], name: 'second' },
        { op: 'GlobalAveragePool', in: ['d'], out: ['e'], name: 'mean' },
        { op: 'Flatten', in: ['e'], out: ['y'], name: 'flat' },
      ],
      weights: [
        floats('w', [8, 3, 3, 3], wave(216)),
        floats('b', [8], wave(8)),
        floats('v', [5, 8, 1, 1], wave(40)),
      ],
      inputs: { x: [['n', 3, 32, 32]] },
      outputs: ['y'],
    }),
  );
  mkdirSync(join(folder, 'pictures'));
  for (const i of [1, 2, 3])
    copyFileSync(join(root, `test/blazeface/photo${i}.png`), join(folder, `pictures/${i}.png`));
}, 300_000);

describe('quantize', () => {
  const args = ['quantize', 'net.onnx', '--images', 'pictures', '--runs', '1'];

  test('a report, a file that the other commands take, and what it costs and changes', async () => {
    const { code, out, err } = await striate([...args, '--output', 'net.striate']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const same = out
      .replaceAll(/[\d.]+ (ms|kB|B)/g, 'N $1')
      .replaceAll(/\b[\d.]+ dB$/gm, 'N dB')
      .replaceAll(/int8 +[\d.]+ +[\d.]+/g, 'int8 N N')
      .replaceAll(/ +/g, ' ');
    expect(same).toMatch(
      /^2 of 2 layers on integers; ranges by minmax of 3 inputs, weights of 8 bits\n\nlayer operator runs on dB alone dB in model bytes before\nfirst Conv int8 N N 320 896\nsecond Conv int8 N N 105 160\nconstants \d+ 1,056\n\noutput y: N dB\n\nwritten: net.striate\n\nfile bytes first run run\nnet.onnx N kB N ms N ms\nnet.striate N kB N ms N ms\n\nlargest difference on these pictures: [\d.]+ of the output's largest value; the same best class in 3 of 3\n$/,
    );
    const run = await striate(['run', 'net.striate', '--image', 'pictures/1.png', '--json']);
    expect(run.code).toBe(0);
  });

  test('a file of ONNX, and JSON; layers that stay in floats', async () => {
    const { code, out } = await striate([
      ...args,
      ...['--output', 'integers.onnx', '--json', '--method', 'mse', '--exclude', 'second', '--bits', '7'],
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      output: 'integers.onnx',
      pictures: 3,
      agreement: { same: 3, rows: 3 },
      report: {
        method: 'mse',
        bits: 7,
        layers: [{ precision: 'int8' }, { name: 'second', reason: 'excluded' }],
      },
    });
    expect(readFileSync(join(folder, 'integers.onnx')).includes('DequantizeLinear')).toBe(true);
    const again = await striate(['quantize', 'integers.onnx', ...args.slice(2), '--output', 'twice.onnx']);
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.err).toMatch(
      /^striate: quantize: the model is quantised already: node '.*' is \w+Linear\n$/,
    );
  });

  test('wrong use', async () => {
    const all = await Promise.all([
      striate([...args, '--output', 'net.bin']),
      striate([...args, '--output', 'a.onnx', '--method', 'max']),
      striate([...args, '--output', 'a.onnx', '--bits', '4']),
      striate([...args, '--output', 'a.onnx', '--exclude', 'third']),
      striate(['quantize', 'net.onnx', '--output', 'a.onnx']),
    ]);
    expect(all.map(({ code, err }) => `${code} ${err.trim()}`)).toEqual([
      "2 striate: --output is 'net.bin', must end with .striate or .onnx",
      "2 striate: --method is 'max', must be minmax or percentile or mse",
      "2 striate: --bits is '4', must be 7 or 8",
      expect.stringMatching(
        /^1 striate: quantize: exclude is 'third', must be names of nodes: '.*' are the nearest names$/,
      ),
      '1 striate: quantize: calibration holds no inputs, must hold at least one',
    ]);
  });
});
