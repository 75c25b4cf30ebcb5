/** Why WebAssembly cannot be had here: what a runtime or a page's policy says, as a sentence. */
import { messageOf } from '../base/realm.ts';

/** What failed, where nothing better is known. */
export const REFUSED = "striate's WebAssembly was refused";

/** Whether a page's policy forbids to compile, which each browser says in words of its own; Safari's are an EvalError's. */
const isPolicy = (cause: unknown): boolean =>
  /(Compile|Eval)Error: .*(content security policy|\bCSP\b|unsafe-eval)/is.test(String(cause));

/** The Error that says what failed and why. */
export function refusal(where: string, cause: unknown, what = REFUSED): Error {
  const why = isPolicy(cause) ? `${REFUSED} (a content security policy needs 'wasm-unsafe-eval')` : what;
  return new Error(`${where}: ${why}: ${messageOf(cause)}`, { cause });
}
