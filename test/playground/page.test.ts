/** The playground's page in Chromium and Firefox: the sliding window, the languages, what a keyboard and a narrow screen need. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'puppeteer-core';
import { disposeRuntime, init } from 'striate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configOf } from '../../playground/src/window/config.ts';
import { compute } from '../../playground/src/worker/window.ts';
import { inBrowsers } from './browsers.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What stands in the output, when it has been computed. */
async function output(page: Page): Promise<number[]> {
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll<HTMLElement>('.output-grid .cell')];
    return cells.length > 0 && cells.every((cell) => cell.dataset.value !== undefined);
  });
  return page.$$eval('.output-grid .cell', (cells) =>
    cells.map((cell) => Number((cell as HTMLElement).dataset.value)),
  );
}

const computed = (address: string): number[] => [
  ...compute(configOf(new URLSearchParams(address)).config).data,
];

/** Gives a control another value as a user's change does. */
const choose = (page: Page, control: string, value: string) =>
  page.$eval(
    `[data-control="${control}"]`,
    (element, to) => {
      const field = element as HTMLInputElement;
      if (field.type === 'checkbox') field.checked = to === '1';
      else field.value = to;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    },
    value,
  );

const hash = (page: Page): Promise<string> => page.evaluate(() => location.hash.slice(1));

beforeAll(() => init());
afterAll(() => disposeRuntime());

