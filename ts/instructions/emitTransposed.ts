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
import { type Axes, type Axis, inputOf, kernelOf, perAxis, UNIT } from './axes.ts';
import type { Buffer, Builder } from './builder.ts';
import { contiguousWeight } from './conv.ts';
import { writeCopy, writeFill } from './copy.ts';
import { countOf, emitSumInto, newBlock } from './emit.ts';
import { emitConvolution, swapped } from './emitConvolution.ts';
import { contiguous, stridesOf, type Walk } from './walk.ts';

export interface TransposedProblem {
  readonly n: number;
  readonly groups: number;
  /** Channels of x; the weight is [channels, outputs / groups, kernel...]. */
  readonly channels: number;
  /** Channels of y. */
  readonly outputs: number;
  /** The convolution that leads from y to x. */
  readonly axes: Axes;
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
  readonly axis: Axis;
  readonly skipped: number;
  readonly computed: number;
}

/** A phase of each axis. */
type Phases = readonly [Phase, Phase, Phase];

/** What is adjoint to a convolution, by name. */
interface TransposedOperands {
  readonly x: Buffer;
  readonly weight: Buffer;
  readonly bias: Buffer | null;
  /** What is added, of y's shape. */
  readonly residual?: Buffer | null;
  readonly y: Buffer;
}

/** Emits y = bias + the adjoint applied to x + residual. */
export function emitTransposed(
  name: string,
  to: Builder,
  operands: TransposedOperands,
  problem: TransposedProblem,
): void {
  const shape = outputShape(problem);
  if (countOf(shape) === 0) return;
  const isAdded = emitSums(name, to, operands, problem, shape);
  if (operands.residual && !isAdded) emitSumInto(to, operands.y, operands.residual, countOf(shape));
}

/** All but the residual, which one convolution adds itself where there is no more than one; gives whether it did. */
function emitSums(
  name: string,
  to: Builder,
  operands: TransposedOperands,
  problem: TransposedProblem,
  shape: readonly number[],
): boolean {
  const { axes, positions } = problem;
  const phases = perAxis(axes, (axis, i) => phasesOf(axis, positions[i]!));
  const single = phases.every((list) => list.every((phase) => phase.taps === 1));
  const byTaps = single && countOf(kernelOf(axes)) > 1;
  const covered = phases.every((list, axis) => {
    const all = list.length === Math.min(axes[axis]!.stride, shape[2 + axis]!);
    const read = list.every(({ shift, count }) => shift >= 0 && count + shift <= positions[axis]!);
    return all && (read || !byTaps);
  });
  if (!covered) emitBias(to, operands, shape);
  if (byTaps) {
    emitTaps(name, to, operands, problem, phases);
    return false;
  }
  const parts = partsOf(to, operands.x, problem);
  return choices(phases)
    .map((each) => emitPhase(name, to, parts, operands, problem, each))
    .every(Boolean);
}

/** The shape of y. */
const outputShape = ({ n, outputs, axes }: TransposedProblem) => [n, outputs, ...inputOf(axes)];

