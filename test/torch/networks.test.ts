/** State dicts of torchvision's ResNet-18 and MobileNet-v2, as safetensors, load by their names and give PyTorch's scores (networks.py). */
import { readFileSync } from 'node:fs';
import {
  AdaptiveAvgPool2d,
  add,
  BatchNorm2d,
  Conv2d,
  compile,
  Dropout,
  type DType,
  flatten,
  globalAvgPool,
  Linear,
  MaxPool2d,
  Module,
  ReLU6,
  relu,
  Sequential,
  scope,
  type Tensor,
  tensor,
} from 'striate';
import { readSafetensors, writeSafetensors } from 'striate/files';
import { expect, test } from 'vitest';
import { MOBILENET_V2 } from '../analyze/nets.ts';
import { difference } from '../support/compare.ts';
import { Choices } from '../support/random.ts';
import { inEachVariant } from '../support/runtime.ts';

type Layer = Module<[Tensor], Tensor>;

const conv = (inputs: number, outputs: number, kernel: number, stride = 1, groups = 1) =>
  new Conv2d(inputs, outputs, kernel, { stride, groups, padding: kernel >> 1, bias: false });

class BasicBlock extends Module<[Tensor], Tensor> {
  conv1: Conv2d;
  bn1: BatchNorm2d;
  conv2: Conv2d;
  bn2: BatchNorm2d;
  downsample: Layer | null;

  constructor(inputs: number, outputs: number, stride: number) {
    super();
    this.conv1 = conv(inputs, outputs, 3, stride);
    this.bn1 = new BatchNorm2d(outputs);
    this.conv2 = conv(outputs, outputs, 3);
    this.bn2 = new BatchNorm2d(outputs);
    this.downsample =
      stride === 1 ? null : new Sequential(conv(inputs, outputs, 1, stride), new BatchNorm2d(outputs));
  }

  forward(x: Tensor): Tensor {
    const y = relu(this.bn1.forward(this.conv1.forward(x)));
    return relu(add(this.bn2.forward(this.conv2.forward(y)), this.downsample?.forward(x) ?? x));
  }
}

const stage = (inputs: number, outputs: number, stride: number) =>
  new Sequential(new BasicBlock(inputs, outputs, stride), new BasicBlock(outputs, outputs, 1));

class ResNet18 extends Module<[Tensor], Tensor> {
  conv1 = new Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false });
  bn1 = new BatchNorm2d(64);
  maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  layer1 = stage(64, 64, 1);
  layer2 = stage(64, 128, 2);
  layer3 = stage(128, 256, 2);
  layer4 = stage(256, 512, 2);
  avgpool = new AdaptiveAvgPool2d(1);
  fc = new Linear(512, 1000);

  forward(x: Tensor): Tensor {
    const stem = this.maxpool.forward(relu(this.bn1.forward(this.conv1.forward(x))));
    const stages = [this.layer1, this.layer2, this.layer3, this.layer4, this.avgpool];
    return this.fc.forward(
      flatten(
        stages.reduce((y, one) => one.forward(y), stem),
        1,
      ),
    );
  }
}

const normed = (inputs: number, outputs: number, kernel: number, stride = 1, groups = 1) =>
  new Sequential(conv(inputs, outputs, kernel, stride, groups), new BatchNorm2d(outputs), new ReLU6());

class InvertedResidual extends Module<[Tensor], Tensor> {
  conv: Layer;
  isResidual: boolean;

  constructor(inputs: number, outputs: number, stride: number, expansion: number) {
    super();
    const wide = inputs * expansion;
    this.conv = new Sequential(
      ...(expansion === 1 ? [] : [normed(inputs, wide, 1)]),
      normed(wide, wide, 3, stride, wide),
      conv(wide, outputs, 1),
      new BatchNorm2d(outputs),
    );
    this.isResidual = stride === 1 && inputs === outputs;
  }

  forward(x: Tensor): Tensor {
    const y = this.conv.forward(x);
    return this.isResidual ? add(x, y) : y;
  }
}

class MobileNetV2 extends Module<[Tensor], Tensor> {
  features: Layer;
  classifier = new Sequential(new Dropout({ p: 0.2 }), new Linear(1280, 1000));

  constructor() {
    super();
    let channels = 32;
    const blocks = MOBILENET_V2.flatMap(([expansion, outputs, repeats, stride]) =>
      Array.from({ length: repeats }, (_, i) => {
        const block = new InvertedResidual(channels, outputs, i === 0 ? stride : 1, expansion);
        channels = outputs;
        return block;
      }),
    );
    this.features = new Sequential(normed(3, 32, 3, 2), ...blocks, normed(320, 1280, 1));
  }

  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(globalAvgPool(this.features.forward(x)), 1));
  }
}

interface Reference {
  readonly state: readonly (readonly [string, ...number[]])[];
  readonly scores: readonly number[];
}

const file = new URL('networks.json', import.meta.url);
const references: Readonly<Record<string, Reference>> = JSON.parse(readFileSync(file, 'utf8'));

function reals(size: number, t: number): Float32Array {
  const choices = new Choices(1000 * t + size);
  return Float32Array.from({ length: size }, () => 2 * choices.next() - 1);
}

/** As networks.py has it. */
function valuesFor(name: string, shape: number[], t: number): Tensor<DType> {
  if (name.endsWith('num_batches_tracked')) return tensor(BigInt64Array.of(0n), []);
  const size = shape.reduce((a, b) => a * b, 1);
  const scale = Math.sqrt(6 / (size / shape[0]!));
  const isVector = shape.length === 1;
  const made = (drawn: number) => {
    if (name.endsWith('running_var')) return 1 + drawn / 2;
    if (isVector) return name.endsWith('weight') ? 1 + drawn / 4 : drawn / 8;
    return drawn * scale;
  };
  return tensor(reals(size, t).map(made), shape);
}

inEachVariant('networks of torchvision', () => {
  test.each([
    ['resnet18', () => new ResNet18()],
    ['mobilenet_v2', () => new MobileNetV2()],
  ] as const)('%s', (name, make) => {
    const { state, scores } = references[name]!;
    scope(() => {
      const bytes = scope(() => ({
        file: writeSafetensors(
          Object.fromEntries(state.map(([key, ...shape], t) => [key, valuesFor(key, shape, t)])),
        ),
      })).file;
      const net: Layer = make();
      const found = net.loadStateDict(readSafetensors(bytes).tensors);
      expect(found ?? { missing: [], unexpected: [] }).toEqual({ missing: [], unexpected: [] });
      const shape = [2, 3, 96, 96];
      const x = tensor(reals(2 * 3 * 96 * 96, 999), shape);
      net.eval();
      expect(difference(net.forward(x).data, scores, 1e-4)).toBe(null);
      expect(difference(compile(net, { inputs: [shape] }).run(x).data, scores, 1e-4)).toBe(null);
    });
  });
});
