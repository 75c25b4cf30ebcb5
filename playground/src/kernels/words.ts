/** What kernels on pictures say. */
import type { Words } from '../app/words.ts';

const en = {
  title: 'Kernels on pictures',
  intro:
    'A picture or the camera through a kernel by name, or through one of your own: type over its numbers. At every edge of the picture its pixels are repeated unless you choose otherwise.',
  source: 'Source',
  sources: {
    'photo-1': 'First photograph',
    'photo-2': 'Second photograph',
    camera: 'Camera',
    file: 'A picture of yours …',
  },
  kernel: 'Kernel',
  own: 'by hand',
  size: 'Size',
  show: 'Show as',
  shows: { signed: 'signed: 0 in the middle', picture: 'picture: clamped to 0 … 255' },
  grey: 'Grey (signed maps are blue below 0, red above)',
  mode: 'What lies outside',
  modes: {
    replicate: 'the edge, repeated',
    zeros: 'zeros',
    reflect: 'reflected',
    circular: 'the other side (circular)',
  },
  scale: 'Times',
  offset: 'Plus',
  before: 'Picture',
  after: 'Filtered',
  facts: (ms: string, width: number, height: number, least: string, greatest: string) =>
    `${ms} ms for ${width} × ${height}; values from ${least} to ${greatest}.`,
  product: 'This kernel is a column times a row: larger ones run as two passes.',
  noProduct: 'This kernel is no product of a column and a row.',
  cell: (row: number, column: number) => `Kernel, row ${row}, column ${column}`,
  noCamera: 'The camera could not be used:',
  noPicture: (name: string) => `${name} is no picture that this browser can decode.`,
};

const zh: Words<typeof en>['zh'] = {
  title: '图片上的卷积核',
  intro:
    '让图片或摄像头画面通过一个有名字的卷积核，或你自己的核：直接改写其中的数字。除非另选，图片边缘的像素会被重复。',
  source: '来源',
  sources: { 'photo-1': '第一张照片', 'photo-2': '第二张照片', camera: '摄像头', file: '你的图片……' },
  kernel: '卷积核',
  own: '手动输入',
  size: '大小',
  show: '显示为',
  shows: { signed: '有符号：0 在中间', picture: '图片：截断到 0 … 255' },
  grey: '灰度（有符号图：小于 0 为蓝，大于 0 为红）',
  mode: '边界外的内容',
  modes: { replicate: '重复边缘', zeros: '零', reflect: '镜像', circular: '循环（另一侧）' },
  scale: '乘以',
  offset: '加上',
  before: '图片',
  after: '滤波后',
  facts: (ms, width, height, least, greatest) =>
    `${width} × ${height} 用时 ${ms} 毫秒；数值从 ${least} 到 ${greatest}。`,
  product: '这个核是一列乘以一行：较大的核会分两遍计算。',
  noProduct: '这个核不是一列与一行的乘积。',
  cell: (row, column) => `卷积核，第 ${row} 行第 ${column} 列`,
  noCamera: '无法使用摄像头：',
  noPicture: (name) => `${name} 不是本浏览器能解码的图片。`,
};

export const words: Words<typeof en> = { en, zh };
export type KernelWords = typeof en;
