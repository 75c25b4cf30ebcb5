/** Parameters and multiply-accumulates of networks of the literature, what sharing saves, and the table. */
import { add, Conv2d, ConvTranspose2d, conv2d, Module, relu, Sequential, scope, type Tensor } from 'striate';
import { analyze } from 'striate/analyze';
import { expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import * as nets from './nets.ts';

const PICTURE = [[1, 3, 224, 224]];
const NOTES = [
  'MACs: multiply-accumulates of one sample, weights times places, without bias (1 MAC is 2 FLOPs); CPR: MACs per weight;',
  'operations: beside these, 1 an element for bias, activations and arithmetic, 1 a place of a pool, 2 an element for batch norm, 5 for other norms.',
];

withRuntime('analyze', () => {
  test.each([
    ['LeNet', nets.lenet, [[1, 1, 28, 28]], 61_706, 416_520],
    ['AlexNet', nets.alexnet, PICTURE, 61_100_840, 714_188_480],
    ['AlexNet of 2012', nets.alexnet2012, [[1, 3, 227, 227]], 60_965_224, 724_406_816],
    ['ResNet-18', nets.resnet18, PICTURE, 11_689_512, 1_814_073_344],
    ['ResNet-50', nets.resnet50, PICTURE, 25_557_032, 4_089_184_256],
    ['MobileNet-V2', nets.mobilenetV2, PICTURE, 3_504_872, 300_774_272],
    ['GoogLeNet', () => new nets.GoogLeNet(), PICTURE, 6_624_904, 1_498_376_192],
  ])('%s: parameters and multiply-accumulates', (_, make, inputs, parameters, macs) =>
    scope(() => {
      const { totals } = analyze(make(), { inputs });
      expect([totals.parameters, totals.macs]).toEqual([parameters, macs]);
    }),
  );

  test('VGG16: all of it', () =>
    scope(() => {
      const { totals } = analyze(nets.vgg16(), { inputs: PICTURE });
      expect([totals.parameters, totals.macs]).toEqual([138_357_544, 15_470_264_320]);
    }));

  test.each([
    ['ResNet-18', nets.resnet18, 11_684_712, 1_814_073_344],
    ['ResNet-50', nets.resnet50, 25_530_472, 4_089_184_256],
    ['MobileNet-V2', nets.mobilenetV2, 3_487_816, 300_774_272],
  ])('%s with its batch norms folded into convolutions', (_, make, parameters, macs) =>
    scope(() => {
      const { totals } = analyze(nets.folded(make()), { inputs: PICTURE });
      expect([totals.parameters, totals.macs]).toEqual([parameters, macs]);
    }),
  );

  test('LeNet-5 as published: connections and parameters of each layer, C3 sparse', () =>
    scope(() => {
      const { layers, totals } = analyze(nets.lenet5(), { inputs: [[1, 1, 32, 32]] });
      const rowsOf = (name: string) => layers.filter((row) => row.name.split('.')[0] === name);
      const sum = (name: string, of: (row: (typeof layers)[number]) => number) =>
        rowsOf(name).reduce((all, row) => all + of(row), 0);
      const names = ['c1', 's2', 'c3', 's4', 'c5', 'f6', 'rbf'];
      // A connection is a weight or a bias at a place.
      const connections = names.map((name) => sum(name, (row) => (row.macs ?? 0) + (row.operations ?? 0)));
      expect(connections).toEqual([122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]);
      expect(connections.reduce((a, b) => a + b)).toBe(340_908);
      const parameters = names.map((name) => sum(name, (row) => row.parameters));
      expect(parameters).toEqual([156, 12, 1_516, 32, 48_120, 10_164, 840]);
      // The last layer's were chosen by hand.
      expect(totals.parameters - 840).toBe(60_000);
    }));

  test('VGG16: multiply-accumulates of its convolutions, connections per parameter', () =>
    scope(() => {
      const { layers, totals } = analyze(nets.vgg16Features(), { inputs: PICTURE });
      expect(totals.macs).toBe(15_470_264_320 - 25088 * 4096 - 4096 * 4096 - 4096 * 1000);
      expect(totals.parameters).toBe(14_714_688);
      expect(layers[0]).toMatchObject({ name: '0', operator: 'conv2d', cpr: 224 * 224 });
    }));

  test('AlexNet: of each convolution', () =>
    scope(() => {
      const { layers } = analyze(nets.alexnetFeatures(), { inputs: PICTURE });
      expect(layers.filter(({ cpr }) => cpr !== null).map(({ macs }) => macs)).toEqual([
        ...[70_276_800, 223_948_800, 112_140_288],
        ...[149_520_384, 99_680_256],
      ]);
    }));

  test('a transposed convolution by its input, a function like a module, a batch as one sample', () =>
    scope(() => {
      const macsOf = (net: Parameters<typeof analyze>[0], shape: number[]) =>
        analyze(net, { inputs: [shape] }).totals.macs;
      expect(macsOf(new ConvTranspose2d(3, 1, 2, { stride: 2 }), [1, 3, 2, 2])).toBe(48);
      const layer = new Conv2d(3, 8, 3, { padding: 1 });
      const call = (x: Tensor) => conv2d(x, layer.weight, layer.bias, { padding: 1 });
      expect([
        macsOf(layer, [1, 3, 16, 16]),
        macsOf(call, [1, 3, 16, 16]),
        macsOf(layer, [4, 3, 16, 16]),
      ]).toEqual([55_296, 55_296, 55_296]);
    }));

  test('what sharing saves: a picture of 100 x 100 to ten maps of it', () =>
    scope(() => {
      const net = new Conv2d(1, 10, 3, { padding: 1, bias: false });
      const [row] = analyze(net, { inputs: [[1, 1, 100, 100]] }).layers;
      expect(row).toMatchObject({
        denseParameters: 1e9,
        locallyConnectedParameters: 9e5,
        parameters: 90,
        cpr: 1e4,
      });
    }));

  test("LeNet's first convolution, with its bias", () =>
    scope(() => {
      const rows = [28, 32].map((side) => {
        const conv = new Conv2d(1, 6, 5, { padding: side === 28 ? 2 : 0 });
        return analyze(conv, { inputs: [[1, 1, side, side]] }).layers[0];
      });
      expect(rows.map((row) => row!.locallyConnectedParameters)).toEqual([122_304, 122_304]);
      expect(rows.map((row) => row!.denseParameters)).toEqual([3_692_640, 4_821_600]);
      expect(rows[0]!.parameters).toBe(156);
    }));

  test('a parameter that is used twice is counted once, what it multiplies twice', () =>
    scope(() => {
      class Twice extends Module<[Tensor], Tensor> {
        conv = new Conv2d(4, 4, 3, { padding: 1 });
        forward(x: Tensor): Tensor {
          return add(this.conv.forward(relu(this.conv.forward(x))), x);
        }
      }
      const { layers, totals } = analyze(new Twice(), { inputs: [[1, 4, 8, 8]] });
      expect(totals).toMatchObject({ parameters: 148, macs: 2 * 144 * 64, cpr: 128 });
      expect(layers.map(({ name }) => name)).toEqual(['conv.conv2d', 'relu', 'conv', 'add']);
      expect(new Set(layers.map(({ name }) => name)).size).toBe(layers.length);
    }));

  test('the table', () =>
    scope(() => {
      const net = new Sequential(new Conv2d(1, 2, 3, { stride: 2 }), new Conv2d(2, 4, 1, { bias: false }));
      expect(`${analyze(net, { inputs: [[1, 1, 9, 9]] })}`.split('\n')).toEqual([
        ...NOTES,
        '',
        'layer  operator  output   parameters  MACs  operations  CPR  dense  unshared  field  stride  start  bytes',
        '0      conv2d    1x2x4x4          20   288          32   16  2,624       320      3       2      0    128',
        '1      conv2d    1x4x4x4           8   128           0   16  2,048       128      3       2      0    256',
        'total                             28   416          32   16  4,672       448                          384',
      ]);
    }));
});
