import type { Place } from './place.mjs';

export interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
}
/** Posts to a server, or asks it without a body. */
export type Send = (body?: Uint8Array<ArrayBuffer>) => Promise<Reply>;
/** Is given a server that stands, its processes, and when they were started. */
export type Use<T> = (send: Send, processes: number[], began: number) => Promise<T>;

/** The compiled model of floats, and that of integers. */
export interface CompiledModels {
  readonly floats: Uint8Array;
  readonly integers: Uint8Array<ArrayBuffer>;
}
export function isOfIntegers(name: string): boolean;
export function compiledModels(data: { models: { back: string }; photos: readonly string[] }): CompiledModels;
export function bring(folder: string, compiled: CompiledModels): void;
export const SERVERS: Record<string, <T>(folder: string, use: Use<T>) => Promise<T>>;
export function nextEdge(place: Place, compiled: CompiledModels): Promise<<T>(use: Use<T>) => Promise<T>>;
