/** Losses: of elements, and of classes. */
import * as striate from 'striate';
import {
  type Arguments,
  anyShape,
  type Generator,
  maybe,
  options,
  text,
  times,
} from '../support/generate.ts';
import { countOf, FEW, offset, type Plain, type Reference, total } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong } from '../support/wrong.ts';

export const lines = `
a mean | mseLoss | {"values": [[1, 2], [3, 4]]}, {"values": [[1, 4], [0, 4]]} | {"values": 3.25, "shape": []}
integers | mseLoss | "3x7", "3x7"
the sum | mseLoss | "2x5~", "2x5~", {"reduction": "sum"}
each | mseLoss | "2x3x5~", "2x3x5~", {"reduction": "none"}
scalars | mseLoss | "scalar~", "scalar~"
longer than a block | mseLoss | "3x1100~", "3x1100~"
the sum of several blocks | mseLoss | "5000", "5000", {"reduction": "sum"}
the mean of nothing is NaN | mseLoss | "0x3", "0x3"
the sum of nothing | mseLoss | "0x3", "0x3", {"reduction": "sum"}
NaN and infinity of each | mseLoss | {"values": ["NaN", "Infinity", 1]}, {"values": [0, 0, "-Infinity"]}, {"reduction": "none"}
a mean | l1Loss | "3x7", "3x7"
each | l1Loss | "2x9#", "2x9~", {"reduction": "none"}
the sum | l1Loss | "13#", "13~", {"reduction": "sum"}
a mean | smoothL1Loss | "3x7#", "3x7~"
a wide parabola | smoothL1Loss | "3x7#", "3x7~", {"beta": 2.5}
without a parabola | smoothL1Loss | "3x7#", "3x7~", {"beta": 0, "reduction": "none"}
each | smoothL1Loss | "2x5#", "2x5~", {"reduction": "none", "beta": 0.5}
a mean | huberLoss | "3x7#", "3x7~"
straight early | huberLoss | "3x7#", "3x7~", {"delta": 0.25, "reduction": "sum"}
each | huberLoss | "2x5#", "2x5~", {"reduction": "none", "delta": 2}
a mean | binaryCrossEntropy | {"values": [[0.25, 0.5, 0.875]]}, {"values": [[0, 1, 0.5]]}
ends, where logarithms are held | binaryCrossEntropy | {"values": [0, 1, 0, 1, 1e-30]}, {"values": [0, 1, 1, 0, 1]}, {"reduction": "none"}
near the ends | binaryCrossEntropy | {"values": [1e-7, 0.9999999, 0.0001, 0.5]}, {"values": [0, 1, 0.5, 1]}, {"reduction": "none"}
weights of each | binaryCrossEntropy | {"values": [0.25, 0.5, 0.75]}, "3~", {"weight": "3+", "reduction": "sum"}
weights of columns | binaryCrossEntropy | {"values": [[0.25, 0.5], [0.125, 0.75]]}, "2x2~", {"weight": "2+"}
a mean | binaryCrossEntropyWithLogits | "3x7~", "3x7~"
far from zero | binaryCrossEntropyWithLogits | {"values": [1000, -1000, 90, -90, 17, -17]}, {"values": [1, 0, 0, 1, 1, 0]}, {"reduction": "none"}
each, of a ramp | binaryCrossEntropyWithLogits | "2x9#", "2x9~", {"reduction": "none"}
more weight for ones | binaryCrossEntropyWithLogits | "4x3~", "4x3~", {"posWeight": "3+"}
both weights | binaryCrossEntropyWithLogits | "4x3~", "4x3~", {"posWeight": "3+", "weight": "4x1+", "reduction": "sum"}
a weight of all | binaryCrossEntropyWithLogits | "4x3~", "4x3~", {"weight": "scalar+"}
a mean | klDiv | "3x5~", "3x5+"
of the batch | klDiv | "3x5~", "3x5+", {"reduction": "batchmean"}
no probability adds nothing | klDiv | {"values": [[-1, -2]]}, {"values": [[0, 1]]}, {"reduction": "none"} | [[0, 2]]
each | klDiv | "3x5~", "3x5+", {"reduction": "none"}
of logarithms | klDiv | "3x5~", "3x5~", {"logTarget": true}
of logarithms, each | klDiv | "2x9~", "2x9~", {"logTarget": true, "reduction": "none"}
two of three classes | crossEntropy | {"values": [[0, 0, 0], [0, 0, 0]]}, {"values": [2, 0], "dtype": "int32"} | {"values": 1.0986122886681098, "shape": []}
rows of classes | crossEntropy | "4x10~", "4:int32<10"
rows that fill vectors | crossEntropy | "5x8~", "5:int32<8"
each | crossEntropy | "4x7#", "4:int32<7", {"reduction": "none"}
the sum | crossEntropy | "4x7~", "4:int32<7", {"reduction": "sum"}
one class | crossEntropy | "3x1~", "3:int32<1"
without a batch | crossEntropy | "5~", {"values": 3, "shape": [], "dtype": "int32"}
of pixels | crossEntropy | "2x3x5x7~", "2x5x7:int32<3"
of one axis, each | crossEntropy | "2x5x6~", "2x6:int32<5", {"reduction": "none"}
ignored classes | crossEntropy | "4x5~", {"values": [1, -100, 4, -100], "dtype": "int32"}
an ignored class of its own | crossEntropy | "2x4x3~", "2x3:int32<4", {"ignoreIndex": 2}
all ignored is NaN | crossEntropy | "2x5", {"values": [-100, -100], "dtype": "int32"}
all ignored, each | crossEntropy | "2x5~", {"values": [-100, -100], "dtype": "int32"}, {"reduction": "none"}
weights of classes | crossEntropy | "6x5~", "6:int32<5", {"weight": "5+"}
weights of pixels' classes, the sum | crossEntropy | "2x3x5~", "2x5:int32<3", {"weight": "3+", "reduction": "sum"}
smoothed | crossEntropy | "4x10~", "4:int32<10", {"labelSmoothing": 0.1}
smoothed, weighed and ignored | crossEntropy | "4x3x2~", {"values": [[0, 2], [1, -100], [2, 2], [-100, 0]], "dtype": "int32"}, {"labelSmoothing": 0.2, "weight": "3+"}
smoothed, each | crossEntropy | "4x3~", "4:int32<3", {"labelSmoothing": 1, "reduction": "none"}
probabilities | crossEntropy | "4x5~", "4x5+"
probabilities of pixels | crossEntropy | "2x3x5~", "2x3x5+", {"reduction": "none"}
probabilities, weighed and smoothed | crossEntropy | "4x5~", "4x5+", {"weight": "5+", "labelSmoothing": 0.3, "reduction": "sum"}
probabilities without a batch | crossEntropy | "5~", "5+", {"weight": "5+"}
far from zero | crossEntropy | {"values": [[1000, 1001, 999], [-1000, -1000, -3000]]}, {"values": [2, 0], "dtype": "int32"}
a masked class | crossEntropy | {"values": [["-Infinity", 0, 1]]}, {"values": [1], "dtype": "int32"}
rows longer than a block | crossEntropy | "2x1100#", "2:int32<1100"
more rows than a block | crossEntropy | "2100x2~", "2100:int32<2"
no rows | crossEntropy | "0x3", "0:int32"
rows of classes | nllLoss | "4x10~", "4:int32<10"
of pixels, each | nllLoss | "2x3x5~", "2x5:int32<3", {"reduction": "none"}
weights and what is ignored | nllLoss | "4x5~", {"values": [1, -100, 4, 2], "dtype": "int32"}, {"weight": "5+"}
the sum, without a batch | nllLoss | "5~", {"values": 3, "shape": [], "dtype": "int32"}, {"reduction": "sum"}
minus infinity elsewhere | nllLoss | {"values": [["-Infinity", -1]]}, {"values": [1], "dtype": "int32"}
`;

