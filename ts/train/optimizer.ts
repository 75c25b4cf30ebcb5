/**
 * What optimisers share: groups of parameters, the state beside each parameter, and a step, which is one instruction for each
 * parameter (update.ts). The numbers of a step are written to memory before it, so that a step that is part of a program
 * (trainStep.ts) takes those of the moment.
 */
import { counted, shapeText, wrongKind } from '../base/errors.ts';
import { Shown } from '../base/shown.ts';
import { type Engine, engine, refresh } from '../engine/engine.ts';
import { adopt, allocate, type Resources, release, type Storage } from '../engine/memory.ts';
import type { Handle } from '../graph/value.ts';
import { countOf } from '../instructions/emit.ts';
import { RATES } from '../instructions/update.ts';
import { execute } from '../program/eager.ts';
import { requireType, storageOf, type Tensor } from '../tensor/tensor.ts';
import { checkGroup, gradientList, groupsOf, type ParamGroup } from './options.ts';
import { UPDATE_STEP } from './update.ts';

/** What an optimiser remembers, as copies outside the linear memory: plain data, for files and other threads. */
export interface OptimizerState {
  /** How many steps were made. */
  readonly step: number;
  /** The options of each group, and how many parameters it has. */
  readonly groups: readonly Readonly<Record<string, unknown>>[];
  /** Of each parameter, in order: its arrays by name, as many elements as it has. */
  readonly state: readonly Readonly<Record<string, Float32Array>>[];
}

/** What a group's next step is. */
export interface Update {
  /** UPDATE. */
  readonly rule: number;
  /** The names of the arrays beside each parameter, at the places that the rule has for them. */
  readonly arrays: readonly (string | null)[];
  readonly rates: readonly number[];
}

/** Memory of zeros, of an optimiser's own, in the place of a tensor. */
export function slot(
  where: string,
  on: Engine,
  shape: readonly number[],
): Handle & { resources: { storage: Storage } } {
  const count = countOf(shape);
  const storage = allocate(where, 4 * count);
  refresh(on).f32.fill(0, storage.address >>> 2, (storage.address >>> 2) + count);
  return { shape, dtype: 'float32', symbol: null, resources: { storage } };
}

/** Memory in the place of a tensor. */
export type Slot = ReturnType<typeof slot>;

/** Its values, until the memory grows. */
export function viewOf({ shape, resources: { storage } }: Slot): Float32Array {
  const at = storage.address >>> 2;
  return refresh(storage.engine).f32.subarray(at, at + countOf(shape));
}

class OptimizerResources implements Resources {
  /** Of each group, once it is needed. */
  readonly rates: Slot[] = [];
  /** Of each parameter: its arrays by name. */
  readonly state: Map<string, Slot>[] = [];
  isAlive = true;

  free(): void {
    this.isAlive = false;
    for (const { resources } of this.rates.splice(0)) release(resources.storage);
    for (const arrays of this.state.splice(0))
      for (const { resources } of arrays.values()) release(resources.storage);
  }
}

/** A parameter as the next step takes it: the inputs of UPDATE_STEP but for its gradient. @internal */
export interface Prepared {
  readonly rule: number;
  readonly rates: Handle;
  readonly parameter: Tensor;
  readonly arrays: readonly (Handle | null)[];
}

/**
 * What optimisers share. An optimiser belongs to the scope that it is made in, and its parameters stay whose they are.
 * @hidden
 */
export abstract class Optimizer<G extends ParamGroup = ParamGroup> extends Shown {
  /** Parameters and their options, which may be changed between steps. */
  readonly groups: readonly G[];
  readonly #options: readonly string[];
  readonly #resources = new OptimizerResources();
  readonly #engine: Engine;
  #steps = 0;
  /** Names of arrays that a step has written, or that were loaded, of each group. */
  readonly #used: Set<string>[];
  /** Names of arrays that the step which was prepared writes, of each group. */
  #written: (readonly (string | null)[])[] = [];

  /** @internal */
  constructor(params: unknown, options: object | undefined, defaults: Readonly<Record<string, unknown>>) {
    super();
    const where = this.constructor.name;
    this.#engine = engine(where);
    this.groups = groupsOf<G>(where, params, options, defaults);
    this.#options = Object.keys(defaults);
    this.#used = this.groups.map(() => new Set());
    for (const { params: own } of this.groups) for (const _ of own) this.#resources.state.push(new Map());
    adopt(this);
  }

