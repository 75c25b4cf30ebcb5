/**
 * What a quantised model says by parts, as operators on bytes: dequantize -> f -> quantize is one node where f is a
 * convolution (with a sum and a clamp behind it), a linear layer, a sum, a product, a pool, a function of one number, or only moves
 * elements. Bytes lie in fours of channels from one such node to the next; only at the ends of a quantised part they are put
 * into fours, and back.
 */
import { type DType, dtypeId, sameShape } from '../../base/dtype.ts';
import { roundHalfEven } from '../../base/round.ts';
import { FILL, RESHAPE } from '../../graph/builtin.ts';
import type { Entry, Params } from '../../graph/entry.ts';
import type { Graph } from '../../graph/graph.ts';
import { type Add, makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import { countOf } from '../../instructions/emit.ts';
import type { Quantized } from '../../instructions/quantized.ts';
import {
  ACTIVATION,
  KERNEL,
  POOL,
  QUANTIZED_OPERATION,
  QUANTIZED_REDUCTION,
  RULE,
  SUMS,
} from '../../instructions/table.ts';
import { add as addition, div, mul, sub } from '../../ops/arithmetic.ts';
import { convSettings, paramCount } from '../../ops/convolutionStep.ts';
import { round } from '../../ops/elementary.ts';
import { fitsIntegers, INTEGER_CONV } from '../../ops/integerConvolution.ts';
import { entryOf } from '../../ops/operator.ts';
import { taking } from '../../ops/options.ts';
import {
  EVERY_BYTE,
  FOURS,
  fitsBytes,
  PLANES,
  QUANTIZED_BINARY,
  QUANTIZED_CONV,
  QUANTIZED_POOL,
  QUANTIZED_TABLE,
} from '../../ops/quantized.ts';
import { CAST, PERMUTE } from '../../tensor/moves.ts';
import { SUMS_AS_FLOATS } from './integers.ts';
import { made, orders } from './match.ts';

/** A byte's numbers: zero as of unsigned bytes. */
interface Bytes extends Quantized {
  readonly value: Value;
}

/** What a quantize node ends with. */
interface End extends Quantized {
  readonly dtype: DType;
  readonly low: number;
  readonly high: number;
}

/** The one step and zero point of a node that has them as its inputs 1 and 2. */
function numbersOf(graph: Graph, { inputs: [, step, zero] }: Node, dtype: DType): Quantized | null {
  if (dtype !== 'uint8' && dtype !== 'int8') return null;
  const [size, from] = [graph.numberOf(step), zero ? graph.numberOf(zero, dtype) : 0];
  if (size === undefined || from === undefined || !(size > 0)) return null;
  return { step: size, zero: dtype === 'int8' ? from + 128 : from };
}

/** The bytes that a value stands for. */
function bytesOf(graph: Graph, value: Value | null | undefined): Bytes | null {
  const node = made(value, 'dequantize');
  const [q] = node?.inputs ?? [];
  const numbers = node && q ? numbersOf(graph, node, q.dtype) : null;
  return numbers && { ...numbers, value: q as Value };
}

function endOf(graph: Graph, root: Node): End | null {
  const { dtype } = root.outputs[0]!;
  const numbers = numbersOf(graph, root, dtype);
  return numbers && { ...numbers, dtype, low: 0, high: 255 };
}

/** The byte of a number. */
function byteOf(number: number, { step, zero }: Quantized): number {
  const steps = Math.fround(Math.fround(number) / Math.fround(step));
  return Math.min(Math.max(roundHalfEven(steps) + zero, 0), 255);
}

/** A clamp in front of the end, which the ends of y say as well, and what it reads. */
function clamped(value: Value, end: End): { value: Value; end: End; inner: Node[] } {
  const node = value.uses.length === 1 ? value.maker : null;
  const act = node?.entry.traits?.activation?.(node.inputs, node.params);
  const isRelu = act?.act === ACTIVATION.relu;
  if (!node || !act || (!isRelu && act.act !== ACTIVATION.clip)) return { value, end, inner: [] };
  const low = byteOf(isRelu ? 0 : act.p0, end);
  const high = isRelu ? 255 : byteOf(act.p1, end);
  return { value: node.inputs[0] as Value, end: { ...end, low, high }, inner: [node] };
}

/** Of what is not added, and of floats. */
const NOTHING: Quantized = { zero: 0, step: 0 };
const AS_IT_IS: End = { zero: 0, step: 1, low: 0, high: 255, dtype: 'uint8' };

const numbers = ({ zero, step }: Quantized) => [zero, step];
const ends = ({ zero, step, low, high }: End) => [zero, step, low, high];

const fours = (add: Add, { value }: Bytes): Value => add(FOURS, [value], [])[0]!;
const planes = (add: Add, value: Value, channels: number, { dtype }: End): readonly Value[] =>
  add(PLANES, [value], [channels, dtypeId(dtype)]);

/** Known weights as bytes, with one step and zero point, or one of each for each place along an axis. */
function knownWeightsOf(graph: Graph, value: Value | null | undefined, axis: number) {
  const node = made(value, 'dequantize');
  const [q, step, zero = null] = node?.inputs ?? [];
  if (!node || !q || !step || (q.dtype !== 'int8' && q.dtype !== 'uint8')) return null;
  if (![q, step].every((one) => graph.isFixed(one)) || (zero && !graph.isFixed(zero))) return null;
  return countOf(step.shape) === 1 || node.params[0] === axis ? { q, step, zero } : null;
}

/** The same where they are symmetric: int8 about 0, or uint8 about 128. */
function weightsOf(graph: Graph, value: Value | null | undefined, axis: number) {
  const found = knownWeightsOf(graph, value, axis);
  if (!found) return null;
  const { q, zero } = found;
  const middle = zero ? graph.numberOf(zero, q.dtype as 'int8' | 'uint8') : 0;
  return middle === (q.dtype === 'int8' ? 0 : 128) ? found : null;
}

/** A convolution of bytes with known weights: what its node reads. */
interface BytesConv {
  readonly x: Bytes;
  readonly weights: NonNullable<ReturnType<typeof weightsOf>>;
  readonly bias: Value | null;
}

/** The bytes that a convolution reads, its groups and its bias, where its padding is of zeros and its kernel not flipped. */
function plainConvOf(graph: Graph, { inputs, params }: Node) {
  if (params.length !== paramCount(convSettings(params).rank) || inputs.length > 3) return null;
  const { mode, flip, groups } = convSettings(params);
  const x = bytesOf(graph, inputs[0]);
  return x && mode === null && !flip ? { x, groups, bias: inputs[2] ?? null } : null;
}

function bytesConvOf(graph: Graph, conv: Node): BytesConv | null {
  const found = plainConvOf(graph, conv);
  const weights = weightsOf(graph, conv.inputs[1], 0);
  if (!found || !weights) return null;
  const { x, groups, bias } = found;
  if (bias !== null && !graph.isFixed(bias)) return null;
  return fitsBytes(weights.q.shape, groups) ? { x, weights, bias } : null;
}

const CONVOLUTIONS = ['conv1d', 'conv2d', 'conv3d'];
const convOf = (value: Value): Node | null => (value.uses.length === 1 ? made(value, ...CONVOLUTIONS) : null);

/** The convolution that makes a value, or that of a sum with bytes of its shape; and these. */
function summed(graph: Graph, value: Value): { conv: Node | null; other: Bytes | null; inner: Node[] } {
  const sum = value.uses.length === 1 ? made(value, 'add') : null;
  for (const [a, b] of sum ? orders(sum) : []) {
    const [conv, other] = [convOf(a), bytesOf(graph, b)];
    if (conv && other && sameShape(a, b)) return { conv, other, inner: [conv, sum as Node] };
  }
  const conv = convOf(value);
  return { conv, other: null, inner: conv ? [conv] : [] };
}

const convolution: Rule = {
  name: 'quantised convolution',
  on: ['quantize'],
  match(root, graph) {
    const whole = endOf(graph, root);
    if (!whole) return null;
    const { value, end, inner } = clamped(root.inputs[0] as Value, whole);
    const { conv, other, inner: own } = summed(graph, value);
    const found = conv && bytesConvOf(graph, conv);
    if (!conv || !found) return null;
    const { x, weights, bias } = found;
    const [outputs, channels] = [weights.q.shape[0] as number, x.value.shape[1] as number];
    return {
      inner: [...inner, ...own],
      make(add) {
        const params = [channels, SUMS.bytes, ...numbers(x), ...numbers(other ?? NOTHING), ...ends(end)];
        const inputs = [fours(add, x), weights.q, weights.step, bias];
        if (other) inputs.push(fours(add, other));
        return planes(add, add(QUANTIZED_CONV, inputs, [...params, ...conv.params])[0]!, outputs, end);
      },
    };
  },
};

/** So many channels, and products, make bytes no slower than floats with any engine. */
const LEAST_CHANNELS = 8;
const LEAST_PRODUCTS = 64;

/** Whether bytes pay where nothing else needs them: not for what floats do by Winograd's method, nor for few products. */
function pays([, channels = 0, ...taps]: readonly number[], params: Params): boolean {
  const { stride, dilation } = convSettings(params);
  const isDense = [...stride, ...dilation].every((one) => one === 1) && taps.every((one) => one === 3);
  return channels >= LEAST_CHANNELS && channels * countOf(taps) >= LEAST_PRODUCTS && !isDense;
}

/** A convolution of bytes whose sums nobody makes bytes again. */
const dequantized: Rule = {
  name: 'convolution of bytes that gives floats',
  on: CONVOLUTIONS,
  match(root, graph) {
    const found = bytesConvOf(graph, root);
    if (!found || !pays(found.weights.q.shape, root.params)) return null;
    const { x, weights, bias } = found;
    return {
      inner: [],
      make(add) {
        const channels = x.value.shape[1] as number;
        const params = [channels, SUMS.scaled, ...numbers(x), ...numbers(NOTHING), ...ends(AS_IT_IS)];
        return add(
          QUANTIZED_CONV,
          [fours(add, x), weights.q, weights.step, bias],
          [...params, ...root.params],
        );
      },
    };
  },
};

/** What the zero points of weights lie below the middle, where they lie anywhere: one for all, or one for each output. */
function shiftOf(add: Add, zero: Value): Value {
  const middle = number(add, zero.dtype === 'uint8' ? 128 : 0);
  return add(entryOf(sub)!, [middle, add(CAST, [zero], [dtypeId('float32')])[0]!], [])[0]!;
}

/** A convolution of bytes whose weights have other zero points gives floats: its sums have a part that each window makes anew. */
const uncentered: Rule = {
  name: 'convolution of bytes with weights about any zero point',
  on: CONVOLUTIONS,
  match(root, graph) {
    const found = plainConvOf(graph, root);
    const weights = knownWeightsOf(graph, root.inputs[1], 0);
    if (!found || !weights?.zero || !fitsIntegers(weights.q.shape, found.groups)) return null;
    if (!pays(weights.q.shape, root.params)) return null;
    const { x, bias } = found;
    const { q, step, zero } = weights;
    return {
      inner: [],
      make(add) {
        const scale = add(entryOf(mul)!, [step, number(add, x.step)], [])[0]!;
        const from = root.inputs[0]!.maker!.inputs[2] ?? null;
        const words = [x.value.shape[1] as number, dtypeId(x.value.dtype), SUMS.floats];
        return add(
          INTEGER_CONV,
          [fours(add, x), q, shiftOf(add, zero), from, scale, bias],
          [...words, ...root.params],
        );
      },
    };
  },
};

/** A linear layer of few rows is a convolution of one pixel for each. */
const MOST_ROWS = 16;

/** A linear layer, or a product with known weights, of bytes: how `make` writes it as a convolution. */
function bytesLinearOf(graph: Graph, node: Node | null) {
  const x = bytesOf(graph, node?.inputs[0]);
  if (!node || !x) return null;
  const leading = x.value.shape.slice(0, -1);
  const [rows, terms] = [countOf(leading), x.value.shape[leading.length] as number];
  if (rows === 0 || rows > MOST_ROWS) return null;
  // matmul's second factor, and that of a linear layer which says so, is [terms, outputs].
  const isTransposed = node.entry.name === 'matmul' || node.params[0] === 1;
  if (node.params.length > 1 || node.inputs.length > 3) return null;
  const weights = weightsOf(graph, node.inputs[1], isTransposed ? 1 : 0);
  const bias = node.inputs[2] ?? null;
  if (weights?.q.shape.length !== 2 || (bias !== null && !graph.isFixed(bias))) return null;
  const outputs = weights.q.shape[isTransposed ? 1 : 0] as number;
  if (!fitsBytes([outputs, terms], 1)) return null;
  return {
    terms,
    outputs,
    shape: [...leading, outputs],
    make(add: Add, sums: number, end: End): Value {
      const q = isTransposed ? add(PERMUTE, [weights.q], [1, 0])[0]! : weights.q;
      const kernel = add(RESHAPE, [q], [outputs, terms, 1])[0]!;
      const pixels = { ...x, value: add(RESHAPE, [x.value], [rows, terms, 1])[0]! };
      const conv = [1, 1, 1, 0, 0, 0, 0, 1, 0];
      const params = [terms, sums, ...numbers(x), ...numbers(NOTHING), ...ends(end), ...conv];
      return add(QUANTIZED_CONV, [fours(add, pixels), kernel, weights.step, bias], params)[0]!;
    },
  };
}

const LINEAR = ['linear', 'matmul'];

const linear: Rule = {
  name: 'quantised linear layer',
  on: ['quantize'],
  match(root, graph) {
    const whole = endOf(graph, root);
    if (!whole) return null;
    const { value, end, inner } = clamped(root.inputs[0] as Value, whole);
    const node = value.uses.length === 1 ? made(value, ...LINEAR) : null;
    const found = bytesLinearOf(graph, node);
    if (!node || !found) return null;
    return {
      inner: [...inner, node],
      make(add) {
        const y = found.make(add, SUMS.bytes, end);
        return add(RESHAPE, planes(add, y, found.outputs, end), found.shape);
      },
    };
  },
};

/** A linear layer of bytes whose sums nobody makes bytes again. */
const dequantizedLinear: Rule = {
  name: 'linear layer of bytes that gives floats',
  on: LINEAR,
  match(root, graph) {
    const found = bytesLinearOf(graph, root);
    if (!found || found.terms < LEAST_PRODUCTS) return null;
    return {
      inner: [],
      make: (add) => add(RESHAPE, [found.make(add, SUMS.scaled, AS_IT_IS)], found.shape),
    };
  },
};

/** A tensor that can lie in fours. */
const hasChannels = ({ shape }: Value): boolean => shape.length >= 3;

/** Whether a value has one place for each channel of another. */
function isGateOf({ shape }: Value, { shape: whole }: Value): boolean {
  const isAlong = (size: number, axis: number) => size === (axis < 2 ? whole[axis] : 1);
  return shape.length === whole.length && shape.every(isAlong);
}

/** Both operands of a sum or a product as bytes, that of all places first. */
function pairOf(graph: Graph, node: Node): [Bytes, Bytes] | null {
  for (const [x, y] of orders(node)) {
    const [a, b] = [bytesOf(graph, x), bytesOf(graph, y)];
    if (a && b && hasChannels(a.value) && (sameShape(x, y) || isGateOf(y, x))) return [a, b];
  }
  return null;
}

const binary: Rule = {
  name: 'quantised sum or product',
  on: ['quantize'],
  match(root, graph) {
    const whole = endOf(graph, root);
    if (!whole) return null;
    const { value, end, inner } = clamped(root.inputs[0] as Value, whole);
    const node = value.uses.length === 1 ? made(value, 'add', 'mul') : null;
    const pair = node && pairOf(graph, node);
    if (!node || !pair) return null;
    const [a, b] = pair;
    const kind = QUANTIZED_OPERATION[node.entry.name as 'add' | 'mul'];
    return {
      inner: [...inner, node],
      make(add) {
        const params = [kind, ...numbers(a), ...numbers(b), ...ends(end)];
        const y = add(QUANTIZED_BINARY, [fours(add, a), fours(add, b)], params)[0]!;
        return planes(add, y, a.value.shape[1] as number, end);
      },
    };
  },
};

/** Whether two bytes mean the same number. */
const isAlike = (a: Quantized, b: Quantized) => a.zero === b.zero && a.step === b.step;

/** A pool's window as a quantised pool's params say it: the kind, and from the rank on; null for what that cannot do. */
function poolOf({ entry: { name }, params, inputs: [x] }: Node): { kind: number; window: number[] } | null {
  const spatial = (x as Value).shape.length - 2;
  if (name === 'globalAvgPool' || name === 'globalMaxPool') {
    const [zeros, ones] = [0, 1].map((one) => new Array<number>(spatial).fill(one)) as [number[], number[]];
    const padding = [0, ...zeros, ...zeros];
    return {
      kind: name === 'globalMaxPool' ? QUANTIZED_REDUCTION.max : QUANTIZED_REDUCTION.average,
      window: [spatial, ...zeros, ...ones, ...ones, ...padding, 0],
    };
  }
  if (!/^(max|avg)Pool\dd$/.test(name)) return null;
  const [reduction, rank = 0, ...rest] = params;
  const take = taking(rest);
  const window = take(5 * rank + 1);
  const [rule = 0, indices, countsPadding, divisor] = take(4);
  if (indices || divisor || (rule & RULE.ceil) !== 0) return null;
  const average = countsPadding ? QUANTIZED_REDUCTION.averageWithPadding : QUANTIZED_REDUCTION.average;
  const kind = reduction === POOL.max ? QUANTIZED_REDUCTION.max : average;
  return { kind, window: [rank, ...window, rule] };
}

const pool: Rule = {
  name: 'quantised pool',
  on: ['quantize'],
  match(root, graph) {
    const end = endOf(graph, root);
    const node = root.inputs[0]!.uses.length === 1 ? root.inputs[0]!.maker : null;
    const x = bytesOf(graph, node?.inputs[0]);
    const own = node && x && hasChannels(x.value) ? poolOf(node) : null;
    if (!end || !node || !x || !own) return null;
    if (own.kind === QUANTIZED_REDUCTION.max && !isAlike(x, end)) return null;
    return {
      inner: [node],
      make(add) {
        const params = [own.kind, ...numbers(x), ...numbers(end), ...own.window];
        const y = add(QUANTIZED_POOL, [fours(add, x)], params)[0]!;
        return planes(add, y, x.value.shape[1] as number, end);
      },
    };
  },
};

/** Operators that only move elements: of bytes they are the same, and what pads put around these is a byte. */
const MOVES = ['reshape', 'flatten', 'permute', 'slice', 'pad1d', 'pad2d', 'pad3d'];

const move: Rule = {
  name: 'quantised move',
  on: ['quantize'],
  match(root, graph) {
    const end = endOf(graph, root);
    const nodes: Node[] = [];
    let [from] = root.inputs as [Value];
    for (;;) {
      const node = from.uses.length === 1 ? made(from, ...MOVES) : null;
      if (!node) break;
      nodes.unshift(node);
      from = node.inputs[0] as Value;
    }
    const x = bytesOf(graph, from);
    if (!end || nodes.length === 0 || !x || !isAlike(x, end) || x.value.dtype !== end.dtype) return null;
    return {
      inner: nodes,
      make(add) {
        const moved = (value: Value, { entry, inputs, params }: Node): Value =>
          add(
            entry,
            [value, ...inputs.slice(1)],
            entry.name.startsWith('pad') ? padOf(params, end) : params,
          )[0]!;
        return [nodes.reduce(moved, x.value)];
      },
    };
  },
};

/** A pad's params of bytes: the mode, what it puts there, and how much. */
function padOf([mode = 0, value = 0, ...widths]: Params, end: End): Params {
  return [mode, byteOf(value, end) - (end.dtype === 'int8' ? 128 : 0), ...widths];
}

/** The words of an axis in the params of `interpolate`, which four others precede. */
const AXIS_WORDS = 8;

/** The nearest elements of spatial axes, which lie in fours as well. */
const nearest: Rule = {
  name: 'quantised nearest elements',
  on: ['quantize'],
  match(root, graph) {
    const end = endOf(graph, root);
    const node = root.inputs[0]!.uses.length === 1 ? made(root.inputs[0], 'interpolate') : null;
    const x = bytesOf(graph, node?.inputs[0]);
    if (!end || !node || !x || !isAlike(x, end) || !hasChannels(x.value)) return null;
    const words = spatialWords(x.value.shape, node.params);
    if (node.params[0] !== KERNEL.nearest || !words) return null;
    return {
      inner: [node],
      make: (add) => {
        const y = add(node.entry, [fours(add, x)], [...node.params.slice(0, 4), ...words])[0]!;
        return planes(add, y, x.value.shape[1] as number, end);
      },
    };
  },
};

/** What the params of `interpolate` say of spatial axes; null where others change. */
function spatialWords(shape: readonly number[], [, , , , ...all]: Params): number[] | null {
  const axes = Array.from({ length: all.length / AXIS_WORDS }, (_, i) =>
    all.slice(AXIS_WORDS * i, AXIS_WORDS * (i + 1)),
  );
  const isSpatial = ([axis = 0]: Params) => axis >= 2;
  const stays = ([axis = 0, output, first = 0, factor, divisor, shift = 0]: Params) =>
    output === shape[axis] && factor === divisor && first + shift === 0;
  if (!axes.every((words) => isSpatial(words) || stays(words))) return null;
  return axes.filter(isSpatial).flat();
}

/** Tensors along axis 1, each in the step of the result; they stay in fours where each is of whole ones. */
const join: Rule = {
  name: 'quantised concat',
  on: ['quantize'],
  match(root, graph) {
    const end = endOf(graph, root);
    const node = root.inputs[0]!.uses.length === 1 ? made(root.inputs[0], 'concat') : null;
    const parts = node?.inputs.map((input) => bytesOf(graph, input)) ?? [];
    if (!end || !node || node.params[0] !== 1 || !parts.every((part) => part !== null)) return null;
    if (!parts.every(({ value }) => hasChannels(value))) return null;
    const channelsOf = ({ value }: Bytes) => value.shape[1] as number;
    const isWhole = parts.every((part, i) => i === parts.length - 1 || channelsOf(part) % 4 === 0);
    const channels = parts.reduce((sum, part) => sum + channelsOf(part), 0);
    return {
      inner: [node],
      make(add) {
        const all = parts.map((part) => {
          if (!isWhole && isAlike(part, end) && part.value.dtype === end.dtype) return part.value;
          const own = stepped(add, part, end);
          return isWhole ? own : planes(add, own, channelsOf(part), end)[0]!;
        });
        const y = add(node.entry, all, [1]);
        return isWhole ? planes(add, y[0]!, channels, end) : y;
      },
    };
  },
};

/** Bytes in fours, in another step. */
function stepped(add: Add, x: Bytes, end: End): Value {
  const own = fours(add, x);
  return isAlike(x, end) ? own : add(QUANTIZED_TABLE, [own, tableOf(add, x, end, (by) => by)], [])[0]!;
}

/** A number as a value. */
const number = (add: Add, value: number): Value => add(FILL, [], [value])[0]!;

/** The 256 results of a function that bytes stand for. */
function tableOf(add: Add, from: Quantized, to: End, of: (x: Value) => Value): Value {
  const apply = (entry: Entry, ...inputs: Value[]) => add(entry, inputs, [])[0]!;
  const every = add(EVERY_BYTE, [], [])[0]!;
  const apart = apply(entryOf(sub)!, every, number(add, from.zero));
  const y = of(apply(entryOf(mul)!, apart, number(add, from.step)));
  const steps = apply(entryOf(round)!, apply(entryOf(div)!, y, number(add, to.step)));
  const whole = apply(entryOf(addition)!, steps, number(add, to.zero));
  return add(CAST, [whole], [dtypeId('uint8')])[0]!;
}

/** Operators of one number, or of one and constants. */
const ARITHMETIC = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'pow'];
const MOST_NODES = 12;

