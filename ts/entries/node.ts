/**
 * The entry of Node, Deno and Bun: the kernels' text is not deflated. It is read from a disk, and longer text is read in a tenth of the time
 * that loading node:zlib and inflating take.
 */
import { packed } from '../../build/kernels.js?inflated';
import { fromBase64, patched } from '../engine/decode.ts';
import type { RuntimeInfo } from '../engine/engine.ts';
import { type InitOptions, initOn } from '../engine/init.ts';
import type { Platform } from '../engine/instance.ts';
import { plain } from '../engine/plain.ts';

export * from '../index.ts';

const relaxed = () => fromBase64(packed.relaxed);
const simd = () => patched(plain(relaxed()), fromBase64(packed.simdDifference), packed.simdBytes);
const platform: Platform = { relaxed, simd, sharedFlag: packed.sharedFlag, compilesAtOnce: true };

export const init = (options?: InitOptions): Promise<RuntimeInfo> => initOn(platform, options);
