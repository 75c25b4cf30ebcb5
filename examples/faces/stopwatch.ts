// Milliseconds per stage, added up over repetitions, in the order in which the stages first came.
export class Stopwatch {
  readonly milliseconds: Record<string, number> = {};

  async measure<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    this.milliseconds[stage] = (this.milliseconds[stage] ?? 0) + performance.now() - started;
    return result;
  }
}

export function describeTimes(milliseconds: Record<string, number>): string {
  return Object.entries(milliseconds)
    .map(([stage, time]) => `${stage} ${time.toFixed(1)}`)
    .join(', ');
}
