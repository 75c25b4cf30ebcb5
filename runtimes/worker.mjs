// The program of a web worker in the applications that bundlers build.
/** A worker that says what it found, and what it loaded. */
export const WORKER = `import { report } from './report.mjs';
onmessage = async () => {
  try {
    const results = await report();
    const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
    postMessage({ ...results, loaded: [location.href, ...loaded] });
  } catch (error) {
    postMessage({ thrown: String(error.stack) });
  }
};
`;