interface Options {
  reduction?: 'mean' | 'sum' | 'none' | 'batchmean';
  weight?: Plain;
  posWeight?: Plain;
  beta?: number;
  delta?: number;
  logTarget?: boolean;
  ignoreIndex?: number;
  labelSmoothing?: number;
}

/** The losses of `shape`, reduced; `divisor`: what a mean divides by. */
function reduced(shape: number[], losses: number[], { reduction = 'mean' }: Options, divisor: number): Plain {
  if (reduction === 'none') return { shape, dtype: 'float32', data: losses };
  const by = { mean: divisor, sum: 1, batchmean: shape[0] ?? 1 }[reduction];
  return { shape: [], dtype: 'float32', data: [total(losses) / by] };
}

type Loss = (x: number, y: number, options: Options, positive: number) => number;

/** A weight beside element i of `shape`. */
const beside = (weight: Plain | undefined, shape: number[], i: number): number =>
  weight === undefined ? 1 : weight.data[offset(weight.shape, shape, i)]!;

const elementwise =
  (loss: Loss) =>
  (x: Plain, y: Plain, options: Options = {}): Plain => {
    const losses = x.data.map((value, i) => {
      const positive = beside(options.posWeight, x.shape, i);
      return beside(options.weight, x.shape, i) * loss(value, y.data[i]!, options, positive);
    });
    return reduced(x.shape, losses, options, x.data.length);
  };

