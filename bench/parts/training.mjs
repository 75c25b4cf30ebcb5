// Steps of training, forward, backward and update, beside PyTorch's: LeNet-5 on 64 pictures of 28 x 28 and ResNet-20 on 32 of
// 32 x 32, with one thread and with several. Each contender has a process of its own, and they are woken in turns; the same
// weights, pictures and steps, so the same losses.
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { matches } from '../options.mjs';
import { median } from '../race.mjs';
import { figure, table, times } from '../table.mjs';

/** What is trained; how many steps are a sample. */
const NETWORKS = [
  { name: 'lenet', text: 'LeNet-5, batches of 64', batch: 64, steps: 20 },
  { name: 'resnet20', text: 'ResNet-20, batches of 32', batch: 32, steps: 2 },
];
const ROUNDS = 15;
const WARM_UP_MS = 1500;
const REST_MS = 10; // threads of the one before may spin
const PYTHONS = ['python3', '/usr/bin/python3'];

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** A process that trains; null where it cannot. */
async function open(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.on('error', () => {}); // not there: its output ends at once
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  const first = await next();
  if (first === undefined || first === 'missing') return null;
  return {
    ...JSON.parse(first),
    /** Milliseconds of so many steps. */
    async steps(count) {
      child.stdin.write(`${count}\n`);
      return Number(await next());
    },
    end: () => child.stdin.end(),
  };
}

async function openOurs({ name, batch }, variant, threads) {
  const args = [...process.execArgv, here('training-process.mjs'), name, batch, variant, threads];
  const opened = await open(process.execPath, args.map(String));
  if (opened === null) throw new Error(`training: the process of ${name}, ${variant}, ended`);
  return opened;
}

async function openTorch({ name, batch }, threads) {
  for (const python of PYTHONS) {
    const opened = await open(python, [here('training.py'), name, batch, threads].map(String));
    if (opened !== null) return opened;
  }
  return null;
}

/** Median milliseconds of a step of each, in turns. */
async function race(contenders, { steps }, rounds) {
  for (const { steps: run } of contenders) for (let ms = 0; ms < WARM_UP_MS; ) ms += await run(steps);
  const all = contenders.map(() => []);
  const order = contenders.map((_, i) => i);
  for (let round = 0; round < rounds; round++) {
    for (const i of order) {
      await sleep(REST_MS);
      all[i].push((await contenders[i].steps(steps)) / steps);
    }
    order.reverse();
  }
  return all.map(median);
}

function compareLosses(name, ours, theirs) {
  ours.forEach((loss, i) => {
    if (!(Math.abs(loss - theirs[i]) <= 1e-3 * Math.abs(theirs[i]) + 1e-5))
      throw new Error(`training: ${name}: the loss of step ${i + 1} is ${loss}, PyTorch's ${theirs[i]}`);
  });
}

/** One network: a row per variant and number of threads. */
async function measure(bench, network, counts) {
  const opened = [];
  try {
    for (const threads of counts) {
      for (const variant of bench.options.variants)
        opened.push({ variant, threads, ...(await openOurs(network, variant, threads)) });
      const torch = await openTorch(network, threads);
      if (torch !== null) opened.push({ variant: null, ...torch });
    }
    const torch = opened.find(({ variant }) => variant === null);
    for (const { variant, losses } of opened)
      if (torch && variant !== null) compareLosses(`${network.text}, ${variant}`, losses, torch.losses);
    const ms = await race(opened, network, bench.rounds(ROUNDS));
    const msOf = (variant, threads) =>
      ms[opened.findIndex((one) => one.variant === variant && one.threads === threads)];
    return opened.flatMap(({ variant, threads, bytes }) =>
      variant === null
        ? []
        : [
            {
              name: network.text,
              ...{ variant, threads, ms: msOf(variant, threads), one: msOf(variant, counts[0]) },
              ...{ torch: torch?.version, torchMs: msOf(null, threads) },
              ...{ bytes, torchBytes: torch?.bytes },
            },
          ],
    );
  } finally {
    for (const one of opened) one.end();
  }
}

export async function run(bench) {
  const most = bench.threads > 1 ? bench.threads : 2;
  const counts = most <= cpus().length ? [1, most] : [1];
  const rows = [];
  for (const network of NETWORKS) {
    if (!matches(bench.options.filter, network.text)) continue;
    bench.progress(`training: ${network.text}`);
    rows.push(...(await measure(bench, network, counts)));
  }
  if (rows.length === 0) return rows;
  const megabytes = (bytes) => figure(bytes && bytes / 2 ** 20);
  const cells = rows.map(({ name, variant, threads, ms, one, torchMs, bytes, torchBytes }) => [
    `${name}, ${variant}`,
    threads,
    figure(ms),
    figure(torchMs),
    times(torchMs && torchMs / ms),
    threads === 1 ? '' : times(one / ms),
    megabytes(bytes),
    megabytes(torchBytes),
    times(torchBytes && bytes / torchBytes),
  ]);
  const torch = rows[0].torch ?? 'PyTorch (python3 does not have it)';
  const header = ['a step of training', 'threads', 'ms', `${torch}, ms`, 'times as fast', 'of one thread'];
  header.push('MB', 'its MB', 'ratio');
  bench.print(`\ntraining, forward, backward and update, in turns:\n\n${table(header, cells)}`);
  return rows;
}
