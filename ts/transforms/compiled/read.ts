/** A file's header and data as programs: everything is checked, and nothing is trusted but what instructions compute. */
import { version } from '../../../build/glue.js';
import { bytesPer, type TensorType } from '../../base/dtype.ts';
import { ModelError } from '../../base/errors.ts';
import type { Runs } from '../../engine/memory.ts';
import { Draw } from '../../graph/draw.ts';
import { typeBytes } from '../../graph/resolve.ts';
import { countOf } from '../../instructions/emit.ts';
import { ARENA, type Words } from '../../instructions/words.ts';
import { type Binding, type Executable, type Piece, type Row, SLOT } from '../../program/executable.ts';
import { Tensor } from '../../tensor/tensor.ts';
import type { ModelPort } from '../feeds.ts';
import type { ProgramInput } from '../inputs.ts';
import type { Results } from '../results.ts';
import { unpacked } from './container.ts';
import { Field } from './field.ts';
import { isSide } from './sides.ts';
import { inWords, MOST_SAME, type Stored, type StoredWeight, storedBytes } from './weights.ts';

/** A program as a file has it. */
export interface ReadProgram {
  readonly inputs: readonly ProgramInput[];
  readonly form: Results;
  readonly executable: Executable;
  /** By index the constants of the file. */
  readonly captures: readonly number[];
  readonly draws: readonly Draw[];
}

/** What a file holds. */
export interface ReadFile {
  readonly kind: 'model' | 'program';
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly notes: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly weights: readonly (TensorType & StoredWeight)[];
  readonly programs: readonly ReadProgram[];
}

const MOST_BYTES = 2 ** 32 - 1;

/** @throws ModelError that names `file`, what is wrong in it, and what it must be */
export function readCompiled(bytes: Uint8Array, file: string): ReadFile {
  const { header, data } = unpacked(bytes, file);
  const root = new Field(file, 'its header', header);
  const of = root.of('striate');
  if (of.text() !== version)
    throw new ModelError(`${file}: it is of striate ${of.text()}, must be of ${version}: save it anew`);
  const kind = root.of('kind');
  if (kind.text() !== 'model' && kind.text() !== 'program') kind.refuse("'model' or 'program'");
  const reader = new Reader(data);
  const weights = root
    .of('weights')
    .list()
    .map((one) => reader.weight(one));
  const programs = root.of('programs').list();
  if (programs.length === 0) root.of('programs').refuse('at least one');
  const inputs = root.of('inputs').list().map(port);
  const read = programs.map((one) => {
    const program = reader.program(one, weights);
    const fits =
      kind.value === 'program'
        ? program.inputs.length === inputs.length
        : program.inputs.every(({ name }) => inputs.some((own) => own.name === name));
    return fits ? program : one.of('inputs').refuse("of the file's inputs");
  });
  return {
    kind: kind.text() as ReadFile['kind'],
    inputs,
    outputs: root.of('outputs').list().map(port),
    notes: root
      .of('notes')
      .list()
      .map((one) => one.text()),
    metadata: Object.fromEntries(
      root
        .of('metadata')
        .entries()
        .map(([key, one]) => [key, one.text()]),
    ),
    weights,
    programs: read,
  };
}

function port(field: Field): ModelPort {
  const shape = field.of('shape');
  const size = (one: Field) => (one.isText ? one.text() : one.integer(0, 2 ** 31 - 1));
  return {
    name: field.of('name').text(),
    dtype: field.of('dtype').dtype(),
    shape: shape.isNull ? null : shape.list().map(size),
  };
}

