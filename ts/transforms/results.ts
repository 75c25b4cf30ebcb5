/** What a traced function gives: a tensor, or an array or object of them; and what a program gives in the same form. */
import type { DType } from '../base/dtype.ts';
import { describe } from '../base/errors.ts';
import { type AnyTensor, Tensor } from '../tensor/tensor.ts';

/** What a compiled function may give: a tensor, or an array or object of such. */
export type Results = AnyTensor | readonly Results[] | { readonly [name: string]: Results };

/** The same structure with another tensor in each tensor's place. @throws TypeError for anything else in it */
export function mapResults(
  results: unknown,
  where: string,
  change: (leaf: Tensor<DType>) => Tensor<DType>,
): Results {
  if (results instanceof Tensor) return change(results) as AnyTensor;
  if (Array.isArray(results)) return results.map((part) => mapResults(part, where, change));
  if (typeof results === 'object' && results !== null) {
    return Object.fromEntries(
      Object.entries(results).map(([key, part]) => [key, mapResults(part, where, change)]),
    );
  }
  throw new TypeError(
    `${where}: the function gave ${describe(results)}, must give a Tensor, or an array or object of them`,
  );
}

/** The tensors of a structure, in order. */
export function leavesOf(results: unknown, where: string): Tensor<DType>[] {
  const leaves: Tensor<DType>[] = [];
  mapResults(results, where, (leaf) => {
    leaves.push(leaf);
    return leaf;
  });
  return leaves;
}

/** What `given` has where `form` has its tensors, and the path to each. @throws TypeError where the structures differ */
export function matchResults(
  form: Results,
  given: unknown,
  where: string,
  name: string,
): { readonly name: string; readonly value: unknown }[] {
  if (form instanceof Tensor) return [{ name, value: given }];
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${where}: ${name} is ${describe(given)}, must have the form of the results`);
  }
  return Object.entries(form).flatMap(([key, part]) => {
    // A result may be called 'constructor', which every object has.
    const own = Object.hasOwn(given, key) ? (given as Record<string, unknown>)[key] : undefined;
    return matchResults(part, own, where, `${name}.${key}`);
  });
}

/** The structure of results without tensors: in each one's place its number, in order. */
export type Form = number | readonly Form[] | { readonly [name: string]: Form };

/** The form of results. */
export function formOf(results: Results): Form {
  let next = 0;
  const visit = (part: Results): Form => {
    if (part instanceof Tensor) return next++;
    if (Array.isArray(part)) return part.map(visit);
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, visit(value)]));
  };
  return visit(results);
}
