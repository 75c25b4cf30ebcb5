/**
 * What batch, group, instance and layer normalisation share: y = (x - mean) / sqrt(variance + eps) * weight + bias. x is a
 * block of a few axes; the statistics and the weights are blocks of the same rank, which have one element along the axes
 * that they are the same for.
 */
import type { Buffer, Builder } from './builder.ts';
import { type Channels, writeAffine, writeBlend, writeNormSums, writeStats } from './channels.ts';
import { type Activation, writeUnary } from './elementwise.ts';
import {
  type Block,
  broadcast,
  countOf,
  emitBinary,
  emitBinaryInto,
  emitFill,
  emitScale,
  emitStretched,
  emitSumInto,
  emitSumTo,
  emitUnary,
  emitUnaryGradient,
  newBlock,
} from './emit.ts';
import { ACTIVATION, BINARY } from './table.ts';

/** Rows from so many elements on are worth an instruction that goes row by row. */
const SHORT = 4;

/** What the values of x are seen as. */
export interface NormShapes {
  readonly x: readonly number[];
  /** x's shape with 1 along the axes that the statistics are taken over. */
  readonly statistics: readonly number[];
  /** x's shape with 1 along the axes that share one weight and one bias. */
  readonly weight: readonly number[];
}

/** Weight and bias, where there are any. */
export interface Learned {
  readonly weight: Block | null;
  readonly bias: Block | null;
}

/** The mean, and 1 / sqrt(variance + eps). */
export interface Statistics {
  readonly mean: Block;
  readonly scale: Block;
}

/** Mean and (biased) variance of each group of elements; with `into` the mean is written there. */
export function emitMoments(to: Builder, shapes: NormShapes, x: Buffer, into?: Buffer) {
  const shape = shapes.statistics;
  const mean: Block = into === undefined ? newBlock(to, shape) : { buffer: into, shape };
  const variance = newBlock(to, shape);
  const operands = { x, mean: mean.buffer, variance: variance.buffer };
  writeStats(to, operands, channelsOf(shapes.x, shape));
  return { mean, variance };
}

/** 1 / sqrt(variance + eps); with `into` it is written there. */
export function emitScaleOf(to: Builder, variance: Block, eps: number, into?: Buffer): Block {
  const { shape } = variance;
  const scale: Block = into === undefined ? newBlock(to, shape) : { buffer: into, shape };
  const widened = emitBinary(to, BINARY.add, variance, emitFill(to, [], eps));
  emitBinaryInto(
    to,
    BINARY.div,
    'float32',
    emitFill(to, [], 1),
    emitUnary(to, ACTIVATION.sqrt, widened),
    scale,
  );
  return scale;
}

/** running = (1 - momentum) * running + momentum * the mean, over what shares a weight, of `batch` * factor. */
export function emitRunning(
  to: Builder,
  running: Buffer,
  batch: Block,
  shape: readonly number[],
  momentum: number,
  factor: number,
): void {
  const into: Block = { buffer: running, shape };
  const share = (momentum * factor * countOf(shape)) / countOf(batch.shape);
  const old = emitScale(to, into, 1 - momentum);
  emitBinaryInto(to, BINARY.add, 'float32', old, emitScale(to, emitSumTo(to, batch, shape), share), into);
}

/** The same as a map y = x * scale + shift, for what can take up no more than that. */
export function emitMap(to: Builder, { mean, scale }: Statistics, { weight, bias }: Learned) {
  const slope = weight === null ? scale : emitBinary(to, BINARY.mul, scale, weight);
  const middle = emitBinary(to, BINARY.mul, mean, slope);
  const shift =
    bias === null ? emitUnary(to, ACTIVATION.neg, middle) : emitBinary(to, BINARY.sub, bias, middle);
  return { scale: slope, shift };
}

/** What comes behind: the addition of something of x's shape, and an activation. */
export interface NormEnding {
  readonly residual: Buffer | null;
  readonly activation: Activation;
}

/**
 * y = act((x - mean) * scale * weight + bias + residual). The mean is subtracted first, so that nothing cancels where it is
 * large.
 */
