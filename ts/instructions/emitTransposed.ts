/**
 * The adjoint of a convolution as instructions: the gradient of its input, and transposed convolution.
 *
 *   y[i] = bias + the sum of w[k] x[p] over all positions p and taps k with p * stride - lo + k * dilation = i
 *
 * Along an axis, the outputs i with the same (i + lo) mod stride, a phase, meet every (stride / g)-th tap, where g divides
 * stride and dilation: each phase is a convolution of x at stride 1 with these taps in reverse order. Nothing is
 * multiplied by the zeros between strides. Where no phase has two taps, each tap's products are made at once by a
 * pointwise convolution and copied to their places.
 */
import { type Buffer, type Lowering, OP } from './builder.ts';
import { countOf, newBlock } from './emit.ts';
import { contiguous, emitConvolution, kernelOf, swapped } from './emitConvolution.ts';
import { copyStrided, stridesOf } from './strided.ts';

export interface TransposedProblem {
  readonly n: number;
  readonly groups: number;
  /** Channels of x; the weight is [channels, outputs / groups, kernel...]. */
  readonly channels: number;
  /** Channels of y. */
  readonly outputs: number;
  /** Three axes of six words: the convolution that leads from y to x. */
  readonly axes: readonly number[];
  /** x's size along three axes. */
  readonly positions: readonly number[];
  /** The taps are in reverse order. */
  readonly flip: boolean;
}

/** The outputs of an axis that meet the same taps. */
interface Phase {
  /** The first of them, and how many; the others are a stride apart. */
  readonly first: number;
  readonly count: number;
  /** Which taps: the first, how many, and their distance. */
  readonly tap: number;
  readonly taps: number;
  readonly tapStep: number;
  /** Output 0 reads x there by the first tap. */
  readonly shift: number;
  /** The axis of the convolution that computes them, and how many of its outputs come before the first. */
  readonly words: readonly number[];
  readonly skipped: number;
  readonly computed: number;
}

/** Emits y = bias + the adjoint applied to x. */
export function emitTransposed(
  name: string,
  to: Lowering,
  x: Buffer,
  weight: Buffer,
  bias: Buffer | null,
  y: Buffer,
  problem: TransposedProblem,
): void {
  const { axes, positions, n, outputs } = problem;
  const shape = [n, outputs, axes[0]!, axes[6]!, axes[12]!];
  if (countOf(shape) === 0) return;
  const phases = [0, 1, 2].map((axis) => phasesOf(axes.slice(6 * axis, 6 * axis + 6), positions[axis]!));
  const single = phases.every((list) => list.every((phase) => phase.taps === 1));
  const byTaps = single && countOf(kernelOf(axes)) > 1;
  const covered = phases.every((list, axis) => {
    const all = list.length === Math.min(axes[6 * axis + 2]!, shape[2 + axis]!);
    const read = list.every(({ shift, count }) => shift >= 0 && count + shift <= positions[axis]!);
    return all && (read || !byTaps);
  });
  if (!covered) emitBias(to, bias, y, shape);
  if (byTaps) {
    emitTaps(name, to, x, weight, bias, y, problem, phases);
    return;
  }
  const parts = partsOf(to, x, problem);
  for (const each of choices(phases)) emitPhase(name, to, parts, weight, bias, y, problem, each);
}

