/** What quantising did to each layer, as a table, as JSON and as bars. */
import { barChart } from '../base/chart.ts';
import { checkOptions, integer } from '../base/checks.ts';
import { Shown } from '../base/shown.ts';
import { table } from '../program/report.ts';
import type { CalibrationMethod } from './ranges.ts';

/** A layer with weights. */
export interface LayerQuantization {
  /** Its node's name: what `exclude` takes. */
  readonly name: string;
  /** Its operator. */
  readonly operator: string;
  /** What it runs on. */
  readonly precision: 'int8' | 'float32';
  /** Why it stays in floats; null for integers. */
  readonly reason: string | null;
  /**
   * Decibels of what it gives, on the calibration inputs, beside the error that integers alone bring into it: 20 are errors of a
   * tenth of the values, 40 of a hundredth. Null for a layer of floats that was not tried, and where nothing differs.
   */
  readonly signalToNoise: number | null;
  /** The same in the quantised model, where the errors of the layers before it count too. */
  readonly signalToNoiseInModel: number | null;
  /** Of weights and bias. */
  readonly bytesBefore: number;
  /** Of weights and bias, and their scales. */
  readonly bytesAfter: number;
}

/** An output of the model. */
export interface OutputQuantization {
  /** Its name. */
  readonly name: string;
  /** Decibels beside the error of the quantised model; null where nothing differs. */
  readonly signalToNoise: number | null;
}

/** What a report has in it. */
export interface QuantizationFigures {
  /** How ranges were chosen. */
  readonly method: CalibrationMethod;
  /** Of the weights. */
  readonly bits: 7 | 8;
  /** How many calibration inputs there were. */
  readonly samples: number;
  /** The layers with weights, in order; then those products that have no integer form. */
  readonly layers: readonly LayerQuantization[];
  /** The outputs of floats. */
  readonly outputs: readonly OutputQuantization[];
  /** Of all constants of the model. */
  readonly bytesBefore: number;
  /** Of all constants of the quantised model. */
  readonly bytesAfter: number;
}

/** The options of a report's chart. */
export interface QuantizationChartOptions {
  /** In pixels. Default 720. */
  width?: number | undefined;
  /** The title, which is drawn on top and read aloud. Default 'Signal to noise'. */
  title?: string | undefined;
}

const decibels = (value: number | null): string => (value === null ? '-' : value.toFixed(1));
const grouped = (value: number): string => value.toLocaleString('en');

/** What `report()` of a quantised model gives. */
export class QuantizationReport extends Shown implements QuantizationFigures {
  /** How ranges were chosen. */
  readonly method: CalibrationMethod;
  /** Of the weights. */
  readonly bits: 7 | 8;
  /** How many calibration inputs there were. */
  readonly samples: number;
  /** The layers with weights, in order; then those products that have no integer form. */
  readonly layers: readonly LayerQuantization[];
  /** The outputs of floats. */
  readonly outputs: readonly OutputQuantization[];
  /** Of all constants of the model. */
  readonly bytesBefore: number;
  /** Of all constants of the quantised model. */
  readonly bytesAfter: number;

  /** @internal Reports are made by `quantize`. */
  constructor(figures: QuantizationFigures) {
    super();
    this.method = figures.method;
    this.bits = figures.bits;
    this.samples = figures.samples;
    this.layers = figures.layers;
    this.outputs = figures.outputs;
    this.bytesBefore = figures.bytesBefore;
    this.bytesAfter = figures.bytesAfter;
  }

  /** A row a layer, and what the outputs lose. */
  override toString(): string {
    const integers = this.layers.filter(({ precision }) => precision === 'int8').length;
    const lines = table(
      [
        ['layer', 'operator', 'runs on', 'dB alone', 'dB in model', 'bytes', 'before'],
        ...this.layers.map((row) => [
          ...[row.name, row.operator, row.precision],
          ...[decibels(row.signalToNoise), decibels(row.signalToNoiseInModel)],
          ...(row.bytesBefore === 0 ? ['', ''] : [grouped(row.bytesAfter), grouped(row.bytesBefore)]),
        ]),
        ['constants', '', '', '', '', grouped(this.bytesAfter), grouped(this.bytesBefore)],
      ],
      3,
    );
    return [
      `${integers} of ${this.layers.length} layers on integers; ranges by ${this.method} of ${this.samples} inputs, weights of ${this.bits} bits`,
      ...this.layers.flatMap(({ name, reason }) =>
        reason === null ? [] : [`in floats: ${name}: ${reason}`],
      ),
      ...['', ...lines, ''],
      ...this.outputs.map(({ name, signalToNoise }) =>
        signalToNoise === null ? `output ${name}: the same` : `output ${name}: ${decibels(signalToNoise)} dB`,
      ),
    ].join('\n');
  }

  /** The figures, which are its own properties. */
  toJSON(): QuantizationFigures {
    const { method, bits, samples, layers, outputs, bytesBefore, bytesAfter } = this;
    return { method, bits, samples, layers, outputs, bytesBefore, bytesAfter };
  }

  /** Bars of the layers' ratios, alone and in the model, as the text of an SVG. @throws TypeError, RangeError for wrong options */
  toSvg(options: QuantizationChartOptions = {}): string {
    const where = 'QuantizationReport.toSvg';
    checkOptions(where, options, ['width', 'title']);
    const rows = this.layers.filter(({ signalToNoiseInModel }) => signalToNoiseInModel !== null);
    const barsOf = (of: (row: LayerQuantization) => number | null) =>
      rows.map((row) => ({
        value: Math.max(0, of(row) ?? 0),
        label: of(row) === null ? '-' : `${decibels(of(row))} dB`,
      }));
    return barChart({
      title: options.title ?? 'Signal to noise',
      said: this.outputs.map(({ name, signalToNoise }) => `${name} ${decibels(signalToNoise)} dB`).join(', '),
      width: integer(where, 'width', options.width ?? 720, 320),
      names: rows.map(({ name }) => name),
      columns: [
        { head: 'alone', color: '#2f7ed8', bars: barsOf(({ signalToNoise }) => signalToNoise) },
        { head: 'in the model', color: '#d9730d', bars: barsOf((row) => row.signalToNoiseInModel) },
      ],
    });
  }
}
