/** How Workers (`.wasm`) and edge runtimes (`.wasm?module`) import WebAssembly: as a compiled module. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
/** The kernels' text as the build makes it of build/kernels.js. */
declare module '*/kernels.js?inflated' {
  export const packed: import('../engine/packed.ts').Packed;
}
