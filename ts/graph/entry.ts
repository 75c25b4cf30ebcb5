/**
 * What an operator is, apart from its public function: names, shape rule, instructions, gradient rule, and what passes may
 * know of it. An entry sees types, numbers and buffers; it knows neither tensors nor storage.
 */
import type { TensorType } from '../base/dtype.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import type { Activation } from '../instructions/elementwise.ts';
import type { Piece } from '../instructions/walk.ts';

/** Numbers that hold every option of a call, in the order that the operator documents. */
export type Params = readonly number[];

export type Types = readonly (TensorType | null)[];

/** A function that an operator can end with. */
export interface FinalActivation extends Activation {
  /** The input that holds a slope per channel (axis 1), where there is one. */
  readonly slope?: number;
}

/**
 * How an output element sees its input along one spatial axis; o is its place along it. Places outside of the input are
 * padding.
 */
export type Window =
  /** Inputs o * stride - padding + k * dilation, for k below kernel. */
  | {
      readonly kind: 'regular';
      readonly kernel: number;
      readonly stride: number;
      readonly dilation: number;
      readonly padding: number;
    }
  /** The inputs i with o = i * stride - padding + k * dilation, for a k below kernel. */
  | {
      readonly kind: 'transposed';
      readonly kernel: number;
      readonly stride: number;
      readonly dilation: number;
      readonly padding: number;
    }
  /** From floor(o * input / output) up to, but not with, ceil((o + 1) * input / output). */
  | { readonly kind: 'adaptive'; readonly input: number; readonly output: number }
  /** `kernel` inputs one behind the other, from a place that is drawn. */
  | { readonly kind: 'fractional'; readonly kernel: number; readonly input: number; readonly output: number }
  /**
   * `before` inputs before floor(o * scale + offset), that one, and `after` behind it, held inside the input; kernels
   * compute the sum in float32.
   */
  | {
      readonly kind: 'resampled';
      readonly scale: number;
      readonly offset: number;
      readonly before: number;
      readonly after: number;
    };

/** What a call of an operator makes, and what it takes: found once, when its node is made. */
export interface Resolved<P = unknown> {
  readonly outputs: readonly TensorType[];
  /** The inputs that are written in place: the node gives a new version of each. */
  readonly state?: readonly number[] | undefined;
  /** What `lower` also writes where a gradient is wanted, for its rule to read (positions of maxima, statistics). */
  readonly saved?: readonly TensorType[];
  /** The options decoded, the window validated: whatever lowering and gradient need to know. */
  readonly problem: P;
  /** Multiply-accumulates. */
  readonly macs?: number;
  /** One for each spatial axis, where an output element sees its input through a window. */
  readonly window?: readonly Window[];
}

/** What a node's lowering is given. */
export interface Lowered<P = unknown> {
  readonly types: Types;
  readonly outputTypes: readonly TensorType[];
  readonly params: Params;
  readonly problem: P;
  readonly inputs: readonly (Buffer | null)[];
  readonly outputs: readonly Buffer[];
  /** What the gradient asks for; null where none is wanted. */
  readonly saved?: readonly Buffer[] | null;
}

/**
 * What a gradient rule is given: the node, with its values at hand, and what flows back into it. An input or output that
 * the entry's `reads` leaves out is null.
 */
export interface Backward<P = unknown> extends Lowered<P> {
  readonly saved: readonly Buffer[];
  /** The gradient of each output, of its shape, which must not be written; null for outputs that are not float32. */
  readonly gradients: readonly (Buffer | null)[];
  /** Which inputs' gradients are asked for: float32 inputs only. */
  readonly wanted: readonly boolean[];
  /** The output of a relu that reads this node alone: gradients[0] is what flows back into that (`gradientTakes`). */
  readonly after?: Buffer | null;
  /** What is added to the gradient of input 0 (`gradientTakes`). */
  readonly added?: Buffer | null;
}

/** What a gradient rule can do besides, in the same loops. */
export interface Taken {
  /** It can begin with the gradient of a relu behind the node. */
  readonly after?: boolean;
  /** It can add something to the gradient of input 0. */
  readonly added?: boolean;
}

/** What an operator that computes gradients is: of which node those are, which of its inputs' they are, and what it does besides. */
export interface GradientOf<Of = unknown> extends Taken {
  readonly node: Of;
  readonly wanted: readonly boolean[];
}

/** What of a node its gradient rule reads, by place. */
export interface Reads {
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
}

