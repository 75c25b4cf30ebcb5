/**
 * Random functions made of operators, the same for a seed whenever they are called: on values and on symbols. All
 * numbers are integers that stay below 2^20, so every order of a sum gives the same.
 */
import * as striate from 'striate';
import { type Tensor, tensor } from 'striate';
import { Choices } from './random.ts';

/** A tensor, and the largest magnitude that it can hold. */
interface Bounded {
  readonly t: Tensor;
  readonly most: number;
}

const LIMIT = 2 ** 20;

/** One step: new values out of those there are. Gives nothing where it does not fit. */
type Rule = (graph: RandomGraph, x: Bounded) => Bounded[];

const rank4 = (x: Bounded) => x.t.shape.length === 4 && !x.t.shape.includes(0);
const sameShape = (a: Tensor, b: Tensor) => a.shape.join() === b.shape.join();
const axis = (x: Bounded, at: number) => x.t.shape[at] as number;

const rules: Record<string, Rule> = {
  conv(graph, x) {
    if (!rank4(x) || axis(x, 1) > 12) return [];
    const [channels, outputs] = [axis(x, 1), graph.choose.integer(1, 5)];
    const kernel = graph.choose.of([1, 1, 2, 3]);
    if (kernel > axis(x, 2) + 2 || kernel > axis(x, 3) + 2) return [];
    const depthwise = graph.choose.next() < 0.3;
    const weightShape = depthwise ? [channels, 1, kernel, kernel] : [outputs, channels, kernel, kernel];
    const bias = graph.choose.next() < 0.5 ? graph.constant([weightShape[0] as number], 3) : null;
    const options = {
      padding: kernel > 1 ? 1 : 0,
      groups: depthwise ? channels : 1,
      stride: graph.choose.of([1, 1, 2]),
    };
    const y = striate.conv2d(x.t, graph.constant(weightShape, 1), bias, options);
    return [{ t: y, most: x.most * kernel * kernel * (depthwise ? 1 : channels) + 3 }];
  },
  batchNorm(graph, x) {
    if (!rank4(x)) return [];
    const c = [axis(x, 1)];
    const [mean, weight, bias] = [graph.constant(c, 2), graph.constant(c, 2), graph.constant(c, 3)];
    const y = striate.batchNorm(x.t, mean, graph.ones(c), weight, bias, { eps: 0 });
    return [{ t: y, most: 2 * (x.most + 2) + 3 }];
  },
  residual(graph, x) {
    if (!rank4(x) || axis(x, 1) > 12) return [];
    const shape = [axis(x, 1), axis(x, 1), 1, 1];
    const [a, b] = [graph.like(x), graph.choose.of([x, graph.like(x)])];
    const sum = striate.add(
      striate.conv2d(a.t, graph.constant(shape, 1)),
      striate.conv2d(b.t, graph.constant(shape, 1)),
    );
    return [{ t: sum, most: axis(x, 1) * (a.most + b.most) }];
  },
  separable(graph, x) {
    if (!rank4(x) || axis(x, 1) > 12) return [];
    const [channels, kernel] = [axis(x, 1), graph.choose.of([3, 5])];
    const stride = graph.choose.of([1, 2]);
    const options = { padding: kernel >> 1, groups: channels, stride };
    let y = striate.conv2d(
      x.t,
      graph.constant([channels, 1, kernel, kernel], 1),
      graph.constant([channels], 2),
      options,
    );
    if (graph.choose.next() < 0.5) y = striate.relu(y);
    const z = striate.conv2d(y, graph.constant([graph.choose.integer(1, 9), channels, 1, 1], 1));
    return [{ t: z, most: (x.most * kernel * kernel + 2) * channels }];
  },
  relu: (_, x) => [{ t: striate.relu(x.t), most: x.most }],
  clip: (_, x) => [{ t: striate.clip(x.t, -3, 5), most: 5 }],
  abs: (_, x) => [{ t: striate.abs(x.t), most: x.most }],
  prelu(graph, x) {
    if (x.t.shape.length < 2) return [];
    return [
      { t: striate.prelu(x.t, graph.constant([graph.choose.of([1, axis(x, 1)])], 2)), most: 2 * x.most },
    ];
  },
  add(graph, x) {
    const other = graph.like(x);
    return [{ t: striate.add(x.t, other.t), most: x.most + other.most }];
  },
  subtractFromNumber: (_, x) => [{ t: striate.sub(7, x.t), most: x.most + 7 }],
  mul(graph, x) {
    const other = graph.like(x);
    return x.most * other.most < LIMIT ? [{ t: striate.mul(x.t, other.t), most: x.most * other.most }] : [];
  },
  maximum(graph, x) {
    const other = graph.like(x);
    return [{ t: striate.maximum(other.t, x.t), most: Math.max(x.most, other.most) }];
  },
  scalePerChannel(graph, x) {
    if (!rank4(x)) return [];
    return [{ t: striate.mul(x.t, graph.constant([axis(x, 1), 1, 1], 2)), most: 2 * x.most }];
  },
  concat(graph, x) {
    const other = graph.like(x);
    if (x.t.size > 3000 || x.t.shape.length === 0) return [];
    const dim = graph.choose.integer(0, x.t.shape.length - 1);
    return [{ t: striate.concat([x.t, other.t, x.t], dim), most: Math.max(x.most, other.most) }];
  },
  slice(graph, x) {
    const ends = x.t.shape.map((size) => graph.choose.integer(Math.min(1, size), size));
    const steps = ends.map(() => graph.choose.of([1, 1, 2]));
    return [
      {
        t: striate.slice(
          x.t,
          ends.map(() => 0),
          ends,
          { steps },
        ),
        most: x.most,
      },
    ];
  },
  split(graph, x) {
    if (x.t.shape.length === 0) return [];
    const dim = graph.choose.integer(0, x.t.shape.length - 1);
    const first = graph.choose.integer(0, axis(x, dim));
    return striate.split(x.t, [first, axis(x, dim) - first], dim).map((t) => ({ t, most: x.most }));
  },
  permute(graph, x) {
    const axes = x.t.shape.map((_, i) => i).sort(() => graph.choose.next() - 0.5);
    return [{ t: striate.permute(x.t, axes), most: x.most }];
  },
  swapSpatial: (_, x) => (rank4(x) ? [{ t: striate.permute(x.t, [0, 1, 3, 2]), most: x.most }] : []),
  flatten: (_, x) => [{ t: striate.flatten(x.t), most: x.most }],
  reshape(_, x) {
    if (!rank4(x)) return [];
    return [{ t: striate.reshape(x.t, [axis(x, 0), axis(x, 1), axis(x, 3), axis(x, 2)]), most: x.most }];
  },
  maxPool(graph, x) {
    if (!rank4(x) || axis(x, 2) < 2 || axis(x, 3) < 2) return [];
    const stride = graph.choose.of([1, 2]);
    return [{ t: striate.maxPool2d(x.t, 2, { stride, padding: graph.choose.of([0, 1]) }), most: x.most }];
  },
  sumPool(_, x) {
    if (!rank4(x) || axis(x, 2) < 2 || axis(x, 3) < 2) return [];
    return [{ t: striate.sumPool2d(x.t, 2, { stride: 1, padding: 1 }), most: 4 * x.most }];
  },
  maxPoolWithIndices(_, x) {
    if (!rank4(x) || axis(x, 2) < 2 || axis(x, 3) < 2) return [];
    const [values, indices] = striate.maxPool2d(x.t, 2, { returnIndices: true });
    return [
      { t: values, most: x.most },
      { t: indices.cast('float32'), most: axis(x, 2) * axis(x, 3) },
    ];
  },
  pad(graph, x) {
    if (!rank4(x) || x.t.size > 3000) return [];
    const width = () => graph.choose.integer(-1, 2);
    const widths = [0, 1].map((i): [number, number] => (axis(x, i + 2) > 2 ? [width(), width()] : [0, 1]));
    return [
      { t: striate.pad2d(x.t, widths, { value: graph.choose.integer(-2, 2) }), most: Math.max(x.most, 2) },
    ];
  },
  linear(graph, x) {
    const last = x.t.shape[x.t.shape.length - 1];
    if (last === undefined || last === 0 || last > 60) return [];
    return [
      { t: striate.linear(x.t, graph.constant([graph.choose.integer(1, 6), last], 1)), most: x.most * last },
    ];
  },
};

