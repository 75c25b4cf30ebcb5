/** The loss of training, smoothed, and of test, as lines; as many points as the chart is wide at most. */
import { fill, svg } from '../app/dom.ts';

type Point = readonly [step: number, value: number];

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [560, 240, 40, 24];
const MOST = 400;
/** How much of the last value stays. */
const SMOOTH = 0.9;

export function smoothed(points: readonly Point[]): Point[] {
  let [mean, weight] = [0, 0];
  return points.map(([step, value]) => {
    mean = SMOOTH * mean + (1 - SMOOTH) * value;
    weight = SMOOTH * weight + (1 - SMOOTH);
    return [step, mean / weight];
  });
}

export function thinned(points: readonly Point[], most = MOST): Point[] {
  if (points.length <= most) return [...points];
  const every = points.length / most;
  return Array.from(
    { length: most },
    (_, i) => points[Math.min(points.length - 1, Math.round((i + 1) * every) - 1)]!,
  );
}

/** Draws both into an SVG element. */
export function drawChart(root: SVGElement, train: readonly Point[], test: readonly Point[]): void {
  const last = Math.max(1, train.at(-1)?.[0] ?? 1);
  const curve = thinned(smoothed(train));
  const finite = [...curve, ...test].map(([, value]) => value).filter(Number.isFinite);
  const high = Math.max(0.5, ...finite);
  const top = Math.min(high, 3);
  const x = (step: number) => LEFT + (step / last) * (WIDTH - LEFT - 8);
  // What is no number lies as high as what is too large.
  const y = (value: number) => HEIGHT - BOTTOM - ((value <= top ? value : top) / top) * (HEIGHT - BOTTOM - 8);
  const line = (points: readonly Point[], name: string) =>
    svg('polyline', {
      class: name,
      fill: 'none',
      points: points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' '),
    });
  const marks = [0, top / 2, top].map((value) => [
    svg('line', { class: 'rule', x1: LEFT, x2: WIDTH - 8, y1: y(value), y2: y(value) }),
    svg('text', { class: 'mark', x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end' }, value.toFixed(2)),
  ]);
  fill(
    root,
    marks,
    svg('text', { class: 'mark', x: LEFT, y: HEIGHT - 6 }, '0'),
    svg('text', { class: 'mark', x: WIDTH - 8, y: HEIGHT - 6, 'text-anchor': 'end' }, `${last}`),
    line(curve, 'train-line'),
    line(thinned(test), 'test-line'),
    test
      .slice(-60)
      .map(([step, value]) => svg('circle', { class: 'test-dot', cx: x(step), cy: y(value), r: 2.5 })),
  );
}

export const CHART = { viewBox: `0 0 ${WIDTH} ${HEIGHT}` };
