// The built package: what a user imports as 'striate' and 'striate/onnx'. This folder has a package.json of its own,
// so the name does not lead there.
export * from '../dist/index.js';
export { loadModel } from '../dist/onnx.js';
