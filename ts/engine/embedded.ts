/** The leaf of most runtimes: the module's bytes come from a JavaScript module that the build made. */
import {
  relaxedBytes,
  relaxedDifference,
  relaxedDifferenceBytes,
  simd,
  simdBytes,
} from '../../build/kernels.js';
import { fromBase64, inflated, patched } from './decode.ts';
import type { Platform } from './instance.ts';

const simdModule = (): Promise<Uint8Array<ArrayBuffer>> => inflated(fromBase64(simd), simdBytes);

export const embedded: Platform = {
  simd: simdModule,
  relaxed: async () => {
    const difference = await inflated(fromBase64(relaxedDifference), relaxedDifferenceBytes);
    return patched(await simdModule(), difference, relaxedBytes);
  },
};
