/** Layers of transposed and separable convolution. */
import {
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type Module,
  randn,
  SeparableConv1d,
  SeparableConv2d,
  SeparableConv3d,
  SpatialSeparableConv2d,
  scope,
  separableConv1d,
  separableConv2d,
  separableConv3d,
  spatialSeparableConv2d,
  type Tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

/** What a layer is made by, its parameters' shapes, an input's shape, and the operator that it must be. */
type Layer = Module &
  Record<'weight' | 'depthwiseWeight' | 'pointwiseWeight' | 'columnKernel' | 'rowKernel', Tensor> & {
    readonly bias: Tensor | null;
  };
const layers: Record<
  string,
  [() => Module, Record<string, number[]>, number[], (x: Tensor, layer: Layer) => Tensor]
> = {
  'Conv2d with padding that goes round': [
    () => new Conv2d(2, 3, 3, { padding: 1, paddingMode: 'circular' }),
    { weight: [3, 2, 3, 3], bias: [3] },
    [1, 2, 4, 5],
    (x, l) => conv2d(x, l.weight, l.bias, { padding: 1, paddingMode: 'circular' }),
  ],
  ConvTranspose1d: [
    () => new ConvTranspose1d(2, 3, 4, { stride: 2, padding: 1, outputPadding: 1 }),
    { weight: [2, 3, 4], bias: [3] },
    [2, 2, 5],
    (x, l) => convTranspose1d(x, l.weight, l.bias, { stride: 2, padding: 1, outputPadding: 1 }),
  ],
  ConvTranspose2d: [
    () => new ConvTranspose2d(4, 6, [3, 2], { groups: 2, dilation: 2, padding: 'same' }),
    { weight: [4, 3, 3, 2], bias: [6] },
    [1, 4, 5, 6],
    (x, l) => convTranspose2d(x, l.weight, l.bias, { groups: 2, dilation: 2, padding: 'same' }),
  ],
  'ConvTranspose2d without bias': [
    () => new ConvTranspose2d(2, 3, 2, { stride: 2, bias: false }),
    { weight: [2, 3, 2, 2] },
    [1, 2, 3, 3],
    (x, l) => convTranspose2d(x, l.weight, null, { stride: 2 }),
  ],
  ConvTranspose3d: [
    () => new ConvTranspose3d(1, 2, 2),
    { weight: [1, 2, 2, 2, 2], bias: [2] },
    [1, 1, 2, 3, 4],
    (x, l) => convTranspose3d(x, l.weight, l.bias),
  ],
  SeparableConv1d: [
    () => new SeparableConv1d(3, 5, 3, { stride: 2 }),
    { depthwiseWeight: [3, 1, 3], pointwiseWeight: [5, 3, 1], bias: [5] },
    [1, 3, 9],
    (x, l) => separableConv1d(x, l.depthwiseWeight, l.pointwiseWeight, l.bias, { stride: 2 }),
  ],
  'SeparableConv2d of two kernels a channel': [
    () => new SeparableConv2d(3, 4, [3, 2], { depthMultiplier: 2, padding: [1, 0] }),
    { depthwiseWeight: [6, 1, 3, 2], pointwiseWeight: [4, 6, 1, 1], bias: [4] },
    [1, 3, 5, 6],
    (x, l) => separableConv2d(x, l.depthwiseWeight, l.pointwiseWeight, l.bias, { padding: [1, 0] }),
  ],
  'SeparableConv3d without bias': [
    () => new SeparableConv3d(2, 3, 2, { bias: false }),
    { depthwiseWeight: [2, 1, 2, 2, 2], pointwiseWeight: [3, 2, 1, 1, 1] },
    [1, 2, 3, 3, 3],
    (x, l) => separableConv3d(x, l.depthwiseWeight, l.pointwiseWeight),
  ],
  SpatialSeparableConv2d: [
    () => new SpatialSeparableConv2d(3, [3, 5], { padding: 'same' }),
    { columnKernel: [3, 1, 3, 1], rowKernel: [3, 1, 1, 5], bias: [3] },
    [2, 3, 6, 7],
    (x, l) => spatialSeparableConv2d(x, l.columnKernel, l.rowKernel, l.bias, { padding: 'same' }),
  ],
};

inEachVariant('layers of convolution', () => {
  for (const [name, [make, shapes, input, operator]] of Object.entries(layers)) {
    test(`${name} is its operator`, () => {
      scope(() => {
        const layer = make() as Layer;
        const keys = Object.entries(layer.stateDict()).map(([key, { shape }]) => [key, [...shape]]);
        expect(Object.fromEntries(keys)).toEqual(shapes);
        const x = randn(input, { seed: 1 });
        expect([...(layer.forward(x) as Tensor).data]).toEqual([...operator(x, layer).data]);
      });
    });
  }

  test('ConvTranspose2d to a size', () => {
    scope(() => {
      const layer = new ConvTranspose2d(2, 3, 3, { stride: 2, padding: 1, outputPadding: 1 });
      const x = randn([1, 2, 4, 5], { seed: 2 });
      const y = layer.forward(x, [7, 10]);
      expect(y.shape).toEqual([1, 3, 7, 10]);
      const options = { stride: 2, padding: 1, outputSize: [7, 10] };
      expect([...y.data]).toEqual([...convTranspose2d(x, layer.weight, layer.bias, options).data]);
    });
  });

  test('initial values are uniform within 1 / sqrt of all but the first axis of the weight', () => {
    scope(() => {
      const most = ({ data }: Tensor) =>
        data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      const expectBound = (tensor: Tensor, fanIn: number) => {
        expect(most(tensor) * Math.sqrt(fanIn)).toBeLessThanOrEqual(1 + 1e-6);
        expect(most(tensor) * Math.sqrt(fanIn)).toBeGreaterThan(0.85);
      };
      const transposed = new ConvTranspose2d(64, 32, 3, { seed: 1 });
      expectBound(transposed.weight, 32 * 9);
      expectBound(transposed.bias!, 32 * 9);
      const separable = new SeparableConv2d(32, 64, 5, { depthMultiplier: 2, seed: 1 });
      expectBound(separable.depthwiseWeight, 25);
      expectBound(separable.pointwiseWeight, 64);
      expectBound(separable.bias!, 64);
      const again = new SeparableConv2d(32, 64, 5, { depthMultiplier: 2, seed: 1 });
      expect([...again.pointwiseWeight.data]).toEqual([...separable.pointwiseWeight.data]);
      const [one, other] = [separable.depthwiseWeight.data[0]! * 5, separable.pointwiseWeight.data[0]! * 8];
      expect(one).not.toBeCloseTo(other, 6);
    });
  });
});
