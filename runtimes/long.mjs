// Processes that live long: 10 000 requests with pictures of ever other sizes, in Node and in workerd. Linear memory and what is
// alive must be at the end what they were after a fifth of them, the process at most a little larger; and `disposeRuntime` gives
// back what was taken.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Problem, run } from '../scripts/lib/report.mjs';
import { startWorkerd, workerModules } from './edge.mjs';

const REQUESTS = 10_000;
const MARKS = 5;
/** What a process may grow by between the first mark and the last, and keep after disposeRuntime; MB. */
const ROOM = 20;

const NODE = `import { disposeRuntime, init, ones } from 'striate';
import { pictures, service, usage } from './requests.mjs';

const settled = async () => {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss / 1e6;
};
await init();
disposeRuntime();
const before = await settled();
await init();
ones([2 ** 26]);
const full = await settled();
disposeRuntime();
const after = await settled();
const answer = await service();
const files = pictures();
const marks = [];
for (let i = 1; i <= ${REQUESTS}; i++) {
  const value = await answer(files[(7 * i) % files.length]);
  if (!Number.isFinite(value)) throw new Error(\`request \${i} was answered with \${value}\`);
  if (i % ${REQUESTS / MARKS} === 0) marks.push({ requests: i, rss: await settled(), ...usage() });
}
console.log(JSON.stringify({ marks, disposed: { before, full, after } }));
`;

/** Many in each request: workerd and miniflare themselves grow with every one that comes from outside. */
const BATCH = 200;

const WORKER = `import { pictures, service, usage } from './requests.mjs';
let ready, files;
export default {
  async fetch({ url }) {
    ready ??= service();
    const answer = await ready;
    files ??= pictures();
    const from = Number(new URL(url).pathname.slice(1));
    for (let i = from; i < from + ${BATCH}; i++) {
      const value = await answer(files[(7 * i) % files.length]);
      if (!Number.isFinite(value)) return new Response(\`request \${i} was answered with \${value}\`, { status: 500 });
    }
    return Response.json(usage());
  },
};
`;

export const longPrograms = { 'main-requests.mjs': NODE, 'worker-requests.mjs': WORKER };

async function inNode(place) {
  const { stdout } = await run(process.execPath, ['--expose-gc', 'main-requests.mjs'], {
    cwd: place.processes,
  });
  return JSON.parse(stdout);
}

export const residentOf = (pid) =>
  Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1e3;

async function inWorkerd(place) {
  const modules = await workerModules(place.edge, 'worker-requests.mjs');
  const { worker, processes } = await startWorkerd({ modules });
  const [pid] = processes;
  try {
    const marks = [];
    for (let done = BATCH; done <= REQUESTS; done += BATCH) {
      const answer = await worker.dispatchFetch(`http://localhost/${done - BATCH}`);
      if (!answer.ok) throw new Problem(await answer.text());
      const usage = await answer.json();
      if (done % (REQUESTS / MARKS) === 0) marks.push({ requests: done, rss: residentOf(pid), ...usage });
    }
    return { marks };
  } finally {
    await worker.dispose();
  }
}

/** Throws where memory is not flat. */
function check({ marks, disposed }) {
  const [first, last] = [marks[0], marks.at(-1)];
  for (const name of ['memoryBytes', 'liveBytes', 'cacheBytes'])
    assert.equal(
      last[name],
      first[name],
      `${name} after ${last.requests} requests and after ${first.requests}`,
    );
  assert.ok(last.liveTensors <= first.liveTensors, `${last.liveTensors} tensors are alive`);
  const grown = last.rss - first.rss;
  assert.ok(grown < ROOM, `the process has grown by ${grown} MB`);
  if (!disposed) return;
  const { before, full, after } = disposed;
  assert.ok(full - before > 250, `256 MiB of ones took ${full - before} MB`);
  assert.ok(after - before < ROOM, `disposeRuntime leaves ${after - before} MB`);
}

export const longs = [
  { name: `Node, ${REQUESTS} requests`, run: inNode, check },
  { name: `workerd, ${REQUESTS} requests`, run: inWorkerd, check },
];
