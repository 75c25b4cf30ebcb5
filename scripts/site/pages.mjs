// The pages of the site: where each comes from, and its Markdown when its numbers are computed and its blocks have run.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../lib/report.mjs';
import { blocksOf, run, valuesOf } from './blocks.mjs';
import { blockHtml, plain } from './theme/show.mjs';

/** The navigation: titles of groups, and of each page its file in docs/ and its place on the site. */
export const GROUPS = [
  {
    title: 'Guide',
    pages: [
      ['guide/start.md', 'guide/start'],
      ['guide/tensors.md', 'guide/tensors'],
      ['guide/layers.md', 'guide/layers'],
      ['guide/onnx.md', 'guide/onnx'],
      ['export.md', 'guide/export'],
      ['quantization.md', 'guide/quantization'],
      ['images.md', 'guide/pictures'],
      ['training.md', 'guide/training'],
      ['guide/seeing.md', 'guide/seeing'],
      ['guide/edge.md', 'guide/edge'],
      ['scale.md', 'guide/scale'],
      ['cli.md', 'guide/command-line'],
      ['performance.md', 'guide/performance'],
      ['models.md', 'guide/models'],
    ],
  },
  {
    title: 'Coming from',
    pages: [
      ['guide/from-pytorch.md', 'guide/from-pytorch'],
      ['guide/from-tfjs.md', 'guide/from-tfjs'],
      ['guide/from-onnxruntime-web.md', 'guide/from-onnxruntime-web'],
    ],
  },
  {
    title: 'Convolution, explained',
    pages: [
      ...[
        'correlation',
        'padding',
        'stride',
        'channels',
        'pointwise',
        'receptive-field',
        'pooling',
        'activations',
      ],
      ...['sharing', 'groups', 'depthwise', 'spatially-separable', 'dilated', 'transposed', 'deformable'],
      ...['three-d', 'visualising', 'learning'],
    ].map((name) => [`book/${name}.md`, `book/${name}`]),
  },
  { title: 'Pictures', pages: [['gallery/index.md', 'gallery/index']] },
];

const read = (file) => fs.readFileSync(path.join(root, 'docs', file), 'utf8');
const titleOf = (markdown) => markdown.match(/^# (.+)$/m)?.[1] ?? '';

/** The prose outside of fenced blocks and words set as code, changed. */
function inText(markdown, change) {
  return markdown
    .split(/(^```[\s\S]*?^```$|`[^`\n]+`)/m)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join('');
}

/** Puts numbers where the prose names them. @throws Error for a name that there is not, and for a number that nobody names */
function filled(file, markdown, values) {
  const used = new Set();
  const text = inText(markdown, (prose) =>
    prose.replace(/\{\{ *(\w+) *\}\}/g, (_, name) => {
      if (!values.has(name)) throw new Error(`docs/${file}: there is no number '${name}'`);
      used.add(name);
      return values.get(name);
    }),
  );
  const unused = [...values.keys()].filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`docs/${file}: nobody reads ${unused.join(', ')}`);
  return text;
}

/** Replaces blocks from the last to the first, so that places stay. */
function replaced(markdown, blocks, by) {
  return [...blocks]
    .reverse()
    .reduce((text, block) => text.slice(0, block.from) + by(block) + text.slice(block.to), markdown);
}

/**
 * A page: its Markdown for the site, the Markdown that is read as such, and its blocks with what they printed. An exercise's check
 * must refuse what the reader starts from and accept the answer.
 * @throws Error that names the page where code fails or an exercise does not hold
 */
export async function pageOf(file, library) {
  const source = read(file);
  const blocks = blocksOf(source);
  const values = await valuesOf(file, blocks);
  for (const block of blocks) {
    if (block.kind === 'live') block.outputs = await run(`${file} ${block.id}`, block.code, library);
  }
  for (const [i, block] of blocks.entries()) {
    if (block.kind !== 'exercise') continue;
    const [check, answer] = ['check', 'answer'].map((kind, at) =>
      blocks[i + 1 + at]?.kind === kind ? blocks[i + 1 + at].code : undefined,
    );
    if (check === undefined || answer === undefined)
      throw new Error(`docs/${file}: an exercise has no check or no answer behind it`);
    Object.assign(block, { check, answer, outputs: [] });
    const passes = await run(`${file} ${block.id}`, `${block.code}\n${check}`, library).then(
      () => true,
      () => false,
    );
    if (passes) throw new Error(`docs/${file}: ${block.id} is right before anything was done`);
    block.right = await run(`${file} ${block.id} answer`, `${answer}\n${check}`, library);
  }
  const shown = (block) => {
    return block.kind === 'live' || block.kind === 'exercise' ? `\`\`\`block\n${block.id}\n\`\`\`` : '';
  };
  const raw = (block) => {
    if (block.kind === 'values' || block.kind === 'check') return '';
    if (block.kind === 'live')
      return `\`\`\`js\n${block.code}\n\`\`\`\n\n\`\`\`text\n${plain(block.outputs)}\n\`\`\``;
    return block.kind === 'exercise'
      ? `\`\`\`js\n${block.code}\n\`\`\``
      : `An answer:\n\n\`\`\`js\n${block.code}\n\`\`\``;
  };
  const tidy = (text) => filled(file, text, values).replaceAll(/\n{3,}/g, '\n\n');
  return {
    file,
    title: titleOf(source),
    blocks,
    html: Object.fromEntries(
      blocks
        .filter(({ kind }) => kind === 'live' || kind === 'exercise')
        .map((block) => [block.id, blockHtml(block)]),
    ),
    markdown: tidy(replaced(source, blocks, shown)),
    raw: tidy(replaced(source, blocks, raw)),
  };
}

/** All files of the site's pages, with their places. */
export const allPages = () => [
  ['guide/home.md', 'index'],
  ['zh/index.md', 'zh/index'],
  ...GROUPS.flatMap(({ pages }) => pages),
];
