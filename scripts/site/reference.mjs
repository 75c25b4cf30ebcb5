// The reference: docs/operators.md as it is, and docs/api.md as a page for each entry of the package. Both are made from the
// declarations and entries by `npm run generate`, with tests that hold them to what is packed; a second generator would say the same.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../lib/report.mjs';

const read = (file) => fs.readFileSync(path.join(root, 'docs', file), 'utf8');

/** The declarations of an entry, in fences under their initials, so that pages have an outline. */
function byInitial(code) {
  const parts = code.split(
    /^(?=(?:abstract class|class|interface|type|function|const|declare|enum|namespace) )/m,
  );
  const groups = new Map();
  let last = '';
  for (const part of parts) {
    const [, name = ''] = part.match(/^(?:abstract )?\w+ (\w+)/) ?? [];
    last = name === '' ? last : name;
    const initial = (last[0] ?? '').toUpperCase();
    groups.set(initial, `${groups.get(initial) ?? ''}${part}`);
  }
  return [...groups]
    .filter(([, text]) => text.trim() !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([initial, text]) => `## ${initial || 'Else'}\n\n\`\`\`ts\n${text.trimEnd()}\n\`\`\``)
    .join('\n\n');
}

/** Place, title and Markdown of each page. */
export function referencePages() {
  const sections = read('api.md').split(/^## /m).slice(1);
  const entries = sections.map((section) => {
    const [title, ...rest] = section.split('\n');
    const code = rest.join('\n').match(/```ts\n([\s\S]*?)^```/m)?.[1] ?? '';
    const place = `reference/${title.startsWith('striate') ? (title.split('/')[1] ?? 'striate') : 'others'}`;
    const markdown = `# ${title}\n\nThe names and their types. What each does, its shapes, errors and an example, your editor shows from the declarations.\n\n${byInitial(code)}\n`;
    return { place, title, markdown };
  });
  return [{ place: 'reference/operators', title: 'Operators', markdown: read('operators.md') }, ...entries];
}
