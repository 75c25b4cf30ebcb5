// The built package: what a user imports as 'striate', 'striate/onnx' and 'striate/train'. This folder has a package.json of its own,
// so the name does not lead there.
export * from '../dist/index.js';
export { loadModel } from '../dist/onnx.js';
export { SGD, trainStep } from '../dist/train.js';
