import type { Place } from './place.mjs';

export interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
}
/** Posts to a server, or asks it without a body. */
export type Send = (body?: Uint8Array<ArrayBuffer>) => Promise<Reply>;
/** Is given a server that stands, its processes, and when they were started. */
export type Use<T> = (send: Send, processes: number[], began: number) => Promise<T>;

export function bring(folder: string, model: Uint8Array): void;
export const SERVERS: Record<string, <T>(folder: string, use: Use<T>) => Promise<T>>;
export function nextEdge(place: Place, model: Uint8Array): Promise<<T>(use: Use<T>) => Promise<T>>;
