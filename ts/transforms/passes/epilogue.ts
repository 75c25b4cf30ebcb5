/**
 * y = act(f(x) + residual), where f can end with more (a convolution, a linear layer): the addition of a tensor of y's
 * shape, and an activation that costs little, become inputs and params of f. Values between them are never written.
 */
import { sameShape } from '../../base/dtype.ts';
import type { FinalActivation, Resolved } from '../../graph/entry.ts';
import { makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import { ACTIVATION } from '../../instructions/table.ts';

/** Whether a node that can end with more ends with nothing yet. */
export function endsPlainly({ entry, inputs, params }: Node): boolean {
  const epilogue = entry.traits?.epilogue;
  if (epilogue === undefined || params.length > epilogue.own(params)) return false;
  return (inputs[epilogue.residual] ?? null) === null;
}

/** Whether a node can still end with an activation. */
function endsOpen({ entry, params }: Node): boolean {
  const epilogue = entry.traits?.epilogue;
  return epilogue !== undefined && params.length === epilogue.own(params);
}

/** The axis of a node's output that its weights' channels go along. */
export function channelAxisOf({ entry, outputs }: Node): number {
  return entry.traits?.weights?.channelsLast === true ? outputs[0]!.shape.length - 1 : 1;
}

/** A node's inputs with one more at a place behind them. */
export function withInput(inputs: readonly (Value | null)[], place: number, value: Value): (Value | null)[] {
  const all = [...inputs];
  while (all.length < place) all.push(null);
  all[place] = value;
  return all;
}

const residual: Rule = {
  name: 'residual',
  match({ entry, inputs }) {
    if (!entry.traits?.sums) return null;
    for (const [value, other] of [inputs, [...inputs].reverse()] as [Value, Value][]) {
      const f = makerOf(value, endsPlainly);
      if (f === null || !sameShape(other, value) || other === value || value.uses.length !== 1) continue;
      const { residual: place } = f.entry.traits!.epilogue!;
      const all = withInput(f.inputs, place, other);
      return { inner: [f], make: (add) => add(f.entry, all, f.params, f.resolved) };
    }
    return null;
  },
};

/**
 * The functions that kernels end a tile with in registers. Any other is faster in a loop of its own, in place, over what is
 * still in the cache (docs/performance.md).
 */
const IN_REGISTERS: readonly (keyof typeof ACTIVATION)[] = ['relu', 'clip', 'leakyRelu', 'prelu'];

/** What a node makes when it ends with an activation. */
function endedBy({ resolved }: Node, { act, p0, p1 }: FinalActivation): Resolved {
  return { ...resolved, problem: { ...(resolved.problem as object), activation: { act, p0, p1 } } };
}

const activation: Rule = {
  name: 'activation',
  match({ entry, inputs, params }) {
    const act: FinalActivation | null | undefined = entry.traits?.activation?.(inputs, params);
    const f = act && makerOf(inputs[0], endsOpen);
    if (!act || !f || !IN_REGISTERS.some((name) => ACTIVATION[name] === act.act)) return null;
    const { slope: place } = f.entry.traits!.epilogue!;
    const ended = [...f.params, act.act, act.p0, act.p1];
    if (act.slope === undefined)
      return { inner: [f], make: (add) => add(f.entry, f.inputs, ended, endedBy(f, act)) };
    if (place === null || channelAxisOf(f) !== 1) return null;
    const all = withInput(f.inputs, place, inputs[act.slope] as Value);
    return { inner: [f], make: (add) => add(f.entry, all, ended, endedBy(f, act)) };
  },
};

export const epilogue: Pass = { name: 'epilogue', rules: [residual, activation] };
