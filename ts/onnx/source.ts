/**
 * The bytes of a model wherever it is: in memory, behind a URL, in a Response or Blob, or in a file. Files are reached
 * without a static import, so that what a browser gets names no module of Node's.
 */
import { builtin, pathOf, schemeOf } from '../base/builtin.ts';
import { describe, wrongKind } from '../base/errors.ts';
import type { WebBlob, WebResponse, WebUrl } from '../base/platform.ts';
import { messageOf, tagOf } from '../base/realm.ts';

/** Where a model comes from: its bytes, or where they are; a string is a path (Node, Deno, Bun) or a URL with its scheme. */
export type ModelSource = Uint8Array | ArrayBuffer | WebBlob | WebUrl | WebResponse | string;

/** The bytes, and a name for error sentences. */
export async function readSource(source: ModelSource): Promise<{ bytes: Uint8Array; file: string }> {
  switch (tagOf(source)) {
    case 'Uint8Array':
      return { bytes: source as Uint8Array, file: 'model' };
    case 'ArrayBuffer':
      return { bytes: new Uint8Array(source as ArrayBuffer), file: 'model' };
    case 'Blob':
    case 'File':
      return readBlob(source as WebBlob);
    case 'Response':
      return readResponse(source as Response, (source as Response).url);
    case 'URL':
      return readUrl(source as URL);
  }
  if (typeof source !== 'string') {
    throw wrongKind(
      'loadModel',
      'source',
      source,
      'a Uint8Array, ArrayBuffer, Blob, File, URL, Response or path',
    );
  }
  if (schemeOf(source) !== undefined) return readUrl(source);
  return { bytes: readFile(source), file: lastPart(source) };
}

async function readUrl(url: URL | string): Promise<{ bytes: Uint8Array; file: string }> {
  const text = String(url);
  if (schemeOf(text) !== 'file') return readResponse(await orUnread(text, fetch(url)), text);
  const path = pathOf(url) ?? text;
  return { bytes: readFile(path), file: lastPart(path) };
}

async function readBlob(blob: Blob | File): Promise<{ bytes: Uint8Array; file: string }> {
  const file = 'name' in blob && blob.name !== '' ? blob.name : 'model';
  // A file may have changed or gone since it was chosen.
  return { bytes: new Uint8Array(await orUnread(file, bytesOf(blob))), file };
}

/** What is being read. @throws Error that names the source, and why it cannot be read */
async function orUnread<T>(source: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw unread(source, cause);
  }
}

/** jsdom's Blob has no arrayBuffer(). */
function bytesOf(blob: Blob): Promise<ArrayBuffer> {
  if (typeof blob.arrayBuffer === 'function') return blob.arrayBuffer();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as ArrayBuffer);
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(blob);
  });
}

/** fetch says no more than that it failed: why is the cause's cause. */
function unread(source: string, cause: unknown): Error {
  const inner = (cause as { cause?: unknown } | null)?.cause;
  const why = inner === undefined ? messageOf(cause) : `${messageOf(cause)} (${messageOf(inner)})`;
  return new Error(`loadModel: source '${source}' cannot be read: ${why}`, { cause });
}

async function readResponse(response: Response, url: string): Promise<{ bytes: Uint8Array; file: string }> {
  const name = url.startsWith('data:') || url.startsWith('blob:') ? '' : lastPart(url.replace(/[?#].*$/, ''));
  if (!response.ok) {
    throw new Error(
      `loadModel: ${name || 'source'} was answered with status ${response.status}, must be 200`,
    );
  }
  const bytes = new Uint8Array(await orUnread(url || 'a Response', response.arrayBuffer()));
  return { bytes, file: name || 'model' };
}

function readFile(path: string): Uint8Array {
  const files = builtin<{ readFileSync(path: string): Uint8Array }>('node:fs');
  if (files !== undefined) {
    try {
      return files.readFileSync(path);
    } catch (cause) {
      throw unread(path, cause);
    }
  }
  throw new TypeError(
    `loadModel: source is the path ${describe(path)}, but there are no files here: give a URL or the bytes`,
  );
}

function lastPart(path: string): string {
  return path.split(/[/\\]/).pop() || 'model';
}
