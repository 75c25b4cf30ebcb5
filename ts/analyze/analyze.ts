/**
 * analyze(net, { inputs }): what each layer costs and sees. Counted from the graph: multiply-accumulates of convolutions and products
 * (one for each weight and place; bias, norms, pooling and activations are none), of one sample; parameters once, however often
 * they are used.
 * @category Analysis
 */
import { checkOptions } from '../base/checks.ts';
import { bytesPer } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Value } from '../graph/value.ts';
import { countOf } from '../instructions/emit.ts';
import { table } from '../program/report.ts';
import { type ReceptiveField, Sight } from './field.ts';
import { type InputsOption, type Layer, type Net, type NetSource, withNet } from './net.ts';

/** A layer's row. */
export interface LayerAnalysis {
  /** Its module's path (`features.3`), or the operator's name, numbered where it comes again: what `layer` options take. */
  readonly name: string;
  /** The operator. */
  readonly operator: string;
  /** The shape of what it gives, the batch in it. */
  readonly outputShape: readonly number[];
  /** Elements of its parameters, bias included; those that a layer before it has counted are 0. */
  readonly parameters: number;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
  /**
   * Connections per parameter: multiply-accumulates by weights, the bias not counted. A dense convolution's is the number
   * of its output's places. Null without weights.
   */
  readonly cpr: number | null;
  /** Parameters of the fully connected layer of the same input and output; 0 for a layer without weights. */
  readonly denseParameters: number;
  /** Parameters of the same layer if its weights were not shared: a kernel for each place; 0 for a layer without weights. */
  readonly locallyConnectedParameters: number;
  /** How far its elements see in the first input that it depends on. */
  readonly receptiveField: ReceptiveField;
  /** Bytes of what it gives. */
  readonly bytes: number;
}

/** Sums over the layers. */
export interface AnalysisTotals {
  /** Parameters. */
  readonly parameters: number;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
  /** Multiply-accumulates by weights. Null without weights. */
  readonly cpr: number | null;
  /** Parameters if all layers with weights were fully connected. */
  readonly denseParameters: number;
  /** Parameters if no weights were shared. */
  readonly locallyConnectedParameters: number;
  /** Bytes of what the layers give. */
  readonly bytes: number;
}

/** What `analyze` gives. */
export interface Analysis {
  /** A row per layer, in the order in which they run. */
  readonly layers: readonly LayerAnalysis[];
  /** Sums. */
  readonly totals: AnalysisTotals;
  /** A table. */
  toString(): string;
}

/**
 * What each layer of a net costs and sees: output shape, parameters, multiply-accumulates of one sample, connections per
 * parameter, what it would cost fully connected or without shared weights, its receptive field.
 * @returns rows, sums, and a table as text
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
    const sum = (of: (row: (typeof costs)[number]) => number) =>
      costs.reduce((total, row) => total + of(row), 0);
    const weights = sum((row) => row.weights);
    const macs = sum((row) => row.macs);
    const totals: AnalysisTotals = {
      parameters: sum((row) => row.parameters),
      macs,
      cpr: weights === 0 ? null : macs / weights,
      denseParameters: sum((row) => row.denseParameters),
      locallyConnectedParameters: sum((row) => row.locallyConnectedParameters),
      bytes: sum((row) => row.bytes),
    };
    return { layers, totals, toString: () => tableOf(layers, totals) };
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

const number = (value: number): string =>
  Number.isInteger(value)
    ? value.toLocaleString('en')
    : value.toLocaleString('en', { maximumFractionDigits: 2 });

/** Equal along all axes: once. */
function perAxis(values: readonly number[]): string {
  const shown = values.map((value) => `${Math.round(value * 1000) / 1000}`);
  return new Set(shown).size === 1 ? (shown[0] as string) : shown.join('x') || '-';
}

function tableOf(layers: readonly LayerAnalysis[], totals: AnalysisTotals): string {
  const head = [
    ...['layer', 'operator', 'output'],
    ...['parameters', 'MACs', 'CPR', 'dense', 'unshared', 'field', 'stride', 'start', 'bytes'],
  ];
  const rows = layers.map((row) => [
    row.name,
    row.operator,
    shapeText(row.outputShape),
    number(row.parameters),
    number(row.macs),
    row.cpr === null ? '' : number(row.cpr),
    row.denseParameters === 0 ? '' : number(row.denseParameters),
    row.locallyConnectedParameters === 0 ? '' : number(row.locallyConnectedParameters),
    ...[row.receptiveField.size, row.receptiveField.stride, row.receptiveField.start].map(perAxis),
    number(row.bytes),
  ]);
  const sums = [
    ...['total', '', '', number(totals.parameters), number(totals.macs)],
    ...[totals.cpr === null ? '' : number(totals.cpr), number(totals.denseParameters)],
    ...[number(totals.locallyConnectedParameters), '', '', '', number(totals.bytes)],
  ];
  const lines = table([head, ...rows, sums], 3);
  const note = 'MACs: multiply-accumulates of one sample, weights times places; CPR: MACs per weight.';
  return [...lines, '', note].join('\n');
}
