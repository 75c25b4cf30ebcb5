/** Instructions of resampling along axes, and their gradients. */
import { packed } from '../../../build/sides/resampling.js';
import { type Side, side } from '../side.ts';

export const resampling: Side = /*#__PURE__*/ side('resampling', packed);
