/** What a model computes otherwise than its file says: types that are not there, and what stands for them. */
import { counted } from '../base/errors.ts';
import type { GraphProto, ModelProto, NodeProto } from './protobuf.ts';
import { BFLOAT16, DOUBLE, dtypeOf, FLOAT16, INT64, typeName } from './weights.ts';

/** How many of the places of a type are named; the rest is counted. */
const NAMED = 5;

/** A sentence for each type of which something is given or computed as another. */
export function notesOf({ graph }: ModelProto): string[] {
  return [DOUBLE, FLOAT16, BFLOAT16, INT64].flatMap((type) => {
    const places = placesOf(graph, type);
    if (places.length === 0) return [];
    const more = places.length > NAMED ? ` and ${counted(places.length - NAMED, 'other')}` : '';
    const limits = type === INT64 ? ', what lies beyond becomes the nearest that there is' : '';
    return [
      `${typeName(type)} is computed as ${dtypeOf(type)}${limits}: ${places.slice(0, NAMED).join(', ')}${more}`,
    ];
  });
}

/** What is of a type. Of int64, with which most models compute their shapes, only what users give and get. */
function placesOf({ inputs, outputs, initializers, nodes }: GraphProto, type: number): string[] {
  const weights = new Set(initializers.map(({ name }) => name));
  const named = (what: string, list: readonly { readonly name: string; readonly type: number }[]) =>
    list.filter((one) => one.type === type).map(({ name }) => `${what} '${name}'`);
  const ports = [
    ...named(
      'input',
      inputs.filter(({ name }) => !weights.has(name)),
    ),
    ...named('output', outputs),
  ];
  if (type === INT64) return ports;
  const makes = (node: NodeProto) =>
    [...node.attributes].some(
      ([name, { tensor, int }]) =>
        tensor?.type === type || (node.operator === 'Cast' && name === 'to' && int === type),
    );
  const makers = nodes
    .filter(makes)
    .map(({ name, operator, outputs: [first] }) => `${operator} '${name || first}'`);
  return [...ports, ...named('initializer', initializers), ...makers];
}
