/** Instructions of sorting, comparing, choosing, scattering, cumulating, losses and random numbers. */
import { packed } from '../../../build/sides/selection.js';
import { type Side, side } from '../side.ts';

export const selection: Side = /*#__PURE__*/ side('selection', packed);