const huber = (d: number, delta: number): number =>
  Math.abs(d) <= delta ? (d * d) / 2 : delta * (Math.abs(d) - delta / 2);
const held = (p: number): number => Math.max(-100, Math.log(p));

/** q[c] of crossEntropy, and the weight of its target, of column [before, after]. */
const classes =
  (normalise: boolean) =>
  (x: Plain, target: Plain, options: Options = {}): Plain => {
    const { weight, ignoreIndex = -100, labelSmoothing: smoothing = 0 } = options;
    const axis = x.shape.length === 1 ? 0 : 1;
    const [n, inner] = [x.shape[axis]!, countOf(x.shape.slice(axis + 1))];
    const shape = x.shape.filter((_, i) => i !== axis);
    const probabilities = target.dtype === 'float32';
    let divisor = 0;
    const losses = Array.from({ length: countOf(shape) }, (_, column) => {
      const first = Math.floor(column / inner) * n * inner + (column % inner);
      const logits = Array.from({ length: n }, (_, c) => x.data[first + c * inner]!);
      const largest = Math.max(...logits);
      const log = Math.log(total(logits.map((one) => Math.exp(one - largest))));
      const own = probabilities ? -1 : target.data[column]!;
      if (!probabilities && own === ignoreIndex) return 0;
      divisor += probabilities ? 1 : (weight?.data[own] ?? 1);
      const terms = logits.map((one, c) => {
        const t = probabilities ? target.data[first + c * inner]! : c === own ? 1 : 0;
        const q = (weight?.data[c] ?? 1) * ((1 - smoothing) * t + smoothing / n);
        return q === 0 ? 0 : -q * (normalise ? one - largest - log : one);
      });
      return total(terms);
    });
    return reduced(shape, losses, options, divisor);
  };

const TWO: Partial<Reference> = { tolerance: FEW, smooth: [0, 1] };
const reference = (loss: Loss, more: Partial<Reference> = TWO): Reference => ({
  run: elementwise(loss),
  tolerance: FEW,
  ...more,
});

export const references: Record<string, Reference> = {
  mseLoss: reference((x, y) => (x - y) ** 2),
  l1Loss: reference((x, y) => Math.abs(x - y)),
  smoothL1Loss: reference((x, y, { beta = 1 }) => (beta === 0 ? Math.abs(x - y) : huber(x - y, beta) / beta)),
  huberLoss: reference((x, y, { delta = 1 }) => huber(x - y, delta)),
  binaryCrossEntropy: reference((p, y) => -y * held(p) - (1 - y) * held(1 - p), { smooth: [1] }),
  binaryCrossEntropyWithLogits: reference((x, y, _, positive) => {
    const softplus = Math.log1p(Math.exp(-Math.abs(x))) + Math.max(-x, 0);
    return (1 - y) * x + (1 + (positive - 1) * y) * softplus;
  }),
  // Terms of both signs cancel in its sum.
  klDiv: reference(
    (x, y, { logTarget = false }) => {
      if (logTarget) return Math.exp(y) * (y - x);
      return y === 0 ? 0 : y * (Math.log(y) - x);
    },
    { ...TWO, tolerance: 10 * FEW },
  ),
  crossEntropy: { run: classes(true), tolerance: FEW, smooth: [0, 1] },
  nllLoss: { run: classes(false), tolerance: FEW, linear: [0] },
};

const REDUCTIONS = [undefined, 'mean', 'sum', 'none'];

const pairs =
  (own: (choose: Choices) => Record<string, unknown> = () => ({}), target = '~'): Generator =>
  (choose) => {
    const shape = anyShape(choose, 0, 4);
    const reduction = choose.of(REDUCTIONS);
    return [text(shape, '~'), text(shape, target), options({ reduction, ...own(choose) })];
  };

/** A shape that stretches to this one. */
const narrow = (choose: Choices, shape: readonly number[]): number[] =>
  shape.slice(choose.integer(0, shape.length)).map((size) => (maybe(choose, 0.3) ? 1 : size));

