/** Bars of figures beside names, as the text of an SVG that is legible on light and on dark pages. */

/** What is drawn. */
interface Chart {
  /** On top, and read aloud. */
  readonly title: string;
  /** Read aloud behind it. */
  readonly said: string;
  /** In pixels. */
  readonly width: number;
  /** A row for each. */
  readonly names: readonly string[];
  readonly columns: readonly Column[];
}

/** Figures of one kind: the greatest has the longest bar. */
interface Column {
  readonly head: string;
  readonly color: string;
  /** A bar for each name; what stands beside it. */
  readonly bars: readonly { readonly value: number; readonly label: string }[];
}

const ROW = 20;

const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

export function barChart({ title, said, width, names, columns }: Chart): string {
  const left = Math.min(width / 3, 7 * Math.max(8, ...names.map(({ length }) => length)));
  const each = (width - left) / columns.length;
  // Beside the longest bar stands its figure.
  const longest = each - 130;
  const height = 64 + names.length * ROW;
  const bars = columns.map(({ head, color, bars }, i) => {
    const x = left + i * each + 8;
    const most = Math.max(1, ...bars.map(({ value }) => value));
    const drawn = bars.map(({ value, label }, at) => {
      const [y, bar] = [52 + at * ROW, Math.round((longest * value) / most)];
      return `<rect x="${x}" y="${y}" width="${bar}" height="14" fill="${color}"/><text x="${x + bar + 5}" y="${y + 11}">${escaped(label)}</text>`;
    });
    return `<text x="${x}" y="40" font-weight="bold">${escaped(head)}</text>\n${drawn.join('\n')}`;
  });
  const labels = names.map(
    (name, at) => `<text x="${left}" y="${63 + at * ROW}" text-anchor="end">${escaped(name)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}: ${escaped(said)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #333; }
@media (prefers-color-scheme: dark) { text { fill: #ddd; } }
</style>
<text x="8" y="18" font-size="14">${escaped(title)}</text>
${labels.join('\n')}
${bars.join('\n')}
</svg>
`;
}
