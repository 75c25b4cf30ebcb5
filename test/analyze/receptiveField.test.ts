/** Receptive fields: of networks of the literature, of single elements, and of random networks against gradients. */
import {
  abs,
  add,
  avgPool2d,
  type ConvOptions,
  concat,
  conv2d,
  convTranspose2d,
  globalAvgPool,
  groupNorm,
  interpolate,
  type Module,
  matmul,
  mul,
  ones,
  pad2d,
  permute,
  relu,
  reshape,
  scope,
  sigmoid,
  slice,
  softmax,
  split,
  sum,
  type Tensor,
  tensor,
  unfold,
  vjp,
} from 'striate';
import { analyze, receptiveField } from 'striate/analyze';
import { expect, test } from 'vitest';
import { seeded } from '../../scripts/zoo/inputs.mjs';
import { withRuntime } from '../support/runtime.ts';
import { mobilenetV3Small } from './moreNets.ts';
import * as nets from './nets.ts';

const PICTURE = [[1, 3, 224, 224]];

/** `size/stride/start` of a layer, equal along both axes. */
function fieldOf(net: Module<[Tensor], Tensor>, layer: string, inputs = PICTURE): string {
  const { size, stride, start } = receptiveField(net, { inputs, layer });
  expect([size[1], stride[1], start[1]]).toEqual([size[0], stride[0], start[0]]);
  return `${size[0]}/${stride[0]}/${start[0]}`;
}

/** What a table says of layers, and what is found. */
function compare(net: Module<[Tensor], Tensor>, table: Record<string, string>, inputs = PICTURE): void {
  const found = Object.keys(table).map((layer) => [layer, fieldOf(net, layer, inputs)]);
  expect(Object.fromEntries(found)).toEqual(table);
}

