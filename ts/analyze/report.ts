/**
 * An analysis as text in columns, and as the bars of an SVG. What is not known is a question mark, and a sum over it a lower bound,
 * which is marked as one.
 */
import { barChart } from '../base/chart.ts';
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import { shapeText, wrongKind } from '../base/errors.ts';
import { table } from '../program/report.ts';
import type { AnalysisTotals, LayerAnalysis } from './rows.ts';

/** A column of the table, by what it shows of a row. */
export type AnalysisColumn = Exclude<keyof LayerAnalysis, 'name'>;

/** The options of an analysis' text. */
export interface AnalysisTextOptions {
  /** How many parts of a path are told apart: layers that share so many are one row, with their sums. Default: all. */
  depth?: number | undefined;
  /** The column by which rows are sorted, the greatest first. Default: the order in which they run. */
  sort?:
    | 'parameters'
    | 'macs'
    | 'operations'
    | 'cpr'
    | 'denseParameters'
    | 'locallyConnectedParameters'
    | 'bytes'
    | undefined;
  /** The columns beside the name, in this order. Default: all; `cost` only where something is not known. */
  columns?: readonly AnalysisColumn[] | undefined;
}

/** The options of an analysis' chart. */
export interface AnalysisChartOptions {
  /** In pixels. Default 720. */
  width?: number | undefined;
  /** As of the text. */
  depth?: number | undefined;
  /** The title, which is drawn on top and read aloud. Default 'Layers'. */
  title?: string | undefined;
}

const SORTED = [
  ...['parameters', 'macs', 'operations', 'cpr', 'denseParameters', 'locallyConnectedParameters', 'bytes'],
];

const number = (value: number): string =>
  Number.isInteger(value)
    ? value.toLocaleString('en')
    : value.toLocaleString('en', { maximumFractionDigits: 2 });

const unlessNone = (value: number | null): string => (value === null || value === 0 ? '' : number(value));

/** A layer, or some as one row: then with the operators of which something is not known. */
type Row = LayerAnalysis & { readonly unknown?: AnalysisTotals['unknown'] };

/** What is counted, what is only counted in part, and what is not. */
function known({ unknown, ...row }: Row | AnalysisTotals, which: 'macs' | 'operations'): string {
  const value = row[which];
  if (value === null || (unknown?.[which].length && value === 0)) return '?';
  return unknown?.[which].length ? `≥ ${number(value)}` : number(value);
}

/** Equal along all axes: once. */
function perAxis(values: readonly number[]): string {
  const shown = values.map((value) => `${Math.round(value * 1000) / 1000}`);
  return new Set(shown).size === 1 ? (shown[0] as string) : shown.join('x') || '-';
}

interface Column {
  readonly heads: readonly string[];
  readonly isText?: boolean;
  cells(row: Row): readonly string[];
  total?(totals: AnalysisTotals): string;
}

const COLUMNS: Readonly<Record<AnalysisColumn, Column>> = {
  operator: { heads: ['operator'], isText: true, cells: (row) => [row.operator] },
  outputShape: { heads: ['output'], isText: true, cells: (row) => [shapeText(row.outputShape)] },
  parameters: {
    heads: ['parameters'],
    cells: (row) => [number(row.parameters)],
    total: (totals) => number(totals.parameters),
  },
  macs: { heads: ['MACs'], cells: (row) => [known(row, 'macs')], total: (totals) => known(totals, 'macs') },
  operations: {
    heads: ['operations'],
    cells: (row) => [known(row, 'operations')],
    total: (totals) => known(totals, 'operations'),
  },
  cost: { heads: ['cost'], isText: true, cells: (row) => [row.cost], total: (totals) => totals.cost },
  cpr: { heads: ['CPR'], cells: (row) => [unlessNone(row.cpr)], total: (totals) => unlessNone(totals.cpr) },
  denseParameters: {
    heads: ['dense'],
    cells: (row) => [unlessNone(row.denseParameters)],
    total: (totals) => number(totals.denseParameters),
  },
  locallyConnectedParameters: {
    heads: ['unshared'],
    cells: (row) => [unlessNone(row.locallyConnectedParameters)],
    total: (totals) => number(totals.locallyConnectedParameters),
  },
  receptiveField: {
    heads: ['field', 'stride', 'start'],
    cells: ({ receptiveField: { size, stride, start } }) => [size, stride, start].map(perAxis),
  },
  bytes: { heads: ['bytes'], cells: (row) => [number(row.bytes)], total: (totals) => number(totals.bytes) },
};

/** Rows whose paths share their first parts as one: sums, and what the last of them gives and sees. */
function grouped(rows: readonly LayerAnalysis[], depth: number): Row[] {
  const groups: LayerAnalysis[][] = [];
  const nameOf = (row: LayerAnalysis) => row.name.split('.').slice(0, depth).join('.');
  for (const row of rows) {
    const last = groups.at(-1);
    if (last !== undefined && nameOf(last[0] as LayerAnalysis) === nameOf(row)) last.push(row);
    else groups.push([row]);
  }
  return groups.map((group) => {
    const last = group.at(-1) as LayerAnalysis;
    if (group.length === 1) return last;
    const totals = totalsOf(group, ({ macs, cpr }) => (cpr === null ? 0 : (macs ?? 0) / cpr));
    return { ...last, name: nameOf(last), operator: `${group.length} calls`, ...totals };
  });
}

