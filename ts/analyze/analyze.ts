/**
 * analyze(net, { inputs }): what each layer costs and sees. Counted from the graph: multiply-accumulates of convolutions and products
 * (one for each weight and place), beside them what bias, norms, pooling and activations do, all of one sample; parameters once,
 * however often they are used. What is not known is said to be so, in its row and in the sums.
 * @category Analysis
 */
import { checkOptions } from '../base/checks.ts';
import { bytesPer } from '../base/dtype.ts';
import type { Value } from '../graph/value.ts';
import { countOf } from '../instructions/emit.ts';
import { type Coverage, costOf } from './cost.ts';
import { type InputsOption, type Layer, type Net, type NetSource, withNet } from './net.ts';
import { type AnalysisChartOptions, type AnalysisTextOptions, svgOf, textOf, totalsOf } from './report.ts';
import type { AnalysisTotals, LayerAnalysis } from './rows.ts';
import { Sights } from './sights.ts';

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
  return withNet(where, net, options?.inputs, analysisOf);
}

/** The analysis of what was traced. @internal */
export function analysisOf(net: Net): Analysis {
  const counted = new Set<Value>();
  const sights = new Sights(net);
  const costs = net.layers.map((layer) => rowOf(net, layer, counted, sights));
  const layers = costs.map(({ weights: _, ...row }) => row);
  const totals = totalsOf(costs, (row) => row.weights);
  return {
    layers,
    totals,
    toString: (text = {}) => textOf(layers, totals, text),
    toSvg: (chart = {}) => svgOf(layers, totals, chart),
  };
}

function rowOf(
  net: Net,
  { name, node }: Layer,
  counted: Set<Value>,
  sights: Sights,
): LayerAnalysis & { weights: number } {
  const { entry, inputs, outputs } = node;
  const output = outputs[0] as Value;
  const x = inputs.find((input) => input !== null && net.depends(input));
  const batch = RECURRENT.includes(entry.name) ? (x?.shape[1] ?? 1) : batchOf(x?.shape, output.shape);
  const captures = inputs.flatMap((input) => (input ? capturesOf(net, input) : []));
  const fresh = captures.filter((value) => !counted.has(value) && net.isParameter(value));
  for (const value of fresh) counted.add(value);
  const { macs, operations } = costOf(node);
  const ofSample = (count: number | null) => (count === null ? null : count / batch);
  // A bias has one axis; what is multiplied with has more.
  const multiplied = !macs ? [] : captures.filter(({ shape }) => shape.length > 1);
  const weights = multiplied.reduce((total, { shape }) => total + countOf(shape), 0);
  const units = outputs.slice(0, 1).reduce((total, { shape }) => total + countOf(shape), 0) / batch;
  const biases = captures.some(({ shape }) => shape.length === 1) ? units : 0;
  return {
    name,
    operator: entry.name,
    outputShape: [...output.shape],
    parameters: fresh.reduce((total, { shape }) => total + countOf(shape), 0),
    macs: ofSample(macs),
    operations: ofSample(operations),
    cost: coverage(macs, operations),
    cpr: weights === 0 ? null : (macs as number) / batch / weights,
    denseParameters: weights === 0 ? 0 : (countOf(x?.shape ?? []) / batch) * units + biases,
    locallyConnectedParameters: weights === 0 ? 0 : (macs as number) / batch + biases,
    receptiveField: sights.field(output),
    bytes: outputs.reduce((total, { shape, dtype }) => total + countOf(shape) * bytesPer(dtype), 0),
    weights: fresh.reduce(
      (total, value) => total + (multiplied.includes(value) ? countOf(value.shape) : 0),
      0,
    ),
  };
}

const coverage = (macs: number | null, operations: number | null): Coverage =>
  macs !== null && operations !== null
    ? 'complete'
    : macs === null && operations === null
      ? 'unavailable'
      : 'partial';

/** Their axis 0 is steps of time, axis 1 samples. */
const RECURRENT = ['rnn', 'gru', 'lstm'];

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
