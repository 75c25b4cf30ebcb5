/** `striate/train`: what learning needs around gradients: optimisers, data in batches, what stands around them. */

export type { RandomAffineOptions, RandomCropOptions, RandomFlipOptions, SeedOption } from './augment.ts';
export { normalize, randomAffine, randomCrop, randomHorizontalFlip } from './augment.ts';
export type { Batches } from './batches.ts';
export type { CheckpointParts, LoadedCheckpoint, Resumable } from './checkpoint.ts';
export { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
export type { GradientList } from './clip.ts';
export { clipGradNorm, clipGradValue } from './clip.ts';
export type { Batched, BatchOf, Dataset, SampleValue } from './dataset.ts';
export { TensorDataset, tensorDataset } from './dataset.ts';
export type { ClassFigures, EvaluateOptions, Mistake } from './evaluate.ts';
export { Evaluation, evaluate } from './evaluate.ts';
export { readCifar10, readIdx } from './files.ts';
export { fit } from './fit.ts';
export type {
  Abortable,
  CheckpointInfo,
  CheckpointOptions,
  EarlyStopOptions,
  Epoch,
  Figures,
  FitOptions,
  StepInfo,
} from './fitOptions.ts';
export type { DataLoaderOptions, DataLoaderState } from './loader.ts';
export { DataLoader } from './loader.ts';
export type { AccuracyOptions } from './metrics.ts';
export { accuracy, confusionMatrix } from './metrics.ts';
export type { OneCycleLROptions } from './oneCycle.ts';
export { OneCycleLR } from './oneCycle.ts';
export type { OptimizerState } from './optimizer.ts';
export { Optimizer } from './optimizer.ts';
export type {
  AdamGroup,
  AdamOptions,
  GroupOf,
  Params,
  RMSpropGroup,
  RMSpropOptions,
  SGDGroup,
  SGDOptions,
} from './optimizers.ts';
export { Adam, AdamW, RMSprop, SGD } from './optimizers.ts';
export type { ParamGroup } from './options.ts';
export type { ReduceLROnPlateauOptions } from './plateau.ts';
export { ReduceLROnPlateau } from './plateau.ts';
export type { HistoryPlotOptions, PlotRow } from './plot.ts';
export { historyPlot } from './plot.ts';
export type { Scheduled, ScheduledGroup, SchedulerState } from './scheduler.ts';
export { Scheduler } from './scheduler.ts';
export type {
  CosineAnnealingLROptions,
  ExponentialLROptions,
  LinearLROptions,
  MultiStepLROptions,
  SequentialLROptions,
  StepLROptions,
} from './schedules.ts';
export {
  CosineAnnealingLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  SequentialLR,
  StepLR,
} from './schedules.ts';
export type { StepOutput, TrainStep, TrainStepOptions, TrainStepState } from './trainStep.ts';
export { trainStep } from './trainStep.ts';
