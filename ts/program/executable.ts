/**
 * A program as plain data: lists of words for the Rust side, what each of their bases is bound to, and a row per node for
 * reports. Nothing in it is an address.
 */
import type { TensorType } from '../base/dtype.ts';
import type { Runs, Storage } from '../engine/memory.ts';
import type { Words } from '../instructions/words.ts';

/** What a function met, which its program reads. */
export interface Constant extends TensorType {
  readonly storage: Storage;
  /** Whether nothing but products reads it (weights of convolutions, of linear layers). */
  readonly isFactor: boolean;
}

/** What a base, after the arena's, is bound to. */
export type Binding =
  /** Bound at each run: an input, or what flows into a result; a result, or a gradient. */
  | { readonly kind: 'input' | 'output'; readonly index: number }
  /** Storage that the function met. */
  | { readonly kind: 'capture'; readonly index: number }
  /** What the prologue makes: values of the same key are the same. */
  | { readonly kind: 'made'; readonly key: string; readonly bytes: number }
  /** Room for a number or a draw, written before a run. */
  | { readonly kind: 'slot'; readonly offset: number }
  /** What the main list leaves for the second one. */
  | { readonly kind: 'record'; readonly offset: number };

/** A capture whose values, or some of them, are written at `offset` from a base before a step of the prologue. */
export interface Bring {
  readonly before: number;
  readonly capture: number;
  /** Which of its bytes; null for all. */
  readonly runs: Runs | null;
  readonly base: number;
  readonly offset: number;
}

/** Steps of the prologue, from where the piece before ends, that have an arena of their own. */
export interface Piece {
  readonly end: number;
  readonly arenaBytes: number;
  /** In the order of the steps. */
  readonly brings: readonly Bring[];
  /** The bases of what it makes. */
  readonly makes: readonly number[];
}

/** Bytes of a slot. */
export const SLOT = 16;

/** prologue: run once, or after captures changed. main: each run. second: what flows back, of a pullback. */
export type List = 'prologue' | 'main' | 'second';

/** One node. */
export interface Row {
  /** The path of its module; '' where there is none. */
  readonly path: string;
  /** The operator, with what was fused into it. */
  readonly operator: string;
  /** The operator that a fault of its data is named after. */
  readonly blamed: string;
  readonly outputs: readonly TensorType[];
  /** Elements of the constants that it is the first to read. */
  readonly parameters: number;
  readonly macs: number;
  /** What its steps of the main list read from others and leave for others. */
  readonly bytes: number;
  /** Known before the run: it is part of the prologue. */
  readonly fixed: boolean;
}

export interface Executable {
  readonly prologue: Words | null;
  readonly main: Words;
  readonly second: Words | null;
  /** What the prologue consists of. */
  readonly pieces: readonly Piece[];
  readonly bindings: readonly Binding[];
  readonly recordBytes: number;
  readonly slotBytes: number;
  readonly outputs: readonly TensorType[];
  readonly rows: readonly Row[];
}
