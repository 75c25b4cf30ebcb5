/** What is printed: widths, colours, tables, bars, and progress on standard error. */
import { stripVTControlCharacters } from 'node:util';
import progress from 'cli-progress';
import Table from 'cli-table3';
import pico from 'picocolors';

const { stdout, stderr, env } = process;

/** Colours where a terminal shows them and nobody forbids them. */
export const colors = colorsOn(stdout);
export const errorColors = colorsOn(stderr);

function colorsOn({ isTTY }: NodeJS.WriteStream): ReturnType<typeof pico.createColors> {
  return pico.createColors(isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb');
}

/** Characters of a line; what is not printed on a terminal may be as long as it is, unless COLUMNS says otherwise. */
export function lineWidth(): number {
  const told = Number(env.COLUMNS);
  if (Number.isInteger(told) && told > 0) return told;
  return stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY;
}

/** A text in lines that fit, broken at spaces; those behind the first begin with `indent`. */
export function wrapped(text: string, indent: string, width = lineWidth()): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && lengthOf(longer) > width) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}

const lengthOf = (text: string): number => [...stripVTControlCharacters(text)].length;

/** Narrower than this no column becomes. */
const NARROWEST = 6;
const GAP = '  ';
/** Wider than this no bar becomes. */
const LONGEST_BAR = 20;

/** A cell: a text, or a bar of a share, as long as there is room for it. */
export type Cell = string | { readonly share: number };

const widthOf = (cell: Cell = ''): number => (typeof cell === 'string' ? lengthOf(cell) : LONGEST_BAR);

/**
 * Rows in columns below a head; the last `figures` columns stand to the right. What does not fit is cut, the widest text first; where
 * that is not enough, the last texts are left out.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  figures: number,
  width = lineWidth(),
): string {
  const texts = head.length - figures;
  const widths = head.map((title, i) => Math.max(lengthOf(title), ...rows.map((row) => widthOf(row[i]))));
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  while (total() > width) {
    const widest = Math.max(...widths.slice(0, texts));
    if (!(widest > NARROWEST)) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  if (total() > width && texts > 1) {
    const without = <T>(row: readonly T[]) => row.filter((_, i) => i !== texts - 1);
    return table(without(head), rows.map(without), figures, width);
  }
  const made = new Table({
    chars: FRAMELESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, i) => (i < texts ? 'left' : 'right')),
    colWidths: widths,
  });
  made.push([...head]);
  for (const row of rows) made.push(row.map((cell, i) => textOf(cell, widths[i] as number, i === 0)));
  const [first = '', ...lines] = made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return [colors.dim(first), ...lines].join('\n');
}

/** cli-table3 draws a frame of these. */
const FRAMELESS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: GAP },
};

function textOf(cell: Cell, width: number, isName: boolean): string {
  if (typeof cell !== 'string') return bar(cell.share, width);
  return isName ? tailOf(cell, width) : cell;
}

/** Names differ where they end. */
const tailOf = (name: string, width: number): string =>
  lengthOf(name) <= width ? name : `…${[...name].slice(1 - width).join('')}`;

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `share` of `width` characters. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share || 0)) * width * 8);
  return colors.cyan('█'.repeat(eighths >> 3) + EIGHTHS[eighths % 8]);
}

/** Progress of something long: a bar on standard error where that is a terminal, and nothing elsewhere. */
export class Progress {
  readonly #bar: progress.SingleBar | null;

  constructor(total: number) {
    const shows = stderr.isTTY === true && total > 1;
    const width = Math.max(10, Math.min(40, (stderr.columns ?? 80) - 40));
    const options = {
      format: '{bar} {value}/{total} {task}',
      barsize: width,
      stream: stderr,
      clearOnComplete: true,
    };
    this.#bar = shows
      ? new progress.SingleBar({ ...options, barCompleteChar: '█', barIncompleteChar: '░' })
      : null;
    this.#bar?.start(total, 0, { task: '' });
    open.add(this);
  }

  /** One more is done; lets events in, so that Ctrl-C is heard. */
  async step(task = ''): Promise<void> {
    this.#bar?.increment(1, { task });
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** So much is done; lets events in. */
  async to(value: number, task = ''): Promise<void> {
    this.#bar?.update(value, { task });
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar?.stop();
    open.delete(this);
  }
}

const open = new Set<Progress>();

/** Takes away whatever is still shown. */
export function clearProgress(): void {
  for (const one of open) one.end();
}

/** Three digits: 0.0123, 1.23, 12.3, 123, 1230. */
export function digits(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  return value.toFixed(Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(size)))));
}

/** 1,234,567 */
export const grouped = (value: number): string => value.toLocaleString('en');

/** Bytes as a person reads them. */
export function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : digits(value)} ${units[unit]}`;
}
