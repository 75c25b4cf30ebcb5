/** Clipping of gradients, in place: PyTorch's clip_grad_norm_ and clip_grad_value_. */
import { real } from '../base/checks.ts';
import { wrongValue } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { axes } from '../engine/sides/axes.ts';
import type { Entry } from '../graph/entry.ts';
import type { Handle } from '../graph/value.ts';
import { writeAccumulate } from '../instructions/accumulate.ts';
import type { Buffer } from '../instructions/builder.ts';
import { writeFill } from '../instructions/copy.ts';
import { writeUnary } from '../instructions/elementwise.ts';
import { type Block, countOf, emitBinary, emitBinaryInto, emitFill } from '../instructions/emit.ts';
import { ACTIVATION, BINARY } from '../instructions/table.ts';
import { contiguous } from '../instructions/walk.ts';
import { execute } from '../program/eager.ts';
import { Tensor } from '../tensor/tensor.ts';
import { gradientList, requireFloat } from './options.ts';

/** What PyTorch adds to the norm before it divides by it. */
const EPS = 1e-6;

const SCALAR = { shape: [], dtype: 'float32' } as const;

/** The sum of a gradient's squares. inputs: gradient. */
export const SQUARES: Entry = {
  name: 'clipGradNorm',
  torch: 'torch.linalg.vector_norm',
  onnx: [],
  args: ['gradient'],
  resolve: () => ({ outputs: [SCALAR], problem: null }),
  lower(to, { types: [type], inputs: [gradient], outputs: [sum] }) {
    const row = { buffer: gradient!, shape: [countOf(type!.shape)] };
    const { buffer, shape } = emitBinary(to, BINARY.mul, row, row);
    writeFill(to, { y: sum! }, { count: 1 });
    const walks = { shape, source: contiguous(shape), target: { strides: [0], offset: 0 } };
    to.needs(axes);
    writeAccumulate(to, { x: buffer, y: sum! }, walks);
  },
};

/**
 * The norm of gradients together, and the factor that makes it at most `maxNorm`: min(maxNorm / (norm + 1e-6), 1). inputs: the sum
 * of each one's squares. params: maxNorm.
 */
export const NORM: Entry = {
  name: 'clipGradNorm',
  torch: 'torch.nn.utils.clip_grad_norm_',
  onnx: [],
  args: ['squares'],
  list: true,
  resolve: () => ({ outputs: [SCALAR, SCALAR], problem: null }),
  lower(to, { params: [maxNorm], inputs, outputs }) {
    const scalar = (buffer: Buffer | null | undefined): Block => ({ buffer: buffer!, shape: [] });
    const [norm, factor] = outputs.map(scalar) as [Block, Block];
    const sum = inputs.map(scalar).reduce((all, one) => emitBinary(to, BINARY.add, all, one));
    writeUnary(to, { x: sum.buffer, y: norm.buffer }, { act: ACTIVATION.sqrt, p0: 0, p1: 0, count: 1 });
    const widened = emitBinary(to, BINARY.add, norm, emitFill(to, [], EPS));
    const ratio = emitBinary(to, BINARY.div, emitFill(to, [], maxNorm as number), widened);
    emitBinaryInto(to, BINARY.min, 'float32', ratio, emitFill(to, [], 1), factor);
  },
};

/** gradient *= factor. inputs: gradient, factor. */
const SCALE: Entry = {
  name: 'clipGradNorm',
  torch: 'torch.Tensor.mul_',
  onnx: [],
  args: ['gradient', 'factor'],
  resolve: () => ({ outputs: [], state: [0], problem: null }),
  lower(to, { types: [type], inputs: [gradient, factor] }) {
    const own = { buffer: gradient!, shape: [countOf(type!.shape)] };
    emitBinaryInto(to, BINARY.mul, 'float32', own, { buffer: factor!, shape: [] }, own);
  },
};

/** The gradient between -value and value. inputs: gradient. params: value. */
const CLAMP: Entry = {
  name: 'clipGradValue',
  torch: 'torch.Tensor.clamp_',
  onnx: [],
  args: ['gradient'],
  resolve: () => ({ outputs: [], state: [0], problem: null }),
  lower(to, { types: [type], params: [value], inputs: [gradient] }) {
    const options = { act: ACTIVATION.clip, p0: -(value as number), p1: value as number };
    writeUnary(to, { x: gradient!, y: gradient! }, { ...options, count: countOf(type!.shape) });
  },
};

/** Gradients: a list, or an object of them by name. */
export type GradientList = readonly Tensor[] | Readonly<Record<string, Tensor>>;

function gradientsOf(where: string, grads: unknown): Tensor[] {
  const given = gradientList(where, grads).map((grad, i) => requireFloat(where, `grads[${i}]`, grad));
  if (given.length === 0) throw new RangeError(`${where}: grads is empty, must hold at least one tensor`);
  return given;
}

/** @throws TypeError, RangeError for a limit that is none */
export function requireLimit(where: string, name: string, value: unknown): number {
  const limit = real(where, name, value);
  if (limit <= 0) throw wrongValue(where, name, limit, 'above 0');
  return limit;
}

/**
 * Scales gradients in place so that their norm, of all of them together, is at most `maxNorm`, and gives what it was. As PyTorch's
 * clip_grad_norm_ (Pascanu et al., 2013).
 * @param grads what valueAndGrad gives: a list, or an object of them by name
 * @param maxNorm above 0
 * @throws TypeError, RangeError for what is no float32 tensor and for a limit that is none
 * @example
 * ```ts
 * const { grads } = valueAndGrad(() => mean(net.forward(x)), net.parameters());
 * const norm = clipGradNorm(grads, 1);
 * ```
 */
export function clipGradNorm(grads: GradientList, maxNorm: number): number {
  const limit = requireLimit('clipGradNorm', 'maxNorm', maxNorm);
  const given = gradientsOf('clipGradNorm', grads);
  return scope(() => {
    const squares = given.map((grad) => run(SQUARES, [grad], [])[0] as Tensor);
    const [norm, factor] = run(NORM, squares, [limit]) as [Tensor, Tensor];
    for (const grad of given) run(SCALE, [grad, factor], []);
    return norm.item();
  });
}

/**
 * Clips each element of gradients in place to the range from -value to value. As PyTorch's clip_grad_value_.
 * @param grads what valueAndGrad gives: a list, or an object of them by name
 * @param value above 0
 * @throws TypeError, RangeError for what is no float32 tensor and for a limit that is none
 */
export function clipGradValue(grads: GradientList, value: number): void {
  const limit = requireLimit('clipGradValue', 'value', value);
  for (const grad of gradientsOf('clipGradValue', grads)) run(CLAMP, [grad], [limit]);
}

function run(entry: Entry, inputs: readonly Handle[], params: readonly number[]): Tensor[] {
  return execute(entry, inputs, params, ({ shape }, storage) => new Tensor(shape, 'float32', storage));
}
