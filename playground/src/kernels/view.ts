/** The tab in which pictures and the camera pass through kernels. */
import type { Context, Tab } from '../app/context.ts';
import { fill, h, number, select, tick } from '../app/dom.ts';
import { Grid } from '../app/grid.ts';
import { beside, paint, pictureCanvas } from '../app/picture.ts';
import { whenReleased } from '../app/released.ts';
import type { Kernel, KernelName, Showing } from '../worker/kernels.ts';
import { type KernelWords, words } from './words.ts';

const NAMES: readonly KernelName[] = [
  'sobel x',
  'sobel y',
  'prewitt x',
  'prewitt y',
  'scharr x',
  'scharr y',
  'laplace',
  'laplace, diagonal',
  'laplacianOfGaussian',
  'gaussian',
  'boxBlur',
  'sharpen',
  'emboss',
  'gabor',
];
/** These give pictures; the others derivatives, which are signed. */
const PICTURES: readonly string[] = ['gaussian', 'boxBlur', 'sharpen', 'emboss'];
const MODES = ['replicate', 'zeros', 'reflect', 'circular'] as const;
const [WIDTH, HEIGHT] = [640, 480];

export const mount = (root: HTMLElement, context: Context): Tab => new KernelsTab(root, context);

class KernelsTab implements Tab {
  readonly #context: Context;
  readonly #say: KernelWords;
  readonly #message = h('div', { class: 'message', role: 'status' });
  readonly #before: HTMLCanvasElement;
  readonly #after: HTMLCanvasElement;
  readonly #facts = h('p', { class: 'quiet facts' });
  readonly #cells = h('div', { class: 'kernel-cells scroll' });
  readonly #controls = h('div', { class: 'controls', 'data-part': 'controls' });
  readonly #video = h('video', { muted: true, playsinline: true });
  readonly #file: HTMLInputElement;
  #name: KernelName | 'own';
  #kernel: Kernel = { rows: 3, columns: 3, values: [0, 0, 0, 0, 1, 0, 0, 0, 0] };
  #showing: Showing;
  #source: string;
  #picture: ImageData | null = null;
  #stream: MediaStream | null = null;
  #grid: { readonly size: string; readonly cells: Grid } | null = null;
  #isBusy = false;
  #isStale = false;
  #isOver = false;

