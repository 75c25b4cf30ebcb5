/** What optimisers are told: each option's check, and where parameters and groups are told apart. */
import { checkOptions, real } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { counted, wrongKind, wrongValue } from '../base/errors.ts';
import type { Storage } from '../engine/memory.ts';
import { flag } from '../ops/options.ts';
import { requireTensor, storageOf, Tensor } from '../tensor/tensor.ts';

/** Parameters that are updated with the same options. All but the parameters may be changed between steps. */
export interface ParamGroup {
  /** The tensors, in order. */
  readonly params: readonly Tensor[];
  /** The learning rate. */
  lr: number;
  /** The share of the parameter that is added to its gradient; AdamW takes `lr` times it off the parameter instead. */
  weightDecay: number;
  /** The share of the last step in the next; only where the optimiser has it. */
  momentum?: number | undefined;
  /** The share of what was in the means of gradients and of their squares; only where the optimiser has them. */
  betas?: readonly [number, number] | undefined;
}

type Check = (where: string, name: string, value: unknown) => void;

const fromZero: Check = (where, name, value) => {
  const number = real(where, name, value);
  if (number < 0 || number === Infinity) throw wrongValue(where, name, number, 'a finite number, at least 0');
};

const belowOne: Check = (where, name, value) => {
  const number = real(where, name, value);
  if (number < 0 || number >= 1) throw wrongValue(where, name, number, 'at least 0 and below 1');
};

const CHECKS: Readonly<Record<string, Check>> = {
  lr: fromZero,
  weightDecay: fromZero,
  momentum: fromZero,
  eps: fromZero,
  alpha: fromZero,
  dampening: (where, name, value) => void real(where, name, value),
  betas(where, name, value) {
    if (!Array.isArray(value) || value.length !== 2)
      throw wrongKind(where, name, value, 'an array of 2 numbers');
    value.forEach((beta, i) => {
      belowOne(where, `${name}[${i}]`, beta);
    });
  },
  nesterov: flag,
  amsgrad: flag,
  centered: flag,
};

/** @throws TypeError, RangeError for an option of a group that cannot be */
export function checkGroup(where: string, name: string, group: object, options: readonly string[]): void {
  const given = group as Readonly<Record<string, unknown>>;
  for (const option of options)
    (CHECKS[option] as Check)(where, `${name}${name && '.'}${option}`, given[option]);
  if (given.nesterov === true && !((given.momentum as number) > 0 && given.dampening === 0)) {
    throw new RangeError(
      `${where}: nesterov is true, momentum must be above 0 and dampening 0, they are ${given.momentum} and ${given.dampening}`,
    );
  }
}

/** The groups that a constructor was told. @throws TypeError, RangeError that say what is wrong with them */
export function groupsOf<G extends ParamGroup>(
  where: string,
  params: unknown,
  options: object | undefined,
  defaults: Readonly<Record<string, unknown>>,
): G[] {
  const known = Object.keys(defaults);
  checkOptions(where, options, known);
  if (!Array.isArray(params)) {
    const hint =
      typeof (params as { parameters?: unknown } | null)?.parameters === 'function'
        ? ': write net.parameters()'
        : '';
    throw wrongKind(where, 'params', params, `an array of tensors, or of groups { params, lr, ... }${hint}`);
  }
  if (params.length === 0) throw new RangeError(`${where}: params is empty, must hold at least one tensor`);
  const given = withDefaults(defaults, options);
  const seen = new Map<Storage, string>();
  if (params[0] instanceof Tensor) {
    checkGroup(where, '', given, known);
    return [{ ...given, params: parametersOf(where, 'params', params, seen) } as unknown as G];
  }
  return params.map((group: unknown, i) => {
    const name = `params[${i}]`;
    if (typeof group !== 'object' || group === null || group instanceof Tensor || Array.isArray(group))
      throw wrongKind(where, name, group, 'a group { params, lr, ... }');
    checkOptions(`${where}: ${name}`, group, ['params', ...known]);
    const { params: own, ...rest } = group as { params?: unknown };
    const made = withDefaults(given, rest);
    checkGroup(where, name, made, known);
    if (!Array.isArray(own) || own.length === 0)
      throw wrongKind(where, `${name}.params`, own, 'an array of at least one tensor');
    return { ...made, params: parametersOf(where, `${name}.params`, own, seen) } as unknown as G;
  });
}

function withDefaults(defaults: object, given: object | undefined): Record<string, unknown> {
  const made: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(given ?? {})) if (value !== undefined) made[key] = value;
  return made;
}

function parametersOf(
  where: string,
  list: string,
  params: readonly unknown[],
  seen: Map<Storage, string>,
): Tensor[] {
  return params.map((param, i) => {
    const name = `${list}[${i}]`;
    const tensor = requireFloat(where, name, param);
    const storage = storageOf(where, name, tensor);
    const before = seen.get(storage);
    if (before !== undefined)
      throw new RangeError(`${where}: ${name} is ${before} as well, a parameter must be there once`);
    seen.set(storage, name);
    return tensor;
  });
}

/** @throws TypeError that says what it is instead of a float32 tensor with values */
export function requireFloat(where: string, name: string, value: unknown): Tensor {
  const tensor = requireTensor(where, name, value);
  storageOf(where, name, tensor);
  if ((tensor.dtype as DType) === 'float32') return tensor as unknown as Tensor;
  throw new TypeError(`${where}: ${name} is ${tensor.dtype}, must be float32`);
}

/** A list of gradients: an array, or an object of them in order, as valueAndGrad gives them. */
export function gradientList(where: string, grads: unknown, count?: number): readonly unknown[] {
  const isPlain = typeof grads === 'object' && grads !== null && !(grads instanceof Tensor);
  if (!isPlain || ArrayBuffer.isView(grads))
    throw wrongKind(where, 'grads', grads, 'an array of tensors, or an object of them by name');
  const list = Array.isArray(grads) ? grads : Object.values(grads);
  if (count !== undefined && list.length !== count)
    throw new RangeError(`${where}: grads has ${counted(list.length, 'tensor')}, must have ${count}`);
  return list;
}