export interface Entry<P = unknown> {
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
  /** What flows into the new versions of what it writes is its gradient's too, behind that of its outputs. */
  readonly flows?: true;
  /** The first argument is a list, of any length, of tensors. */
  readonly list?: true;
  /** A number may stand in a tensor's place. */
  readonly numbers?: true;
  /** What a call makes; throws the sentence of what does not fit. */
  resolve(types: Types, params: Params): Resolved<P>;
  /** The output is its first input's memory under another shape: nothing to compute. */
  readonly alias?: true;
  /**
   * Emits the instructions that compute the outputs; every operator but an alias has it. What `makes` its outputs' buffers
   * itself is given none and gives them.
   */
  readonly makes?: true;
  // biome-ignore lint/suspicious/noConfusingVoidType: most lowerings give nothing
  lower?(to: Builder, node: Lowered<P>): readonly (Buffer | null)[] | void;
  /**
   * Emits the instructions of the gradient: for each input the buffer of its gradient, of its shape (it may be a
   * gradient that came in, where nothing changes), or null where it has none or none is wanted. An output that nothing
   * flows into has a gradient of zeros. Aliases need no rule.
   */
  gradient?(to: Builder, node: Backward<P>): readonly (Buffer | null)[];
  /**
   * The inputs and outputs whose values the gradient rule reads; without a list all of them. What is left out has no reader
   * in the gradient, so that a pass may do without it.
   */
  readonly reads?: Reads;
  /** What passes may know. */
  readonly traits?: Traits<P>;
  /** Of what `differentiate` makes. */
  readonly gradientOf?: GradientOf;
}

/** Properties of operators that passes (ts/transforms/passes) match by. */
export interface Traits<P = unknown> {
  /**
   * The operator can end with more: y = act(own result + residual). The inputs of these places are then the residual, of
   * the output's shape, and the slope of an activation that has one per channel; the activation (its number, p0, p1) stands
   * behind the operator's own params, and as `activation` in its problem, of which nothing else depends on either.
   */
  readonly epilogue?: {
    readonly residual: number;
    /** Null: it ends with no activation that has a slope. */
    readonly slope: number | null;
    /** How many params are the operator's own. */
    own(params: Params): number;
  };
  /** What the gradient rule can do besides. */
  readonly gradientTakes?: Taken;
  /** Each output is one of the elements of x, and its gradient goes there. */
  readonly picks?: true;
  /** Where an affine map per channel can go: behind the operator into weight and bias, before it into them as well. */
  readonly weights?: {
    /** The places of weight and bias. */
    readonly weight: number;
    readonly bias: number;
    /** The weight's axes along which its output and input channels lie, where each is one. */
    axes(
      params: Params,
      weight: TensorType,
    ): { readonly output: number | null; readonly input: number | null };
    /** Channels are the last axis of x and of the output, not axis 1. */
    readonly channelsLast?: true;
    /** Whether it reads zeros outside of x, which a summand of x would not change. */
    padsZeros(problem: P): boolean;
  };
  /**
   * What lies outside of x may come of more padding: the params with that, [before, after] for each spatial axis, where what
   * padding holds is `value`; null where it cannot.
   */
  pads?(params: Params, value: number, widths: readonly number[]): Params | null;
  /** Adds constant values around the spatial axes of x: which, and how many. */
  surrounds?(params: Params): { readonly value: number; readonly widths: readonly number[] } | null;
  /** An activation that such an operator can end with. */
  activation?(types: Types, params: Params): FinalActivation | null;
  /** x * scale + shift along an axis of x's shape; null where the node is not such a map. */
  affine?(types: Types, params: Params, axis: number): AffineMap | null;
  /** The two operands may change places. */
  readonly commutes?: true;
  /** An addition of two tensors. */
  readonly sums?: true;
  /** The output is its inputs put together: where each of them lies in it. */
  joins?(problem: P): readonly Piece[];
  /** The outputs are parts of input 0: where each of them lies in it. */
  parts?(problem: P): readonly Piece[];
  /** Output axis i is input axis axes[i]. */
  permutes?(params: Params): readonly number[];
}

/** An operator that computes scale and shift, [C] each, of these inputs of a node; `x` is the place of its x. */
export interface AffineMap {
  readonly x: number;
  readonly entry: Entry;
  readonly inputs: readonly number[];
  readonly params: Params;
  /** The shift is 0. */
  readonly isScale: boolean;
}
