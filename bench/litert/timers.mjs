// Of Node's timers what the benchmarks use, for a page.
export const setTimeout = (ms) => new Promise((resolve) => globalThis.setTimeout(resolve, ms));
