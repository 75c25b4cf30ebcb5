/**
 * analyze(net, { inputs }): what each layer costs and sees. Counted from the graph: multiply-accumulates of convolutions and products
 * (one for each weight and place; bias, norms, pooling and activations are none), of one sample; parameters once, however often
 * they are used.
 * @category Analysis
 */
import { checkOptions } from '../base/checks.ts';
import { bytesPer } from '../base/dtype.ts';
import type { Value } from '../graph/value.ts';
import { countOf } from '../instructions/emit.ts';
import { Sight } from './field.ts';
import { type InputsOption, type Layer, type Net, type NetSource, withNet } from './net.ts';
import { type AnalysisChartOptions, type AnalysisTextOptions, svgOf, textOf, totalsOf } from './report.ts';
import type { AnalysisTotals, LayerAnalysis } from './rows.ts';

/** What `analyze` gives. */
export interface Analysis {
  /** A row per layer, in the order in which they run. */
  readonly layers: readonly LayerAnalysis[];
  /** Sums. */
  readonly totals: AnalysisTotals;
  /** A table; of few levels of a path, sorted by a column, of some columns, as the options say. */
  toString(options?: AnalysisTextOptions): string;
  /** Bars of each layer's multiply-accumulates and parameters, as the text of an SVG. */
  toSvg(options?: AnalysisChartOptions): string;
}

/**
 * What each layer of a net costs and sees: output shape, parameters, multiply-accumulates of one sample, connections per
 * parameter, what it would cost fully connected or without shared weights, its receptive field.
 * @returns rows, sums, a table as text and a chart
 * @throws TypeError for what is no net; what the net's operators throw for shapes that do not fit
 * @example
 * ```ts
 * const { layers, totals } = analyze(net, { inputs: [[1, 3, 224, 224]] });
 * console.log(`${analyze(net, { inputs: [[1, 3, 224, 224]] })}`, totals.macs, layers.length);
 * ```
 */
export function analyze(net: NetSource, options: InputsOption): Analysis {
  const where = 'analyze';
  checkOptions(where, options, ['inputs']);
  return withNet(where, net, options?.inputs, (found) => {
    const counted = new Set<Value>();
    const costs = found.layers.map((layer) => costOf(found, layer, counted));
    const layers = costs.map(({ weights: _, ...row }) => row);
    const totals = totalsOf(costs, (row) => row.weights);
    return {
      layers,
      totals,
      toString: (text = {}) => textOf(layers, totals, text),
      toSvg: (chart = {}) => svgOf(layers, totals, chart),
    };
  });
}

function costOf(net: Net, { name, node }: Layer, counted: Set<Value>): LayerAnalysis & { weights: number } {
  const { entry, inputs, outputs, resolved } = node;
  const output = outputs[0] as Value;
  const x = inputs.find((input) => input !== null && net.depends(input));
  const batch = batchOf(x?.shape, output.shape);
  const captures = inputs.flatMap((input) => (input ? capturesOf(net, input) : []));
  const fresh = captures.filter((value) => !counted.has(value) && net.isParameter(value));
  for (const value of fresh) counted.add(value);
  const macs = (resolved.macs ?? 0) / batch;
  // A bias has one axis; what is multiplied with has more.
  const multiplied = macs === 0 ? [] : captures.filter(({ shape }) => shape.length > 1);
  const weights = multiplied.reduce((total, { shape }) => total + countOf(shape), 0);
  const units = outputs.slice(0, 1).reduce((total, { shape }) => total + countOf(shape), 0) / batch;
  const biases = captures.some(({ shape }) => shape.length === 1) ? units : 0;
  return {
    name,
    operator: entry.name,
    outputShape: [...output.shape],
    parameters: fresh.reduce((total, { shape }) => total + countOf(shape), 0),
    macs,
    cpr: weights === 0 ? null : macs / weights,
    denseParameters: weights === 0 ? 0 : (countOf(x?.shape ?? []) / batch) * units + biases,
    locallyConnectedParameters: weights === 0 ? 0 : macs + biases,
    receptiveField: new Sight(net, output).field(),
    bytes: outputs.reduce((total, { shape, dtype }) => total + countOf(shape) * bytesPer(dtype), 0),
    weights: fresh.reduce(
      (total, value) => total + (multiplied.includes(value) ? countOf(value.shape) : 0),
      0,
    ),
  };
}

/** How many samples there are: axis 0, where input and output share it. */
function batchOf(x: readonly number[] | undefined, y: readonly number[]): number {
  const [first] = y;
  return x !== undefined && x.length > 1 && first !== undefined && first > 0 && x[0] === first ? first : 1;
}

/** The tensors that a value is made of, where it depends on no input. */
function capturesOf(net: Net, value: Value): Value[] {
  if (value.kind === 'capture') return [value];
  if (value.maker === null || net.depends(value)) return [];
  return value.maker.inputs.flatMap((input) => (input ? capturesOf(net, input) : []));
}