export function emitNorm(
  to: Builder,
  shapes: NormShapes,
  x: Buffer,
  { mean, scale }: Statistics,
  { weight, bias }: Learned,
  y: Buffer,
  ending: NormEnding | null = null,
): void {
  const from: Block = { buffer: x, shape: shapes.x };
  const into: Block = { buffer: y, shape: shapes.x };
  const whole = broadcast('norm', shapes.statistics, shapes.weight);
  // A map as large as x itself would be made of more than x is.
  const isSmall = countOf(whole) < countOf(shapes.x) || countOf(whole) === countOf(shapes.statistics);
  if (isSmall) {
    const slope = weight === null ? scale : emitBinary(to, BINARY.mul, scale, weight);
    const map = { center: mean, scale: slope, shift: bias };
    const { inner } = channelsOf(shapes.x, whole);
    const isRelu = ending?.activation.act === ACTIVATION.relu;
    if (ending !== null && inner >= SHORT && (isRelu || ending.activation.act === ACTIVATION.none)) {
      const low = isRelu ? 0 : Number.NEGATIVE_INFINITY;
      emitAffine(to, from, map, whole, into, ending.residual, low);
      return;
    }
    emitAffine(to, from, map, whole, into);
    emitEnding(to, into, ending);
    return;
  }
  const isPlain = weight === null && bias === null;
  const normal = isPlain ? into : newBlock(to, shapes.x);
  emitAffine(to, from, { center: mean, scale, shift: null }, shapes.statistics, normal);
  const scaled = weight === null ? normal : bias === null ? into : newBlock(to, shapes.x);
  if (weight !== null) emitBinaryInto(to, BINARY.mul, 'float32', normal, weight, scaled);
  if (bias !== null) emitBinaryInto(to, BINARY.add, 'float32', scaled, bias, into);
  emitEnding(to, into, ending);
}

/** What comes behind, in place. */
function emitEnding(to: Builder, y: Block, ending: NormEnding | null): void {
  if (ending === null) return;
  const count = countOf(y.shape);
  if (ending.residual !== null) emitSumInto(to, y.buffer, ending.residual, count);
  if (ending.activation.act !== ACTIVATION.none)
    writeUnary(to, { x: y.buffer, y: y.buffer }, { ...ending.activation, count });
}

/** What flows back into x, weight and bias: those that are asked for. */
interface NormGradients {
  readonly x: Block | null;
  readonly weight: Block | null;
  readonly bias: Block | null;
}

/**
 * With n = (x - mean) * scale, g = dy * weight and means over what shares statistics:
 * dx = scale * (g - mean(g) - n * mean(g * n)), dweight = sum of dy * n, dbias = sum of dy. Where the statistics were
 * `given`, dx = scale * g. `after` is the output of a relu that follows, of whose output dy is the gradient then.
 */
export function emitNormGradients(
  to: Builder,
  shapes: NormShapes,
  x: Buffer,
  statistics: Statistics,
  weight: Block | null,
  dy: Buffer,
  [wantsX, wantsWeight, wantsBias]: readonly boolean[],
  given: boolean,
  after: Buffer | null = null,
): NormGradients {
  const { mean, scale } = statistics;
  const whole = broadcast('norm', shapes.statistics, shapes.weight);
  const through = wantsX === true && !given;
  const byRows = channelsOf(shapes.x, whole).inner >= SHORT;
  const isTaken = after !== null && byRows && through;
  let flows: Block = { buffer: dy, shape: shapes.x };
  if (after !== null && !isTaken)
    flows = emitUnaryGradient(to, ACTIVATION.relu, flows, { buffer: after, shape: shapes.x });
  let [normal, sums, products]: (Block | null)[] = [null, null, null];
  if (byRows && (wantsWeight || through)) {
    const out = isTaken ? after : null;
    [sums, products] = emitNormSums(to, shapes.x, x, statistics, { dy: flows.buffer, out }, whole);
  } else {
    if (wantsBias || through) sums = emitSumTo(to, flows, whole);
    if (wantsWeight || through) {
      const from: Block = { buffer: x, shape: shapes.x };
      const map = { center: mean, scale, shift: null };
      normal = emitAffine(to, from, map, shapes.statistics, newBlock(to, shapes.x));
      products = emitSumTo(to, emitBinary(to, BINARY.mul, flows, normal), whole);
    }
  }
  const weighted = (block: Block) => (weight === null ? block : emitBinary(to, BINARY.mul, block, weight));
  let dx: Block | null = null;
  if (wantsX && !through) dx = emitBinary(to, BINARY.mul, flows, weighted(scale));
  else if (wantsX) {
    const share = emitScale(to, scale, -countOf(shapes.statistics) / countOf(shapes.x));
    const shared = (block: Block) =>
      emitBinary(to, BINARY.mul, share, emitSumTo(to, weighted(block), shapes.statistics));
    const [slope, shift] = [shared(products!), shared(sums!)];
    if (byRows) {
      const map = { center: mean, scale: emitBinary(to, BINARY.mul, slope, scale), shift };
      const flow = { dy: flows.buffer, out: isTaken ? after : null, scale: weighted(scale) };
      dx = emitBlend(to, shapes.x, flow, x, map, whole);
    } else {
      const map = { center: null, scale: slope, shift };
      const rest = emitAffine(to, normal!, map, shapes.statistics, newBlock(to, shapes.x));
      dx = emitBinary(to, BINARY.add, emitBinary(to, BINARY.mul, flows, weighted(scale)), rest);
    }
  }
  return {
    x: dx,
    weight: wantsWeight ? emitSumTo(to, products!, shapes.weight) : null,
    bias: wantsBias ? emitSumTo(to, sums!, shapes.weight) : null,
  };
}