  /** The next step of a group, the number `step` from 1; `isUsed` says which of its arrays hold values. @internal */
  protected abstract updateOf(group: G, step: number, isUsed: (array: string) => boolean): Update;

  /** The first group's learning rate; setting it sets that of all groups. */
  get lr(): number {
    return (this.groups[0] as G).lr;
  }

  /** Sets the learning rate of all groups. @throws TypeError, RangeError for what is none */
  set lr(lr: number) {
    checkGroup(this.constructor.name, '', { lr }, ['lr']);
    for (const group of this.groups) group.lr = lr;
  }

  /** The parameters of all groups, in order. */
  get parameters(): Tensor[] {
    return this.groups.flatMap(({ params }) => params);
  }

  /**
   * Updates every parameter in place by its gradient.
   * @param grads one for each parameter, of its shape, in their order: an array, or an object of them as valueAndGrad gives it
   * for a module
   * @throws TypeError, RangeError where they are not that, or an option cannot be; nothing has been written then
   */
  step(grads: readonly Tensor[] | Readonly<Record<string, Tensor>>): void {
    const where = `${this.constructor.name}.step`;
    const { parameters } = this;
    const given = gradientList(where, grads, parameters.length).map((grad, i) =>
      requireType(where, `grads[${i}]`, grad, parameters[i] as Tensor),
    );
    this.prepare(where).forEach(({ rule, rates, parameter, arrays }, i) => {
      const inputs = [rates, given[i] as Tensor, null, null, parameter, ...arrays];
      execute(UPDATE_STEP, inputs, [rule], () => ({ dispose() {} }));
    });
    this.advance();
  }

