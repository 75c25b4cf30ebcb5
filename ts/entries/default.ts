/** `init` with the kernels that are inside the package's JavaScript: what every runtime but the edge ones has. */
import { embedded } from '../engine/embedded.ts';
import type { RuntimeInfo } from '../engine/engine.ts';
import { type InitOptions, initOn } from '../engine/init.ts';

/**
 * Loads the kernels; once before all else, in every runtime. Concurrent calls share one promise, a failed one may
 * be tried again, and another call with options that agree is free.
 * @returns what is running, as `runtime()`
 * @throws TypeError, RangeError for an option that is wrong; Error when the runtime lacks WebAssembly SIMD, or when
 * it runs already with other options
 * @example
 * ```ts
 * await init();
 * await init({ threads: 'auto' }); // before any other call
 * ```
 */
export const init = (options?: InitOptions): Promise<RuntimeInfo> => initOn(embedded, options);
