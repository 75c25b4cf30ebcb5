/** Instructions of grids, deformable convolution and regions, and their gradients. */
import { packed } from '../../../build/sides/sampling.js';
import { type Side, side } from '../side.ts';

export const sampling: Side = /*#__PURE__*/ side('sampling', packed);
