// The blocks of a page: those that run (`js live`), exercises with their check and answer, and the numbers of its prose (`js values`).
// Each is a module of its own, which imports striate by name.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../lib/report.mjs';
import { typed } from './theme/show.mjs';

const FENCE = /^```([^\n]*)\n([\s\S]*?)^```$/gm;
const KINDS = ['live', 'exercise', 'check', 'answer', 'values'];

/** The blocks of a page's Markdown that are more than shown: kind, code, place, and an id on the page. */
export function blocksOf(markdown) {
  let count = 0;
  const found = [];
  for (const { 1: info, 2: code, 0: all, index } of markdown.matchAll(FENCE)) {
    const kind = KINDS.find((one) => info.trim() === `js ${one}`);
    if (kind === undefined) continue;
    if (kind === 'live' || kind === 'exercise') count += 1;
    found.push({ kind, code: code.trimEnd(), from: index, to: index + all.length, id: `code-${count}` });
  }
  return found;
}

const folder = path.join(root, 'build/site-blocks');
let written = 0;

/** A module of this code, at a path that no other has, so that imports by name find the package. */
async function load(name, code) {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name.replaceAll(/\W/g, '-')}-${process.pid}-${written++}.mjs`);
  fs.writeFileSync(file, `${code}\n`);
  try {
    return await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    fs.rmSync(file, { force: true });
  }
}

/** Runs code and gives what it printed. @throws what the code throws, with the page's name before it */
export async function run(name, code, library) {
  const outputs = [];
  const { log } = console;
  console.log = (...values) => outputs.push(...typed(values, library));
  try {
    await load(name, code);
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}`;
    throw error;
  } finally {
    console.log = log;
  }
  return outputs;
}

const number = (value) =>
  Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(5)));

/** A value as prose shows it: rows of a matrix are separated by a stroke. */
export function inProse(value) {
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return value;
  if (typeof value?.toArray === 'function') {
    const rows = (one) => (Array.isArray(one?.[0]?.[0]) && one.length === 1 ? rows(one[0]) : one);
    return inProse(rows(value.toArray()));
  }
  if (Array.isArray(value)) {
    const between = Array.isArray(value[0]) ? ' / ' : ' ';
    return value.map(inProse).join(between);
  }
  throw new TypeError(`a number of the prose is ${String(value)}, must be a number, a text or a matrix`);
}

/** The names of a page's numbers with their texts. */
export async function valuesOf(name, blocks) {
  const found = new Map();
  for (const { code } of blocks.filter(({ kind }) => kind === 'values')) {
    const exported = await load(`${name} values`, code);
    for (const [key, value] of Object.entries(exported)) found.set(key, inProse(value));
  }
  return found;
}
