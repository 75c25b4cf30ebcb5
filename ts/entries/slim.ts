/** The entry that embeds no core, for those who host simd.wasm or relaxed.wasm: `init({ wasm })` loads it from there. */
import { initOn } from '../engine/init.ts';
import type { InitOptions, RuntimeInfo } from '../index.ts';

export * from '../index.ts';

const nothing = (): never => {
  throw new Error(
    'init: striate/slim holds no WebAssembly: give { wasm }, the URL or the bytes of simd.wasm or relaxed.wasm of striate',
  );
};
const platform = { simd: nothing, relaxed: nothing };

/**
 * Loads the kernels from where `wasm` says; all else is as `striate` has it.
 * @throws Error when no `wasm` is given
 */
export const init = (
  options: InitOptions & { wasm: NonNullable<InitOptions['wasm']> },
): Promise<RuntimeInfo> => initOn(platform, options);
