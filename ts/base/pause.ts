/**
 * Pauses by time: a page draws, and timers and signals are served, before a task takes 50 ms, or after each step that takes longer. In a
 * page a pause is a task of its own, posted to the scheduler (0.34 ms in Chromium) or, where there is none, a message to oneself (0.53
 * ms); timers would wait 4 ms and frames 16, and scheduler.yield would let timers wait for good. Node would serve messages alone, and has
 * setImmediate; that of Next.js's edge runtime throws.
 */

/** Milliseconds that a task may take. Pauses at every 20 ms take 3 % of the time of a page. */
const MOST = 48;

interface Global {
  readonly setImmediate?: (call: () => void) => unknown;
  readonly scheduler?: { readonly postTask?: (call: () => void) => Promise<void> };
}

/** How a task of its own is asked for, and what is to be closed in the end. */
function tasks(): { post: (call: () => void) => unknown; close: () => void } {
  const { setImmediate, scheduler } = globalThis as Global;
  const close = () => {};
  if (setImmediate !== undefined) {
    const post = (call: () => void) => {
      try {
        setImmediate(call);
      } catch {
        setTimeout(call);
      }
    };
    return { post, close };
  }
  if (scheduler?.postTask !== undefined) return { post: (call) => scheduler.postTask?.(call), close };
  if (typeof MessageChannel === 'undefined') return { post: (call) => setTimeout(call), close };
  const { port1, port2 } = new MessageChannel();
  const post = (call: () => void) => {
    port1.onmessage = call;
    port2.postMessage(null);
  };
  return { post, close: () => port1.close() };
}

/** Lets other tasks run from time to time. */
export class Pauses {
  readonly #tasks = tasks();
  readonly #most: number;
  /** When the last pause was over, and when one was last asked for. */
  #last = performance.now();
  #asked = this.#last;

  /** `most`: milliseconds that a task may take. */
  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** Other tasks, to be waited for where another step, as long as the last one, would make the task too long. */
  maybe(): Promise<void> | undefined {
    const now = performance.now();
    const next = now + (now - this.#asked);
    this.#asked = now;
    return next - this.#last < this.#most ? undefined : this.#pause();
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#tasks.post(resolve));
    this.#last = performance.now();
    this.#asked = this.#last;
  }

  /** No more pauses. */
  end(): void {
    this.#tasks.close();
  }
}
