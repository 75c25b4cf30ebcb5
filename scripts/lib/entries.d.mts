export const ENTRIES: Readonly<Record<string, string>>;
export function distName(entry: string): string;
export const sourcesByDistName: Readonly<Record<string, string>>;
