/** Values by key: an object, as state dicts are, or a Map. */
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import { tagOf } from '../base/realm.ts';
import { readable, requireTensor, Tensor } from './tensor.ts';

/** As a Map: a key may be called 'constructor' or '__proto__'. @throws TypeError for what is no such object */
export function valuesByKey(where: string, dict: unknown): Map<string, unknown> {
  const isOther = dict instanceof Tensor || Array.isArray(dict) || ArrayBuffer.isView(dict);
  if (typeof dict !== 'object' || dict === null || isOther) {
    throw wrongKind(where, 'dict', dict, 'an object or Map of keys and tensors');
  }
  if (tagOf(dict) !== 'Map') return new Map(Object.entries(dict));
  for (const key of (dict as Map<unknown, unknown>).keys()) {
    if (typeof key !== 'string') throw wrongKind(where, 'a key of dict', key, 'a string');
  }
  return new Map(dict as Map<string, unknown>);
}

/** Tensors with values by key. @throws TypeError that names the key of what is none */
export function tensorsByKey(where: string, dict: unknown): [key: string, tensor: Tensor<DType>][] {
  return [...valuesByKey(where, dict)].map(([key, value]) => {
    const tensor = requireTensor(where, key, value);
    readable(where, key, tensor);
    return [key, tensor];
  });
}
