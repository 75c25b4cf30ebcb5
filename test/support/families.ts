/**
 * The operators' families: every file of test/families has the problem lines of some operators, their references in plain
 * loops, their generators of random calls, and their wrong calls.
 */
/// <reference types="vite/types/importMeta.d.ts" />
import { type Call, parseCall } from './calls.ts';
import type { Generator } from './generate.ts';
import type { Reference } from './plain.ts';
import type { Wrong } from './wrong.ts';

export interface Family {
  readonly lines: string;
  readonly references: Readonly<Record<string, Reference>>;
  readonly generators: Readonly<Record<string, Generator>>;
  readonly wrong: readonly Wrong[];
  /** Operators that have no gradient on purpose. */
  readonly withoutGradient?: readonly string[];
  /** The layers that are not called as their operators; null: there is none on purpose. */
  readonly layers?: Readonly<Record<string, string | null>>;
}

const files = import.meta.glob<Family>('../families/*.ts', { eager: true });

/** By the file's name. */
export const families: Readonly<Record<string, Family>> = Object.fromEntries(
  Object.entries(files).map(([file, family]) => [/(\w+)\.ts$/.exec(file)?.[1], family]),
);

const all = Object.values(families);

export const references: Readonly<Record<string, Reference>> = Object.assign(
  {},
  ...all.map((family) => family.references),
);

export const generators: Readonly<Record<string, Generator>> = Object.assign(
  {},
  ...all.map((family) => family.generators),
);

export const wrongCalls: readonly Wrong[] = all.flatMap(({ wrong }) => wrong);

/** The calls of a family's lines. */
export const callsOf = ({ lines }: Family): Call[] =>
  lines
    .split('\n')
    .map(parseCall)
    .filter((call) => call !== null);

export const calls: readonly Call[] = all.flatMap(callsOf);
