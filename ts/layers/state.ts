/**
 * Loading a state dict: values for a module's parameters and buffers by key. All of it is checked before anything is
 * copied.
 */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { numbersFor, type TensorData } from '../tensor/data.ts';
import { valuesByKey } from '../tensor/dict.ts';
import { type AnyTensor, readable, requireType, Tensor } from '../tensor/tensor.ts';

/** What a module's `stateDict()` gives: its parameters and buffers by key, live. */
export type StateDict = Record<string, AnyTensor>;

/** Values for one tensor: a tensor or typed array of its dtype, or numbers in nested arrays of its shape or in a flat one. */
export type StateValue = Tensor<DType> | TensorData;

/** What `loadStateDict` takes: values by key, in an object or a Map. */
export type StateSource = Readonly<Record<string, StateValue>> | ReadonlyMap<string, StateValue>;

/** The option of `loadStateDict`. */
export interface LoadOptions {
  /** Missing and unexpected keys are errors. Default true. */
  strict?: boolean | undefined;
}

/** Keys by which a module and what was loaded into it differ. */
export interface StateDifference {
  /** Keys of the module that were not given. */
  missing: string[];
  /** Keys that were given and that the module has not. */
  unexpected: string[];
}

const WHERE = 'loadStateDict';

/** Copies what `dict` has into a module's own tensors. @throws as `Module.loadStateDict` says. @internal */
export function loadState(
  own: ReadonlyMap<string, Tensor<DType>>,
  dict: unknown,
  strict: boolean,
): StateDifference {
  const given = valuesByKey(WHERE, dict);
  // PyTorch counts the batches of its batch norms; nothing here reads such a count.
  for (const key of given.keys())
    if (/(^|\.)num_batches_tracked$/.test(key) && !own.has(key)) given.delete(key);
  const missing = [...own.keys()].filter((key) => !given.has(key));
  const unexpected = [...given.keys()].filter((key) => !own.has(key));
  if (strict && missing.length + unexpected.length > 0) {
    const prefix = unexpected.length === given.size ? wrapping(unexpected, own) : null;
    const hint = prefix === null ? '' : `; every key starts with '${prefix}': strip it`;
    throw new RangeError(
      `${WHERE}: missing keys: ${list(missing)}; unexpected keys: ${list(unexpected)}${hint}`,
    );
  }
  const copies = [...own].flatMap(([key, to]) => {
    if (!given.has(key)) return [];
    const storage = readable(WHERE, `the module's ${key}`, to);
    return [{ storage, to: to.data, from: valuesFor(key, given.get(key), to) }];
  });
  for (const { storage, to, from } of copies) {
    to.set(from);
    storage.version += 1;
  }
  return { missing, unexpected };
}

/** The values for a tensor. @throws TypeError, RangeError that name the key */
function valuesFor(key: string, value: unknown, to: Tensor<DType>): ArrayLike<number> {
  if (value instanceof Tensor) {
    const from = requireType(WHERE, key, value, to);
    readable(WHERE, key, from);
    return from.data;
  }
  const { values, shape } = numbersFor(WHERE, key, value, to.dtype);
  if (shape === null) {
    if (values.length === to.size) return values;
    throw new RangeError(
      `${WHERE}: ${key} has ${values.length} values, must have ${to.size} (${shapeText(to.shape)})`,
    );
  }
  if (shapeText(shape) === shapeText(to.shape)) return values;
  throw new RangeError(`${WHERE}: ${key} has shape ${shapeText(shape)}, must be ${shapeText(to.shape)}`);
}

/** The shortest prefix of all keys without which the module knows one: `module.`, where another module was around it. */
function wrapping(keys: readonly string[], own: ReadonlyMap<string, unknown>): string | null {
  const [first = ''] = keys;
  for (let end = first.indexOf('.') + 1; end > 0; end = first.indexOf('.', end) + 1) {
    const prefix = first.slice(0, end);
    if (!keys.every((key) => key.startsWith(prefix))) return null;
    if (keys.some((key) => own.has(key.slice(end)))) return prefix;
  }
  return null;
}

/** Keys shown in an error: more are counted. */
const SHOWN = 8;

function list(keys: readonly string[]): string {
  if (keys.length === 0) return 'none';
  const more = keys.length > SHOWN ? ` and ${keys.length - SHOWN} more` : '';
  return keys.slice(0, SHOWN).join(', ') + more;
}
