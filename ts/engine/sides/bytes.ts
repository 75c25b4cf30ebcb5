/** Instructions of quantised numbers. */
import { packed } from '../../../build/sides/bytes.js';
import { type Side, side } from '../side.ts';

export const bytes: Side = /*#__PURE__*/ side('bytes', packed);
