// `npm run docs:site`: the documentation as a site of static files in build/site-dist. Its pages are computed first (pages.mjs), then
// VitePress makes HTML of them, which fails on links that lead nowhere. SITE_BASE=/striate/ is where the site lies on its server,
// SITE_EDIT a pattern such as host/edit/:path for links that edit.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { sourcesByDistName } from '../lib/entries.mjs';
import { hashOf, readText, withLock, writeAtomic } from '../lib/files.mjs';
import { nodeModules } from '../lib/modules.mjs';
import { main, root } from '../lib/report.mjs';
import { allPages, GROUPS, pageOf } from './pages.mjs';
import { referencePages } from './reference.mjs';

const at = (...parts) => path.join(root, ...parts);
const [source, out, stamp] = [at('build/site'), at('build/site-dist'), at('build/site.stamp')];
const { version } = JSON.parse(fs.readFileSync(at('package.json'), 'utf8'));

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

/** Links to files of the repository that are no pages stay text; those to pages lead to their places. */
function relinked(markdown, from, places) {
  return markdown.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (all, mark, text, link) => {
    if (mark === '!' || /^(https?:|#)/.test(link)) return all;
    const [target, anchor] = link.split('#');
    const file = path.posix.join(path.posix.dirname(from), target);
    const place = places.get(file.replace(/^docs\//, ''));
    if (place === undefined) return target.startsWith('..') ? text : all;
    return `[${text}](/${place}.md${anchor === undefined ? '' : `#${anchor}`})`;
  });
}

/** Into `target` what a page's worker runs: the library, its entries with what they share apart, and the code around it. */
export async function writeLive(target) {
  const options = { bundle: true, format: 'esm', target: 'es2022', minify: true, logLevel: 'error' };
  await build({
    ...options,
    absWorkingDir: root,
    entryPoints: sourcesByDistName,
    outdir: path.join(target, 'striate'),
    splitting: true,
    platform: 'browser',
  });
  const outside = {
    name: 'outside',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^striate/ }, ({ path: name }) => ({
        path: `../striate/${name.split('/')[1] ?? 'index'}.js`,
        external: true,
      })),
  };
  await build({
    entryPoints: [at('scripts/site/theme/worker.mjs')],
    ...options,
    outfile: path.join(target, 'live/worker.js'),
    plugins: [outside],
  });
}

function llms(pages, reference) {
  const groups = GROUPS.map(({ title, pages: own }) => {
    const rows = own.map(([file, place]) => {
      const { title: name } = pages.find((page) => page.file === file);
      return `- [${name}](${place}.md)`;
    });
    return `## ${title}\n\n${rows.join('\n')}`;
  });
  return `# striate ${version}\n\n> Convolutional networks in JavaScript on WebAssembly: tensors, layers, gradients, training, ONNX models, pictures, and what convolutions do.\n\n${groups.join('\n\n')}\n\n## Reference\n\n${reference.map(({ title, place }) => `- [${title}](${place}.md)`).join('\n')}\n`;
}

export async function buildSite({ base = process.env.SITE_BASE ?? '/' } = {}) {
  await nodeModules();
  fs.rmSync(stamp, { force: true });
  execFileSync(process.execPath, [at('scripts/build.mjs'), '--dist'], { cwd: root, stdio: 'inherit' });
  const { Tensor, disposeRuntime } = await import('striate');
  const { encodePng } = await import('striate/image');
  fs.rmSync(source, { recursive: true, force: true });
  const places = new Map([
    ...allPages(),
    ['operators.md', 'reference/operators'],
    ['api.md', 'reference/striate'],
  ]);
  const [pages, blocks] = [[], {}];
  for (const [file, place] of allPages()) {
    const page = await pageOf(file, { Tensor, encodePng });
    pages.push(page);
    blocks[`${place}.md`] = page.html;
    write(path.join(source, `${place}.md`), relinked(page.markdown, file, places));
    page.place = place;
  }
  disposeRuntime();
  const reference = referencePages();
  for (const { place, markdown } of reference)
    write(path.join(source, `${place}.md`), relinked(markdown, `${place}.md`, places));
  fs.cpSync(at('docs/gallery'), path.join(source, 'gallery'), {
    recursive: true,
    filter: (file) => !file.endsWith('.md'),
  });
  for (const file of ['bench.svg', 'picture.jpg'])
    fs.copyFileSync(at('docs', file), path.join(source, 'guide', file));
  await writeLive(path.join(source, 'public'));
  const titled = (file) => pages.find((page) => page.file === file).title;
  const nav = [
    ...GROUPS.map(({ title, pages: own }) => ({
      title,
      pages: own.map(([file, place]) => ({ title: titled(file), link: `/${place}` })),
    })),
    { title: 'Reference', pages: reference.map(({ title, place }) => ({ title, link: `/${place}` })) },
  ];
  const settings = path.join(source, '.vitepress');
  fs.mkdirSync(settings, { recursive: true });
  fs.copyFileSync(at('scripts/site/config.mjs'), path.join(settings, 'config.mjs'));
  fs.cpSync(at('scripts/site/theme'), path.join(settings, 'theme'), { recursive: true });
  const { SITE_EDIT: editLink } = process.env;
  write(path.join(settings, 'site.json'), JSON.stringify({ version, nav, blocks, base, editLink }));
  execFileSync(process.execPath, [at('node_modules/vitepress/bin/vitepress.js'), 'build', source], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const { place, raw, file } of pages) write(path.join(out, `${place}.md`), relinked(raw, file, places));
  for (const { place, markdown } of reference) write(path.join(out, `${place}.md`), markdown);
  write(path.join(out, 'llms.txt'), llms(pages, reference));
  console.log('build/site-dist has the site');
}

/** Builds the site for a base where what it is made of has changed; gives the folder. */
export async function builtSite({ base }) {
  const hash = `${base} ${hashOf(['docs', 'ts', 'scripts/site', 'package.json', 'package-lock.json', 'build/stamp.json'])}`;
  if (readText(stamp) === hash && fs.existsSync(path.join(out, 'index.html'))) return out;
  await withLock(at('build/site.lock'), async () => {
    // Another process: its kernels and settings are its own.
    execFileSync(process.execPath, [at('scripts/site/build.mjs')], {
      ...{ cwd: root, stdio: 'inherit', env: { ...process.env, SITE_BASE: base } },
    });
    writeAtomic(stamp, hash);
  });
  return out;
}

if (process.argv[1]?.endsWith('site/build.mjs')) await main(() => buildSite());
