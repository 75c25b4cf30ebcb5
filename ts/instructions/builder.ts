/**
 * Builds lists of instructions: lowerings call the writers of this folder, which append steps over buffers; the steps that
 * depend on constants alone can be split off (weights are packed there, once); buffers get places
 * (program/placement.ts), and a list of steps becomes words that the Rust side decodes:
 * [bases, steps, then per step: opcode, operands, (base, byte offset)..., params, param...].
 */
import { DTYPE } from '../base/boundary.ts';
import { elementCount } from '../base/checks.ts';
import { bytesPer, type TensorType } from '../base/dtype.ts';
import { type Engine, refresh } from '../engine/engine.ts';
import { partsOf } from '../engine/parts.ts';
import { type Side, take } from '../engine/side.ts';
import { ABSENT, MAX_AXES, OP, type Operands } from './table.ts';
import { ARENA, callWithWords, type Words } from './words.ts';

/** A piece of memory that steps read and write. */
export interface Buffer {
  readonly bytes: number;
  /**
   * external: an address that is bound from outside. arena: lives between its first and last step.
   */
  place: 'external' | 'arena';
  /** Which base it counts from. */
  base: number;
  /** Where in the arena, or in the buffer that it lies within. */
  offset: number;
  /** Whether it depends on constants alone. */
  constant: boolean;
  /** The buffer that it lies within: as a piece, or because a step computes in place. */
  within: Buffer | null;
}

export interface Step {
  readonly opcode: number;
  readonly reads: readonly (Buffer | null)[];
  readonly writes: readonly (Buffer | null)[];
  readonly scratch: Buffer | null;
  readonly params: readonly number[];
  /** Which node it belongs to. */
  readonly node: number;
  readonly algorithm: number;
  /** In how many parts it is computed. */
  readonly parts: number;
  constant: boolean;
  /** Index of the read whose memory the first write may take over, or -1. */
  readonly inPlace: number;
}

/** What the Rust side plans for an instruction. */
export interface Plan {
  readonly scratch: number;
  readonly packed: number;
  readonly algorithm: number;
}

interface StepOptions {
  /** The read whose memory the output may take over when it is not needed afterwards. */
  inPlace?: number;
  /** Scratch bytes of each part; left out where the instruction has no such operand. */
  scratch?: number;
  algorithm?: number;
  /** Multiply-accumulates, where they are more than the bytes that it moves say. */
  macs?: number;
}

/** Bases: the arena's, then one for each external buffer. */
const FIRST_EXTERNAL = ARENA + 1;

/** What an instruction reads and writes, by name. */
export type OperandsOf<Name extends keyof Operands<Buffer>> = Operands<Buffer>[Name];

/** What a caller may say about algorithms. */
export interface Choosing {
  /** The number of the one to take wherever it accepts; 0 leaves it to the plan. */
  readonly algorithm?: number;
  /** Without it, init's. */
  readonly accuracy?: 'fast' | 'exact';
}

/** The same, decided. */
export interface Choice {
  readonly algorithm: number;
  readonly exact: boolean;
}

export class Builder {
  readonly steps: Step[] = [];
  readonly externals: Buffer[] = [];
  readonly #engine: Engine;
  readonly #where: string;
  readonly #sides = new Set<string>();
  /** How algorithms are chosen. */
  readonly choice: Choice;
  /** The node that steps are emitted for. */
  node = 0;
  /** Where the next temporary lies: one behind the other, until program/placement.ts places them by their lives. */
  arenaBytes = 0;

  constructor(
    engine: Engine,
    where: string,
    { algorithm = 0, accuracy = engine.info.accuracy }: Choosing = {},
  ) {
    this.#engine = engine;
    this.choice = { algorithm, exact: accuracy === 'exact' };
    this.#where = where;
  }

  /** A buffer bound from outside: an input, an output, what a function met. */
  external(bytes: number): Buffer {
    const made: Buffer = { bytes, place: 'external', base: 0, offset: 0, constant: false, within: null };
    this.externalize(made);
    return made;
  }

  /** Has a buffer bound from outside from now on. */
  externalize(buffer: Buffer): void {
    buffer.place = 'external';
    buffer.offset = 0;
    buffer.base = FIRST_EXTERNAL + this.externals.length;
    this.externals.push(buffer);
  }

  /** A buffer that lives from its first to its last step. */
  temporary(bytes: number): Buffer {
    const offset = this.arenaBytes;
    this.arenaBytes += align(bytes);
    return { bytes, place: 'arena', base: ARENA, offset, constant: false, within: null };
  }

  /** A piece of another buffer. */
  piece(within: Buffer, offset: number, bytes: number): Buffer {
    return { bytes, place: 'arena', base: ARENA, offset, constant: false, within };
  }

