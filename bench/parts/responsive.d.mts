/** For each call of a page the milliseconds that it took, and those that the page's tasks computed, the longest first. */
export function textDetection(): Promise<{ name: string; ms: number; tasks: number[] }[]>;