function phasesOf({ input: size, kernel, stride, dilation, lo }: Axis, positions: number): Phase[] {
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
    const axis = { input: positions, kernel: taps, stride: 1, dilation: step, lo: lower, hi: upper };
    phases.push({
      first,
      count,
      tap,
      taps,
      tapStep,
      shift,
      axis,
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
function emitBias(to: Builder, { bias, y }: TransposedOperands, shape: readonly number[]): void {
  if (bias === null) writeFill(to, { y }, { count: countOf(shape) });
  else {
    const source = { strides: [0, 1, 0, 0, 0], offset: 0 };
    writeCopy(to, { x: bias, y }, { shape, source, target: contiguous(shape) });
  }
}

/** Channels per group, at most, that are convolved one by one where a group has one output. */
const FEW = 4;

/**
 * x itself; or where groups have few channels and one output (a depthwise convolution with a multiplier), the groups'
 * first channels, their second and so on: depthwise convolutions, which are added up.
 */
function partsOf(
  to: Builder,
  x: Buffer,
  { n, groups, channels, outputs, positions }: TransposedProblem,
): Buffer[] {
  const each = channels / groups;
  if (groups === 1 || outputs !== groups || each === 1 || each > FEW) return [x];
  const shape = [n, groups, countOf(positions)];
  const volume = shape[2]!;
  return Array.from({ length: each }, (_, index) => {
    const part = newBlock(to, shape);
    const source = { strides: [channels * volume, each * volume, 1], offset: index * volume };
    writeCopy(to, { x, y: part.buffer }, { shape, source, target: contiguous(shape) });
    return part.buffer;
  });
}

/**
 * One phase: a convolution (of each part of x, added up), and a copy of its outputs to their places unless they are y; gives
 * whether they are, and it has added the residual.
 */
function emitPhase(
  name: string,
  to: Builder,
  parts: readonly Buffer[],
  { weight, bias, residual = null, y }: TransposedOperands,
  problem: TransposedProblem,
  phases: Phases,
): boolean {
  const { n, groups, channels, outputs, flip } = problem;
  const kernel = kernelOf(problem.axes);
  const dense = swapped(contiguousWeight(channels / groups, outputs / groups, kernel));
  const strides = dense.strides.slice(0, 3);
  let offset = dense.offset;
  phases.forEach(({ tap, taps, tapStep }, axis) => {
    const stride = dense.strides[3 + axis]!;
    const last = tap + (taps - 1) * tapStep;
    offset += stride * (flip ? kernel[axis]! - 1 - last : last);
    strides.push(taps === 1 ? 0 : tapStep * (flip ? stride : -stride));
  });
  const shape = outputShape(problem);
  const computed = [n, outputs, ...phases.map((phase) => phase.computed)];
  const whole = phases.every(
    ({ skipped, computed, count }, axis) => skipped === 0 && computed === count && count === shape[2 + axis],
  );
  const made = whole ? y : newBlock(to, computed).buffer;
  const axes: Axes = [phases[0].axis, phases[1].axis, phases[2].axis];
  let sum = whole ? residual : null;
  for (const [index, part] of parts.entries()) {
    const source = { strides, offset: offset + index * strides[2]! };
    const own = { n, groups, channels: channels / parts.length, outputs, axes, source };
    const into = index === parts.length - 1 ? made : newBlock(to, computed).buffer;
    const operands = { x: part, weight, bias: index === 0 ? bias : null, residual: sum, y: into };
    emitConvolution(name, to, operands, own);
    sum = into;
  }
  if (whole) return true;
  const from = stridesOf(computed);
  const skipped = phases.reduce((sum, phase, axis) => sum + phase.skipped * from[2 + axis]!, 0);
  const count = [n, outputs, ...phases.map((phase) => phase.count)];
  const source = { strides: from, offset: skipped };
  writeCopy(to, { x: made, y }, { shape: count, source, target: placesOf(problem, phases) });
  return false;
}

/** Where in y a phase's outputs lie. */
function placesOf(problem: TransposedProblem, phases: Phases): Walk {
  const into = stridesOf(outputShape(problem));
  return {
    strides: into.map((stride, axis) => (axis < 2 ? stride : stride * problem.axes[axis - 2]!.stride)),
    offset: phases.reduce((sum, phase, axis) => sum + phase.first * into[2 + axis]!, 0),
  };
}

/** No output meets two taps: x times every tap, then a copy per tap, or of all taps where none reaches beyond y. */
function emitTaps(
  name: string,
  to: Builder,
  { x, weight, bias, y }: TransposedOperands,
  problem: TransposedProblem,
  phases: readonly (readonly Phase[])[],
): void {
  const { n, groups, channels, outputs, axes, positions } = problem;
  const kernel = kernelOf(axes);
  const taps = countOf(kernel);
  const inner = (outputs / groups) * taps;
  const products = [n, outputs, ...kernel, ...positions];
  const made = newBlock(to, products).buffer;
  let biases = bias;
  if (bias !== null) {
    const { buffer, shape } = newBlock(to, [outputs, taps]);
    const source = { strides: [1, 0], offset: 0 };
    writeCopy(to, { x: bias, y: buffer }, { shape, source, target: contiguous(shape) });
    biases = buffer;
  }
  const pixels = perAxis(axes, (_, i) => ({ ...UNIT, input: positions[i]! }));
  const source = { strides: [(channels / groups) * inner, 1, inner, 0, 0, 0], offset: 0 };
  const pointwise = { n, groups, channels, outputs: outputs * taps, axes: pixels, source };
  emitConvolution(name, to, { x, weight, bias: biases, y: made }, pointwise);
  const whole = phases.every(
    (list, axis) =>
      list.length === kernel[axis] &&
      list.every(({ shift, count }) => shift === 0 && count >= positions[axis]!),
  );
  if (whole) copyTaps(to, made, y, problem, products);
  else for (const each of choices(phases)) copyTap(to, made, y, problem, products, each);
}

/** How far the products of neighbouring positions lie apart in y. */
function stridesIn({ axes }: TransposedProblem, into: readonly number[]): number[] {
  return [0, 1, 2].map((axis) => axes[axis]!.stride * into[2 + axis]!);
}

/** Copies all products, [n, outputs, kernel.., positions..], to their places. */
function copyTaps(
  to: Builder,
  made: Buffer,
  y: Buffer,
  problem: TransposedProblem,
  products: readonly number[],
): void {
  const { axes, flip } = problem;
  const kernel = kernelOf(axes);
  const into = stridesOf(outputShape(problem));
  const steps = kernel.map((_, axis) => (flip ? -1 : 1) * axes[axis]!.dilation * into[2 + axis]!);
  const last = flip ? kernel.reduce((sum, size, axis) => sum - steps[axis]! * (size - 1), 0) : 0;
  const target = { strides: [into[0]!, into[1]!, ...steps, ...stridesIn(problem, into)], offset: last };
  writeCopy(to, { x: made, y }, { shape: products, source: contiguous(products), target });
}

/** Copies the products of one tap that lie within y to their places. */
function copyTap(
  to: Builder,
  made: Buffer,
  y: Buffer,
  problem: TransposedProblem,
  products: readonly number[],
  phases: Phases,
): void {
  const { n, outputs, axes, positions, flip } = problem;
  const kernel = kernelOf(axes);
  const [from, into] = [stridesOf(products), stridesOf(outputShape(problem))];
  const apart = stridesIn(problem, into);
  // Which of the phase's outputs have a position.
  const ranges = phases.map(({ shift, count }, axis) => [
    Math.max(0, -shift),
    Math.min(count, positions[axis]! - shift),
  ]) as [number, number][];
  const shape = [n, outputs, ...ranges.map(([start, end]) => Math.max(0, end - start))];
  const source = phases.reduce((sum, { tap, shift }, axis) => {
    const place = flip ? kernel[axis]! - 1 - tap : tap;
    return sum + place * from[2 + axis]! + (ranges[axis]![0] + shift) * from[5 + axis]!;
  }, 0);
  const target = phases.reduce(
    (sum, { first }, axis) => sum + first * into[2 + axis]! + ranges[axis]![0] * apart[axis]!,
    0,
  );
  const walks = {
    source: { strides: [from[0]!, from[1]!, ...from.slice(5)], offset: source },
    target: { strides: [into[0]!, into[1]!, ...apart], offset: target },
  };
  writeCopy(to, { x: made, y }, { shape, ...walks });
}

/** Every choice of a phase per axis. */
function choices(phases: readonly (readonly Phase[])[]): Phases[] {
  const [down, over, across] = phases as [Phase[], Phase[], Phase[]];
  return down.flatMap((a) => over.flatMap((b) => across.map((c): Phases => [a, b, c])));
}
