/** Pooling by p-norms. */
import type { DType } from '../../base/dtype.ts';
import { abs, sqrt } from '../../ops/activation.ts';
import { mul, pow } from '../../ops/arithmetic.ts';
import { lpPool1d, lpPool2d, lpPool3d } from '../../ops/pooling.ts';
import { sum } from '../../ops/reduction.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { int } from '../row.ts';
import { POOL_ATTRIBUTES, pool } from './pooling.ts';

export const powers: Handlers = {
  GlobalLpPool: { inputs: ['X'], attributes: { p: int(2) }, build: buildGlobalLpPool },
  LpPool: {
    inputs: ['X'],
    attributes: { ...POOL_ATTRIBUTES, p: int(2) },
    build: (call) => {
      const p = call.int('p');
      return pool(
        call,
        [lpPool1d, lpPool2d, lpPool3d].map(
          (lp) => (x: Tensor<DType>, kernel: number[], options: object) =>
            lp(x as Tensor, p, kernel, options),
        ),
        { absolute: true },
      );
    },
  },
};

/** The p-norm of each plane. */
function buildGlobalLpPool(call: Call): Tensor<DType> {
  const [x, p] = [abs(call.float32(0)), call.int('p')];
  if (p < 1) call.fail(`attribute p is ${p}, must be at least 1`);
  const over = { dim: x.shape.slice(2).map((_, axis) => axis + 2), keepDim: true };
  if (p === 1) return sum(x, over);
  if (p === 2) return sqrt(sum(mul(x, x), over));
  return pow(sum(pow(x, p), over), 1 / p);
}
