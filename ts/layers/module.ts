/**
 * Module: parameters, buffers and other modules as own properties, and a forward that is written once and serves eager
 * use and compilation alike. Keys are PyTorch's: `conv1.weight`, `0.bias`, `bn.running_mean`.
 * @category Modules
 */
import { checkOptions } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText, wrongKind } from '../base/errors.ts';
import { Shown } from '../base/shown.ts';
import { scope } from '../engine/memory.ts';
import { flag } from '../ops/options.ts';
import { requireTensor, storageOf, Tensor } from '../tensor/tensor.ts';
import { reprOf } from './repr.ts';

const marks = new WeakMap<Tensor<DType>, 'parameter' | 'buffer'>();

/**
 * Marks a tensor as one that training changes; as a module's property it is in parameters() and stateDict().
 * @throws TypeError for what is no tensor
 * @example
 * ```ts
 * class Scale extends Module {
 *   factor = parameter(ones([1]));
 *   forward(x: Tensor): Tensor {
 *     return mul(x, this.factor);
 *   }
 * }
 * ```
 */
export function parameter<D extends DType>(tensor: Tensor<D>): Tensor<D> {
  marks.set(requireTensor('parameter', 'tensor', tensor), 'parameter');
  return tensor;
}

/**
 * Marks a tensor as state that is not trained: in stateDict(), not in parameters().
 * @throws TypeError for what is no tensor
 */
export function buffer<D extends DType>(tensor: Tensor<D>): Tensor<D> {
  marks.set(requireTensor('buffer', 'tensor', tensor), 'buffer');
  return tensor;
}

/** The option of `loadStateDict`. */
export interface LoadOptions {
  /** Missing and unknown keys are errors. Default true. */
  strict?: boolean | undefined;
}

/** Parameters and buffers by key: what `stateDict()` gives and `loadStateDict` takes. */
export type StateDict = Record<string, Tensor<DType>>;

/**
 * What has parameters, buffers and other modules as properties, and a `forward`. A subclass is written once and
 * serves eager use, compilation and training alike; its keys are PyTorch's.
 * @example
 * ```ts
 * class Net extends Module {
 *   conv = new Conv2d(3, 16, 3);
 *   head = new Linear(16, 10);
 *   forward(x: Tensor): Tensor {
 *     return this.head.forward(flatten(globalAvgPool(relu(this.conv.forward(x))), 1));
 *   }
 * }
 * const net = new Net();
 * Object.keys(net.stateDict()); // conv.weight, conv.bias, head.weight, head.bias
 * ```
 */
export abstract class Module<In extends unknown[] = [Tensor], Out = Tensor> extends Shown {
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
  loadStateDict(dict: StateDict, options: LoadOptions = {}): void {
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

  /** For `using`: as dispose(). */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Its class, its arguments and its parts, one a line: what consoles show. */
  override toString(): string {
    return reprOf<AnyModule>(this as unknown as AnyModule, modulesIn);
  }

  /** What toString writes between the class's parentheses, before the parts; empty unless a class says otherwise. */
  extraRepr(): string {
    return '';
  }
}

/** Calls `found` for each part in the order of the properties: tensors that are marked, modules, arrays of modules. */
function visitParts(
  module: object,
  prefix: string,
  found: (path: string, part: Tensor<DType> | AnyModule) => void,
): void {
  for (const [key, part] of Object.entries(module)) {
    if (part instanceof Module || (part instanceof Tensor && marks.has(part)))
      found(prefix + key, part as AnyModule);
    else if (Array.isArray(part)) {
      part.forEach((item, i) => {
        if (item instanceof Module) found(`${prefix}${key}.${i}`, item as AnyModule);
      });
    }
  }
}

/** Any module, whatever it takes and gives. */
export type AnyModule = Module<never[], unknown>;

/** A module's own modules by key. */
function modulesIn(module: AnyModule): [string, AnyModule][] {
  const found: [string, AnyModule][] = [];
  visitParts(module, '', (key, part) => {
    if (part instanceof Module) found.push([key, part as AnyModule]);
  });
  return found;
}

/** A module and all modules in it, by path; its own path is ''. @internal */
export function modulesOf(root: Module<never[], unknown> | Module<never, unknown>): [string, AnyModule][] {
  const found: [string, AnyModule][] = [];
  const seen = new Set<AnyModule>();
  const visit = (path: string, module: AnyModule): void => {
    if (seen.has(module)) return;
    seen.add(module);
    found.push([path, module]);
    visitParts(module, path === '' ? '' : `${path}.`, (inner, part) => {
      if (part instanceof Module) visit(inner, part as AnyModule);
    });
  };
  visit('', root as AnyModule);
  return found;
}

/** Every marked tensor under each of its keys; a part that is in two places has two, as PyTorch's state dict. */
function keysOf(root: Module<never, unknown>): [string, Tensor<DType>][] {
  const found: [string, Tensor<DType>][] = [];
  const around = new Set<AnyModule>();
  const visit = (prefix: string, module: AnyModule): void => {
    if (around.has(module)) return;
    around.add(module);
    visitParts(module, prefix, (key, part) => {
      if (part instanceof Module) visit(`${key}.`, part as AnyModule);
      else found.push([key, part]);
    });
    around.delete(module);
  };
  visit('', root as unknown as AnyModule);
  return found;
}

/** Every marked tensor by its first key, each once. @internal */
export function entriesOf(root: Module<never, unknown>): [string, Tensor<DType>][] {
  const seen = new Set<unknown>();
  return keysOf(root).filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor));
}
