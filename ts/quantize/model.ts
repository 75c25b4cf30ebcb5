/** A quantised model: a Model whose report says what became of its layers. */
import { checkGraph } from '../onnx/graph.ts';
import { handlerTable } from '../onnx/handlers/all.ts';
import { Model, type ModelOptions } from '../onnx/model.ts';
import type { ModelProto } from '../onnx/protobuf.ts';
import type { QuantizationReport } from './report.ts';

/**
 * A model that `quantize` made: it runs, prints, profiles and saves like any other. `toOnnx()` gives it as a file that other runtimes
 * read too.
 */
export class QuantizedModel extends Model {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'QuantizedModel';
  readonly #report: () => QuantizationReport;

  /** @internal Quantised models are made by `quantize`. */
  constructor(proto: ModelProto, options: ModelOptions, report: () => QuantizationReport) {
    super(proto, checkGraph(proto, handlerTable()), options);
    this.#report = report;
  }

  /**
   * What became of each layer: integers, or floats and why; its signal-to-noise ratio on the calibration inputs; bytes before and
   * after. As a text (`String(report)`), as JSON (`JSON.stringify(report)`), and as a chart (`report.toSvg()`).
   */
  report(): QuantizationReport {
    return this.#report();
  }
}
