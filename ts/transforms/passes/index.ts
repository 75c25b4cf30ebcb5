/** The passes of a compiled program, in their order. */
import type { Pass } from '../../graph/rewrite.ts';
import { affine } from './affine.ts';
import { epilogue } from './epilogue.ts';
import { gates } from './gates.ts';
import { norms } from './norms.ts';
import { pads } from './pads.ts';
import { tidy } from './tidy.ts';
import { transposes } from './transposes.ts';
import { views } from './views.ts';

export const PASSES: readonly Pass[] = [tidy, gates, norms, transposes, pads, affine, epilogue, views];
