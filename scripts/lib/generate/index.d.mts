/** The files that are not what the operators say. With `write` they are written. */
export function generate(options: { write: boolean }): Promise<string[]>;