/** A function of a list of tensors that calls the same operators each time. */
export class RandomGraph {
  readonly #seed: number;
  readonly #constants: Tensor[] = [];
  #nextConstant = 0;
  choose: Choices;
  #values: Bounded[] = [];
  /** The names of the rules of the last call. */
  readonly steps: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.choose = new Choices(seed);
  }

  /** The inputs' shapes. */
  static shapes(seed: number): number[][] {
    const choose = new Choices(~seed);
    const shape = [
      choose.integer(1, 2),
      choose.integer(1, 4),
      choose.integer(1, 12),
      choose.of([1, 3, 8, 17]),
    ];
    return Array.from({ length: choose.integer(1, 2) }, () => shape);
  }

  /** A constant of small integers; the same tensor whenever the function is called. */
  constant(shape: readonly number[], most: number): Tensor {
    const values = this.choose.integers(shape, -most, most);
    const at = this.#nextConstant++;
    this.#constants[at] ??= tensor(values, shape);
    return this.#constants[at];
  }

  ones(shape: readonly number[]): Tensor {
    const at = this.#nextConstant++;
    this.#constants[at] ??= striate.ones(shape);
    return this.#constants[at];
  }

  /** A value of the same shape; the value itself where there is no other. */
  like(x: Bounded): Bounded {
    return this.choose.of(this.#values.filter((other) => sameShape(other.t, x.t)));
  }

  /** Calls 5 to 30 operators and gives some of the values: inputs, repeats and inner ones may be among them. */
  call(xs: readonly Tensor[]): Tensor[] {
    this.choose = new Choices(this.#seed);
    this.#nextConstant = 0;
    this.#values = xs.map((t) => ({ t, most: 5 }));
    this.steps.length = 0;
    const wanted = this.choose.integer(5, 30);
    const names = [
      ...Object.keys(rules),
      'conv',
      'conv',
      'batchNorm',
      'add',
      'relu',
      'residual',
      'separable',
    ];
    while (this.steps.length < wanted) {
      const recent = this.choose.next() < 0.6;
      let x = recent ? (this.#values[this.#values.length - 1] as Bounded) : this.choose.of(this.#values);
      if (x.most > LIMIT / 256) x = { t: striate.clip(x.t, -4, 4), most: 4 };
      const name = this.choose.of(names);
      this.#values.push(...(rules[name] as Rule)(this, x));
      this.steps.push(name);
    }
    const last = this.#values[this.#values.length - 1] as Bounded;
    const some = Array.from({ length: this.choose.integer(0, 3) }, () => this.choose.of(this.#values));
    return [last, ...some].map(({ t }) => t);
  }
}
