/** What a model computes otherwise than its file says: types that are not there, and what stands for them. */
import { counted } from '../base/errors.ts';
import type { GraphProto, ModelProto } from './protobuf.ts';
import { BFLOAT16, DOUBLE, dtypeOf, FLOAT16, INT64, typeName } from './weights.ts';

/** How many of the places of a type are named; the rest is counted. */
const NAMED = 5;

/** A sentence for each type of which something is given or computed as another. */
export function notesOf({ graph }: ModelProto): string[] {
  return [...placesOf(graph)].flatMap(([type, places]) => {
    if (places.length === 0) return [];
    const more = places.length > NAMED ? ` and ${counted(places.length - NAMED, 'other')}` : '';
    const limits = type === INT64 ? ', what lies beyond becomes the nearest that there is' : '';
    return [
      `${typeName(type)} is computed as ${dtypeOf(type)}${limits}: ${places.slice(0, NAMED).join(', ')}${more}`,
    ];
  });
}

/** What is of each of the types. Of int64, with which most models compute their shapes, only what users give and get. */
function placesOf({ inputs, outputs, initializers, nodes }: GraphProto): Map<number, string[]> {
  const found = new Map([DOUBLE, FLOAT16, BFLOAT16, INT64].map((type): [number, string[]] => [type, []]));
  const weights = new Set(initializers.map(({ name }) => name));
  for (const { name, type } of inputs) if (!weights.has(name)) found.get(type)?.push(`input '${name}'`);
  for (const { name, type } of outputs) found.get(type)?.push(`output '${name}'`);
  const inside = (type: number) => (type === INT64 ? undefined : found.get(type));
  for (const { name, type } of initializers) inside(type)?.push(`initializer '${name}'`);
  for (const { name, operator, outputs: made, attributes } of nodes) {
    for (const [attribute, { tensor, int }] of attributes) {
      const type = tensor?.type ?? (operator === 'Cast' && attribute === 'to' ? int : 0);
      inside(type)?.push(`${operator} '${name || made[0]}'`);
    }
  }
  return found;
}
