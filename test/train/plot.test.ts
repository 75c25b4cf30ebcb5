import { historyPlot } from 'striate/train';
import { describe, expect, test } from 'vitest';
import { any, type Wrong } from '../support/wrong.ts';
import { refused } from './refused.ts';

const history = Array.from({ length: 5 }, (_, epoch) => ({
  epoch,
  loss: 2 / (epoch + 1),
  validation: { loss: 2.5 / (epoch + 1), accuracy: 0.5 + 0.1 * epoch },
}));

/** The points of each curve. */
const curves = (svg: string): [number, number][][] =>
  [...svg.matchAll(/class="curve"[^>]* d="(M[^"]*L[^"]*)"/g)].map(([, d]) =>
    d!
      .slice(1)
      .split('L')
      .map((point) => point.split(' ').map(Number) as [number, number]),
  );

describe('historyPlot', () => {
  test('a panel of losses and one of metrics; the label has the last values', () => {
    const svg = historyPlot(history, { title: 'Digits & <more>' });
    expect(svg).toContain(
      'aria-label="Digits &#38; &#60;more&#62;: loss training 0.4, loss validation 0.5, validation accuracy 0.9"',
    );
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 640 504"/);
    expect(curves(svg).length).toBe(3);
    for (const name of ['training 0.4', 'validation 0.5', 'accuracy 0.9', '>loss<', '>epoch<'])
      expect(svg).toContain(name);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('points lie where their values are, the greatest on top', () => {
    const [accuracy, validation, training] = curves(historyPlot(history)).sort(([a], [b]) => b![1] - a![1]);
    expect(accuracy!.map(([, y]) => y)).toEqual([...accuracy!.map(([, y]) => y)].sort((a, b) => b - a));
    expect(validation![0]![1]).not.toBe(training![0]![1]);
    for (const curve of [accuracy!, validation!, training!]) {
      expect(curve.map(([x]) => x)).toEqual([58, 200, 342, 484, 626]);
      for (const [, y] of curve) expect(y).toBeGreaterThanOrEqual(54);
    }
  });

  test('a logarithmic axis: equal factors are equal distances', () => {
    const rows = [1, 0.1, 0.01, 0.001].map((loss, epoch) => ({ epoch, loss }));
    const [curve] = curves(historyPlot(rows, { log: true }));
    const steps = curve!.slice(1).map(([, y], i) => y - curve![i]![1]);
    for (const step of steps) expect(step).toBeCloseTo(steps[0]!, 0);
    expect(historyPlot(rows, { log: true })).toContain('loss (logarithmic)');
  });

  test('one row, equal values, values that are not finite', () => {
    for (const rows of [
      [{ epoch: 0, loss: 1 }],
      [
        { epoch: 0, loss: 0 },
        { epoch: 1, loss: 0 },
      ],
    ]) {
      expect(historyPlot(rows)).not.toMatch(/NaN|Infinity/);
    }
    const gap = historyPlot([
      { epoch: 0, loss: 1 },
      { epoch: 1, loss: Number.NaN },
      { epoch: 2, loss: 0.5 },
    ]);
    expect(curves(gap)[0]!.length).toBe(2);
  });

  test('100 000 steps: as many points as pixels show, drawn in a moment, with every peak', () => {
    const rows = Array.from({ length: 100_000 }, (_, step) => ({
      epoch: 0,
      step,
      loss: step === 54_321 ? 50 : Math.exp(-step / 3e4),
    }));
    const svg = historyPlot(rows);
    const times = Array.from({ length: 20 }, () => {
      const begun = performance.now();
      historyPlot(rows);
      return performance.now() - begun;
    });
    // 5 ms where nothing else runs.
    expect(Math.min(...times)).toBeLessThan(50);
    expect(svg.length).toBeLessThan(30_000);
    expect(Math.min(...curves(svg)[0]!.map(([, y]) => y))).toBe(54);
    expect(svg).toContain('>step<');
  });
});

describe('what is wrong is said', () => {
  // biome-ignore format: a table with a case a line.
  const calls: Wrong[] = [
    ['no history', () => historyPlot(any(3)), TypeError, 'historyPlot: history is 3, must be an array of rows with epoch and loss, as fit gives it'],
    ['rows without a loss', () => historyPlot(any([{ epoch: 1 }])), TypeError, 'historyPlot: history is [an Object], must be an array of rows with epoch and loss, as fit gives it'],
    ['nothing to draw', () => historyPlot([]), RangeError, 'historyPlot: history has no finite loss, must have one'],
    ['a picture without width', () => historyPlot(history, { width: 0 }), RangeError, 'historyPlot: width is 0, must be an integer, at least 200'],
    ['an option that there is not', () => historyPlot(history, any({ color: 'red' })), TypeError, "historyPlot: there is no option 'color'; options are width, height, log, title"],
  ];
  refused(calls);
});