/** What is computed of one dequantized value, element by element: that one, the nodes, and how they are made of another value. */
function functionOf(graph: Graph, value: Value) {
  const nodes = new Set<Node>();
  let leaf: Value | null = null;
  const accepts = (one: Value): boolean => {
    if (graph.numberOf(one) !== undefined) return true;
    if (one === leaf) return true;
    const { maker } = one;
    if (maker?.entry.name === 'dequantize') {
      if (leaf !== null) return false;
      leaf = one;
      return true;
    }
    if (!maker || one.dtype !== 'float32' || nodes.size === MOST_NODES || maker.outputs.length !== 1)
      return false;
    const isFunction = maker.entry.traits?.activation?.(maker.inputs, maker.params)?.slope === undefined;
    const isOwn = maker.entry.traits?.activation !== undefined && isFunction && maker.inputs.length === 1;
    if (!isOwn && !ARITHMETIC.includes(maker.entry.name)) return false;
    nodes.add(maker);
    return maker.inputs.every((input) => input !== null && accepts(input));
  };
  if (!accepts(value) || leaf === null || nodes.size === 0) return null;
  const x: Value = leaf;
  if (countOf(x.shape) !== countOf(value.shape)) return null;
  const make = (add: Add, by: Value): Value => {
    const known = new Map<Value, Value>([[x, by]]);
    const of = (one: Value): Value => {
      const own = known.get(one);
      if (own !== undefined) return own;
      const constant = graph.numberOf(one);
      const { maker } = one;
      const result =
        constant !== undefined
          ? number(add, constant)
          : add(
              maker!.entry,
              maker!.inputs.map((input) => of(input as Value)),
              maker!.params,
            )[0]!;
      known.set(one, result);
      return result;
    };
    return of(value);
  };
  return { leaf: x, nodes, make };
}

