/** Examples of textbooks, each as the address that shows it. */

export interface Example {
  readonly group: 'book' | 'guide' | 'transposed' | 'padding' | 'pool';
  readonly name: { readonly en: string; readonly zh: string };
  readonly address: string;
}

const GUIDE = 'x=3,3,2,1,0;0,0,1,3,1;3,1,2,2,3;2,0,0,2,2;2,0,0,0,1&w=0,1,2;2,2,0;0,1,2';

const rows = (
  group: Example['group'],
  list: readonly (readonly [en: string, zh: string, address: string])[],
): Example[] => list.map(([en, zh, address]) => ({ group, name: { en, zh }, address }));

export const EXAMPLES: readonly Example[] = [
  ...rows('book', [
    ['Cross-correlation, 3 × 3 by 2 × 2', '互相关，3 × 3 与 2 × 2', ''],
    ['The same, flipped', '同样，翻转核', 'f=1'],
    ['Padding 1', '填充 1', 'p=1'],
    ['Padding 1, stride 3 and 2', '填充 1，步幅 3 和 2', 'p=1&s=3,2'],
    ['Two channels', '两个输入通道', 'c=2'],
    ['Two channels, three outputs', '两个输入通道，三个输出通道', 'c=2&o=3'],
    ['An edge detector', '边缘检测', `x=${Array(6).fill('1,1,0,0,0,0,1,1').join(';')}&w=1,-1`],
    ['Depthwise: as many groups as channels', '逐通道：组数等于通道数', 'c=2&o=2&g=2'],
    ['In one dimension, causal', '一维，因果', 'd=1&i=8&k=3&dl=2&p=4:0'],
  ]),
  ...rows('guide', [
    ['No padding', '无填充', 'i=4&k=3'],
    ['Arbitrary padding', '任意填充', 'i=5&k=4&p=2'],
    ['Half padding (same)', '半填充（same）', 'i=5&k=3&p=1'],
    ['Full padding', '全填充', 'i=5&k=3&p=2'],
    ['Strides', '步幅', 'i=5&k=3&s=2'],
    ['Padding and strides', '填充与步幅', 'i=5&k=3&s=2&p=1'],
    ['Padding and strides, odd', '填充与步幅（奇数）', 'i=6&k=3&s=2&p=1'],
    ['Dilation', '膨胀', 'i=7&k=3&dl=2'],
    ['Its numbers', '指南中的数字', GUIDE],
    ['Its numbers, stride 2', '指南中的数字，步幅 2', `${GUIDE}&p=1&s=2`],
  ]),
  ...rows('transposed', [
    ['No padding', '无填充', 'op=transposed&i=2&k=3&v=zeros'],
    ['Arbitrary padding', '任意填充', 'op=transposed&i=6&k=4&p=2&v=zeros'],
    ['Half padding (same)', '半填充（same）', 'op=transposed&i=5&k=3&p=1&v=zeros'],
    ['Full padding', '全填充', 'op=transposed&i=7&k=3&p=2&v=zeros'],
    ['Strides', '步幅', 'op=transposed&i=2&k=3&s=2&v=zeros'],
    ['Padding and strides', '填充与步幅', 'op=transposed&i=3&k=3&s=2&p=1&v=zeros'],
    ['Padding and strides, odd', '填充与步幅（奇数）', 'op=transposed&i=3&k=3&s=2&p=1&q=1&v=zeros'],
    ['Textbook, scattering', '教科书，散布', 'op=transposed&i=2'],
    ['Textbook, stride 2', '教科书，步幅 2', 'op=transposed&i=2&s=2'],
    [
      'A checkerboard: kernel 3, stride 2',
      '棋盘效应：核 3，步幅 2',
      'op=transposed&x=1,1,1;1,1,1;1,1,1&w=1,1,1;1,1,1;1,1,1&s=2',
    ],
  ]),
  ...rows('padding', [
    ['Zeros', '零', 'w=1,1,1;1,1,1;1,1,1&p=1'],
    ['Reflected', '镜像', 'w=1,1,1;1,1,1;1,1,1&p=1&m=reflect'],
    ['The edge, repeated', '重复边缘', 'w=1,1,1;1,1,1;1,1,1&p=1&m=replicate'],
    ['Circular', '循环', 'w=1,1,1;1,1,1;1,1,1&p=1&m=circular'],
    ['More on one side', '两侧不同', 'i=4&k=3&p=0:2,1:0'],
  ]),
  ...rows('pool', [
    ['Maximum, stride 1', '最大值，步幅 1', 'op=pool&i=3&k=2&s=1'],
    ['Mean, stride 1', '平均值，步幅 1', 'op=pool&i=3&k=2&s=1&pool=avg'],
    ['Maximum of 4 × 4', '4 × 4 的最大值', 'op=pool&i=4&k=3'],
    ['Maximum, padding 1, stride 2', '最大值，填充 1，步幅 2', 'op=pool&i=4&k=3&s=2&p=1'],
    ['Mean of the guide', '指南中的平均值', `op=pool&${GUIDE.split('&')[0]}&k=3&s=1&pool=avg`],
  ]),
];
