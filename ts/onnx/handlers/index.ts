/** Every operator that models may use, by ONNX's name. */
import type { Handler } from '../call.ts';
import { activation } from './activation.ts';
import { affine } from './affine.ts';
import { arithmetic } from './arithmetic.ts';
import { blocks } from './blocks.ts';
import { constants } from './constant.ts';
import { convolution } from './convolution.ts';
import { normalization } from './normalization.ts';
import { pooling } from './pooling.ts';
import { reductions } from './reduction.ts';
import { resampling } from './resampling.ts';
import { shapes } from './shape.ts';

/** A Map: a file may name an operator 'toString'. */
export function handlerTable(): ReadonlyMap<string, Handler> {
  const all = [
    activation,
    affine,
    arithmetic,
    constants,
    convolution,
    normalization,
    pooling,
    shapes,
    reductions,
    blocks,
    resampling,
  ];
  return new Map(all.flatMap((handlers) => Object.entries(handlers)));
}