withRuntime('receptive fields of networks of the literature', () => {
  test('LeNet', () =>
    scope(() =>
      compare(nets.lenet(), { 0: '5/1/-2', 2: '6/2/-2', 3: '14/2/-2', 5: '16/4/-2' }, [[1, 1, 28, 28]]),
    ));

  test('AlexNet', () =>
    scope(() =>
      compare(nets.alexnetFeatures(), {
        0: '11/4/-2',
        2: '19/8/-2',
        3: '51/8/-18',
        5: '67/16/-18',
        6: '99/16/-34',
        8: '131/16/-50',
        10: '163/16/-66',
        12: '195/32/-66',
      }),
    ));

  test('VGG16, as far as its 13 convolutions and 5 pools go', () =>
    scope(() => {
      const net = nets.vgg16Features();
      const layers = [0, 2, 4, 5, 7, 9, 10, 12, 14, 16, 17, 19, 21, 23, 24, 26, 28, 30, 30].slice(0, 18);
      const sizes = layers.map((layer) => Number(fieldOf(net, `${layer}`).split('/')[0]));
      expect(sizes).toEqual([3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212]);
      compare(net, { 4: '6/2/-2', 9: '16/4/-6', 16: '44/8/-18', 23: '100/16/-42', 30: '212/32/-90' });
    }));

  test('MobileNet-V2', () =>
    scope(() => {
      const net = nets.mobilenetV2();
      const sizes = [...Array(18).keys()].map((i) => Number(fieldOf(net, `features.${i}`).split('/')[0]));
      expect(sizes).toEqual([3, 7, 11, 19, 27, 43, 59, 75, 107, 139, 171, 203, 235, 267, 299, 363, 427, 491]);
      compare(net, { 'features.4': '27/8/-13', 'features.13': '267/16/-133', 'features.17': '491/32/-245' });
    }));

  test("MobileNet-V1, whose padding 'same' puts the odd element after", () =>
    scope(() => {
      const same = (x: Tensor, stride: number) =>
        conv2d(x, ones([1, 1, 3, 3]), null, { stride, padding: 'same' });
      const strides = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
      const upTo = (count: number) => (x: Tensor) => strides.slice(0, count).reduce(same, x);
      const fields = [1, 2, 3, 7, 12, 14].map((count) => {
        const { size, stride, start } = receptiveField(upTo(count), { inputs: [[1, 1, 224, 224]] });
        return `${size[0]}/${stride[0]}/${start[0]}`;
      });
      expect(fields).toEqual(['3/2/0', '7/2/-2', '11/4/-2', '59/16/-14', '219/16/-94', '315/32/-126']);
    }));

  test.each([
    ['Inception-v3', nets.inceptionV3, 299, '1311/32/-618'],
    ['Inception-ResNet-v2', nets.inceptionResnetV2, 299, '3039/32/-1482'],
    ['ResNet-50 of TF-slim, stage 1', nets.slimResnet([3, 4, 6, 3], 1), 224, '35/8/-15'],
    ['ResNet-50 of TF-slim, stage 2', nets.slimResnet([3, 4, 6, 3], 2), 224, '99/16/-47'],
    ['ResNet-50 of TF-slim, stage 3', nets.slimResnet([3, 4, 6, 3], 3), 224, '291/32/-143'],
    ['ResNet-50 of TF-slim', nets.slimResnet([3, 4, 6, 3]), 224, '483/32/-239'],
    ['ResNet-101 of TF-slim', nets.slimResnet([3, 4, 23, 3]), 224, '1027/32/-511'],
  ])('%s', (_, net, side, expected) =>
    scope(() => {
      const { size, stride, start } = receptiveField(net, { inputs: [[1, 1, side, side]] });
      expect(`${size[0]}/${stride[0]}/${start[0]}`).toBe(expected);
      expect([size[1], stride[1], start[1]]).toEqual([size[0], stride[0], start[0]]);
    }),
  );

  test('ResNet-50, dilated: sizes and starts as without dilation, the stride stays 8', () =>
    scope(() =>
      compare(nets.dilatedResnet50(), {
        layer1: '35/4/-17',
        layer2: '91/8/-45',
        layer3: '267/8/-133',
        layer4: '427/8/-213',
      }),
    ));

  test('GoogLeNet', () =>
    scope(() =>
      compare(new nets.GoogLeNet(), {
        inception3a: '43/8/-15',
        inception3b: '59/8/-23',
        inception4a: '107/16/-39',
        inception4e: '235/16/-103',
        inception5b: '379/32/-167',
      }),
    ));

  test.each([
    ['ResNet-18', nets.resnet18, ['43/4/-21', '99/8/-49', '211/16/-105', '435/32/-217']],
    ['ResNet-34', nets.resnet34, ['59/4/-29', '179/8/-89', '547/16/-273', '899/32/-449']],
    ['ResNet-50', nets.resnet50, ['35/4/-17', '91/8/-45', '267/16/-133', '427/32/-213']],
  ])('%s', (_, make, fields) =>
    scope(() =>
      compare(
        make(),
        Object.fromEntries([
          ['stem.0', '7/2/-3'],
          ['stem.3', '11/4/-5'],
          ...fields.map((field, i) => [`layer${i + 1}`, field]),
        ]),
      ),
    ),
  );
});

/** A kernel of ones. */
const box = (channels: number, height: number, width = height) => ones([channels, channels, height, width]);

