/**
 * The steps of random graphs: each makes new values out of one that there is, or none where it does not fit. Which and
 * how large follows from the graph's choices and from shapes alone, so that every call makes the same.
 */
import type { Bounded, RandomGraph, Shaped } from './randomGraph.ts';

export type Rule = <T extends Shaped>(graph: RandomGraph<T>, x: Bounded<T>) => Bounded<T>[];

const rank4 = ({ t }: Bounded) => t.shape.length === 4 && !t.shape.includes(0);
const axis = (x: Bounded, at: number) => x.t.shape[at] as number;
const sizeOf = ({ t }: Bounded) => t.shape.reduce((product, size) => product * size, 1);
const atLeast = (x: Bounded, size: number) => rank4(x) && axis(x, 2) >= size && axis(x, 3) >= size;
/** An image with so few channels that a convolution of it is quick. */
const convolvable = (x: Bounded) => rank4(x) && axis(x, 1) <= 12;

/** One operator without choices, of which the result is at most as large as its input. */
const plainly =
  (operator: string): Rule =>
  (graph, x) => [{ t: graph.call(operator, x.t), most: x.most }];

const oneOf =
  (...operators: string[]): Rule =>
  (graph, x) => [{ t: graph.call(graph.choose.of(operators), x.t), most: x.most }];

