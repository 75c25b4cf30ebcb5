/**
 * simd.wasm and relaxed.wasm as workerd, edge functions and bundlers import them: as a compiled module. Where the file is
 * read or fetched, take its address: `import.meta.resolve('striate/simd.wasm')`, or what the bundler gives for `?url`.
 */
declare const module: typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } }
  ? Module
  : never;
export default module;
