export function chromium(): Promise<string>;
export function firefox(): Promise<string>;
export const chromiumFlags: readonly string[];
