/** Instructions of gradients of convolution, pooling, norms, activations and losses, and of optimisers. */
import { packed } from '../../../build/sides/gradients.js';
import { type Side, side } from '../side.ts';

export const gradients: Side = /*#__PURE__*/ side('gradients', packed);
