/** The playground's page in Chromium and Firefox: the sliding window, the languages, what a keyboard and a narrow screen need. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'puppeteer-core';
import { disposeRuntime, init } from 'striate';
import { analyze } from 'striate/analyze';
import { loadModel } from 'striate/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configOf } from '../../playground/src/window/config.ts';
import { compute } from '../../playground/src/worker/window.ts';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { tasksOf } from '../../scripts/lib/pageTasks.mjs';
import { compressed } from '../../scripts/lib/playgroundTargets.mjs';
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

const soon = { timeout: 10_000 };

/** As they are written: strokes on a square of 100 by 100. */
const DIGITS = {
  0: '50,15,35,20,27,35,25,50,28,68,38,82,50,86,63,82,73,68,76,50,73,33,64,20,50,15',
  1: '50,12,50,88',
  2: '28,32,32,20,44,13,58,14,68,24,68,38,58,52,44,66,28,84,74,84',
  3: '30,22,42,14,58,15,66,26,62,40,48,48,62,54,70,66,64,80,48,87,30,80',
  4: '58,12,26,62,78,62;62,40,62,90',
  5: '36,14,32,46,46,40,62,44,72,58,68,76,52,87,32,82;36,14,70,14',
  6: '64,12,48,24,36,42,30,62,34,78,48,88,62,84,70,70,62,58,48,56,34,64',
  7: '26,18,74,18,44,88',
  8: '66,22,52,13,36,20,36,34,50,46,64,58,70,74,58,87,40,86,31,72,38,58,54,46,66,34,66,22',
  9: '68,30,56,18,40,20,31,34,36,48,50,52,64,44,68,30,66,60,60,88',
};

beforeAll(() => init());
afterAll(() => disposeRuntime());

