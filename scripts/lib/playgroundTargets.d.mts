/** Bytes of files as a server that compresses sends them. */
export function compressed(files: readonly string[]): number;

/** What the playground promises: what, how much, what is aimed at. */
export function targets(): Promise<[what: string, found: string, aim: string][]>;
