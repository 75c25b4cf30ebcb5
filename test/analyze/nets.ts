/** Networks of the literature, built of the library's layers under torchvision's names, for 224 x 224 pictures unless a line says otherwise. */
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  add,
  BatchNorm2d,
  Conv2d,
  concat,
  conv2d,
  Dropout,
  expand,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  ones,
  parameter,
  ReLU,
  ReLU6,
  relu,
  Sequential,
  Sigmoid,
  split,
  Tanh,
  type Tensor,
  zeros,
} from 'striate';

type Layer = Module<[Tensor], Tensor>;
const chain = (...layers: Layer[]) => new Sequential(...(layers as [Layer]));

/** D2L's LeNet-5, 28 x 28 with sigmoids and average pooling. */
export const lenet = () =>
  chain(
    new Conv2d(1, 6, 5, { padding: 2 }),
    new Sigmoid(),
    new AvgPool2d(2),
    new Conv2d(6, 16, 5),
    new Sigmoid(),
    new AvgPool2d(2),
    new Flatten(),
    new Linear(400, 120),
    new Sigmoid(),
    new Linear(120, 84),
    new Sigmoid(),
    new Linear(84, 10),
  );

class Classifier extends Module<[Tensor], Tensor> {
  features: Layer;
  classifier: Layer;

  constructor(features: Layer, classifier: Layer) {
    super();
    this.features = features;
    this.classifier = classifier;
  }

  forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

export const alexnetFeatures = () =>
  chain(
    new Conv2d(3, 64, 11, { stride: 4, padding: 2 }),
    new ReLU(),
    new MaxPool2d(3, { stride: 2 }),
    new Conv2d(64, 192, 5, { padding: 2 }),
    new ReLU(),
    new MaxPool2d(3, { stride: 2 }),
    new Conv2d(192, 384, 3, { padding: 1 }),
    new ReLU(),
    new Conv2d(384, 256, 3, { padding: 1 }),
    new ReLU(),
    new Conv2d(256, 256, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(3, { stride: 2 }),
  );

const head = (inputs: number) =>
  chain(
    new Flatten(),
    new Dropout(),
    new Linear(inputs, 4096),
    new ReLU(),
    new Dropout(),
    new Linear(4096, 4096),
    new ReLU(),
    new Linear(4096, 1000),
  );

export const alexnet = () => new Classifier(chain(alexnetFeatures(), new AdaptiveAvgPool2d(6)), head(9216));

/** AlexNet as it was published: 227 x 227, two groups where two graphics cards shared the work. */
export const alexnet2012 = () =>
  new Classifier(
    chain(
      ...[new Conv2d(3, 96, 11, { stride: 4 }), new ReLU(), new MaxPool2d(3, { stride: 2 })],
      ...[new Conv2d(96, 256, 5, { padding: 2, groups: 2 }), new ReLU(), new MaxPool2d(3, { stride: 2 })],
      ...[new Conv2d(256, 384, 3, { padding: 1 }), new ReLU()],
      ...[new Conv2d(384, 384, 3, { padding: 1, groups: 2 }), new ReLU()],
      ...[new Conv2d(384, 256, 3, { padding: 1, groups: 2 }), new ReLU(), new MaxPool2d(3, { stride: 2 })],
    ),
    head(9216),
  );

export function vgg16Features(): Layer {
  const layers: Layer[] = [];
  let channels = 3;
  for (const wide of [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]) {
    if (wide === 0) layers.push(new MaxPool2d(2));
    else layers.push(new Conv2d(channels, wide, 3, { padding: 1 }), new ReLU());
    channels = wide || channels;
  }
  return chain(...layers);
}

export const vgg16 = () => new Classifier(vgg16Features(), head(25088));

const bare = { bias: false };

/** 3x3, 3x3 and a shortcut; or 1x1, 3x3 (which has the stride and the dilation), 1x1 four times as wide. */
class Residual extends Module<[Tensor], Tensor> {
  layers: Layer;
  downsample: Layer | null;

  constructor(inputs: number, width: number, stride: number, deep: boolean, dilation = 1) {
    super();
    const three = (from: number, step: number) =>
      new Conv2d(from, width, 3, { stride: step, padding: dilation, dilation, ...bare });
    const outputs = deep ? width * 4 : width;
    this.layers = deep
      ? chain(
          new Conv2d(inputs, width, 1, bare),
          new BatchNorm2d(width),
          new ReLU(),
          three(width, stride),
          new BatchNorm2d(width),
          new ReLU(),
          new Conv2d(width, outputs, 1, bare),
          new BatchNorm2d(outputs),
        )
      : chain(
          three(inputs, stride),
          new BatchNorm2d(width),
          new ReLU(),
          three(width, 1),
          new BatchNorm2d(width),
        );
    this.downsample =
      stride === 1 && inputs === outputs
        ? null
        : chain(new Conv2d(inputs, outputs, 1, { stride, ...bare }), new BatchNorm2d(outputs));
  }

  forward(x: Tensor): Tensor {
    return relu(add(this.layers.forward(x), this.downsample?.forward(x) ?? x));
  }
}

class ResNet extends Module<[Tensor], Tensor> {
  stem = chain(
    new Conv2d(3, 64, 7, { stride: 2, padding: 3, ...bare }),
    new BatchNorm2d(64),
    new ReLU(),
    new MaxPool2d(3, { stride: 2, padding: 1 }),
  );
  layer1: Layer;
  layer2: Layer;
  layer3: Layer;
  layer4: Layer;
  head: Layer;

  /** `dilated`: the last two stages keep their size, and their kernels are spread instead (Yu & Koltun, 2016). */
  constructor(depths: readonly [number, number, number, number], deep: boolean, dilated = false) {
    super();
    let [channels, spread] = [64, 1];
    const stage = (width: number, depth: number, stride: number) => {
      const isSpread = dilated && width >= 256;
      const blocks = Array.from({ length: depth }, (_, i) => {
        const block = new Residual(channels, width, i === 0 && !isSpread ? stride : 1, deep, spread);
        if (i === 0 && isSpread) spread *= stride;
        channels = deep ? width * 4 : width;
        return block;
      });
      return chain(...blocks);
    };
    this.layer1 = stage(64, depths[0], 1);
    this.layer2 = stage(128, depths[1], 2);
    this.layer3 = stage(256, depths[2], 2);
    this.layer4 = stage(512, depths[3], 2);
    this.head = chain(new AdaptiveAvgPool2d(1), new Flatten(), new Linear(channels, 1000));
  }

  forward(x: Tensor): Tensor {
    const stages = [this.stem, this.layer1, this.layer2, this.layer3, this.layer4, this.head];
    return stages.reduce((y, stage) => stage.forward(y), x);
  }
}

export const resnet18 = () => new ResNet([2, 2, 2, 2], false);
export const resnet34 = () => new ResNet([3, 4, 6, 3], false);
export const resnet50 = () => new ResNet([3, 4, 6, 3], true);
export const dilatedResnet50 = () => new ResNet([3, 4, 6, 3], true, true);

/** What an exporter leaves of a net: batch norms behind convolutions become part of their weights and a bias. */
export function folded(net: Layer): Layer {
  for (const [, list] of net.namedModules()) {
    if (!(list instanceof Sequential)) continue;
    const parts = list as unknown as Record<number, unknown>;
    for (let i = 0; i + 1 < list.length; i++) {
      const [conv, norm] = [parts[i], parts[i + 1]];
      if (!(conv instanceof Conv2d && norm instanceof BatchNorm2d)) continue;
      Object.assign(conv, { bias: parameter(zeros([conv.weight.shape[0] as number])) });
      // Which does nothing in eval mode.
      parts[i + 1] = new Dropout();
    }
  }
  return net;
}

class InvertedResidual extends Module<[Tensor], Tensor> {
  layers: Layer;
  isResidual: boolean;

  constructor(inputs: number, outputs: number, stride: number, expand: number) {
    super();
    const wide = inputs * expand;
    const widen = expand === 1 ? [] : [new Conv2d(inputs, wide, 1, bare), new BatchNorm2d(wide), new ReLU6()];
    this.layers = chain(
      ...widen,
      new Conv2d(wide, wide, 3, { stride, padding: 1, groups: wide, ...bare }),
      new BatchNorm2d(wide),
      new ReLU6(),
      new Conv2d(wide, outputs, 1, bare),
      new BatchNorm2d(outputs),
    );
    this.isResidual = stride === 1 && inputs === outputs;
  }

  forward(x: Tensor): Tensor {
    const y = this.layers.forward(x);
    return this.isResidual ? add(x, y) : y;
  }
}

/** Expansion, channels, repeats, stride of each stage of MobileNet-V2. */
export const MOBILENET_V2 = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

export function mobilenetV2(): Classifier {
  const layers: Layer[] = [
    chain(new Conv2d(3, 32, 3, { stride: 2, padding: 1, ...bare }), new BatchNorm2d(32), new ReLU6()),
  ];
  let channels = 32;
  for (const [expand, outputs, repeats, stride] of MOBILENET_V2) {
    for (let i = 0; i < repeats; i++) {
      layers.push(new InvertedResidual(channels, outputs, i === 0 ? stride : 1, expand));
      channels = outputs;
    }
  }
  layers.push(chain(new Conv2d(320, 1280, 1, bare), new BatchNorm2d(1280), new ReLU6()));
  const classifier = chain(new AdaptiveAvgPool2d(1), new Flatten(), new Dropout(), new Linear(1280, 1000));
  return new Classifier(chain(...layers), classifier);
}

const unit = (inputs: number, outputs: number, kernel: number, more = {}) =>
  chain(
    new Conv2d(inputs, outputs, kernel, { padding: kernel >> 1, ...bare, ...more }),
    new BatchNorm2d(outputs),
    new ReLU(),
  );

class Inception extends Module<[Tensor], Tensor> {
  branches: Layer[];

  constructor(inputs: number, [a, b1, b2, c1, c2, d]: readonly number[]) {
    super();
    this.branches = [
      unit(inputs, a!, 1),
      chain(unit(inputs, b1!, 1), unit(b1!, b2!, 3)),
      chain(unit(inputs, c1!, 1), unit(c1!, c2!, 3)),
      chain(new MaxPool2d(3, { stride: 1, padding: 1 }), unit(inputs, d!, 1)),
    ];
  }

  forward(x: Tensor): Tensor {
    return concat(
      this.branches.map((branch) => branch.forward(x)),
      1,
    );
  }
}

/** Of torchvision, without the auxiliary heads. Its "5x5" is a 3x3. */
export class GoogLeNet extends Module<[Tensor], Tensor> {
  stem = chain(
    unit(3, 64, 7, { stride: 2, padding: 3 }),
    new MaxPool2d(3, { stride: 2, ceilMode: true }),
    unit(64, 64, 1),
    unit(64, 192, 3),
    new MaxPool2d(3, { stride: 2, ceilMode: true }),
  );
  inception3a = new Inception(192, [64, 96, 128, 16, 32, 32]);
  inception3b = new Inception(256, [128, 128, 192, 32, 96, 64]);
  pool3 = new MaxPool2d(3, { stride: 2, ceilMode: true });
  inception4a = new Inception(480, [192, 96, 208, 16, 48, 64]);
  inception4b = new Inception(512, [160, 112, 224, 24, 64, 64]);
  inception4c = new Inception(512, [128, 128, 256, 24, 64, 64]);
  inception4d = new Inception(512, [112, 144, 288, 32, 64, 64]);
  inception4e = new Inception(528, [256, 160, 320, 32, 128, 128]);
  pool4 = new MaxPool2d(2, { stride: 2, ceilMode: true });
  inception5a = new Inception(832, [256, 160, 320, 32, 128, 128]);
  inception5b = new Inception(832, [384, 192, 384, 48, 128, 128]);
  head = chain(new AdaptiveAvgPool2d(1), new Flatten(), new Dropout(), new Linear(1024, 1000));

  forward(x: Tensor): Tensor {
    const { stem, pool3, pool4, head } = this;
    const third = [this.inception3a, this.inception3b, pool3];
    const fourth = [this.inception4a, this.inception4b, this.inception4c, this.inception4d, this.inception4e];
    const all = [stem, ...third, ...fourth, pool4, this.inception5a, this.inception5b, head];
    return all.reduce((y: Tensor, layer) => layer.forward(y), x);
  }
}

/** What the convolutions, batch norms and pools of a map are to a receptive field: windows over one channel. */
type Step = (x: Tensor) => Tensor;
const window = (kh: number, kw: number, options: object): Step => {
  return (x) => conv2d(x, ones([1, 1, kh, kw]), null, options);
};
const inside = (kernel: number, stride = 1) => window(kernel, kernel, { stride });
const around = (kh: number, kw = kh) => window(kh, kw, { padding: [kh >> 1, kw >> 1] });
const steps =
  (...all: Step[]): Step =>
  (x) =>
    all.reduce((y, step) => step(y), x);
const branches =
  (...all: Step[]): Step =>
  (x) =>
    all.map((one) => one(x)).reduce(add);
const times = (count: number, step: Step): Step => steps(...Array.from({ length: count }, () => step));
const residual = (step: Step): Step => branches((x) => x, step);
const INCEPTION_STEM = steps(inside(3, 2), inside(3), around(3), inside(3, 2), inside(3), inside(3, 2));
const halved = branches(inside(3, 2), steps(around(3), inside(3, 2)));
const mixed = branches(around(1), around(5), steps(around(3), around(3)), around(3));

/** Inception-v3 as far as it sees, for 299 x 299 (Szegedy et al., 2016). */
export const inceptionV3 = steps(
  INCEPTION_STEM,
  times(3, mixed),
  halved,
  times(
    4,
    branches(
      around(1),
      steps(around(1, 7), around(7, 1)),
      steps(around(7, 1), around(1, 7), around(7, 1), around(1, 7)),
      around(3),
    ),
  ),
  branches(inside(3, 2), steps(around(1, 7), around(7, 1), inside(3, 2))),
  times(
    2,
    branches(
      around(1),
      around(1, 3),
      around(3, 1),
      steps(around(3), branches(around(1, 3), around(3, 1))),
      around(3),
    ),
  ),
);

/** Inception-ResNet-v2 as far as it sees, for 299 x 299 (Szegedy et al., 2017). */
export const inceptionResnetV2 = steps(
  INCEPTION_STEM,
  mixed,
  times(10, residual(steps(around(3), around(3)))),
  halved,
  times(20, residual(steps(around(1, 7), around(7, 1)))),
  halved,
  times(10, residual(steps(around(1, 3), around(3, 1)))),
);

/** A ResNet with bottlenecks as TF-slim has it, as far as it sees: strides are in the last block of a stage, the pool has 'same' padding. */
export function slimResnet(depths: readonly number[], stages = depths.length): Step {
  const all = depths
    .slice(0, stages)
    .flatMap((depth, stage) => [
      times(depth - 1, residual(around(3))),
      window(3, 3, { padding: 1, stride: stage < depths.length - 1 ? 2 : 1 }),
    ]);
  return steps(window(7, 7, { stride: 2, padding: 3 }), window(3, 3, { stride: 2, padding: 'same' }), ...all);
}

/** Sums of four values, each times one coefficient of its map, and a bias: how LeNet-5 makes maps smaller. */
class Subsampling extends Module<[Tensor], Tensor> {
  coefficient: Tensor;
  bias: Tensor;
  channels: number;

  constructor(channels: number) {
    super();
    this.channels = channels;
    this.coefficient = parameter(ones([channels, 1, 1, 1]));
    this.bias = parameter(zeros([channels]));
  }

  forward(x: Tensor): Tensor {
    const weight = expand(this.coefficient, [this.channels, 1, 2, 2]);
    return conv2d(x, weight, this.bias, { stride: 2, groups: this.channels });
  }
}

/** Which of the six maps each of the sixteen of C3 sees. */
const SPARSE = [
  ...[0, 1, 2, 3, 4, 5].map((first) => [0, 1, 2].map((i) => (first + i) % 6)),
  ...[0, 1, 2, 3, 4, 5].map((first) => [0, 1, 2, 3].map((i) => (first + i) % 6)),
  ...[0, 1, 2].map((first) => [first, first + 1, first + 3, first + 4].map((i) => i % 6)),
  [0, 1, 2, 3, 4, 5],
];

/** Sixteen maps, each of some of the six. */
class SparseConv extends Module<[Tensor], Tensor> {
  convs: Conv2d[] = SPARSE.map(({ length }) => new Conv2d(length, 1, 5));

  forward(x: Tensor): Tensor {
    const planes = split(x, 1, 1);
    return concat(
      this.convs.map((conv, i) =>
        conv.forward(
          concat(
            SPARSE[i]!.map((map) => planes[map] as Tensor),
            1,
          ),
        ),
      ),
      1,
    );
  }
}

/** LeNet-5 as it was published, 32 x 32 (LeCun et al., 1998); its last layer, of radial basis functions, as products. */
export const lenet5 = () =>
  new Sequential({
    c1: new Conv2d(1, 6, 5),
    s2: new Subsampling(6),
    t2: new Tanh(),
    c3: new SparseConv(),
    s4: new Subsampling(16),
    t4: new Tanh(),
    c5: new Conv2d(16, 120, 5),
    flatten: new Flatten(),
    f6: new Linear(120, 84),
    t6: new Tanh(),
    rbf: new Linear(84, 10, { bias: false }),
  });
