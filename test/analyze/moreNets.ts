/** Networks of the literature with many ways: concatenations, squeeze and excitation. As torchvision's, for 224 x 224 pictures. */
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  add,
  BatchNorm2d,
  Conv2d,
  concat,
  Dropout,
  Flatten,
  globalAvgPool,
  Hardswish,
  hardSigmoid,
  Linear,
  MaxPool2d,
  Module,
  mul,
  ReLU,
  relu,
  Sequential,
  SiLU,
  sigmoid,
  silu,
  type Tensor,
} from 'striate';

type Layer = Module<[Tensor], Tensor>;
const chain = (...layers: Layer[]) => new Sequential(...(layers as [Layer]));
const bare = { bias: false };

class Fire extends Module<[Tensor], Tensor> {
  squeeze: Conv2d;
  expand1: Conv2d;
  expand3: Conv2d;

  constructor(inputs: number, squeezed: number, expanded: number) {
    super();
    this.squeeze = new Conv2d(inputs, squeezed, 1);
    this.expand1 = new Conv2d(squeezed, expanded, 1);
    this.expand3 = new Conv2d(squeezed, expanded, 3, { padding: 1 });
  }

  forward(x: Tensor): Tensor {
    const narrow = relu(this.squeeze.forward(x));
    return concat([relu(this.expand1.forward(narrow)), relu(this.expand3.forward(narrow))], 1);
  }
}

export const squeezenet = () => {
  const pool = () => new MaxPool2d(3, { stride: 2, ceilMode: true });
  return chain(
    ...[new Conv2d(3, 64, 3, { stride: 2 }), new ReLU(), pool()],
    ...[new Fire(64, 16, 64), new Fire(128, 16, 64), pool()],
    ...[new Fire(128, 32, 128), new Fire(256, 32, 128), pool()],
    ...[new Fire(256, 48, 192), new Fire(384, 48, 192), new Fire(384, 64, 256), new Fire(512, 64, 256)],
    ...[new Dropout(), new Conv2d(512, 1000, 1), new ReLU(), new AdaptiveAvgPool2d(1), new Flatten()],
  );
};

class Dense extends Module<[Tensor], Tensor> {
  layers: Layer;

  constructor(inputs: number) {
    super();
    this.layers = chain(
      ...[new BatchNorm2d(inputs), new ReLU(), new Conv2d(inputs, 128, 1, bare)],
      ...[new BatchNorm2d(128), new ReLU(), new Conv2d(128, 32, 3, { padding: 1, ...bare })],
    );
  }

  forward(x: Tensor): Tensor {
    return concat([x, this.layers.forward(x)], 1);
  }
}

export function densenet121(): Layer {
  const layers: Layer[] = [
    chain(
      ...[new Conv2d(3, 64, 7, { stride: 2, padding: 3, ...bare }), new BatchNorm2d(64), new ReLU()],
      new MaxPool2d(3, { stride: 2, padding: 1 }),
    ),
  ];
  let channels = 64;
  for (const [i, depth] of [6, 12, 24, 16].entries()) {
    layers.push(chain(...Array.from({ length: depth }, (_, k) => new Dense(channels + 32 * k))));
    channels += 32 * depth;
    if (i === 3) break;
    const half = new Conv2d(channels, channels / 2, 1, bare);
    layers.push(chain(new BatchNorm2d(channels), new ReLU(), half, new AvgPool2d(2)));
    channels /= 2;
  }
  const head = [new BatchNorm2d(channels), new ReLU(), new AdaptiveAvgPool2d(1), new Flatten()];
  return chain(...layers, ...head, new Linear(channels, 1000));
}

/** Each map weighed by what two layers make of the means of all. */
class SqueezeExcite extends Module<[Tensor], Tensor> {
  reduce: Conv2d;
  widen: Conv2d;
  isHard: boolean;

  constructor(channels: number, squeezed: number, isHard: boolean) {
    super();
    this.reduce = new Conv2d(channels, squeezed, 1);
    this.widen = new Conv2d(squeezed, channels, 1);
    this.isHard = isHard;
  }

