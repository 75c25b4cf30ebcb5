/** historyPlot: curves of a training as the text of an SVG, drawn with no canvas and no library. */
import { checkOptions, integer } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import { flag } from '../ops/options.ts';
import { short } from './progress.ts';

/** What is drawn: a row of the history that `fit` gives, or what `onStep` is told. */
export interface PlotRow {
  /** Along the axis, where there is no step. */
  readonly epoch: number;
  /** Along the axis, where there is one. */
  readonly step?: number;
  /** The loss. */
  readonly loss: number;
  /** The validation's loss and metrics, by name. */
  readonly validation?: Readonly<Record<string, number>>;
}

/** The options of historyPlot. */
export interface HistoryPlotOptions {
  /** In pixels. Default 640. */
  width?: number | undefined;
  /** Of one panel, in pixels. Default 240. */
  height?: number | undefined;
  /** A logarithmic axis for the loss. Default false. */
  log?: boolean | undefined;
  /** The title, which is drawn on top and read aloud. Default 'Training'. */
  title?: string | undefined;
}

/** The points of some rows, as far as they are finite: of `loss`, or of a figure of the validation. */
interface Curve {
  readonly name: string;
  readonly rows: readonly PlotRow[];
  /** The validation's figure; null: the row's loss. */
  readonly figure: string | null;
  readonly isLog: boolean;
  readonly count: number;
  readonly x: Span;
  readonly y: Span;
  readonly last: number;
}

/** The lowest and the greatest. */
type Span = Float64Array;

interface Panel {
  readonly label: string;
  readonly isLog: boolean;
  readonly curves: readonly Curve[];
}

const where = 'historyPlot';
/** Legible on white and on black, also without colour vision; the second is dashed besides. */
const COLORS = ['#2f7ed8', '#d9730d', '#3a9d5d', '#9b59b6', '#b8860b', '#c0392b'];
const DASHES = ['', ' stroke-dasharray="6 3"', ' stroke-dasharray="2 2"'];
const MARGIN = { left: 58, right: 14, top: 30, bottom: 34 };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
const place = (value: number): string => String(Math.round(value * 10) / 10);

/** What is looked at of all rows at once. @throws TypeError for what is no row */
function lookAt(rows: readonly PlotRow[]): { validated: PlotRow[]; hasSteps: boolean } {
  const validated: PlotRow[] = [];
  let hasSteps = false;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as PlotRow;
    if (typeof row?.loss !== 'number') {
      throw wrongKind(where, 'history', rows, 'an array of rows with epoch and loss, as fit gives it');
    }
    if (row.step !== undefined) hasSteps = true;
    if (row.validation !== undefined) validated.push(row);
  }
  return { validated, hasSteps };
}

/** The names of all metrics, in the order in which they first stand. */
function metricsOf(validated: readonly PlotRow[]): string[] {
  const names = new Set(validated.flatMap(({ validation }) => Object.keys(validation ?? {})));
  names.delete('loss');
  return [...names];
}

/** Where a row's point lies, NaN where it has none. */
function pointOf(row: PlotRow, figure: string | null, isLog: boolean): number {
  const y = figure === null ? row.loss : (row.validation?.[figure] ?? Number.NaN);
  return Number.isFinite(y) && !(isLog && y <= 0) ? y : Number.NaN;
}

const placeOf = (row: PlotRow): number => row.step ?? row.epoch;

/**
 * Rows are gone over where they lie, with no array of points: there may be 100 000, ten times a second, and an array takes longer. The
 * lowest and greatest stand in floats: numbers of an object's own are boxed in every turn.
 */
function curveOf(rows: readonly PlotRow[], name: string, figure: string | null, isLog: boolean): Curve {
  const [none, all] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const x = Float64Array.of(none, all);
  const y = Float64Array.of(none, all);
  let count = 0;
  let last = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as PlotRow;
    const value = pointOf(row, figure, isLog);
    if (Number.isNaN(value)) continue;
    count += 1;
    last = i;
    widen(x, placeOf(row));
    widen(y, value);
  }
  return {
    name,
    rows,
    figure,
    isLog,
    count,
    x,
    y,
    last: count > 0 ? pointOf(rows[last] as PlotRow, figure, isLog) : 0,
  };
}

