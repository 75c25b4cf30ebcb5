/** `striate` without embedded kernels, for those who host simd.wasm or relaxed.wasm themselves. */
import type { InitOptions, RuntimeInfo } from './index.js';

export * from './index.js';

/**
 * Loads the kernels from where `wasm` says; all else is as `striate` has it.
 * @throws Error when no `wasm` is given
 */
export declare const init: (
  options: InitOptions & { wasm: NonNullable<InitOptions['wasm']> },
) => Promise<RuntimeInfo>;
