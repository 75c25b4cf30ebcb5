/** Every operator that models may use, loaded at once: for what makes models of its own. */
import { audio } from './audio.ts';
import { control } from './control.ts';
import { sumsOfProducts } from './einsum.ts';
import { found } from './found.ts';
import { fused } from './fused.ts';
import { common, type HandlerTable, tableOf } from './index.ts';
import { losses } from './losses.ts';
import { places } from './places.ts';
import { quantization } from './quantization.ts';
import { quantized } from './quantized.ts';
import { randoms } from './random.ts';
import { recurrent } from './recurrent.ts';
import { resampling } from './resampling.ts';
import { resizing } from './resize.ts';
import { sequences } from './sequence.ts';
import { unpooling } from './unpooling.ts';

export const handlerTable = (): HandlerTable =>
  tableOf([
    ...common(),
    ...[audio, control, sumsOfProducts, found, fused, losses, places, quantization, quantized],
    ...[randoms, recurrent, resampling, resizing, sequences, unpooling],
  ]);
