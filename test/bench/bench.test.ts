/** The tool behind `npm run bench`: its lists, its arithmetic, its options, and one small layer without peers. No times. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as striate from 'striate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aims } from '../../bench/aims.mjs';
import { convolvedShape, gemmShape, LAYERS as layers, operationsOf } from '../../bench/layers.mjs';
import { matches, readOptions } from '../../bench/options.mjs';
import { measurePeak } from '../../bench/peak.mjs';
import { largestDifference } from '../../bench/peers.mjs';
import { geomean, median, race } from '../../bench/race.mjs';
import { figure, percent, table, times, tiny } from '../../bench/table.mjs';
import { valuesOf } from '../../bench/values.mjs';
import { buildDist } from '../../scripts/lib/dist.mjs';

interface Layer {
  group: string;
  name: string;
  operator: string;
  inputs: number[][];
  weights: number[][];
  args: unknown[];
  options: object;
  pass?: string;
}
const LAYERS = layers as Layer[];
const operators = new Map<string, unknown>(Object.entries(striate));

const named = (name: string) => LAYERS.find((layer) => layer.name === name)!;

describe('layers', () => {
  beforeAll(async () => {
    await striate.init();
  });
  afterAll(striate.disposeRuntime);

  test('sixteen, and every kind of operator', () => {
    expect(LAYERS.filter(({ group }) => group === 'sixteen')).toHaveLength(16);
    const used = new Set(LAYERS.map(({ operator }) => operator));
    const kinds =
      'conv1d conv2d conv3d convTranspose2d deformConv2d maxPool1d maxPool2d maxPool3d minPool2d avgPool2d'
        .concat(
          ' avgPool3d sumPool2d lpPool2d adaptiveAvgPool2d adaptiveMaxPool2d globalAvgPool globalMaxPool',
        )
        .concat(' fractionalMaxPool2d maxUnpool2d');
    expect([...used].sort()).toEqual(kinds.split(' ').sort());
    for (const operator of used) expect(operators.has(operator), operator).toBe(true);
    expect(new Set(LAYERS.map(({ pass }) => pass))).toEqual(new Set([undefined, 'input', 'weight']));
  });

  test('each has a name of its own', () => {
    expect(new Set(LAYERS.map(({ name }) => name)).size).toBe(LAYERS.length);
  });

  test.each([
    ['3x3 64->64 @56', 2 * 64 * 64 * 9 * 56 * 56],
    ['7x7 s2 3->64 @224', 2 * 64 * 3 * 49 * 112 * 112],
    ['5x5 6->16 @14', 2 * 16 * 6 * 25 * 10 * 10],
    ['depthwise 3x3 s2 96 @112', 2 * 96 * 9 * 56 * 56],
    ['grouped (32) 3x3 128 @28', 2 * 128 * 4 * 9 * 28 * 28],
    ['dilated 2, 3x3 64->64 @56', 2 * 64 * 64 * 9 * 56 * 56],
    ['transposed 4x4 s2 64->32 @28', 2 * 64 * 32 * 16 * 28 * 28],
    ['max 3x3 s2 64 @112', 64 * 9 * 56 * 56],
    ['average 2x2 s2 64 @112', 64 * 4 * 56 * 56],
    ['adaptive average to 7 512 @28', 512 * 28 * 28],
    ['global average 1280 @7', 1280 * 49],
  ])('%s is %d operations', (name, operations) => {
    expect(operationsOf(named(name))).toBe(operations);
  });

  test('shapes of convolutions are those of the library', async () => {
    for (const layer of LAYERS.filter(({ operator }) => /^conv\dd$/.test(operator))) {
      const { operator, inputs, weights, options } = layer;
      const operation = operators.get(operator) as typeof striate.conv2d;
      expect(striate.outputShape(operation, [...inputs, ...weights], options), layer.name).toEqual(
        convolvedShape(layer),
      );
    }
    expect(gemmShape(named('grouped (32) 3x3 128 @28'))).toEqual({ outputs: 4, pixels: 784 });
  });

  test('values are the same in every run, normally distributed', () => {
    const { inputs, weights } = valuesOf(named('3x3 64->64 @56'));
    const { data } = inputs[0]!;
    expect(valuesOf(named('3x3 64->64 @56')).inputs[0]!.data).toEqual(data);
    const mean = data.reduce((sum: number, value: number) => sum + value, 0) / data.length;
    const variance = data.reduce((sum: number, value: number) => sum + value * value, 0) / data.length;
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(weights[0]!.data).toHaveLength(64 * 64 * 9);
  });
});

describe('options', () => {
  test('all parts, both variants, one thread, all peers unless told otherwise', () => {
    const options = readOptions([]);
    expect(options.parts).toEqual(
      expect.arrayContaining(['layers', 'models', 'scaling', 'gradients', 'eager', 'start']),
    );
    expect(options).toMatchObject({ filter: '', variants: ['relaxed', 'simd'], threads: [1], help: false });
    expect(options.peers).toHaveLength(3);
    expect(options.rounds).toBeUndefined();
  });

  test('what was asked for', () => {
    const text =
      'layers eager --filter 3x3 --variant simd --threads 1,2 --peers none --rounds 5 --json a.json --svg a.svg';
    expect(readOptions(text.split(' '))).toEqual({
      parts: ['layers', 'eager'],
      filter: '3x3',
      variants: ['simd'],
      threads: [1, 2],
      peers: [],
      rounds: 5,
      json: 'a.json',
      svg: 'a.svg',
      help: false,
    });
  });

  test.each([
    [['layrs'], "the part is 'layrs', must be layers"],
    [['--variant', 'fast'], "--variant is 'fast', must be relaxed or simd"],
    [['--threads', '0'], "--threads is '0', must be an integer, at least 1"],
    [['--threads', '1,'], "--threads is '', must be an integer, at least 1"],
    [['--rounds', 'many'], "--rounds is 'many', must be an integer, at least 1"],
    [['--peers', 'pytorch'], "--peers is 'pytorch', must be onnxruntime-web"],
    [['--json', ''], '--json is empty, must be a file'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j', (args, sentence) => {
    expect(() => readOptions(args)).toThrow(sentence);
  });

  test('a filter looks at names and groups, in any case', () => {
    expect(matches('DEPTH', 'depthwise 3x3', 'sixteen')).toBe(true);
    expect(matches('teen', 'depthwise 3x3', 'sixteen')).toBe(true);
    expect(matches('pool', 'depthwise 3x3', 'sixteen')).toBe(false);
  });
});

describe('figures', () => {
  test('numbers', () => {
    expect([1234.5, 12.345, 1.2345, 0.012345, 0, undefined].map((value) => figure(value))).toEqual([
      '1235',
      '12.3',
      '1.23',
      '0.0123',
      '0',
      '-',
    ]);
    expect([percent(0.904), percent(undefined), times(2.345), times(23.45), times(undefined)]).toEqual([
      '90 %',
      '-',
      '2.35x',
      '23.4x',
      '-',
    ]);
    expect([tiny(3.4e-7), tiny(0), tiny(undefined)]).toEqual(['3e-7', '0', '-']);
  });

  test('a table', () => {
    const lines = ['| layer | ms   |', '| ---   | ---: |', '| a     |  1.5 |', '| bc    | 10.0 |'];
    lines[0] = '| layer |   ms |';
    expect(
      table(
        ['layer', 'ms'],
        [
          ['a', '1.5'],
          ['bc', '10.0'],
        ],
      ).split('\n'),
    ).toEqual(lines);
  });

  test('medians and means', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(geomean([1, 4])).toBeCloseTo(2);
  });

  test('the largest difference, as a part of the largest value', () => {
    expect(largestDifference([1, 2, 4.5], [1, 2, 4])).toBe(0.125);
    expect(largestDifference([1, Number.NaN], [1, 2])).toBeNaN();
    expect(largestDifference([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  });

  test('aims speak of what was measured, and only of that', () => {
    const machine = { avx512: false };
    expect(aims({ machine, threads: 1 })).toEqual([]);
    const rows = aims({ machine, threads: 1, eager: [{ us: 1.5 }, { us: 2.5 }] });
    expect(rows).toEqual([['an eager call on 1 x 1 x 4 x 4, largest', '<= 2.00 us', '2.50 us', 2, 'no']]);
    const step = { name: 'ResNet-20', variant: 'relaxed', one: 10, torchMs: 11, torchBytes: 10, bytes: 11 };
    const training = [
      { ...step, threads: 1, ms: 10 },
      { ...step, threads: 2, ms: 5 },
    ];
    expect(aims({ machine, threads: 1, training })).toEqual([
      ['a step of ResNet-20, relaxed, to PyTorch without AVX-512', '>= 1.20x', '1.10x', 1, 'no'],
      ['two threads to one in training, relaxed, least', '>= 1.70x', '2.00x', 1, 'yes'],
      ["a step's memory, to PyTorch's, largest", '<= 1.20x', '1.10x', 1, 'yes'],
    ]);
  });
});

test('runs take turns, each as often as fills a sample', async () => {
  const calls = { first: 0, second: 0 };
  const runs = [() => void calls.first++, async () => void calls.second++];
  const ms = await race(runs, { rounds: 3, sampleMs: 0.1, warmUpMs: 0.1 });
  expect(ms).toHaveLength(2);
  for (const one of ms) expect(one).toBeGreaterThan(0);
  for (const count of Object.values(calls)) expect(count).toBeGreaterThan(3);
});

/** The plotting library is installed by `npm run bench`, not by the tests. */
const canPlot = existsSync(
  fileURLToPath(new URL('../../bench/node_modules/@observablehq/plot', import.meta.url)),
);

