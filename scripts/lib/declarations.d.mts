/** The text of docs/api.md: each name with its declaration, without comments. */
export function apiReport(folder: string): string;
/** The declarations, members and options of a folder that have no docstring. */
export function withoutDocs(folder: string): string[];
