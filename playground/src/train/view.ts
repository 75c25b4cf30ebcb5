/** The tab in which the net learns: settings, curves, kernels, and the matrix of what is taken for what. */

import { hear } from '../app/calls.ts';
import type { Context, Tab } from '../app/context.ts';
import { fill, h, number, select, svg } from '../app/dom.ts';
import { Grid } from '../app/grid.ts';
import { beside, paint, pictureCanvas, save } from '../app/picture.ts';
import type { News, Settings } from '../worker/train.ts';
import { CHART, drawChart, smoothed } from './chart.ts';
import { type TrainWords, words } from './words.ts';

const OPTIMIZERS = ['sgd', 'adam', 'adamw', 'rmsprop'] as const;
const NAMES = { sgd: 'SGD, momentum 0.9', adam: 'Adam', adamw: 'AdamW', rmsprop: 'RMSprop' };
const USUAL: Settings = { rate: 0.002, batch: 50, optimizer: 'adam', seed: 1 };

export const mount = (root: HTMLElement, context: Context): Tab => new TrainTab(root, context);

/** What the address says; what is out of bounds has its default. */
function settingsOf(parameters: URLSearchParams): Settings {
  const within = (name: string, least: number, most: number, usual: number) => {
    const value = Number(parameters.get(name) ?? usual);
    return value >= least && value <= most ? value : usual;
  };
  return {
    rate: within('rate', 1e-6, 1e12, USUAL.rate),
    batch: Math.round(within('batch', 1, 256, USUAL.batch)),
    optimizer: OPTIMIZERS.find((one) => one === parameters.get('opt')) ?? USUAL.optimizer,
    seed: Math.round(within('seed', 0, 1e6, USUAL.seed)),
  };
}

class TrainTab implements Tab {
  readonly #context: Context;
  readonly #say: TrainWords;
  readonly #silence: () => void;
  readonly #message = h('div', { class: 'message', role: 'status' });
  readonly #facts = h('p', {}, '');
  readonly #accuracy = h('p', { class: 'guess', role: 'status' });
  readonly #chart = svg('svg', { ...CHART, class: 'chart', role: 'img' });
  readonly #kernels: HTMLCanvasElement;
  readonly #matrix = h('div', { class: 'matrix' });
  readonly #behind = h('div', {});
  readonly #table = h('tbody', {});
  readonly #go: HTMLButtonElement;
  #settings: Settings;
  /** Those with which the run began. */
  #running: Settings | null = null;
  #train: (readonly [number, number])[] = [];
  #test: (readonly [number, number, number])[] = [];
  #counts: readonly number[] = [];
  #confusion: Grid | null = null;
  #isRunning = false;

