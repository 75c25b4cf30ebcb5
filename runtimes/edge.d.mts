/** A module of a worker, as miniflare takes it. */
export interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Data';
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
}
export function workerModules(folder: string, entry: string): Promise<WorkerModule[]>;
/** Milliseconds that processes, all of their threads, have computed. */
export function cpuOf(processes: readonly number[]): number;
