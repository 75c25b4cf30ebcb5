// VitePress' settings: navigation from pages.mjs, blocks as HTML, search without a server. Copied to build/site/.vitepress.
import fs from 'node:fs';
import { defineConfig } from 'vitepress';

const { version, nav, blocks, base, editLink } = JSON.parse(
  fs.readFileSync(new URL('site.json', import.meta.url), 'utf8'),
);

export default defineConfig({
  title: 'striate',
  titleTemplate: ':title, striate',
  description: 'Convolutional networks in JavaScript: run them, train them, look into them',
  lang: 'en',
  // No icon is asked for.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  base,
  outDir: '../site-dist',
  cacheDir: '../site-cache',
  cleanUrls: false,
  lastUpdated: false,
  ignoreDeadLinks: false,
  metaChunk: true,
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    config(md) {
      const { fence } = md.renderer.rules;
      md.renderer.rules.fence = (tokens, at, options, env, self) => {
        const { info, content } = tokens[at];
        if (info.trim() !== 'block') return fence(tokens, at, options, env, self);
        return blocks[env.relativePath][content.trim()];
      };
    },
  },
  themeConfig: {
    siteTitle: `striate ${version}`,
    nav: nav
      .map(({ title, pages }) => ({ text: title, link: pages[0].link }))
      .filter(({ text }) => text !== 'Coming from'),
    sidebar: nav.map(({ title, pages }) => ({
      text: title,
      collapsed: false,
      items: pages.map(({ title: text, link }) => ({ text, link })),
    })),
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            // Explanations before names of types.
            boostDocument: (id) => (id.includes('/book/') ? 1.5 : id.includes('/reference/') ? 0.5 : 1),
          },
        },
      },
    },
    ...(editLink && { editLink: { pattern: editLink, text: 'Edit this page' } }),
    docFooter: { prev: 'Before', next: 'Next' },
  },
});
