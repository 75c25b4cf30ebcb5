/** Work on the page's thread in pieces, between which it hears what else there is. */

const PIECE = 8;

/** What `make` makes of each, as `map` does. */
export async function inPieces<T, U>(list: readonly T[], make: (one: T, index: number) => U): Promise<U[]> {
  const made: U[] = [];
  let until = performance.now() + PIECE;
  for (const [i, one] of list.entries()) {
    made.push(make(one, i));
    if (performance.now() < until) continue;
    await new Promise((next) => setTimeout(next));
    until = performance.now() + PIECE;
  }
  return made;
}
