/** Instructions of pictures as inputs. */
import { packed } from '../../../build/sides/pictures.js';
import { type Side, side } from '../side.ts';

export const pictures: Side = /*#__PURE__*/ side('pictures', packed);
