/** Builds what is out of date; gives the folder. */
export function buildPlayground(): Promise<string>;