/** Takes a value into a span. */
function widen(span: Span, value: number): void {
  if (value < (span[0] as number)) span[0] = value;
  if (value > (span[1] as number)) span[1] = value;
}

function panelsOf(rows: readonly PlotRow[], validated: readonly PlotRow[], isLog: boolean): Panel[] {
  const losses = [curveOf(rows, 'training', null, isLog), curveOf(validated, 'validation', 'loss', isLog)];
  const metrics = metricsOf(validated).map((name) => curveOf(validated, name, name, false));
  const panels = [
    { label: 'loss', isLog, curves: losses },
    { label: 'validation', isLog: false, curves: metrics },
  ];
  return panels
    .map((panel) => ({ ...panel, curves: panel.curves.filter(({ count }) => count > 0) }))
    .filter(({ curves }) => curves.length > 0);
}

/** Round numbers from `low` to `high`, about `count` of them. */
function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= raw) as number);
  const first = Math.ceil(low / step - 1e-9);
  const found: number[] = [];
  for (let i = first; i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** Powers of ten, and halves and fifths of them where these are few. */
function logTicks(low: number, high: number): number[] {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const factors = to - from > 3 ? [1] : [1, 2, 5];
  const all = Array.from({ length: to - from + 1 }, (_, i) =>
    factors.map((one) => one * 10 ** (from + i)),
  ).flat();
  return all.filter((one) => one >= low * (1 - 1e-9) && one <= high * (1 + 1e-9));
}

/** The rows whose points are drawn: of those that fall on one column of pixels, the lowest and the highest. */
function thinned(
  { rows, figure, isLog, count, x: [from = 0] }: Curve,
  perUnit: number,
  width: number,
): PlotRow[] {
  if (count <= 2 * width) return rows.filter((row) => !Number.isNaN(pointOf(row, figure, isLog)));
  const kept: number[] = [];
  let column = Number.NaN;
  let low = 0;
  let high = 0;
  let lowest = 0;
  let highest = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as PlotRow;
    const y = pointOf(row, figure, isLog);
    if (Number.isNaN(y)) continue;
    const own = Math.floor((placeOf(row) - from) * perUnit);
    if (own !== column) {
      if (!Number.isNaN(column)) kept.push(low, high);
      column = own;
      low = i;
      high = i;
      lowest = y;
      highest = y;
    } else if (y < lowest) {
      low = i;
      lowest = y;
    } else if (y > highest) {
      high = i;
      highest = y;
    }
  }
  kept.push(low, high);
  return [...new Set(kept)].sort((a, b) => a - b).map((i) => rows[i] as PlotRow);
}

