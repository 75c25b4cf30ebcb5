/**
 * Sequential and ModuleList: layers in order, which are properties of their own under their numbers or names, so that
 * `net[0].weight` and `net.conv.weight` are what the keys `0.weight` and `conv.weight` say.
 * @category Modules
 */
import { integer } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { tagOf } from '../base/realm.ts';
import { Tensor } from '../tensor/tensor.ts';
import { type AnyModule, Module } from './module.ts';

/** Layers by name, in their order. */
export type NamedLayers = Readonly<Record<string, AnyModule>>;

/** Layers by number, as far as their types tell. */
type Numbered<Layers extends readonly unknown[]> = number extends Layers['length']
  ? AnyModule extends Layers[number]
    ? unknown
    : { [index: number]: Layers[number] }
  : { [I in keyof Layers as I extends `${number}` ? I : never]: Layers[I] };

/** Any of the layers. */
type OneOf<Given extends readonly unknown[]> = Given extends readonly [infer Only]
  ? Only extends AnyModule
    ? Only
    : Only[keyof Only]
  : Given[number];

/** The layers as properties: by number, or by name. */
type PropertiesOf<Given extends readonly unknown[]> = Given extends readonly [infer Only]
  ? Only extends AnyModule
    ? Numbered<Given>
    : Only
  : Numbered<Given>;

/** What Sequential and ModuleList are beside their layers' properties. */
interface LayerList<Layer, In extends unknown[], Out> extends Module<In, Out>, Iterable<Layer> {
  /** How many layers. */
  readonly length: number;
  /**
   * The layer at `index`, counted from the end when negative; undefined where there is none.
   * @throws TypeError, RangeError when `index` is no integer
   */
  at(index: number): Layer | undefined;
  /** The layers in order. */
  [Symbol.iterator](): IterableIterator<Layer>;
  /** What a Sequential computes; a ModuleList has none. */
  forward(...xs: In): Out;
}

/** Defines the layers as properties, and knows their order. */
abstract class Layers<Layer, In extends unknown[], Out>
  extends Module<In, Out>
  implements LayerList<Layer, In, Out>
{
  readonly #where: string;
  readonly #names: readonly string[];

  /** `where` is the class, for error sentences. */
  constructor(where: string, layers: readonly (readonly [name: string, layer: unknown])[]) {
    super();
    this.#where = where;
    this.#names = layers.map(([name]) => name);
    for (const [name, layer] of layers) {
      if (!(layer instanceof Module)) {
        const spread = Array.isArray(layer) ? `: write new ${where}(...layers)` : '';
        throw wrongKind(where, `layer ${name}`, layer, `a Module${spread}`);
      }
      if (name === '' || name.includes('.')) {
        throw new RangeError(`${where}: a layer's name is '${name}', must not be empty or hold a dot`);
      }
      if (name in this) {
        throw new RangeError(
          `${where}: a layer's name is '${name}', must not be that of a property of every ${where}`,
        );
      }
      Object.defineProperty(this, name, {
        value: layer,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  }

  get length(): number {
    return this.#names.length;
  }

  at(index: number): Layer | undefined {
    integer(`${this.#where}.at`, 'index', index, -0x7fffffff);
    const name = this.#names.at(index);
    return name === undefined ? undefined : this.#named(name);
  }

  *[Symbol.iterator](): IterableIterator<Layer> {
    for (const name of this.#names) yield this.#named(name);
  }

  #named(name: string): Layer {
    return (this as unknown as Record<string, Layer>)[name] as Layer;
  }
}

/** Layers by the numbers of their places. */
const numbered = (layers: readonly unknown[]) => layers.map((layer, i) => [String(i), layer] as const);

/** Whether this is an object of layers and no layer. */
function isNamed(given: unknown): given is object {
  return !(given instanceof Module) && !(given instanceof Tensor) && tagOf(given) === 'Object';
}

/** The type of `Sequential`'s constructor. */
export interface SequentialConstructor {
  /**
   * Layers one after the other, known by their numbers, or an object of them, known by its keys.
   * @throws TypeError for what is no module; RangeError for a name that is empty, holds a dot, or is a property of modules
   */
  new <Given extends readonly AnyModule[] | readonly [NamedLayers] = readonly AnyModule[]>(
    ...layers: Given
  ): Sequential<Given>;
}

/** With the types of its layers: `Sequential<[Conv2d, ReLU]>`, or by name `Sequential<[{ conv: Conv2d }]>`. */
export type Sequential<Given extends readonly AnyModule[] | readonly [NamedLayers] = readonly AnyModule[]> =
  LayerList<OneOf<Given>, [x: Tensor], Tensor> & PropertiesOf<Given>;

/**
 * Each layer on the result of the one before. Layers are properties under their numbers or names: keys are `0.weight`,
 * `1.bias`, or, of `new Sequential({ conv, relu })`, `conv.weight`, as of PyTorch's OrderedDict. Iterating gives the
 * layers in order; of an object they are in the order of its keys, where JavaScript has whole numbers first.
 * @example
 * ```ts
 * const net = new Sequential({ conv: new Conv2d(3, 8, 3), relu: new ReLU() });
 * const y = net.forward(x);
 * for (const layer of net) console.log(layer === net.conv, layer === net.at(-1));
 * ```
 */
export const Sequential: SequentialConstructor = class extends Layers<
  Module<[unknown], unknown>,
  [x: Tensor],
  Tensor
> {
  static override readonly name: string = 'Sequential';

  constructor(...layers: readonly unknown[]) {
    const [only] = layers;
    super('Sequential', layers.length === 1 && isNamed(only) ? Object.entries(only) : numbered(layers));
  }

  /**
   * The last layer's result.
   * @param x what the first layer takes
   * @throws what the layers throw
   */
  forward(x: Tensor): Tensor {
    let value: unknown = x;
    for (const layer of this) value = layer.forward(value);
    return value as Tensor;
  }
} as unknown as SequentialConstructor;

/** The type of `ModuleList`'s constructor. */
export interface ModuleListConstructor {
  /** Modules, known by their numbers. @throws TypeError for what is no module */
  new <Given extends readonly AnyModule[] = readonly AnyModule[]>(...modules: Given): ModuleList<Given>;
}

/** With the types of its modules: `ModuleList<[Linear, Linear]>`, or of any number `ModuleList<Linear[]>`. */
export type ModuleList<Given extends readonly AnyModule[] = readonly AnyModule[]> = LayerList<
  Given[number],
  never[],
  never
> &
  Numbered<Given>;

/**
 * Modules by number, for a forward that calls them itself: `list[0]`, `list.at(-1)`, and in order by iterating.
 * @example
 * ```ts
 * const heads = new ModuleList(new Linear(8, 3), new Linear(8, 1));
 * const scores = [...heads].map((head) => head.forward(x));
 * ```
 */
export const ModuleList: ModuleListConstructor = class extends Layers<AnyModule, never[], never> {
  static override readonly name: string = 'ModuleList';

  constructor(...modules: readonly unknown[]) {
    super('ModuleList', numbered(modules));
  }

  /**
   * There is none.
   * @throws TypeError always
   */
  forward(): never {
    throw new TypeError('ModuleList: has no forward; call its modules');
  }
} as unknown as ModuleListConstructor;
