/** `striate` and `striate/onnx` in one file, for pages without a bundler. */
export * from './index.js';
export * from './onnx.js';
