/**
 * Types of the platform as the program that reads the declarations has them: a program for Node has no DOM library, and
 * its @types/node has no WebAssembly. What is not there is `never`, and drops out of a union.
 */

/** What a class of the platform makes. */
type Made<Name extends string> = typeof globalThis extends { [K in Name]: { prototype: infer T } }
  ? T
  : never;
/** What a class of one of the platform's namespaces makes. */
type MadeOf<Space extends string, Name extends string> = typeof globalThis extends {
  [K in Space]: { [K in Name]: { prototype: infer T } };
}
  ? T
  : never;

/** `URL`. */
export type WebUrl = Made<'URL'>;
/** `Response`. */
export type WebResponse = Made<'Response'>;
/** `Blob`, and so `File`. */
export type WebBlob = Made<'Blob'>;
/** `WebAssembly.Module`. */
export type WasmModule = MadeOf<'WebAssembly', 'Module'>;
/** `WebAssembly.Memory`. */
export type WasmMemory = MadeOf<'WebAssembly', 'Memory'>;
/** `Float16Array`, which runtimes from 2025 on have. */
export type Float16 = Made<'Float16Array'>;
/** `ImageData`. */
export type WebImageData = Made<'ImageData'>;
/** `ImageBitmap`. */
export type WebImageBitmap = Made<'ImageBitmap'>;
/** `HTMLImageElement`. */
export type WebImage = Made<'HTMLImageElement'>;
/** `HTMLVideoElement`. */
export type WebVideo = Made<'HTMLVideoElement'>;
/** `HTMLCanvasElement`. */
export type WebCanvas = Made<'HTMLCanvasElement'>;
/** `OffscreenCanvas`. */
export type WebOffscreenCanvas = Made<'OffscreenCanvas'>;
/** `VideoFrame`. */
export type WebVideoFrame = Made<'VideoFrame'>;
/** `AbortSignal`. */
export type WebSignal = Made<'AbortSignal'>;
