/** Instructions of recurrent layers. */
import { packed } from '../../../build/sides/recurrent.js';
import { type Side, side } from '../side.ts';

export const recurrent: Side = /*#__PURE__*/ side('recurrent', packed);
