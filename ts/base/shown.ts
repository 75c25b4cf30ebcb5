/** What shows itself in a console as its own text: in Node, Deno and Bun, which ask for one and the same method. */

/** The method that they ask for. */
export const INSPECT: unique symbol = /*#__PURE__*/ Symbol.for('nodejs.util.inspect.custom') as never;
