/** Calls of the worker that computes: one worker for the page, whose parts are loaded when they are first called. */
import type { Parts } from '../worker/index.ts';

type Waiting = { resolve(value: unknown): void; reject(error: Error): void };
type Handler = (...args: never[]) => unknown;

/** What the worker sends without being asked: the part's name and whatever it is. */
type Listener = (news: never) => void;

const waiting = new Map<number, Waiting>();
const listeners = new Map<string, Set<Listener>>();
let worker: Worker | null = null;
let count = 0;

function started(): Worker {
  if (worker !== null) return worker;
  worker = new Worker(new URL('../worker/index.ts', import.meta.url), { type: 'module', name: 'striate' });
  worker.addEventListener('message', ({ data }) => receive(data));
  worker.addEventListener('error', ({ message }) => fail(message || 'the worker did not start'));
  return worker;
}

function receive(data: { id?: number; value?: unknown; error?: string; news?: string }): void {
  if (data.news !== undefined) {
    for (const listener of listeners.get(data.news) ?? []) listener(data.value as never);
    return;
  }
  const call = waiting.get(data.id as number);
  if (call === undefined) return;
  waiting.delete(data.id as number);
  if (data.error === undefined) call.resolve(data.value);
  else call.reject(new Error(data.error));
}

function fail(message: string): void {
  for (const call of waiting.values()) call.reject(new Error(message));
  waiting.clear();
}

/** Calls a function of a part of the worker. @throws Error with the sentence of what went wrong there */
export function ask<P extends keyof Parts, F extends keyof Parts[P]>(
  part: P,
  name: F,
  args: Parts[P][F] extends Handler ? Parameters<Parts[P][F]> : never,
  transfer: Transferable[] = [],
): Promise<Parts[P][F] extends Handler ? Awaited<ReturnType<Parts[P][F]>> : never> {
  const id = count++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    started().postMessage({ id, part, name, args }, transfer);
  });
}

/** Hears what a part sends without being asked; gives what ends it. */
export function hear<T>(news: string, listener: (value: T) => void): () => void {
  const all = listeners.get(news) ?? new Set();
  listeners.set(news, all.add(listener as Listener));
  return () => all.delete(listener as Listener);
}
