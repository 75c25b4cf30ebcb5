/** The leaf of most runtimes: the module's bytes come from a JavaScript module that the build made. */
import {
  relaxed,
  relaxedBytes,
  simdBytes,
  simdDifference,
  simdDifferenceBytes,
} from '../../build/kernels.js';
import { fromBase64, inflated, patched } from './decode.ts';
import type { Platform } from './instance.ts';

const relaxedModule = (): Promise<Uint8Array<ArrayBuffer>> => inflated(fromBase64(relaxed), relaxedBytes);

export const embedded: Platform = {
  relaxed: relaxedModule,
  simd: async () => {
    const difference = await inflated(fromBase64(simdDifference), simdDifferenceBytes);
    return patched(await relaxedModule(), difference, simdBytes);
  },
};
