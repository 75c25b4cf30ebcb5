/** `striate/analyze`: what convolutions do, to look at. */
export type { ActivationsOptions } from './activations.ts';
export { activations } from './activations.ts';
export type { Analysis } from './analyze.ts';
export { analyze } from './analyze.ts';
export type { Coverage } from './cost.ts';
export type { DeconvnetOptions } from './deconvnet.ts';
export { deconvnet } from './deconvnet.ts';
export type { ElementOptions } from './element.ts';
export type { Equivariance, EquivarianceOptions } from './equivariance.ts';
export { equivariance } from './equivariance.ts';
export type { ReceptiveField } from './field.ts';
export type { FilterOptions } from './filter.ts';
export { filter } from './filter.ts';
export type { DerivativeOptions, GaborOptions, GaussianOptions, LaplaceOptions } from './kernels.ts';
export {
  boxBlur,
  emboss,
  gabor,
  gaussian,
  laplace,
  laplacianOfGaussian,
  prewitt,
  scharr,
  sharpen,
  sobel,
} from './kernels.ts';
export type { AnalysedModel, InputsOption, NetSource } from './net.ts';
export type { OcclusionAsyncOptions, OcclusionOptions } from './occlusion.ts';
export { occlusion, occlusionAsync } from './occlusion.ts';
export type { PictureGridOptions } from './pictureGrid.ts';
export { pictureGrid } from './pictureGrid.ts';
export type { ElementField, ReceptiveFieldOptions } from './receptiveField.ts';
export { receptiveField } from './receptiveField.ts';
export type { AnalysisChartOptions, AnalysisColumn, AnalysisTextOptions } from './report.ts';
export type { AnalysisTotals, LayerAnalysis } from './rows.ts';
export type { EffectiveFieldOptions, GradCamOptions, GuidedOptions, TargetOptions } from './saliency.ts';
export { effectiveReceptiveField, gradCam, guidedBackprop, saliency } from './saliency.ts';
export type { SparseMatrix } from './toMatrix.ts';
export { toMatrix } from './toMatrix.ts';
export type { TopActivation, TopActivationsOptions } from './topActivations.ts';
export { topActivations } from './topActivations.ts';