/** Values from 0 to 1 of this shape. */
const probabilities = (choose: Choices, shape: number[]) => ({
  values: times(countOf(shape), () => Math.fround(0.02 + 0.96 * choose.next())),
  shape,
});

const columns =
  (smoothing: boolean): Generator =>
  (choose): Arguments => {
    const n = choose.of([1, 2, 3, 5, 9, 17]);
    const batch = anyShape(choose, 0, 3);
    const shape = [...batch.slice(0, 1), n, ...batch.slice(1)];
    const weight = maybe(choose) ? text([n], '+') : undefined;
    const labelSmoothing = smoothing && maybe(choose) ? 0.15 : undefined;
    const reduction = choose.of(REDUCTIONS);
    if (smoothing && maybe(choose, 0.3)) {
      return [text(shape, '~'), text(shape, '+'), options({ weight, labelSmoothing, reduction })];
    }
    const ignoreIndex = maybe(choose, 0.3) ? choose.integer(0, n) : undefined;
    const values = times(countOf(batch), () =>
      maybe(choose, 0.1) ? (ignoreIndex ?? -100) : choose.integer(0, n - 1),
    );
    const target = { values, shape: batch, dtype: 'int32' };
    return [text(shape, '~'), target, options({ weight, ignoreIndex, labelSmoothing, reduction })];
  };

export const generators: Record<string, Generator> = {
  mseLoss: pairs(),
  l1Loss: pairs(),
  smoothL1Loss: pairs((choose) => ({ beta: choose.of([undefined, 0, 0.25, 2]) })),
  huberLoss: pairs((choose) => ({ delta: choose.of([undefined, 0.25, 2]) })),
  binaryCrossEntropy(choose) {
    const shape = anyShape(choose, 0, 3);
    const weight = maybe(choose) ? text(narrow(choose, shape), '+') : undefined;
    const given = [probabilities(choose, shape), probabilities(choose, shape)];
    return [...given, options({ weight, reduction: choose.of(REDUCTIONS) })];
  },
  binaryCrossEntropyWithLogits(choose) {
    const shape = anyShape(choose, 0, 4);
    const [weight, posWeight] = times(2, () =>
      maybe(choose) ? text(narrow(choose, shape), '+') : undefined,
    );
    const given = options({ weight, posWeight, reduction: choose.of(REDUCTIONS) });
    return [text(shape, '~'), text(shape, '~'), given];
  },
  klDiv(choose) {
    const logTarget = maybe(choose);
    const reduction = choose.of([...REDUCTIONS, 'batchmean']);
    return pairs(() => ({ logTarget, reduction }), logTarget ? '~' : '+')(choose);
  },
  crossEntropy: columns(true),
  nllLoss: columns(false),
};

export const layers = Object.fromEntries(Object.keys(references).map((name) => [name, null]));

