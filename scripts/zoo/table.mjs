// What was found of each network as rows: right or what is wrong, and how fast.
import { figure, table, times, tiny } from '../../bench/table.mjs';
import { TOLERANCE } from './compare.mjs';

/** Beside the tolerance: how often as far from native onnxruntime as onnxruntime is from itself. */
const TIMES_SPREAD = 3;

const number = (value) => (value === 'inf' ? Number.POSITIVE_INFINITY : value);

/** One row: `found` is what the network's process printed. `sentence` says what is wrong. */
export function judge({ name, pack, arithmetic, runs }, bytes, found) {
  const row = { name, pack: `${pack.name} ${pack.version}`, arithmetic, bytes, runs: runs.length };
  if (found.error !== undefined) return { ...row, verdict: 'refused', sentence: found.error };
  const outputs = found.outputs.map((output) => {
    const spread = number(output.spread ?? 0);
    const allowed = Math.max(TOLERANCE[arithmetic], TIMES_SPREAD * spread);
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
  };
  if (wrong.length === 0) return { ...all, verdict: 'right' };
  const [{ name: output, is, mustBe, difference }] = wrong;
  const differs =
    `${is}` === `${mustBe}`
      ? `differs by ${tiny(difference)}`
      : `is of shape [${is.join(', ')}], must be [${mustBe.join(', ')}]`;
  return { ...all, verdict: 'wrong', sentence: `output '${output}' ${differs}` };
}

const ratio = (of, peer) => (of?.[peer] === undefined ? undefined : of[peer] / of.striate);

export function tableOf(rows) {
  const timed = rows.some((row) => row.times !== undefined);
  const header = ['network', 'package', 'MB', 'outputs', 'error', 'its own'];
  const more = ['load ms', 'of web', 'run ms', 'of web', 'of native'];
  const cells = rows.map((row) => {
    const { load, run } = row.times ?? {};
    return [
      row.name,
      row.pack,
      figure(row.bytes / 1e6),
      row.outputs ?? '-',
      tiny(row.worst),
      tiny(row.spread),
      ...(timed
        ? [
            figure(load?.striate),
            times(ratio(load, 'web')),
            figure(run?.striate),
            times(ratio(run, 'web')),
            times(ratio(run, 'native')),
          ]
        : []),
      row.verdict,
    ];
  });
  return `${table([...header, ...(timed ? more : []), 'verdict'], cells, 2)}\n`;
}

export function documentOf(rows) {
  return tableOf(rows);
}