inBrowsers('the playground', ({ open }) => {
  test('each control changes the numbers to those of the library', async () => {
    const page = await open('i=5,6&k=3,2');
    const changes: [control: string, value: string, address: string][] = [
      ['size-0', '6', 'i=6&k=3,2'],
      ['kernel-1', '3', 'i=6&k=3'],
      ['stride-0', '2', 'i=6&k=3&s=2,1'],
      ['dilation-1', '2', 'i=6&k=3&s=2,1&dl=1,2'],
      ['padding-0-0', '2', 'i=6&k=3&s=2,1&dl=1,2&p=2:0,0'],
      ['padding-1-1', '1', 'i=6&k=3&s=2,1&dl=1,2&p=2:0,0:1'],
      ['mode', 'reflect', 'i=6&k=3&s=2,1&dl=1,2&p=2:0,0:1&m=reflect'],
      ['flip', '1', 'i=6&k=3&s=2,1&dl=1,2&p=2:0,0:1&m=reflect&f=1'],
      ['channels', '2', 'i=6&c=2&k=3&s=2,1&dl=1,2&p=2:0,0:1&m=reflect&f=1'],
      ['outputs', '2', 'i=6&c=2&k=3&o=2&s=2,1&dl=1,2&p=2:0,0:1&m=reflect&f=1'],
      ['groups', '2', 'i=6&c=2&k=3&o=2&g=2&s=2,1&dl=1,2&p=2:0,0:1&m=reflect&f=1'],
      ['padding', 'same', 'i=6&c=2&k=3&o=2&g=2&s=2,1&dl=1,2&p=same&m=reflect&f=1'],
    ];
    for (const [control, value, address] of changes) {
      await choose(page, control, value);
      expect(await output(page), address).toEqual(computed(address));
      expect(await hash(page)).toBe(address);
    }
    await choose(page, 'operation', 'pool');
    await choose(page, 'pool', 'avg');
    expect(await output(page)).toEqual(computed('op=pool&i=6&c=2&k=3&dl=1,2&p=same&pool=avg'));
    await choose(page, 'padding', 'numbers');
    await choose(page, 'operation', 'transposed');
    await choose(page, 'rank', '1');
    await choose(page, 'outputPadding-0', '1');
    await page.click('.steps button:last-child');
    expect(await output(page)).toEqual(computed(await hash(page)));
    expect(await hash(page)).toContain('q=1');
  });

  test('every step of the animation adds up to what stands in the output', async () => {
    for (const address of [
      'x=3,1;-2,5&w=1,-1;2,0.5&p=1',
      'i=3&k=2&c=2&o=2&p=1&m=circular',
      'op=transposed&i=2&k=3&s=2&v=zeros',
    ]) {
      const page = await open(address);
      const numbers = await output(page);
      // All steps at once: a call of the browser for each would take longer than the steps.
      const totals = await page.$eval(
        '.steps button:nth-child(3)',
        (button, count) =>
          Array.from({ length: count }, (_, i) => {
            if (i > 0) (button as HTMLButtonElement).click();
            return Number(document.querySelector<HTMLElement>('.equation')?.dataset.total);
          }),
        numbers.length,
      );
      expect(totals).toEqual(numbers);
      expect(numbers).toEqual(computed(address));
    }
  });

  test('play goes through all steps; scrubbing, pinning and the address keep the step', async () => {
    const page = await open('sp=16');
    await output(page);
    await page.click('.play');
    await page.waitForFunction(() => document.querySelector('.count')?.textContent === '4 / 4');
    expect(await page.$eval('.equation strong', (element) => element.textContent)).toBe('43');
    await page.$eval('.transport input[type=range]', (range) => {
      (range as HTMLInputElement).value = '1';
      range.dispatchEvent(new Event('input'));
    });
    expect(await hash(page)).toBe('at=1&sp=16');
    await page.click('.pin');
    await page.hover('.output-grid .cell:nth-child(1)');
    expect(await page.$eval('.count', (element) => element.textContent)).toBe('2 / 4');
    const again = await open(await hash(page));
    await output(again);
    expect(await again.$eval('.equation strong', (element) => element.textContent)).toBe('25');
  });

  test('a keyboard is enough: arrows move the window and write numbers, and what happens is said', async () => {
    const page = await open('');
    await output(page);
    await page.focus('.output-grid [tabindex="0"]');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    const said = () =>
      page.$eval('.equation', (element) => [element.getAttribute('aria-live'), element.textContent]);
    expect(await said()).toEqual(['polite', 'row 2, column 2: 4×0 + 5×1 + 7×2 + 8×3 = 43']);
    await page.focus('.input-grid [tabindex="0"]');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('7');
    await page.keyboard.press('Enter');
    expect(await output(page)).toEqual(computed('x=0,7,2;3,4,5;6,7,8'));
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      'Input, row 1, column 2',
    );
  });

  test('a size that does not fit says which axis and why, and the page goes on', async () => {
    const page = await open('i=2,5&k=3');
    expect(await page.$eval('.message', (element) => element.textContent)).toBe(
      'There is no output: along the rows the kernel spans 3, but the input with its padding has only 2. ' +
        'Take a smaller kernel or dilation, or more padding.',
    );
    await choose(page, 'size-0', '3');
    expect(await output(page)).toEqual(computed('i=3,5&k=3'));
    expect(await page.$eval('.message', (element) => element.textContent)).toBe('');
    const wrong = await open('i=99&k=2');
    expect(await wrong.$eval('.message', (element) => element.textContent)).toBe(
      'The link says i=99, must be whole numbers, 1 - 24: one, or one per axis',
    );
    expect(await output(wrong)).toEqual(computed('k=2'));
  });

  test('a link leaves controls out, and colours and language are in it', async () => {
    const page = await open('lang=zh&theme=dark&hide=controls,tabs');
    expect(await page.$eval('h2', (element) => element.textContent)).toBe('滑动窗口');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-Hans');
    for (const part of ['controls', 'tabs'])
      expect(await page.$eval(`[data-part="${part}"]`, (element) => getComputedStyle(element).display)).toBe(
        'none',
      );
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
  });
});

/** A state for each tab, the grandest that it has. */
const STATES = [
  'i=7&k=3&c=2&o=2&p=1&w=1,0,0;0,1,0;0,0,1|1,0,0;0,1,0;0,0,1|1,0,0;0,1,0;0,0,1|1,0,0;0,1,0;0,0,1.125',
];

inBrowsers('the playground for everybody', ({ open }, name) => {
  test.each(STATES)('%s has no horizontal scroll at 360 px', async (state) => {
    const page = await open(state, { width: 360, height: 740 });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(beyond).toBeLessThanOrEqual(0);
  });

  if (name === 'firefox') return; // What axe computes is the same in both, and takes its time.
  for (const language of ['en', 'zh'])
    for (const theme of ['light', 'dark'])
      test.each(STATES)(`axe finds nothing, ${language} and ${theme}, in %s`, async (state) => {
        const page = await open(`lang=${language}&theme=${theme}&${state}`);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const { axe: run } = globalThis as unknown as {
            axe: {
              run(
                options: object,
              ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
            };
          };
          const { violations } = await run.run({
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          });
          return violations.map(
            ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
          );
        });
        expect(found).toEqual([]);
      });
});
