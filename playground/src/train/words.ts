/** What training says. */
import type { Words } from '../app/words.ts';

const en = {
  title: 'Train a network',
  intro:
    'The network that reads digits begins with random weights and learns from 8,000 handwritten digits, in this page. Watch its loss fall and its kernels take shape; 2,000 digits that it never learns from show whether it can generalise.',
  start: 'Start',
  goOn: 'Go on',
  pause: 'Pause',
  step: 'One step',
  stop: 'Stop and begin anew',
  rate: 'Learning rate',
  batch: 'Batch',
  optimizer: 'Optimiser',
  seed: 'Seed',
  settings: 'Settings',
  settingsNote: 'They hold from the next beginning on. The same seed gives the same curve.',
  progress: 'Progress',
  facts: (step: number, epoch: number, seconds: string) =>
    `Step ${step}, epoch ${epoch + 1}, ${seconds} s of computing.`,
  accuracy: (share: string, count: number) => `${share} of ${count} test digits are read.`,
  chart: 'Loss',
  chartLabel: (train: string, test: string) => `Loss by step: of training ${train}, of test ${test}`,
  training: 'training (smoothed)',
  test: 'test',
  kernels: 'Sixteen kernels of the first convolution',
  kernelsNote: 'Red is above 0, blue below.',
  confusion: 'What is taken for what',
  confusionNote:
    'A row is what a digit is, a column what it was read as. Press a cell to see the pictures behind it.',
  cell: (truth: number, read: number, count: number) => `${truth} read as ${read}: ${count}`,
  behind: (truth: number, read: number) => `Test digits ${truth} that were read as ${read}`,
  nothing: 'Pause, or wait a moment, to see the matrix.',
  weights: 'Save the weights',
  fault: (step: number, rate: number) =>
    `At step ${step} the loss was no number any more: a learning rate of ${rate} is too large, each step threw the weights farther away. Take a smaller one and begin anew.`,
  loading: 'Loading the digits (1.6 MB) …',
  table: 'The curve as a table',
  columns: ['step', 'loss of test', 'read'],
};

const zh: Words<typeof en>['zh'] = {
  title: '训练网络',
  intro:
    '识别数字的网络从随机权重开始，在本页中从 8000 个手写数字学习。观察损失下降、卷积核成形；它从未学习过的 2000 个数字显示它能否泛化。',
  start: '开始',
  goOn: '继续',
  pause: '暂停',
  step: '一步',
  stop: '停止并重新开始',
  rate: '学习率',
  batch: '批量大小',
  optimizer: '优化器',
  seed: '随机种子',
  settings: '设置',
  settingsNote: '从下一次重新开始起生效。相同的种子给出相同的曲线。',
  progress: '进展',
  facts: (step, epoch, seconds) => `第 ${step} 步，第 ${epoch + 1} 轮，已计算 ${seconds} 秒。`,
  accuracy: (share, count) => `${count} 个测试数字中识别对 ${share}。`,
  chart: '损失',
  chartLabel: (train, test) => `各步的损失：训练 ${train}，测试 ${test}`,
  training: '训练（平滑）',
  test: '测试',
  kernels: '第一个卷积层的十六个卷积核',
  kernelsNote: '红色大于 0，蓝色小于 0。',
  confusion: '什么被认成了什么',
  confusionNote: '行是真实的数字，列是识别的结果。按一个格子可看到背后的图片。',
  cell: (truth, read, count) => `${truth} 识别为 ${read}：${count}`,
  behind: (truth, read) => `被识别为 ${read} 的测试数字 ${truth}`,
  nothing: '暂停，或稍等片刻，即可看到矩阵。',
  weights: '保存权重',
  fault: (step, rate) =>
    `第 ${step} 步时损失不再是数：学习率 ${rate} 太大，每一步都把权重抛得更远。请减小学习率并重新开始。`,
  loading: '正在加载数字（1.6 MB）……',
  table: '以表格显示曲线',
  columns: ['步', '测试损失', '识别率'],
};

export const words: Words<typeof en> = { en, zh };
export type TrainWords = typeof en;
