// Tables in Markdown, and how numbers are written in them.

/** Three significant digits; the dash stands for what was not measured. */
export function figure(value, digits = 3) {
  if (value === undefined || value === null) return '-';
  if (value === 0) return '0';
  if (!Number.isFinite(value)) return String(value);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 6));
}

export const percent = (share) => (share === undefined ? '-' : `${(100 * share).toFixed(0)} %`);

export const times = (ratio) => (ratio === undefined ? '-' : `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`);

/** A difference: its power of ten is what matters. */
export const tiny = (value) => (value === undefined ? '-' : value === 0 ? '0' : value.toExponential(0));

/** A Markdown table; the first `texts` columns to the left, numbers to the right. */
export function table(header, rows, texts = 1) {
  const lines = [header, header.map((_, i) => (i < texts ? '---' : '---:')), ...rows].map((line) =>
    line.map(String),
  );
  const widths = header.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) => {
      const cells = line.map((cell, i) => (i < texts ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
      return `| ${cells.join(' | ')} |`;
    })
    .join('\n');
}
