export function chromium(): Promise<string>;
export function firefox(): Promise<string>;
