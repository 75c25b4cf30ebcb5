/**
 * valueAndGrad: a function's value and its gradients in one run, of tensors one by one, of a list of them, or of a module's
 * parameters by their names; and what else the function gives beside its value.
 */
import { allocate, release, type Storage, scope } from '../engine/memory.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  addressOf,
  emptyTensors,
  type Gradients,
  memoryOf,
  type Named,
  namedByPlace,
  runMain,
  type Traced,
  traced,
} from './gradient.ts';
import { mapResults } from './results.ts';

/** What the function gives: its value, or the value and an aux: a tensor, or an array or object of them. */
type Scored = Tensor | readonly [value: Tensor, aux: unknown];

/** What `valueAndGrad` gives for a function that gives Y: the value and the gradients, and the aux where there is one. */
export type ValueAndGrad<Y, Grads> = Y extends readonly [Tensor, infer Aux]
  ? {
      /** The value, one float32. */
      value: Tensor;
      /** What the function gave beside it, with tensors of the caller's. */
      aux: Aux;
      /** The gradients, each of its x's shape: a list, or of a module by name. */
      grads: Grads;
    }
  : {
      /** The value, one float32. */
      value: Tensor;
      /** The gradients, each of its x's shape: a list, or of a module by name. */
      grads: Grads;
    };

/** What has parameters by name, as a Module has. */
interface Parametrized {
  /** `[key, parameter]` of each. */
  namedParameters(): readonly (readonly [key: string, parameter: Tensor])[];
}

const where = 'valueAndGrad';

/**
 * The value of `body` and the gradients of it with respect to `xs`, each of its x's shape. `body` gives one float32 value, or
 * `[value, aux]`: then `aux`, a tensor or an array or object of them, comes back with the value, from the same forward run, and
 * nothing flows back from it. The xs are followed by identity wherever the function meets them. They are
 *
 * - tensors one by one, or a list of them: `body` is called with them, `grads` is a list in their order;
 * - a module: `body` is called with it, `grads` is an object of the gradients by the names that `namedParameters()` gives.
 * @throws RangeError when the value is not one; TypeError for an x that is no float32 tensor, and when called inside a traced
 * function
 * @example
 * ```ts
 * const loss = () => mean(pow(sub(net.forward(x), y), 2));
 * valueAndGrad((a) => sum(mul(a, a)), x).grads[0]; // 2 x
 * valueAndGrad(loss, net.parameters()).grads; // one for each parameter
 * const { value, aux, grads } = valueAndGrad(() => {
 *   const scores = net.forward(x);
 *   return [mean(pow(sub(scores, y), 2)), { scores }];
 * }, net); // grads['head.weight'], aux.scores
 * ```
 */
export function valueAndGrad<const Y extends Scored, Xs extends readonly Tensor[]>(
  body: (...xs: NoInfer<Xs>) => Y,
  xs: readonly [...Xs],
): ValueAndGrad<Y, Gradients<Xs>>;
/**
 * The same for a module's parameters: `grads` is an object by their names.
 * @throws as for tensors
 */
export function valueAndGrad<const Y extends Scored, M extends Parametrized>(
  body: (module: M) => Y,
  module: M,
): ValueAndGrad<Y, Record<string, Tensor>>;
/**
 * The same for tensors one by one: `grads` is a list in their order.
 * @throws as for a list
 */
export function valueAndGrad<const Y extends Scored, Xs extends readonly Tensor[]>(
  body: (...xs: NoInfer<Xs>) => Y,
  ...xs: Xs
): ValueAndGrad<Y, Gradients<Xs>>;
export function valueAndGrad(body: unknown, ...given: readonly unknown[]): unknown {
  const [first] = given;
  const alone = given.length === 1;
  if (alone && isParametrized(first)) {
    const xs = first.namedParameters();
    const { grads, ...rest } = runWith(body, [first], xs);
    return { ...rest, grads: Object.fromEntries(xs.map(([name], i) => [name, grads[i]])) };
  }
  const xs = alone && Array.isArray(first) ? (first as readonly unknown[]) : given;
  return runWith(body, xs, namedByPlace(xs));
}

function isParametrized(value: unknown): value is Parametrized {
  return typeof (value as Parametrized | null | undefined)?.namedParameters === 'function';
}

function runWith(body: unknown, args: readonly unknown[], xs: readonly Named[]) {
  return scope(() =>
    traced(where, { body, args, xs, seeded: true }, (found) => valuesOf(found, xs as [string, Tensor][])),
  );
}

/** Runs the program and gives what it made in the form of what the function gave. */
function valuesOf(found: Traced, xs: readonly (readonly [string, Tensor])[]) {
  const { loaded, outputs: types, form } = found;
  const { slotBytes } = loaded.executable;
  let room: Storage | null = null;
  try {
    if (slotBytes > 0) room = allocate(where, slotBytes);
    const outputs = emptyTensors(where, types);
    const grads = emptyTensors(
      where,
      xs.map(([, x]) => x),
    );
    const results = [...outputs, ...grads].map(addressOf);
    runMain(where, found, memoryOf(found, room?.address ?? 0, 0), results);
    const [value, ...rest] = outputs;
    if (!Array.isArray(form)) return { value, grads };
    let next = 0;
    return { value, aux: mapResults(form[1], where, () => rest[next++] as (typeof rest)[number]), grads };
  } finally {
    if (room !== null) release(room);
    loaded.release();
  }
}