  constructor(root: HTMLElement, context: Context) {
    this.#context = context;
    const say = words[context.language] as TrainWords;
    this.#say = say;
    this.#settings = settingsOf(context.parameters);
    this.#silence = hear<News>('train', (news) => this.#hear(news));
    this.#kernels = pictureCanvas('kernels', say.kernels);
    this.#go = h('button', { type: 'button', class: 'go primary', onclick: () => this.#toggle() }, say.start);
    const button = (name: string, text: string, press: () => void) =>
      h('button', { type: 'button', class: name, onclick: press }, text);
    fill(
      root,
      h('header', { class: 'lead' }, h('h2', {}, say.title), h('p', { 'data-part': 'intro' }, say.intro)),
      this.#message,
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          { class: 'main' },
          h(
            'div',
            { class: 'card buttons', 'data-part': 'transport' },
            this.#go,
            button('one', say.step, () => this.#one()),
            button('end', say.stop, () => this.#end()),
            button('weights', say.weights, () => this.#save()),
          ),
          h(
            'div',
            { class: 'card' },
            h('h3', {}, say.chart),
            this.#chart,
            h(
              'p',
              { class: 'legend quiet' },
              h('span', { class: 'key train-key' }),
              say.training,
              h('span', { class: 'key test-key' }),
              say.test,
            ),
            this.#accuracy,
            this.#facts,
            h(
              'details',
              {},
              h('summary', {}, say.table),
              h(
                'div',
                { class: 'scroll table-box', tabindex: '0', role: 'region', 'aria-label': say.table },
                h(
                  'table',
                  {},
                  h(
                    'thead',
                    {},
                    h(
                      'tr',
                      {},
                      say.columns.map((one) => h('th', { scope: 'col' }, one)),
                    ),
                  ),
                  this.#table,
                ),
              ),
            ),
          ),
          h(
            'div',
            { class: 'card' },
            h('h3', {}, say.kernels),
            this.#kernels,
            h('p', { class: 'quiet' }, say.kernelsNote),
          ),
          h(
            'div',
            { class: 'card' },
            h('h3', {}, say.confusion),
            h('p', { class: 'quiet' }, say.confusionNote),
            this.#matrix,
            this.#behind,
          ),
        ),
        h('div', { class: 'controls', 'data-part': 'controls' }, this.#controls()),
      ),
    );
    fill(this.#matrix, h('p', { class: 'quiet' }, say.nothing));
    this.#draw();
  }

  #controls(): HTMLElement {
    const say = this.#say;
    const set = (by: Partial<Settings>) => {
      this.#settings = { ...this.#settings, ...by };
      const { rate, batch, optimizer, seed } = this.#settings;
      const unless = (value: unknown, usual: unknown) => (value === usual ? undefined : `${value}`);
      this.#context.keep({
        rate: unless(rate, USUAL.rate),
        batch: unless(batch, USUAL.batch),
        opt: unless(optimizer, USUAL.optimizer),
        seed: unless(seed, USUAL.seed),
      });
    };
    const { rate, batch, optimizer, seed } = this.#settings;
    return h(
      'fieldset',
      { class: 'block' },
      h('legend', {}, say.settings),
      number(say.rate, rate, { min: 0.000001, max: 1e12, step: 'any' }, (value) => set({ rate: value }), {
        'data-control': 'rate',
      }),
      number(say.batch, batch, { min: 1, max: 256 }, (value) => set({ batch: value }), {
        'data-control': 'batch',
      }),
      select(
        say.optimizer,
        optimizer,
        OPTIMIZERS.map((one) => [one, NAMES[one]] as const),
        (value) => set({ optimizer: value as Settings['optimizer'] }),
        { 'data-control': 'optimizer' },
      ),
      number(say.seed, seed, { min: 0, max: 1_000_000 }, (value) => set({ seed: value }), {
        'data-control': 'seed',
      }),
      h('p', { class: 'quiet' }, say.settingsNote),
    );
  }

  /** Reports what goes wrong as a sentence. */
  async #try(work: () => Promise<void>): Promise<void> {
    try {
      if (this.#running === null) fill(this.#message, h('p', { class: 'quiet' }, this.#say.loading));
      this.#running ??= this.#settings;
      await work();
      fill(this.#message);
    } catch (error) {
      this.#running = null;
      this.#isRunning = false;
      fill(this.#message, h('p', { class: 'fault' }, (error as Error).message));
    }
    this.#button();
  }

  #toggle(): void {
    const isToRun = !this.#isRunning;
    this.#isRunning = isToRun;
    this.#button();
    if (!isToRun) this.#context.ask('train', 'halt', []);
    else
      this.#try(() =>
        this.#context.ask('train', 'start', [beside('digits.bin'), this.#running ?? this.#settings]),
      );
  }