  forward(x: Tensor): Tensor {
    const narrow = this.reduce.forward(globalAvgPool(x));
    const weight = this.widen.forward(this.isHard ? relu(narrow) : silu(narrow));
    return mul(x, this.isHard ? hardSigmoid(weight) : sigmoid(weight));
  }
}

interface Block {
  readonly inputs: number;
  readonly wide: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly activation: () => Layer;
  readonly excite: Layer | null;
}

class Inverted extends Module<[Tensor], Tensor> {
  layers: Layer;
  isResidual: boolean;

  constructor({ inputs, wide, outputs, kernel, stride, activation, excite }: Block) {
    super();
    const depthwise = { stride, padding: kernel >> 1, groups: wide, ...bare };
    this.layers = chain(
      ...(wide === inputs ? [] : [new Conv2d(inputs, wide, 1, bare), new BatchNorm2d(wide), activation()]),
      ...[new Conv2d(wide, wide, kernel, depthwise), new BatchNorm2d(wide), activation()],
      ...(excite === null ? [] : [excite]),
      ...[new Conv2d(wide, outputs, 1, bare), new BatchNorm2d(outputs)],
    );
    this.isResidual = stride === 1 && inputs === outputs;
  }

  forward(x: Tensor): Tensor {
    const y = this.layers.forward(x);
    return this.isResidual ? add(x, y) : y;
  }
}

/** The multiple of 8 next to a number, not less than nine tenths of it. */
function eighths(value: number): number {
  const near = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return near < 0.9 * value ? near + 8 : near;
}

/** Channels in, kernel, wide channels, channels out, squeeze and excitation, hard swish, stride. */
const SMALL = [
  [16, 3, 16, 16, true, false, 2],
  [16, 3, 72, 24, false, false, 2],
  [24, 3, 88, 24, false, false, 1],
  [24, 5, 96, 40, true, true, 2],
  [40, 5, 240, 40, true, true, 1],
  [40, 5, 240, 40, true, true, 1],
  [40, 5, 120, 48, true, true, 1],
  [48, 5, 144, 48, true, true, 1],
  [48, 5, 288, 96, true, true, 2],
  [96, 5, 576, 96, true, true, 1],
  [96, 5, 576, 96, true, true, 1],
] as const;

export function mobilenetV3Small(): Layer {
  const blocks = SMALL.map(([inputs, kernel, wide, outputs, excites, isHard, stride]) => {
    const excite = excites ? new SqueezeExcite(wide, eighths(wide / 4), true) : null;
    const activation = () => (isHard ? new Hardswish() : new ReLU());
    return new Inverted({ inputs, wide, outputs, kernel, stride, activation, excite });
  });
  return chain(
    chain(new Conv2d(3, 16, 3, { stride: 2, padding: 1, ...bare }), new BatchNorm2d(16), new Hardswish()),
    ...blocks,
    chain(new Conv2d(96, 576, 1, bare), new BatchNorm2d(576), new Hardswish()),
    ...[new AdaptiveAvgPool2d(1), new Flatten()],
    ...[new Linear(576, 1024), new Hardswish(), new Dropout(), new Linear(1024, 1000)],
  );
}

/** Expansion, kernel, stride, channels out, repeats. */
const B0 = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

export function efficientnetB0(): Layer {
  const layers: Layer[] = [
    chain(new Conv2d(3, 32, 3, { stride: 2, padding: 1, ...bare }), new BatchNorm2d(32), new SiLU()),
  ];
  let inputs = 32;
  for (const [expand, kernel, first, outputs, repeats] of B0) {
    for (let i = 0; i < repeats; i++) {
      const wide = inputs * expand;
      const excite = new SqueezeExcite(wide, inputs >> 2, false);
      const stride = i === 0 ? first : 1;
      const activation = () => new SiLU();
      layers.push(new Inverted({ inputs, wide, outputs, kernel, stride, activation, excite }));
      inputs = outputs;
    }
  }
  return chain(
    ...layers,
    chain(new Conv2d(320, 1280, 1, bare), new BatchNorm2d(1280), new SiLU()),
    ...[new AdaptiveAvgPool2d(1), new Flatten(), new Dropout(), new Linear(1280, 1000)],
  );
}
