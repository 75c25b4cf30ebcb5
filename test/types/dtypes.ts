/** What keeps the dtype says so. Compiled, not run: by `tsc` on the sources, by declarations.test.ts on what is packed. */
import {
  AdaptiveMaxPool2d,
  type AnyTensor,
  abs,
  adaptiveMaxPool2d,
  add,
  argMax,
  ChannelShuffle,
  CircularPad2d,
  ConstantPad1d,
  Conv2d,
  clip,
  compile,
  concat,
  conv2d,
  type DType,
  div,
  Flatten,
  flatten,
  GlobalMaxPool,
  globalMaxPool,
  interpolate,
  Linear,
  MaxPool2d,
  MinPool3d,
  Module,
  max,
  maximum,
  maxPool2d,
  min,
  minimum,
  minPool1d,
  mul,
  outputShape,
  PixelShuffle,
  PixelUnshuffle,
  pad2d,
  permute,
  pixelShuffle,
  pow,
  ReflectionPad2d,
  ReLU,
  reshape,
  Sequential,
  slice,
  split,
  sub,
  sum,
  type Tensor,
  Unfold,
  Upsample,
  unfold,
  ZeroPad2d,
} from 'striate';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

/** A function of one tensor gives the dtype that it is given: float32, an integer one, and one that is not known. */
type Keeps = <D extends DType>(x: Tensor<D>) => Tensor<D>;

export const functions: Keeps[] = [
  (x) => reshape(x, [-1]),
  (x) => flatten(x, 1),
  (x) => permute(x, [1, 0]),
  (x) => concat([x, x], 1),
  (x) => split(x, 1)[0] as typeof x,
  (x) => slice(x, [0], [1]),
  (x) => pad2d(x, 1),
  (x) => clip(x, 0, 1),
  (x) => max(x),
  (x) => min(x),
  (x) => add(x, x),
  (x) => sub(x, 1),
  (x) => mul(2, x),
  (x) => div(x, x),
  (x) => maximum(x, x),
  (x) => minimum(x, 0),
  (x) => pow(x, 2),
  (x) => maxPool2d(x, 2),
  (x) => minPool1d(x, 2),
  (x) => adaptiveMaxPool2d(x, 1),
  (x) => globalMaxPool(x),
  (x) => pixelShuffle(x, 2),
  (x) => unfold(x, 2),
  (x) => interpolate(x, { scaleFactor: 2 }),
  (x) => x.reshape([1]).flatten().permute([0]).clone(),
];

/** So do the layers, which are modules of float32 besides. */
export const layers: { forward: Keeps; run: Keeps }[] & Module[] = [
  new Flatten(),
  new Upsample({ scaleFactor: 2 }),
  new ZeroPad2d(1),
  new ConstantPad1d(1, 2),
  new ReflectionPad2d(1),
  new CircularPad2d(1),
  new PixelShuffle(2),
  new PixelUnshuffle(2),
  new ChannelShuffle(2),
  new Unfold(2),
  new MaxPool2d(2),
  new MinPool3d(2),
  new AdaptiveMaxPool2d(1),
  new GlobalMaxPool(),
];

export function indices(x: Tensor<'uint8'>, y: Tensor): void {
  const found = maxPool2d(x, 2, { returnIndices: true });
  same<typeof found, [Tensor<'uint8'>, Tensor<'int32'>]>(true);
  const layer = new MaxPool2d(2, { returnIndices: true }).forward(x);
  same<typeof layer, [Tensor<'uint8'>, Tensor<'int32'>]>(true);
  const place = argMax(y);
  same<typeof place, Tensor<'int32'>>(true);
  const power = pow(y, place);
  same<typeof power, Tensor>(true);
  const total: Tensor<'int32'> = sum(place);
  // @ts-expect-error: operands of two dtypes
  add(y, total);
  // @ts-expect-error: activations are of float32
  abs(x);
}

/** A tensor whose dtype is not known goes wherever any dtype does. */
export function any(x: AnyTensor): Tensor<DType>[] {
  const moved = functions.map((f) => f<DType>(x));
  const shape = outputShape(conv2d, [x.shape, [1, 1, 1, 1]]);
  const all = concat([x, ...moved]);
  if (x.dtype === 'float32') conv2d(x, x);
  return [all, reshape(x, shape), maxPool2d(x, 2), new Flatten().forward(x), add(x, x), argMax(x)];
}

const fc = new Linear(8, 2);
const flat = new Flatten();

export class Head extends Module {
  fc = fc;
  flat = flat;
  forward(x: Tensor): Tensor {
    return this.fc.forward(this.flat.forward(x));
  }
}

export const chain = new Sequential(new Conv2d(1, 8, 3), new ReLU(), flat, fc);

export class UNet extends Module {
  down = new Conv2d(1, 4, 3, { padding: 1 });
  pool = new MaxPool2d(2);
  middle = new Conv2d(4, 4, 3);
  pad = new ZeroPad2d(1);
  up = new Upsample({ scaleFactor: 2, mode: 'bilinear' });
  last = new Conv2d(8, 1, 1);
  forward(x: Tensor): Tensor {
    const wide = this.down.forward(x);
    const narrow = this.pad.forward(this.middle.forward(this.pool.forward(wide)));
    const kept: Tensor = this.up.run(narrow);
    return this.last.forward(concat([wide, kept], 1));
  }
}

/** A program of one of these layers has its input's dtype. */
export function programs(x: Tensor, bytes: Tensor<'uint8'>): Tensor {
  const input = { shape: [1, 1, 4, 4], dtype: 'uint8' } as const;
  same<ReturnType<typeof runFlat>, Tensor<'uint8'>>(true);
  const runFlat = () => compile(new Flatten(), { inputs: [input] }).run(bytes);
  const both = compile(new MaxPool2d(2, { returnIndices: true }), { inputs: [input] }).run(bytes);
  same<typeof both, [Tensor<'uint8'>, Tensor<'int32'>]>(true);
  const flattened: Tensor = compile(new Flatten(), { inputs: [[1, 2]] }).run(x);
  const pooled: Tensor = compile(new MaxPool2d(2), { inputs: [[1, 1, 4, 4]] }).run(x);
  const found = compile(new MaxPool2d(2, { returnIndices: true }), { inputs: [[1, 1, 4, 4]] }).run(x);
  same<typeof found, [Tensor, Tensor<'int32'>]>(true);
  return add(flattened, pooled);
}
