/** The tab that looks into a network: its graph with what each layer costs, and of a chosen layer its maps, kernels, fields and deconvnet. */
import type { Context, Tab } from '../app/context.ts';
import { fill, h, number, type Properties, select, svg } from '../app/dom.ts';
import { beside, paint, pictureCanvas, save } from '../app/picture.ts';
import { inPieces } from '../app/pieces.ts';
import { released } from '../app/released.ts';
import { drawStrokes, strokesOf } from '../draw/strokes.ts';
import type { Maps, Opened, Preparation, Row } from '../worker/layers.ts';
import { lanesOf } from './lanes.ts';
import { ReasonsCard } from './reasons.ts';
import { strongestPart } from './strongest.ts';
import { type LayerWords, words } from './words.ts';

const ROW = 30;
const LANE = 14;
const DIGIT = '58,12,26,62,78,62;62,40,62,90';

export const mount = (root: HTMLElement, context: Context): Tab => new LayersTab(root, context);

const counted = (value: number): string => value.toLocaleString('en');
function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(1)} k` : counted(value);
}

/** What stands in a layer's row behind its name. */
function textsOf({ outputShape, parameters, macs, cpr, receptiveField }: Row, all: number): string[] {
  const sizes = new Set(receptiveField.size);
  return [
    outputShape.join('×'),
    parameters === 0 ? '' : short(parameters),
    macs === null ? '?' : macs === 0 ? '' : short(macs),
    macs === null || macs === 0 ? '' : `${((100 * macs) / all).toFixed(1)} %`,
    cpr === null ? '' : short(Math.round(cpr)),
    sizes.size === 1 ? `${receptiveField.size[0]}` : receptiveField.size.join('×'),
  ];
}

const cell = (text: string, more: Properties = {}) => h('span', { role: 'cell', ...more }, text);

class LayersTab implements Tab {
  readonly #context: Context;
  readonly #say: LayerWords;
  readonly #message = h('div', { class: 'message', role: 'status' });
  readonly #facts = h('p', { class: 'quiet', role: 'status' });
  readonly #graph = h('div', { class: 'scroll graph', tabindex: '-1' });
  readonly #preparation = h('div', { class: 'card', 'data-part': 'controls' });
  readonly #input: HTMLCanvasElement;
  readonly #box = h('div', { class: 'field-box', hidden: true });
  readonly #layer = h('div', { class: 'card layer' });
  readonly #element = h('p', { role: 'status', class: 'element' });
  readonly #onDrop: (event: DragEvent) => void;
  readonly #reasons: ReasonsCard;
  #shown: { canvas: HTMLCanvasElement; maps: Maps } | null = null;
  #pixel: [row: number, column: number] = [0, 0];
  #opened: Opened | null = null;
  #picture: ImageData | null = null;
  #chosen: string | null;
  #normalize: 'each' | 'all';
  #at = { channel: 0, row: 0, column: 0 };
  #asked = 0;

  constructor(root: HTMLElement, context: Context) {
    this.#context = context;
    const say = words[context.language] as LayerWords;
    this.#say = say;
    const { parameters } = context;
    this.#chosen = parameters.get('layer');
    this.#normalize = parameters.get('bright') === 'all' ? 'all' : 'each';
    this.#input = pictureCanvas('pixels net-input', say.inputLabel);
    this.#listen();
    this.#reasons = new ReasonsCard(context, say, (entries) => context.keep({ ...this.#kept(), ...entries }));
    const network = parameters.get('net') === 'blazeface' ? 'blazeface' : 'digits';
    const netFile = h('input', {
      type: 'file',
      accept: '.onnx',
      class: 'hidden-text',
      tabindex: '-1',
      'aria-label': say.networks.file,
      onchange: (event: Event) => this.#file((event.target as HTMLInputElement).files?.[0]),
    });
    const pictureFile = h('input', {
      type: 'file',
      accept: 'image/*',
      class: 'hidden-text',
      tabindex: '-1',
      'aria-label': say.pictures.file,
      onchange: (event: Event) => this.#file((event.target as HTMLInputElement).files?.[0]),
    });
    const usual = network === 'digits' ? 'digit' : 'photo-1';
    const picture = ['digit', 'photo-1', 'photo-2'].find((one) => one === parameters.get('pic')) ?? usual;
    fill(
      root,
      h('header', { class: 'lead' }, h('h2', {}, say.title), h('p', { 'data-part': 'intro' }, say.intro)),
      this.#message,
      h(
        'div',
        { class: 'card task', 'data-part': 'controls' },
        select(
          say.network,
          network,
          Object.entries(say.networks),
          (value) => (value === 'file' ? netFile.click() : this.#open(value)),
          { 'data-control': 'network' },
        ),
        select(
          say.picture,
          picture,
          Object.entries(say.pictures),
          (value) => (value === 'file' ? pictureFile.click() : this.#take(value)),
          { 'data-control': 'picture' },
        ),
        netFile,
        pictureFile,
        h('p', { class: 'quiet' }, say.drop),
      ),
      h(
        'div',
        { class: 'inside' },
        h(
          'div',
          { class: 'card' },
          h('h3', {}, say.graph),
          this.#facts,
          this.#graph,
          h('p', { class: 'quiet' }, say.graphNote),
        ),
        h(
          'div',
          { class: 'main' },
          h(
            'div',
            { class: 'card' },
            h('h3', {}, say.input),
            h('div', { class: 'framed' }, this.#input, this.#box),
            this.#element,
          ),
          this.#layer,
          this.#reasons.element,
          this.#preparation,
        ),
      ),
    );
    fill(this.#layer, h('p', { class: 'quiet' }, say.choose));
    this.#onDrop = (event) => {
      event.preventDefault();
      if (event.type === 'drop') this.#file(event.dataTransfer?.files[0]);
    };
    addEventListener('dragover', this.#onDrop);
    addEventListener('drop', this.#onDrop);
    this.#begin(network, picture);
  }

  async #begin(network: string, picture: string): Promise<void> {
    await this.#load(picture);
    await this.#open(network);
  }

  /** What goes wrong is a sentence, and everything goes on. */
  async #try(work: () => Promise<void>): Promise<void> {
    const asked = ++this.#asked;
    fill(this.#message, h('p', { class: 'quiet' }, this.#say.loading));
    try {
      await work();
      if (asked === this.#asked) fill(this.#message);
    } catch (error) {
      if (asked === this.#asked) fill(this.#message, h('p', { class: 'fault' }, (error as Error).message));
    }
  }

  #open(name: string): Promise<void> {
    this.#context.keep({ ...this.#kept(), net: name === 'digits' ? undefined : name });
    return this.#try(async () => {
      if (name === 'digits')
        return this.#show(await this.#context.ask('layers', 'openDigits', [beside('digits.safetensors')]));
      const response = await fetch(beside('blazeface.onnx'));
      await this.#show(
        await this.#context.ask('layers', 'openModel', ['blazeface.onnx', await response.arrayBuffer()]),
      );
    });
  }

  #kept(): Record<string, string | undefined> {
    return Object.fromEntries(
      new URLSearchParams(
        [...new URLSearchParams(location.hash.slice(1))].filter(([key]) =>
          ['net', 'pic', 'layer', 'bright', 'anew'].includes(key),
        ),
      ),
    );
  }

  #take(name: string): Promise<void> {
    this.#context.keep({ ...this.#kept(), pic: name });
    return this.#try(async () => {
      await this.#load(name);
      await this.#run();
    });
  }

  /** A file by its kind: a picture is looked at, everything else is taken for a network. */
  #file(file: File | undefined): Promise<void> {
    if (file === undefined) return Promise.resolve();
    return this.#try(async () => {
      if (file.type.startsWith('image/')) {
        await this.#decode(file, file.name);
        await this.#run();
        return;
      }
      const data = await file.arrayBuffer();
      await this.#show(await this.#context.ask('layers', 'openModel', [file.name, data], [data]));
    });
  }

  async #load(name: string): Promise<void> {
    if (name === 'digit') {
      const canvas = h('canvas', { width: 280, height: 280 });
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      drawStrokes(context, 280, strokesOf(DIGIT));
      this.#picture = context.getImageData(0, 0, 280, 280);
      return;
    }
    const response = await fetch(beside(`${name}.jpg`));
    await this.#decode(await response.blob(), `${name}.jpg`);
  }

  async #decode(blob: Blob, name: string): Promise<void> {
    const bitmap = await createImageBitmap(blob).catch(() => {
      throw new Error(this.#say.noPicture(name));
    });
    const scale = Math.min(1, 1024 / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
    const context = h('canvas', { width, height }).getContext('2d') as CanvasRenderingContext2D;
    context.drawImage(bitmap, 0, 0, width, height);
    this.#picture = context.getImageData(0, 0, width, height);
  }

  async #show(opened: Opened): Promise<void> {
    await released();
    this.#opened = opened;
    const { name, bytes, layers, totals, milliseconds } = opened;
    await this.#drawGraph();
    if (this.#opened !== opened) return;
    const size = bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e3)} kB`;
    this.#facts.textContent = this.#say.facts(
      name,
      size,
      layers.length,
      counted(totals.parameters),
      `${totals.unknown.macs.length > 0 ? '≥ ' : ''}${counted(totals.macs)}`,
      milliseconds.toFixed(0),
    );
    this.#facts.dataset.name = name;
    this.#drawPreparation(opened.preparation);
    if (!layers.some((one) => one.name === this.#chosen)) this.#chosen = layers[0]?.name ?? null;
    await this.#run();
  }

  async #run(): Promise<void> {
    if (this.#picture === null || this.#opened === null) return;
    const { data, width, height } = this.#picture;
    const ran = await this.#context.ask('layers', 'run', [{ data, width, height }]);
    paint(this.#input, ran.input, `${this.#say.inputLabel}. ${this.#say.inputKeys}`);
    this.#element.textContent = this.#say.ran(ran.milliseconds.toFixed(1));
    this.#box.hidden = true;
    if (this.#chosen !== null) await this.#choose(this.#chosen);
    await this.#reasons.begin(ran.input.width * ran.input.height < 4096);
  }

  /** A row for each layer; those out of sight are laid out when they come into it. */
  async #drawGraph(): Promise<void> {
    const { layers, totals } = this.#opened as Opened;
    const say = this.#say;
    const { rows, width } = lanesOf(layers.map(({ from }) => from));
    const x = (lane: number) => LANE * (lane + 0.5);
    const y = (row: number) => ROW * (row + 0.5);
    const lines = rows.flatMap(({ lane, from }, row) =>
      from.map(
        ({ row: start, lane: down }) => `M${x(down)} ${y(start)}V${y(row) - ROW / 2}L${x(lane)} ${y(row)}`,
      ),
    );
    const dots = rows.map(({ lane }, row) => `M${x(lane)} ${y(row)}h0`);
    const picture = svg(
      'svg',
      { class: 'lanes', width: LANE * width, height: ROW * rows.length, 'aria-hidden': 'true' },
      svg('path', { d: lines.join(''), class: 'edge' }),
      svg('path', { d: dots.join(''), class: 'node' }),
    );
    const names = Object.values(say.columns);
    const texts = layers.map((layer) => textsOf(layer, totals.macs));
    // Rows out of sight have no part in how wide a column is. A sign of times is wider than a digit.
    const widthOf = (text: string) => text.length + 0.35 * (text.split('×').length - 1);
    const widths = names
      .slice(1)
      .map((title, i) => Math.max(title.length, ...texts.map((row) => widthOf(row[i] as string))));
    const input = [h('span', { role: 'rowheader' }, say.input), ...widths.map(() => cell(''))];
    const body = await inPieces(layers, (layer, i) => this.#graphRow(layer, i, texts[i] as string[]));
    fill(
      this.#graph,
      h(
        'div',
        { class: 'graph-inner', style: `--lanes:${LANE * width}px` },
        picture,
        h(
          'div',
          {
            class: 'layer-table',
            role: 'table',
            'aria-label': say.graph,
            style:
              `--columns:${widths.map((width) => `calc(${width}ch + 0.6rem)`).join(' ')};` +
              `--all:calc(${widths.reduce((a, b) => a + b)}ch + ${0.6 * widths.length}rem)`,
          },
          h(
            'div',
            { class: 'layer-row titles', role: 'row' },
            names.map((one) => h('span', { role: 'columnheader' }, one)),
          ),
          h('div', { class: 'layer-row net-in', role: 'row' }, input),
          body,
        ),
      ),
    );
  }

  #graphRow(layer: Row, index: number, texts: readonly string[]): HTMLElement {
    const { name, operator, parameters, macs } = layer;
    const all = (this.#opened as Opened).totals.macs;
    const more: Properties[] = [
      {},
      { title: counted(parameters) },
      { title: macs === null ? '?' : counted(macs) },
      { class: 'part', style: `--part:${(macs ?? 0) / Math.max(1, all)}` },
    ];
    const button = h(
      'button',
      {
        type: 'button',
        class: 'layer-name',
        'data-layer': name,
        'aria-pressed': `${name === this.#chosen}`,
        title: name,
        onclick: () => this.#try(() => this.#choose(name)),
        onkeydown: (event: KeyboardEvent) => {
          const to = { ArrowDown: index + 1, ArrowUp: index - 1 }[event.key];
          const next =
            to === undefined ? undefined : this.#graph.querySelectorAll<HTMLElement>('.layer-name')[to];
          if (next === undefined) return;
          event.preventDefault();
          next.focus();
        },
      },
      h('span', { class: 'operator' }, operator),
      name !== operator && h('span', { class: 'path' }, name),
    );
    return h(
      'div',
      { class: 'layer-row', role: 'row' },
      h('span', { role: 'rowheader' }, button),
      texts.map((text, i) => cell(text, more[i])),
    );
  }

  #drawPreparation(given: Preparation): void {
    const say = this.#say;
    let next = given;
    const set = (by: Partial<Preparation>) => {
      next = { ...next, ...by };
    };
    const [height, width] = given.size;
    fill(
      this.#preparation,
      h('h3', {}, say.preparation),
      h(
        'div',
        { class: 'counts' },
        select(
          say.layout,
          given.layout,
          [
            ['NCHW', 'NCHW'],
            ['NHWC', 'NHWC'],
          ],
          (value) => set({ layout: value as Preparation['layout'] }),
        ),
        number(say.height, height, { min: 1, max: 2048 }, (value) => set({ size: [value, next.size[1]] })),
        number(say.width, width, { min: 1, max: 2048 }, (value) => set({ size: [next.size[0], value] })),
        select(
          say.channels,
          `${given.channels}`,
          [
            ['1', '1'],
            ['3', '3'],
          ],
          (value) => set({ channels: value === '1' ? 1 : 3 }),
        ),
        number(say.scale, given.scale, { min: 0, max: 1, step: 'any' }, (value) => set({ scale: value })),
        number(say.mean, given.mean, { min: -255, max: 255, step: 'any' }, (value) => set({ mean: value })),
        number(say.std, given.std, { min: 0.0001, max: 255, step: 'any' }, (value) => set({ std: value })),
        h(
          'button',
          {
            type: 'button',
            onclick: () =>
              this.#try(async () => this.#show(await this.#context.ask('layers', 'prepare', [next]))),
          },
          say.apply,
        ),
      ),
    );
  }

  async #choose(name: string): Promise<void> {
    this.#chosen = name;
    const first = this.#opened?.layers[0]?.name;
    this.#context.keep({
      ...this.#kept(),
      layer: name === first ? undefined : name,
      bright: this.#normalize === 'all' ? 'all' : undefined,
    });
    for (const one of this.#graph.querySelectorAll<HTMLElement>('.layer-name'))
      one.setAttribute('aria-pressed', `${one.dataset.layer === name}`);
    const [maps, kernels] = await Promise.all([
      this.#context.ask('layers', 'maps', [name, this.#normalize]),
      this.#context.ask('layers', 'kernels', [name]),
    ]);
    await released();
    if (this.#chosen !== name) return;
    const say = this.#say;
    this.#box.hidden = true;
    const canvas = maps === null ? null : this.#mapsCanvas(name, maps);
    this.#shown = maps === null || canvas === null ? null : { canvas, maps };
    const projected = h('div', { class: 'projected' });
    const kernelsCanvas = kernels === null ? null : pictureCanvas('pixels-fit kernels', say.kernels);
    if (kernels !== null && kernelsCanvas !== null) paint(kernelsCanvas, kernels, say.kernels);
    fill(
      this.#layer,
      h('h3', { 'data-layer': name }, say.chosen(name)),
      maps === null || canvas === null
        ? h('p', { class: 'quiet' }, say.noMaps)
        : [
            h('p', { class: 'quiet' }, say.mapsOf(maps.count, maps.height, maps.width)),
            canvas,
            h(
              'div',
              { class: 'buttons' },
              select(say.normalize, this.#normalize, Object.entries(say.normalizes), (value) => {
                this.#normalize = value as 'each' | 'all';
                this.#try(() => this.#choose(name));
              }),
              h(
                'button',
                {
                  type: 'button',
                  class: 'save',
                  onclick: () =>
                    canvas.toBlob((blob) => blob && save(`${name.replaceAll(/[^\w.-]+/g, '_')}.png`, blob)),
                },
                say.save,
              ),
            ),
            h('h4', {}, say.strongest),
            h('p', { class: 'quiet' }, say.strongestNote),
            h(
              'div',
              { class: 'buttons' },
              maps.strongest.map(({ channel, value, position }) =>
                h(
                  'button',
                  {
                    type: 'button',
                    class: 'strong',
                    onclick: () =>
                      this.#try(async () => {
                        this.#look({ channel, row: position[0], column: position[1] });
                        const label = say.deconvnet(channel + 1);
                        const picture = pictureCanvas('pixels net-input deconvnet', label);
                        paint(picture, await this.#context.ask('layers', 'project', [name, channel]), label);
                        fill(projected, h('h4', {}, label), picture);
                      }),
                  },
                  say.map(channel + 1, value.toFixed(2)),
                ),
              ),
            ),
            projected,
            !maps.isLast &&
              strongestPart(
                this.#context,
                say,
                { name, channel: () => this.#at.channel, preparation: (this.#opened as Opened).preparation },
                (work) => this.#try(work),
              ),
          ],
      kernelsCanvas && [h('h4', {}, say.kernels), kernelsCanvas, h('p', { class: 'quiet' }, say.kernelsNote)],
    );
  }

  #mapsCanvas(name: string, maps: Maps): HTMLCanvasElement {
    const canvas: HTMLCanvasElement = h('canvas', {
      class: 'picture maps',
      tabindex: '0',
      role: 'application',
      'aria-label': this.#say.mapsLabel(name),
      onpointermove: (event: PointerEvent) => this.#point(event, canvas, maps),
      onpointerdown: (event: PointerEvent) => this.#point(event, canvas, maps),
      onkeydown: (event: KeyboardEvent) => this.#key(event, maps),
    });
    paint(canvas, maps.picture, this.#say.mapsLabel(name));
    return canvas;
  }

  #point(event: PointerEvent, canvas: HTMLCanvasElement, maps: Maps): void {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [x, y] = [
      ((event.clientX - left) / width) * canvas.width,
      ((event.clientY - top) / height) * canvas.height,
    ];
    const [wide, high] = [maps.width * maps.scale + 2, maps.height * maps.scale + 2];
    const channel = Math.floor(y / high) * maps.columns + Math.floor(x / wide);
    const at = {
      channel,
      row: Math.floor((y % high) / maps.scale),
      column: Math.floor((x % wide) / maps.scale),
    };
    if (channel < maps.count && at.row < maps.height && at.column < maps.width) this.#look(at);
  }

  #key(event: KeyboardEvent, { count, height, width }: Maps): void {
    const { channel, row, column } = this.#at;
    const to = {
      ArrowLeft: { channel, row, column: column - 1 },
      ArrowRight: { channel, row, column: column + 1 },
      ArrowUp: { channel, row: row - 1, column },
      ArrowDown: { channel, row: row + 1, column },
      PageUp: { channel: channel - 1, row, column },
      PageDown: { channel: channel + 1, row, column },
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (
      to.channel < 0 ||
      to.channel >= count ||
      to.row < 0 ||
      to.row >= height ||
      to.column < 0 ||
      to.column >= width
    )
      return;
    this.#look(to);
  }

  /** The picture asks which elements see a pixel. */
  #listen(): void {
    const input = this.#input;
    input.tabIndex = 0;
    input.setAttribute('role', 'application');
    const point = (event: PointerEvent) => {
      const { left, top, width, height } = input.getBoundingClientRect();
      const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
      this.#ask([Math.floor(y * input.height), Math.floor(x * input.width)]);
    };
    input.addEventListener('pointermove', point);
    input.addEventListener('pointerdown', point);
    input.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      this.#ask([this.#pixel[0] + by[0]!, this.#pixel[1] + by[1]!]);
    });
  }

  /** Marks on every map the elements that see a pixel. */
  async #ask(to: [row: number, column: number]): Promise<void> {
    const { height, width } = this.#input;
    const [shown, name] = [this.#shown, this.#chosen];
    if (shown === null || name === null || to[0] < 0 || to[1] < 0 || to[0] >= height || to[1] >= width)
      return;
    if (to.join() === this.#pixel.join() && this.#element.dataset.pixel !== undefined) return;
    this.#pixel = to;
    this.#element.dataset.pixel = to.join();
    const seen = await this.#context.ask('strongest', 'seenBy', [name, to]);
    if (this.#pixel !== to || this.#shown !== shown || seen === null) return;
    const { canvas, maps } = shown;
    paint(canvas, maps.picture, this.#say.mapsLabel(name));
    this.#box.hidden = true;
    const [rows, columns] = seen;
    const [row, column] = [to[0] + 1, to[1] + 1];
    if (!rows || !columns) {
      this.#element.textContent = this.#say.seenByNone(row, column);
      return;
    }
    const pen = canvas.getContext('2d') as CanvasRenderingContext2D;
    const { scale } = maps;
    pen.strokeStyle = '#ff3b30';
    pen.lineWidth = Math.max(1, Math.min(2, scale / 2));
    for (let channel = 0; channel < maps.count; channel++) {
      const left = (channel % maps.columns) * (maps.width * scale + 2);
      const top = Math.floor(channel / maps.columns) * (maps.height * scale + 2);
      pen.strokeRect(
        left + columns[0] * scale + 0.5,
        top + rows[0] * scale + 0.5,
        Math.max(1, (columns[1] - columns[0] + 1) * scale - 1),
        Math.max(1, (rows[1] - rows[0] + 1) * scale - 1),
      );
    }
    const span = ([first, last]: readonly [number, number]) => `${first + 1}–${last + 1}`;
    this.#element.textContent = this.#say.seenBy(row, column, span(rows), span(columns));
  }

  /** Draws the box of the input that an element sees. */
  async #look(at: { channel: number; row: number; column: number }): Promise<void> {
    if (this.#chosen === null) return;
    const isSame = at.row === this.#at.row && at.column === this.#at.column && !this.#box.hidden;
    this.#at = at;
    delete this.#element.dataset.pixel;
    const name = this.#chosen;
    if (isSame) return;
    const box = await this.#context.ask('layers', 'field', [name, [at.row, at.column]]);
    if (this.#chosen !== name || this.#at !== at) return;
    const [rows = [0, 0], columns = [0, 0]] = box;
    const [height, width] = (this.#opened as Opened).preparation.size;
    const percent = (value: number, size: number) => `${(100 * value) / size}%`;
    Object.assign(this.#box.style, {
      top: percent(rows[0], height),
      left: percent(columns[0], width),
      height: percent(rows[1] - rows[0] + 1, height),
      width: percent(columns[1] - columns[0] + 1, width),
    });
    this.#box.hidden = false;
    const span = ([first, last]: readonly [number, number]) =>
      `${first + 1}–${last + 1}`.replaceAll('-', '−');
    this.#element.textContent = this.#say.element(
      at.channel + 1,
      at.row + 1,
      at.column + 1,
      this.#say.box(span(rows), span(columns)),
    );
  }

  dispose(): void {
    removeEventListener('dragover', this.#onDrop);
    removeEventListener('drop', this.#onDrop);
    this.#asked++;
    this.#chosen = null;
  }
}
