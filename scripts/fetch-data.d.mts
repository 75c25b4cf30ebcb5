export interface Data {
  models: { front: string; back: string };
  photos: string[];
}

export function fetchData(options?: { log?: (line: string) => void }): Data;
export function fetchDigits(options?: { log?: (line: string) => void }): string[];
