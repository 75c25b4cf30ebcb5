/**
 * The workers of a team (crates/wasm/src/team.rs): Node's, which Deno and Bun have too, or the web's, both made from a
 * text, so that there is no file to find, or from the same text in a file that the user hosts. A worker instantiates the
 * module over the shared memory and then computes, or sleeps until the team's bell rings, and hears of nothing else until
 * the team is abandoned.
 */
import { stackBytes, version } from '../../build/glue.js';
import { builtin, pathOf, schemeOf } from '../base/builtin.ts';
import type { KernelExports } from './instance.ts';
import { type Word, workerText } from './workerText.ts';

/** What a worker instantiates. */
interface Shared {
  readonly exports: KernelExports;
  readonly memory: WebAssembly.Memory;
  readonly modules: readonly WebAssembly.Module[];
  /** Where the workers' file is hosted; undefined where they are made from a text. */
  readonly workerUrl: URL | string | undefined;
}

/** A worker, Node's or the web's. */
export interface AnyWorker {
  postMessage(message: unknown, moved: ArrayBuffer[]): void;
  terminate(): unknown;
  /** Node's: the process waits for its next word. */
  ref?(): void;
}
interface NodeWorker extends AnyWorker {
  on(event: string, listener: (value: never) => void): void;
  unref(): void;
}
interface WorkerThreads {
  Worker: new (file: string, options: { eval: boolean; execArgv: string[] }) => NodeWorker;
}
interface Paths {
  resolve(path: string): string;
}

/** What hears of a worker. */
export interface Listener {
  hear(word: Word): void;
  fail(error: Error): void;
  leave(): void;
}

/** A new worker, from a text or from where the user hosts it. @throws Error where there can be none */
export function openWorker(url: URL | string | undefined, text: string, listener: Listener): AnyWorker {
  const threads = builtin<WorkerThreads>('node:worker_threads');
  return threads?.Worker ? nodeWorker(threads, url, text, listener) : webWorker(url, text, listener);
}

/** One of Node's workers. A string without a scheme is a path, from the working directory. */
function nodeWorker(
  { Worker }: WorkerThreads,
  url: URL | string | undefined,
  text: string,
  to: Listener,
): AnyWorker {
  const isPath = typeof url === 'string' && schemeOf(url) === undefined;
  const { resolve } = builtin<Paths>('node:path') as Paths;
  const file = url && (isPath ? resolve(url) : pathOf(url));
  const worker = new Worker(file ?? text, { eval: file === undefined, execArgv: [] });
  worker.on('message', (word: Word) => {
    worker.unref();
    to.hear(word);
  });
  worker.on('error', to.fail);
  worker.on('exit', () => {
    to.fail(new Error('it ended'));
    to.leave();
  });
  return worker;
}

/** One of the web's workers. */
function webWorker(url: URL | string | undefined, text: string, { hear, fail }: Listener): AnyWorker {
  const own = url === undefined && URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  const worker = new Worker(own || (url as URL | string), { type: 'module' });
  let stands = false;
  worker.onmessage = ({ data }) => {
    stands = true;
    if (own) URL.revokeObjectURL(own);
    hear(data);
  };
  worker.onerror = async ({ message }) => {
    if (!stands) fail(new Error(message || (await whyRefused(url))));
  };
  return worker;
}

/** Why the web refused a worker, of which it says nothing: from what the same address answers. */
async function whyRefused(url: URL | string | undefined): Promise<string> {
  if (url === undefined) {
    return 'a worker from a blob was refused, as by a content security policy; host worker.js of striate, and give its address as workerUrl';
  }
  try {
    const { ok, status, headers } = await fetch(url);
    const type = headers.get('content-type');
    if (!ok) return `it was answered with status ${status}`;
    if (!type?.includes('javascript')) return `it is ${type}, must be JavaScript`;
    if (!headers.get('cross-origin-embedder-policy')) {
      return 'it was answered without the header Cross-Origin-Embedder-Policy, which it needs as its page does';
    }
  } catch (error) {
    return (error as Error).message;
  }
  return 'it was refused, as by a content security policy';
}

/** Thread-local block, and what an allocation takes besides. */
export const BLOCK_BYTES = 4096;

/** The workers of one team. */
export class Crew {
  /** The team's address. */
  readonly team: number;
  readonly #on: Shared;
  readonly #lost: (crew: Crew) => void;
  /** What ends each worker. */
  readonly #ends: (() => void)[] = [];
  /** Resolved when the workers have ended for certain, and write nothing any more. */
  readonly #gone: Promise<void>[] = [];
  readonly #own: (readonly [number, number])[] = [];

  /** So many workers, when all of them stand; `lost` is called when one ends. @throws Error that says why not */
  static async hire(on: Shared, workers: number, limit: number, lost: (crew: Crew) => void): Promise<Crew> {
    const crew = new Crew(on, workers, lost);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(crew.#failure(`no answer in ${limit / 1000} s`)), limit);
    });
    try {
      const seats = Array.from({ length: workers }, (_, index) => crew.#open(index + 1));
      await Promise.race([Promise.all(seats), late]);
    } catch (error) {
      crew.dismiss();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    // What the workers allocated may have made the memory grow: so this thread sees it.
    on.memory.grow(0);
    return crew;
  }

  private constructor(on: Shared, workers: number, lost: (crew: Crew) => void) {
    this.#on = on;
    this.#lost = lost;
    this.team = on.exports.team_new(workers, stackBytes + BLOCK_BYTES);
    if (this.team === 0) throw new Error('there is no memory for their stacks');
  }

  #open(seat: number): Promise<void> {
    let leave = (): void => {};
    const gone = new Promise<void>((resolve) => {
      leave = resolve;
    }).then(() => this.#lost(this));
    return new Promise<void>((resolve, reject) => {
      const { workerUrl, modules, memory } = this.#on;
      const hear = (word: Word): void => {
        if (word === 0) leave();
        else if (typeof word === 'string') reject(this.#failure(word));
        else if ('answer' in word) return;
        else {
          this.#own.push(word);
          resolve();
        }
      };
      const listener = { hear, leave, fail: ({ message }: Error) => reject(this.#failure(message)) };
      let worker: AnyWorker;
      try {
        worker = openWorker(workerUrl, workerText, listener);
      } catch (error) {
        return listener.fail(error as Error);
      }
      this.#ends.push(() => worker.terminate());
      worker.postMessage([version, modules, memory, this.team, seat], []);
      this.#gone.push(gone);
    });
  }

  #failure(why: string): Error {
    const { workerUrl } = this.#on;
    return new Error(workerUrl === undefined ? why : `workerUrl is '${workerUrl}': ${why}`);
  }

  /** Ends the workers at once. */
  dismiss(): void {
    this.#on.exports.team_abandon(this.team);
    for (const end of this.#ends) end();
  }

  /**
   * Ends the workers; resolves when that is certain, which may be never: the web says nothing of a worker that it has
   * ended, so there each one must say that it leaves.
   */
  async end(): Promise<void> {
    const { exports } = this.#on;
    exports.team_abandon(this.team);
    if (builtin('node:worker_threads')) for (const end of this.#ends) end();
    await Promise.all(this.#gone);
    for (const [block, stack] of this.#own) exports.__wbindgen_thread_destroy(block, stack, stackBytes);
    exports.team_free(this.team);
  }
}
