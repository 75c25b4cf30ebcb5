/** The leaf of most runtimes: the core's bytes come from a JavaScript module that the build made. */
import { packed } from '../../build/kernels.js';
import type { Platform } from './instance.ts';
import { unpacked } from './packed.ts';

export const embedded: Platform = {
  relaxed: () => unpacked(packed, 'relaxed'),
  simd: () => unpacked(packed, 'simd'),
  sharedFlag: packed.sharedFlag,
};
