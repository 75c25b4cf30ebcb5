/** The tab in which a digit is drawn: strokes by mouse, finger or keys, what the net sees, its maps and its ten bars. */
import type { Context, Tab } from '../app/context.ts';
import { fill, h } from '../app/dom.ts';
import { beside, paint, pictureCanvas } from '../app/picture.ts';
import { type Centred, centre } from '../digits/centre.ts';
import type { Read } from '../worker/digits.ts';
import { drawStrokes, type Point, RASTER, type Stroke, strokesOf, strokesText } from './strokes.ts';
import { type DrawWords, words } from './words.ts';

const SHOWN = 336;
const STEP = 2;

export const mount = (root: HTMLElement, context: Context): Tab => new DrawTab(root, context);

class DrawTab implements Tab {
  readonly #context: Context;
  readonly #say: DrawWords;
  readonly #pad: HTMLCanvasElement;
  readonly #raster = h('canvas', { width: RASTER, height: RASTER });
  readonly #seen: HTMLCanvasElement;
  readonly #seenNote = h('p', { class: 'quiet' });
  readonly #maps: HTMLCanvasElement[];
  readonly #guess = h('p', { class: 'guess', role: 'status' });
  readonly #time = h('p', { class: 'quiet' });
  readonly #message = h('div', { class: 'message', role: 'status' });
  readonly #bars: { row: HTMLElement; bar: HTMLElement; share: HTMLElement }[];
  #strokes: Stroke[];
  #current: Point[] | null = null;
  #pen: Point = [50, 50];
  #isDown = false;
  #hasKeys = false;
  #isReading = false;
  #isStale = false;

