/** Imported models are looked at as modules are: the names of their nodes and values are layers, their rectifiers keep the rules. */
import { Conv2d, flatten, maxPool2d, randn, scope, type Tensor, tensor } from 'striate';
import {
  activations,
  analyze,
  deconvnet,
  effectiveReceptiveField,
  equivariance,
  gradCam,
  guidedBackprop,
  occlusion,
  receptiveField,
  saliency,
  toMatrix,
  topActivations,
} from 'striate/analyze';
import { exportOnnx, loadModel, type Model } from 'striate/onnx';
import { beforeAll, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { withRuntime } from '../support/runtime.ts';
import { makeNet, near, picture } from './trained.ts';

/** A net as a file, read again. */
async function imported(net: Parameters<typeof exportOnnx>[0], shape: number[]): Promise<Model> {
  return loadModel(scope(() => exportOnnx(net, { inputs: [shape] })));
}

async function using<T>(model: Model, look: (model: Model) => T): Promise<T> {
  try {
    return scope(() => look(model));
  } finally {
    model.dispose();
  }
}

const small = async () => {
  const net = makeNet();
  const model = await imported(net, [1, 1, 12, 12]);
  net.dispose();
  return model;
};

withRuntime('an imported model', () => {
  test('its layers have the names of its nodes; values have theirs', async () =>
    using(await small(), (model) => {
      const { layers, totals } = analyze(model, { inputs: [[1, 1, 12, 12]] });
      const names = layers.map(({ name }) => name);
      expect(names.length).toBe(7);
      expect(new Set(names).size).toBe(7);
      expect(totals).toMatchObject({ parameters: 4 * 10 + 5 * 37 + 3 * 46, macs: 36 * 144 + 180 * 36 + 135 });
      for (const name of names)
        expect(receptiveField(model, { inputs: [[1, 1, 12, 12]], layer: name }).size.length).toBe(2);
      // A name of a value is one of the file's, which its summary lists.
      const all = activations(model, picture());
      expect(Object.keys(all)).toEqual(names);
      expect(() => activations(model, picture(), { layers: [`${names[0]}x`] })).toThrow(
        `must be a layer of the net: '${names[0]}'`,
      );
    }));

  test('inside of it are the values that PyTorch has', async () =>
    using(await small(), (model) => {
      const x = picture();
      const names = analyze(model, { inputs: [[1, 1, 12, 12]] }).layers.map(({ name }) => name);
      const layer = names[4] as string;
      near(saliency(model, x, { target: 1 }), 'saliency');
      near(gradCam(model, x, { layer, target: 1 }), 'gradCam');
      near(guidedBackprop(model, x, { target: 1 }), 'guided');
      near(effectiveReceptiveField(model, x, { layer, channel: 2, position: [3, 1] }), 'effective');
      near(deconvnet(model, x, { layer, channel: 3 }), 'strongest');
      near(deconvnet(model, x, { layer, channel: 3, position: 'map' }), 'map');
      const [best] = topActivations(model, [x], { layer, channels: [3], top: 1 });
      expect(best![0]!.index).toBe(0);
    }));

  test('that takes any number of pictures: occlusion', async () => {
    const net = makeNet();
    const model = await loadModel(
      scope(() => exportOnnx(net, { inputs: [{ name: 'x', shape: [16, 1, 12, 12] }] })),
    );
    net.dispose();
    await using(model, (one) =>
      near(occlusion(one, picture(), { target: 1, size: 4, stride: 3, value: 0.5 }), 'occlusion'),
    );
  });

  test('as a matrix, and how it commutes with shifts', async () => {
    const conv = new Conv2d(1, 2, 3, { padding: 1, paddingMode: 'circular' });
    const model = await imported(conv, [1, 1, 6, 6]);
    await using(model, (one) => {
      const x = randn([1, 1, 6, 6]);
      const [wanted, found] = [toMatrix(conv, [1, 1, 6, 6]), toMatrix(one, [1, 1, 6, 6])];
      expect(found.shape).toEqual([72, 36]);
      expect([...found.columns]).toEqual([...wanted.columns]);
      const error = Math.max(...found.values.map((value, i) => Math.abs(value - wanted.values[i]!)));
      expect(error).toBeLessThan(1e-5);
      expect(equivariance(one, x, { shift: [2, 1] }).error).toBeLessThan(1e-5);
    });
    const pool = await imported((y: Tensor) => maxPool2d(y, 2), [1, 1, 4, 4]);
    await using(pool, (one) => {
      const x = tensor(
        Float32Array.from({ length: 16 }, (_, i) => (i * 7) % 16),
        [1, 1, 4, 4],
      );
      expect(equivariance(one, x, { shift: [1, 0] }).error).toBeGreaterThan(0);
    });
    conv.dispose();
  });

  beforeAll(() => fetchData({ log: () => {} }));

  test('BlazeFace: a file from elsewhere, channels last', async () =>
    using(await loadModel('.cache/data/blazeface-front.onnx'), (model) => {
      const inputs = [[1, 128, 128, 3]];
      const { layers, totals } = analyze(model, { inputs });
      expect(layers.every(({ name }) => /^StatefulPartitionedCall|^functional|[\w/:]+/.test(name))).toBe(
        true,
      );
      expect(totals.macs).toBeGreaterThan(1e7);
      const conv = layers.find(({ operator }) => operator === 'conv2d')!;
      expect(receptiveField(model, { inputs, layer: conv.name })).toMatchObject({
        size: [5, 5],
        stride: [2, 2],
      });
      const { [model.outputs[0]!.name]: scores } = activations(model, randn([1, 128, 128, 3]), {
        layers: [model.outputs[0]!.name],
      });
      expect(scores!.shape).toEqual([1, 512, 1]);
    }));
});

withRuntime('a layer of one place', () => {
  test('has no map for gradCam, which names the last layer that has', () =>
    scope(() => {
      const first = new Conv2d(1, 3, 3);
      const last = new Conv2d(3, 4, 6);
      const net = (x: Tensor) => flatten(last.forward(first.forward(x)), 1);
      expect(() => gradCam(net, randn([1, 1, 8, 8]), { layer: 'conv2d_2', target: 0 })).toThrow(
        "gradCam: layer 'conv2d_2' gives 1x4x1x1, must give maps of more than one place: 'conv2d' is the last that does",
      );
    }));
});
