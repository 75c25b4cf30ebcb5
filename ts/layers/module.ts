/**
 * Module: parameters, buffers and other modules as own properties, and a forward that is written once and serves eager
 * use and compilation alike. Keys are PyTorch's: `conv1.weight`, `0.bias`, `bn.running_mean`.
 * @category Modules
 */
import { checkOptions } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { wrongKind } from '../base/errors.ts';
import { Shown } from '../base/shown.ts';
import { scope } from '../engine/memory.ts';
import { flag } from '../ops/options.ts';
import { type AnyTensor, requireTensor, Tensor } from '../tensor/tensor.ts';
import { reprOf } from './repr.ts';
import {
  type LoadOptions,
  loadState,
  type StateDict,
  type StateDifference,
  type StateSource,
} from './state.ts';

const marks = new WeakMap<Tensor<DType>, 'parameter' | 'buffer'>();

/** The module that listed a parameter last: names of its parts are from there. */
const holders = new WeakMap<Tensor<DType>, AnyModule>();

/** The module whose `parameters()` gave this tensor last. @internal */
export function holderOf(tensor: Tensor<DType>): AnyModule | null {
  return holders.get(tensor) ?? null;
}

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

  /** The tensors that training changes: the module's own, live, each once. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  /** `[key, tensor]` of every parameter, in the order of the properties; a tensor in two places has its first key. */
  namedParameters(): [string, Tensor][] {
    const found = markedAs('parameter', this) as [string, Tensor][];
    for (const [, tensor] of found) holders.set(tensor, this as unknown as AnyModule);
    return found;
  }

  /** `[key, tensor]` of every buffer (running statistics and the like), as `namedParameters`. */
  namedBuffers(): [string, AnyTensor][] {
    return markedAs('buffer', this);
  }

  /** The modules that are parts of this one itself, each once, in the order of the properties; not theirs. */
  children(): AnyModule[] {
    const found = new Set<AnyModule>();
    visitParts(this, '', (_, part) => {
      if (part instanceof Module) found.add(part);
    });
    return [...found];
  }

  /** This module and all modules in it, at any depth, each once; a module comes before its parts. */
  modules(): AnyModule[] {
    return modulesOf(this).map(([, module]) => module);
  }

  /**
   * `[path, module]` of this module, whose path is '', and of all modules in it (`features`, `features.0`), as `modules`.
   * These paths are the names that `compile` knows results by.
   */
  namedModules(): [string, AnyModule][] {
    return modulesOf(this);
  }

  /**
   * Calls `f` with every module in this one, each once, parts before what holds them, and with this one last. Gives this
   * module.
   * @throws TypeError when f is no function
   * @example
   * ```ts
   * net.apply((module) => {
   *   if (module instanceof Conv2d) module.weight.data.fill(0.1);
   * });
   * ```
   */
  apply(f: (module: AnyModule) => void): this {
    if (typeof f !== 'function') throw wrongKind('apply', 'f', f, 'a function');
    for (const [, module] of modulesOf(this, 'inner first')) f(module);
    return this;
  }

  /** Every parameter and buffer by key: the module's own, live tensors. */
  stateDict(): StateDict {
    return Object.fromEntries(keysOf(this));
  }

  /**
   * Copies values into the parameters and buffers: what `stateDict` gave, an object or a Map with PyTorch's keys, whose
   * values are tensors, typed arrays or arrays of numbers of the right shape or count. PyTorch's `num_batches_tracked` is
   * accepted and not kept. Gives the keys that the module and the dict do not share, none when `strict`, the default.
   * @throws RangeError for a shape or count that differs and, when `strict`, for keys that are missing or unexpected;
   * TypeError for what is no value, and for another dtype. Nothing has been copied then
   * @example
   * ```ts
   * const { missing, unexpected } = net.loadStateDict({ 'head.bias': [0, 1] }, { strict: false });
   * ```
   */
  loadStateDict(dict: StateSource, options: LoadOptions = {}): StateDifference {
    if (dict instanceof Module) {
      throw wrongKind(
        'loadStateDict',
        'dict',
        dict,
        'an object or Map of keys and tensors: write dict.stateDict()',
      );
    }
    checkOptions('loadStateDict', options, ['strict']);
    const { strict = true } = options;
    flag('loadStateDict', 'strict', strict);
    return loadState(new Map(keysOf(this)), dict, strict);
  }

  /**
   * Switches to training (batch statistics, dropout), with all parts; `train(false)` is `eval()`.
   * @throws TypeError for a mode that is not true or false
   */
  train(mode = true): this {
    flag('train', 'mode', mode);
    for (const [, module] of modulesOf(this)) module.setTraining(mode);
    return this;
  }

  /** Switches to inference, with all parts. */
  eval(): this {
    return this.train(false);
  }

  /** What may be a part, by key: its properties. @internal */
  ownParts(): [string, unknown][] {
    return Object.entries(this);
  }

  /** Switches this module alone. @internal */
  setTraining(training: boolean): void {
    this.#training = training;
  }

  /** Gives the parameters' and buffers' storage back; may be called again. */
  dispose(): void {
    for (const child of this.children()) child.dispose(); // may hold more
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

/** Any module, whatever it takes; `Out` is what it gives. */
export type AnyModule<Out = unknown> = Module<never, Out>;

/** Calls `found` for each part in the order of the properties: tensors that are marked, modules, arrays of modules. */
function visitParts(
  module: AnyModule,
  prefix: string,
  found: (path: string, part: AnyTensor | AnyModule) => void,
): void {
  for (const [key, part] of module.ownParts()) {
    if (part instanceof Module || (part instanceof Tensor && marks.has(part))) found(prefix + key, part);
    else if (Array.isArray(part)) {
      part.forEach((item, i) => {
        if (item instanceof Module) found(`${prefix}${key}.${i}`, item);
      });
    }
  }
}

/** A module's own modules by key. */
function modulesIn(module: AnyModule): [string, AnyModule][] {
  const found: [string, AnyModule][] = [];
  visitParts(module, '', (key, part) => {
    if (part instanceof Module) found.push([key, part as AnyModule]);
  });
  return found;
}

/** A module and all modules in it, by path, each once; its own path is ''. @internal */
export function modulesOf(
  root: AnyModule,
  order: 'outer first' | 'inner first' = 'outer first',
): [string, AnyModule][] {
  const found: [string, AnyModule][] = [];
  const seen = new Set<AnyModule>();
  const visit = (path: string, module: AnyModule): void => {
    if (seen.has(module)) return;
    seen.add(module);
    if (order === 'outer first') found.push([path, module]);
    visitParts(module, path === '' ? '' : `${path}.`, (inner, part) => {
      if (part instanceof Module) visit(inner, part);
    });
    if (order === 'inner first') found.push([path, module]);
  };
  visit('', root);
  return found;
}

/** Every marked tensor under each of its keys; a part that is in two places has two, as PyTorch's state dict. */
function keysOf(root: AnyModule): [string, AnyTensor][] {
  const found: [string, AnyTensor][] = [];
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
export function entriesOf(root: AnyModule): [string, AnyTensor][] {
  const seen = new Set<unknown>();
  return keysOf(root).filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor));
}

function markedAs(mark: 'parameter' | 'buffer', root: AnyModule): [string, AnyTensor][] {
  return entriesOf(root).filter(([, tensor]) => marks.get(tensor) === mark);
}
