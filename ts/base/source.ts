/**
 * The bytes of a model wherever it is: in memory, behind a URL, in a Response or Blob, or in a file. Files are reached
 * without a static import, so that what a browser gets names no module of Node's.
 */
import { builtin, pathOf, schemeOf } from './builtin.ts';
import { describe, ModelError, wrongKind } from './errors.ts';
import type { WebBlob, WebResponse, WebUrl } from './platform.ts';
import { messageOf, tagOf } from './realm.ts';

/** Where a model comes from: its bytes, or where they are; a string is a path (Node, Deno, Bun) or a URL with its scheme. */
export type ModelSource = Uint8Array | ArrayBuffer | WebBlob | WebUrl | WebResponse | string;

/** What was read: the bytes, and a name for error sentences. */
interface Found {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Reads a file of the same folder or below it by its path from there; null where the source lies in none. */
  readonly beside: ((path: string) => Promise<Uint8Array>) | null;
}

/** From so many bytes on nothing is read: a protobuf message has fewer, and so have the arrays of most runtimes. */
const TOO_MANY = 2 ** 31;

/** The bytes of a source, which `name` names in errors: weights stay in them, so what is the user's own is copied. */
export async function readSource(where: string, source: ModelSource, name = 'source'): Promise<Found> {
  switch (tagOf(source)) {
    case 'Uint8Array': {
      const { buffer, byteOffset, byteLength } = source as Uint8Array;
      return { bytes: new Uint8Array(buffer, byteOffset, byteLength).slice(), file: 'model', beside: null };
    }
    case 'ArrayBuffer':
      return { bytes: new Uint8Array(source as ArrayBuffer).slice(), file: 'model', beside: null };
    case 'Blob':
    case 'File':
      return readBlob(where, source as WebBlob);
    case 'Response':
      return readResponse(where, source as Response, (source as Response).url);
    case 'URL':
      return readUrl(where, source as URL);
  }
  if (typeof source !== 'string') {
    throw wrongKind(where, name, source, 'a Uint8Array, ArrayBuffer, Blob, File, URL, Response or path');
  }
  if (schemeOf(source) !== undefined) return readUrl(where, source);
  return readFile(where, source);
}

async function readUrl(where: string, url: URL | string): Promise<Found> {
  const text = String(url);
  if (schemeOf(text) !== 'file') return readResponse(where, await orUnread(where, text, fetch(url)), text);
  return readFile(where, pathOf(url) ?? text);
}

async function readBlob(where: string, blob: Blob | File): Promise<Found> {
  const file = 'name' in blob && blob.name !== '' ? blob.name : 'model';
  requireFew(file, blob.size);
  // A file may have changed or gone since it was chosen.
  return { bytes: new Uint8Array(await orUnread(where, file, bytesOf(blob))), file, beside: null };
}

/** @throws ModelError for more bytes than are read */
function requireFew(file: string, bytes: number): void {
  if (bytes >= TOO_MANY) throw new ModelError(`${file}: it has ${bytes} bytes, must have fewer than 2^31`);
}

/** What is being read. @throws Error that names the source, and why it cannot be read */
async function orUnread<T>(where: string, source: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw unread(where, source, cause);
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
function unread(where: string, source: string, cause: unknown): Error {
  const inner = (cause as { cause?: unknown } | null)?.cause;
  const why = inner === undefined ? messageOf(cause) : `${messageOf(cause)} (${messageOf(inner)})`;
  return new Error(`${where}: source '${source}' cannot be read: ${why}`, { cause });
}

async function readResponse(where: string, response: Response, url: string): Promise<Found> {
  const isOpaque = url.startsWith('data:') || url.startsWith('blob:');
  const name = isOpaque ? '' : lastPart(url.replace(/[?#].*$/, ''));
  if (!response.ok) {
    throw new Error(`${where}: ${name || 'source'} was answered with status ${response.status}, must be 200`);
  }
  const file = name || 'model';
  requireFew(file, Number(response.headers?.get('content-length') ?? 0));
  const bytes = new Uint8Array(await orUnread(where, url || 'a Response', response.arrayBuffer()));
  return { bytes, file, beside: isOpaque || url === '' ? null : besideUrl(where, url) };
}

/** Whatever a path holds is a name, also what a URL would take for something else: the result lies below the folder. */
function besideUrl(where: string, url: string): Found['beside'] {
  const folder = url.replace(/[?#].*$/, '').replace(/[^/]*$/, '');
  return async (path) =>
    (await readUrl(where, folder + path.split('/').map(encodeURIComponent).join('/'))).bytes;
}

interface Files {
  readFileSync(path: string): Uint8Array;
  statSync(path: string, options: { throwIfNoEntry: false }): { readonly size: number } | undefined;
}

function readFile(where: string, path: string): Found {
  const files = builtin<Files>('node:fs');
  if (files === undefined) {
    throw new TypeError(
      `${where}: source is the path ${describe(path)}, but there are no files here: give a URL or the bytes`,
    );
  }
  const file = lastPart(path);
  const folder = path.slice(0, path.length - file.length) || './';
  try {
    requireFew(file, files.statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    // A Buffer's slice would share its memory.
    const { buffer, byteOffset, byteLength } = files.readFileSync(path);
    return {
      bytes: new Uint8Array(buffer, byteOffset, byteLength),
      file,
      beside: async (name) => readFile(where, folder + name).bytes,
    };
  } catch (cause) {
    throw cause instanceof ModelError ? cause : unread(where, path, cause);
  }
}

function lastPart(path: string): string {
  return path.split(/[/\\]/).pop() || 'model';
}
