/** `init` with the kernels that are inside the package's JavaScript: what every runtime but the edge ones has. */
import { type InitOptions, initOn, type RuntimeInfo } from '../engine.ts';
import { embedded } from '../runtime/embedded.ts';

export const init = (options?: InitOptions): Promise<RuntimeInfo> => initOn(embedded, options);