  /** A buffer for a tensor of this type. */
  buffer(type: TensorType): Buffer {
    return this.temporary(elementCount(this.#where, type.shape) * bytesPer(type.dtype));
  }

  /** Says that instructions of a side module follow. */
  needs({ name }: Pick<Side, 'name'>): void {
    this.#sides.add(name);
    take(this.#engine, name);
  }

  /** Asks the Rust side what an instruction needs. @throws the fault's sentence */
  plan(where: string, opcode: number, params: readonly number[]): Plan {
    const { exports } = this.#engine;
    callWithWords(
      this.#engine,
      where,
      params,
      (address) => exports.plan(opcode, address, params.length) === 0,
    );
    const { u32, result } = refresh(this.#engine);
    return {
      scratch: u32[result] as number,
      packed: u32[result + 1] as number,
      algorithm: u32[result + 2] as number,
    };
  }

  /** Appends an instruction; its operands are the reads, the writes, and the scratch if there is any. */
  step(
    opcode: number,
    reads: readonly (Buffer | null)[],
    writes: readonly (Buffer | null)[],
    params: readonly number[],
    { inPlace = -1, scratch, algorithm = 0, macs = 0 }: StepOptions = {},
  ): void {
    const constant = reads.every((read) => read === null || read.constant);
    for (const write of writes) if (write !== null && write.place !== 'external') write.constant = constant;
    let work = macs;
    for (const operand of [...reads, ...writes]) work += 2 * (operand?.bytes ?? 0);
    const parts = partsOf(work, this.#engine.parts);
    const room = scratch === undefined ? null : this.temporary(scratch * parts);
    const step = {
      opcode,
      reads,
      writes,
      scratch: room,
      params,
      node: this.node,
      algorithm,
      parts,
      constant,
      inPlace,
    };
    this.steps.push(step);
  }

  /** Refuses what would walk memory along more axes than an instruction has room for. @throws RangeError */
  requireAxes(count: number): void {
    if (count <= MAX_AXES) return;
    throw new RangeError(
      `${this.#where}: the tensors must be walked along ${count} axes, must be at most ${MAX_AXES}`,
    );
  }

  /** Appends a copy of a whole buffer. */
  copy(from: Buffer, to: Buffer): void {
    this.step(OP.copy, [from], [to], [DTYPE.uint8, 1, from.bytes, 1, 1, 0, 0]);
  }

  /** The words of these steps, whose temporaries lie in an arena of so many bytes. */
  encode(steps: readonly Step[], arenaBytes: number): Words {
    const words: number[] = [FIRST_EXTERNAL + this.externals.length, steps.length];
    for (const step of steps) {
      const operands = [...step.reads, ...step.writes];
      if (step.scratch !== null) operands.push(step.scratch);
      words.push(step.opcode, operands.length);
      for (const operand of operands) {
        const { base, offset } = operand === null ? NOWHERE : placeOf(operand);
        words.push(base, offset);
      }
      words.push(step.params.length, ...step.params);
    }
    const rows = steps.map((step) => step.node);
    const algorithms = steps.map((step) => step.algorithm);
    return {
      words,
      sides: [...this.#sides],
      arenaBytes,
      rows,
      algorithms,
      parts: steps.map((step) => step.parts),
    };
  }
}

/** The buffer whose memory this one really is. */
export function root(buffer: Buffer): Buffer {
  let home = buffer;
  while (home.within !== null) home = home.within;
  return home;
}

const NOWHERE = { base: ABSENT, offset: 0 };

/** From which base a buffer counts, and where it starts from there. */
export function placeOf(buffer: Buffer): { base: number; offset: number } {
  return { base: root(buffer).base, offset: startOf(buffer) };
}

/** Where a buffer starts, from its base. */
function startOf(buffer: Buffer): number {
  let start = 0;
  for (let home: Buffer | null = buffer; home !== null; home = home.within) start += home.offset;
  return start;
}

/** Whether two places in buffers, in bytes from their starts, are one. */
export function isSamePlace(a: Buffer, byteOfA: number, b: Buffer, byteOfB: number): boolean {
  return root(a) === root(b) && startOf(a) + byteOfA === startOf(b) + byteOfB;
}

/** Rounded up to the 64 bytes that every buffer starts at. */
export function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** The words of a float's bits. */
export function bits(value: number): number {
  FLOAT[0] = value;
  return BITS[0] as number;
}
const FLOAT = /*#__PURE__*/ new Float32Array(1);
const BITS = /*#__PURE__*/ new Uint32Array(/*#__PURE__*/ FLOAT.buffer);
