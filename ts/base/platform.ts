/**
 * Types of the platform as the program that reads the declarations has them: a program for Node has no DOM library, and
 * its @types/node has no WebAssembly. What is not there is `never`, and drops out of a union.
 */

type Made<Name extends string> = typeof globalThis extends { [K in Name]: { prototype: infer T } }
  ? T
  : never;
type MadeOf<Space extends string, Name extends string> = typeof globalThis extends {
  [K in Space]: { [K in Name]: { prototype: infer T } };
}
  ? T
  : never;

export type WebUrl = Made<'URL'>;
export type WebResponse = Made<'Response'>;
export type WebBlob = Made<'Blob'>;
export type WasmModule = MadeOf<'WebAssembly', 'Module'>;
export type WasmMemory = MadeOf<'WebAssembly', 'Memory'>;