class Reader {
  readonly #data: Uint8Array;
  /** Where the next constant begins. */
  #end = 0;
  /** Bytes of what the programs make, by key. */
  readonly #made = new Map<string, number>();

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  weight(field: Field): TensorType & StoredWeight {
    const type = field.type();
    const how = field.of('stored');
    if (!['plain', 'same', 'float16', 'int8'].includes(how.text()))
      how.refuse('plain, same, float16 or int8');
    const stored = how.text() as Stored;
    if (/\d/.test(stored) && type.dtype !== 'float32') how.refuse(`plain or same, of ${type.dtype}`);
    if (stored === 'same' && !(countOf(type.shape) <= MOST_SAME))
      how.refuse(`plain, of more than ${MOST_SAME} elements`);
    const axis = stored === 'int8' ? field.of('axis').integer(0, type.shape.length - 1) : 0;
    const bytes = storedBytes({ stored, axis }, type.dtype, type.shape);
    const at = this.#end;
    this.#end += inWords(bytes);
    if (this.#end > this.#data.length) field.of('shape').refuse(`of at most ${this.#data.length - at} bytes`);
    return { ...type, stored, axis, bytes: this.#data.subarray(at, at + bytes) };
  }

  program(field: Field, weights: readonly TensorType[]): ReadProgram {
    const inputs = field
      .of('inputs')
      .list()
      .map((one): ProgramInput => ({ ...one.type(), name: one.of('name').text() }));
    const outputs = field
      .of('outputs')
      .list()
      .map((one) => one.type());
    const captures = field.of('captures').integers(0, weights.length - 1);
    const draws = field.of('draws').list().map(draw);
    const counts = { input: inputs.length, output: outputs.length, capture: captures.length };
    const slotBytes = field.of('slotBytes').integer(SLOT * draws.length, SLOT * draws.length);
    const bindings = field
      .of('bindings')
      .list()
      .map((one) => binding(one, counts, slotBytes));
    const rows = field.of('rows').list().map(row);
    const main = this.#words(field.of('main'), bindings.length, rows.length);
    const first = field.of('prologue');
    const prologue = first.isNull ? null : this.#words(first, bindings.length, rows.length);
    const steps = prologue?.rows.length ?? 0;
    const pieces = field
      .of('pieces')
      .list()
      .map((one) => piece(one, { steps, captures, bindings, weights }));
    if (steps > 0 && pieces.at(-1)?.end !== steps)
      field.of('pieces').refuse(`such that they end at ${steps}`);
    const types = [...outputs];
    const form = resultsOf(field.of('form'), types);
    if (types.length > 0) field.of('form').refuse(`a form of ${outputs.length} results`);
    const executable = {
      ...{ prologue, main, second: null, pieces, bindings, recordBytes: 0, slotBytes, outputs, rows },
    };
    for (const binding of bindings) if (binding.kind === 'made') this.#requireOneSize(field, binding);
    return { inputs, form, executable, captures, draws };
  }

  /** What has the same key is the same in all programs. */
  #requireOneSize(field: Field, { key, bytes }: { readonly key: string; readonly bytes: number }): void {
    if ((this.#made.get(key) ?? bytes) !== bytes)
      field.of('bindings').refuse(`such that '${key}' has one size`);
    this.#made.set(key, bytes);
  }

  #words(field: Field, bindings: number, rows: number): Words {
    const words = field.of('words').integers();
    const [bases, steps = 0] = words;
    if (bases !== bindings + 1 || steps > words.length / 3)
      field.of('words').refuse(`a list of instructions over ${bindings + 1} bases`);
    const each = (name: string, least: number, most: number) => {
      const list = field.of(name);
      const numbers = list.integers(least, most);
      return numbers.length === steps ? numbers : list.refuse(`a list of ${steps}`);
    };
    return {
      words,
      sides: field
        .of('sides')
        .list()
        .map((one) => (isSide(one.text()) ? one.text() : one.refuse('a side module of the kernels'))),
      arenaBytes: field.of('arenaBytes').integer(0, MOST_BYTES),
      rows: each('rows', 0, Math.max(0, rows - 1)),
      algorithms: each('algorithms', 0, 255),
      parts: each('parts', 1, 64),
    };
  }
}

function draw(field: Field): Draw {
  const [seed, stream] = field.list();
  if (seed === undefined || stream === undefined) field.refuse('a seed and a stream');
  const own = seed.isNull ? undefined : seed.integer(0, Number.MAX_SAFE_INTEGER);
  return new Draw('loadCompiled', own, stream.integer());
}

function binding(
  field: Field,
  counts: Readonly<Record<'input' | 'output' | 'capture', number>>,
  slotBytes: number,
): Binding {
  const kind = field.of('kind').text();
  switch (kind) {
    case 'input':
    case 'output':
      return { kind, index: field.of('index').integer(0, counts[kind] - 1) };
    case 'made':
      return { kind, key: field.of('key').text(), bytes: field.of('bytes').integer(0, MOST_BYTES) };
    case 'slot':
      return { kind, offset: field.of('offset').integer(0, slotBytes - SLOT) };
    default:
      return field.of('kind').refuse('input, output, made or slot');
  }
}

interface Pieces {
  readonly steps: number;
  readonly captures: readonly number[];
  readonly bindings: readonly Binding[];
  readonly weights: readonly TensorType[];
}

function piece(field: Field, { steps, captures, bindings, weights }: Pieces): Piece {
  const end = field.of('end').integer(0, steps);
  const arenaBytes = field.of('arenaBytes').integer(0, MOST_BYTES);
  const made = (one: Field): number => {
    const base = one.integer(ARENA + 1, bindings.length);
    return bindings[base - ARENA - 1]?.kind === 'made' ? base : one.refuse('the base of what is made');
  };
  const brings = field
    .of('brings')
    .list()
    .map((one) => {
      const base = one.of('base').value === ARENA ? ARENA : made(one.of('base'));
      const capture = one.of('capture').integer(0, captures.length - 1);
      return {
        before: one.of('before').integer(0, end),
        ...{ capture, runs: runs(one.of('runs'), weights[captures[capture] as number] as TensorType) },
        base,
        offset: one.of('offset').integer(0, MOST_BYTES),
      };
    });
  return { end, arenaBytes, brings, makes: field.of('makes').list().map(made) };
}

/** Runs of whole elements of a constant. */
function runs(field: Field, type: TensorType): Runs | null {
  if (field.isNull) return null;
  const all = typeBytes(type);
  const part = (name: string) => field.of(name).integer(0, all);
  const found = { first: part('first'), bytes: part('bytes'), stride: part('stride'), count: part('count') };
  const { first, bytes, stride, count } = found;
  const size = bytesPer(type.dtype);
  const isWhole = [first, bytes, stride].every((one) => one % size === 0);
  if (!isWhole || first + Math.max(0, count - 1) * stride + bytes > all)
    field.refuse(`runs of whole elements among ${all} bytes`);
  return found;
}

function row(field: Field): Row {
  const count = (name: string) => field.of(name).integer(0, Number.MAX_SAFE_INTEGER);
  return {
    path: field.of('path').text(),
    operator: field.of('operator').text(),
    blamed: field.of('blamed').text(),
    outputs: field
      .of('outputs')
      .list()
      .map((one) => one.type()),
    parameters: count('parameters'),
    macs: count('macs'),
    bytes: count('bytes'),
    fixed: field.of('fixed').flag(),
  };
}

/** The form of results, each of which takes the next of the types. */
function resultsOf(field: Field, types: TensorType[], depth = 0): Results {
  if (depth > 64) field.refuse('less deep');
  if (typeof field.value === 'number') {
    const type = types.shift() ?? field.refuse('left out: there are no more results');
    return new Tensor(type.shape, type.dtype, null) as unknown as Results;
  }
  if (field.isList) return field.list().map((one) => resultsOf(one, types, depth + 1));
  return Object.fromEntries(field.entries().map(([key, one]) => [key, resultsOf(one, types, depth + 1)]));
}
