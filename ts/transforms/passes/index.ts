/** The passes of a compiled program, in their order. */
import type { Pass } from '../../graph/rewrite.ts';
import { affine } from './affine.ts';
import { epilogue } from './epilogue.ts';
import { gates } from './gates.ts';
import { transposes } from './transposes.ts';
import { views } from './views.ts';

export const PASSES: readonly Pass[] = [gates, transposes, affine, epilogue, views];
