/** What happens inside a small trained net, against PyTorch's values (generate.py), by hand, and as modules and functions alike. */
import {
  abs,
  clip,
  conv2d,
  elu,
  gelu,
  hardSwish,
  maxPool2d,
  mean,
  memory,
  mul,
  ones,
  relu,
  relu6,
  scope,
  sigmoid,
  silu,
  type Tensor,
  tanh,
  tensor,
} from 'striate';
import {
  activations,
  deconvnet,
  effectiveReceptiveField,
  gradCam,
  guidedBackprop,
  occlusion,
  occlusionAsync,
  pictureGrid,
  receptiveField,
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
        "guidedBackprop: layer 'silu' is silu, must be a rectifier: relu, relu6, leakyRelu, prelu or clip from 0",
      );
    }));

  test.each([
    [5, 11, 1.8257, 0.20988, 9],
    [10, 21, 2.582, 0.15162, 11],
    [20, 41, 3.6515, 0.10823, 15],
    [40, 81, 5.164, 0.07689, 21],
  ])(
    'the effective field of %i layers of 3 x 3 means: a bell in a box of %i, its deviation %f, its middle %f, 95.45 %% of it within %i',
    (count, span, deviation, middle, within) =>
      scope(() => {
        const box = tensor(new Float32Array(9).fill(1 / 9), [1, 1, 3, 3]);
        const net = (x: Tensor) => {
          let y = x;
          for (let i = 0; i < count; i++) y = conv2d(y, box, null, { padding: 1 });
          return y;
        };
        const side = span + 8;
        const x = ones([1, 1, side, side]);
        const seen = (effectiveReceptiveField(net, x).toArray() as number[][][][])[0]![0]!;
        const { box: places } = receptiveField(net, { inputs: [x.shape] });
        expect(places.map(([first, last]) => last - first + 1)).toEqual([span, span]);
        const [first] = places[0]!;
        // Nothing outside of the box, all of it within, of both axes the same.
        const inside = seen.slice(first, first + span).map((line) => line.slice(first, first + span));
        const total = (lines: readonly (readonly number[])[]) => lines.flat().reduce((a, b) => a + b, 0);
        expect(seen.flat().filter((value) => value > 0).length).toBe(
          inside.flat().filter((value) => value > 0).length,
        );
        expect(total(seen)).toBeCloseTo(1, 4);
        for (const lines of [inside, inside.map((_, i) => inside.map((line) => line[i]!))]) {
          const bell = lines.map((line) => line.reduce((a, b) => a + b, 0));
          const spread = Math.sqrt(bell.reduce((sum, value, i) => sum + value * (i - count) ** 2, 0));
          expect(spread).toBeCloseTo(deviation, 4);
          expect(spread).toBeCloseTo(Math.sqrt((2 * count) / 3), 4);
          expect(bell[count]).toBeCloseTo(middle, 5);
          const share = (width: number) => {
            const from = count - (width >> 1);
            return bell.slice(from, from + width).reduce((a, b) => a + b, 0);
          };
          expect(share(within)).toBeGreaterThanOrEqual(0.9545);
          expect(share(within - 2)).toBeLessThan(0.9545);
          expect(share(span)).toBeCloseTo(1, 4);
        }
      }),
  );

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

  test('the strongest of 5 000 pictures in batches, with ties, equal those of a full sort; no memory is left behind', () => {
    const net = makeNet();
    const values = (batch: number) =>
      Float32Array.from({ length: 250 * 144 }, (_, i) => {
        // Every seventh picture comes again, so that maps are equally strong.
        const picture = (batch * 250 + Math.floor(i / 144)) % 700;
        return Math.sin((picture + 1) * ((i % 144) + 1) * 0.37) * (1 + ((picture * 7) % 13) / 13);
      });
    const strength: number[][] = [];
    const held: number[] = [];
    function* batches(): Generator<Tensor> {
      for (let batch = 0; batch < 20; batch++) {
        const x = tensor(values(batch), [250, 1, 12, 12]);
        scope(() => {
          const maps = activations(net, x, { layers: ['4'] })['4']!.toArray() as number[][][][];
          for (const sample of maps) strength.push(sample.map((map) => Math.max(...map.flat())));
        });
        yield x;
        x.dispose();
        held.push(memory.stats().liveBytes, memory.stats().liveTensors);
      }
    }
    const found = topActivations(net, batches(), { layer: '4', top: 25 });
    expect(strength.length).toBe(5000);
    expect(new Set(strength.map((row) => row[0])).size).toBeLessThan(701);
    found.forEach((list, channel) => {
      const sorted = strength
        .map((row, index) => ({ index, value: row[channel]! }))
        .sort((a, b) => b.value - a.value || a.index - b.index)
        .slice(0, 25);
      expect(list.map(({ index, value }) => ({ index, value }))).toEqual(sorted);
    });
    // The same after each batch.
    expect(new Set(held).size).toBe(2);
    net.dispose();
  });

  const wide = () => tensor(formula(224 * 224, 1), [1, 1, 224, 224]);
  const brightness =
    (seen: number[] = []) =>
    (x: Tensor) => {
      seen.push(x.shape[0]!);
      return mean(x, { dim: [1, 2, 3], keepDim: true }).reshape([x.shape[0]!, 1]);
    };

  test('occlusion covers the edges: 224 by 32 every 8 is 625 pictures, and the last patch ends at the border', async () => {
    const x = wide();
    const steps: [number, number][] = [];
    const net = brightness();
    const onProgress = (done: number, total: number) => steps.push([done, total]);
    const falls = await occlusionAsync(net, x, { target: 0, size: 32, stride: 8, onProgress });
    expect(falls.shape).toEqual([1, 1, 25, 25]);
    // The picture as it is and 625 covered ones, sixteen at a time.
    expect(steps.length).toBe(40);
    expect([steps[0], steps.at(-1)]).toEqual([
      [15, 625],
      [625, 625],
    ]);
    const patch = (top: number, left: number) => {
      let sum = 0;
      for (let y = top; y < top + 32; y++) for (let i = left; i < left + 32; i++) sum += x.data[y * 224 + i]!;
      return sum / 224 ** 2;
    };
    const rows = (falls.toArray() as number[][][][])[0]![0]!;
    for (const [row, column] of [
      [0, 0],
      [24, 24],
      [7, 19],
    ] as const)
      expect(rows[row]![column]).toBeCloseTo(patch(row * 8, column * 8), 5);
    const uneven = occlusion(net, x, { target: 0, size: 100, stride: 90, batch: 3 });
    expect(uneven.shape).toEqual([1, 1, 3, 3]);
    expect(uneven.toTypedArray().at(-1)).toBeCloseTo(
      x.data.reduce((sum, value, i) => sum + (i % 224 >= 124 && i >= 124 * 224 ? value : 0), 0) / 224 ** 2,
      5,
    );
    const again = occlusion(net, x, { target: 0, size: 32, stride: 8 });
    expect(again.toArray()).toEqual(falls.toArray());
    for (const one of [x, falls, uneven, again]) one.dispose();
  });

  test('occlusion ends within 100 ms of its signal, and gives its memory back', async () => {
    const x = wide();
    const weight = tensor(formula(16 * 25, 1), [16, 1, 5, 5]);
    const before = memory.stats();
    const net = (y: Tensor) => mean(relu(conv2d(y, weight, null, { padding: 2 })), { dim: [2, 3] });
    const controller = new AbortController();
    let aborted = Number.POSITIVE_INFINITY;
    const run = occlusionAsync(net, x, { target: 3, size: 16, stride: 2, signal: controller.signal });
    setTimeout(() => {
      aborted = performance.now();
      controller.abort(new Error('enough'));
    }, 60);
    await expect(run).rejects.toThrow('enough');
    const late = performance.now() - aborted;
    // A loaded machine may stop the clock between; a whole run takes many times as long.
    expect(late).toBeLessThan(1000);
    console.log(`occlusion ended ${late.toFixed(0)} ms after its signal`);
    expect(memory.stats().liveTensors).toBe(before.liveTensors);
    expect(memory.stats().liveBytes).toBe(before.liveBytes);
    await expect(
      occlusionAsync(net, x, { target: 3, size: 16, signal: AbortSignal.abort('before it began') }),
    ).rejects.toBe('before it began');
    for (const [options, sentence] of [
      [{ signal: { aborted: true } }, 'occlusionAsync: the signal ended it'],
      [{ signal: 5 }, 'occlusionAsync: signal is 5, must be an AbortSignal'],
      [{ onProgress: 5 }, 'occlusionAsync: onProgress is 5, must be a function'],
      [{ progress: true }, "occlusionAsync: there is no option 'progress'"],
    ] as const)
      await expect(occlusionAsync(net, x, { target: 3, size: 16, ...(options as object) })).rejects.toThrow(
        sentence,
      );
    x.dispose();
    weight.dispose();
  });

  test('occlusion by a number, by the mean of each channel, and by what lies around', () =>
    scope(() => {
      const x = tensor([1, 2, 3, 4, 10, 20, 30, 40], [1, 2, 1, 4]);
      /** What the net was given, as its scores. */
      const net = (y: Tensor) => y.reshape([y.shape[0]!, 8]);
      const covered = (value: number | 'mean' | 'blur', target: number) =>
        [...occlusion(net, x, { target, size: [1, 2], value }).data].map((fall) => x.data[target]! - fall);
      // Two places of the patch; the first covers elements 0 and 1.
      expect(covered(7, 0)).toEqual([7, 1]);
      expect(covered('mean', 0)).toEqual([2.5, 1]);
      expect(covered('mean', 5)).toEqual([25, 20]);
      expect(covered('mean', 7)).toEqual([40, 25]);
      // Two elements at a time, from the place on; at the border what there is.
      expect(covered('blur', 0)).toEqual([1.5, 1]);
      expect(covered('blur', 6)).toEqual([30, 35]);
      expect(covered('blur', 7)).toEqual([40, 40]);
    }));

  test('clip is a rectifier from 0 on; every other activation is named with its layer', () =>
    scope(() => {
      const x = picture();
      const weight = tensor(formula(9, 1), [1, 1, 3, 3]);
      const [by6, byClip] = [relu6, (y: Tensor) => clip(y, 0, 6)].map((f) =>
        deconvnet((y: Tensor) => f(conv2d(y, weight)), x, {
          layer: f === relu6 ? 'relu6' : 'clip',
          channel: 0,
        }),
      );
      expect(byClip!.toArray()).toEqual(by6!.toArray());
      for (const [f, name] of [
        [(y: Tensor) => clip(y, -1, 1), 'clip from -1 to 1'],
        [gelu, 'gelu'],
        [sigmoid, 'sigmoid'],
        [tanh, 'tanh'],
        [hardSwish, 'hardSwish'],
        [elu, 'elu'],
      ] as const) {
        const layer = name.split(' ')[0];
        expect(() =>
          guidedBackprop((y: Tensor) => relu((f as (z: Tensor) => Tensor)(conv2d(y, weight))), x),
        ).toThrow(`guidedBackprop: layer '${layer}' is ${name}, must be a rectifier`);
      }
    }));

  test('a map of zeros is zeros, not NaN, and its picture says so', () =>
    scope(() => {
      const net = (x: Tensor) => mul(abs(relu(x)), -1).reshape([1, 16]);
      const heat = gradCam(net, ones([1, 1, 4, 4]), { layer: 'relu', target: 3 });
      expect(heat.toTypedArray().every((value) => value === 0)).toBe(true);
      expect(pictureGrid(heat).alt).toBe('1 plane of 4 x 4, colours from 0 to 0; 0 everywhere in 0');
    }));
});
