/**
 * Side modules: instructions that only some operators need are modules of their own, over the core's memory, stack and table of
 * functions (scripts/lib/split.mjs). Lowerings name the one that they need, so a bundle holds those of the operators that it
 * uses. An engine takes one in when a program asks for it; a whole module, which a user hosts, holds all of them.
 */
import { extend } from '../../build/glue.js';
import { hasBuiltins } from '../base/builtin.ts';
import type { Engine } from './engine.ts';
import { type Packed, sharing, unpacked, unpackedNow } from './packed.ts';

/** A side module that the application holds. */
export class Side {
  readonly name: string;
  readonly #packed: Packed;
  /** What was compiled last, and for which engines. */
  #module: WebAssembly.Module | null = null;
  #kind = '';

  constructor(name: string, packed: Packed) {
    this.name = name;
    this.#packed = packed;
  }

  #bytes(bytes: Uint8Array<ArrayBuffer>, { shared, info }: Engine): Uint8Array<ArrayBuffer> {
    return shared ? sharing(bytes, this.#packed.sharedFlag[info.variant]) : bytes;
  }

  /** Compiles it for an engine. */
  async ready(on: Engine): Promise<void> {
    const { variant } = on.info;
    if (this.#kind === kindOf(on)) return;
    this.#module = await WebAssembly.compile(this.#bytes(await unpacked(this.#packed, variant), on));
    this.#kind = kindOf(on);
  }

  /** The module for an engine. */
  module(on: Engine): WebAssembly.Module {
    if (this.#module === null || this.#kind !== kindOf(on)) {
      this.#module = new WebAssembly.Module(this.#bytes(unpackedNow(this.#packed, on.info.variant), on));
      this.#kind = kindOf(on);
    }
    return this.#module;
  }
}

const kindOf = ({ info, shared }: Engine): string => `${info.variant} ${shared}`;

const held = new Map<string, Side>();

/** Has the application hold a side module: it does when it uses what this gives. */
export function side(name: string, packed: Packed): Side {
  const made = new Side(name, packed);
  held.set(name, made);
  return made;
}

/**
 * Side modules by their names alone, for the rules of gradients, which every operator brings along: who differentiates holds them
 * (graph/differentiate.ts).
 */
export const AXES = { name: 'axes' };
export const GRADIENTS = { name: 'gradients' };
export const SELECTION = { name: 'selection' };

/** Whether the application holds the side module of this name. */
export const holds = (name: string): boolean => held.has(name);

/** Has an engine hold a side module from now on. */
export function take(on: Engine, name: string): void {
  if (on.whole || on.sides.has(name)) return;
  const module = (held.get(name) as Side).module(on);
  extend(on.exports, module, on.memory);
  on.sides.add(name);
  on.modules.push(module);
  on.pool?.renew();
}

/**
 * Before an engine runs, and when chunks have come: a page compiles what the application holds now, since it may not do so at once
 * later; with threads the engine takes it in, since workers that compute hear of nothing else.
 */
export async function prepare(on: Engine): Promise<void> {
  if (on.whole || (!on.shared && hasBuiltins())) return;
  await Promise.all([...held.values()].map((each) => each.ready(on)));
  if (on.shared) for (const name of held.keys()) take(on, name);
}
