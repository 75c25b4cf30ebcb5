/** The entry of edge runtimes such as Vercel's, which import a module as `?module` and have no relaxed SIMD everywhere. */
import type { RuntimeInfo } from '../engine/engine.ts';
import { type InitOptions, initOn } from '../engine/init.ts';
import simd from './simd.wasm?module';

export * from '../index.ts';

const platform = { simd: () => simd };

export const init = (options?: InitOptions): Promise<RuntimeInfo> => initOn(platform, options);