/** The sums over layers, of which `weightsOf` gives the weights that multiply. */
export function totalsOf<One extends LayerAnalysis>(
  rows: readonly One[],
  weightsOf: (row: One) => number,
): AnalysisTotals {
  const sum = (of: (row: One) => number) => rows.reduce((total, row) => total + of(row), 0);
  const without = (which: 'macs' | 'operations') => [
    ...new Set(rows.flatMap((row) => (row[which] === null ? [row.operator] : []))),
  ];
  const [macs, weights] = [sum((row) => row.macs ?? 0), sum(weightsOf)];
  const is = (cost: LayerAnalysis['cost']) => rows.every((row) => row.cost === cost);
  return {
    parameters: sum((row) => row.parameters),
    macs,
    operations: sum((row) => row.operations ?? 0),
    cost: is('complete') ? 'complete' : is('unavailable') ? 'unavailable' : 'partial',
    unknown: { macs: without('macs'), operations: without('operations') },
    cpr: weights === 0 ? null : macs / weights,
    denseParameters: sum((row) => row.denseParameters),
    locallyConnectedParameters: sum((row) => row.locallyConnectedParameters),
    bytes: sum((row) => row.bytes),
  };
}

/** The table. */
export function textOf(
  layers: readonly LayerAnalysis[],
  totals: AnalysisTotals,
  options: AnalysisTextOptions,
): string {
  const where = 'Analysis.toString';
  checkOptions(where, options, ['depth', 'sort', 'columns']);
  const all = (Object.keys(COLUMNS) as AnalysisColumn[]).filter(
    (name) => name !== 'cost' || totals.cost !== 'complete',
  );
  const { sort, columns = all } = options;
  if (!Array.isArray(columns)) throw wrongKind(where, 'columns', columns, 'an array of names');
  for (const name of columns) oneOf(where, 'columns', name, Object.keys(COLUMNS));
  const rows = rowsAt(where, layers, options.depth);
  if (sort !== undefined) {
    oneOf(where, 'sort', sort, SORTED);
    // What is not known may be anything.
    rows.sort(
      (a, b) => (b[sort] ?? (sort === 'cpr' ? 0 : Infinity)) - (a[sort] ?? (sort === 'cpr' ? 0 : Infinity)),
    );
  }
  const shown = columns.map((name) => COLUMNS[name as AnalysisColumn]);
  const firstFigure = shown.findIndex(({ isText }) => isText !== true);
  const left = 1 + (firstFigure < 0 ? shown.length : firstFigure);
  const lines = table(
    [
      ['layer', ...shown.flatMap(({ heads }) => heads)],
      ...rows.map((row) => [row.name, ...shown.flatMap((column) => column.cells(row))]),
      ['total', ...shown.flatMap(({ heads, total }) => heads.map(() => total?.(totals) ?? ''))],
    ],
    left,
  );
  return [...notesOf(totals), '', ...lines].join('\n');
}

/** What is counted how, and what is not. */
function notesOf({ unknown: { macs, operations } }: AnalysisTotals): string[] {
  const without = (kind: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`Not known: the ${kind} of ${names.join(', ')}; ≥ is a lower bound.`];
  return [
    'MACs: multiply-accumulates of one sample, weights times places, without bias (1 MAC is 2 FLOPs); CPR: MACs per weight;',
    'operations: beside these, 1 an element for bias, activations and arithmetic, 1 a place of a pool, 2 an element for batch norm, 5 for other norms.',
    ...without('MACs', macs),
    ...without('operations', operations),
  ];
}

const rowsAt = (where: string, layers: readonly LayerAnalysis[], depth: number | undefined): Row[] =>
  depth === undefined ? [...layers] : grouped(layers, integer(where, 'depth', depth, 1));

const BARS = [
  {
    name: 'MACs',
    color: '#2f7ed8',
    of: (row: Row | AnalysisTotals) => row.macs ?? 0,
    sum: (totals: AnalysisTotals) => known(totals, 'macs'),
  },
  {
    name: 'parameters',
    color: '#d9730d',
    of: (row: Row | AnalysisTotals) => row.parameters,
    sum: (totals: AnalysisTotals) => number(totals.parameters),
  },
] as const;

/** The chart: for each layer that costs something its multiply-accumulates and parameters as bars, with their shares. */
export function svgOf(
  layers: readonly LayerAnalysis[],
  totals: AnalysisTotals,
  options: AnalysisChartOptions,
): string {
  const where = 'Analysis.toSvg';
  checkOptions(where, options, ['width', 'depth', 'title']);
  const width = integer(where, 'width', options.width ?? 720, 320);
  const rows = rowsAt(where, layers, options.depth).filter((row) => BARS.some(({ of }) => of(row) > 0));
  const said = BARS.map(({ name, sum }) => `${sum(totals)} ${name}`).join(', ');
  const [first] = [...rows].sort((a, b) => (b.macs ?? 0) - (a.macs ?? 0));
  const most = first === undefined ? '' : `; most MACs: ${first.name}`;
  return barChart({
    ...{ title: options.title ?? 'Layers', said: said + most, width },
    names: rows.map((row) => `${row.name}  ${shapeText(row.outputShape)}`),
    columns: BARS.map(({ name, color, of, sum }) => {
      const total = of(totals);
      const label = (value: number): string => {
        const share = total > 0 ? (100 * value) / total : 0;
        return value === 0 ? '0' : `${number(value)} (${share < 0.1 ? '<0.1' : share.toFixed(1)} %)`;
      };
      return {
        ...{ head: `${name}: ${sum(totals)}`, color },
        bars: rows.map((row) => ({ value: of(row), label: label(of(row)) })),
      };
    }),
  });
}
