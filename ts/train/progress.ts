/**
 * What a run shows of itself: on a terminal one line that is written over, at the first steps and then five times a second; in files and
 * pipes a line an epoch; nothing where there is no process.
 */

/** What there is to show. */
export interface Shown {
  readonly epoch: number;
  readonly epochs: number;
  /** Batches done in this epoch, and in all, where that is known. */
  readonly batch: number;
  readonly batches: number | null;
  readonly loss: number;
  readonly lr: number;
  /** Of the batch. */
  readonly samples: number;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Milliseconds between two drawings. */
const PAUSE = 200;
const FIRST_STEPS = 5;
/** Characters of the bar: at most so many, a multiple of so many, so that it does not flicker with every digit. */
const [WIDEST, PIECE] = [20, 5];

/** `1.235e-8`, `0.1234`, `12.35`. */
export function short(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(3)
    : String(Number(value.toPrecision(4)));
}

const clock = (seconds: number): string =>
  seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.ceil(seconds % 60)} s`;

/** The progress of one run. */
export class Progress {
  readonly #output: Output | null;
  #begun = performance.now();
  #drawn = 0;
  /** Batches of the epoch that an earlier run made. */
  #done = 0;
  /** Samples of this run in the epoch. */
  #samples = 0;
  /** Exponentially smoothed, of this run. */
  #smooth = Number.NaN;

  constructor(isOn: boolean) {
    const { process } = globalThis as { process?: { stderr?: Output } };
    this.#output = isOn ? (process?.stderr ?? null) : null;
  }

  /** An epoch begins, or goes on behind so many batches. */
  begin(done = 0): void {
    this.#begun = performance.now();
    this.#done = done;
    this.#samples = 0;
  }

  /** A step was made. */
  step(shown: Shown): void {
    if (this.#output === null) return;
    this.#smooth = Number.isNaN(this.#smooth) ? shown.loss : 0.98 * this.#smooth + 0.02 * shown.loss;
    this.#samples += shown.samples;
    if (!this.#output.isTTY) return;
    const now = performance.now();
    if (shown.batch > FIRST_STEPS && now - this.#drawn < PAUSE) return;
    this.#drawn = now;
    const columns = (this.#output.columns ?? 80) - 1;
    this.#output.write(`\r${this.#line(shown, (now - this.#begun) / 1000, columns)}\x1b[K`);
  }

  /** The bar takes what room there is; what does not fit then is cut. */
  #line({ epoch, epochs, batch, batches, loss, lr }: Shown, seconds: number, columns: number): string {
    const isCounted = batches !== null;
    const left = isCounted ? `  ${clock((seconds / (batch - this.#done)) * (batches - batch))} left` : '';
    const rate = `${Math.round(this.#samples / Math.max(seconds, 1e-3))}/s`;
    const head = `${epoch + 1}/${epochs}`;
    const count = isCounted ? ` ${batch}/${batches}` : '';
    const rest = `${count}  loss ${short(this.#smooth)} (${short(loss)})  lr ${short(lr)}  ${rate}${left}`;
    const room = Math.min(WIDEST, columns - head.length - 1 - rest.length);
    const width = PIECE * Math.floor(room / PIECE);
    if (!isCounted || width <= 0) return `${head}${rest}`.slice(0, columns);
    const full = Math.round(Math.min(1, batch / batches) * width);
    return `${head} ${'#'.repeat(full)}${'.'.repeat(width - full)}${rest}`;
  }

  /** An epoch has ended: its line stays. */
  end(epoch: number, epochs: number, figures: Readonly<Record<string, number>>): void {
    if (this.#output === null) return;
    const text = Object.entries(figures).map(([name, value]) => `${name} ${short(value)}`);
    const line = `epoch ${epoch + 1}/${epochs}  ${text.join('  ')}\n`;
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${line}` : line);
  }
}