  constructor(root: HTMLElement, context: Context) {
    this.#context = context;
    const say = words[context.language] as DrawWords;
    this.#say = say;
    this.#strokes = strokesOf(context.parameters.get('s') ?? '');
    this.#pad = h('canvas', {
      class: 'pad',
      width: SHOWN,
      height: SHOWN,
      tabindex: '0',
      role: 'application',
      'aria-label': say.pad,
      onpointerdown: (event: PointerEvent) => this.#down(event),
      onpointermove: (event: PointerEvent) => this.#move(event),
      onpointerup: () => this.#up(),
      onpointercancel: () => this.#up(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
      onblur: () => {
        this.#hasKeys = false;
        if (this.#isDown) this.#lift();
        this.#draw();
      },
    });
    this.#seen = pictureCanvas('pixels seen', say.seenLabel);
    this.#maps = say.maps.map((label, i) => pictureCanvas(`pixels maps-${i}`, label));
    this.#bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = h('span', { class: 'bar-fill' });
      const share = h('span', { class: 'bar-share' }, '–');
      const row = h(
        'li',
        { class: 'bar' },
        h('span', { class: 'bar-name' }, `${digit}`),
        h('span', { class: 'bar-track' }, bar),
        share,
      );
      return { row, bar, share };
    });
    fill(
      root,
      h('header', { class: 'lead' }, h('h2', {}, say.title), h('p', { 'data-part': 'intro' }, say.intro)),
      this.#message,
      h(
        'div',
        { class: 'drawing' },
        h(
          'div',
          { class: 'card' },
          this.#pad,
          h(
            'div',
            { class: 'buttons', 'data-part': 'controls' },
            h('button', { type: 'button', class: 'undo', onclick: () => this.#undo() }, say.undo),
            h('button', { type: 'button', class: 'clear', onclick: () => this.#clear() }, say.clear),
          ),
        ),
        h(
          'div',
          { class: 'card' },
          h('h3', {}, say.shares),
          this.#guess,
          h(
            'ol',
            { class: 'bars' },
            this.#bars.map(({ row }) => row),
          ),
          this.#time,
        ),
        h('div', { class: 'card' }, h('h3', {}, say.seen), this.#seen, this.#seenNote),
        h(
          'div',
          { class: 'card all' },
          say.maps.map((name, i) => [h('h3', {}, name), this.#maps[i]!]),
          h('p', { class: 'quiet' }, say.mapsNote, ' ', say.weights),
        ),
      ),
    );
    this.#changed();
  }

  #at(event: PointerEvent): Point {
    const { left, top, width, height } = this.#pad.getBoundingClientRect();
    return [((event.clientX - left) / width) * 100, ((event.clientY - top) / height) * 100];
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#pad.setPointerCapture(event.pointerId);
    this.#current = [this.#at(event)];
    this.#changed();
  }

  #move(event: PointerEvent): void {
    if (this.#current === null || this.#isDown) return;
    // What came between two frames is part of the stroke too.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length > 0 ? events : [event]) this.#current.push(this.#at(one));
    this.#changed();
  }

  #up(): void {
    if (this.#current === null || this.#isDown) return;
    this.#strokes.push(this.#current);
    this.#current = null;
    this.#changed();
    this.#keep();
  }

  #key(event: KeyboardEvent): void {
    const far = event.shiftKey ? 4 * STEP : STEP;
    const by: Record<string, Point> = {
      ArrowLeft: [-far, 0],
      ArrowRight: [far, 0],
      ArrowUp: [0, -far],
      ArrowDown: [0, far],
    };
    const way = by[event.key];
    if (way === undefined && ![' ', 'Backspace'].includes(event.key)) return;
    event.preventDefault();
    this.#hasKeys = true;
    if (event.key === 'Backspace') {
      this.#undo();
      return;
    }
    if (event.key === ' ') {
      if (this.#isDown) this.#lift();
      else {
        this.#isDown = true;
        this.#current = [this.#pen];
      }
    }
    if (way !== undefined) {
      const move = (value: number, by: number) => Math.max(0, Math.min(100, value + by));
      this.#pen = [move(this.#pen[0], way[0]), move(this.#pen[1], way[1])];
      if (this.#isDown) this.#current?.push(this.#pen);
    }
    this.#changed();
  }

  #lift(): void {
    this.#isDown = false;
    if (this.#current !== null) this.#strokes.push(this.#current);
    this.#current = null;
    this.#keep();
  }

  #undo(): void {
    if (this.#current !== null) {
      this.#current = null;
      this.#isDown = false;
    } else this.#strokes.pop();
    this.#changed();
    this.#keep();
  }

  #clear(): void {
    this.#strokes = [];
    this.#current = null;
    this.#isDown = false;
    this.#changed();
    this.#keep();
  }

  #keep(): void {
    this.#context.keep({ s: this.#strokes.length === 0 ? undefined : strokesText(this.#strokes) });
  }

  get #all(): Stroke[] {
    return this.#current === null ? this.#strokes : [...this.#strokes, this.#current];
  }

  #draw(): void {
    const context = this.#pad.getContext('2d') as CanvasRenderingContext2D;
    drawStrokes(context, SHOWN, this.#all);
    if (!this.#hasKeys) return;
    context.lineWidth = 2;
    context.strokeStyle = this.#isDown ? '#ffcf4d' : '#7db7ec';
    context.beginPath();
    context.arc((this.#pen[0] * SHOWN) / 100, (this.#pen[1] * SHOWN) / 100, 12, 0, 2 * Math.PI);
    context.stroke();
  }

  #changed(): void {
    this.#draw();
    this.#read();
  }

  /** One reading at a time: what is drawn meanwhile is read after it. */
  async #read(): Promise<void> {
    if (this.#isReading) {
      this.#isStale = true;
      return;
    }
    const context = this.#raster.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    drawStrokes(context, RASTER, this.#all);
    const { data } = context.getImageData(0, 0, RASTER, RASTER);
    const found = centre(
      Float32Array.from({ length: RASTER * RASTER }, (_, i) => (data[4 * i] as number) / 255),
      RASTER,
      RASTER,
    );
    this.#showSeen(found);
    if (found === null) return this.#show(null);
    this.#isReading = true;
    try {
      this.#show(await this.#context.ask('digits', 'read', [beside('digits.safetensors'), found.pixels]));
      fill(this.#message);
    } catch (error) {
      fill(this.#message, h('p', { class: 'fault' }, (error as Error).message));
    }
    this.#isReading = false;
    if (this.#isStale) {
      this.#isStale = false;
      this.#read();
    }
  }

  #showSeen(found: Centred | null): void {
    const picture = new Uint8ClampedArray(28 * 28 * 4);
    for (let i = 0; i < 28 * 28; i++) {
      picture.fill(255 * (found?.pixels[i] ?? 0), 4 * i, 4 * i + 3);
      picture[4 * i + 3] = 255;
    }
    paint(this.#seen, { data: picture, width: 28, height: 28 }, this.#say.seenLabel);
    this.#seenNote.textContent = this.#say.seenNote(
      found === null ? '–' : ((found.scale * RASTER) / 100).toFixed(2),
    );
  }

  #show(read: Read | null): void {
    const say = this.#say;
    const shares = read?.shares ?? new Array<number>(10).fill(0);
    const order = [...shares.keys()].sort((a, b) => (shares[b] as number) - (shares[a] as number));
    const text = (digit: number) => `${(100 * (shares[digit] as number)).toFixed(1)} %`;
    this.#bars.forEach(({ row, bar, share }, digit) => {
      bar.style.width = `${100 * (shares[digit] as number)}%`;
      share.textContent = read === null ? '–' : text(digit);
      row.classList.toggle('best', read !== null && digit === order[0]);
    });
    this.#guess.dataset.digit = read === null ? '' : `${order[0]}`;
    this.#guess.textContent =
      read === null
        ? say.empty
        : `${say.guess(order[0]!, text(order[0]!))} ${say.second(order[1]!, text(order[1]!))}`;
    this.#time.textContent = read === null ? '' : say.time(read.milliseconds.toFixed(1));
    for (const [i, map] of (read?.maps ?? []).entries()) paint(this.#maps[i]!, map, say.maps[i]!);
  }

  dispose(): void {
    this.#isStale = false;
  }
}
