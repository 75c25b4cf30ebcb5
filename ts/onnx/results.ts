/** What a user asks of a run: names of values, and tensors to write them into. */
import { wrongKind } from '../base/errors.ts';
import { type AnyTensor, Tensor } from '../tensor/tensor.ts';
import { type ModelPort, names } from '../transforms/feeds.ts';
import type { Plan } from './build.ts';

/** What a run of a model gives: tensors by name, whose dtypes `dtype` tells, or `.as('float32')` makes known. */
export type ModelResults = Record<string, AnyTensor>;

/** The names, once each. @throws TypeError, RangeError for what is no list of names that the model can give */
export function checkOutputs(
  where: string,
  asked: unknown,
  { makers, constants, released }: Plan,
  inputs: readonly ModelPort[],
  outputs: readonly ModelPort[],
): string[] {
  if (!Array.isArray(asked) || asked.some((name) => typeof name !== 'string')) {
    throw wrongKind(where, 'outputs', asked, 'an array of names');
  }
  if (asked.length === 0) throw new RangeError(`${where}: outputs is empty, must hold at least one name`);
  for (const name of asked as string[]) {
    if (constants.has(name) || inputs.some((port) => port.name === name)) continue;
    const maker = makers.get(name);
    if (maker !== undefined && maker.node.outputs.indexOf(name) < (maker.handler.outputs ?? 1)) continue;
    if (released.has(name))
      throw new RangeError(
        `${where}: outputs names '${name}', of which other constants were made on loading: it is not kept`,
      );
    throw new RangeError(
      `${where}: outputs names '${name}', which nothing in the model makes; its outputs are ${names(outputs)}`,
    );
  }
  return [...new Set(asked as string[])];
}

/** A tensor for each name. @throws TypeError */
export function checkInto(into: object, wanted: readonly string[]): void {
  if (typeof into !== 'object' || into === null || into instanceof Tensor) {
    throw wrongKind('Model.run', 'into', into, "an object with a tensor for each output's name");
  }
  for (const name of wanted) {
    if (!Object.hasOwn(into, name)) throw new TypeError(`Model.run: into.${name} is missing`);
  }
  for (const name of Object.keys(into)) {
    if (!wanted.includes(name)) throw new TypeError(`Model.run: into has '${name}', which is not asked for`);
  }
}
