// VitePress' own theme, and blocks that run: they are made alive on each page that is shown.
import { inBrowser, useRoute, withBase } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import { nextTick, onMounted, watch } from 'vue';
import { enliven } from './live.mjs';
import './live.css';

export default {
  extends: DefaultTheme,
  setup() {
    if (!inBrowser) return;
    const route = useRoute();
    const start = () => nextTick(() => enliven(document, withBase('/live/worker.js')));
    onMounted(start);
    watch(() => route.path, start);
  },
};