inBrowsers('the playground', ({ open, files }, name) => {
  test('the first view loads at most 300 kB, compressed: the other parts and models come on demand', async () => {
    const page = await open('');
    await output(page);
    await page.waitForNetworkIdle();
    const names = files().map((file) => file.slice(file.lastIndexOf('/') + 1));
    expect(names).toContain('index.html');
    expect(names.filter((name) => /safetensors|onnx|jpg|digits\.bin/.test(name))).toEqual([]);
    const bytes = compressed(files());
    console.log(`the first view: ${bytes} bytes, compressed, in ${names.length} files`);
    expect(bytes).toBeLessThanOrEqual(300_000);
  });

  // What tasks there are, and how long each computes, is in Chromium's traces.
  if (name === 'chromium')
    test.each([
      ['', '.output-grid .cell[data-value]'],
      [`tab=draw&s=${DIGITS[4]}`, '.guess[data-digit="4"]'],
      ['tab=train', '.go'],
      ['tab=kernels', '.facts[data-least]'],
      ['tab=layers', '.reasons canvas'],
    ])('no task of the page takes 50 ms while it is opened: #%s', async (state, ready) => {
      const page = await open('');
      const [longest = 0, ...others] = await tasksOf(page, async () => {
        await open(state);
        await page.waitForSelector(ready);
      });
      expect(others.length).toBeGreaterThan(20);
      expect(longest).toBeGreaterThan(0);
      expect(longest).toBeLessThan(50);
    });

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

  test('a number that is being typed is taken, and the press that takes it counts as well', async () => {
    const typed = async (page: Page, field: string, text: string) => {
      await page.$eval(field, (element) => {
        (element as HTMLInputElement).focus();
        (document.activeElement as HTMLInputElement).select();
      });
      await page.keyboard.type(text);
    };
    const page = await open('');
    await output(page);
    await typed(page, '[data-control="size-0"]', '5');
    await page.click('[data-control="flip"]');
    await expect.poll(() => hash(page), soon).toBe('i=5,3&f=1');
    expect(await output(page)).toEqual(computed('i=5,3&f=1'));
    await typed(page, '[data-control="stride-1"]', '2');
    await page.click('[data-control="counting"]');
    await expect.poll(() => hash(page), soon).toBe('i=5,3&s=1,2&f=1');
    expect(await output(page)).toEqual(computed('i=5,3&s=1,2&f=1'));
    const kernels = await open('tab=kernels&kernel=sharpen');
    await kernels.waitForFunction(() => document.querySelector<HTMLElement>('.facts')?.dataset.least);
    await typed(kernels, '.kernel-grid .cell:nth-child(2)', '9');
    // The page is drawn anew when the mouse is let go: behind the key that is pressed before.
    await kernels.hover('.kernel-grid .cell:nth-child(3)');
    await kernels.mouse.down();
    await kernels.keyboard.type('7');
    await kernels.mouse.up();
    await expect.poll(() => hash(kernels), soon).toMatch(/w=\S+,9,\S+;/);
    // A locator tries again where the page is being drawn anew.
    await kernels.locator('[data-control="grey"]').click();
    await expect.poll(() => hash(kernels), soon).toMatch(/w=\S+,9,7;.*grey=0/);
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
    const text = (of: typeof page, selector: string) => () =>
      of.$eval(selector, (element) => element.textContent);
    await expect.poll(text(page, '.equation strong'), soon).toBe('43');
    await page.$eval('.transport input[type=range]', (range) => {
      (range as HTMLInputElement).value = '1';
      range.dispatchEvent(new Event('input'));
    });
    await expect.poll(() => hash(page), soon).toBe('at=1&sp=16');
    await page.click('.pin');
    await page.hover('.output-grid .cell:nth-child(1)');
    await expect.poll(text(page, '.count'), soon).toBe('2 / 4');
    const again = await open(await hash(page));
    await output(again);
    await expect.poll(text(again, '.equation strong'), soon).toBe('25');
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

  test('every part is opened, and something done in it, by keys alone', { timeout: 120_000 }, async () => {
    const page = await open('');
    /** Presses Tab, or Shift and Tab, until it is there. */
    const tabTo = async (selector: string, isBack = false) => {
      for (let i = 0; i < 80; i++) {
        if (isBack) await page.keyboard.down('Shift');
        await page.keyboard.press('Tab');
        if (isBack) await page.keyboard.up('Shift');
        if (await page.evaluate((one) => document.activeElement?.matches(one), selector)) return;
      }
      throw new Error(`Tab does not lead to ${selector}`);
    };
    const part = async (name: string) => {
      const isInside = await page.evaluate(() => document.activeElement !== document.body);
      await tabTo(`nav a[href="#tab=${name}"]`, isInside);
      await page.keyboard.press('Enter');
      await page.waitForSelector(`main.${name} h2`);
      // The focus is where it was: on the part that is open.
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-current'))).toBe('page');
    };
    await part('layers');
    await page.waitForSelector('.layer-name');
    await tabTo('.layer-name');
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter'] as const) await page.keyboard.press(key);
    await expect.poll(() => hash(page), soon).toContain('layer=');
    await part('kernels');
    await tabTo('.kernel-grid input');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.type('3');
    await page.keyboard.press('Enter');
    await expect.poll(() => hash(page), soon).toMatch(/w=-1,0,1;3,0,2;/);
    await part('draw');
    await tabTo('.pad');
    for (const key of [' ', 'ArrowDown', 'ArrowDown', ' '] as const) await page.keyboard.press(key);
    await page.waitForSelector('.guess[data-digit]:not([data-digit=""])');
    await part('train');
    await tabTo('.go');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.confusion', { timeout: 60_000 });
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('.go')?.textContent === 'Go on');
    await part('window');
    await output(page);
  });

  if (name === 'chromium')
    test('who asked for less motion gets steps alone', async () => {
      const page = await open('');
      await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
      await open('');
      await output(page);
      expect(await page.$('.play')).toBe(null);
      await page.click('.steps button:nth-child(3)');
      expect(await page.$eval('.count', (element) => element.textContent)).toBe('2 / 4');
      await page.emulateMediaFeatures([]);
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

inBrowsers('digits in the playground', ({ open }) => {
  test('drawn digits are recognised, by address, mouse and keys', { timeout: 120_000 }, async () => {
    const guess = async (page: Page) => {
      await page.waitForFunction(() => document.querySelector<HTMLElement>('.guess')?.dataset.digit);
      return page.$eval('.guess', (element) => (element as HTMLElement).dataset.digit);
    };
    /** The last of the readings, one for each move. */
    const reads = (page: Page, digit: string) =>
      page.waitForFunction(
        (one) => document.querySelector<HTMLElement>('.guess')?.dataset.digit === one,
        {},
        digit,
      );
    const read: (string | undefined)[] = [];
    for (const strokes of Object.values(DIGITS)) read.push(await guess(await open(`tab=draw&s=${strokes}`)));
    expect(read).toEqual(Object.keys(DIGITS));
    const page = await open('tab=draw');
    const { x, y, width } = (await (await page.$('.pad'))!.boundingBox())!;
    // A small one in a corner.
    await page.mouse.move(x + 0.1 * width, y + 0.1 * width);
    await page.mouse.down();
    await page.mouse.move(x + 0.35 * width, y + 0.1 * width, { steps: 5 });
    await page.mouse.move(x + 0.2 * width, y + 0.45 * width, { steps: 5 });
    await page.mouse.up();
    await reads(page, '7');
    await page.click('.undo');
    expect(await page.$eval('.guess', (element) => element.textContent)).toBe('Nothing is drawn yet.');
    await page.focus('.pad');
    await page.keyboard.press(' ');
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press(' ');
    await reads(page, '1');
    expect(await hash(page)).toContain('s=50,50');
  });

  test('training lowers the loss, the same seed gives the same curve, and it stops', {
    timeout: 150_000,
  }, async () => {
    const page = await open('tab=train&rate=0.003');
    const curve = async (steps: number) => {
      await page.click('.go');
      await page.waitForFunction(
        (least) =>
          Number(document.querySelectorAll<HTMLElement>('main p[data-step]')[0]?.dataset.step ?? 0) >= least,
        { timeout: 50_000 },
        steps,
      );
      await page.click('.go');
      await page.waitForFunction(() => document.querySelector('.go')?.textContent === 'Go on');
      await page.waitForSelector('.confusion');
      return page.$$eval('tbody tr', (rows) => rows.map((row) => row.textContent as string).reverse());
    };
    const first = await curve(41);
    const losses = first.map((row) => Number(/^\d+?0(\d\.\d{4})/.exec(row)?.[1]));
    expect(losses[0]).toBeLessThan(2);
    await page.click('.confusion .right');
    await page.waitForSelector('canvas.behind');
    await page.click('.end');
    await page.waitForFunction(() => document.querySelector('.go')?.textContent === 'Start');
    const second = await curve(41);
    expect(second[0]).toBe(first[0]);
    // Its matrix stays while its numbers change: who presses a cell has it.
    const grid = (await page.$('.confusion'))!;
    const said = () => grid.evaluate((element) => [element.isConnected, element.textContent]);
    const [, before] = await said();
    // A pause that is taken back at once is none.
    await page.click('.go');
    await page.$eval('.go', (button) => {
      for (let i = 0; i < 2; i++) (button as HTMLButtonElement).click();
    });
    await page.waitForFunction(
      (text) => document.querySelector('.confusion')?.textContent !== text,
      { timeout: 50_000 },
      before as string,
    );
    expect(await page.$eval('.go', (button) => button.textContent)).toBe('Pause');
    await page.click('.go');
    expect((await said())[0]).toBe(true);
    // Too large a rate is explained.
    const far = await open('tab=train&rate=1e12&opt=sgd');
    await far.click('.go');
    await far.waitForSelector('.fault', { timeout: 50_000 });
    expect(await far.$eval('.fault', (element) => element.textContent)).toContain(
      'a learning rate of 1000000000000 is too large',
    );
  });
});

inBrowsers('networks in the playground', ({ open }, name) => {
  /** Drops a file on the page. */
  const drop = (page: Page, file: string, bytes: Uint8Array) =>
    page.evaluate(
      (given, base64) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], given));
        dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));
      },
      file,
      Buffer.from(bytes).toString('base64'),
    );
  const named = (page: Page, expected: string) =>
    page.waitForFunction(
      (one) => document.querySelector<HTMLElement>('[data-name]')?.dataset.name === one,
      {},
      expected,
    );

  test('a dropped ONNX file shows its layers as analyze has them; a wrong file gives a sentence', async () => {
    const page = await open('tab=layers');
    await named(page, 'digits.safetensors');
    await page.waitForSelector('canvas.maps');
    await drop(page, 'wrong.onnx', new TextEncoder().encode('<!doctype html><p>not found'));
    await page.waitForSelector('.fault');
    expect(await page.$eval('.fault', (element) => element.textContent)).toContain('HTML');
    const { models } = fetchData({ log: () => {} });
    const bytes = readFileSync(models.front);
    await drop(page, 'faces.onnx', bytes);
    await named(page, 'faces.onnx');
    await page.waitForFunction(() => document.querySelector('.message')?.childElementCount === 0);
    const shown = await page.$$eval('.layer-name', (buttons) =>
      buttons.map((one) => (one as HTMLElement).dataset.layer),
    );
    const model = await loadModel(bytes);
    const { layers, totals } = analyze(model, { inputs: [[1, 128, 128, 3]] });
    model.dispose();
    expect(shown).toEqual(layers.map((layer) => layer.name));
    expect(await page.$eval('[data-name]', (element) => element.textContent)).toContain(
      `${totals.parameters.toLocaleString('en')} parameters, ${totals.macs.toLocaleString('en')} multiply-accumulates`,
    );
  });

  test('a picture passes through a kernel by name, and through one by hand', async () => {
    const page = await open('tab=kernels');
    const range = async () => {
      await page.waitForFunction(() => document.querySelector<HTMLElement>('.facts')?.dataset.least);
      return page.$eval('.facts', (element) => {
        const { least, greatest } = (element as HTMLElement).dataset;
        return [Number(least), Number(greatest)];
      });
    };
    const [least, greatest] = await range();
    expect(least).toBeLessThan(-100);
    expect(greatest).toBeGreaterThan(100);
    await open('tab=kernels&w=2');
    const [low, high] = await range();
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeGreaterThan(255);
  });

  test('a layer shows maps, kernels, the field under the pointer and what made it strong', async () => {
    const page = await open('tab=layers&layer=4');
    await page.waitForSelector('canvas.maps');
    expect(await page.$eval('h3[data-layer]', (element) => element.textContent)).toBe('Layer 4');
    await page.focus('canvas.maps');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('.field-box:not([hidden])');
    expect(await page.$eval('.element', (element) => element.textContent)).toBe(
      'Map 1, row 1, column 2 sees rows 1–14 and columns 3–16 of the input.',
    );
    await page.click('.strong');
    await page.waitForSelector('canvas.deconvnet');
    // Not grey alone.
    const values = await page.$eval('canvas.deconvnet', (canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      return new Set((canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height).data)
        .size;
    });
    expect(values).toBeGreaterThan(10);
    if (name === 'firefox') return;
    await page.$eval('[data-layer="0"].layer-name', (button) => (button as HTMLElement).click());
    await page.waitForSelector('canvas.kernels');
  });
});

