/** How Workers (`.wasm`) and edge runtimes (`.wasm?module`) import WebAssembly: as a compiled module. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
