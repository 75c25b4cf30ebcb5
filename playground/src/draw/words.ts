/** What drawing a digit says. */
import type { Words } from '../app/words.ts';

const en = {
  title: 'Draw a digit',
  intro:
    'Draw a digit from 0 to 9 with the mouse, a finger, or the keys. A small network that has learned from 8,000 handwritten digits reads it at every stroke.',
  pad: 'Drawing area. Arrow keys move the pen, with Shift farther; Space puts it down or lifts it; Backspace takes the last stroke back.',
  undo: 'Take the last stroke back',
  clear: 'Clear',
  empty: 'Nothing is drawn yet.',
  guess: (digit: number, share: string) => `It reads a ${digit} (${share}).`,
  second: (digit: number, share: string) => `Second guess: ${digit} (${share}).`,
  seen: 'As the network sees it',
  seenNote: (scale: string) =>
    `Cut out, scaled by ${scale} until the longer side is 20 pixels, and laid so that its centre of mass is in the middle of 28 × 28: so MNIST was made, and so the network expects it.`,
  seenLabel: 'The centred digit, 28 by 28 pixels',
  shares: 'How sure it is',
  digit: (digit: number) => `digit ${digit}`,
  maps: ['Sixteen maps of the first convolution', 'Thirty-two maps of the second convolution'],
  mapsNote:
    'Bright is strong. The first layer answers to edges of the strokes, the second to corners and curves.',
  time: (ms: string) => `Computed in ${ms} ms.`,
  penDown: 'pen down',
  penUp: 'pen up',
  weights: 'The weights were made by npm run playground -- --train; 46,730 parameters.',
};

const zh: Words<typeof en>['zh'] = {
  title: '手写数字',
  intro: '用鼠标、手指或按键写一个 0 到 9 的数字。一个从 8000 个手写数字学习过的小网络在每一笔后识别它。',
  pad: '绘图区。方向键移动笔，按住 Shift 移动更远；空格落笔或抬笔；退格撤销最后一笔。',
  undo: '撤销最后一笔',
  clear: '清除',
  empty: '还没有写任何内容。',
  guess: (digit, share) => `识别为 ${digit}（${share}）。`,
  second: (digit, share) => `第二猜测：${digit}（${share}）。`,
  seen: '网络看到的样子',
  seenNote: (scale) =>
    `裁剪后按 ${scale} 缩放，使较长的一边为 20 像素，并使质心位于 28 × 28 的中央：MNIST 就是这样制作的，网络也期待这样的输入。`,
  seenLabel: '居中后的数字，28 乘 28 像素',
  shares: '有多确定',
  digit: (digit) => `数字 ${digit}`,
  maps: ['第一个卷积层的十六个特征图', '第二个卷积层的三十二个特征图'],
  mapsNote: '越亮越强。第一层对笔画的边缘有反应，第二层对拐角和曲线有反应。',
  time: (ms) => `计算用时 ${ms} 毫秒。`,
  penDown: '落笔',
  penUp: '抬笔',
  weights: '权重由 npm run playground -- --train 得到；共 46,730 个参数。',
};

export const words: Words<typeof en> = { en, zh };
export type DrawWords = typeof en;
