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

/** Its points that are finite. */
interface Curve {
  readonly name: string;
  readonly xs: Float64Array;
  readonly ys: Float64Array;
}

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

/** The names of all metrics, in the order in which they first stand. */
function metricsOf(rows: readonly PlotRow[]): string[] {
  const names = new Set(rows.flatMap(({ validation }) => Object.keys(validation ?? {})));
  names.delete('loss');
  return [...names];
}

/** One pass and no arrays of points: there may be 100 000 rows, ten times a second. */
function curveOf(
  rows: readonly PlotRow[],
  name: string,
  isLog: boolean,
  take: (row: PlotRow) => number | undefined,
): Curve {
  const [xs, ys] = [new Float64Array(rows.length), new Float64Array(rows.length)];
  let count = 0;
  for (const row of rows) {
    const y = take(row);
    if (y === undefined || !Number.isFinite(y) || (isLog && y <= 0)) continue;
    xs[count] = row.step ?? row.epoch;
    ys[count++] = y;
  }
  return { name, xs: xs.subarray(0, count), ys: ys.subarray(0, count) };
}

function panelsOf(rows: readonly PlotRow[], isLog: boolean): Panel[] {
  const validated = rows.filter(({ validation }) => validation !== undefined);
  const losses = [
    curveOf(rows, 'training', isLog, (row) => row.loss),
    curveOf(validated, 'validation', isLog, (row) => row.validation?.loss),
  ];
  const metrics = metricsOf(validated).map((name) =>
    curveOf(validated, name, false, (row) => row.validation?.[name]),
  );
  const panels = [
    { label: 'loss', isLog, curves: losses },
    { label: 'validation', isLog: false, curves: metrics },
  ];
  return panels
    .map((panel) => ({ ...panel, curves: panel.curves.filter(({ xs }) => xs.length > 0) }))
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

/** The places of the points to draw: of those that fall on one column of pixels, the lowest and the highest. */
function thinned({ xs, ys }: Curve, from: number, perUnit: number, width: number): number[] {
  if (xs.length <= 2 * width) return Array.from(xs, (_, i) => i);
  const kept: number[] = [];
  let [low, high, column] = [0, 0, Number.NaN];
  for (let i = 0; i <= xs.length; i++) {
    const own = i < xs.length ? Math.floor(((xs[i] as number) - from) * perUnit) : Number.NaN;
    if (own === column) {
      if ((ys[i] as number) < (ys[low] as number)) low = i;
      if ((ys[i] as number) > (ys[high] as number)) high = i;
      continue;
    }
    if (i > 0) kept.push(Math.min(low, high));
    if (i > 0 && low !== high) kept.push(Math.max(low, high));
    [low, high, column] = [i, i, own];
  }
  return kept;
}

/** A panel whose upper edge lies at `top`. */
function drawn({ label, isLog, curves }: Panel, top: number, width: number, height: number): string {
  const span = (axis: 'xs' | 'ys'): [number, number] => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { [axis]: values } of curves) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return low === high
      ? [
          low - Math.abs(low) / 2 - (axis === 'xs' || low === 0 ? 0.5 : 0),
          high + Math.abs(high) / 2 + (axis === 'xs' || low === 0 ? 0.5 : 0),
        ]
      : [low, high];
  };
  const [[x0, x1], [y0, y1]] = [span('xs'), span('ys')];
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
    const line = thinned(curve, x0, (right - left) / (x1 - x0), right - left).map(
      (at) => `${place(toX(curve.xs[at] as number))} ${place(toY(curve.ys[at] as number))}`,
    );
    const d = `M${line.join('L')}`;
    // A line through one point shows as a dot.
    lines.push(`<path class="curve" ${style} d="${d}${line.length === 1 ? 'h0' : ''}"/>`);
    const text = `${escaped(curve.name)} ${short(curve.ys.at(-1) as number)}`;
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
  if (!Array.isArray(history) || history.some((row) => typeof row?.loss !== 'number')) {
    throw wrongKind(where, 'history', history, 'an array of rows with epoch and loss, as fit gives it');
  }
  const width = integer(where, 'width', options.width ?? 640, 200);
  const height = integer(where, 'height', options.height ?? 240, 120);
  const panels = panelsOf(history, flag(where, 'log', options.log ?? false) === 1);
  if (panels.length === 0) {
    throw new RangeError(`${where}: history has no finite loss, must have one`);
  }
  const title = escaped(options.title ?? 'Training');
  const head = 24;
  const bodies = panels.map((panel, i) => drawn(panel, head + i * height, width, height));
  const last = panels.flatMap(({ label, curves }) =>
    curves.map(({ name, ys }) => `${label} ${escaped(name)} ${short(ys.at(-1) as number)}`),
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
<text x="${width / 2}" y="${total - 4}" text-anchor="middle">${history.some(({ step }) => step !== undefined) ? 'step' : 'epoch'}</text>
</svg>
`;
}
