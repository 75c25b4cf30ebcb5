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
  locales: {
    root: { label: 'English', lang: 'en' },
    zh: {
      label: '简体中文',
      lang: 'zh-Hans',
      title: 'striate',
      description: '浏览器与 Node 中的卷积网络：运行、训练、观察',
      themeConfig: {
        nav: [
          { text: '导读', link: '/zh/' },
          { text: 'English', link: '/' },
        ],
        sidebar: [{ text: '中文', items: [{ text: '卷积图解', link: '/zh/' }] }],
        outline: { level: [2, 3], label: '本页内容' },
        docFooter: { prev: '上一页', next: '下一页' },
        darkModeSwitchLabel: '外观',
        sidebarMenuLabel: '目录',
        returnToTopLabel: '返回顶部',
        langMenuLabel: '语言',
        skipToContentLabel: '跳到正文',
      },
    },
  },
  outDir: '../site-dist',
  cacheDir: '../site-cache',
  cleanUrls: false,
  lastUpdated: false,
  ignoreDeadLinks: false,
  metaChunk: true,
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
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
      items: pages.map(({ title: text, link }) => ({ text, link })),
    })),
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          options: {
            // Chinese has no spaces: two letters are a word there. (It is called in the page, so it stands alone.)
            tokenize: (text) =>
              text.split(/[\n\r\p{Z}\p{P}]+/u).flatMap((word) => {
                const letters = [...word];
                if (!/\p{Script=Han}/u.test(word) || letters.length < 3) return [word];
                return letters.slice(1).map((letter, i) => letters[i] + letter);
              }),
          },
          searchOptions: {
            // Explanations before names of types.
            boostDocument: (id) => (id.includes('/book/') ? 1.5 : id.includes('/reference/') ? 0.35 : 1),
          },
        },
        locales: {
          zh: {
            translations: {
              button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
              modal: {
                displayDetails: '显示详细列表',
                resetButtonTitle: '清除',
                backButtonTitle: '关闭搜索',
                noResultsText: '没有结果：',
                footer: {
                  selectText: '选择',
                  selectKeyAriaLabel: '回车键',
                  navigateText: '移动',
                  navigateUpKeyAriaLabel: '上箭头',
                  navigateDownKeyAriaLabel: '下箭头',
                  closeText: '关闭',
                  closeKeyAriaLabel: '退出键',
                },
              },
            },
          },
        },
      },
    },
    ...(editLink && { editLink: { pattern: editLink, text: 'Edit this page' } }),
    docFooter: { prev: 'Before', next: 'Next' },
  },
});
