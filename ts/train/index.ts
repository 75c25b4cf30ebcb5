/** `striate/train`: what learning needs around gradients. */

export type { Batched, BatchOf, Dataset, SampleValue } from './dataset.ts';
export { TensorDataset, tensorDataset } from './dataset.ts';
export { readCifar10, readIdx } from './files.ts';
export type { DataLoaderOptions, DataLoaderState } from './loader.ts';
export { DataLoader } from './loader.ts';
export type { AccuracyOptions } from './metrics.ts';
export { accuracy, confusionMatrix } from './metrics.ts';