const table: Rule = {
  name: 'quantised function',
  on: ['quantize'],
  match(root, graph) {
    const end = endOf(graph, root);
    const found = end && functionOf(graph, root.inputs[0] as Value);
    const x = found ? bytesOf(graph, found.leaf) : null;
    if (!end || !found || !x || !hasChannels(x.value)) return null;
    return {
      inner: [...found.nodes],
      make(add) {
        const results = tableOf(add, x, end, (by) => found.make(add, by));
        const y = add(QUANTIZED_TABLE, [fours(add, x), results], [])[0]!;
        return planes(add, y, x.value.shape[1] as number, end);
      },
    };
  },
};

/** Bytes that go from one step to another. */
const again: Rule = {
  name: 'quantised again',
  on: ['quantize'],
  match(root, graph) {
    const end = endOf(graph, root);
    const x = bytesOf(graph, root.inputs[0]);
    if (!end || !x) return null;
    if (isAlike(x, end) && x.value.dtype === end.dtype) return { inner: [], make: () => [x.value] };
    if (!hasChannels(x.value)) return null;
    return {
      inner: [],
      make: (add) => planes(add, stepped(add, x, end), x.value.shape[1] as number, end),
    };
  },
};

/** Out of fours, and into them again. */
const meeting: Rule = {
  name: 'fours that stay',
  on: ['fours'],
  match({ inputs: [x] }) {
    const back = makerOf(x, ({ entry }) => entry === PLANES);
    return back && { inner: [], make: () => [back.inputs[0]!] };
  },
};

/** The second begins where the first has left nothing that becomes bytes. */
export const QUANTIZED: readonly Pass[] = [
  {
    name: 'quantized',
    rules: [convolution, linear, binary, pool, join, move, nearest, table, again, meeting],
  },
  { name: 'dequantized', rules: [dequantized, uncentered, dequantizedLinear, meeting] },
  SUMS_AS_FLOATS,
];
