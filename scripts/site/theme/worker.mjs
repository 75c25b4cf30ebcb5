// Runs a block: its code becomes a module whose imports of striate are those of this worker, and what it prints is posted.
import { Tensor } from 'striate';
import { encodePng } from 'striate/image';
import { typed } from './show.mjs';

const library = { Tensor, encodePng };
const names = {
  striate: 'index',
  'striate/onnx': 'onnx',
  'striate/image': 'image',
  'striate/analyze': 'analyze',
  'striate/train': 'train',
  'striate/files': 'files',
};

/** Imports by name as addresses; no line moves. */
const addressed = (code) =>
  code.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(['"])(striate(?:\/\w+)?)\2/g, (all, before, quote, name) =>
    names[name] === undefined
      ? all
      : `${before}${quote}${new URL(`../striate/${names[name]}.js`, import.meta.url).href}${quote}`,
  );

console.log = (...values) => postMessage({ outputs: typed(values, library) });

/** The line of the block in which an error was made, or that called what made it. */
function lineOf(error, url, lines) {
  const places = String(error?.stack ?? '')
    .split('\n')
    .filter((line) => line.includes(url));
  const line = Number(places[0]?.match(/:(\d+):\d+\)?$/)?.[1]);
  return line > 0 && line <= lines ? line : undefined;
}

addEventListener('message', async ({ data: { code, check } }) => {
  const module = addressed(check === '' ? code : `${code}\n${check}`);
  const url = URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));
  try {
    await import(/* @vite-ignore */ url);
    postMessage({ done: true });
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const line = lineOf(error, url, code.split('\n').length);
    const isSyntax = error instanceof SyntaxError && line === undefined;
    postMessage({
      error: { kind: 'error', text: said, ...(line && { line }) },
      module: isSyntax ? module : '',
    });
  } finally {
    URL.revokeObjectURL(url);
  }
});
postMessage({ ready: true });
