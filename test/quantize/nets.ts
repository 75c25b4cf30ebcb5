/** Nets that are quantised, and how far what they give then is from their floats. */
import {
  add,
  BatchNorm2d,
  Conv2d,
  concat,
  flatten,
  globalAvgPool,
  interpolate,
  Linear,
  Module,
  maxPool2d,
  randn,
  relu,
  scope,
  silu,
  type Tensor,
} from 'striate';

/** Convolutions with batch norms, a residual, silu, a pool, what is put together, and a linear layer. */
export class Net extends Module {
  stem = new Conv2d(3, 8, 3, { padding: 1, stride: 2, seed: 1 });
  norm = new BatchNorm2d(8);
  depthwise = new Conv2d(8, 8, 3, { padding: 1, groups: 8, bias: false, seed: 2 });
  pointwise = new Conv2d(8, 8, 1, { seed: 3 });
  wide = new Conv2d(8, 8, 3, { padding: 1, seed: 4 });
  last = new Conv2d(16, 8, 1, { seed: 5 });
  scores = new Linear(8, 5, { seed: 6 });

  constructor() {
    super();
    scope(() => {
      this.norm.running_mean?.assign(randn([8], { seed: 7 }));
      this.norm.weight?.assign(randn([8], { seed: 8 }));
      this.norm.bias?.assign(randn([8], { seed: 9 }));
    });
    this.eval();
  }

  forward(x: Tensor): Tensor {
    const stem = relu(this.norm.forward(this.stem.forward(x)));
    const block = relu(add(stem, this.pointwise.forward(this.depthwise.forward(stem))));
    const small = silu(this.wide.forward(maxPool2d(block, 2)));
    const both = concat([block, interpolate(small, { scaleFactor: 2 })], 1);
    return this.scores.forward(flatten(globalAvgPool(relu(this.last.forward(both))), 1));
  }
}

/** Pictures of noise that the net is quantised on, which the caller disposes of. */
export const noise = (count: number, seed = 0): Tensor[] =>
  Array.from({ length: count }, (_, i) => randn([1, 3, 16, 16], { seed: 100 + seed + i }));

/** Decibels of the first values beside their differences from the second. */
export function decibelsOf(expected: ArrayLike<number>, found: ArrayLike<number>): number {
  let [signal, error] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    signal += (expected[i] as number) ** 2;
    error += ((expected[i] as number) - (found[i] as number)) ** 2;
  }
  return 10 * Math.log10(signal / error);
}

/** What a function makes of each of some tensors, as arrays. */
export const valuesOf = (xs: readonly Tensor[], of: (x: Tensor) => Tensor): Float32Array[] =>
  xs.map((x) => scope(() => of(x).toTypedArray() as Float32Array));
