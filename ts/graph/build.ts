/**
 * A traced function as instructions: results are written where the caller wants them, numbers and constants become
 * buffers, every node is lowered by its operator.
 */
import type { TensorType } from '../dtype.ts';
import type { Storage } from '../engine/memory.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeFill } from '../instructions/copy.ts';
import { ACTIVATION } from '../instructions/table.ts';
import type { Lowered } from '../ops/operator.ts';
import { typeBytes } from '../program/eager.ts';
import { storageOf } from '../tensor/tensor.ts';
import { type Absorbed, lowerAbsorbed } from './absorb.ts';
import type { Draw } from './draw.ts';
import type { Graph, Node, Value } from './graph.ts';

/** What each external base of the instructions is bound to. */
export type Binding =
  | { readonly kind: 'input' | 'output'; readonly index: number }
  | { readonly kind: 'fixed'; readonly storage: Storage }
  | { readonly kind: 'draw'; readonly draw: Draw };

/**
 * Emits every node's instructions; gives what each external buffer is bound to. With `retain` constants are read where
 * they are at each run, otherwise copies of them.
 */
export function lowerGraph(lowering: Builder, graph: Graph, retain: boolean): Binding[] {
  const bindings: Binding[] = [];
  const buffers = new Map<Value, Buffer>();
  const external = (type: TensorType, binding: Binding, constant = false): Buffer => {
    bindings.push(binding);
    return lowering.external(typeBytes(type), constant);
  };
  for (const [index, value] of graph.inputs.entries()) {
    buffers.set(value, external(value, { kind: 'input', index }));
  }

  const written = new Set<Value | null | undefined>();
  for (const { entry, inputs, params } of graph.nodes)
    for (const i of entry.writes?.(params) ?? []) written.add(inputs[i]);

  const fixed = (value: Value): Buffer => {
    if (value.draw !== null) return external(value, { kind: 'draw', draw: value.draw });
    if (value.tensor === null) return scalarBuffer(lowering, value);
    const storage = storageOf('compile', 'constant', value.tensor);
    const constant = !written.has(value);
    const where = external(value, { kind: 'fixed', storage }, constant);
    if (retain || !constant) return where;
    const copy = lowering.buffer(value);
    lowering.copy(where, copy);
    return copy;
  };
  const bufferOf = (value: Value): Buffer => {
    let buffer = buffers.get(value);
    if (buffer === undefined) {
      buffer = fixed(value);
      buffers.set(value, buffer);
    }
    return buffer;
  };

  const outputs = placeOutputs(graph, external, buffers);
  graph.nodes.forEach((node, index) => {
    lowering.node = index;
    if (node.entry.lower === undefined) {
      const from = bufferOf(node.inputs[0]!);
      const to = buffers.get(node.outputs[0]!);
      if (to === undefined) buffers.set(node.outputs[0]!, from);
      else if (to !== from) lowering.copy(from, to);
      return;
    }
    const own = node.outputs.map((value) => {
      const buffer = buffers.get(value) ?? lowering.buffer(value);
      buffers.set(value, buffer);
      return buffer;
    });
    const inside = insideValues(node);
    const memoryOf: BufferOf = (value) => (inside.has(value) ? null : bufferOf(value));
    if (node.entry.convolves) lowerAbsorbed(lowering, absorbed(lowering, node, memoryOf, own));
    else node.entry.lower(lowering, plainNode(node, memoryOf, own));
  });
  for (const [value, to] of outputs) lowering.copy(bufferOf(value), to);
  return bindings;
}

/**
 * Has results written where the caller wants them: the first output that is a node's own result, or that result under
 * another shape, is bound directly. Gives the outputs that must be copied at the end: inputs, constants, repeats.
 */
function placeOutputs(
  graph: Graph,
  external: (type: TensorType, binding: Binding) => Buffer,
  buffers: Map<Value, Buffer>,
): [Value, Buffer][] {
  const copies: [Value, Buffer][] = [];
  graph.outputs.forEach((value, index) => {
    const to = external(value, { kind: 'output', index });
    const chain = aliasChain(value);
    const source = chain[chain.length - 1] as Value;
    if (source.kind === 'node' && chain.every((link) => !buffers.has(link))) {
      for (const link of chain) buffers.set(link, to);
    } else copies.push([value, to]);
  });
  return copies;
}

/** The value and what it is another shape of. */
function aliasChain(value: Value): Value[] {
  const chain = [value];
  for (let node = value.producer; node?.entry.alias; node = chain[chain.length - 1]!.producer)
    chain.push(node.inputs[0]!);
  return chain;
}

/** A number in a tensor's place. */
function scalarBuffer(lowering: Builder, { dtype, scalar }: Value): Buffer {
  const buffer = lowering.temporary(4);
  writeFill(
    lowering,
    { y: buffer },
    { dtype: dtype === 'float32' ? dtype : 'int32', count: 1, value: scalar },
  );
  return buffer;
}

/** The values between the parts of a fused node: what affine map and activation read first. */
function insideValues({ fused }: Node): Set<Value | null | undefined> {
  const { affine, activation } = fused;
  const inside = new Set<Value | null | undefined>();
  for (const part of [affine, activation]) if (part !== undefined) inside.add(part.inputs[0]);
  return inside;
}

/** A node with what was fused into it. */
function absorbed(lowering: Builder, node: Node, bufferOf: BufferOf, outputs: Buffer[]): Absorbed {
  const { affine, residual, activation } = node.fused;
  const act = activation?.entry.activation?.(activation.params, activation.inputs);
  const slope = activation?.inputs[1];
  return {
    ...plainNode(node, bufferOf, outputs),
    entry: node.entry,
    ...(affine?.entry.affine && { affine: affine.entry.affine(lowering, plainNode(affine, bufferOf, [])) }),
    ...(residual && { residual: bufferOf(residual) as Buffer }),
    ...(act && {
      activation: { ...act, slope: act.act === ACTIVATION.prelu && slope ? bufferOf(slope) : null },
    }),
  };
}

/** The memory of a value; null for one between fused nodes, which has none. */
type BufferOf = (value: Value) => Buffer | null;

/** A node as its operator's lowering wants it. */
function plainNode(node: Node, bufferOf: BufferOf, outputs: Buffer[]): Lowered {
  const inputs = node.inputs.map((input) => input && bufferOf(input));
  return { types: node.inputs, outputTypes: node.outputs, params: node.params, inputs, outputs };
}
