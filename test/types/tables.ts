/** Unions that are written out, for the reader, are the keys of the tables that Rust writes. Compiled, not run. */
import type { CompileOptions, DType } from 'striate';
import type { DTYPE } from '../../ts/base/boundary.ts';
import type { ALGORITHM } from '../../ts/instructions/table.ts';

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

export const dtypes: Equal<DType, keyof typeof DTYPE> = true;
export const algorithms: Equal<NonNullable<CompileOptions['algorithm']>, keyof typeof ALGORITHM> = true;
