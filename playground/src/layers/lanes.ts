/**
 * A graph beside a table: each row is a layer, and lines run down in lanes from a layer to those that read it, as logs of versions draw
 * branches. A layer takes the lane of the first that it reads; what is read later on keeps a lane of its own until then.
 */

export interface LaneRow {
  readonly lane: number;
  /** Lines that end here: from which row and lane. */
  readonly from: readonly { readonly row: number; readonly lane: number }[];
}

/** @param from for each row the rows that it reads, all above it; -1 is the input, which is row 0 here */
export function lanesOf(from: readonly (readonly number[])[]): { rows: LaneRow[]; width: number } {
  // Rows shift by one: the input is the first.
  const reads = [[], ...from.map((list) => list.map((one) => one + 1))];
  const lastRead = reads.map((_, row) =>
    reads.reduce((last, list, reader) => (list.includes(row) ? reader : last), row),
  );
  const lanes: number[] = [];
  /** The row whose line runs in a lane. */
  const open: (number | null)[] = [];
  const rows = reads.map((list, row): LaneRow => {
    const ends = list.map((one) => ({ row: one, lane: lanes[one] as number }));
    for (const { row: one, lane } of ends) if (lastRead[one] === row && open[lane] === one) open[lane] = null;
    const first = ends.find(({ lane }) => open[lane] === null)?.lane ?? open.indexOf(null);
    const lane = first < 0 ? open.length : first;
    lanes.push(lane);
    if ((lastRead[row] as number) > row) open[lane] = row;
    else open[lane] ??= null;
    return { lane, from: ends };
  });
  return { rows, width: Math.max(1, ...lanes.map((lane) => lane + 1)) };
}
