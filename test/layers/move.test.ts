/** Layers that pad, unfold and shuffle: each is its operator with fixed arguments. */
import * as striate from 'striate';
import {
  channelShuffle,
  type DType,
  fold,
  type Module,
  type PadMode,
  pad1d,
  pad2d,
  pad3d,
  pixelShuffle,
  pixelUnshuffle,
  randn,
  scope,
  type Tensor,
  unfold,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

type Any = Tensor<DType>;
type Layer = Module<[Any], Any>;
type Row = [name: string, make: () => unknown, shape: number[], operator: (x: Any) => Any];

const PADS = [pad1d, pad2d, pad3d];
const PAIRS = [
  [1, 2],
  [0, 1],
  [-1, 1],
] as const;
const MODES: Record<string, PadMode> = {
  Reflection: 'reflect',
  Replication: 'replicate',
  Circular: 'circular',
};

const paddings: Row[] = Object.entries(MODES).flatMap(([name, mode]) =>
  PADS.map((pad, i): Row => {
    const [title, padding] = [`${name}Pad${i + 1}d`, PAIRS.slice(0, i + 1)];
    const Class = (striate as unknown as Record<string, new (padding: unknown) => unknown>)[title];
    const shape = [1, 2, 4, 3, 5].slice(0, i + 3);
    return [title, () => new Class!(padding), shape, (x) => pad(x, padding, { mode })];
  }),
);

const rows: Row[] = [
  ...paddings,
  [
    'ReflectionPad2d by a number',
    () => new striate.ReflectionPad2d(2),
    [1, 1, 3, 4],
    (x) => pad2d(x, 2, { mode: 'reflect' }),
  ],
  [
    'Unfold',
    () => new striate.Unfold(3, { padding: 1, stride: 2 }),
    [1, 2, 5, 6],
    (x) => unfold(x, 3, { padding: 1, stride: 2 }),
  ],
  ['Unfold by default', () => new striate.Unfold([2, 3]), [1, 2, 5, 6], (x) => unfold(x, [2, 3])],
  [
    'Fold',
    () => new striate.Fold([4, 5], [2, 3], { dilation: [2, 1] }),
    [1, 12, 6],
    (x) => fold(x as unknown as Tensor, [4, 5], [2, 3], { dilation: [2, 1] }) as unknown as Any,
  ],
  ['PixelShuffle', () => new striate.PixelShuffle(2), [1, 8, 3, 2], (x) => pixelShuffle(x, 2)],
  ['PixelUnshuffle', () => new striate.PixelUnshuffle(3), [1, 1, 6, 3], (x) => pixelUnshuffle(x, 3)],
  ['ChannelShuffle', () => new striate.ChannelShuffle(2), [1, 6, 2, 2], (x) => channelShuffle(x, 2)],
];

inEachVariant('layers that move values', () => {
  test.each(rows)('%s is its operator', (_, make, shape, operator) => {
    scope(() => {
      const [layer, x] = [make() as Layer, randn(shape, { seed: 1 }) as unknown as Any];
      const expected = operator(x);
      for (const y of [layer.forward(x), layer.run(x)]) {
        expect(y.shape).toEqual(expected.shape);
        expectSame(y.data, expected.data);
      }
      expect(layer.stateDict()).toEqual({});
    });
  });
});
