/**
 * The bytes of a model wherever it is: in memory, behind a URL, in a Response, or in a file. Files are reached without
 * a static import, so that what a browser gets names no module of Node's.
 */
import { describe } from '../errors.ts';

/** Where a model comes from; a string is a path (Node, Deno, Bun) or a URL with its scheme. */
export type ModelSource = Uint8Array | ArrayBuffer | URL | Response | string;

interface Runtimes {
  process?: {
    getBuiltinModule?: (name: string) => { readFileSync(path: string | URL): Uint8Array } | undefined;
  };
  Deno?: { readFile(path: string | URL): Promise<Uint8Array> };
  Bun?: { file(path: string | URL): { arrayBuffer(): Promise<ArrayBuffer> } };
}

/** The bytes, and a name for error sentences. */
export async function readSource(source: ModelSource): Promise<{ bytes: Uint8Array; file: string }> {
  if (source instanceof Uint8Array) return { bytes: source, file: 'model' };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), file: 'model' };
  if (typeof Response !== 'undefined' && source instanceof Response) return readResponse(source, source.url);
  if (source instanceof URL) return readUrl(source);
  if (typeof source !== 'string') {
    throw new TypeError(
      `loadModel: source is ${describe(source)}, must be a Uint8Array, ArrayBuffer, URL, Response or path`,
    );
  }
  // Two letters at least: C:\ is a path.
  if (/^[a-z][a-z0-9+.-]+:/i.test(source)) return readUrl(new URL(source));
  return { bytes: await readFile(source), file: lastPart(source) };
}

async function readUrl(url: URL): Promise<{ bytes: Uint8Array; file: string }> {
  if (url.protocol === 'file:') return { bytes: await readFile(url), file: lastPart(url.pathname) };
  return readResponse(await fetch(url), url.href);
}

async function readResponse(response: Response, url: string): Promise<{ bytes: Uint8Array; file: string }> {
  const name = url.startsWith('data:') || url.startsWith('blob:') ? '' : lastPart(url.replace(/[?#].*$/, ''));
  if (!response.ok) {
    throw new Error(
      `loadModel: ${name || 'source'} was answered with status ${response.status}, must be 200`,
    );
  }
  return { bytes: new Uint8Array(await response.arrayBuffer()), file: name || 'model' };
}

async function readFile(path: string | URL): Promise<Uint8Array> {
  const { process, Deno, Bun } = globalThis as Runtimes;
  const files = process?.getBuiltinModule?.('node:fs');
  if (files !== undefined) return files.readFileSync(path);
  if (Deno !== undefined) return Deno.readFile(path);
  if (Bun !== undefined) return new Uint8Array(await Bun.file(path).arrayBuffer());
  throw new TypeError(
    `loadModel: source is the path ${describe(String(path))}, but there are no files here: give a URL or the bytes`,
  );
}

function lastPart(path: string): string {
  return path.split(/[/\\]/).pop() || 'model';
}
