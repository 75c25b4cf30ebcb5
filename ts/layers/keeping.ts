/**
 * KeepingModule: a layer of one tensor of any dtype, which it keeps. As a part of a network it is a module of float32 like
 * the others.
 */
import type { DType } from '../base/dtype.ts';
import { scope } from '../engine/memory.ts';
import type { Extremum } from '../ops/pooling.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

/**
 * A layer of one tensor, whose dtype it keeps; where a type is inferred from it (`compile`), TypeScript looks at the last
 * signature of a method, which is that of a module of float32. With `I` true it gives indices besides.
 * @hidden
 */
export abstract class KeepingModule<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  /** For the types alone: whether it gives indices besides. */
  declare protected readonly indexed: I;

  /**
   * What the layer makes of x.
   * @param x of a dtype that the layer takes
   * @returns of x's dtype; with `I` true also indices
   * @throws RangeError for shapes that do not fit; TypeError for a dtype that it does not take
   */
  abstract override forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  abstract override forward(x: Tensor): Extremum<I>;

  /** forward in a scope: only the result is left. */
  override run<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  override run(x: Tensor): Extremum<I>;
  override run(x: Tensor<DType>): Extremum<I, DType> {
    return scope(() => this.forward(x));
  }
}
