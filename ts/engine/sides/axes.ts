/** Instructions along axes: reductions, softmax, the statistics of norms, picking by indices, and adding up along walks. */
import { packed } from '../../../build/sides/axes.js';
import { type Side, side } from '../side.ts';

export const axes: Side = /*#__PURE__*/ side('axes', packed);
