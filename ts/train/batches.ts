/** Batches `[x, y]` as `fit` and `evaluate` are given them, one after the other. */
import type { DType } from '../base/dtype.ts';
import { describe, wrongKind } from '../base/errors.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Batches of one epoch: a DataLoader, or anything that can be iterated, with or without await. */
export type Batches<X, Y> = Iterable<readonly [x: X, y: Y]> | AsyncIterable<readonly [x: X, y: Y]>;

/** Where batches come from. */
export type Source<X, Y> = Batches<X, Y> | ((epoch: number) => Batches<X, Y>);

/** @throws TypeError for what gives no batches */
export function requireBatches(where: string, name: string, value: unknown): void {
  const given = value as { [Symbol.iterator]?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined;
  const isIterable = given?.[Symbol.iterator] !== undefined || given?.[Symbol.asyncIterator] !== undefined;
  if (typeof value === 'function' || (isIterable && typeof value !== 'string')) return;
  throw wrongKind(where, name, value, 'a DataLoader, an iterable of [x, y], or a function that gives one');
}

/** A batch that is not two tensors or more has no x and y. */
export function isBatch(batch: unknown): batch is readonly [Tensor<DType>, Tensor<DType>] {
  return Array.isArray(batch) && batch.length >= 2 && batch.every((one) => one instanceof Tensor);
}

/** Calls `each` with the batches of an epoch, and disposes of them, until it gives false. */
export async function forEachBatch<X, Y>(
  where: string,
  name: string,
  source: Source<X, Y>,
  epoch: number,
  each: (x: X, y: Y, samples: number) => Promise<boolean>,
): Promise<void> {
  const batches = typeof source === 'function' ? source(epoch) : source;
  requireBatches(where, name, batches);
  for await (const batch of batches) {
    if (!isBatch(batch)) {
      throw new TypeError(`${where}: ${name} gave ${describe(batch)}, must give batches [x, y] of tensors`);
    }
    let goesOn: boolean;
    try {
      const [x, y] = batch as readonly Tensor<DType>[];
      goesOn = await each(x as X, y as Y, (x as Tensor<DType>).shape[0] ?? 1);
    } finally {
      if (!Array.isArray(source)) for (const one of batch as readonly Tensor<DType>[]) one.dispose();
    }
    if (!goesOn) return;
  }
}