  /** Writes the numbers of the next step, and says what it takes of each parameter. @throws as `step` @internal */
  prepare(where: string): Prepared[] {
    this.#requireAlive(where);
    this.groups.forEach((group, i) => {
      checkGroup(where, `groups[${i}]`, group, this.#options);
      group.params.forEach((param, at) => {
        storageOf(where, `groups[${i}].params[${at}]`, param);
      });
    });
    const { rates: kept, state } = this.#resources;
    const updates = this.groups.map((group, i) => {
      const used = this.#used[i] as Set<string>;
      return this.updateOf(group, this.#steps + 1, (name) => used.has(name));
    });
    this.#written = updates.map(({ arrays }) => arrays);
    let next = 0;
    return this.groups.flatMap((group, i) => {
      const update = updates[i] as Update;
      const rates = kept[i] ?? slot(where, this.#engine, [RATES]);
      kept[i] = rates;
      viewOf(rates).set(update.rates);
      return group.params.map((parameter) => {
        const own = state[next++] as Map<string, Slot>;
        const arrays = update.arrays.map((name) => name && this.#array(where, own, name, parameter.shape));
        return { rule: update.rule, rates, parameter, arrays: arrays as (Handle | null)[] };
      });
    });
  }

  #array(where: string, own: Map<string, Slot>, name: string, shape: readonly number[]): Slot {
    const made = own.get(name) ?? slot(where, this.#engine, shape);
    own.set(name, made);
    return made;
  }

  /** Counts the step that was prepared as made. @internal */
  advance(): void {
    this.#written.forEach((names, i) => {
      for (const name of names) if (name !== null) this.#used[i]?.add(name);
    });
    this.#steps += 1;
  }

  /** A copy of what it remembers: the count of steps, the groups' options, and the arrays beside each parameter. */
  stateDict(): OptimizerState {
    this.#requireAlive(`${this.constructor.name}.stateDict`);
    const groups = this.groups.map((group) => {
      const options = this.#options.map((name) => [
        name,
        structuredCopy((group as Record<string, unknown>)[name]),
      ]);
      return { ...Object.fromEntries(options), params: group.params.length };
    });
    let next = 0;
    const state = this.groups.flatMap(({ params }, i) =>
      params.map(() => {
        const arrays = [...(this.#resources.state[next++] as Map<string, Slot>)];
        const used = arrays.filter(([name]) => this.#used[i]?.has(name));
        return Object.fromEntries(used.map(([name, array]) => [name, viewOf(array).slice()]));
      }),
    );
    return { step: this.#steps, groups, state };
  }

  /**
   * Takes over what `stateDict` of an optimiser of the same class, over parameters of the same shapes, gave.
   * @throws TypeError, RangeError where it does not fit; nothing has been changed then
   */
  loadStateDict(dict: OptimizerState): void {
    const where = `${this.constructor.name}.loadStateDict`;
    this.#requireAlive(where);
    const { step, groups, state } = this.#checked(where, dict);
    const { parameters } = this;
    const made = state.map((arrays, i) =>
      Object.entries(arrays).map(([name, values]) => {
        const array = this.#array(
          where,
          this.#resources.state[i] as Map<string, Slot>,
          name,
          parameters[i]!.shape,
        );
        return { array, values };
      }),
    );
    for (const { array, values } of made.flat()) viewOf(array).set(values);
    let next = 0;
    this.groups.forEach((group, i) => {
      for (const name of this.#options) Object.assign(group, { [name]: structuredCopy(groups[i]?.[name]) });
      const used = this.#used[i] as Set<string>;
      used.clear();
      for (const name of Object.keys(state[next] as object)) used.add(name);
      next += group.params.length;
    });
    this.#steps = step;
  }

  #checked(where: string, dict: OptimizerState): OptimizerState {
    const isState =
      typeof dict === 'object' && dict !== null && Array.isArray(dict.groups) && Array.isArray(dict.state);
    if (!isState || !Number.isInteger(dict.step) || dict.step < 0)
      throw wrongKind(where, 'dict', dict, 'what stateDict() gives');
    const { parameters } = this;
    if (dict.groups.length !== this.groups.length || dict.state.length !== parameters.length) {
      const [is, must] = [
        [dict.groups.length, dict.state.length],
        [this.groups.length, parameters.length],
      ].map(([some, all]) => `${counted(some as number, 'group')} of ${counted(all as number, 'parameter')}`);
      throw new RangeError(`${where}: dict has ${is}, must have ${must}`);
    }
    dict.groups.forEach((group, i) => {
      if (group?.params !== this.groups[i]?.params.length) {
        throw new RangeError(
          `${where}: dict.groups[${i}] has ${group?.params} parameters, must have ${this.groups[i]?.params.length}`,
        );
      }
      checkGroup(where, `dict.groups[${i}]`, group, this.#options);
    });
    dict.state.forEach((arrays, i) => {
      for (const [name, values] of Object.entries(arrays)) {
        const { size, shape } = parameters[i] as Tensor;
        if (!(values instanceof Float32Array) || values.length !== size) {
          throw new RangeError(
            `${where}: dict.state[${i}].${name} must be a Float32Array of ${counted(size, 'element')}, for a parameter of shape ${shapeText(shape)}`,
          );
        }
      }
    });
    return dict;
  }

  /** Its class and its options: what consoles show. */
  override toString(): string {
    const groups = this.groups.map((group) => {
      const options = this.#options.map((name) => `${name}: ${(group as Record<string, unknown>)[name]}`);
      return `${counted(group.params.length, 'parameter')}, ${options.join(', ')}`;
    });
    return `${this.constructor.name} (${groups.join('; ')})`;
  }

  /** Bytes of the state beside the parameters, so far. @internal */
  get stateBytes(): number {
    const arrays = this.#resources.state.flatMap((own) => [...own.values()]);
    return arrays.reduce((sum, { resources }) => sum + resources.storage.bytes, 0);
  }

  #requireAlive(where: string): void {
    if (this.disposed) throw new TypeError(`${where}: the optimizer is disposed`);
  }

  /** @internal */
  get resources(): OptimizerResources {
    return this.#resources;
  }

  /** True after dispose(), the end of its scope, or disposeRuntime(). */
  get disposed(): boolean {
    return !this.#resources.isAlive || !this.#engine.alive;
  }

  /** Gives its state's memory back, not the parameters'; may be called again. */
  dispose(): void {
    this.#resources.free();
  }

  /** For `using`: as dispose(). */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

const structuredCopy = (value: unknown): unknown => (Array.isArray(value) ? [...value] : value);
