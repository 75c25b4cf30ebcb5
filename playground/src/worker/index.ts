/** The worker: loads the kernels once, and the part that is called when it is first called. */
import { init } from 'striate';

const parts = {
  window: () => import('./window.ts'),
  digits: () => import('./digits.ts'),
  kernels: () => import('./kernels.ts'),
  layers: () => import('./layers.ts'),
  reasons: () => import('./reasons.ts'),
  strongest: () => import('./strongest.ts'),
  train: () => import('./train.ts'),
};

/** The functions that the page may call, by part. */
export type Parts = { readonly [P in keyof typeof parts]: Awaited<ReturnType<(typeof parts)[P]>> };

interface Call {
  readonly id: number;
  readonly part: keyof typeof parts;
  readonly name: string;
  readonly args: readonly unknown[];
}

const ready = init();

addEventListener('message', async ({ data: { id, part, name, args } }: MessageEvent<Call>) => {
  try {
    await ready;
    const functions = (await parts[part]()) as unknown as Record<
      string,
      (...args: readonly unknown[]) => unknown
    >;
    const value = await functions[name]!(...args);
    post({ id, value }, transferable(value));
  } catch (error) {
    post({ id, error: error instanceof Error ? error.message : `${error}` }, []);
  }
});

/** Sends something that nobody asked for. */
export const tell = (news: string, value: unknown): void => post({ news, value }, []);

function post(message: unknown, transfer: Transferable[]): void {
  (globalThis as unknown as { postMessage(message: unknown, transfer: Transferable[]): void }).postMessage(
    message,
    transfer,
  );
}

/** Pictures are given away rather than copied. */
function transferable(value: unknown): Transferable[] {
  const data = (value as { data?: unknown } | null | undefined)?.data;
  return data instanceof Uint8ClampedArray || data instanceof Float32Array
    ? [data.buffer as ArrayBuffer]
    : [];
}
