/** Strokes on a square of 100 by 100: their form in the address, and the ink that they leave. */

export type Point = readonly [x: number, y: number];
export type Stroke = readonly Point[];

/** The side of the raster that is centred. */
export const RASTER = 112;
export const PEN = 8;

const clamp = (value: number): number => Math.max(0, Math.min(100, value));

/** x,y,x,y;... in whole hundredths; points that are nearer than two are left out. */
export function strokesText(strokes: readonly Stroke[]): string {
  return strokes
    .map((stroke) => {
      const kept: Point[] = [];
      for (const [i, [x, y]] of stroke.entries()) {
        const last = kept.at(-1);
        const isEnd = i === stroke.length - 1;
        if (last === undefined || isEnd || Math.hypot(x - last[0], y - last[1]) >= 2)
          kept.push([Math.round(x), Math.round(y)]);
      }
      return kept.flat().join(',');
    })
    .join(';');
}

export function strokesOf(text: string): Stroke[] {
  return text.split(';').flatMap((part) => {
    const numbers = part.split(',').map(Number);
    if (part === '' || numbers.length % 2 !== 0 || !numbers.every(Number.isFinite)) return [];
    return [
      Array.from(
        { length: numbers.length / 2 },
        (_, i): Point => [clamp(numbers[2 * i]!), clamp(numbers[2 * i + 1]!)],
      ),
    ];
  });
}

/** Draws the strokes on a square canvas. */
export function drawStrokes(
  context: CanvasRenderingContext2D,
  side: number,
  strokes: readonly Stroke[],
): void {
  const scale = side / 100;
  context.fillStyle = '#000';
  context.fillRect(0, 0, side, side);
  context.strokeStyle = '#fff';
  context.lineWidth = PEN * scale;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const stroke of strokes) {
    const [first, ...rest] = stroke;
    if (first === undefined) continue;
    context.beginPath();
    context.moveTo(first[0] * scale, first[1] * scale);
    if (rest.length === 0) context.lineTo(first[0] * scale + 0.01, first[1] * scale);
    for (const [x, y] of rest) context.lineTo(x * scale, y * scale);
    context.stroke();
  }
}
