/** Everything of `striate` and `striate/onnx` in one file, for pages without a bundler. */
export * from '../index.ts';
export * from '../onnx/index.ts';