inBrowsers('answers in the playground', ({ open }, name) => {
  test('five methods side by side; weights drawn anew leave guided backprop much as it was', async () => {
    const page = await open('tab=layers&layer=4');
    await page.waitForSelector('.reasons canvas.reason');
    expect(await page.$$eval('.reasons canvas.reason', (all) => all.length)).toBe(5);
    const pixels = () =>
      page.$$eval('.reasons canvas.reason', (all) =>
        all.map((one) => {
          const { width, height } = one as HTMLCanvasElement;
          return (one as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height).data.join();
        }),
      );
    const trained = await pixels();
    expect(new Set(trained).size).toBe(5);
    await choose(page, 'anew', 'last');
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('.agreement')?.dataset.guidedBackprop,
      { timeout: 60_000 },
    );
    expect(await hash(page)).toContain('anew=last');
    const [guided, gradient, cam] = await page.$eval('.agreement', (element) => {
      const { guidedBackprop, saliency, gradCam } = (element as HTMLElement).dataset;
      return [Number(guidedBackprop), Number(saliency), Number(gradCam)];
    });
    expect(guided).toBeGreaterThan(0.5);
    expect(gradient).toBeLessThan(0.4);
    expect(cam).toBeLessThan(0.4);
    const anew = await pixels();
    expect(anew[0]).not.toBe(trained[0]);
    // Deconvnet of a convolution knows nothing of the layers behind it.
    expect(anew[4]).toBe(trained[4]);
  });

  test('the nine digits that make a map strongest, and the elements that see a pixel', async () => {
    const page = await open('tab=layers&layer=4');
    await page.waitForSelector('.nine-digits');
    await page.click('.nine-digits');
    await page.waitForSelector('.strong-picture', { timeout: 60_000 });
    const labels = await page.$$eval('.strong-picture figcaption', (all) =>
      all.map((one) => one.textContent),
    );
    expect(labels.length).toBe(9);
    const values = labels.map((label) => Number(/: (.*)$/.exec(label as string)![1]));
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(new Set(labels).size).toBe(9);
    // Two convolutions of 5 x 5 with a pool of 2 between them see 14 x 14, every other pixel.
    await page.focus('.framed canvas.net-input');
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown'] as const) await page.keyboard.press(key);
    await page.waitForFunction(() =>
      document.querySelector('.element')?.textContent?.startsWith('The pixel in row 2, column 3'),
    );
    expect(await page.$eval('.element', (element) => element.textContent)).toBe(
      'The pixel in row 2, column 3 is seen by the elements in rows 1–1 and columns 1–2 of each map.',
    );
    const red = await page.$eval('canvas.maps', (canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i]! > 230 && data[i + 1]! < 90) count++;
      return count;
    });
    expect(red).toBeGreaterThan(30);
  });

  // Chromium alone is started with a camera that it makes up.
  if (name === 'firefox') return;
  test('the camera passes through a kernel, frame by frame, and goes out when the part is left', async () => {
    const page = await open('tab=kernels');
    await page.waitForFunction(() => document.querySelector<HTMLElement>('.facts')?.dataset.least);
    await page.evaluate(() => {
      const { mediaDevices } = navigator;
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        (globalThis as unknown as { camera: MediaStream }).camera = stream;
        return stream;
      };
    });
    await choose(page, 'source', 'camera');
    const frame = () =>
      page.$eval('canvas.after', (canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
        let sum = 0;
        for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]!) % 1_000_003;
        return `${width}x${height} ${sum}`;
      });
    await page.waitForFunction(() => (globalThis as unknown as { camera?: MediaStream }).camera);
    const seen = new Set<string>();
    await expect
      .poll(async () => seen.add(await frame()).size, { timeout: 20_000, interval: 150 })
      .toBeGreaterThan(2);
    const tracks = () =>
      page.evaluate(() =>
        (globalThis as unknown as { camera: MediaStream }).camera
          .getTracks()
          .map(({ readyState }) => readyState),
      );
    expect(await tracks()).toEqual(['live']);
    await page.click('nav a:first-child');
    await page.waitForSelector('.output-grid');
    expect(await tracks()).toEqual(['ended']);
  });
});

/** A state for each tab, the grandest that it has. */
const STATES = [
  `tab=draw&s=${DIGITS[4]}`,
  'tab=train',
  'tab=kernels',
  'tab=layers&layer=4',

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
