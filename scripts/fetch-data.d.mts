export interface Data {
  models: { front: string; back: string };
  photos: string[];
  more: string[];
}

export function fetchData(options?: { log?: (line: string) => void; all?: boolean }): Data;
