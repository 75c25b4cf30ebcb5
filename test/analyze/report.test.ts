/** What an analysis says: the tables of ten networks, their columns, and the chart. */
import { Conv2d, Flatten, Linear, ReLU, Sequential, scope } from 'striate';
import { analyze } from 'striate/analyze';
import { expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import * as more from './moreNets.ts';
import * as nets from './nets.ts';

const PICTURE = [[1, 3, 224, 224]];

/** Name, net, how deep its table goes, and parameters and multiply-accumulates where analyze.test.ts has not compared them. */
const PICTURES = { lenet: [[1, 1, 28, 28]] } as Readonly<Record<string, number[][]>>;
const TABLES: [string, () => Parameters<typeof analyze>[0], number | undefined, [number, number]?][] = [
  ['lenet', nets.lenet, undefined],
  ['alexnet', nets.alexnet, undefined],
  ['resnet18', nets.resnet18, 2],
  ['resnet50', nets.resnet50, 2],
  ['mobilenet-v2', nets.mobilenetV2, 2],
  ['googlenet', () => new nets.GoogLeNet(), 1],
  ['squeezenet-1.1', more.squeezenet, 1, [1_235_496, 349_151_936]],
  ['densenet-121', more.densenet121, 1, [7_978_856, 2_834_161_664]],
  ['mobilenet-v3-small', more.mobilenetV3Small, 1, [2_542_856, 56_510_400]],
  ['efficientnet-b0', more.efficientnetB0, 1, [5_288_548, 385_814_752]],
];

withRuntime('the tables of', () => {
  test.each(TABLES)('%s', async (name, make, depth, known) => {
    const { text, totals } = scope(() => {
      const found = analyze(make(), { inputs: PICTURES[name] ?? PICTURE });
      return { text: found.toString({ depth }), totals: found.totals };
    });
    if (known !== undefined) expect([totals.parameters, totals.macs]).toEqual(known);
    await expect(`${text}\n`).toMatchFileSnapshot(`tables/${name}.txt`);
  });
});

const small = () =>
  new Sequential({
    features: new Sequential(new Conv2d(1, 4, 3), new ReLU(), new Conv2d(4, 8, 3, { stride: 2 })),
    head: new Sequential(new Flatten(), new Linear(72, 3)),
  });
const found = () => analyze(small(), { inputs: [[2, 1, 9, 9]] });

withRuntime('the table', () => {
  test('by columns, sorted', () =>
    scope(() =>
      expect(
        found()
          .toString({ columns: ['macs', 'receptiveField'], sort: 'macs' })
          .split('\n')
          .slice(3),
      ).toEqual([
        'layer        MACs  field  stride  start',
        'features.2  2,592      5       2      0',
        'features.0  1,764      3       1      0',
        'head.1        216      9       0      0',
        'features.1      0      3       1      0',
        'total       4,572',
      ]),
    ));

  test('of few levels: sums, and what the last layer gives', () =>
    scope(() =>
      expect(
        found()
          .toString({ depth: 1, columns: ['operator', 'outputShape', 'parameters', 'cpr', 'bytes'] })
          .split('\n')
          .slice(3),
      ).toEqual([
        'layer     operator  output   parameters    CPR  bytes',
        'features  3 calls   2x8x3x3         336  13.44  3,712',
        'head.1    linear    2x3             219      1     24',
        'total                               555   8.47  3,736',
      ]),
    ));

  test('as JSON: rows and sums', () =>
    scope(() => {
      const { layers, totals } = JSON.parse(JSON.stringify(found()));
      expect(layers.length).toBe(4);
      expect(totals.macs).toBe(4572);
    }));
});

withRuntime('the chart', () => {
  test('has a bar for each layer that costs something, as long as its share, and says its sums', () =>
    scope(() => {
      const svg = found().toSvg({ title: 'A <small> net' });
      const widths = [...svg.matchAll(/<rect [^>]*width="(\d+)"/g)].map((match) => Number(match[1]));
      expect(widths.length).toBe(6);
      // 1764 : 2592 : 216 multiply-accumulates, then 40 : 296 : 219 parameters.
      [1764 / 2592, 1, 216 / 2592].forEach((share, i) => {
        expect(Math.abs(widths[i]! - share * widths[1]!)).toBeLessThan(1);
      });
      [40 / 296, 1, 219 / 296].forEach((share, i) => {
        expect(Math.abs(widths[3 + i]! - share * widths[4]!)).toBeLessThan(1);
      });
      expect(svg).toContain(
        'aria-label="A &#60;small&#62; net: 4,572 MACs, 555 parameters; most MACs: features.2"',
      );
      expect(svg).toContain('>2,592 (56.7 %)</text>');
    }));

  test('of few levels, and of a net that costs nothing', () =>
    scope(() => {
      expect(
        found()
          .toSvg({ depth: 1, width: 400 })
          .match(/<rect /g)?.length,
      ).toBe(4);
      const nothing = analyze(new ReLU(), { inputs: [[1, 1, 2, 2]] }).toSvg();
      expect(nothing).toContain('aria-label="Layers: 0 MACs, 0 parameters"');
      expect(nothing).not.toContain('NaN');
    }));
});
