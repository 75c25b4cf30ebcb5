/** What the page around the tabs says. */
import type { Words } from './words.ts';

const en = {
  name: 'striate playground',
  claim: 'Convolution you can touch. Everything is computed in this page.',
  skip: 'Skip to the content',
  tabs: {
    window: 'Sliding window',
    kernels: 'Kernels on pictures',
    layers: 'Inside a network',
    draw: 'Draw a digit',
    train: 'Train',
  },
  navigation: 'Parts',
  language: 'Language',
  theme: 'Colours',
  themes: { auto: 'As the system', light: 'Light', dark: 'Dark' },
  share: 'Link',
  copyLink: 'Copy the link',
  copied: 'Copied.',
  hide: 'Leave out for those who open it',
  parts: {
    tabs: 'the other parts',
    intro: 'the introduction',
    controls: 'all controls',
    settings: 'language and colours',
    examples: 'the examples',
    formula: 'the formula',
    code: 'the code',
    transport: 'the steps',
  },
  loading: 'Loading …',
  failed: 'This part could not be loaded:',
  close: 'Close',
};

const zh: Words<typeof en>['zh'] = {
  name: 'striate 演练场',
  claim: '可以动手的卷积。一切都在本页中计算。',
  skip: '跳到内容',
  tabs: {
    window: '滑动窗口',
    kernels: '图片上的卷积核',
    layers: '网络内部',
    draw: '手写数字',
    train: '训练',
  },
  navigation: '部分',
  language: '语言',
  theme: '颜色',
  themes: { auto: '跟随系统', light: '浅色', dark: '深色' },
  share: '链接',
  copyLink: '复制链接',
  copied: '已复制。',
  hide: '打开链接的人看不到',
  parts: {
    tabs: '其他部分',
    intro: '介绍',
    controls: '所有控件',
    settings: '语言和颜色',
    examples: '示例',
    formula: '公式',
    code: '代码',
    transport: '步骤',
  },
  loading: '正在加载……',
  failed: '无法加载这一部分：',
  close: '关闭',
};

export const words: Words<typeof en> = { en, zh };
export type ShellWords = typeof en;
