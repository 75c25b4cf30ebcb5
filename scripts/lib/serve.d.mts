/** Serves a folder as plain files. */
export function serveFolder(
  folder: string,
  options?: { port?: number; prefix?: string },
): Promise<{ address: string; files: Set<string>; close(): void }>;
