/** What scripts/onnx-testdata.mjs needs of the tests. */
export { init } from 'striate';
export { leftOut } from './leftOut.ts';
export { writePack } from './pack.ts';
export { runTest } from './runner.ts';