  constructor(root: HTMLElement, context: Context) {
    this.#context = context;
    const say = words[context.language] as KernelWords;
    this.#say = say;
    const given = context.parameters;
    const own = given.get('w');
    this.#name = own !== null ? 'own' : (NAMES.find((one) => one === given.get('kernel')) ?? 'sobel x');
    this.#showing = {
      as:
        given.get('as') === 'picture'
          ? 'picture'
          : given.get('as') === 'signed' || !PICTURES.includes(this.#name)
            ? 'signed'
            : 'picture',
      isGrey: given.get('grey') !== '0',
      mode: MODES.find((one) => one === given.get('m')) ?? 'replicate',
      scale: Number(given.get('times') ?? 1) || 1,
      offset: Number(given.get('plus') ?? 0) || 0,
    };
    this.#source = given.get('pic') === 'photo-2' ? 'photo-2' : 'photo-1';
    this.#before = pictureCanvas('before', say.before);
    this.#after = pictureCanvas('after', say.after);
    this.#file = h('input', {
      type: 'file',
      accept: 'image/*',
      class: 'hidden-text',
      tabindex: '-1',
      'aria-label': say.sources.file,
      onchange: () => this.#take('file'),
    });
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
            { class: 'card pair' },
            h('div', {}, h('h3', {}, say.before), this.#before),
            h('div', {}, h('h3', {}, say.after), this.#after),
            this.#facts,
          ),
          h('div', { class: 'card' }, h('h3', {}, say.kernel), this.#cells),
        ),
        this.#controls,
      ),
      this.#file,
    );
    this.#begin(own);
  }

  async #begin(own: string | null): Promise<void> {
    if (own !== null) {
      const rows = own.split(';').map((row) => row.split(',').map(Number));
      const isEven =
        rows.length <= 11 &&
        rows.every((row) => row.length === rows[0]!.length && row.length <= 11 && row.every(Number.isFinite));
      if (isEven) this.#kernel = { rows: rows.length, columns: rows[0]!.length, values: rows.flat() };
    } else this.#kernel = await this.#context.ask('kernels', 'kernelOf', [this.#name as KernelName]);
    this.#draw();
    await this.#take(this.#source);
  }

  #keep(): void {
    const { as, isGrey, mode, scale, offset } = this.#showing;
    const { rows, columns, values } = this.#kernel;
    const own = Array.from({ length: rows }, (_, r) =>
      values.slice(r * columns, (r + 1) * columns).join(','),
    ).join(';');
    const usual = PICTURES.includes(this.#name) ? 'picture' : 'signed';
    this.#context.keep({
      kernel: this.#name === 'own' || this.#name === 'sobel x' ? undefined : this.#name,
      w: this.#name === 'own' ? own : undefined,
      pic: this.#source === 'photo-2' ? 'photo-2' : undefined,
      as: as === usual ? undefined : as,
      grey: isGrey ? undefined : '0',
      m: mode === 'replicate' ? undefined : mode,
      times: scale === 1 ? undefined : `${scale}`,
      plus: offset === 0 ? undefined : `${offset}`,
    });
  }

  #set(by: Partial<Showing>): void {
    this.#showing = { ...this.#showing, ...by };
    this.#changed();
  }

  #changed(): void {
    this.#keep();
    whenReleased(this.#draw);
    this.#filter();
  }

  readonly #draw = (): void => {
    this.#drawControls();
    this.#drawCells();
  };

  #drawControls(): void {
    const say = this.#say;
    const { as, isGrey, mode, scale, offset } = this.#showing;
    const focused = document.activeElement?.getAttribute('data-control');
    fill(
      this.#controls,
      h(
        'fieldset',
        { class: 'block' },
        h('legend', {}, say.kernel),
        select(
          say.source,
          this.#source,
          Object.entries(say.sources),
          (value) => (value === 'file' ? this.#file.click() : this.#take(value)),
          { 'data-control': 'source' },
        ),
        select(
          say.kernel,
          this.#name,
          [...NAMES.map((one) => [one, one] as const), ['own', say.own] as const],
          (value) => this.#named(value as KernelName | 'own'),
          { 'data-control': 'kernel' },
        ),
        number(
          say.size,
          this.#kernel.rows,
          { min: 1, max: 11 },
          (value) => this.#resize(Math.max(1, Math.min(11, Math.round(value)))),
          { 'data-control': 'size' },
        ),
        select(
          say.show,
          as,
          Object.entries(say.shows),
          (value) => this.#set({ as: value as Showing['as'] }),
          { 'data-control': 'as' },
        ),
        tick(say.grey, isGrey, (value) => this.#set({ isGrey: value }), { 'data-control': 'grey' }),
        select(
          say.mode,
          mode,
          MODES.map((one) => [one, say.modes[one]] as const),
          (value) => this.#set({ mode: value as Showing['mode'] }),
          { 'data-control': 'mode' },
        ),
        as === 'picture' && [
          number(
            say.scale,
            scale,
            { min: -100, max: 100, step: 'any' },
            (value) => this.#set({ scale: value }),
            { 'data-control': 'scale' },
          ),
          number(
            say.offset,
            offset,
            { min: -255, max: 255, step: 'any' },
            (value) => this.#set({ offset: value }),
            { 'data-control': 'offset' },
          ),
        ],
      ),
    );
    if (focused)
      document.querySelector<HTMLElement>(`[data-control="${focused}"]`)?.focus({ preventScroll: true });
  }

  /** The cells of a kernel of the same size stay, and who is typing in them. */
  #drawCells(): void {
    const { rows, columns } = this.#kernel;
    const size = `${rows} ${columns}`;
    if (this.#grid?.size === size) {
      this.#grid.cells.refresh();
      return;
    }
    const say = this.#say;
    const shown = (value: number) => `${Number(value.toFixed(3))}`;
    const cells = new Grid({
      ...{ label: say.kernel, name: 'kernel-grid', rows, columns },
      cell: (row, column) => {
        const value = this.#kernel.values[row * columns + column] as number;
        return {
          text: shown(value),
          title: `${value}`,
          label: say.cell(row + 1, column + 1),
          kind: 'weight',
          editable: true,
        };
      },
      write: (row, column, text) => this.#write(row * columns + column, text),
    });
    this.#grid = { size, cells };
    fill(this.#cells, cells.element);
  }

  #write(at: number, text: string): void {
    const value = Number(text.replace(',', '.'));
    if (text.trim() === '' || !Number.isFinite(value)) return;
    this.#kernel = { ...this.#kernel, values: this.#kernel.values.map((one, i) => (i === at ? value : one)) };
    this.#name = 'own';
    this.#changed();
  }

  async #named(name: KernelName | 'own'): Promise<void> {
    this.#name = name;
    if (name !== 'own') {
      this.#kernel = await this.#context.ask('kernels', 'kernelOf', [name]);
      this.#showing = { ...this.#showing, as: PICTURES.includes(name) ? 'picture' : 'signed' };
    }
    this.#changed();
  }

  /** A kernel by hand of another size: what there is stays in the middle. */
  #resize(side: number): void {
    const { rows, columns, values } = this.#kernel;
    const [down, right] = [Math.floor((rows - side) / 2), Math.floor((columns - side) / 2)];
    const next = Array.from({ length: side * side }, (_, i) => {
      const [row, column] = [Math.floor(i / side) + down, (i % side) + right];
      return row >= 0 && row < rows && column >= 0 && column < columns
        ? (values[row * columns + column] as number)
        : 0;
    });
    this.#kernel = { rows: side, columns: side, values: next };
    this.#name = 'own';
    this.#changed();
  }

  async #take(source: string): Promise<void> {
    this.#stop();
    try {
      if (source === 'camera') await this.#camera();
      else {
        const file = source === 'file' ? this.#file.files?.[0] : undefined;
        if (source === 'file' && file === undefined) return;
        const blob = file ?? (await (await fetch(beside(`${source}.jpg`))).blob());
        const bitmap = await createImageBitmap(blob).catch(() => {
          throw new Error(this.#say.noPicture(file?.name ?? source));
        });
        this.#look(bitmap, bitmap.width, bitmap.height);
      }
      this.#source = source;
      fill(this.#message);
      this.#keep();
    } catch (error) {
      fill(
        this.#message,
        h(
          'p',
          { class: 'fault' },
          source === 'camera' ? `${this.#say.noCamera} ` : '',
          (error as Error).message,
        ),
      );
    }
  }

  async #camera(): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: WIDTH, height: HEIGHT } });
    if (this.#isOver) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play();
    const next = () => {
      if (this.#stream !== stream) return;
      if (!this.#isBusy) this.#look(this.#video, this.#video.videoWidth, this.#video.videoHeight);
      requestAnimationFrame(next);
    };
    next();
  }

  /** Cameras go out when they are left. */
  #stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }

  #look(source: CanvasImageSource, wide: number, high: number): void {
    const scale = Math.min(1, WIDTH / wide, HEIGHT / high);
    const [width, height] = [Math.max(1, Math.round(wide * scale)), Math.max(1, Math.round(high * scale))];
    if (this.#before.width !== width || this.#before.height !== height)
      Object.assign(this.#before, { width, height });
    const context = this.#before.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    context.drawImage(source, 0, 0, width, height);
    this.#picture = context.getImageData(0, 0, width, height);
    this.#filter();
  }

  /** One picture at a time: the newest is next. */
  async #filter(): Promise<void> {
    if (this.#picture === null || this.#isOver) return;
    if (this.#isBusy) {
      this.#isStale = true;
      return;
    }
    this.#isBusy = true;
    const say = this.#say;
    try {
      const { data, width, height } = this.#picture;
      const found = await this.#context.ask('kernels', 'filtered', [
        { data, width, height },
        this.#kernel,
        this.#showing,
      ]);
      paint(this.#after, found.picture, `${say.after}: ${this.#name}`);
      const digits = (value: number) => `${Number(value.toFixed(1))}`.replace('-', '−');
      this.#facts.textContent = `${say.facts(found.milliseconds.toFixed(1), width, height, digits(found.least), digits(found.greatest))} ${found.isProduct ? say.product : say.noProduct}`;
      Object.assign(this.#facts.dataset, { least: `${found.least}`, greatest: `${found.greatest}` });
    } catch (error) {
      fill(this.#message, h('p', { class: 'fault' }, (error as Error).message));
    }
    this.#isBusy = false;
    if (this.#isStale) {
      this.#isStale = false;
      this.#filter();
    }
  }

  dispose(): void {
    this.#isOver = true;
    this.#stop();
  }
}
