/**
 * The workers of a team (crates/wasm/src/team.rs): Node's, which Deno and Bun have too, or the web's, both made from a
 * text, so that there is no file to find. A worker instantiates the module over the shared memory and then computes, or
 * sleeps until the team's bell rings, and hears of nothing else until the team is abandoned.
 */
import { instantiateText, stackBytes } from '../../build/glue.js';
import { builtin } from './decode.ts';
import type { KernelExports } from './instance.ts';

/** What a worker instantiates. */
export interface Shared {
  readonly exports: KernelExports;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
}

/** A worker says where its thread-local block and its stack lie, or what went wrong, or, when it leaves, 0. */
type Word = readonly [number, number] | string | 0;

const text = (port: string): string =>
  `const p=${port},i=${instantiateText};p.onmessage=async({data:[m,y,t,s]})=>{let w;` +
  'try{w=await i(m,y)}catch(e){return p.postMessage(e+"")}' +
  'p.postMessage([w.__tls_base.value,w.__stack_alloc.value]);' +
  'const v=new Int32Array(y.buffer),k=t/4;' +
  'try{for(let b;b=Atomics.load(v,k),w.team_serve(t,s);)Atomics.wait(v,k,b)}catch{w.team_abandon(t)}' +
  'p.postMessage(0);p.close()}';

interface NodeWorker {
  on(event: string, listener: (value: never) => void): void;
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
}
interface WorkerThreads {
  Worker?: new (text: string, options: { eval: true; execArgv: string[] }) => NodeWorker;
}

/** Thread-local block, and what an allocation takes besides. */
const BLOCK_BYTES = 4096;

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
      timer = setTimeout(() => reject(new Error(`no answer in ${limit / 1000} s`)), limit);
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
      const hear = (word: Word): void => {
        if (word === 0) leave();
        else if (typeof word === 'string') reject(new Error(word));
        else {
          this.#own.push(word);
          resolve();
        }
      };
      const orders = [this.#on.module, this.#on.memory, this.team, seat];
      const { Worker: Threads } = builtin<WorkerThreads>('node:worker_threads') ?? {};
      if (Threads) {
        const worker = new Threads(text("process.getBuiltinModule('node:worker_threads').parentPort"), {
          eval: true,
          execArgv: [],
        });
        worker.on('message', (word: Word) => {
          hear(word);
          worker.unref();
        });
        worker.on('error', reject);
        worker.on('exit', () => {
          reject(new Error('it ended'));
          leave();
        });
        this.#ends.push(() => worker.terminate());
        worker.postMessage(orders);
      } else {
        const url = URL.createObjectURL(new Blob([text('self')], { type: 'text/javascript' }));
        const worker = new Worker(url, { type: 'module' });
        worker.onmessage = ({ data }) => {
          URL.revokeObjectURL(url);
          hear(data);
        };
        worker.onerror = ({ message }) => reject(new Error(message || 'a worker from a blob was refused'));
        this.#ends.push(() => worker.terminate());
        worker.postMessage(orders);
      }
      this.#gone.push(gone);
    });
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
