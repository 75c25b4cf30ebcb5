/**
 * What an operator is. Each module of this folder holds one: its name, its shape rule, how it is lowered to
 * instructions, what it costs, and its public function, which normalises what a user gives to tensors and numbers.
 *
 * A call with tensors that have values runs at once, as a program of its own that is cached by everything it depends
 * on; with a symbolic or followed tensor it records a node of the open trace.
 */
import type { DType, TensorType } from '../dtype.ts';
import { execute } from '../graph/eager.ts';
import type { Buffer, Lowering } from '../graph/lowering.ts';
import { currentTrace } from '../graph/trace.ts';
import { requireTensor, storageOf, type Tensor } from '../tensor.ts';
import type { ConvolutionProblem } from './emitConvolution.ts';

/** A tensor, a number in a tensor's place, or null where an optional tensor is left out. */
export type Operand = Tensor<DType> | number | null;

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
  /** How many of the arguments must be given; without it all. */
  readonly required?: number;
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

/** An operator's public function together with its entry. */
export type Operator<F> = F & { readonly entry: Entry };

/** Calls the operator; one tensor per output. */
export type Invoke = (inputs: readonly Operand[], params: Params) => Tensor<DType>[];

/** Makes an operator of its entry and of the function that users call. */
export function operator<F extends object>(entry: Entry, define: (invoke: Invoke) => F): Operator<F> {
  return Object.assign(
    define((inputs, params) => invoke(entry, inputs, params)),
    { entry },
  );
}

function invoke(entry: Entry, inputs: readonly Operand[], params: Params): Tensor<DType>[] {
  const trace = currentTrace();
  let record = false;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as Operand;
    if (input === null && i >= (entry.required ?? inputs.length)) continue;
    if (typeof input === 'number' && entry.numbers) continue;
    const name = entry.list ? `${entry.args[0]}[${i}]` : (entry.args[i] as string);
    const tensor = requireTensor(entry.name, name, input);
    if (trace?.follows(tensor)) record = true;
    else storageOf(entry.name, name, tensor);
  }
  if (record && trace !== null) return trace.record(entry, inputs, params);
  return execute(entry, inputs, params);
}
