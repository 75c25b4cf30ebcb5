/**
 * What an operator is. Each module of this folder holds one: its name, its shape rule, how it is lowered to
 * instructions, what it costs, and its public function, which normalises what a user gives to tensors and numbers.
 *
 * A call with tensors that have values runs at once, as a program of its own that is cached by everything it depends
 * on; with a symbolic or followed tensor it records a node of the open trace.
 * @internal
 */
import type { DType, TensorType } from '../dtype.ts';
import { Draw } from '../graph/draw.ts';
import { currentTrace } from '../graph/trace.ts';
import type { Buffer, Lowering } from '../instructions/builder.ts';
import type { ConvolutionProblem } from '../instructions/emitConvolution.ts';
import { execute } from '../program/eager.ts';
import { requireTensor, storageOf, type Tensor } from '../tensor/tensor.ts';

/** A tensor, a number in a tensor's place, the state of the generator, or null where an optional tensor is left out. */
export type Operand = Tensor<DType> | number | Draw | null;

/** Numbers that hold every option of a call, in the order that the operator documents. */
export type Params = readonly number[];

/** What an activation does, as the Rust side encodes it. */
export interface Activation {
  readonly act: number;
  readonly p0: number;
  readonly p1: number;
}

/** What a node's lowering is given. */
export interface Lowered {
  readonly types: readonly (TensorType | null)[];
  readonly outputTypes: readonly TensorType[];
  readonly params: Params;
  readonly inputs: readonly (Buffer | null)[];
  readonly outputs: readonly Buffer[];
  /** What `saves` asks for; null where no gradient is wanted. */
  readonly saved?: readonly Buffer[] | null;
}

/** What a gradient rule is given: the node, with all its values at hand, and what flows back into it. */
export interface Backward extends Lowered {
  readonly saved: readonly Buffer[];
  /** The gradient of each output, of its shape, which must not be written; null for outputs that are not float32. */
  readonly gradients: readonly (Buffer | null)[];
  /** Which inputs' gradients are asked for: float32 inputs only. */
  readonly wanted: readonly boolean[];
}

export interface Cost {
  /** Multiply-accumulates. */
  readonly macs: number;
}

export interface Entry {
  readonly name: string;
  /** PyTorch's name, and ONNX's operators that are imported as this one. */
  readonly torch: string;
  readonly onnx: readonly string[];
  /** Names of the tensor arguments, for error sentences. */
  readonly args: readonly string[];
  /** The arguments that have no gradient: to a pullback they are constants. */
  readonly constants?: readonly string[];
  /** How many of the arguments must be given; without it all. */
  readonly required?: number;
  /** How many of the arguments, the last, come behind others in the public function, or among its options. */
  readonly optionTensors?: number;
  /** The first argument is a list, of any length, of tensors. */
  readonly list?: true;
  /** A number may stand in a tensor's place. */
  readonly numbers?: true;
  /** The outputs' types; throws the sentence of what does not fit. */
  infer(inputs: readonly (TensorType | null)[], params: Params): TensorType[];
  /** The output is its first input's memory under another shape: nothing to compute. */
  readonly alias?: true;
  /** Emits the instructions that compute the outputs; every operator but an alias has it. */
  lower?(to: Lowering, node: Lowered): void;
  /**
   * What the forward run writes for the gradient besides the outputs (positions of maxima, statistics); `lower` finds
   * the buffers in `saved` when a gradient is wanted.
   */
  saves?(inputs: readonly (TensorType | null)[], params: Params): readonly TensorType[];
  /**
   * Emits the instructions of the gradient: for each input the buffer of its gradient, of its shape (it may be a
   * gradient that came in, where nothing changes), or null where it has none or none is wanted. An output that nothing
   * flows into has a gradient of zeros. Aliases need no rule.
   */
  gradient?(to: Lowering, node: Backward): readonly (Buffer | null)[];
  cost?(inputs: readonly (TensorType | null)[], outputs: readonly TensorType[]): Cost;
  /** The spatial window (kernel, stride, dilation, padding before, per axis) through which an output element sees its input. */
  field?(inputs: readonly (TensorType | null)[], params: Params): Window[];
  /** The convolution that a node is: it can end with an affine map per channel, a residual add and an activation. */
  convolves?(inputs: readonly (TensorType | null)[], params: Params): ConvolutionProblem;
  /** Its channels are the last axis of its output, not axis 1. */
  readonly channelsLast?: true;
  /** An activation that an absorbing node can end with; its slope, if any, is the second input. */
  activation?(params: Params, inputs: readonly (TensorType | null)[]): Activation | null;
  /** An affine map per channel: its scale and shift, [C] each, computed from the inputs behind the first. */
  affine?(to: Lowering, node: Lowered): { scale: Buffer; shift: Buffer };
  /** Whether the map can be used in that way (batch norm: not in training). */
  isAffine?(params: Params): boolean;
  /** Which inputs it writes in place (batch norm in training: the running statistics). */
  writes?(params: Params): readonly number[];
  /** An addition of two tensors. */
  readonly sums?: true;
}

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: number;
}

/**
 * A layer that is one call of the operator: its constructor takes the function's arguments behind the tensors, options
 * last, and forward takes the tensors. `npm run generate` writes its class (ts/layers/generated).
 */
export interface CallLayer {
  readonly name: string;
  /** forward takes and gives any dtype; float32 without it. */
  readonly dtypes?: 'any';
  /** What the constructor takes by position instead: arguments of the function, or of its options, which then are all. */
  readonly takes?: readonly string[];
  /** Other names for the function's arguments. */
  readonly names?: Readonly<Record<string, string>>;
  /** The type of the options, where it is not the function's: one that the operator's file exports, or 'none'. */
  readonly options?: string;
  /** Options that forward takes, behind the tensors. */
  readonly forward?: readonly string[];
  /** Other defaults than the function's; what the constructor does not take is always that. */
  readonly defaults?: Readonly<Record<string, number | string>>;
}

/** What an operator says of its layers. */
export interface Layered {
  /** The layers that are one call of it; a name where nothing else is to be said. */
  readonly layer?: string | CallLayer | readonly CallLayer[] | undefined;
  /** Throws what is wrong with the arguments of a layer's constructor; `where` is the layer's name. */
  validate?(where: string, ...args: unknown[]): unknown;
}

/** An operator's public function together with its entry. @public */
export type Operator<F> = F & Layered & { readonly entry: Entry };

/** Calls the operator; one tensor per output. */
export type Invoke = (inputs: readonly Operand[], params: Params) => Tensor<DType>[];

/** Makes an operator of its entry, of the function that users call, and of what is to be said of its layers. */
export function operator<F extends object>(
  entry: Entry,
  define: (invoke: Invoke) => F,
  layered?: Layered,
): Operator<F> {
  return Object.assign(
    define((inputs, params) => invoke(entry, inputs, params)),
    { entry },
    layered,
  );
}

function invoke(entry: Entry, inputs: readonly Operand[], params: Params): Tensor<DType>[] {
  const trace = currentTrace();
  let record = false;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as Operand;
    if (input === null && i >= (entry.required ?? inputs.length)) continue;
    if ((typeof input === 'number' && entry.numbers) || input instanceof Draw) continue;
    const name = entry.list ? `${entry.args[0]}[${i}]` : (entry.args[i] as string);
    const tensor = requireTensor(entry.name, name, input);
    if (trace?.follows(tensor)) record = true;
    else storageOf(entry.name, name, tensor);
  }
  if (record && trace !== null) return trace.record(entry, inputs, params);
  return execute(entry, inputs, params);
}
