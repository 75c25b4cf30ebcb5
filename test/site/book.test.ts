/** The pages of the site: all code runs, exercises hold, the numbers are those of the literature, and links lead somewhere. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { disposeRuntime, Tensor } from 'striate';
import { encodePng } from 'striate/image';
import { afterAll, describe, expect, test } from 'vitest';
import { allPages, GROUPS, pageOf } from '../../scripts/site/pages.mjs';
import { html, plain, typed } from '../../scripts/site/theme/show.mjs';
import { readText, root } from '../docs/markdown.ts';

const library = { Tensor, encodePng };
const pages = allPages() as [file: string, place: string][];
const files = pages.map(([file]) => file);
const chapters = files.filter((file) => file.startsWith('book/'));

/** What the prose of chapters must say: examples of textbooks and of the guide to convolution arithmetic (Dumoulin & Visin, 2016). */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  correlation: ['19 25 / 37 43', '5 11 / 23 29', '12 12 17 / 10 17 19 / 9 6 14'],
  padding: [
    '8 15 12 / 21 36 27 / 20 33 24',
    '24 27 30 / 33 36 39 / 42 45 48',
    '12 18 24 / 30 36 42 / 48 54 60',
    'circular 36',
    'k = 3 give 5',
    'seen by each weight: 7',
    '4 pixels give 2',
    '5 pixels give 6',
  ],
  stride: ['6 17 3 / 8 17 13 / 6 4 4', '0 8 / 6 8', 's = 2 give 2, with p = 1 3', 'p = 1 give 3'],
  channels: ['56 72 / 104 120', '76 100 / 148 172', '96 128 / 192 224'],
  pooling: ['4 5 / 7 8', '2 3 / 5 6', 'leaves 10;', '5 7 / 13 15'],
  'receptive-field': ['5 6 14 16', '1 2 2 4', '-2, -2, -2, -2', '1.83', '3.65'],
  sharing: [
    ...['1,000,000,000 weights', '900,000', 'shared 90', 'used 10,000 times', '1,000,000,000,000'],
    ...[
      '122,304',
      '4,821,600',
      '156',
      '4 x 16 with 36',
      '25 x 25 with 169',
      '25 x 25 with 225',
      '9 x 25 with 49',
    ],
    '9 x 49 with 81',
  ],
  depthwise: ['462,422,016', '52,283,392', '0.1131'],
  'spatially-separable': ['10.1 %', '25.9 %', '6.9 %', '1 2 1 times the row 1 0 -1'],
  dilated: ['d = 2 give 3', '4 see 15 pixels', 'span 9 pixels'],
  transposed: [
    ...['0 0 1 / 0 4 6 / 4 12 9', 'off, 4', '0 0 0 1 / 0 0 2 3 / 0 2 0 3 / 4 6 6 9'],
    ...['s = 2 give 5', 'larger, 6', '2 1 2 1', '2 2 1 2 2 1'],
  ],
  visualising: ['3 x 3 gets\n16'],
  learning: ['0 1 0 0 0 -1 0', 'kernel 1 -1'],
};

/** A page as far as it is looked at here. */
interface Computed {
  readonly title: string;
  readonly markdown: string;
  readonly html: Readonly<Record<string, string>>;
  readonly blocks: readonly {
    readonly kind: string;
    readonly id: string;
    readonly outputs?: readonly { readonly kind: string }[];
  }[];
}

describe('the pages', () => {
  afterAll(disposeRuntime);

  test.each(files)('%s: its code runs, its exercises hold', async (file) => {
    const page = (await pageOf(file, library)) as Computed;
    expect(page.title, 'a title').not.toBe('');
    expect(page.markdown).not.toMatch(/\{\{/);
    const said = KNOWN[path.basename(file, '.md')] ?? [];
    expect(said.filter((text) => !page.markdown.includes(text))).toEqual([]);
    if (!chapters.includes(file)) return;
    const live = page.blocks.filter(({ kind }) => kind === 'live');
    const kinds = live.flatMap(({ outputs }) => (outputs ?? []).map(({ kind }) => kind));
    expect(
      kinds.some((kind) => kind === 'picture' || kind === 'chart'),
      'a figure',
    ).toBe(true);
    expect(
      page.blocks.some(({ kind }) => kind === 'exercise'),
      'an exercise',
    ).toBe(true);
    expect(page.markdown).toContain('## What the others call it');
    // Without its scripts the page shows what the code printed.
    for (const { id } of live) expect(page.html[id]).toMatch(/<img|<table|<svg|<pre/);
  });

  test('what is said must be is said by pages that there are', () => {
    expect(Object.keys(KNOWN).filter((name) => !chapters.includes(`book/${name}.md`))).toEqual([]);
  });

  test('every file of docs is a page, every page in one place', () => {
    const all = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' });
    const written = all.map((file) => file.replaceAll('\\', '/')).filter((file) => file.endsWith('.md'));
    const made = ['api.md', 'operators.md'];
    expect(written.filter((file) => !files.includes(file) && !made.includes(file))).toEqual([]);
    expect(new Set(pages.map(([, place]) => place)).size).toBe(files.length);
    expect(GROUPS.length).toBeGreaterThan(3);
  });

  test('links within the site lead to files that there are', () => {
    const wrong = files.flatMap((file) => {
      const text = readText(`docs/${file}`).replace(/^```[\s\S]*?^```$/gm, '');
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string);
      return links
        .filter((link) => !/^(#|https:)/.test(link))
        .filter(
          (link) => !existsSync(path.join(root, 'docs', path.dirname(file), link.split('#')[0] as string)),
        )
        .map((link) => `${file}: ${link}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('what a block prints', () => {
  test('texts beside each other are a line; numbers have four decimals at most', () => {
    const found = typed(['a', 0.123456, [1, 2.00001], { b: true, c: -0.5 }, null], library);
    expect(plain(found)).toBe('a 0.1235 [1, 2] { b: true, c: -0.5 } null');
    expect(plain(typed([1e-9, Number.NaN, new RangeError('no')], library))).toBe(
      '1.00e-9 NaN RangeError: no',
    );
  });

  test('pictures, charts and errors as HTML, in which text stays text', () => {
    const picture = { data: new Uint8ClampedArray(16).fill(255), width: 2, height: 2, channels: 4 };
    expect(html(typed([picture], library))).toMatch(
      /<img [^>]*width="200" [^>]*src="data:image\/png;base64,iVBOR/,
    );
    expect(plain(typed([picture, 'white', 1], library))).toBe('(a picture of 2 x 2 pixels: white 1)');
    expect(html(typed(['<svg><style>x</style><text>1</text></svg>'], library))).toBe(
      '<div class="live-chart"><svg><text>1</text></svg></div>',
    );
    expect(html([{ kind: 'error', text: 'a < b', line: 3 }])).toBe(
      '<pre class="live-error" tabindex="0">a &#60; b (line 3)</pre>',
    );
  });
});
