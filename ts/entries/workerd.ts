/** The entry of workerd, which compiles nothing at run time: both modules are imported. */
import type { RuntimeInfo } from '../engine/engine.ts';
import { type InitOptions, initOn } from '../engine/init.ts';
import relaxed from './relaxed.wasm';
import simd from './simd.wasm';

export * from '../index.ts';

const platform = { simd: () => simd, relaxed: () => relaxed };

export const init = (options?: InitOptions): Promise<RuntimeInfo> => initOn(platform, options);
