/** What happens inside a small trained net, against PyTorch's values (generate.py), by hand, and as modules and functions alike. */
import { abs, clip, conv2d, maxPool2d, mul, ones, relu, scope, silu, type Tensor, tensor } from 'striate';
import {
  activations,
  deconvnet,
  effectiveReceptiveField,
  gradCam,
  guidedBackprop,
  occlusion,
  saliency,
  topActivations,
} from 'striate/analyze';
import { expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';
import { formula, makeNet, near, picture } from './trained.ts';

withRuntime('inside a net, as PyTorch', () => {
  test.each([
    ['saliency', (net, x) => saliency(net, x, { target: 1 })],
    ['gradCam', (net, x) => gradCam(net, x, { layer: '4', target: 1 })],
    ['guided', (net, x) => guidedBackprop(net, x, { target: 1 })],
    ['effective', (net, x) => effectiveReceptiveField(net, x, { layer: '4', channel: 2, position: [3, 1] })],
    ['strongest', (net, x) => deconvnet(net, x, { layer: '4', channel: 3 })],
    ['map', (net, x) => deconvnet(net, x, { layer: '4', channel: 3, position: 'map' })],
    ['occlusion', (net, x) => occlusion(net, x, { target: 1, size: 4, stride: 3, value: 0.5 })],
    ['maps', (net, x) => activations(net, x, { layers: ['4'] })['4'] as Tensor],
  ] as [string, (net: ReturnType<typeof makeNet>, x: Tensor) => Tensor][])('%s', (name, look) =>
    scope(() => near(look(makeNet(), picture()), name)),
  );
});

withRuntime('inside a net', () => {
  /** The same net without modules. */
  const asFunction = (net: ReturnType<typeof makeNet>) => {
    const [w1, b1, w2, b2, w3, b3] = net.parameters() as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    return (x: Tensor): Tensor => {
      const first = maxPool2d(relu(conv2d(x, w1, b1, { padding: 1 })), 2);
      const second = maxPool2d(relu(conv2d(first, w2, b2, { padding: 1 })), 2);
      const rows = second.reshape([x.shape[0]!, 45]);
      return conv2d(rows.reshape([x.shape[0]!, 45, 1, 1]), w3.reshape([3, 45, 1, 1]), b3).reshape([
        x.shape[0]!,
        3,
      ]);
    };
  };

  test('functions like modules: the rule is that of the operator', () =>
    scope(() => {
      const [net, x] = [makeNet(), picture()];
      const f = asFunction(net);
      near(guidedBackprop(f, x, { target: 1 }), 'guided');
      near(deconvnet(f, x, { layer: 'relu_2', channel: 3 }), 'strongest');
      expect(Object.keys(activations(f, x))).toEqual([
        ...['conv2d', 'relu', 'maxPool2d', 'conv2d_2', 'relu_2', 'maxPool2d_2', 'conv2d_3'],
      ]);
    }));

  test('activations of all layers; what is given stays the same', () =>
    scope(() => {
      const [net, x] = [makeNet(), picture()];
      const all = activations(net, x);
      expect(Object.keys(all)).toEqual(['0', '1', '2', '3', '4', '5', '7']);
      expect(all['0']!.shape).toEqual([1, 4, 12, 12]);
      expect(all['7']!.toArray()).toEqual(net.eval().forward(x).toArray());
    }));

  test('deconvnet by hand: pooling whose windows overlap adds', () =>
    scope(() => {
      // 5 x 5 with one peak, pooled by 3 at stride 2: each of four windows has it.
      const x = tensor(
        Array.from({ length: 25 }, (_, i) => (i === 12 ? 4 : 0)),
        [1, 1, 5, 5],
      );
      const net = (y: Tensor) => maxPool2d(y, 3, { stride: 2 });
      const back = deconvnet(net, x, { layer: 'maxPool2d', channel: 0, position: 'map' });
      expect(back.toTypedArray()).toEqual(Float32Array.from({ length: 25 }, (_, i) => (i === 12 ? 16 : 0)));
    }));

  test('deconvnet by hand: a filter is transposed, negative values are cut, bias is left out', () =>
    scope(() => {
      const kernel = tensor([1, -2, 3, 4], [1, 1, 2, 2]);
      const net = (y: Tensor) => relu(conv2d(y, kernel, tensor([5])));
      const x = ones([1, 1, 3, 3]);
      const back = deconvnet(net, x, { layer: 'relu', channel: 0, position: [1, 0] });
      expect(back.toArray()).toEqual([
        [
          [
            [0, 0, 0],
            [11, -22, 0],
            [33, 44, 0],
          ],
        ],
      ]);
    }));

  test('rectifiers of other names count, activations that are none are named', () =>
    scope(() => {
      const x = picture();
      const weight = tensor(formula(9, 1), [1, 1, 3, 3]);
      const net = (y: Tensor) => clip(conv2d(y, weight), 0, 6);
      expect(guidedBackprop(net, x, { channel: 0, position: [2, 2] }).shape).toEqual([1, 1, 12, 12]);
      expect(() => guidedBackprop((y: Tensor) => silu(conv2d(y, weight)), x)).toThrow(
        "guidedBackprop: layer 'silu' is silu, must be a rectifier: relu, relu6, leakyRelu, prelu or clip",
      );
    }));

  test('the effective field of n layers of 3 x 3 means grows with the root of n', () =>
    scope(() => {
      const mean = tensor(new Float32Array(9).fill(1 / 9), [1, 1, 3, 3]);
      const rows = [5, 10, 20, 40].map((count) => {
        const net = (x: Tensor) => {
          let y = x;
          for (let i = 0; i < count; i++) y = conv2d(y, mean, null, { padding: 1 });
          return y;
        };
        const side = 2 * count + 1;
        const field = effectiveReceptiveField(net, ones([1, 1, side, side]));
        const row = (field.toArray() as number[][][][])[0]![0]!.map((line) =>
          line.reduce((a, b) => a + b, 0),
        );
        const deviation = Math.sqrt(row.reduce((sum, value, i) => sum + value * (i - count) ** 2, 0));
        return [deviation, row[count]!];
      });
      [
        [1.8257, 0.20988],
        [2.582, 0.15162],
        [3.6515, 0.10823],
        [5.164, 0.07689],
      ].forEach(([deviation, centre], i) => {
        expect(rows[i]![0]).toBeCloseTo(deviation!, 3);
        expect(rows[i]![1]).toBeCloseTo(centre!, 4);
      });
    }));

  test('the strongest pictures of a map equal those of a full sort', () =>
    scope(() => {
      const net = makeNet();
      const batches = [7, 12, 5].map((count, batch) =>
        tensor(
          Float32Array.from(
            { length: count * 144 },
            (_, i) => Math.sin((i + 3) * (batch + 1.7)) * (1 + (i % 5)),
          ),
          [count, 1, 12, 12],
        ),
      );
      const maps = batches.flatMap(
        (batch) => activations(net, batch, { layers: ['4'] })['4']!.toArray() as number[][][][],
      );
      const found = topActivations(net, batches, { layer: '4', channels: [1, 3], top: 6 });
      [1, 3].forEach((channel, i) => {
        const sorted = maps
          .map((sample, index) => ({ index, value: Math.max(...sample[channel]!.flat()) }))
          .sort((a, b) => b.value - a.value || a.index - b.index)
          .slice(0, 6);
        expect(found[i]!.map(({ index, value }) => ({ index, value }))).toEqual(sorted);
        for (const { index, value, position, box } of found[i]!) {
          expect(maps[index]![channel]![position[0]!]![position[1]!]).toBe(value);
          // conv 3, pool 2, conv 3: 8 wide at stride 2, from -3.
          expect(box).toEqual(
            position.map((place) => [Math.max(0, 2 * place - 3), Math.min(11, 2 * place + 4)]),
          );
        }
      });
    }));

  test('a map of zeros is zeros, not NaN', () =>
    scope(() => {
      const net = (x: Tensor) => mul(abs(relu(x)), -1).reshape([1, 16]);
      const heat = gradCam(net, ones([1, 1, 4, 4]), { layer: 'relu', target: 3 });
      expect(heat.toTypedArray().every((value) => value === 0)).toBe(true);
    }));
});
