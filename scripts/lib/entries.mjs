// What a user imports by name: the package's name of each entry, and its source. package.json's exports and tsconfig.json's paths name them too.
export const ENTRIES = {
  striate: 'ts/index.ts',
  'striate/onnx': 'ts/onnx/index.ts',
  'striate/image': 'ts/image/index.ts',
  'striate/analyze': 'ts/analyze/index.ts',
  'striate/quantize': 'ts/quantize/index.ts',
  'striate/train': 'ts/train/index.ts',
  'striate/files': 'ts/files/index.ts',
};

/** The file's name in dist/, without its ending: striate is index, striate/onnx is onnx. */
export const distName = (entry) => entry.split('/')[1] ?? 'index';

/** The entries' sources by their names in dist/. */
export const sourcesByDistName = Object.fromEntries(
  Object.entries(ENTRIES).map(([entry, file]) => [distName(entry), file]),
);
