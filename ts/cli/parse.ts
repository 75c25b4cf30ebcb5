/** Values of options, from their texts. */
import { UsageError } from './problems.ts';

/** A shape: 1x3x224x224, or 1,3,224,224; '' is that of a scalar. */
export function parseShape(option: string, text: string): number[] {
  if (text === '') return [];
  const sizes = text.split(/[x,]/).map((one) => (/^\d+$/.test(one) ? Number(one) : Number.NaN));
  if (sizes.every((size) => Number.isSafeInteger(size))) return sizes;
  throw new UsageError(`${option} is '${text}', must be sizes such as 1x3x224x224`);
}

/** name=VALUE; the name may be left out where there is one. */
export function parseNamed(
  option: string,
  text: string,
  names: readonly string[],
): [name: string, value: string] {
  const at = text.indexOf('=');
  const name = at < 0 ? undefined : text.slice(0, at);
  if (name !== undefined && names.includes(name)) return [name, text.slice(at + 1)];
  const [only] = names;
  if (names.length === 1 && only !== undefined && name === undefined) return [only, text];
  const list = names.map((one) => `'${one}'`).join(', ');
  const is =
    name === undefined
      ? `${option} is '${text}', must be name=VALUE`
      : `${option}: there is no input '${name}'`;
  throw new UsageError(`${is}; inputs are ${list || 'none'}`);
}

/** An integer of at least `least`. */
export function parseInteger(option: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value < 2 ** 31) return value;
  throw new UsageError(`${option} is '${text}', must be an integer, at least ${least}`);
}

/** A number from 0 to 1. */
export function parseShare(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new UsageError(`${option} is '${text}', must be a number from 0 to 1`);
}

/** Numbers behind commas. */
export function parseNumbers(option: string, text: string): number[] {
  const values = text.split(',').map((one) => (one.trim() === '' ? Number.NaN : Number(one)));
  if (values.every((value) => Number.isFinite(value))) return values;
  throw new UsageError(`${option} is '${text}', must be a number, or several with commas between them`);
}

/** One of a few words. */
export function parseWord<const W extends string>(option: string, text: string, words: readonly W[]): W {
  if ((words as readonly string[]).includes(text)) return text as W;
  throw new UsageError(`${option} is '${text}', must be ${words.join(' or ')}`);
}
