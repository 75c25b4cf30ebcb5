/** The operators that models are imported as. */
export { cast } from '../ops/cast.ts';
export * from '../ops/index.ts';
