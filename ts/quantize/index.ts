/** `striate/quantize`: models of floats as models of small integers, after their training. */
export { QuantizedModel } from './model.ts';
export type { QuantizeOptions } from './options.ts';
export { quantize } from './quantize.ts';
export type { CalibrationMethod } from './ranges.ts';
export type {
  LayerQuantization,
  OutputQuantization,
  QuantizationChartOptions,
  QuantizationFigures,
} from './report.ts';
export { QuantizationReport } from './report.ts';
export type { Calibration } from './samples.ts';