/** What is exact on small integers. */
export const rules: Readonly<Record<string, Rule>> = {
  conv(graph, x) {
    if (!convolvable(x)) return [];
    const [channels, outputs] = [axis(x, 1), graph.choose.integer(1, 5)];
    const kernel = graph.choose.of([1, 1, 2, 3]);
    if (kernel > axis(x, 2) + 2 || kernel > axis(x, 3) + 2) return [];
    const depthwise = graph.choose.next() < 0.3;
    const shape = depthwise ? [channels, 1, kernel, kernel] : [outputs, channels, kernel, kernel];
    const bias = graph.choose.next() < 0.5 ? graph.constant([shape[0] as number], 3) : null;
    const options = {
      padding: kernel > 1 ? 1 : 0,
      groups: depthwise ? channels : 1,
      stride: graph.choose.of([1, 1, 2]),
    };
    const [weight, growth] = graph.weight(shape, kernel * kernel * (depthwise ? 1 : channels));
    return [{ t: graph.call('conv2d', x.t, weight, bias, options), most: x.most * growth + 3 }];
  },
  batchNorm(graph, x) {
    if (!rank4(x)) return [];
    const c = [axis(x, 1)];
    const [weight, bias] = [graph.constant(c, 2), graph.constant(c, 3)];
    const y = graph.call('batchNorm', x.t, ...graph.statistics(c), weight, bias, { eps: 0 });
    return [{ t: y, most: 2 * (x.most + 2) + 3 }];
  },
  residual(graph, x) {
    if (!convolvable(x)) return [];
    const shape = [axis(x, 1), axis(x, 1), 1, 1];
    const [a, b] = [graph.like(x), graph.choose.of([x, graph.like(x)])];
    const [[v, growth], [w]] = [graph.weight(shape, axis(x, 1)), graph.weight(shape, axis(x, 1))];
    const sum = graph.call('add', graph.call('conv2d', a.t, v), graph.call('conv2d', b.t, w));
    return [{ t: sum, most: growth * (a.most + b.most) }];
  },
  separable(graph, x) {
    if (!convolvable(x)) return [];
    const [channels, kernel] = [axis(x, 1), graph.choose.of([3, 5])];
    const options = { padding: kernel >> 1, groups: channels, stride: graph.choose.of([1, 2]) };
    const [taps, wide] = graph.weight([channels, 1, kernel, kernel], kernel * kernel);
    let y = graph.call('conv2d', x.t, taps, graph.constant([channels], 2), options);
    if (graph.choose.next() < 0.5) y = graph.call('relu', y);
    const [mix, deep] = graph.weight([graph.choose.integer(1, 9), channels, 1, 1], channels);
    return [{ t: graph.call('conv2d', y, mix), most: (x.most * wide + 2) * deep }];
  },
  relu: plainly('relu'),
  clip: (graph, x) => [{ t: graph.call('clip', x.t, -3, 5), most: 5 }],
  abs: plainly('abs'),
  prelu(graph, x) {
    if (x.t.shape.length < 2) return [];
    const slope = graph.constant([graph.choose.of([1, axis(x, 1)])], 2);
    return [{ t: graph.call('prelu', x.t, slope), most: 2 * x.most }];
  },
  add(graph, x) {
    const other = graph.like(x);
    return [{ t: graph.call('add', x.t, other.t), most: x.most + other.most }];
  },
  subtractFromNumber: (graph, x) => [{ t: graph.call('sub', 7, x.t), most: x.most + 7 }],
  mul(graph, x) {
    const other = graph.like(x);
    if (x.most * other.most > 2 ** 20) return [];
    return [{ t: graph.call('mul', x.t, other.t), most: x.most * other.most }];
  },
  maximum(graph, x) {
    const other = graph.like(x);
    return [{ t: graph.call('maximum', other.t, x.t), most: Math.max(x.most, other.most) }];
  },
  scalePerChannel(graph, x) {
    if (!rank4(x)) return [];
    return [{ t: graph.call('mul', x.t, graph.constant([axis(x, 1), 1, 1], 2)), most: 2 * x.most }];
  },
  concat(graph, x) {
    const other = graph.like(x);
    if (sizeOf(x) > 3000 || x.t.shape.length === 0) return [];
    const dim = graph.choose.integer(0, x.t.shape.length - 1);
    return [{ t: graph.call('concat', [x.t, other.t, x.t], dim), most: Math.max(x.most, other.most) }];
  },
  slice(graph, x) {
    const ends = x.t.shape.map((size) => graph.choose.integer(Math.min(1, size), size));
    const steps = ends.map(() => graph.choose.of([1, 1, 2]));
    const starts = ends.map(() => 0);
    return [{ t: graph.call('slice', x.t, starts, ends, { steps }), most: x.most }];
  },
  split(graph, x) {
    if (x.t.shape.length === 0) return [];
    const dim = graph.choose.integer(0, x.t.shape.length - 1);
    const first = graph.choose.integer(0, axis(x, dim));
    const pieces = graph.callForMany('split', x.t, [first, axis(x, dim) - first], dim);
    return pieces.map((t) => ({ t, most: x.most }));
  },
  permute(graph, x) {
    const axes = x.t.shape.map((_, i) => i).sort(() => graph.choose.next() - 0.5);
    return [{ t: graph.call('permute', x.t, axes), most: x.most }];
  },
  swapSpatial: (graph, x) =>
    rank4(x) ? [{ t: graph.call('permute', x.t, [0, 1, 3, 2]), most: x.most }] : [],
  flatten: plainly('flatten'),
  reshape(graph, x) {
    if (!rank4(x)) return [];
    const shape = [axis(x, 0), axis(x, 1), axis(x, 3), axis(x, 2)];
    return [{ t: graph.call('reshape', x.t, shape), most: x.most }];
  },
  maxPool(graph, x) {
    if (!atLeast(x, 2)) return [];
    const options = { stride: graph.choose.of([1, 2]), padding: graph.choose.of([0, 1]) };
    return [{ t: graph.call('maxPool2d', x.t, 2, options), most: x.most }];
  },
  sumPool(graph, x) {
    if (!atLeast(x, 2)) return [];
    return [{ t: graph.call('sumPool2d', x.t, 2, { stride: 1, padding: 1 }), most: 4 * x.most }];
  },
  maxPoolWithIndices(graph, x) {
    if (!atLeast(x, 2)) return [];
    const [values, indices] = graph.callForMany('maxPool2d', x.t, 2, { returnIndices: true });
    return [
      { t: values!, most: x.most },
      { t: graph.call('cast', indices, 'float32'), most: axis(x, 2) * axis(x, 3) },
    ];
  },
  pad(graph, x) {
    if (!rank4(x) || sizeOf(x) > 3000) return [];
    const width = () => graph.choose.integer(-1, 2);
    const widths = [2, 3].map((at): [number, number] => (axis(x, at) > 2 ? [width(), width()] : [0, 1]));
    const y = graph.call('pad2d', x.t, widths, { value: graph.choose.integer(-2, 2) });
    return [{ t: y, most: Math.max(x.most, 2) }];
  },
  linear(graph, x) {
    const last = x.t.shape[x.t.shape.length - 1];
    if (last === undefined || last === 0 || last > 60) return [];
    const [weight, growth] = graph.weight([graph.choose.integer(1, 6), last], last);
    return [{ t: graph.call('linear', x.t, weight), most: x.most * growth }];
  },
  /** Bounds of bounds, by any of their names. */
  bounds(graph, x) {
    const y = graph.call('minimum', graph.call('maximum', x.t, graph.choose.integer(-2, 1)), 6);
    return [{ t: graph.call(graph.choose.of(['relu', 'relu6', 'abs']), y), most: 6 }];
  },
  /** One call made twice. */
  twice(graph, x) {
    const [a, b] = [graph.call('relu', x.t), graph.call('relu', x.t)];
    return [{ t: graph.call('add', a, graph.call('sub', b, 1)), most: 2 * x.most + 1 }];
  },
  nothing: (graph, x) => [
    { t: graph.call('mul', graph.call('add', 0, graph.call('div', x.t, 1)), 1), most: x.most },
  ],
};