/** A panel whose upper edge lies at `top`. */
function drawn({ label, isLog, curves }: Panel, top: number, width: number, height: number): string {
  const span = (axis: 'x' | 'y'): [low: number, high: number] => {
    const low = Math.min(...curves.map((curve) => curve[axis][0] as number));
    const high = Math.max(...curves.map((curve) => curve[axis][1] as number));
    if (low !== high) return [low, high];
    const more = axis === 'x' || low === 0 ? 0.5 : 0;
    return [low - Math.abs(low) / 2 - more, high + Math.abs(high) / 2 + more];
  };
  const [[x0, x1], [y0, y1]] = [span('x'), span('y')];
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [upper, lower] = [top + MARGIN.top, top + height - MARGIN.bottom];
  const scale = isLog ? Math.log10 : (value: number) => value;
  const toX = (x: number) => left + ((x - x0) / (x1 - x0)) * (right - left);
  const toY = (y: number) => lower - ((scale(y) - scale(y0)) / (scale(y1) - scale(y0))) * (lower - upper);
  const lines: string[] = [];
  for (const y of isLog ? logTicks(y0, y1) : ticks(y0, y1, 5)) {
    const at = place(toY(y));
    lines.push(`<path class="grid" d="M${left} ${at}H${right}"/>`);
    lines.push(`<text x="${left - 6}" y="${at}" dy="4" text-anchor="end">${short(y)}</text>`);
  }
  for (const x of ticks(x0, x1, 8).filter(Number.isInteger)) {
    lines.push(`<text x="${place(toX(x))}" y="${lower + 16}" text-anchor="middle">${x}</text>`);
  }
  lines.push(`<path class="axis" d="M${left} ${upper}V${lower}H${right}"/>`);
  lines.push(
    `<text x="${left}" y="${upper - 10}" font-weight="bold">${label}${isLog ? ' (logarithmic)' : ''}</text>`,
  );
  let at = right;
  for (const [i, curve] of [...curves.entries()].reverse()) {
    const style = `stroke="${COLORS[i % COLORS.length]}"${DASHES[i % DASHES.length]}`;
    const line = thinned(curve, (right - left) / (x1 - x0), right - left).map(
      (row) => `${place(toX(placeOf(row)))} ${place(toY(pointOf(row, curve.figure, false)))}`,
    );
    const d = `M${line.join('L')}`;
    // A line through one point shows as a dot.
    lines.push(`<path class="curve" ${style} d="${d}${line.length === 1 ? 'h0' : ''}"/>`);
    const text = `${escaped(curve.name)} ${short(curve.last)}`;
    at -= 7 * text.length;
    lines.push(`<text x="${at}" y="${upper - 10}">${text}</text>`);
    lines.push(`<path class="curve" ${style} d="M${at - 26} ${upper - 14}h20"/>`);
    at -= 40;
  }
  return lines.join('\n');
}

/**
 * The curves of a training as an SVG: the losses, and below them the validation's metrics. It is legible on light and on dark
 * pages, and screen readers read its last values. Of many rows (steps instead of epochs) each column of pixels shows the lowest and
 * the highest.
 * @param history what `fit` gave, or rows that `onStep` was told
 * @returns the text of the SVG
 * @throws RangeError for a history without finite losses; TypeError for wrong kinds
 * @example
 * ```ts
 * const svg = historyPlot([{ epoch: 0, loss: 2.3 }, { epoch: 1, loss: 0.7 }]);
 * ```
 */
export function historyPlot(history: readonly PlotRow[], options: HistoryPlotOptions = {}): string {
  checkOptions(where, options, ['width', 'height', 'log', 'title']);
  if (!Array.isArray(history)) {
    throw wrongKind(where, 'history', history, 'an array of rows with epoch and loss, as fit gives it');
  }
  const width = integer(where, 'width', options.width ?? 640, 200);
  const height = integer(where, 'height', options.height ?? 240, 120);
  const { validated, hasSteps } = lookAt(history);
  const panels = panelsOf(history, validated, flag(where, 'log', options.log ?? false) === 1);
  if (panels.length === 0) {
    throw new RangeError(`${where}: history has no finite loss, must have one`);
  }
  const title = escaped(options.title ?? 'Training');
  const head = 24;
  const bodies = panels.map((panel, i) => drawn(panel, head + i * height, width, height));
  const last = panels.flatMap(({ label, curves }) =>
    curves.map(({ name, last }) => `${label} ${escaped(name)} ${short(last)}`),
  );
  const total = head + panels.length * height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" role="img" aria-label="${title}: ${last.join(', ')}">
<style>
text { font: 12px system-ui, sans-serif; fill: #333; }
.axis { fill: none; stroke: #666; }
.grid { fill: none; stroke: #999; stroke-opacity: 0.35; }
.curve { fill: none; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
@media (prefers-color-scheme: dark) { text { fill: #ddd; } .axis { stroke: #aaa; } }
</style>
<text x="${MARGIN.left}" y="18" font-size="14">${title}</text>
${bodies.join('\n')}
<text x="${width / 2}" y="${total - 4}" text-anchor="middle">${hasSteps ? 'step' : 'epoch'}</text>
</svg>
`;
}
