/** Modules as text: PyTorch's repr, with our names. */
import { inspect } from 'node:util';
import * as striate from 'striate';
import {
  type Module as Any,
  BatchNorm2d,
  Conv2d,
  Linear,
  MaxPool2d,
  Module,
  ModuleList,
  ReLU,
  Sequential,
  scope,
  type Tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const { Flatten, GroupNorm, LayerNorm, ConvTranspose2d, DeformConv2d, DeformConv2dPack } = striate;

class Block extends Module {
  conv = new Conv2d(8, 8, 3, { padding: 'same', bias: false });
  layers = [new ReLU(), new MaxPool2d(2, { stride: 1 })];
  override extraRepr() {
    return 'residual';
  }
  forward(x: Tensor): Tensor {
    return this.conv.forward(x);
  }
}

inEachVariant('a module shows itself', () => {
  test.each<[string, () => Any<never, unknown>, string]>([
    ['no arguments', () => new ReLU(), 'ReLU()'],
    [
      'sizes and what was given',
      () => new Conv2d(3, 8, 3, { padding: 1 }),
      'Conv2d(3, 8, kernelSize=3, padding=1)',
    ],
    [
      'groups and an uneven kernel',
      () => new Conv2d(4, 8, [1, 3], { stride: [1, 2], groups: 2 }),
      'Conv2d(4, 8, kernelSize=[1, 3], stride=[1, 2], groups=2)',
    ],
    [
      'a transposed one',
      () => new ConvTranspose2d(4, 6, 3, { groups: 2, bias: false }),
      'ConvTranspose2d(4, 6, kernelSize=3, groups=2, bias=false)',
    ],
    [
      'a deformable one',
      () => new DeformConv2d(4, 6, 3, { groups: 2, padding: 1 }),
      'DeformConv2d(4, 6, kernelSize=3, padding=1, groups=2)',
    ],
    [
      'one in two steps',
      () => new striate.SeparableConv2d(4, 6, 3, { depthMultiplier: 2 }),
      'SeparableConv2d(4, 6, kernelSize=3, depthMultiplier=2)',
    ],
    [
      'one by columns and rows',
      () => new striate.SpatialSeparableConv2d(4, [3, 5]),
      'SpatialSeparableConv2d(4, kernelSize=[3, 5])',
    ],
    [
      'a product',
      () => new Linear(10, 5, { bias: false }),
      'Linear(inFeatures=10, outFeatures=5, bias=false)',
    ],
    [
      'a norm',
      () => new BatchNorm2d(16, { eps: 0.001 }),
      'BatchNorm2d(16, eps=0.001, momentum=0.1, affine=true, trackRunningStats=true)',
    ],
    [
      'a norm of groups',
      () => new GroupNorm(4, 16, { affine: false }),
      'GroupNorm(4, 16, eps=0.00001, affine=false)',
    ],
    [
      'a norm of axes',
      () => new LayerNorm([4, 4]),
      'LayerNorm([4, 4], eps=0.00001, elementwiseAffine=true, bias=true)',
    ],
    ['a slope', () => new striate.PReLU(), 'PReLU(numParameters=1)'],
    ['arguments of a plain call', () => new Flatten(), 'Flatten()'],
    [
      'options of a plain call',
      () => new striate.Upsample({ scaleFactor: 2, mode: 'bilinear' }),
      "Upsample(scaleFactor=2, mode='bilinear')",
    ],
    [
      'both',
      () =>
        new striate.ConstantPad2d(
          [
            [1, 1],
            [0, 2],
          ],
          3,
        ),
      'ConstantPad2d(padding=[[1, 1], [0, 2]], value=3)',
    ],
    ['an empty list', () => new ModuleList() as never, 'ModuleList()'],
  ])('%s', (_name, make, text) => {
    scope(() => expect(`${make()}`).toBe(text));
  });

  test('parts are indented, in arrays too, and a class may say more', () => {
    scope(() => {
      const net = new Sequential(new Conv2d(3, 8, 3), new Block(), new Linear(8, 2));
      const text = `Sequential(
  (0): Conv2d(3, 8, kernelSize=3)
  (1): Block(
    residual
    (conv): Conv2d(8, 8, kernelSize=3, padding='same', bias=false)
    (layers.0): ReLU()
    (layers.1): MaxPool2d(kernelSize=2, stride=1)
  )
  (2): Linear(inFeatures=8, outFeatures=2, bias=true)
)`;
      expect(String(net)).toBe(text);
      expect(inspect(net)).toBe(text);
    });
  });

  test('a predicted window shows both convolutions', () => {
    scope(() =>
      expect(`${new DeformConv2dPack(4, 6, 3, { offsetGroups: 2, mask: false })}`).toBe(
        `DeformConv2dPack(
  4, 6, kernelSize=3, groups=1, offsetGroups=2, mask=false
  (conv_offset): Conv2d(4, 36, kernelSize=3)
)`,
      ),
    );
  });

  test('what contains itself ends', () => {
    class Loop extends Sequential {
      self = this;
    }
    scope(() => expect(`${new Loop(new ReLU())}`).toBe('Loop(\n  (0): ReLU()\n  (self): Loop(...)\n)'));
  });
});
