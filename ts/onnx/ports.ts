/** The inputs and outputs of a graph, as a model shows them. */
import { ModelError } from '../base/errors.ts';
import type { ModelPort } from '../transforms/feeds.ts';
import type { ValueInfo } from './protobuf.ts';
import { dtypeOf, typeName } from './weights.ts';

/** The port of a graph's input. @throws ModelError when it is no tensor, or of a dtype that is not supported */
export function inputPort(file: string, { name, type, other, shape }: ValueInfo): ModelPort {
  const dtype = dtypeOf(type);
  if (dtype !== null) return { name, dtype, shape };
  const is = type === 0 ? `is ${other ?? 'no tensor'}` : `is of dtype ${typeName(type)}`;
  throw new ModelError(`${file}: input '${name}' ${is}, which is not supported: inputs are tensors`);
}