withRuntime('receptive fields of single elements', () => {
  const rows = (f: (x: Tensor) => Tensor, size: number, places: number[], layer?: string) =>
    places.map((place) => {
      const found = receptiveField(f, {
        inputs: [[1, 1, size, size]],
        position: [place, place],
        ...(layer && { layer }),
      });
      return found.box[0]?.join('-');
    });

  test('a transposed convolution: the span alternates, the stride is a half', () => {
    scope(() => {
      const wide = (x: Tensor) => convTranspose2d(x, box(1, 4), null, { stride: 2, padding: 1 });
      const narrow = (x: Tensor) =>
        convTranspose2d(x, box(1, 3), null, { stride: 2, padding: 1, outputPadding: 1 });
      const around = (x: Tensor) =>
        conv2d(wide(conv2d(x, box(1, 3), null, { padding: 1 })), box(1, 3), null, { padding: 1 });
      const places = [20, 21, 22, 23];
      expect(rows(wide, 16, places)).toEqual(['9-10', '10-11', '10-11', '11-12']);
      expect(rows(narrow, 16, places)).toEqual(['10-10', '10-11', '11-11', '11-12']);
      expect(rows(around, 16, places)).toEqual(['8-12', '8-12', '9-13', '9-13']);
      const twice = (x: Tensor) => interpolate(x, { scaleFactor: 2, mode: 'bilinear' });
      expect(rows(twice, 16, places)).toEqual(['9-10', '10-11', '10-11', '11-12']);
      const { size, stride } = receptiveField(narrow, { inputs: [[1, 1, 16, 16]] });
      expect([size, stride]).toEqual([
        [2, 2],
        [0.5, 0.5],
      ]);
    });
  });

  test('dilation: the span with its holes', () => {
    scope(() => {
      const dilated =
        (...dilations: number[]) =>
        (x: Tensor) =>
          dilations.reduce((y, dilation) => conv2d(y, box(1, 3), null, { dilation, padding: dilation }), x);
      const sizeOf = (f: (x: Tensor) => Tensor) => receptiveField(f, { inputs: [[1, 1, 32, 32]] }).size[0];
      expect([sizeOf(dilated(2, 2)), sizeOf(dilated(1, 2, 4))]).toEqual([9, 15]);
    });
  });

  test('what mixes the picture sees all of it', () => {
    scope(() => {
      const conv = (x: Tensor) => conv2d(x, box(4, 3), null, { padding: 1 });
      const squeeze = (x: Tensor) => mul(conv(x), globalAvgPool(conv(x)));
      const norm = (x: Tensor) => groupNorm(conv(x), 2);
      for (const net of [squeeze, norm, (x: Tensor) => sum(conv(x), { dim: [2, 3], keepDim: true })]) {
        const { box: places } = receptiveField(net, { inputs: [[1, 4, 8, 6]] });
        expect([places[0]![0] <= 0, places[0]![1] >= 7, places[1]![0] <= 0, places[1]![1] >= 5]).toEqual([
          ...[true, true],
          ...[true, true],
        ]);
      }
    });
  });

  test('layouts are followed: channels last, crops, parts put together', () => {
    scope(() => {
      const last = (x: Tensor) =>
        permute(conv2d(permute(x, [0, 3, 1, 2]), ones([5, 3, 3, 3]), null, { stride: 2 }), [0, 2, 3, 1]);
      expect(receptiveField(last, { inputs: [[1, 17, 21, 3]], position: [1, 4] })).toEqual({
        size: [3, 3],
        stride: [2, 2],
        start: [0, 0],
        box: [
          [2, 4],
          [8, 10],
        ],
      });
      const crop = (x: Tensor) => slice(x, [0, 0, 2, 1], [1, 1, 8, 9], { steps: [1, 1, 3, 2] });
      expect(receptiveField(crop, { inputs: [[1, 1, 9, 9]], position: [1, 2] }).box).toEqual([
        [5, 5],
        [5, 5],
      ]);
      const put = (x: Tensor) => concat([relu(x), conv2d(x, ones([1, 1, 3, 3]), null, { padding: 1 })], 2);
      expect(receptiveField(put, { inputs: [[1, 1, 5, 5]], position: [7, 0] }).box).toEqual([
        [1, 3],
        [-1, 1],
      ]);
      const folded = (x: Tensor) => reshape(x, [2, 3, 4, 5, 1]);
      expect(receptiveField(folded, { inputs: [[2, 3, 4, 5]], position: [1, 2] }).box).toEqual([
        [1, 1],
        [2, 2],
      ]);
    });
  });
});

interface Drawn {
  /** What is done to a picture, in words, and as a function with positive weights. */
  readonly says: string[];
  /** A window does not see each place between its first and last. */
  readonly holes: boolean;
  readonly net: (x: Tensor) => Tensor;
}

