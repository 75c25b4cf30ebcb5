/** Every operator that models may use, loaded at once: for what makes models of its own. */
import { audio } from './audio.ts';
import { integers } from './bits.ts';
import { blocks } from './blocks.ts';
import { comparisons, truth } from './comparison.ts';
import { control } from './control.ts';
import { cropping } from './cropped.ts';
import { dropouts } from './dropout.ts';
import { sumsOfProducts } from './einsum.ts';
import { found } from './found.ts';
import { fused } from './fused.ts';
import { common, type HandlerTable, tableOf } from './index.ts';
import { losses } from './losses.ts';
import { normalization } from './normalization.ts';
import { picking } from './picking.ts';
import { places } from './places.ts';
import { powers } from './powers.ts';
import { quantization } from './quantization.ts';
import { quantized } from './quantized.ts';
import { randoms } from './random.ts';
import { recurrent } from './recurrent.ts';
import { resampling } from './resampling.ts';
import { sequences } from './sequence.ts';
import { sums } from './sums.ts';
import { transposedConvolution } from './transposed.ts';
import { unpooling } from './unpooling.ts';

export const handlerTable = (): HandlerTable =>
  tableOf([
    ...common(),
    ...[
      audio,
      blocks,
      comparisons,
      control,
      cropping,
      dropouts,
      found,
      fused,
      integers,
      losses,
      normalization,
    ],
    ...[picking, places, powers, quantization, quantized, randoms, recurrent, resampling, sequences, sums],
    ...[sumsOfProducts, transposedConvolution, truth, unpooling],
  ]);
