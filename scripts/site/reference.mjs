// The reference: docs/operators.md as it is, and the public names with their docstrings, out of the declarations that are packed (as
// docs/api.md is, by the same code), so that it says what an editor says and cannot differ from the package.
import fs from 'node:fs';
import path from 'node:path';
import { documented } from '../lib/declarations.mjs';
import { root } from '../lib/report.mjs';

const KINDS = { function: 'functions', class: 'classes', type: 'types' };

/** Docstrings are text: what looks like a tag or a value of Vue's is none. */
const asText = (markdown) =>
  markdown
    .split(/(^```[\s\S]*?^```$|`[^`]+`)/m)
    .map((part, i) => (i % 2 === 0 ? part.replaceAll('<', '&lt;').replaceAll('{{', '{ {') : part))
    .join('');

/** A name may have several declarations, of which one has the docstring. */
function sections(rows) {
  const byName = new Map();
  for (const row of rows) byName.set(row.name, [...(byName.get(row.name) ?? []), row]);
  return [...byName].map(([name, own]) => {
    const code = own.map((row) => row.code).join('\n');
    const docs = own.map((row) => row.docs).filter((text) => text !== '');
    return [`## ${name}`, `\`\`\`ts\n${code}\n\`\`\``, ...docs.map(asText)].join('\n\n');
  });
}

/** Place, title and Markdown of each page: of `striate` one for each kind of name. */
export function referencePages(folder = path.join(root, 'dist')) {
  const entries = documented(folder).flatMap(([entry, rows]) => {
    const isMain = entry === 'striate';
    const place = isMain ? 'striate' : entry.startsWith('striate/') ? entry.split('/')[1] : 'others';
    const parts = isMain
      ? Object.entries(KINDS).map(([kind, words]) => [
          `striate: ${words}`,
          kind === 'function' ? place : `${place}-${words}`,
          rows.filter((row) => row.kind === kind),
        ])
      : [[entry, place, rows]];
    return parts.map(([title, file, own]) => ({
      place: `reference/${file}`,
      title,
      markdown: `# ${title}\n\n${sections(own).join('\n\n')}\n`,
    }));
  });
  const operators = fs.readFileSync(path.join(root, 'docs/operators.md'), 'utf8');
  return [{ place: 'reference/operators', title: 'Operators', markdown: operators }, ...entries];
}
