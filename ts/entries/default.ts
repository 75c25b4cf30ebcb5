/** `init` with the kernels that are inside the package's JavaScript: what every runtime but the edge ones has. */

import { embedded } from '../engine/embedded.ts';
import type { RuntimeInfo } from '../engine/engine.ts';
import { type InitOptions, initOn } from '../engine/init.ts';

export const init = (options?: InitOptions): Promise<RuntimeInfo> => initOn(embedded, options);
