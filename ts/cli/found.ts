/** A box in the picture's pixels. */
export interface Found {
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  readonly score: number;
  /** The class, and its name where there is one. */
  readonly index?: number;
  readonly label?: string | null;
}
