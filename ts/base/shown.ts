/** What shows itself in a console as its own text: in Node, Deno and Bun, which ask for one and the same method. */

/** The method that they ask for. */
export const INSPECT: unique symbol = /*#__PURE__*/ Symbol.for('nodejs.util.inspect.custom') as never;

/**
 * Consoles show of it what its toString gives. Made by a call, since bundlers keep every class whose method has a computed
 * name.
 */
export const Shown = /*#__PURE__*/ (() => {
  abstract class Shown {
    /** What consoles show: its toString. */
    [INSPECT](): string {
      return String(this);
    }
  }
  return Shown;
})();