function phasesOf(axis: readonly number[], positions: number): Phase[] {
  const [size, kernel, stride, dilation, lo] = axis as [number, number, number, number, number];
  const g = divisor(stride, dilation);
  const [tapStep, step] = [stride / g, dilation / g];
  const phases: Phase[] = [];
  for (let tap = 0; tap < Math.min(kernel, tapStep); tap++) {
    const taps = Math.ceil((kernel - tap) / tapStep);
    // The first output i with i + lo = tap * dilation in the residues of the stride.
    const first = (((tap * dilation - lo) % stride) + stride) % stride;
    const count = Math.ceil((size - first) / stride);
    if (count <= 0) continue;
    // Output u reads x at u - before + j * step, j counting the taps from the last.
    const shift = (first + lo - tap * dilation) / stride;
    const before = (taps - 1) * step - shift;
    const after = count + (taps - 1) * step - positions - before;
    const [lower, upper] = [Math.max(0, before), Math.max(0, after)];
    phases.push({
      first,
      count,
      tap,
      taps,
      tapStep,
      shift,
      words: [positions, taps, 1, step, lower, upper],
      skipped: lower - before,
      computed: positions + lower + upper - (taps - 1) * step,
    });
  }
  return phases;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Every element of y its channel's bias. */
function emitBias(to: Lowering, bias: Buffer | null, y: Buffer, shape: readonly number[]): void {
  if (bias === null) to.step(OP.fill, [], [y], [4, countOf(shape), 0]);
  else {
    const [from, into] = [[0, 1, 0, 0, 0], stridesOf(shape)];
    copyStrided(to, bias, y, 4, shape, { strides: from, offset: 0 }, { strides: into, offset: 0 });
  }
}

/** Channels per group, at most, that are convolved one by one where a group has one output. */
const FEW = 4;

/**
 * x itself; or where groups have few channels and one output (a depthwise convolution with a multiplier), the groups'
 * first channels, their second and so on: depthwise convolutions, which are added up.
 */
function partsOf(
  to: Lowering,
  x: Buffer,
  { n, groups, channels, outputs, positions }: TransposedProblem,
): Buffer[] {
  const each = channels / groups;
  if (groups === 1 || outputs !== groups || each === 1 || each > FEW) return [x];
  const shape = [n, groups, countOf(positions)];
  const [volume, into] = [shape[2]!, stridesOf(shape)];
  return Array.from({ length: each }, (_, index) => {
    const part = newBlock(to, shape);
    const from = { strides: [channels * volume, each * volume, 1], offset: index * volume };
    copyStrided(to, x, part.buffer, 4, shape, from, { strides: into, offset: 0 });
    return part.buffer;
  });
}

/** One phase: a convolution (of each part of x, added up), and a copy of its outputs to their places unless they are y. */
function emitPhase(
  name: string,
  to: Lowering,
  parts: readonly Buffer[],
  weight: Buffer,
  bias: Buffer | null,
  y: Buffer,
  { n, groups, channels, outputs, axes, flip }: TransposedProblem,
  phases: readonly Phase[],
): void {
  const kernel = kernelOf(axes);
  const dense = swapped(contiguous(channels / groups, outputs / groups, kernel));
  const strides = dense.strides.slice(0, 3);
  let offset = dense.offset;
  phases.forEach(({ tap, taps, tapStep }, axis) => {
    const stride = dense.strides[3 + axis]!;
    const last = tap + (taps - 1) * tapStep;
    offset += stride * (flip ? kernel[axis]! - 1 - last : last);
    strides.push(taps === 1 ? 0 : tapStep * (flip ? stride : -stride));
  });
  const shape = [n, outputs, axes[0]!, axes[6]!, axes[12]!];
  const computed = [n, outputs, ...phases.map((phase) => phase.computed)];
  const whole = phases.every(
    ({ skipped, computed, count }, axis) => skipped === 0 && computed === count && count === shape[2 + axis],
  );
  const made = whole ? y : newBlock(to, computed).buffer;
  const words = phases.flatMap((phase) => phase.words);
  let sum: Buffer | null = null;
  for (const [index, part] of parts.entries()) {
    const source = { strides, offset: offset + index * strides[2]! };
    const problem = { n, groups, channels: channels / parts.length, outputs, axes: words, source };
    const into = index === parts.length - 1 ? made : newBlock(to, computed).buffer;
    const inputs = [part, weight, index === 0 ? bias : null, sum];
    emitConvolution(name, to, { inputs, outputs: [into] }, problem);
    sum = into;
  }
  if (whole) return;
  const walk = placesOf(shape, axes, phases);
  const from = stridesOf(computed);
  const skipped = phases.reduce((sum, phase, axis) => sum + phase.skipped * from[2 + axis]!, 0);
  const count = [n, outputs, ...phases.map((phase) => phase.count)];
  copyStrided(to, made, y, 4, count, { strides: from, offset: skipped }, walk);
}

/** Where in y a phase's outputs lie. */
function placesOf(shape: readonly number[], axes: readonly number[], phases: readonly Phase[]) {
  const into = stridesOf(shape);
  return {
    strides: into.map((stride, axis) => (axis < 2 ? stride : stride * axes[6 * (axis - 2) + 2]!)),
    offset: phases.reduce((sum, phase, axis) => sum + phase.first * into[2 + axis]!, 0),
  };
}

/** No output meets two taps: x times every tap, then a copy per tap, or of all taps where none reaches beyond y. */
function emitTaps(
  name: string,
  to: Lowering,
  x: Buffer,
  weight: Buffer,
  bias: Buffer | null,
  y: Buffer,
  { n, groups, channels, outputs, axes, positions, flip }: TransposedProblem,
  phases: readonly (readonly Phase[])[],
): void {
  const kernel = kernelOf(axes);
  const taps = countOf(kernel);
  const inner = (outputs / groups) * taps;
  const shape = [n, outputs, axes[0]!, axes[6]!, axes[12]!];
  const products = [n, outputs, ...kernel, ...positions];
  const made = newBlock(to, products).buffer;
  let biases = bias;
  if (bias !== null) {
    const repeated = newBlock(to, [outputs, taps]);
    const [one, each] = [
      { strides: [1, 0], offset: 0 },
      { strides: [taps, 1], offset: 0 },
    ];
    copyStrided(to, bias, repeated.buffer, 4, repeated.shape, one, each);
    biases = repeated.buffer;
  }
  const pixels = [0, 1, 2].flatMap((axis) => [positions[axis]!, 1, 1, 1, 0, 0]);
  emitConvolution(
    name,
    to,
    { inputs: [x, weight, biases], outputs: [made] },
    {
      n,
      groups,
      channels,
      outputs: outputs * taps,
      axes: pixels,
      source: { strides: [(channels / groups) * inner, 1, inner, 0, 0, 0], offset: 0 },
    },
  );
  const [from, into] = [stridesOf(products), stridesOf(shape)];
  const strideOf = (axis: number) => axes[6 * axis + 2]! * into[2 + axis]!;
  const isWhole = phases.every(
    (list, axis) =>
      list.length === kernel[axis] &&
      list.every(({ shift, count }) => shift === 0 && count >= positions[axis]!),
  );
  if (isWhole) {
    const steps = kernel.map((_, axis) => (flip ? -1 : 1) * axes[6 * axis + 3]! * into[2 + axis]!);
    const last = flip ? kernel.reduce((sum, size, axis) => sum - steps[axis]! * (size - 1), 0) : 0;
    const strides = [into[0]!, into[1]!, ...steps, ...[0, 1, 2].map(strideOf)];
    copyStrided(to, made, y, 4, products, { strides: from, offset: 0 }, { strides, offset: last });
    return;
  }
  for (const each of choices(phases)) {
    // Which of the phase's outputs have a position.
    const ranges = each.map(({ shift, count }, axis) => [
      Math.max(0, -shift),
      Math.min(count, positions[axis]! - shift),
    ]) as [number, number][];
    const count = [n, outputs, ...ranges.map(([start, end]) => Math.max(0, end - start))];
    const source = each.reduce((sum, { tap, shift }, axis) => {
      const place = flip ? kernel[axis]! - 1 - tap : tap;
      return sum + place * from[2 + axis]! + (ranges[axis]![0] + shift) * from[5 + axis]!;
    }, 0);
    const target = each.reduce(
      (sum, { first }, axis) => sum + first * into[2 + axis]! + ranges[axis]![0] * strideOf(axis),
      0,
    );
    const walks = [
      { strides: [from[0]!, from[1]!, ...from.slice(5)], offset: source },
      { strides: [into[0]!, into[1]!, ...[0, 1, 2].map(strideOf)], offset: target },
    ] as const;
    copyStrided(to, made, y, 4, count, ...walks);
  }
}

/** Every choice of a phase per axis. */
function choices(phases: readonly (readonly Phase[])[]): Phase[][] {
  return phases.reduce<Phase[][]>(
    (made, list) => made.flatMap((chosen) => list.map((phase) => [...chosen, phase])),
    [[]],
  );
}
