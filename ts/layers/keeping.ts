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
 * A layer of one tensor, whose dtype it keeps. With `I` true it gives indices besides.
 * @hidden
 */
export abstract class KeepingModule<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  abstract override forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;

  override run<D extends DType>(x: Tensor<D>): Extremum<I, D> {
    return scope(() => this.forward(x));
  }
}
