/**
 * Pauses by time: a page draws, and timers and signals are served, at least every 20 ms, or after each step that takes longer. In a
 * page a message to oneself is a task of its own that costs some microseconds, where timers would wait 4 ms and frames 16; Node
 * would serve messages alone, and has setImmediate.
 */

const MOST = 20;

/** Lets other tasks run from time to time. */
export class Pauses {
  readonly #immediate = (globalThis as { setImmediate?: (call: () => void) => unknown }).setImmediate;
  readonly #channel =
    this.#immediate !== undefined || typeof MessageChannel === 'undefined' ? null : new MessageChannel();
  #last = performance.now();
  #resume: (() => void) | null = null;

  constructor() {
    if (this.#channel !== null) this.#channel.port1.onmessage = () => this.#resume?.();
  }

  /** Waits for other tasks where the last pause is a while ago. */
  async maybe(): Promise<void> {
    if (performance.now() - this.#last < MOST) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      if (this.#channel !== null) this.#channel.port2.postMessage(null);
      else if (this.#immediate !== undefined) this.#immediate(resolve);
      else setTimeout(resolve);
    });
    this.#last = performance.now();
  }

  /** No more pauses. */
  end(): void {
    this.#channel?.port1.close();
  }
}