  #one(): void {
    this.#try(async () => {
      this.#hear(
        await this.#context.ask('train', 'step', [beside('digits.bin'), this.#running ?? this.#settings]),
      );
    });
  }

  async #end(): Promise<void> {
    await this.#context.ask('train', 'end', []);
    this.#running = null;
    this.#isRunning = false;
    this.#train = [];
    this.#test = [];
    fill(this.#message);
    fill(this.#behind);
    this.#confusion = null;
    fill(this.#matrix, h('p', { class: 'quiet' }, this.#say.nothing));
    fill(this.#facts);
    delete this.#facts.dataset.step;
    fill(this.#accuracy);
    fill(this.#table);
    this.#draw();
    this.#button();
  }

  async #save(): Promise<void> {
    const bytes = await this.#context.ask('train', 'weights', []);
    if (bytes !== null) save('digits.safetensors', new Blob([bytes as Uint8Array<ArrayBuffer>]));
  }

  #button(): void {
    const say = this.#say;
    this.#go.textContent = this.#isRunning ? say.pause : this.#train.length > 0 ? say.goOn : say.start;
  }

  #hear(news: News): void {
    const say = this.#say;
    // What was under way when a run was ended belongs to no run.
    if (this.#running === null) return;
    // What was under way when the button was pressed does not press it again.
    if (news.fault !== null) this.#isRunning = false;
    this.#train.push(...news.losses);
    this.#test.push(...news.tests);
    for (const [step, loss, share] of news.tests)
      this.#table.prepend(
        h(
          'tr',
          {},
          h('td', {}, step),
          h('td', {}, loss.toFixed(4)),
          h('td', {}, `${(100 * share).toFixed(1)} %`),
        ),
      );
    this.#facts.textContent = say.facts(news.step, news.epoch, news.seconds.toFixed(1));
    this.#facts.dataset.step = `${news.step}`;
    paint(this.#kernels, news.kernels, say.kernels);
    const last = this.#test.at(-1);
    if (last && news.tests.length > 0) {
      this.#accuracy.dataset.share = `${last[2]}`;
      const count = news.confusion?.reduce((a, b) => a + b, 0) ?? 0;
      this.#accuracy.textContent = say.accuracy(`${(100 * last[2]).toFixed(1)} %`, count);
    }
    if (news.fault !== null)
      fill(this.#message, h('p', { class: 'fault' }, say.fault(news.fault, this.#running.rate)));
    if (news.confusion !== null) this.#showMatrix(news.confusion);
    this.#draw();
    this.#button();
  }

  #draw(): void {
    const test = this.#test.map(([step, loss]) => [step, loss] as const);
    drawChart(this.#chart, this.#train, test);
    const text = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(3));
    this.#chart.setAttribute(
      'aria-label',
      this.#say.chartLabel(text(smoothed(this.#train).at(-1)?.[1]), text(test.at(-1)?.[1])),
    );
  }

  /** The matrix stays, its numbers change: who is on a cell, or pressing it, remains there. */
  #showMatrix(counts: readonly number[]): void {
    this.#counts = counts;
    if (this.#confusion === null) {
      this.#confusion = this.#confusionGrid();
      const digits = Array.from({ length: 10 }, (_, i) => h('span', {}, i));
      fill(
        this.#matrix,
        h('div', { class: 'matrix-head', 'aria-hidden': 'true' }, digits),
        h(
          'div',
          { class: 'matrix-side', 'aria-hidden': 'true' },
          digits.map((one) => one.cloneNode(true)),
        ),
        this.#confusion.element,
      );
    } else this.#confusion.refresh();
    this.#confusion.cells.forEach((cell, i) => {
      const first = i - (i % 10);
      const row = counts.slice(first, first + 10).reduce((a, b) => a + b, 0);
      cell.style.setProperty('--share', `${(counts[i] as number) / Math.max(1, row)}`);
    });
  }

  #confusionGrid(): Grid {
    const say = this.#say;
    return new Grid({
      ...{ label: say.confusion, name: 'confusion', rows: 10, columns: 10 },
      cell: (row, column) => {
        const count = this.#counts[row * 10 + column] as number;
        return {
          text: `${count}`,
          label: say.cell(row, column, count),
          kind: row === column ? 'right' : count > 0 ? 'wrong' : 'none',
        };
      },
      press: (row, column) => this.#pictures(row, column),
    });
  }

  async #pictures(truth: number, read: number): Promise<void> {
    const picture = await this.#context.ask('train', 'pictures', [truth * 10 + read]);
    if (picture === null) return fill(this.#behind);
    const label = this.#say.behind(truth, read);
    const canvas = pictureCanvas('pixels behind', label);
    paint(canvas, picture, label);
    fill(this.#behind, h('h3', {}, label), canvas);
  }

  /** Leaving the tab ends the run: what it would tell has nobody to hear it. */
  dispose(): void {
    this.#silence();
    this.#context.ask('train', 'end', []);
  }
}
