export function fetchClothes(): Promise<string>;