/** A random network of one to five steps, some with two ways that are added or put together. */
function drawn(next: () => number): Drawn {
  const below = (count: number) => Math.floor(next() * count);
  const says: string[] = [];
  let holes = false;
  const step = (): ((x: Tensor) => Tensor) => {
    const [kernel, stride, dilation] = [1 + below(3), 1 + below(2), 1 + below(2)];
    const padding = below(2) + ((dilation * (kernel - 1)) >> 1);
    const options: ConvOptions = { stride, dilation, padding };
    const kind = below(7);
    holes ||= kind < 4 && (stride > kernel || (dilation > 1 && kernel > 1));
    says.push(`${kind}: k ${kernel} s ${stride} d ${dilation} p ${padding}`);
    switch (kind) {
      case 0:
      case 1:
        return (x) => conv2d(x, box(x.shape[1] as number, kernel), null, options);
      case 2:
        return (x) =>
          convTranspose2d(x, box(x.shape[1] as number, kernel), null, {
            stride,
            dilation,
            padding: Math.min(padding, dilation * (kernel - 1)),
          });
      case 3:
        return (x) => avgPool2d(x, kernel, { stride, padding: Math.min(padding, kernel >> 1) });
      case 4:
        return (x) => interpolate(x, { scaleFactor: 1 + stride * 0.5, mode: 'bilinear' });
      case 5:
        return (x) =>
          pad2d(x, [
            [padding, stride],
            [0, kernel],
          ]);
      default: {
        const [a, b] = [1 + 2 * below(2), 1 + 2 * below(3)];
        const way = (x: Tensor, size: number) =>
          conv2d(x, box(x.shape[1] as number, size), null, { padding: size >> 1 });
        says.push(`ways of ${a} and ${b}`);
        return stride === 1
          ? (x) => add(way(x, a), way(x, b))
          : (x) => relu(concat([way(x, a), way(x, b)], 1));
      }
    }
  };
  const steps = Array.from({ length: 1 + below(5) }, step);
  return { says, holes, net: (x) => steps.reduce((y, one) => one(y), x) };
}

/** What `make` gives; null where a window does not fit. */
function unlessTooSmall<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

withRuntime('receptive fields against gradients', () => {
  test('300 random networks: what has a gradient is the box cut at the borders, or touches its edges inside', () => {
    const next = seeded(11);
    let [compared, exact] = [0, 0];
    for (let i = 0; compared < 300; i++) {
      expect(i).toBeLessThan(1000);
      const { says, holes, net } = drawn(next);
      const [height, width] = [9 + Math.floor(next() * 12), 9 + Math.floor(next() * 12)];
      scope(() => {
        const x = ones([1, 1, height, width]);
        const pulled = unlessTooSmall(() => vjp(net, x));
        if (pulled === null) return;
        const y = pulled.value;
        const [, channels, rows, columns] = y.shape as [number, number, number, number];
        const position = [Math.floor(next() * rows), Math.floor(next() * columns)];
        const dy = new Float32Array(y.size);
        for (let c = 0; c < channels; c++) dy[(c * rows + position[0]!) * columns + position[1]!] = 1;
        const [dx] = pulled.pullback(tensor(dy, y.shape));
        const { box: found } = receptiveField(net, { inputs: [[1, 1, height, width]], position });
        const seen = abs(dx).toArray() as number[][][][];
        const places = seen[0]![0]!.flatMap((row, r) => row.flatMap((v, c) => (v > 0 ? [[r, c]] : [])));
        const label = `${says.join('; ')} at ${position} of ${height}x${width}`;
        if (places.length === 0) return;
        found.forEach(([lo, hi], axis) => {
          const along = places.map((place) => place[axis]!);
          const [first, last] = [Math.min(...along), Math.max(...along)];
          const size = [height, width][axis]!;
          expect(first >= lo && last <= hi, `${label}: ${first}-${last} of ${lo}-${hi}`).toBe(true);
          // Where windows leave holes, what lies at an edge may be a hole, or padding.
          if (holes) return;
          expect([Math.max(first, lo), Math.min(last, hi)], label).toEqual([first, last]);
          if (lo >= 0) expect(first, label).toBe(lo);
          if (hi < size) expect(last, label).toBe(hi);
          exact += Number(lo >= 0) + Number(hi < size);
        });
        compared++;
      });
    }
    expect(exact).toBeGreaterThan(400);
  });
});

