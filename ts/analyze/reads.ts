/**
 * What a box of a node's output reads of each of its inputs: by windows along spatial axes, place by place for elementwise
 * operators, all of an axis where the operator sums or sorts along it. An operator of which no more is known may read
 * everything.
 */
import type { Node, Value } from '../graph/value.ts';
import { type Piece, stridesOf } from '../instructions/walk.ts';
import { type Box, type Interval, through, wholeOf } from './box.ts';

/** Output places come of the same places of each input, which may be stretched. */
export const ELEMENTWISE: ReadonlySet<string> = /*#__PURE__*/ new Set([
  ...['abs', 'clip', 'elu', 'exp', 'gelu', 'hardSigmoid', 'hardSwish', 'leakyRelu', 'log', 'mish', 'neg'],
  ...['prelu', 'relu', 'relu6', 'selu', 'sigmoid', 'silu', 'softplus', 'sqrt', 'tanh', 'expm1', 'log1p'],
  ...['acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'ceil', 'cos', 'cosh', 'erf', 'floor', 'isInf'],
  ...['isNaN', 'reciprocal', 'round', 'sign', 'sin', 'sinh', 'tan', 'logicalNot', 'celu', 'softsign'],
  ...['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'mod', 'remainder', 'fmod', 'where'],
  ...['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual', 'logicalAnd', 'logicalOr'],
  ...['logicalXor', 'bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'bitwiseLeftShift', 'bitwiseRightShift'],
  ...['cast', 'clone', 'expand', 'batchNorm', 'dropout', 'dropout1d', 'dropout2d', 'dropout3d'],
  ...['thresholdedRelu', 'shrink', 'assign'],
]);

/** Places along these axes of the only output, and all along the others. params tell which. */
const ALONG: Readonly<Record<string, (node: Node) => readonly number[]>> = {
  softmax: ({ params }) => params.slice(0, 1),
  logSoftmax: ({ params }) => params.slice(0, 1),
  cumSum: ({ params }) => params.slice(0, 1),
  sort: ({ params }) => params.slice(0, 1),
  topK: ({ params }) => params.slice(0, 1),
  localResponseNorm: () => [1],
  groupNorm: ({ inputs }) => axesFrom(inputs, 1),
  instanceNorm: ({ inputs }) => axesFrom(inputs, 2),
  layerNorm: ({ inputs, params }) => axesFrom(inputs, rankOf(inputs) - (params.length - 1)),
  channelShuffle: () => [1],
};

export const REDUCTIONS: ReadonlySet<string> = /*#__PURE__*/ new Set([
  ...['sum', 'mean', 'max', 'min', 'prod', 'argMax', 'argMin', 'variance', 'std', 'logSumExp', 'sumSquare'],
]);

const rankOf = (inputs: Node['inputs']): number => (inputs[0] as Value).shape.length;
const axesFrom = (inputs: Node['inputs'], first: number): number[] =>
  [...Array(rankOf(inputs)).keys()].slice(first);

/** For each input the box that is read of it, null where none is; `box` is one of the output's. */
export function readsOf(node: Node, output: Value, box: Box): (Box | null)[] {
  const { entry, inputs, params, resolved } = node;
  const rest = (first: Box | null) =>
    inputs.map((input, i) => (input === null ? null : i === 0 ? first : wholeOf(input.shape)));
  const [x] = inputs;
  if (x === undefined || x === null) return rest(null);
  if (entry.name === 'unfold') return rest(unfolded(node, box));
  if (resolved.window !== undefined && output.shape.length === x.shape.length)
    return rest(windowed(node, output, box));
  if (entry.alias) return [reshaped(x.shape, output.shape, box)];
  const { traits } = entry;
  if (traits?.joins !== undefined)
    return traits.joins(resolved.problem).map((piece, i) => joined(inputs[i] as Value, output, piece, box));
  if (traits?.parts !== undefined) {
    const piece = traits.parts(resolved.problem)[node.outputs.indexOf(output)] as Piece;
    return [part(x, piece, box)];
  }
  if (traits?.permutes !== undefined) return [permuted(traits.permutes(params), box)];
  if (entry.name === 'batchNorm' && params[0] === 1) return rest(wholeAlong(x, box, axesBut(x, 1)));
  if (ELEMENTWISE.has(entry.name))
    return inputs.map((input) => (input === null ? null : stretched(input, output, box)));
  const along = ALONG[entry.name];
  if (along !== undefined) return rest(wholeAlong(x, box, along(node)));
  if (REDUCTIONS.has(entry.name)) return rest(reduced(node, x, box));
  if (entry.name === 'linear') return rest(wholeAlong(x, box, [x.shape.length - 1]));
  if (entry.name === 'matmul') return multiplied(node, box);
  return inputs.map((input) => (input === null ? null : wholeOf(input.shape)));
}

const axesBut = (x: Value, axis: number): number[] => [...x.shape.keys()].filter((one) => one !== axis);

function wholeAlong(x: Value, box: Box, axes: readonly number[]): Box {
  return x.shape.map(
    (size, axis): Interval => (axes.includes(axis) ? [0, size - 1] : (box[axis] as Interval)),
  );
}

/** Spatial axes through their windows; channels all of them where their number changes or they are mixed. */
function windowed(node: Node, output: Value, box: Box): Box | null {
  const { entry, resolved } = node;
  const x = node.inputs[0] as Value;
  const windows = resolved.window ?? [];
  const first = x.shape.length - windows.length;
  const mixes = entry.traits?.weights !== undefined || resolved.macs !== undefined;
  const intervals = x.shape.map((size, axis): Interval | null => {
    if (axis >= first) return through(windows[axis - first]!, box[axis] as Interval);
    if (axis === first - 1 && (mixes || size !== output.shape[axis])) return [0, size - 1];
    return box[axis] as Interval;
  });
  return intervals.some((one) => one === null) ? null : (intervals as Interval[]);
}

/** Columns are windows in the order of rows. */
function unfolded({ inputs, resolved }: Node, box: Box): Box | null {
  const x = inputs[0] as Value;
  const [down, across] = resolved.window ?? [];
  const { output } = resolved.problem as { readonly output: readonly number[] };
  const columns = output[1] as number;
  const [lo, hi] = box[2] as Interval;
  const rows: Interval = [Math.floor(lo / columns), Math.floor(hi / columns)];
  const places: Interval =
    rows[0] === rows[1] ? [lo - rows[0] * columns, hi - rows[0] * columns] : [0, columns - 1];
  const [y, z] = [through(down!, rows), through(across!, places)];
  return y === null || z === null ? null : [box[0] as Interval, [0, (x.shape[1] as number) - 1], y, z];
}

/** An input of fewer axes, or of axes of one element where the output has more, is stretched. */
function stretched({ shape }: Value, output: Value, box: Box): Box {
  return shape.map((size, axis): Interval => {
    const at = axis + box.length - shape.length;
    return size === 1 && output.shape[at] !== 1 ? [0, 0] : (box[at] as Interval);
  });
}

function permuted(axes: readonly number[], box: Box): Box {
  const from: Interval[] = [];
  axes.forEach((axis, i) => {
    from[axis] = box[i] as Interval;
  });
  return from;
}

/** What lies beyond the ends is the first or the last piece's. */
function joined(x: Value, output: Value, { place }: Piece, box: Box): Box | null {
  // A new axis: whatever is in the box along it.
  if (x.shape.length < output.shape.length) {
    const axis = output.shape.findIndex((size, i) => size !== x.shape[i]);
    return box.filter((_, i) => i !== (axis < 0 ? output.shape.length - 1 : axis));
  }
  const axis = x.shape.findIndex((size, i) => size !== output.shape[i]);
  if (axis < 0) return box;
  const stride = place.strides[axis] as number;
  const before = stride === 0 ? 0 : Math.round(place.offset / stride);
  const size = x.shape[axis] as number;
  const [lo, hi] = box[axis] as Interval;
  const from = before === 0 ? lo : Math.max(lo, before);
  const to = before + size === output.shape[axis] ? hi : Math.min(hi, before + size - 1);
  if (from > to) return null;
  return box.map((interval, i): Interval => (i === axis ? [from - before, to - before] : interval));
}

/** A part begins at an offset and takes steps, along each axis. */
function part(x: Value, { place }: Piece, box: Box): Box {
  let { offset } = place;
  const own = stridesOf(x.shape);
  return own.map((stride, axis): Interval => {
    const start = stride === 0 ? 0 : Math.floor(offset / stride);
    offset -= start * stride;
    const step = stride === 0 ? 1 : (place.strides[axis] as number) / stride;
    const [lo, hi] = box[axis] as Interval;
    const ends = [start + lo * step, start + hi * step];
    return [Math.min(...ends), Math.max(...ends)];
  });
}

function reduced({ outputs }: Node, x: Value, box: Box): Box {
  const { axes } = (outputs[0]?.maker?.resolved.problem ?? {}) as { readonly axes?: readonly number[] };
  const gone = axes ?? [...x.shape.keys()];
  const isKept = box.length === x.shape.length;
  let next = 0;
  return x.shape.map((size, axis): Interval => {
    const interval = isKept ? box[axis] : gone.includes(axis) ? undefined : box[next++];
    return gone.includes(axis) || interval === undefined ? [0, size - 1] : interval;
  });
}

function multiplied({ inputs }: Node, box: Box): Box[] {
  return [0, 1].map((side) => {
    const { shape } = inputs[side] as Value;
    const summed = side === 0 ? shape.length - 1 : Math.max(0, shape.length - 2);
    return shape.map((size, axis): Interval => {
      const interval = box[axis + box.length - shape.length];
      return axis === summed || size === 1 || interval === undefined ? [0, size - 1] : interval;
    });
  });
}

/** The box of the input around a box of the same elements under another shape: axis groups of equal size are taken apart. */
function reshaped(input: readonly number[], output: readonly number[], box: Box): Box {
  const found: Interval[] = [];
  let [i, o] = [0, 0];
  while (i < input.length || o < output.length) {
    const [startIn, startOut] = [i, o];
    let a = input[i++] ?? 1;
    let b = output[o++] ?? 1;
    while (a !== b && (i < input.length || o < output.length)) {
      if (a < b && i < input.length) a *= input[i++] as number;
      else if (o < output.length) b *= output[o++] as number;
      else a *= input[i++] as number;
    }
    found.push(...regrouped(input.slice(startIn, i), output.slice(startOut, o), box.slice(startOut, o)));
  }
  return found;
}

function regrouped(input: readonly number[], output: readonly number[], box: Box): Interval[] {
  if (input.length === 1 && output.length === 1) return [box[0] as Interval];
  const isOne = (sizes: readonly number[]) => sizes.filter((size) => size !== 1).length === 1;
  if (isOne(input) && isOne(output)) {
    const interval = box[output.findIndex((size) => size !== 1)] as Interval;
    return input.map((size): Interval => (size === 1 ? [0, 0] : interval));
  }
  const own = stridesOf(output);
  const at = (end: 0 | 1) =>
    box.reduce((sum, interval, axis) => {
      const place = Math.min(Math.max(interval[end], 0), (output[axis] as number) - 1);
      return sum + place * (own[axis] as number);
    }, 0);
  let [lo, hi] = [at(0), at(1)];
  let isSplit = false;
  const steps = stridesOf(input);
  return input.map((size, axis): Interval => {
    const step = steps[axis] as number;
    if (isSplit) return [0, size - 1];
    const ends: Interval = [Math.floor(lo / step), Math.floor(hi / step)];
    isSplit = ends[0] !== ends[1];
    lo -= ends[0] * step;
    hi -= ends[1] * step;
    return ends;
  });
}
