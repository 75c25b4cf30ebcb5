/**
 * y = f(x), element by element, where f is one of crates/core/src/instructions/activation.rs: what the operators of
 * activation.ts and elementary.ts are made of.
 *
 * params: up to two numbers of the function.
 * @internal
 */
import { elementCount } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { writeUnary } from '../instructions/elementwise.ts';
import { emitUnary, emitUnaryGradient } from '../instructions/emit.ts';
import { ACTIVATION } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, type Layered, operator, type Params } from './operator.ts';
import { float32 } from './types.ts';

/** The name of a function: a number where modules are loaded would keep the unused ones in bundles. */
type Act = keyof typeof ACTIVATION;

/** What a function has beside its name. */
export interface Traits {
  /** Its gradient is computed from its output, not its input (Derivative in crates/core/src/instructions/activation.rs). */
  readonly fromOutput?: true;
  /** Its gradient's name, where that is another. */
  readonly gradient?: Act;
  /** It is flat where it has a slope: nothing flows back. */
  readonly flat?: true;
  /** It takes integers too. */
  readonly integers?: true;
  readonly layer?: Layered['layer'];
}

interface Problem {
  readonly p0: number;
  readonly p1: number;
  readonly count: number;
}

/** The entry of a function of one element. */
export function unaryEntry(
  name: string,
  act: Act,
  torch: string,
  onnx: readonly string[],
  traits: Traits = {},
): Entry<Problem> {
  return {
    name,
    torch,
    onnx,
    args: ['x'],
    resolve(types, [p0 = 0, p1 = 0]) {
      if (!traits.integers) float32(name, ['x'], types);
      const x = types[0]!;
      return { outputs: [x], problem: { p0, p1, count: elementCount(name, x.shape) } };
    },
    lower(to, { types: [x], problem, inputs, outputs }) {
      writeUnary(
        to,
        { x: inputs[0]!, y: outputs[0]! },
        { dtype: x!.dtype, act: ACTIVATION[act], ...problem },
      );
    },
    gradient(to, { types, problem: { p0, p1 }, inputs, outputs, gradients }) {
      if (traits.flat) return [null];
      const { shape } = types[0]!;
      const dy = { buffer: gradients[0]!, shape };
      if (act === 'neg') return [emitUnary(to, ACTIVATION.neg, dy).buffer];
      const v = { buffer: (traits.fromOutput ? outputs : inputs)[0]!, shape };
      return [emitUnaryGradient(to, ACTIVATION[traits.gradient ?? act], dy, v, p0, p1).buffer];
    },
    reads: {
      ...((traits.fromOutput || traits.flat || act === 'neg') && { inputs: [] }),
      ...(!traits.fromOutput && { outputs: [] }),
    },
    traits: {
      activation: ([x], [p0 = 0, p1 = 0]) =>
        x!.dtype === 'float32' ? { act: ACTIVATION[act], p0, p1 } : null,
    },
  };
}

/** A function without options. */
export function simple(
  name: string,
  act: Act,
  torch: string,
  onnx: readonly string[],
  traits: Traits = {},
  params: Params = [],
) {
  return operator(
    unaryEntry(name, act, torch, onnx, traits),
    (invoke) =>
      (x: Tensor): Tensor =>
        invoke([x as Tensor<DType>], params)[0] as unknown as Tensor,
    { layer: traits.layer },
  );
}

/** A function with options, of which `params` makes its numbers. @throws what `params` throws */
export function withOptions<Options extends object>(
  name: string,
  act: Act,
  torch: string,
  onnx: readonly string[],
  traits: Traits,
  params: (where: string, options: Options) => Params,
) {
  return operator(
    unaryEntry(name, act, torch, onnx, traits),
    (invoke) =>
      (x: Tensor, options: Options = {} as Options): Tensor =>
        invoke([x as Tensor<DType>], params(name, options))[0] as unknown as Tensor,
    { layer: traits.layer, validate: params },
  );
}