/** What needs reals besides. */
export const realRules: Readonly<Record<string, Rule>> = {
  activation: oneOf('sigmoid', 'tanh', 'silu', 'gelu', 'hardSwish', 'softplus', 'leakyRelu'),
  /** An activation in parts. */
  gate(graph, x) {
    const root = Math.SQRT1_2;
    const parts = {
      silu: () => graph.call('mul', graph.call('sigmoid', x.t), x.t),
      hardSwish: () =>
        graph.call('div', graph.call('mul', x.t, graph.call('clip', graph.call('add', x.t, 3), 0, 6)), 6),
      hardSigmoid: () => graph.call('mul', graph.call('relu6', graph.call('add', 3, x.t)), 1 / 6),
      gelu: () => {
        const gate = graph.call('add', graph.call('erf', graph.call('mul', x.t, root)), 1);
        return graph.call('mul', graph.call('mul', 0.5, x.t), gate);
      },
    };
    return [
      { t: parts[graph.choose.of(['silu', 'hardSwish', 'hardSigmoid', 'gelu'] as const)](), most: x.most },
    ];
  },
  /** Layer norm in parts. */
  norm(graph, x) {
    if (x.t.shape.length === 0 || x.t.shape.includes(0)) return [];
    const last = { dim: x.t.shape.length - 1, keepDim: true };
    const least = graph.call('sub', x.t, graph.call('mean', x.t, last));
    const squares = graph.call('mean', graph.call('mul', least, least), last);
    const y = graph.call('div', least, graph.call('sqrt', graph.call('add', squares, 0.1)));
    const weight = graph.constant(x.t.shape.slice(-1), 2);
    return [{ t: graph.call('mul', weight, y), most: 2 * (x.t.shape[last.dim] as number) ** 0.5 }];
  },
  averages(graph, x) {
    if (!atLeast(x, 2)) return [];
    return [{ t: graph.call('avgPool2d', x.t, 2, { stride: 1, padding: [0, 1] }), most: x.most }];
  },
  /** Squeeze and excitation: each channel times what all of it says. */
  excite(graph, x) {
    if (!convolvable(x)) return [];
    const [weight] = graph.weight([axis(x, 1), axis(x, 1), 1, 1], axis(x, 1));
    const gates = graph.call('sigmoid', graph.call('conv2d', graph.call('globalAvgPool', x.t), weight));
    return [{ t: graph.call('mul', x.t, gates), most: x.most }];
  },
  batchNormInTraining(graph, x) {
    if (!rank4(x) || sizeOf(x) < 20 * axis(x, 1)) return [];
    const c = [axis(x, 1)];
    const [weight, bias] = [graph.constant(c, 2), graph.constant(c, 1)];
    const options = { training: true, eps: 0.1 };
    const y = graph.call('batchNorm', x.t, ...graph.statistics(c), weight, bias, options);
    return [{ t: graph.keep(y), most: 6 }];
  },
  softmax(graph, x) {
    if (x.t.shape.length === 0 || x.most > 16) return [];
    return [
      { t: graph.call('softmax', x.t, { dim: graph.choose.integer(0, x.t.shape.length - 1) }), most: 1 },
    ];
  },
  transposed(graph, x) {
    if (!convolvable(x) || sizeOf(x) > 500) return [];
    const [weight, growth] = graph.weight([axis(x, 1), graph.choose.integer(1, 3), 2, 2], axis(x, 1));
    return [{ t: graph.call('convTranspose2d', x.t, weight, null, { stride: 2 }), most: x.most * growth }];
  },
  dropout: (graph, x) => [
    { t: graph.call('dropout', x.t, { p: 0.25, seed: graph.choose.integer(0, 999) }), most: 2 * x.most },
  ],
  centre(graph, x) {
    if (x.t.shape.length === 0 || x.t.shape.includes(0)) return [];
    const dim = graph.choose.integer(0, x.t.shape.length - 1);
    const mean = graph.call('mean', x.t, { dim, keepDim: true });
    return [{ t: graph.call('sub', x.t, mean), most: 2 * x.most }];
  },
};
