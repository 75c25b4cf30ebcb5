/**
 * activations(net, x): what the layers of a net give for an input.
 * @category Analysis
 */
import { checkOptions } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { type AnyTensor, requireTensor, type Tensor } from '../tensor/tensor.ts';
import type { NetSource } from './net.ts';
import { programOf } from './view.ts';

/** The option of `activations`. */
export interface ActivationsOptions {
  /** The layers, by their modules' paths or their names in `analyze`. Default: all. */
  layers?: readonly string[] | undefined;
}

/**
 * What the layers of a net give for an input, by name, as in its eval mode.
 * @returns tensors of the caller's
 * @throws RangeError for a layer that there is not, with the nearest names
 * @example
 * ```ts
 * const { '0': maps } = activations(net, image, { layers: ['0'] });
 * const picture = pictureGrid(maps);
 * ```
 */
export function activations(
  net: NetSource,
  x: Tensor,
  options: ActivationsOptions = {},
): Record<string, AnyTensor> {
  const where = 'activations';
  const { shape, dtype } = requireTensor(where, 'x', x);
  checkOptions(where, options, ['layers']);
  const { layers } = options;
  if (layers !== undefined && !Array.isArray(layers))
    throw wrongKind(where, 'layers', layers, 'an array of names');
  return scope(() => {
    let names: readonly string[] = [];
    const program = programOf(where, net, [{ shape, dtype }], (found) => {
      names = layers ?? found.layers.map(({ name }) => name);
      return names.map((name) => found.valueOf(where, name));
    });
    const given = program.run(x) as unknown as AnyTensor[];
    return Object.fromEntries(names.map((name, i) => [name, given[i] as AnyTensor]));
  });
}
