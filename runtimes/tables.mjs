// What was found as tables: printed, and in README, where all but the times must be what was found.
import fs from 'node:fs';
import path from 'node:path';
import { table } from '../bench/table.mjs';
import { between } from '../scripts/lib/generate/lists.mjs';
import { Problem, root } from '../scripts/lib/report.mjs';

const IMPORT = "`import { init } from 'striate'`";
const FAILED = 'no';

const kilobytes = (bytes) => (bytes === undefined ? '-' : `${(bytes / 1000).toFixed(0)}`);

function runtimeRow({ runtime, report, error }) {
  const { name, line = IMPORT } = runtime;
  if (error) return [name, line, FAILED, '-', '-', '-'];
  const { threads, coldStart } = report;
  const time = coldStart === undefined ? '-' : Math.round(coldStart);
  return [name, line, 'yes', runtime.variant, threads.threads === 1 ? '1' : 'yes', time];
}

function bundlerRow({ runtime, report, error }) {
  const { name } = runtime;
  if (error) return [name, FAILED, FAILED, '-', '-', '-', '-'];
  const { raw, gzip, brotli } = report.weight;
  return [name, 'yes', report.worker ? 'yes' : '-', report.files, ...[raw, gzip, brotli].map(kilobytes)];
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

function longRow({ runtime, report }) {
  if (!report) return [runtime.name, FAILED, '-', '-', '-'];
  const { marks, disposed } = report;
  const [first, last] = [marks[0], marks.at(-1)];
  const both = (one) => `${one(first)} / ${one(last)}`;
  return [
    runtime.name,
    both(({ memoryBytes }) => megabytes(memoryBytes)),
    both(({ liveBytes }) => liveBytes),
    both(({ rss }) => rss.toFixed(0)),
    disposed
      ? Object.values(disposed)
          .map((rss) => rss.toFixed(0))
          .join(' / ')
      : '-',
  ];
}

/** Those in README. */
const IN_README = ['runtimes', 'bundlers'];

const TABLES = {
  runtimes: {
    header: ['runtime', 'import', 'works', 'variant', 'threads', 'cold start, ms'],
    row: runtimeRow,
    texts: 5,
  },
  bundlers: {
    header: ['built by', 'page', 'worker', 'files', 'raw, kB', 'gzip, kB', 'brotli, kB'],
    row: bundlerRow,
    texts: 3,
  },
  long: {
    header: [
      'after the first 2000 requests / after all',
      'linear memory, MB',
      'alive, bytes',
      'process, MB',
      'before 256 MiB, with them, after disposeRuntime, MB',
    ],
    row: longRow,
    texts: 1,
  },
};

export const tableOf = (kind, rows) => {
  const { header, row, texts } = TABLES[kind];
  return table(header, rows.map(row), texts);
};

/** A document without the figures of its tables, which are this machine's and this version's. */
const facts = (text) =>
  text
    .replace(/ *\d+ *(?=\|)/g, ' N ')
    .replace(/-+:?/g, '-')
    .replace(/ +/g, ' ');

/** Writes the tables into README, or throws where README has others. */
export function compareReadme(found, write) {
  const file = path.join(root, 'README.md');
  const before = fs.readFileSync(file, 'utf8');
  let after = before;
  for (const kind of IN_README) after = between(after, kind, tableOf(kind, found[kind]));
  if (write) fs.writeFileSync(file, after);
  else if (facts(before) !== facts(after))
    throw new Problem(
      "README's tables are not what was found; `npm run test:runtimes -- --write` writes them.",
    );
}