withRuntime('the fields of an analysis, each found from those before it', () => {
  /** What walks of their own find for each layer. */
  const agree = (
    net: Module<[Tensor], Tensor> | ((x: Tensor) => Tensor),
    shape: number[],
    label = '',
  ): void => {
    const { layers } = analyze(net, { inputs: [shape] });
    const walked = layers.map(({ name }) => {
      const { size, stride, start } = receptiveField(net, { inputs: [shape], layer: name });
      return { name, receptiveField: { size, stride, start } };
    });
    expect(
      layers.map(({ name, receptiveField: found }) => ({ name, receptiveField: found })),
      label,
    ).toEqual(walked);
  };

  test('100 random networks', () => {
    const next = seeded(12);
    let compared = 0;
    for (let i = 0; compared < 100; i++) {
      expect(i).toBeLessThan(300);
      const { says, net } = drawn(next);
      scope(() => {
        const shape = [1, 1, 9 + Math.floor(next() * 12), 9 + Math.floor(next() * 12)];
        if (unlessTooSmall(() => net(ones(shape))) === null) return;
        agree(net, shape, says.join('; '));
        compared++;
      });
    }
  });

  const conv = (x: Tensor, size = 3) =>
    conv2d(x, box(x.shape[1] as number, size), null, { padding: size >> 1 });
  const squeeze = (x: Tensor) => mul(x, sigmoid(conv(globalAvgPool(x), 1)));
  const small: [string, (x: Tensor) => Tensor, number[]][] = [
    [
      'what sees the whole picture beside what does not',
      (x) => conv(squeeze(conv(squeeze(conv(x))))),
      [1, 4, 12, 9],
    ],
    [
      'channels that are parted and put together',
      (x) => {
        const [a, b] = split(concat([x, conv(x, 5)], 1), 2, 1) as [Tensor, Tensor];
        return concat([conv(b), a, mul(ones([1, 4, 9, 9]), globalAvgPool(concat([a, b], 1)))], 1);
      },
      [1, 2, 9, 9],
    ],
    [
      'branches of other strides, stretched',
      (x) =>
        add(
          conv2d(x, box(1, 2), null, { stride: [2, 1], padding: 4 }),
          slice(sum(x, { dim: 3, keepDim: true }), [0, 0, 0, 0], [1, 1, 8, 1]),
        ),
      [1, 1, 8, 9],
    ],
    ['axes that change places', (x) => conv(add(x, permute(conv(x, 5), [0, 1, 3, 2]))), [1, 2, 8, 8]],
    [
      'rows in a row, each of which looks at all',
      (x) => {
        const tokens = permute(reshape(conv(x), [1, 4, 30]), [0, 2, 1]);
        const seen = softmax(matmul(tokens, permute(tokens, [0, 2, 1])), { dim: -1 });
        return conv(reshape(permute(add(tokens, matmul(seen, tokens)), [0, 2, 1]), [1, 4, 5, 6]));
      },
      [1, 4, 5, 6],
    ],
    [
      'a picture that is turned round',
      (x) => conv(slice(conv(x), [0, 0, 8, 8], [1, 1, -9, -9], { steps: [1, 1, -1, -1] })),
      [1, 1, 9, 9],
    ],
    [
      'a half, a third, and back',
      (x) =>
        conv(interpolate(conv2d(x, box(1, 3), null, { stride: 3 }), { scaleFactor: 1.5, mode: 'bilinear' })),
      [1, 1, 20, 23],
    ],
    [
      'one line',
      (x) => relu(conv2d(add(relu(conv(x)), x), box(1, 1, 3), null, { stride: [1, 2] })),
      [1, 1, 1, 24],
    ],
    ['columns of windows', (x) => relu(unfold(conv(x), 3)), [1, 1, 8, 7]],
  ];
  test.each(small)('%s', (_, net, shape) => scope(() => agree(net, shape)));

  test('networks of the literature', () =>
    scope(() => {
      agree(new nets.GoogLeNet(), [1, 3, 224, 224]);
      agree(mobilenetV3Small(), [1, 3, 224, 224]);
    }));

  test('a layer behind global pooling beside the picture sees all of it, wherever it is', () =>
    scope(() => {
      const { layers } = analyze((x: Tensor) => conv(squeeze(conv(x))), { inputs: [[1, 4, 12, 9]] });
      const fields = layers.map(({ operator, receptiveField: { size, stride } }) => [
        operator,
        size[0],
        stride[0],
      ]);
      expect(fields).toEqual([
        ['conv2d', 3, 1],
        [expect.stringContaining('Pool'), 14, 0],
        ['conv2d', 14, 0],
        ['sigmoid', 14, 0],
        ['mul', 14, 0],
        ['conv2d', 15, 0],
      ]);
    }));
});
