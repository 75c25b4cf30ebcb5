// The plot for README: how many times faster than each peer the layers are, a column per peer, a bar per layer.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { PEERS } from './peers.mjs';

const ROW = 20; // pixels per layer
const COLORS = { faster: '#3b6fb6', slower: '#c8553d' };

/** What is drawn: the sixteen where they were measured, else all layers; the first variant on the fewest threads. */
function pointsOf(runs) {
  const [run] = runs.toSorted((a, b) => a.threads - b.threads);
  const layers = run.layers ?? [];
  const sixteen = layers.filter(({ group }) => group === 'sixteen');
  const rows = (sixteen.length > 0 ? sixteen : layers).filter(
    ({ variant }, _, all) => variant === all[0].variant,
  );
  const points = rows.flatMap(({ name, peers }) =>
    Object.entries(peers).map(([peer, { ratio }]) => ({ layer: name, peer, ratio })),
  );
  return { points, names: rows.map(({ name }) => name), threads: run.threads, variant: rows[0]?.variant };
}

/** SVG of the runs' layers; a sentence where there is nothing to draw. */
export function plot(runs) {
  const { points, names, threads, variant } = pointsOf(runs);
  if (points.length === 0)
    throw new RangeError('bench: --svg shows ratios of layers to peers, and none was measured');
  const { document } = parseHTML('<html><body></body></html>');
  const largest = Math.max(...points.map(({ ratio }) => ratio));
  const smallest = Math.min(1, ...points.map(({ ratio }) => ratio));
  const svg = Plot.plot({
    document,
    width: 900,
    height: 70 + ROW * names.length,
    marginLeft: 170,
    marginRight: 20,
    marginBottom: 45,
    marginTop: 25,
    style: { background: 'white', color: '#222', fontSize: '11px' },
    fx: {
      label: null,
      padding: 0.08,
      domain: PEERS.filter((peer) => points.some((point) => point.peer === peer)),
    },
    x: {
      type: 'log',
      base: 2,
      domain: [smallest / 1.1, largest * 1.5],
      ticks: [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64].filter(
        (tick) => tick > smallest / 1.1 && tick < largest * 1.5,
      ),
      tickFormat: String,
      grid: true,
      labelAnchor: 'center',
      labelOffset: 40,
      label: `times as fast as the peer (${variant}, ${threads === 1 ? 'one thread' : `${threads} threads`})`,
    },
    y: { label: null, domain: names, tickSize: 0 },
    marks: [
      Plot.barX(points, {
        fx: 'peer',
        y: 'layer',
        x1: 1,
        x2: 'ratio',
        fill: ({ ratio }) => (ratio >= 1 ? COLORS.faster : COLORS.slower),
        insetTop: 1,
        insetBottom: 1,
      }),
      Plot.text(points, {
        fx: 'peer',
        y: 'layer',
        x: ({ ratio }) => Math.max(1, ratio),
        text: ({ ratio }) => ratio.toFixed(ratio < 10 ? 1 : 0),
        textAnchor: 'start',
        dx: 3,
      }),
      Plot.ruleX([1]),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
