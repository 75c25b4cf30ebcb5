/**
 * A net as a graph that is looked at: a module, a function of tensors or an imported model, traced for inputs of given shapes. Each of
 * its layers has a name: a module's path, or the operator's name, numbered where it comes again.
 */
import { wrongKind, wrongValue } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { engine } from '../engine/engine.ts';
import { scope } from '../engine/memory.ts';
import { Trace } from '../graph/trace.ts';
import { type Node, unshaped, type Value } from '../graph/value.ts';
import { sourceOf } from '../layers/compile.ts';
import { type AnyModule, Module } from '../layers/module.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type InputSpec, inputType } from '../transforms/inputs.ts';
import { leavesOf } from '../transforms/results.ts';
import { traced } from '../transforms/traced.ts';

/** One call of an operator that depends on what goes in. */
export interface Layer {
  readonly name: string;
  readonly node: Node;
}

/** What was traced. */
export interface Net {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  readonly results: readonly Value[];
  readonly layers: readonly Layer[];
  /** Whether a value depends on what goes in. */
  depends(value: Value): boolean;
  /** The value of a layer: by a module's path or a layer's name. @throws RangeError that offers the nearest names */
  valueOf(where: string, layer: unknown): Value;
  /** Whether a value is a parameter: of a function every tensor that it met. */
  isParameter(value: Value): boolean;
}

/** Traces a net for these inputs and has it looked at: a module in its eval mode, a function, or a model. */
export function withNet<T>(where: string, given: unknown, inputs: unknown, use: (net: Net) => T): T {
  engine(where);
  if (!Array.isArray(inputs)) throw wrongKind(where, 'inputs', inputs, `an array of shapes${portsOf(given)}`);
  if (inputs.length > 0 && inputs.every((one) => typeof one === 'number'))
    throw new TypeError(
      `${where}: inputs is [${inputs.join(', ')}], must be an array of shapes: write [[${inputs.join(', ')}]]`,
    );
  // What the function makes on the way goes with the scope.
  return scope(() => {
    const net = moduleOf(given);
    const source = sourceOf(where, net, 'eval');
    const types = inputs.map((spec: InputSpec, i) => inputType(where, spec, i));
    const trace = new Trace(source.parameters);
    try {
      const form = traced(where, trace, source, types, undefined);
      const results = leavesOf(form, where).map((leaf) => trace.valueOf(leaf));
      return use(netOf(trace, results, net));
    } finally {
      trace.close();
    }
  });
}

/** What an imported model says of its inputs, some of whose axes may be free: the end of a sentence. */
function portsOf(given: unknown): string {
  const { inputs } = (given ?? {}) as { inputs?: readonly { name: string; shape: unknown }[] };
  if (!Array.isArray(inputs) || inputs.length === 0) return '';
  const axes = (shape: unknown) =>
    Array.isArray(shape) ? `[${shape.map((one) => one ?? '?').join(', ')}]` : '[?]';
  return `: a number for each axis of ${inputs.map(({ name, shape }) => `${name} ${axes(shape)}`).join(', ')}`;
}

/** What a trace knows of a net by now. */
export function netOf(trace: Trace, results: readonly Value[], net: unknown): Net {
  const { nodes, inputs } = trace;
  const dependent = new Set<Value>(inputs);
  for (const node of nodes) {
    if (!node.inputs.some((input) => input !== null && dependent.has(input))) continue;
    for (const value of [...node.outputs, ...node.state]) dependent.add(value);
  }
  const depends = (value: Value) => dependent.has(value);
  const named = new Map([...trace.named].filter(([path]) => path !== ''));
  const layers = layersOf(nodes, named, depends);
  const storages =
    net instanceof Module ? new Set(net.parameters().map(({ resources }) => resources.storage)) : null;
  return {
    ...{ nodes, inputs, results, layers, depends },
    valueOf: (where, layer) => layerValue(where, layer, layers, named),
    isParameter: ({ kind, storage }) => kind === 'capture' && (storages?.has(storage) ?? true),
  };
}

/** An imported model, as far as it is looked at. */
export interface AnalysedModel {
  /** The model as a module. */
  toModule(): AnyModule;
}

/** What is analysed: a module, a function of tensors, or an imported model (its nodes' names are its layers'). */
export type NetSource = AnyModule | ((...xs: never[]) => unknown) | AnalysedModel;

/** A module or a function; a model as a module, which belongs to the open scope. */
export function moduleOf(net: unknown): unknown {
  const { toModule } = (net ?? {}) as { toModule?: () => AnyModule };
  return typeof toModule === 'function' ? toModule.call(net) : net;
}

/** The shapes of what goes in. */
export interface InputsOption {
  /** A shape for each input, or shape and dtype: `[[1, 3, 224, 224]]`. */
  inputs: readonly InputSpec[];
}

function layersOf(
  nodes: readonly Node[],
  named: ReadonlyMap<string, Value>,
  depends: (value: Value) => boolean,
): Layer[] {
  // A module that is one call of an operator gives its layer the name.
  const pathOf = new Map<Node, string>();
  for (const [path, value] of named) {
    const { maker } = unshaped(value);
    if (maker !== null && maker.path === path && !pathOf.has(maker)) pathOf.set(maker, path);
  }
  const taken = new Set(pathOf.values());
  const calls = nodes.filter(({ entry, outputs }) => !entry.alias && outputs.some(depends));
  return calls.map((node) => {
    const own = pathOf.get(node);
    if (own !== undefined) return { name: own, node };
    const base = node.path === '' ? node.entry.name : `${node.path}.${node.entry.name}`;
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    return { name, node };
  });
}

function layerValue(
  where: string,
  layer: unknown,
  layers: readonly Layer[],
  named: ReadonlyMap<string, Value>,
): Value {
  if (typeof layer !== 'string') throw wrongKind(where, 'layer', layer, "a layer's name");
  const value = named.get(layer) ?? layers.find(({ name }) => name === layer)?.node.outputs[0];
  if (value !== undefined) return value;
  const names = [...new Set([...layers.map(({ name }) => name), ...named.keys()])];
  const near = nearest(layer, names).map((name) => `'${name}'`);
  throw wrongValue(
    where,
    'layer',
    layer,
    near.length === 0
      ? 'a layer of the net, which has none'
      : `a layer of the net: ${near.join(', ')} are the nearest names`,
  );
}

/** What a module or a function makes of one tensor, called at once. @throws TypeError for anything else */
export function callable(where: string, name: string, net: unknown, must: string): (x: Tensor) => unknown {
  if (typeof net === 'function') return net as (x: Tensor) => unknown;
  const { forward } = (net ?? {}) as { forward?: (x: Tensor) => unknown };
  if (typeof forward === 'function') return (x) => forward.call(net, x);
  throw wrongKind(where, name, net, must);
}
