/**
 * Compiled files with other numbers in them, and with checksums that fit: each is refused, or runs within its own memory, soon.
 * Nothing of vitest: `npm run fuzz -- --compiled N` and test/compiled/hostile.test.ts run it.
 */
import {
  compile,
  conv2d,
  type DType,
  type Feed,
  full,
  loadCompiled,
  memory,
  mul,
  randn,
  scope,
  type Tensor,
  tensor,
} from 'striate';
import { loadModel } from 'striate/onnx';
import { packed, unpacked } from '../../ts/transforms/compiled/container.ts';
import { argumentsWith, type Call } from './calls.ts';
import { place, publicFunction } from './checks.ts';
import { randomDynamic } from './dynamic.ts';
import { randomQuantized } from './quantized.ts';
import { Choices } from './random.ts';

type Any = Tensor<DType>;

/** A file, and what it runs on. */
export interface CompiledFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly feeds: readonly Any[];
}

/** A file of the first call of each operator that can be saved, and of models on bytes. */
export async function compiledFiles(calls: readonly Call[]): Promise<CompiledFile[]> {
  const files: CompiledFile[] = [];
  const seen = new Set<string>();
  for (const call of calls) {
    if (seen.has(call.op) || call.tensors.length === 0) continue;
    seen.add(call.op);
    const feeds = call.tensors.map(place) as Any[];
    try {
      const body = (...xs: Any[]) => publicFunction(call.op)(...argumentsWith(call, xs));
      const program = compile(body as never, { inputs: feeds.map(({ shape, dtype }) => ({ shape, dtype })) });
      files.push({ name: call.op, bytes: program.save(), feeds });
      program.dispose();
    } catch {
      // What is written in place, or depends on values, is in no file.
      for (const feed of feeds) feed.dispose();
    }
  }
  // Constants in each form: of floats in 16 and 8 bits, and of one number.
  for (const weights of ['float16', 'int8'] as const) {
    const own = [
      randn([16, 4, 3, 3], { seed: 1 }),
      randn([16], { seed: 2 }),
      full([1, 16, 4, 4], 2),
    ] as const;
    const program = compile((x: Tensor) => mul(conv2d(x, own[0], own[1]), own[2]), {
      inputs: [[1, 4, 6, 6]],
    });
    files.push({
      name: weights,
      bytes: program.save({ weights }),
      feeds: [randn([1, 4, 6, 6], { seed: 3 })],
    });
    for (const one of [program, ...own]) one.dispose();
  }
  for (const seed of [1, 2, 3, 5, 6, 7, 8]) {
    const { bytes, x } = (seed > 5 ? randomDynamic : randomQuantized)(new Choices(seed));
    const model = await loadModel(bytes);
    const feed = tensor(x.values, x.shape, { dtype: x.dtype });
    files.push({ name: `bytes ${seed}`, bytes: model.save(), feeds: [feed] });
    model.dispose();
  }
  return files;
}

/** A number of a header: its list or object, and its place there. */
type Place = readonly [of: Record<string | number, unknown>, key: string | number];

/** All numbers of a header. */
function placesIn(part: unknown, found: Place[] = []): Place[] {
  if (typeof part !== 'object' || part === null) return found;
  for (const [key, value] of Object.entries(part)) {
    if (typeof value === 'number') found.push([part as Place[0], key]);
    else placesIn(value, found);
  }
  return found;
}

/** Another number in a place. */
function other(choose: Choices, places: readonly Place[], value: number): number {
  switch (choose.integer(0, 7)) {
    case 0:
      return value + choose.of([-1, 1, 2, 4, 64, -64]);
    case 1:
      return value * 2;
    case 2:
      return choose.of([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 16, 0x7fc00000]);
    case 3:
      return choose.integer(0, 2 ** 32 - 1);
    case 4:
      return (2 ** 32 - choose.integer(1, 100)) % 2 ** 32;
    case 5: {
      const [of, key] = choose.of(places);
      return of[key] as number;
    }
    default:
      return choose.integer(0, 40);
  }
}

interface CompiledResult {
  /** Files that were loaded, and of these such as ran. */
  readonly loaded: number;
  readonly ran: number;
  /** Files that did what none may. */
  readonly wrong: string[];
  /** Milliseconds of the slowest. */
  readonly slowest: number;
}

/** What none may take. */
const MOST_MS = 5000;
const CANARY = 16384;

export async function fuzzCompiled(
  files: readonly CompiledFile[],
  options: { readonly compiled: number; readonly seed: number; readonly progress?: (done: number) => void },
): Promise<CompiledResult> {
  const { compiled, seed, progress } = options;
  const wrong: string[] = [];
  let [loaded, ran, slowest] = [0, 0, 0];
  // Memory of others, between which a file's lies.
  const canaries = Array.from({ length: 4 }, (_, i) => full([CANARY], i + 1));
  const parts = files.map(({ name, bytes, feeds }) => {
    const { header, data } = unpacked(bytes, name);
    const all = placesIn(header);
    // Most of what decides is in the words.
    const words = all.filter(([of]) => Array.isArray(of) && of.length > 12);
    return { name, header, data, feeds, all, words: words.length > 0 ? words : all };
  });
  const live = memory.stats().liveBytes;
  for (let i = 0; i < compiled; i++) {
    const choose = new Choices(Math.imul(seed, 0x9e3779b1) + i);
    const { name, header, data, feeds, all, words } = choose.of(parts);
    const undo: [Place, unknown][] = [];
    for (let left = choose.of([1, 1, 1, 2, 3]); left > 0; left--) {
      const at = choose.of(choose.next() < 0.8 ? words : all);
      const [of, key] = at;
      undo.push([at, of[key]]);
      of[key] = other(choose, words, of[key] as number);
    }
    const bytes = packed(header, data);
    const changes = undo.map(([[of, key], before]) => `${key}: ${before} -> ${of[key]}`).join(', ');
    for (const [[of, key], before] of undo.reverse()) of[key] = before;
    const start = performance.now();
    const fail = (what: string) => wrong.push(`fuzz ${seed}:${i}, ${name}, ${changes}: ${what}`);
    try {
      const model = await loadCompiled(bytes);
      loaded += 1;
      try {
        scope(() => void model.run(feeds as unknown as Feed));
        ran += 1;
      } finally {
        model.dispose();
      }
    } catch (error) {
      const { name: kind, message } = error as Error;
      if (
        !/^(ModelError|OutOfMemoryError|RangeError|TypeError|Error)$/.test(kind) ||
        /worker died/.test(message)
      )
        fail(`${kind}: ${message}`);
    }
    const took = performance.now() - start;
    slowest = Math.max(slowest, took);
    if (took > MOST_MS) fail(`${Math.round(took)} ms`);
    if (memory.stats().liveBytes !== live) fail(`${memory.stats().liveBytes} bytes live, not ${live}`);
    canaries.forEach((canary, k) => {
      if (canary.data.some((value) => value !== k + 1)) fail(`canary ${k} was written`);
    });
    if (wrong.length > 20) break;
    if (i % 50 === 0) progress?.(i);
  }
  for (const canary of canaries) canary.dispose();
  return { loaded, ran, wrong, slowest };
}