test.skipIf(!canPlot)('a plot has a bar and a number for each ratio', async () => {
  const { plot } = await import('../../bench/plot.mjs');
  const peers = { 'onnxruntime-web': { ratio: 4 }, 'onnxruntime-node': { ratio: 0.5 } };
  const layers = ['a layer', 'another'].map((name) => ({
    group: 'sixteen',
    name,
    variant: 'relaxed',
    peers,
  }));
  const svg = plot([{ threads: 1, layers }]);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg.match(/<rect /g)).toHaveLength(4);
  for (const text of ['a layer', 'another', 'onnxruntime-web', '>4.0<', '>0.5<']) expect(svg).toContain(text);
  expect(() => plot([{ threads: 1 }])).toThrow('none was measured');
});

describe('a run', () => {
  beforeAll(async () => {
    await buildDist();
  }, 120_000);

  test('the peak is a number', () => {
    expect(measurePeak('simd')).toBeGreaterThan(0);
  });

  test('one small layer without peers', () => {
    const json = path.join(tmpdir(), `striate-bench-${process.pid}.json`);
    const main = fileURLToPath(new URL('../../bench/main.mjs', import.meta.url));
    const args = 'layers --filter 6->16 --variant simd --peers none --rounds 1'.split(' ');
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args, '--json', json], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/\| 5x5 6->16 @14 \| direct /);
    const [run] = JSON.parse(readFileSync(json, 'utf8'));
    expect(run.layers).toHaveLength(1);
    expect(run.layers[0]).toMatchObject({
      name: '5x5 6->16 @14',
      variant: 'simd',
      algorithm: 'direct',
      operations: 480000,
    });
    expect(run.layers[0].share).toBeCloseTo(run.layers[0].gflops / run.peak.simd);
  });
});
