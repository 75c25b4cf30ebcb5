// What was found of each network as rows: right or what is wrong, and how fast.
import { figure, table, times, tiny } from '../../bench/table.mjs';
import { TOLERANCE } from './compare.mjs';

/** One row: `found` is what the network's process printed. `sentence` says what is wrong. */
export function judge({ name, pack, arithmetic = 'float32', runs }, bytes, found) {
  const row = { name, pack: `${pack.name} ${pack.version}`, arithmetic, bytes, runs: runs.length };
  if (found.error !== undefined) return { ...row, verdict: 'refused', sentence: found.error };
  const outputs = found.outputs.map(([output, difference, ...shapes]) => {
    return { output, difference: difference === 'inf' ? Number.POSITIVE_INFINITY : difference, shapes };
  });
  const worst = outputs.reduce((most, one) => (one.difference > most.difference ? one : most));
  const right = worst.difference <= TOLERANCE[arithmetic];
  const all = {
    ...row,
    outputs: new Set(outputs.map(({ output }) => output)).size,
    worst: worst.difference,
    notes: found.notes,
    times: found.times,
  };
  if (right) return { ...all, verdict: 'right' };
  const [is, mustBe] = worst.shapes.map((shape) => `[${shape.join(', ')}]`);
  const differs =
    is === mustBe ? `differs by ${tiny(worst.difference)}` : `is of shape ${is}, must be ${mustBe}`;
  return { ...all, verdict: 'wrong', sentence: `output '${worst.output}' ${differs}` };
}

const ratio = (of, peer) => (of?.[peer] === undefined ? undefined : of[peer] / of.striate);

export function tableOf(rows) {
  const timed = rows.some((row) => row.times !== undefined);
  const header = ['network', 'package', 'MB', 'outputs', 'worst error'];
  const more = ['load ms', 'of web', 'run ms', 'of web', 'of native'];
  const cells = rows.map((row) => {
    const { load, run } = row.times ?? {};
    return [
      row.name,
      row.pack,
      figure(row.bytes / 1e6),
      row.outputs ?? '-',
      tiny(row.worst),
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
