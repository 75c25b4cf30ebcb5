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

interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
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
  return [...new Set(rows.flatMap(({ validation }) => Object.keys(validation ?? {})))].filter(
    (name) => name !== 'loss',
  );
}

function panelsOf(rows: readonly PlotRow[], isLog: boolean): Panel[] {
  const curve = (name: string, take: (row: PlotRow) => number | undefined): Curve => {
    const points = rows.map((row) => [row.step ?? row.epoch, take(row) ?? Number.NaN] as const);
    return { name, points: points.filter(([, y]) => Number.isFinite(y) && (!isLog || y > 0)) };
  };
  const losses = [curve('training', (row) => row.loss), curve('validation', (row) => row.validation?.loss)];
  const metrics = metricsOf(rows).map((name) => curve(name, (row) => row.validation?.[name]));
  const panels = [
    { label: 'loss', isLog, curves: losses },
    { label: 'validation', isLog: false, curves: metrics },
  ];
  return panels
    .map((panel) => ({ ...panel, curves: panel.curves.filter(({ points }) => points.length > 0) }))
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

/** Of points that fall on one column of pixels, the lowest and the highest. */
function thinned(
  points: readonly (readonly [number, number])[],
  width: number,
): readonly (readonly [number, number])[] {
  if (points.length <= 2 * width) return points;
  const kept: (readonly [number, number])[] = [];
  let [low, high] = [points[0], points[0]] as [readonly [number, number], readonly [number, number]];
  const put = () => kept.push(...(low[0] < high[0] ? [low, high] : low === high ? [low] : [high, low]));
  for (const point of points) {
    if (Math.floor(point[0]) !== Math.floor(low[0])) {
      put();
      low = point;
      high = point;
    }
    if (point[1] < low[1]) low = point;
    if (point[1] > high[1]) high = point;
  }
  put();
  return kept;
}

/** A panel whose upper edge lies at `top`. */
function drawn({ label, isLog, curves }: Panel, top: number, width: number, height: number): string {
  const all = curves.flatMap(({ points }) => points);
  const span = (axis: 0 | 1): [number, number] => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const point of all) {
      low = Math.min(low, point[axis]);
      high = Math.max(high, point[axis]);
    }
    return low === high
      ? [
          low - Math.abs(low) / 2 - (axis === 0 || low === 0 ? 0.5 : 0),
          high + Math.abs(high) / 2 + (axis === 0 || low === 0 ? 0.5 : 0),
        ]
      : [low, high];
  };
  const [[x0, x1], [y0, y1]] = [span(0), span(1)];
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
  for (const [i, { name, points }] of [...curves.entries()].reverse()) {
    const style = `stroke="${COLORS[i % COLORS.length]}"${DASHES[i % DASHES.length]}`;
    const line = thinned(
      points.map(([x, y]) => [toX(x), toY(y)] as const),
      right - left,
    );
    const d = line.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${place(x)} ${place(y)}`).join('');
    // A line through one point shows as a dot.
    lines.push(`<path class="curve" ${style} d="${d}${line.length === 1 ? 'h0' : ''}"/>`);
    const text = `${escaped(name)} ${short((points.at(-1) as readonly [number, number])[1])}`;
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
    curves.map(({ name, points }) => `${label} ${escaped(name)} ${short(points.at(-1)?.[1] as number)}`),
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
