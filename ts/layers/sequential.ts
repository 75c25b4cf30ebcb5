/**
 * Sequential and ModuleList: modules in order, known by their numbers.
 * @category Modules
 */
import { wrongKind } from '../base/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type AnyModule, Module } from './module.ts';

/** Any module that takes one value and gives one. */
type Stage = Module<never, unknown>;

function number(where: string, owner: object, layers: readonly unknown[]): void {
  layers.forEach((layer, i) => {
    if (!(layer instanceof Module)) throw wrongKind(where, `layer ${i}`, layer, 'a Module');
    Object.defineProperty(owner, i, { value: layer, enumerable: true, writable: true, configurable: true });
  });
}

/**
 * Each layer on the result of the one before; keys are `0.weight`, `1.bias`...
 * @example
 * ```ts
 * const net = new Sequential(new Conv2d(1, 8, 3), new ReLU(), new Flatten(), new Linear(8 * 26 * 26, 10));
 * net.forward(randn([1, 1, 28, 28])); // [1, 10]
 * ```
 */
export class Sequential extends Module {
  readonly #length: number;

  /** Makes a module of layers. @throws TypeError for what is no module */
  constructor(...layers: Stage[]) {
    super();
    number('Sequential', this, layers);
    this.#length = layers.length;
  }

  /** How many layers. */
  get length(): number {
    return this.#length;
  }

  /**
   * The last layer's result.
   * @param x what the first layer takes
   * @throws what the layers throw
   */
  forward(x: Tensor): Tensor {
    let value: unknown = x;
    const layers = this as unknown as Record<number, Module<[unknown], unknown>>;
    for (let i = 0; i < this.#length; i++) value = (layers[i] as Module<[unknown], unknown>).forward(value);
    return value as Tensor;
  }
}

/** Modules by number, for a forward that calls them itself. */
export class ModuleList extends Module<never[], never> {
  readonly #length: number;

  /** Makes a list of modules. @throws TypeError for what is no module */
  constructor(...layers: Stage[]) {
    super();
    number('ModuleList', this, layers);
    this.#length = layers.length;
  }

  /** How many modules. */
  get length(): number {
    return this.#length;
  }

  /** The module at `index`. */
  at(index: number): AnyModule | undefined {
    return (this as unknown as Record<number, AnyModule>)[index];
  }

  /** The modules in their order. */
  *[Symbol.iterator](): Iterator<AnyModule> {
    for (let i = 0; i < this.#length; i++) yield this.at(i) as AnyModule;
  }

  /**
   * There is none.
   * @throws TypeError always
   */
  forward(): never {
    throw new TypeError('ModuleList: has no forward; call its modules');
  }
}
