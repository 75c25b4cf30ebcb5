/** Instructions of reductions of axes, softmax, and the statistics of norms. */
import { packed } from '../../../build/sides/reductions.js';
import { type Side, side } from '../side.ts';

export const reductions: Side = /*#__PURE__*/ side('reductions', packed);
