/** The text of docs/api.md: each name with its declaration, without comments. */
export function apiReport(folder: string): string;
/** The declarations, members and options of a folder that have no docstring. */
export function withoutDocs(folder: string): string[];

/** A public name: its declaration and its docstring. */
export interface DocumentedRow {
  readonly name: string;
  readonly kind: string;
  readonly code: string;
  readonly docs: string;
}

/** The public names of each entry, out of the declarations in a folder. */
export function documented(folder: string): [entry: string, rows: DocumentedRow[]][];
