/** Play, pause, steps, scrubbing, speed and pinning. With reduced motion there are only steps. */
import { h, isStill, select, svg } from '../app/dom.ts';
import type { WindowWords } from './words.ts';

/** Pictures of the buttons, 16 by 16. */
const SIGNS = {
  first: 'M3 3h2v10H3zM13 3v10L6 8z',
  back: 'M11 3v10L4 8z',
  forward: 'M5 3v10l7-5z',
  last: 'M11 3h2v10h-2zM3 3v10l7-5z',
};

const SPEEDS = [0.5, 1, 2, 4, 8, 16];

export interface TransportState {
  readonly step: number;
  readonly speed: number;
  readonly pinned: boolean;
  readonly isPlaying: boolean;
}

export class Transport {
  readonly element: HTMLElement;
  readonly #say: WindowWords;
  readonly #change: (state: TransportState) => void;
  readonly #play: HTMLButtonElement;
  readonly #pin: HTMLButtonElement;
  readonly #range: HTMLInputElement;
  readonly #count = h('output', { class: 'count' });
  #step: number;
  #speed: number;
  #pinned: boolean;
  #length = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    say: WindowWords,
    given: { step: number; speed: number; pinned: boolean; change: (state: TransportState) => void },
  ) {
    this.#say = say;
    this.#step = Number.isInteger(given.step) && given.step >= 0 ? given.step : 0;
    this.#speed = SPEEDS.includes(given.speed) ? given.speed : 2;
    this.#pinned = given.pinned;
    this.#change = given.change;
    const button = (sign: keyof typeof SIGNS, press: () => void) => {
      const name = say[sign];
      const picture = svg(
        'svg',
        { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' },
        svg('path', { d: SIGNS[sign], fill: 'currentColor' }),
      );
      return h(
        'button',
        { type: 'button', class: 'sign', 'aria-label': name, title: name, onclick: press },
        picture,
      );
    };
    this.#play = h(
      'button',
      { type: 'button', class: 'play primary', onclick: () => this.#toggle() },
      say.play,
    );
    this.#pin = h(
      'button',
      {
        type: 'button',
        class: 'pin',
        title: say.pinned,
        onclick: () => this.#set({ pinned: !this.#pinned }),
      },
      say.pin,
    );
    this.#range = h('input', {
      type: 'range',
      min: 0,
      'aria-label': say.step,
      oninput: () => {
        // Stopping writes the range.
        const step = this.#range.valueAsNumber;
        this.stop();
        this.#set({ step });
      },
    });
    const speed = select(
      say.speed,
      `${this.#speed}`,
      SPEEDS.map((one) => [`${one}`, `${one}×`] as const),
      (value) => {
        this.#speed = Number(value);
        if (this.#timer !== null) this.#run();
        this.#tell();
      },
    );
    this.element = h(
      'div',
      { class: 'transport' },
      isStill() ? null : this.#play,
      h(
        'div',
        { class: 'steps' },
        button('first', () => this.go(0, 'button')),
        button('back', () => this.go(this.#step - 1, 'button')),
        button('forward', () => this.go(this.#step + 1, 'button')),
        button('last', () => this.go(this.#length - 1, 'button')),
      ),
      this.#range,
      this.#count,
      isStill() ? null : speed,
      this.#pin,
    );
    this.#show();
  }

  get state(): TransportState {
    return { step: this.#step, speed: this.#speed, pinned: this.#pinned, isPlaying: this.#timer !== null };
  }

  /** Another number of steps: the step stays where it can. */
  length(length: number): void {
    this.#length = length;
    if (length === 0) this.stop();
    this.#step = Math.max(0, Math.min(this.#step, length - 1));
    this.#show();
    this.#change(this.state);
  }

  reset(): void {
    this.stop();
    this.#step = 0;
    this.#pinned = false;
  }

  go(step: number, by: 'pointer' | 'focus' | 'button'): void {
    if (by === 'pointer' && (this.#pinned || this.#timer !== null)) return;
    if (by !== 'pointer') this.stop();
    if (step < 0 || step >= this.#length || step === this.#step) return;
    this.#set({ step });
  }

  pinAt(step: number): void {
    this.stop();
    const again = this.#pinned && step === this.#step;
    this.#set({ step, pinned: !again });
  }

  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#tell();
  }

  #toggle(): void {
    if (this.#timer !== null) this.stop();
    else {
      if (this.#step >= this.#length - 1) this.#step = -1;
      this.#run();
      this.#advance();
    }
  }

  #run(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#advance(), 1000 / this.#speed);
  }

  #advance(): void {
    if (this.#step >= this.#length - 1) this.stop();
    else this.#set({ step: this.#step + 1 });
  }

  #set({ step = this.#step, pinned = this.#pinned }: { step?: number; pinned?: boolean }): void {
    this.#step = step;
    this.#pinned = pinned;
    this.#tell();
  }

  #tell(): void {
    this.#show();
    this.#change(this.state);
  }

  #show(): void {
    this.#range.max = `${Math.max(0, this.#length - 1)}`;
    this.#range.valueAsNumber = this.#step;
    this.#range.disabled = this.#length < 2;
    this.#count.textContent = this.#length === 0 ? '–' : `${this.#step + 1} / ${this.#length}`;
    this.#play.textContent = this.#timer === null ? this.#say.play : this.#say.pause;
    this.#play.disabled = this.#length < 2;
    this.#pin.setAttribute('aria-pressed', `${this.#pinned}`);
  }
}
