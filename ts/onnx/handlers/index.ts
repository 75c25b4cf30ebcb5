/** Every operator that models may use, by ONNX's name. */
import type { Handler } from '../handler.ts';
import { activation } from './activation.ts';
import { affine } from './affine.ts';
import { arithmetic } from './arithmetic.ts';
import { audio } from './audio.ts';
import { blocks } from './blocks.ts';
import { comparisons } from './comparison.ts';
import { constants } from './constant.ts';
import { control } from './control.ts';
import { convolution } from './convolution.ts';
import { sumsOfProducts } from './einsum.ts';
import { found } from './found.ts';
import { fused } from './fused.ts';
import { indexing } from './indexing.ts';
import { losses } from './losses.ts';
import { normalization } from './normalization.ts';
import { places } from './places.ts';
import { pooling } from './pooling.ts';
import { quantization } from './quantization.ts';
import { quantized } from './quantized.ts';
import { randoms } from './random.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reduction.ts';
import { resampling } from './resampling.ts';
import { resizing } from './resize.ts';
import { sequences } from './sequence.ts';
import { shapes } from './shape.ts';

/** The rows of each operator. A Map: a file may name an operator 'toString'. */
export function handlerTable(): ReadonlyMap<string, readonly Handler[]> {
  const all = [
    activation,
    affine,
    arithmetic,
    comparisons,
    constants,
    convolution,
    indexing,
    losses,
    places,
    found,
    sumsOfProducts,
    normalization,
    pooling,
    shapes,
    reductions,
    blocks,
    resampling,
    quantization,
    quantized,
    fused,
    control,
    recurrent,
    sequences,
    resizing,
    audio,
    randoms,
  ];
  const rows = (handler: Handler | readonly Handler[]) => ('build' in handler ? [handler] : handler);
  return new Map(all.flatMap(Object.entries).map(([name, handler]) => [name, rows(handler)]));
}