const zeros = (...shape: number[]) => striate.zeros(shape);
const ids = (...values: number[]) => striate.tensor(values, [values.length], { dtype: 'int32' });

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['a y of another shape', () => striate.mseLoss(zeros(2, 3), zeros(3)), RangeError, 'mseLoss: y has shape 3, must be 2x3, as x'],
  ['a y of integers', () => striate.mseLoss(zeros(3), any(ids(1, 2, 3))), TypeError, 'mseLoss: y is int32, must be float32'],
  ['an unknown reduction', () => striate.l1Loss(zeros(3), zeros(3), { reduction: any('average') }), RangeError, "l1Loss: reduction is 'average', must be 'none' or 'mean' or 'sum'"],
  ['batchmean of another loss', () => striate.l1Loss(zeros(3), zeros(3), { reduction: any('batchmean') }), RangeError, "l1Loss: reduction is 'batchmean', must be 'none' or 'mean' or 'sum'"],
  ['a reduction by position', () => striate.l1Loss(zeros(3), zeros(3), any('sum')), TypeError, "l1Loss: options is 'sum', must be an object"],
  ['an option of another loss', () => striate.smoothL1Loss(zeros(3), zeros(3), any({ delta: 1 })), TypeError, "smoothL1Loss: there is no option 'delta'; options are reduction, beta"],
  ['a negative beta', () => striate.smoothL1Loss(zeros(3), zeros(3), { beta: -1 }), RangeError, 'smoothL1Loss: beta is -1, must be at least 0'],
  ['a delta of nothing', () => striate.huberLoss(zeros(3), zeros(3), { delta: 0 }), RangeError, 'huberLoss: delta is 0, must be above 0'],
  ['a delta that is NaN', () => striate.huberLoss(zeros(3), zeros(3), { delta: Number.NaN }), RangeError, 'huberLoss: delta is NaN, must be a number'],
  ['what is no probability', () => striate.binaryCrossEntropy(striate.tensor([0.5, 1.5]), zeros(2)), RangeError, 'binaryCrossEntropy: p holds 1.5 as element 1, must be from 0 to 1'],
  ['a probability that is NaN, of each', () => striate.binaryCrossEntropy(striate.tensor([0.5, Number.NaN]), zeros(2), { reduction: 'none' }), RangeError, 'binaryCrossEntropy: p holds NaN as element 1, must be from 0 to 1'],
  ['a weight that does not stretch', () => striate.binaryCrossEntropy(zeros(2, 3), zeros(2, 3), { weight: zeros(2) }), RangeError, 'binaryCrossEntropy: weight of shape 2 and x of shape 2x3 do not broadcast'],
  ['a weight that is larger', () => striate.binaryCrossEntropyWithLogits(zeros(1, 3), zeros(1, 3), { posWeight: zeros(2, 3) }), RangeError, 'binaryCrossEntropyWithLogits: posWeight has shape 2x3, must stretch to 1x3'],
  ['logarithms by a number', () => striate.klDiv(zeros(2), zeros(2), { logTarget: any(1) }), TypeError, 'klDiv: logTarget is 1, must be true or false'],
  ['a class outside', () => striate.crossEntropy(zeros(2, 3), ids(0, 3)), RangeError, 'crossEntropy: target holds 3 as element 1, must be from 0 to 2, the classes, or ignoreIndex'],
  ['a negative class, in a gradient', () => striate.valueAndGrad((x) => striate.crossEntropy(x, ids(-1, 0)), zeros(2, 3)), RangeError, 'valueAndGrad: crossEntropy: target holds -1 as element 0, must be from 0 to 2, the classes, or ignoreIndex'],
  ['a class outside, in a program', () => striate.compile((x) => striate.nllLoss(x!, ids(7, 0)), { inputs: [[2, 3]] }).run(zeros(2, 3)), RangeError, 'Program.run: nllLoss: target holds 7 as element 0, must be from 0 to 2, the classes, or ignoreIndex'],
  ['classes of bytes', () => striate.crossEntropy(zeros(2, 3), any(striate.zeros([2], { dtype: 'uint8' }))), TypeError, 'crossEntropy: target is uint8, must be int32 (classes) or float32 (probabilities)'],
  ['probabilities for nllLoss', () => striate.nllLoss(zeros(2, 3), any(zeros(2, 3))), TypeError, 'nllLoss: target is float32, must be int32'],
  ['classes of another batch', () => striate.crossEntropy(zeros(2, 3), ids(0, 1, 2)), RangeError, 'crossEntropy: target has shape 3, must be 2, one class for each'],
  ['probabilities of another shape', () => striate.crossEntropy(zeros(2, 3), zeros(2)), RangeError, 'crossEntropy: target has shape 2, must be 2x3, as logits: probabilities'],
  ['a scalar of logits', () => striate.crossEntropy(striate.tensor(1), ids(0)), RangeError, 'crossEntropy: logits is a scalar, must be [C], [N, C] or [N, C, ...]'],
  ['logits of integers', () => striate.crossEntropy(any(ids(0)), ids(0)), TypeError, 'crossEntropy: logits is int32, must be float32'],
  ['weights of more classes', () => striate.nllLoss(zeros(2, 3), ids(0, 1), { weight: zeros(4) }), RangeError, 'nllLoss: weight has shape 4, must be 3, 3 classes'],
  ['an ignored probability', () => striate.crossEntropy(zeros(2, 3), zeros(2, 3), { ignoreIndex: 1 }), RangeError, 'crossEntropy: ignoreIndex is 1, must be left out where target is probabilities'],
  ['smoothing of more than all', () => striate.crossEntropy(zeros(2, 3), ids(0, 1), { labelSmoothing: 1.5 }), RangeError, 'crossEntropy: labelSmoothing is 1.5, must be from 0 to 1'],
  ['smoothing of logarithms', () => striate.nllLoss(zeros(2, 3), ids(0, 1), any({ labelSmoothing: 0.1 })), TypeError, "nllLoss: there is no option 'labelSmoothing'; options are weight, ignoreIndex, reduction"],
];
