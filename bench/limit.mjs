// How near a whole model comes to what this machine could do at best, by its profile.

const RUNS = { least: 3, most: 15 };

/** The share of all steps together; about as many runs are profiled as are asked for. */
export function shareOfLimit(model, feeds, runs) {
  const rows = model.profile(feeds, { runs: Math.min(RUNS.most, Math.max(RUNS.least, runs)) });
  const sum = (of) => rows.reduce((total, row) => total + row[of], 0);
  return sum('limit') / sum('milliseconds');
}
