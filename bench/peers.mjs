// Who takes part: this library and the peers that are wanted, each a module with one interface.
//
//   name                            as it is printed
//   start({ variant, threads })     before anything is prepared; may give { missing: why it takes no part }
//   prepare(layer)                  null where it has no such operator, else
//     { run(), output(), dispose() }  run computes the outputs once; output gives their values, channels second,
//                                  or a list of them where there are several outputs

import { race } from './race.mjs';

const MODULES = {
  'onnxruntime-web': () => import('./peers/onnxruntime-web.mjs'),
  'tfjs-backend-wasm': () => import('./peers/tfjs.mjs'),
  'onnxruntime-node': () => import('./peers/onnxruntime-node.mjs'),
};

export const PEERS = Object.keys(MODULES);

/** More than rounding and Winograd make of a sum: something else was computed. */
const WRONG = 1e-3;

const REST_MS = 4; // until spinning workers sleep, where there are several threads

/** Imports and starts the peers; gives those that take part and `absent`: a sentence for each that does not. */
export async function startPeers(names, options) {
  const peers = [];
  const absent = [];
  for (const name of names) {
    const peer = await MODULES[name]();
    const { missing } = (await peer.start(options)) ?? {};
    if (missing === undefined) peers.push(peer);
    else absent.push(`${name} ${missing}`);
  }
  return { peers, absent };
}

/** The largest difference, as a part of the largest expected value. */
export function largestDifference(values, expected) {
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const off = Math.abs(values[i] - expected[i]);
    if (!(off <= difference)) difference = off; // NaN stays
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return largest > 0 ? difference / largest : difference;
}

/**
 * The difference of `ours` from each of the others ({ name: contender }), by name. Each that differs is told to `note`. One
 * that does while another agrees is left out: it is the one that is wrong. Where all differ (quantised networks, in which a
 * rounding is a step of 8 bits) they are raced all the same, and the table has the difference.
 */
async function compare(title, ours, others, note) {
  const outputs = [await ours.output()].flat();
  const all = [];
  for (const [name, other] of Object.entries(others)) {
    const theirs = [await other.output()].flat();
    all.push([name, Math.max(...outputs.map((output, i) => largestDifference(output, theirs[i])))]);
  }
  const agreeing = all.filter(([, difference]) => difference <= WRONG);
  const differing = all.filter(([, difference]) => !(difference <= WRONG));
  const sentences = differing.map(
    ([name, off]) => `${name}: ${title}: differs by ${off} of the largest value`,
  );
  const isAlone = agreeing.length === 0;
  for (const sentence of sentences)
    note(isAlone ? sentence : `${sentence}, and ${agreeing[0][0]} does not: left out`);
  return Object.fromEntries(isAlone ? differing : agreeing);
}

/**
 * Compares the outputs of `ours` with those of `others` ({ name: contender }) and races all of them. Gives `ours`:
 * milliseconds, `peers`: { name: { ms, ratio, difference } }, and the largest `difference` (undefined without peers).
 */
export async function compareAndRace(title, ours, others, { rounds, threads, note }) {
  const differences = await compare(title, ours, others, note);
  const names = Object.keys(differences);
  const runs = [ours, ...names.map((name) => others[name])].map(({ run }) => run);
  const [ms, ...theirs] = await race(runs, { rounds, restMs: threads > 1 ? REST_MS : 0 });
  const peers = Object.fromEntries(
    names.map((name, i) => [name, { ms: theirs[i], ratio: theirs[i] / ms, difference: differences[name] }]),
  );
  return { ms, peers, ...(names.length > 0 && { difference: Math.max(...Object.values(differences)) }) };
}
