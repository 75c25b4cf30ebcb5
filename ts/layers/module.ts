/**
 * Module: parameters, buffers and other modules as own properties, and a forward that is written once and serves eager
 * use and compilation alike. Keys are PyTorch's: `conv1.weight`, `0.bias`, `bn.running_mean`.
 * @category Modules
 */
import { checkOptions } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText, wrongKind } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { flag } from '../ops/options.ts';
import { requireTensor, storageOf, Tensor } from '../tensor/tensor.ts';

const marks = new WeakMap<Tensor<DType>, 'parameter' | 'buffer'>();

/** Marks a tensor as one that training changes; as a module's property it is in parameters() and stateDict(). */
export function parameter<D extends DType>(tensor: Tensor<D>): Tensor<D> {
  marks.set(requireTensor('parameter', 'tensor', tensor), 'parameter');
  return tensor;
}

/** Marks a tensor as state that is not trained: in stateDict(), not in parameters(). */
export function buffer<D extends DType>(tensor: Tensor<D>): Tensor<D> {
  marks.set(requireTensor('buffer', 'tensor', tensor), 'buffer');
  return tensor;
}

/** PyTorch's `inplace` has no meaning here, so a layer of a plain function has nothing to say. @internal */
export type NoOptions = Record<string, never>;

export type StateDict = Record<string, Tensor<DType>>;

export abstract class Module<In extends unknown[] = [Tensor], Out = Tensor> {
  #training = true;

  /** True until eval() is called. */
  get training(): boolean {
    return this.#training;
  }

  /** What the module computes; made of operators and other modules. */
  abstract forward(...xs: In): Out;

  /** forward in a scope: only the result is left. */
  run(...xs: In): Out {
    return scope(() => this.forward(...xs));
  }

  /** The tensors that training changes: the module's own, live. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  /** `[key, tensor]` of every parameter, in the order of the properties. */
  namedParameters(): [string, Tensor][] {
    return entriesOf(this).filter(([, tensor]) => marks.get(tensor) === 'parameter') as [
      string,
      unknown,
    ][] as [string, Tensor][];
  }

  /** Every parameter and buffer by key: the module's own, live tensors. */
  stateDict(): StateDict {
    return Object.fromEntries(keysOf(this));
  }

  /**
   * Copies values into the parameters and buffers. PyTorch's `num_batches_tracked` is accepted and not kept.
   * @throws RangeError for a shape that differs and, when `strict` (the default), for keys that are missing or unknown;
   * nothing has been copied then
   */
  loadStateDict(dict: StateDict, options: { strict?: boolean } = {}): void {
    if (typeof dict !== 'object' || dict === null || dict instanceof Tensor) {
      throw wrongKind('loadStateDict', 'dict', dict, 'an object of keys and tensors');
    }
    checkOptions('loadStateDict', options, ['strict']);
    const { strict = true } = options;
    flag('loadStateDict', 'strict', strict);
    const own = new Map(keysOf(this));
    const given = Object.entries(dict).filter(([key]) => !/(^|\.)num_batches_tracked$/.test(key));
    const missing = [...own.keys()].filter((key) => !(key in dict));
    const unknown = given.map(([key]) => key).filter((key) => !own.has(key));
    if (strict && missing.length + unknown.length > 0) {
      const list = (keys: string[]) => (keys.length === 0 ? 'none' : keys.join(', '));
      throw new RangeError(`loadStateDict: missing keys: ${list(missing)}; unknown keys: ${list(unknown)}`);
    }
    for (const [key, from] of given) {
      const to = own.get(key);
      if (to === undefined) continue;
      if (!(from instanceof Tensor)) throw wrongKind('loadStateDict', key, from, 'a Tensor');
      storageOf('loadStateDict', key, from);
      storageOf('loadStateDict', `the module's ${key}`, to);
      if (shapeText(from.shape) !== shapeText(to.shape)) {
        throw new RangeError(
          `loadStateDict: ${key} has shape ${shapeText(from.shape)}, must be ${shapeText(to.shape)}`,
        );
      }
      if (from.dtype !== to.dtype)
        throw new TypeError(`loadStateDict: ${key} is ${from.dtype}, must be ${to.dtype}`);
    }
    for (const [key, from] of given) own.get(key)?.data.set(from.data as Float32Array);
  }

  /** Switches to training (batch statistics, dropout), with all parts. */
  train(): this {
    for (const [, module] of modulesOf(this)) module.setTraining(true);
    return this;
  }

  /** Switches to inference, with all parts. */
  eval(): this {
    for (const [, module] of modulesOf(this)) module.setTraining(false);
    return this;
  }

  /** Switches this module alone. @internal */
  setTraining(training: boolean): void {
    this.#training = training;
  }

  /** Gives the parameters' and buffers' storage back; may be called again. */
  dispose(): void {
    for (const [, tensor] of entriesOf(this)) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Calls `found` for each part in the order of the properties: tensors that are marked, modules, arrays of modules. */
function visitParts(
  module: object,
  prefix: string,
  found: (path: string, part: Tensor<DType> | AnyModule) => void,
): void {
  for (const [key, part] of Object.entries(module)) {
    if (part instanceof Module || (part instanceof Tensor && marks.has(part))) found(prefix + key, part);
    else if (Array.isArray(part)) {
      part.forEach((item, i) => {
        if (item instanceof Module) found(`${prefix}${key}.${i}`, item);
      });
    }
  }
}

/** Any module, whatever it takes; `Out` is what it gives. */
export type AnyModule<Out = unknown> = Module<never, Out>;

/** A module and all modules in it, by path; its own path is ''. @internal */
export function modulesOf(root: AnyModule): [string, AnyModule][] {
  const found: [string, AnyModule][] = [];
  const seen = new Set<AnyModule>();
  const visit = (path: string, module: AnyModule): void => {
    if (seen.has(module)) return;
    seen.add(module);
    found.push([path, module]);
    visitParts(module, path === '' ? '' : `${path}.`, (inner, part) => {
      if (part instanceof Module) visit(inner, part);
    });
  };
  visit('', root);
  return found;
}

/** Every marked tensor under each of its keys; a part that is in two places has two, as PyTorch's state dict. */
function keysOf(root: AnyModule): [string, Tensor<DType>][] {
  const found: [string, Tensor<DType>][] = [];
  const around = new Set<AnyModule>();
  const visit = (prefix: string, module: AnyModule): void => {
    if (around.has(module)) return;
    around.add(module);
    visitParts(module, prefix, (key, part) => {
      if (part instanceof Module) visit(`${key}.`, part);
      else found.push([key, part]);
    });
    around.delete(module);
  };
  visit('', root);
  return found;
}

/** Every marked tensor by its first key, each once. @internal */
export function entriesOf(root: AnyModule): [string, Tensor<DType>][] {
  const seen = new Set<unknown>();
  return keysOf(root).filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor));
}
