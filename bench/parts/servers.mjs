// What the servers of examples/ cost: from their start to the first answer, and for each picture after it. Processor's time is that of
// all threads of the processes, as Linux counts it, because the clocks of edge functions stand still while they compute. And what a picture
// costs in the queue: all of workerd's time, with that of the R2, queue and D1 that miniflare plays.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, workerModules } from '../../runtimes/edge.mjs';
import { residentOf } from '../../runtimes/long.mjs';
import { Place, toolsFolder } from '../../runtimes/place.mjs';
import { withQueue } from '../../runtimes/queue.mjs';
import { bring, compiledModels, nextEdge, SERVERS } from '../../runtimes/servers.mjs';
import { weigh } from '../../runtimes/weight.mjs';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { root } from '../../scripts/lib/report.mjs';
import { matches } from '../options.mjs';
import { median } from '../race.mjs';
import { figure, table } from '../table.mjs';

const STARTS = 3;
const REQUESTS = 40;

/** One start, and requests one after the other. */
function measure(start, photo, requests) {
  return start(async (send, processes, began) => {
    const ask = async () => {
      const { status, json } = await send(photo);
      if (status !== 200) throw new Error(`a server answered with ${status}: ${JSON.stringify(json)}`);
      return json;
    };
    await ask();
    const cold = { ms: performance.now() - began, cpu: cpuOf(processes) };
    const times = [];
    const before = cpuOf(processes);
    let answer;
    for (let i = 0; i < requests; i++) {
      const from = performance.now();
      answer = await ask();
      times.push(performance.now() - from);
    }
    return {
      cold,
      ...(requests > 0 && {
        ms: median(times),
        cpu: (cpuOf(processes) - before) / requests,
        memory: answer.memoryBytes,
        resident: processes.reduce((sum, pid) => sum + residentOf(pid), 0),
      }),
    };
  });
}

/** Waits until `wanted` pictures have their rows; gives the mean size of one in bytes. */
async function settled(rows, wanted) {
  for (;;) {
    const query =
      'SELECT count(*) AS done, avg(length(key) + length(etag) + length(faces)) AS bytes FROM results';
    const [{ done, bytes }] = await rows(query);
    if (done >= wanted) return bytes;
    await sleep(100);
  }
}

/** What a picture costs on its way from R2 to D1, once the Worker stands. */
const measureQueue = (folder, photo, pictures) =>
  withQueue(folder, './worker.ts', async ({ put, rows, processes }) => {
    await put('first.jpg', photo);
    await settled(rows, 1);
    const before = cpuOf(processes);
    for (let i = 0; i < pictures; i++) await put(`photo-${i}.jpg`, photo);
    const rowBytes = await settled(rows, pictures + 1);
    return { cpu: (cpuOf(processes) - before) / pictures, rowBytes };
  });

/** What a Worker weighs that is deployed, its model and all modules in it. */
async function weightOf(folder, name) {
  const modules = await workerModules(path.join(folder, name), './worker.ts');
  return weigh(modules.map(({ contents }) => Buffer.from(contents))).weight;
}

const [WORKER, QUEUE] = ['edge-worker', 'edge-queue'];

export async function run(bench) {
  const names = [...Object.keys(SERVERS), 'next-edge', QUEUE].filter((name) =>
    matches(bench.options.filter, name),
  );
  if (names.length === 0) return [];
  const data = fetchData();
  const [photo, compiled] = [new Uint8Array(readFileSync(data.photos[0])), compiledModels(data)];
  mkdirSync(path.join(root, 'build'), { recursive: true });
  const folder = mkdtempSync(path.join(root, 'build/servers-'));
  let place;
  try {
    bring(folder, compiled);
    const rows = [];
    for (const name of names) {
      bench.progress(`servers: ${name}`);
      if (name === QUEUE) {
        rows.push({ name, ...(await measureQueue(folder, photo, bench.rounds(REQUESTS))) });
        continue;
      }
      let start = (use) => SERVERS[name](folder, use);
      if (name === 'next-edge') {
        place = new Place(await toolsFolder());
        await place.install();
        start = await nextEdge(place, compiled);
      }
      const starts = [];
      for (let i = 0; i < STARTS; i++) starts.push((await measure(start, photo, 0)).cold);
      const warm = await measure(start, photo, bench.rounds(REQUESTS));
      const best = (key) => Math.min(...[...starts, warm.cold].map((one) => one[key]));
      rows.push({ name, coldMs: best('ms'), coldCpu: best('cpu'), ...warm });
    }
    const cells = rows.map(({ name, coldMs, coldCpu, ms, cpu, memory, resident }) => [
      name,
      ...[coldMs, coldCpu, ms, cpu, memory && memory / 1e6, resident].map((one) => figure(one)),
    ]);
    const header = [
      'server',
      'start to first answer, ms',
      'of it computing, ms',
      'a picture, ms',
      'of it computing, ms',
      'linear memory, MB',
      'process, MB',
    ];
    bench.print(`\nfaces in a photograph of ${await sizeOf(photo)}:\n\n${table(header, cells)}`);
    for (const { rowBytes } of rows)
      if (rowBytes) bench.print(`\na row of its faces has ${rowBytes.toFixed(0)} bytes`);
    for (const name of [WORKER, QUEUE]) {
      const { raw, gzip } = await weightOf(folder, name);
      bench.print(`\n${name} has ${figure(raw / 1e6)} MB, ${figure(gzip / 1e6)} MB gzipped, its model in it`);
    }
    return rows;
  } finally {
    place?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sizeOf(photo) {
  const { decodeImage } = await import('../../dist/image.js');
  const { width, height } = await decodeImage(photo);
  return `${width}x${height} pixels, ${Math.round(photo.length / 1000)} kB`;
}