/** The sums of dy (where there is `out`, only where that is above 0) and of dy * n over what shares both statistics and weight, by one pass over dy and x. */
function emitNormSums(
  to: Builder,
  shape: readonly number[],
  x: Buffer,
  { mean, scale }: Statistics,
  { dy, out }: { readonly dy: Buffer; readonly out: Buffer | null },
  whole: readonly number[],
): [Block, Block] {
  const [sum, product] = [newBlock(to, whole), newBlock(to, whole)];
  const center = emitStretched(to, mean, whole).buffer;
  const operands = { dy, x, center, out, sum: sum.buffer, product: product.buffer };
  writeNormSums(to, operands, channelsOf(shape, whole));
  return [sum, emitBinary(to, BINARY.mul, product, scale)];
}

/** dy * scale and a map of x together, by one pass over both. */
function emitBlend(
  to: Builder,
  shape: readonly number[],
  flows: { readonly dy: Buffer; readonly out: Buffer | null; readonly scale: Block },
  x: Buffer,
  map: { readonly center: Block; readonly scale: Block; readonly shift: Block },
  whole: readonly number[],
): Block {
  const stretch = (part: Block) => emitStretched(to, part, whole).buffer;
  const [center, shift] = [stretch(map.center), stretch(map.shift)];
  const [p, q] = [stretch(flows.scale), stretch(map.scale)];
  const made = newBlock(to, shape);
  const operands = { a: flows.dy, p, b: x, center, q, shift, out: flows.out, d: made.buffer };
  writeBlend(to, operands, channelsOf(shape, whole));
  return made;
}

/** The map y = (x - center) * scale + shift; what is null is left out. All are broadcast to x. */
interface Affine {
  readonly center: Block | null;
  readonly scale: Block;
  readonly shift: Block | null;
}

/** Emits a map whose parts reach `whole` together. */
function emitAffine(
  to: Builder,
  x: Block,
  map: Affine,
  whole: readonly number[],
  y: Block,
  residual: Buffer | null = null,
  low?: number,
): Block {
  const channels = channelsOf(x.shape, whole);
  const { center, scale, shift } = map;
  if (channels.inner >= SHORT) {
    const stretch = (part: Block) => emitStretched(to, part, whole).buffer;
    const parts = {
      center: center && stretch(center),
      scale: stretch(scale),
      shift: shift && stretch(shift),
    };
    writeAffine(to, { x: x.buffer, ...parts, residual, y: y.buffer }, channels, low);
    return y;
  }
  const centered = center === null ? x : emitBinary(to, BINARY.sub, x, center);
  if (shift === null) emitBinaryInto(to, BINARY.mul, 'float32', centered, scale, y);
  else emitBinaryInto(to, BINARY.add, 'float32', emitBinary(to, BINARY.mul, centered, scale), shift, y);
  return y;
}

/** x's axes as [n, channels, inner], the channels being the axes that `per` has between those that it has 1 along. */
function channelsOf(x: readonly number[], per: readonly number[]): Channels {
  let [first, last] = [0, per.length];
  while (last > 0 && per[last - 1] === 1) last--;
  while (first < last && per[first] === 1) first++;
  const [n, channels, inner] = [x.slice(0, first), x.slice(first, last), x.slice(last)].map(countOf);
  return { n: n!, channels: channels!, inner: inner! };
}
